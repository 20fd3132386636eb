//! What the app's server is told of devices: online, offline, logged out (USER-010).
//!
//! A device that is kicked or banned, or whose link breaks, is told as offline when the service notices; a device that
//! comes back on a new connection is told offline before it is told online (assumed). Fields as the documentation of
//! callbacks lists them.

use serde_json::json;
use wire::UnixMillis;

use crate::{
    core::{
        account::{UserIx, os_of},
        bug::Bug,
        connection::{Connection, Presence, Told},
        io::{CallbackKind, ConnId},
    },
    outward::Outward,
};

impl Outward<'_> {
    /// A login was accepted.
    pub(crate) fn came_online(&mut self, now: UnixMillis, conn: ConnId, session: &str, address: &str) {
        if !self.calls_back(CallbackKind::UserStatus) {
            return;
        }
        let told = Told { session: session.to_owned(), address: address.to_owned() };
        let Some(connection) = self.core.connections.get_mut(&conn) else { return };
        let (user, device) = (connection.user, connection.device);
        self.tell_of_device(now, user, device.into(), &told, Presence::Online);
        if let Some(connection) = self.core.connections.get_mut(&conn) {
            connection.told = Some(Box::new(told));
        }
    }

    /// A connection is over.
    pub(crate) fn went_offline(&mut self, now: UnixMillis, gone: &Connection, how: Presence) {
        if self.core.has(Bug::ForgetsOfflineCallbacks) {
            return;
        }
        let how = if self.core.has(Bug::LogoutIsToldAsOffline) { Presence::Offline } else { how };
        if let Some(told) = &gone.told {
            self.tell_of_device(now, gone.user, gone.device.into(), told, how);
        }
    }

    fn tell_of_device(&mut self, now: UnixMillis, user: UserIx, device: usize, told: &Told, how: Presence) {
        let account = &self.core.accounts[user];
        let platform = account.devices.get(device).map_or("", |device| &device.platform);
        let body = json!([{
            "userid": &*account.id, "status": (how as u8).to_string(), "os": os_of(platform), "time": now.0,
            "clientIp": told.address, "sessionId": told.session,
        }]);
        self.call_back(now, CallbackKind::UserStatus, &body);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_platform_is_written_as_callbacks_have_it() {
        let pairs = [("iOS", "iOS"), ("HarmonyOS", "HarmonyOS"), ("Flutter", "Android"), ("Electron", "PC")];
        for (platform, os) in pairs.into_iter().chain([("MiniProgram", "MiniProgram"), ("", "Websocket")]) {
            assert_eq!(os_of(platform), os);
        }
    }
}
