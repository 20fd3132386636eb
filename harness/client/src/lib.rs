//! The reference client: the documented RCIMIWEngine as a pure state machine over `wire`, with its local store.
//!
//! It speaks the protocol like any real client and never looks into the service. A call returns acceptance only;
//! results arrive as callbacks of the documented listeners. Time is an argument; sockets belong to whoever runs it.

mod chatroom;
mod core;
mod engine;
mod local;
mod mail;
mod media;
mod preferences;
mod ultra_group;

pub use core::bug;
pub use core::code;
pub use core::io::{CallResult, ClientEnv, EngineInput, EngineOutput, HttpAnswer, Route};
pub use core::store::Store;
pub use engine::Engine;
