//! Calls of the app's own server: what the service tells it of by HTTP, where the world has an address for it.
//!
//! The core makes the request and signs it like the Server API's; whoever runs it sends it, and tries again.

use bytes::Bytes;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use wire::UnixMillis;

use crate::{
    core::{
        io::{Callback, CallbackKind, Output},
        journal::What,
        signature::signature_of,
    },
    outward::Outward,
};

/// Addresses (`http://…`) of the app's own server, each told of one thing; what has no address is told nobody.
///
/// Calls are POSTs that are answered with 200. Their address has `appKey`, `timestamp` (the same as `signTimestamp`),
/// `nonce` and `signature` added: the SHA-1, in hex, of App Secret + nonce + timestamp.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Callbacks {
    /// Rooms that are created or destroyed, members that come and go (CHRM-036).
    pub chatroom_status: Option<String>,
    /// Entries of rooms that change (CHKV-032).
    pub chatroom_entries: Option<String>,
    /// Devices that come online, go offline or log out: a JSON list (USER-010).
    pub user_status: Option<String>,
    /// Every message that clients send, but status messages, and in ultra groups what they change of one afterwards
    /// (UG-036): a form (USER-011). The switch `messageRoutingOfServerApi` adds those of the app's server itself.
    pub messages: Option<String>,
}

impl Callbacks {
    /// What is wrong with the addresses, a sentence each.
    pub(crate) fn mistakes(&self) -> Vec<String> {
        let all = [
            ("chatroomStatus", &self.chatroom_status),
            ("chatroomEntries", &self.chatroom_entries),
            ("userStatus", &self.user_status),
            ("messages", &self.messages),
        ];
        let given =
            all.iter().filter_map(|(name, url)| Some((name, url.as_deref().filter(|url| !url.is_empty())?)));
        let wrong = given.filter(|(_, url)| {
            !url::Url::parse(url).is_ok_and(|url| url.scheme() == "http" && url.fragment().is_none())
        });
        wrong
            .map(|(name, url)| {
                format!("`callbacks.{name}` is `{url}`; an address that begins with http:// is needed")
            })
            .collect()
    }
}

impl Outward<'_> {
    fn callback_url(&self, kind: CallbackKind) -> Option<&str> {
        let url = match kind {
            CallbackKind::ChatroomStatus => &self.state.callbacks.chatroom_status,
            CallbackKind::ChatroomEntries => &self.state.callbacks.chatroom_entries,
            CallbackKind::UserStatus => &self.state.callbacks.user_status,
            CallbackKind::Messages => &self.state.callbacks.messages,
        };
        url.as_deref().filter(|url| !url.is_empty())
    }

    /// Whether anybody wants to be told.
    pub(crate) fn calls_back(&self, kind: CallbackKind) -> bool {
        self.callback_url(kind).is_some()
    }

    /// Tells the app's server in JSON.
    pub(crate) fn call_back(&mut self, now: UnixMillis, kind: CallbackKind, body: &Value) {
        let bytes = body.to_string().into();
        self.send_callback(now, kind, "application/json; charset=utf-8", bytes, body);
    }

    /// Tells the app's server in a form, fields in that order.
    pub(crate) fn call_back_with_form(
        &mut self,
        now: UnixMillis,
        kind: CallbackKind,
        fields: &[(&'static str, String)],
    ) {
        let bytes = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let mut shown = serde_json::Map::new();
        for (name, value) in fields {
            match shown.get_mut(*name) {
                None => drop(shown.insert((*name).to_owned(), value.as_str().into())),
                Some(Value::Array(values)) => values.push(value.as_str().into()),
                // A repeated field is shown as a list.
                Some(first) => *first = vec![first.take(), value.as_str().into()].into(),
            }
        }
        let kind_of_form = "application/x-www-form-urlencoded; charset=utf-8";
        self.send_callback(now, kind, kind_of_form, bytes.into(), &shown.into());
    }

    /// With a signature in the address, in both spellings that receivers look for.
    fn send_callback(
        &mut self,
        now: UnixMillis,
        kind: CallbackKind,
        content_type: &'static str,
        body: Bytes,
        shown: &Value,
    ) {
        let nonce = self.core.ids.session();
        let Some(base) = self.callback_url(kind) else { return };
        let time = now.0.to_string();
        let signature = signature_of(&self.core.app_secret, &nonce, &time);
        let joint = if base.contains('?') { '&' } else { '?' };
        let url = format!(
            "{base}{joint}appKey={}&timestamp={time}&signTimestamp={time}&nonce={nonce}&signature={signature}",
            self.core.app_key
        );
        self.core.journal.record(now, || What::Callback { url: url.clone(), body: shown.clone() });
        self.core.output(Output::Callback(Box::new(Callback { kind, url, content_type, body })));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_plain_http() {
        let of = |url: &str| Callbacks { messages: Some(url.to_owned()), ..Callbacks::default() }.mistakes();
        for good in ["", "http://127.0.0.1:8080/told?of=it", "http://[::1]:9/", "http://app.example"] {
            assert!(of(good).is_empty(), "{good}");
        }
        for wrong in ["app.example/x", "https://app.example", "http://", "http://a/#b", "ftp://a/"] {
            assert_eq!(of(wrong).len(), 1, "{wrong}");
        }
    }
}
