//! What pullers are served with, whether of mailboxes, rooms or ultra groups: who was notified and has not pulled, the bytes
//! of a package, and the answer that many who ask for the same share.

use std::time::Duration;

use bytes::{BufMut as _, Bytes, BytesMut};
use prost::encoding::{WireType, encode_key, encode_varint};
use wire::UnixMillis;

/// Who was notified and has not pulled is not notified again for so long (seen with web SDKs: they pull once and ignore the rest).
const NOTICE_HOLDS: Duration = Duration::from_secs(5);

/// So far a feed's clock may run ahead of the world's: a burst gives every message a millisecond of its own.
const AHEAD: Duration = Duration::from_secs(60);

/// Whether a watermark is later than any the service may have given.
pub(crate) fn is_from_the_future(now: UnixMillis, watermark: i64) -> bool {
    UnixMillis(watermark) > now + AHEAD
}

/// Whether somebody was notified of something that was not pulled since.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Notified(Option<UnixMillis>);

impl Notified {
    /// Whether a notice is due, which then counts as given.
    pub(crate) fn notify(&mut self, now: UnixMillis) -> bool {
        let due = self.0.is_none_or(|at| now.since(at) >= NOTICE_HOLDS);
        if due {
            self.0 = Some(now);
        }
        due
    }

    /// Whether a notice is out that was not followed by a pull, however old it is.
    pub(crate) fn is_open(self) -> bool {
        self.0.is_some()
    }

    /// It has pulled: the next news are worth a notice.
    pub(crate) fn pulled(&mut self) {
        self.0 = None;
    }
}

/// The answer to the last pull, for the many who ask for the same. `K` says what the same is.
#[derive(Debug, Clone)]
pub(crate) struct SharedAnswer<K>(Option<(K, Bytes)>);

impl<K> Default for SharedAnswer<K> {
    fn default() -> Self {
        Self(None)
    }
}

impl<K: PartialEq> SharedAnswer<K> {
    /// The bytes, if they answer that.
    pub(crate) fn get(&self, asked: &K) -> Option<Bytes> {
        self.0.as_ref().filter(|(key, _)| key == asked).map(|(_, body)| body.clone())
    }

    pub(crate) fn keep(&mut self, asked: K, body: &Bytes) {
        self.0 = Some((asked, body.clone()));
    }

    /// What it was made of has changed.
    pub(crate) fn forget(&mut self) {
        self.0 = None;
    }
}

/// Writes a package from messages that are already encoded: fields 1 (list) and 2 (syncTime), and 3 (finished) where it is given,
/// because there it means one thing to old engines and another to new ones.
pub(crate) fn package<M: AsRef<[u8]>>(
    messages: impl Iterator<Item = M>,
    bytes: usize,
    sync_time: UnixMillis,
    finished: Option<bool>,
) -> Bytes {
    let mut out = BytesMut::with_capacity(bytes + 16);
    for message in messages {
        let message = message.as_ref();
        encode_key(1, WireType::LengthDelimited, &mut out);
        encode_varint(message.len() as u64, &mut out);
        out.put_slice(message);
    }
    encode_key(2, WireType::Varint, &mut out);
    encode_varint(sync_time.0.cast_unsigned(), &mut out);
    if let Some(finished) = finished {
        out.put_slice(&[0x18, u8::from(finished)]);
    }
    out.freeze()
}

/// So many bytes a message takes beside its own: tag and length.
pub(crate) const AROUND: usize = 6;
