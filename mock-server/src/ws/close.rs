//! Status codes of close frames (RFC 6455, section 7.4).

use bytes::Buf;
use tokio_tungstenite::tungstenite::protocol::frame::coding;

use super::WsError;

/// A status code that may stand in a close frame. Those that only programs tell each other (1005, 1006, 1015), and those
/// that nobody has given a meaning, are none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CloseCode(u16);

/// Nothing is wrong.
pub(crate) const NORMAL: CloseCode = CloseCode(1000);
/// The peer broke the protocol.
const PROTOCOL_ERROR: CloseCode = CloseCode(1002);
/// A text is no UTF-8.
const NO_TEXT: CloseCode = CloseCode(1007);

impl CloseCode {
    fn new(code: u16) -> Option<Self> {
        coding::CloseCode::from(code).is_allowed().then_some(Self(code))
    }

    pub(super) fn number(self) -> u16 {
        self.0
    }
}

impl WsError {
    /// What the peer is told.
    pub(crate) fn code(&self) -> CloseCode {
        match self {
            Self::Reason | Self::Text => NO_TEXT,
            _ => PROTOCOL_ERROR,
        }
    }
}

/// The code in a close frame's payload, if there is one.
pub(super) fn read(mut payload: &[u8]) -> Result<Option<CloseCode>, WsError> {
    if payload.is_empty() {
        return Ok(None);
    }
    let code = payload.try_get_u16().map_err(|_| WsError::HalfACode)?;
    let code = CloseCode::new(code).ok_or(WsError::CloseCode(code))?;
    std::str::from_utf8(payload).map_err(|_| WsError::Reason)?;
    Ok(Some(code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_that_may_be_sent_are_read() {
        for code in [1000, 1001, 1003, 1007, 1011, 3000, 4999] {
            assert_eq!(read(&u16::to_be_bytes(code)), Ok(Some(CloseCode(code))));
        }
        assert_eq!(read(&[]), Ok(None));
        assert_eq!(read(&[3, 0xE8, b'x']), Ok(Some(NORMAL)));
    }

    #[test]
    fn others_break_the_protocol() {
        for code in [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535] {
            assert_eq!(read(&u16::to_be_bytes(code)), Err(WsError::CloseCode(code)));
            assert_eq!(WsError::CloseCode(code).code(), PROTOCOL_ERROR);
        }
        assert_eq!(read(&[3]), Err(WsError::HalfACode));
        assert_eq!(read(&[3, 0xE8, 0xFF]).map_err(|error| error.code()), Err(NO_TEXT));
    }
}
