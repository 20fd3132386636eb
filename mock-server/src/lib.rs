//! The simulated IM service behind real sockets: navi, WebSocket, native TCP, Server API and control API on one port.
//!
//! [`Server`] runs any number of worlds (one an App Key) on one thread: their cores are `service::Service`s, this crate
//! is the shell around them. A connection's task reads bytes, hands every frame in them to its world, and the world's
//! answers are encoded straight into the out-buffers of whom they concern; no channel lies between. The binary of this
//! crate is a command line around [`Server`]; the harness uses it in-process.

mod acting;
mod address;
mod advance;
mod advertise;
mod body;
mod bounds;
mod buffer;
mod callback;
pub mod cli;
mod clock;
mod comet;
mod config;
mod conn;
mod control;
mod exposure;
mod greet;
mod handshake;
mod hosts;
mod http_service;
mod io;
mod kept;
mod known;
mod link;
mod listen;
mod making;
mod meter;
mod nearest;
mod peer;
mod recorder;
mod recordings;
mod reply;
mod resume;
mod room;
mod seeds;
mod server;
mod setup_file;
pub mod shell;
mod signals;
mod slices;
mod stream;
mod telling;
mod timer;
mod tls;
mod world;
mod worlds;
mod ws;
pub mod yaml;

pub use address::Addresses;
pub use advance::AdvanceError;
pub use advertise::Advertised;
pub use bounds::Bounds;
pub use config::{App, Clock, Config, DEFAULT_APP_KEY, DEFAULT_APP_SECRET, Record, Tls};
pub use conn::ConnState;
pub use hosts::{Authority, NoAuthority, NoOrigin, Origin, Scheme};
pub use link::LinkState;
pub use server::{Server, StartError, WorldError};
