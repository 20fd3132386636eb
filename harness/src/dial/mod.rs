//! Adapters that dial in: one address, one-time tokens, and one WebSocket an adapter with the messages that others write
//! to their pipes, a text frame a line.
//!
//! What is agreed with an adapter beside those messages: the first frame is `welcome` with a resume token. Who loses the link
//! comes back with it within [`GRACE`] and goes on: each side tells how many lines it has got, and the other says the rest
//! again. Who is told to begin anew (code 4010) comes back with it as well, and has forgotten everything.

mod exchange;
mod files;
mod link;
mod ring;
mod seats;
mod serve;
mod session;
mod shown;
mod token;

use std::time::Duration;

pub use exchange::{Exchange, Terms};
pub use files::Mount;
pub(crate) use session::{Incoming, Session};

/// How names of clients that dial in begin.
pub const FAMILY: &str = "dial@";
/// The client that dials in where nobody names one.
pub const DEVICE: &str = "dial@device";
/// How long an adapter may be without a link until it counts as gone, unless [`Terms`] say otherwise.
pub const GRACE: Duration = Duration::from_secs(10);
/// Longest line either way, bytes: that of adapters behind pipes.
pub(crate) const LINE_LIMIT: usize = 1 << 20;

/// Codes with which the harness closes a link, and their reasons.
pub(crate) mod close {
    /// The run is over, or the adapter said that it leaves.
    pub(crate) const OVER: u16 = 1000;
    /// Come back with the resume token and begin anew.
    pub(crate) const ANEW: u16 = 4010;
    /// The token is none of this run's, or was used; the resume token is of no use any more.
    pub(crate) const REFUSED: u16 = 4003;
    /// Another link of the same adapter took over.
    pub(crate) const REPLACED: u16 = 4009;
    /// It wrote what cannot be read: a frame that is too long, or one of bytes.
    pub(crate) const UNREADABLE: u16 = 4000;
}
