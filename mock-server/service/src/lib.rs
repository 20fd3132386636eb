//! The simulated IM service: one pure state machine a world (App Key).
pub mod act;
pub mod bug;
pub mod fault;
mod io;
pub mod journal;
pub mod limits;
pub mod setup;
pub mod switch;
mod world;
pub use io::{
    Close, ConnId, Endpoints, HttpId, HttpRequest, HttpResponse, Input, Login, Output, PlatformClass,
    Transport,
};
pub use world::{ActError, ConnView, Service};
