//! Clients behind adapters: the protocol, the process, and the driver that runs cases with them.

pub mod check;

mod abilities;
mod brought;
mod command;
mod counts;
mod dialled;
mod driver;
mod engine_client;
mod group;
mod http;
mod log;
mod pipes;
mod process;
mod real;
mod spawned;
mod transport;

pub use command::Command;
pub(crate) use command::adapters_folder;
pub use driver::{AdapterDriver, PATIENCE};
pub(crate) use group::end_all;
