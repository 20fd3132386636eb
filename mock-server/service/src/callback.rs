//! Calls of the app's own server: what the service tells it of by HTTP, where the world has an address for it.
//!
//! The core makes the request and signs it like the Server API's; whoever runs it sends it, and tries again.

use bytes::Bytes;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use wire::UnixMillis;

use crate::{io::Output, journal::What, server_api::signature_of, world::Service};

/// What an app's server can be told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallbackKind {
    /// Rooms that are created or destroyed, members that come and go.
    ChatroomStatus,
    /// Entries of rooms.
    ChatroomEntries,
}

/// Where the app's server is told of it; nowhere where there is no address.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Callbacks {
    /// Rooms that are created or destroyed, members that come and go (CHRM-036).
    pub chatroom_status: Option<String>,
    /// Entries of rooms that change (CHKV-032).
    pub chatroom_entries: Option<String>,
}

/// A request to the app's server: POST, to be answered with 200.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Callback {
    /// Whole address, signature included.
    pub url: String,
    /// `Content-Type`.
    pub content_type: &'static str,
    /// Body.
    pub body: Bytes,
}

impl Service {
    fn callback_url(&self, kind: CallbackKind) -> Option<&str> {
        let url = match kind {
            CallbackKind::ChatroomStatus => &self.callbacks.chatroom_status,
            CallbackKind::ChatroomEntries => &self.callbacks.chatroom_entries,
        };
        url.as_deref().filter(|url| !url.is_empty())
    }

    /// Whether anybody wants to be told.
    pub(crate) fn calls_back(&self, kind: CallbackKind) -> bool {
        self.callback_url(kind).is_some()
    }

    /// Tells the app's server, with a signature in the address in both spellings that receivers look for.
    pub(crate) fn call_back(&mut self, now: UnixMillis, kind: CallbackKind, body: &Value) {
        let nonce = self.ids.session();
        let Some(base) = self.callback_url(kind) else { return };
        let time = now.0.to_string();
        let signature = signature_of(&self.app_secret, &nonce, &time);
        let joint = if base.contains('?') { '&' } else { '?' };
        let url = format!(
            "{base}{joint}appKey={}&timestamp={time}&signTimestamp={time}&nonce={nonce}&signature={signature}",
            self.app_key
        );
        self.journal.record(now, || What::Callback { url: url.clone(), body: body.clone() });
        let body = body.to_string().into();
        let callback = Callback { url, content_type: "application/json; charset=utf-8", body };
        self.output(Output::Callback(Box::new(callback)));
    }
}
