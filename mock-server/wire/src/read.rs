//! Reading frame bodies, and what can be wrong with a frame.

use bytes::{Buf, Bytes};

use crate::text::decode_text;

/// Why bytes are not a frame. The connection they came on cannot be trusted any further.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FrameError {
    /// A WebSocket message without a single byte.
    #[error("the frame is empty: a frame has at least its header byte")]
    Empty,
    /// The body ends inside a field.
    #[error("the frame ends inside its {field}: {needed} bytes needed, {left} left")]
    Truncated {
        /// The field that is cut.
        field: &'static str,
        /// Bytes the field takes.
        needed: usize,
        /// Bytes that are there.
        left: usize,
    },
    /// A string is neither UTF-8 nor CESU-8.
    #[error("the {field} is neither UTF-8 nor CESU-8")]
    Text {
        /// The field.
        field: &'static str,
    },
    /// More body than the limit allows.
    #[error("the frame body of {size} bytes exceeds the limit of {max} bytes")]
    TooLarge {
        /// Announced bytes.
        size: usize,
        /// The limit.
        max: usize,
    },
    /// Native: the check byte is not the XOR of the header and length bytes.
    #[error("bad check byte: {found:#04x} where {expected:#04x} follows from the header and the length")]
    Check {
        /// What stands there.
        found: u8,
        /// What should.
        expected: u8,
    },
    /// Native: the length runs over its four bytes.
    #[error("the length takes more than four bytes")]
    Length,
    /// A CONNECT that names another protocol.
    #[error("the CONNECT names the protocol {found:?} instead of \"RCloud\"")]
    Protocol {
        /// What it names.
        found: String,
    },
}

/// Takes fields off the front of a body.
pub(crate) struct Reader(pub(crate) Bytes);

impl Reader {
    fn need(&self, field: &'static str, needed: usize) -> Result<(), FrameError> {
        let left = self.0.len();
        if left < needed { Err(FrameError::Truncated { field, needed, left }) } else { Ok(()) }
    }

    pub(crate) fn u8(&mut self, field: &'static str) -> Result<u8, FrameError> {
        self.need(field, 1)?;
        Ok(self.0.get_u8())
    }

    pub(crate) fn u16(&mut self, field: &'static str) -> Result<u16, FrameError> {
        self.need(field, 2)?;
        Ok(self.0.get_u16())
    }

    pub(crate) fn u32(&mut self, field: &'static str) -> Result<u32, FrameError> {
        self.need(field, 4)?;
        Ok(self.0.get_u32())
    }

    pub(crate) fn u64(&mut self, field: &'static str) -> Result<u64, FrameError> {
        self.need(field, 8)?;
        Ok(self.0.get_u64())
    }

    pub(crate) fn bytes8(&mut self, field: &'static str) -> Result<[u8; 8], FrameError> {
        Ok(self.u64(field)?.to_be_bytes())
    }

    pub(crate) fn raw_text(&mut self, field: &'static str) -> Result<Bytes, FrameError> {
        let length = usize::from(self.u16(field)?);
        self.need(field, length)?;
        Ok(self.0.split_to(length))
    }

    pub(crate) fn text(&mut self, field: &'static str) -> Result<String, FrameError> {
        decode_text(&self.raw_text(field)?).ok_or(FrameError::Text { field })
    }
}
