//! The signature that requests of the Server API carry, and ours to the app server.

use data_encoding::HEXLOWER;
use sha1::{Digest as _, Sha1};
use wire::UnixMillis;

/// The signature of a Server API request: lower-case hex SHA-1 of `secret + nonce + timestamp`.
#[must_use]
pub fn signature_of(secret: &str, nonce: &str, timestamp: &str) -> String {
    let digest = Sha1::new().chain_update(secret).chain_update(nonce).chain_update(timestamp).finalize();
    HEXLOWER.encode(&digest)
}

/// SDKs send seconds, the documentation asks for milliseconds.
pub(crate) fn signed_at(timestamp: &str) -> Option<UnixMillis> {
    let number: i64 = timestamp.parse().ok()?;
    Some(UnixMillis(if timestamp.len() > 11 { number } else { number.checked_mul(1000)? }))
}
