//! The reference client: the documented RCIMIWEngine as a pure state machine over `wire`, with its local store.
//!
//! It speaks the protocol like any real client and never looks into the service. A call returns acceptance only;
//! results arrive as callbacks of the documented listeners. Time is an argument; sockets belong to whoever runs it.

mod api;
mod blacklist;
pub mod code;
mod connection;
mod delete;
mod engine;
mod expansion;
mod history;
mod inbox;
mod io;
mod listener;
mod message;
mod options;
mod recall;
mod request;
mod send;
mod store;

pub use engine::Engine;
pub use io::{CallResult, ClientEnv, EngineInput, EngineOutput, HttpAnswer, Route};
pub use store::Store;
