//! Clients behind adapters: the protocol, the process, and the driver that runs cases with them.

pub mod check;

mod abilities;
mod counts;
mod driver;
mod engine_client;
mod http;
mod process;

pub use driver::AdapterDriver;
pub use process::Command;
