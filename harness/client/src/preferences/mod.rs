//! PREF

pub(crate) mod blacklist;
pub(crate) mod quiet;
pub(crate) mod settings;
