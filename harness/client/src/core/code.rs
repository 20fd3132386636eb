//! Codes an application sees.
//!
//! What the server answers passes through unchanged (ERR-007, CONN-033); these are the engine's own.

/// The call's arguments are wrong (ERR-002, ERR-006).
pub const PARAM_ERROR: i64 = 1;
/// There is no engine, or it was destroyed (ENG-003, ERR-003).
pub const ENGINE_DESTROYED: i64 = 2;
/// The operation itself failed: what it is about is not there (ERR-004).
pub const NATIVE_OPERATION_ERROR: i64 = 3;
/// The local database is not open, or failed.
pub const DATABASE_ERROR: i64 = 33_002;
/// Not connected, or the app disconnected before the connection was made.
pub const NOT_CONNECTED: i64 = 30_001;
/// The request was not answered within thirty seconds.
pub const NO_ANSWER: i64 = 30_003;
/// The connection ended while the request waited for its answer.
pub const CONNECTION_LOST: i64 = 30_011;
/// A file did not get to the file server. Number assumed after the vendor's native engines.
pub const UPLOAD_FAILED: i64 = 34_011;
/// A file could not be read from its server. Number assumed after the vendor's native engines.
pub const DOWNLOAD_FAILED: i64 = 30_002;
/// The token is not valid here: wrong, of another App Key, or expired (CONN-012 to CONN-014).
pub const TOKEN_INCORRECT: i64 = 31_004;
/// Navigation says that the app's licence has run out.
pub const LICENSE_EXPIRED: i64 = 31_030;
/// No connection within the app's timeout (CONN-006).
pub const CONNECT_TIMEOUT: i64 = 34_006;
/// The server speaks another version of the protocol.
pub const PROTOCOL_VERSION: i64 = 31_001;
/// Another device of the user's took this one's place (KICK-001).
pub const KICKED: i64 = 31_010;
/// The user was banned while connected (CONN-031).
pub const BANNED_ONLINE: i64 = 31_011;
/// The user's account was cancelled.
pub const ACCOUNT_CANCELLED: i64 = 31_029;
