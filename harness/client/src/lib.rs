//! The reference client: the documented RCIMIWEngine as a pure state machine over `wire`, with its local store.
//!
//! It speaks the protocol like any real client and never looks into the service. Results arrive as callbacks of
//! the documented listeners; a call returns acceptance only. Time is an argument; sockets belong to whoever runs it.

mod blacklist;
pub mod code;
mod connection;
mod engine;
mod inbox;
mod io;
mod listener;
mod message;
mod send;
mod session;
mod store;

pub use engine::Engine;
pub use io::{CallResult, ClientEnv, EngineInput, EngineOutput, HttpAnswer, Route};
pub use store::Store;
