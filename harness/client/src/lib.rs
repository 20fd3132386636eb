//! The reference client: the documented RCIMIWEngine as a pure state machine over `wire`, with its local store.
//!
//! It speaks the protocol like any real client and never looks into the service. A call returns acceptance only;
//! results arrive as callbacks of the documented listeners. Time is an argument; sockets belong to whoever runs it.

mod api;
mod blacklist;
mod chatroom;
pub mod code;
mod connection;
mod conversation;
mod delete;
mod draft;
mod engine;
mod expansion;
mod history;
mod inbox;
mod insert;
mod io;
mod listener;
mod local;
mod media;
mod message;
mod message_state;
mod names;
mod options;
mod quiet;
mod read_sync;
mod recall;
mod receipt;
mod request;
mod search;
mod send;
mod settings;
mod signal;
mod store;
mod typing;
mod ultra_group;
mod unread;

pub use engine::Engine;
pub use io::{CallResult, ClientEnv, EngineInput, EngineOutput, HttpAnswer, Route};
pub use store::Store;
