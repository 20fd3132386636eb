//! What every topic stands on: accounts, connections, ids, time, the journal, faults, and the shapes of what goes in and
//! out. Nothing in here knows a topic (chatrooms, mail, …) or a door.

pub(crate) mod account;
pub mod bug;
pub(crate) mod calendar;
pub mod caps;
pub(crate) mod connection;
pub(crate) mod expansion;
pub mod fault;
pub(crate) mod given;
pub(crate) mod ids;
pub(crate) mod io;
pub mod journal;
pub(crate) mod length;
pub mod limits;
pub(crate) mod login;
pub(crate) mod message;
pub(crate) mod misdirect;
pub(crate) mod page;
pub(crate) mod params;
pub(crate) mod preset;
pub(crate) mod reach;
pub(crate) mod refusal;
pub(crate) mod secret;
pub mod switch;
