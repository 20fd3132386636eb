//! The requirement catalogue and the table of the documented API, both part of the program.

mod api;
mod lines;
mod requirements;

pub use api::{ApiTable, EventInfo, EventKind, Method, Param, api};
pub use requirements::{Catalogue, Level, Requirement, Side, Testable, catalogue};
