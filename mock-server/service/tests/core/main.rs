//! The service core through its own door: inputs in, frames out, virtual time throughout.

mod blacklist;
mod faults;
mod login;
mod messages;
mod navi;
mod packages;
mod server_api;
mod world;
