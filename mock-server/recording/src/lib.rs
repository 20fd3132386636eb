//! Recordings: what was done to a world and what it said, as JSON lines.
//!
//! The first line is a [`Header`]: the format's version, and how the world was made. Each further line is an [`Entry`], numbered
//! without gaps, with the time that has passed since the world began. Bytes of frames are the truth (`raw`, in base64); what they
//! mean is beside them only where somebody wanted to read it. A line ends with a checksum of what stands before it, so that a
//! recording that was cut or damaged is used up to there, and no further. Behind the last entry a line may say that it ends there,
//! and why.
//!
//! A world is a pure machine: [`replay`] does again what was done, and tells whether the same is said.

mod decode;
mod ended;
mod entry;
mod header;
mod json;
mod line;
mod read;
pub mod replay;
mod span;
mod tape;
mod write;

pub use decode::Decoder;
pub use ended::{LONGEST_ENDING, ended, last_line};
pub use entry::{Answer, Entry, Said, Seen, Webhook, What};
pub use header::{FORMAT, Header, Opened, Proxy};
pub use read::{Damage, End, NoRecording, Place, Reader, ZSTD};
pub use span::span;
pub use tape::Tape;
pub use write::Writer;
