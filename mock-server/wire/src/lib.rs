//! The IM protocol as bytes and types: frames, protobuf bodies, topics, flags and codes.
//!
//! Pure: no clock, no socket, no thread. Three front ends share one frame model:
//!
//! * [`websocket`]: one WebSocket message is exactly one frame, without a length;
//! * [`comet`]: the same over plain HTTP, for old web SDKs without WebSocket;
//! * [`native`]: a byte stream with a check byte, a length and an obfuscating pad, as phones and desktops speak it.
//!
//! The two directions have different layouts, hence two frame types: [`ClientFrame`] and [`ServerFrame`].
//! What we do not know is kept, never dropped: an unknown frame type is a value, an unknown topic is a
//! [`Topic::Other`], unknown protobuf fields show in [`reflect`]. What the types forbid can still be sent, as raw bytes.

mod client_frame;
pub mod code;
pub mod comet;
mod direction;
pub mod flags;
mod header;
pub mod native;
mod read;
pub mod reflect;
mod server_frame;
mod text;
mod time;
mod topic;
pub mod websocket;

pub use client_frame::{ClientFrame, Connect, Request};
pub use header::{Header, Kind};
pub use read::FrameError;
pub use server_frame::{Accepted, ConnAck, ConnAckLayout, ServerFrame};
pub use text::{decode_text, encode_text, encode_text_cesu8};
pub use time::UnixMillis;
pub use topic::Topic;

/// Typed protobuf bodies, generated from `proto/im.proto`.
pub mod body {
    #![allow(
        missing_docs,
        unreachable_pub,
        clippy::all,
        reason = "generated code; the fields are described in proto/im.proto"
    )]
    include!(concat!(env!("OUT_DIR"), "/im.rs"));
}

/// The largest frame accepted by default, in bytes of body: the vendor's clients stay below it (content is
/// limited to 128 KiB), and it bounds what one peer can make us buffer.
pub const DEFAULT_MAX_FRAME: usize = 1 << 20;
