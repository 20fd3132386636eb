//! Tokens: drawn from the machine's randomness, and long enough that nobody guesses one.

use std::hash::{BuildHasher, RandomState};

/// A new token: 26 letters and digits, of 128 bits.
///
/// The standard library keys its hashes from the system's randomness; a keyed hash (SipHash) of what is known tells
/// nothing of the key.
pub(super) fn draw() -> String {
    let half = |part: &str| u128::from(RandomState::new().hash_one(part));
    let mut bits = (half("first half") << 64) | half("second half");
    let mut token = String::with_capacity(26);
    for _ in 0..26 {
        // No letters that look alike: somebody may have to type it.
        let index = usize::try_from(bits & 31).unwrap_or_default();
        token.push(char::from(b"abcdefghjkmnpqrstuvwxyz0123456789"[index]));
        bits >>= 5;
    }
    token
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::draw;

    #[test]
    fn no_token_comes_twice_and_each_can_stand_in_an_address() {
        let tokens: BTreeSet<String> = (0..1_000).map(|_| draw()).collect();
        assert_eq!(tokens.len(), 1_000);
        assert!(
            tokens.iter().all(|token| token.len() == 26
                && token.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit()))
        );
    }
}
