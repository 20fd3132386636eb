//! MAIL

pub(crate) mod delete;
pub(crate) mod expansion;
pub(crate) mod history;
pub(crate) mod inbox;
pub(crate) mod read_sync;
pub(crate) mod recall;
pub(crate) mod receipt;
pub(crate) mod send;
pub(crate) mod signal;
pub(crate) mod typing;
