//! What navi said: where the service is, and which of its parts this app has (NAVI).

use wire::UnixMillis;

use crate::core::Core;

/// `protocol` of a `serverAddr` entry: native frames over TCP.
pub(crate) const RMTP: i64 = 1;
/// The same: WebSocket.
pub(crate) const WEBSOCKET: i64 = 5;

/// Where navi sent us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Navi {
    pub(crate) token: String,
    pub(crate) addresses: Vec<String>,
    /// Where uploads go, as a whole address.
    pub(crate) upload_server: Option<String>,
    /// Entries of chatrooms are a service of this app.
    pub(crate) room_entries: bool,
    /// A user may be in several chatrooms.
    pub(crate) many_rooms: bool,
    /// Ultra groups are a service of this app.
    pub(crate) ultra_groups: bool,
    /// Messages without a channel go to the default channel of their ultra group.
    pub(crate) default_channel: bool,
    pub(crate) until: UnixMillis,
}

impl Core {
    /// Whether navi says that of this app.
    pub(crate) fn app_has(&self, service: impl FnOnce(&Navi) -> bool) -> bool {
        self.navi.as_ref().is_some_and(service)
    }

    /// Phones and desktops speak native frames over TCP, pages WebSocket.
    pub(crate) fn protocol(&self) -> i64 {
        if matches!(self.env.platform.as_str(), "Web" | "MiniProgram") { WEBSOCKET } else { RMTP }
    }

    pub(crate) fn speaks_tcp(&self) -> bool {
        self.protocol() == RMTP
    }
}
