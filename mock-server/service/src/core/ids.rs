//! Ids of a world: one seeded source, so that the same seed gives the same ids.

use std::fmt;

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};
use wire::UnixMillis;

/// A message UID. Kept in place: there is one in every message, and messages come and go by the hundred thousand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Uid([u8; 19]);

impl Uid {
    pub(crate) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("a UID is made of digits, capital letters and hyphens")
    }

    /// The UID that a client names; `None`: it has not the shape of one.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes().try_into().ok()?;
        text.is_ascii().then_some(Self(bytes))
    }
}

impl fmt::Display for Uid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The world's generator of message UIDs, tokens and session ids.
#[derive(Debug, Clone)]
pub(crate) struct Ids {
    random: ChaCha8Rng,
    messages: u64,
    salt: u16,
}

impl Ids {
    pub(crate) fn new(seed: u64) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let salt = random.next_u32() as u16;
        Self { random, messages: 0, salt }
    }

    /// A message UID in the vendor's shape: four groups of four characters of 0-9A-V. Time first, then a running
    /// number, then the world's salt: unique without remembering any.
    pub(crate) fn message_uid(&mut self, at: UnixMillis) -> Uid {
        self.messages += 1;
        let bits = (u128::from(at.0.unsigned_abs() & 0xFFF_FFFF_FFFF) << 36)
            | (u128::from(self.messages & 0xF_FFFF) << 16)
            | u128::from(self.salt);
        let mut uid = [b'-'; 19];
        for index in 0..16 {
            let digit = ((bits >> (75 - 5 * index)) & 31) as u8;
            uid[index + index / 4] = if digit < 10 { b'0' + digit } else { b'A' + digit - 10 };
        }
        Uid(uid)
    }

    /// The opaque part of a token: 32 letters and digits.
    pub(crate) fn token(&mut self) -> String {
        self.text(32)
    }

    /// A session id.
    pub(crate) fn session(&mut self) -> String {
        self.text(16)
    }

    fn text(&mut self, length: usize) -> String {
        const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789ab";
        (0..length).map(|_| char::from(ALPHABET[(self.random.next_u32() & 63) as usize])).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uids_have_the_vendors_shape_and_never_repeat() {
        let mut ids = Ids::new(7);
        let first = ids.message_uid(UnixMillis(1_767_225_600_000));
        let second = ids.message_uid(UnixMillis(1_767_225_600_000));
        assert_ne!(first, second);
        assert!(first.as_str().split('-').all(|group| group.len() == 4), "{first}");
        assert_eq!(first.as_str().split('-').count(), 4);
    }

    #[test]
    fn the_same_seed_gives_the_same_ids() {
        assert_eq!(Ids::new(1).token(), Ids::new(1).token());
        assert_ne!(Ids::new(1).token(), Ids::new(2).token());
    }
}
