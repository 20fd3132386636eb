//! What comes in: logins, frames, polls, navi, the Server API, and what whoever runs the server does. A door finds out what is
//! asked for and of whom; what it means is the topics' business.

pub(crate) mod frames;
pub(crate) mod gate;
pub(crate) mod http;
pub(crate) mod login;
pub(crate) mod navi;
pub(crate) mod note;
pub(crate) mod operator;
pub(crate) mod polling;
pub(crate) mod server_api;
