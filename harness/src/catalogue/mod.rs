//! The requirement catalogue, the open points of the documentation and the table of the documented API, all part of the
//! program.

mod ambiguities;
mod api;
mod lines;
mod requirements;

pub use ambiguities::{Ambiguity, Known, ambiguities};
pub use api::{ApiTable, EventInfo, EventKind, Method, Param, api};
pub use requirements::{Catalogue, Level, Requirement, Side, Testable, catalogue};
