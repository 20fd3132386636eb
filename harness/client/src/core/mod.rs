//! CORE

pub mod code;
pub(crate) mod io;
pub(crate) mod listener;
pub(crate) mod message;
pub(crate) mod options;
pub(crate) mod request;
pub(crate) mod store;
