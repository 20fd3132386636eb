//! Codes an application sees.

/// The call's arguments are wrong (ERR-002, ERR-006).
pub const PARAM_ERROR: i64 = 1;
/// There is no engine, or it was destroyed (ENG-003, ERR-003).
pub const ENGINE_DESTROYED: i64 = 2;
/// Not connected.
pub const NOT_CONNECTED: i64 = 30_001;
/// The request was not answered in time.
pub const NO_ANSWER: i64 = 30_003;
/// Navigation failed for good.
pub const NAVI_FAILED: i64 = 30_007;
/// The connection broke while the request waited.
pub const CONNECTION_LOST: i64 = 30_011;
/// The token is not valid here (CONN-012).
pub const TOKEN_INCORRECT: i64 = 31_004;
/// No connection within the app's timeout (CONN-006).
pub const CONNECT_TIMEOUT: i64 = 34_006;
