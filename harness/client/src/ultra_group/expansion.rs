//! Expansions of ultra-group messages: calls of their own, told to others as changes (UGEXP). The limits are those of all
//! expansions (AMB-07).

use prost::Message as _;
use serde_json::{Value, json};
use wire::{Topic, UnixMillis, body::MsgChangeReq};

use crate::ultra_group::{Call, modify::request};
use crate::{
    core::{
        code,
        io::CallResult,
        message::{Object, text},
    },
    engine::Engine,
    mail::expansion::Change,
};

impl Engine {
    /// `updateUltraGroupMessageExpansion(messageUId, expansion)`.
    pub(super) fn update_channel_expansion(&mut self, now: UnixMillis, args: &Object) -> CallResult {
        self.change_channel_expansion(now, args, Change::update(args))
    }

    /// `removeUltraGroupMessageExpansionForKeys(messageUId, keys)`.
    pub(super) fn remove_channel_expansion(&mut self, now: UnixMillis, args: &Object) -> CallResult {
        self.change_channel_expansion(now, args, Change::removal(args))
    }

    /// The message must be here: its UID alone does not say where it belongs.
    fn change_channel_expansion(
        &mut self,
        now: UnixMillis,
        args: &Object,
        change: Option<Change>,
    ) -> CallResult {
        let uid = text(args, "messageUId");
        let stored = self
            .store
            .by_uid(&uid)
            .ok()
            .flatten()
            .filter(|message| !uid.is_empty() && text(message, "conversationType") == "ultra_group");
        let (Some(message), Some(change)) = (stored, change) else {
            return CallResult::Code(code::PARAM_ERROR);
        };
        let content = match &change {
            Change::Update(pairs) => json!({"mid": uid, "put": pairs}),
            Change::Remove(keys) => json!({"mid": uid, "del": keys}),
        };
        let body = MsgChangeReq { content: Some(content.to_string()), ..request(&message, &uid) };
        let group = text(&message, "targetId");
        let call = Call::Expansion { uid, change };
        self.ask_ultra_group(now, Topic::UpMsgEx, &group, body.encode_to_vec(), call);
        CallResult::Code(0)
    }

    /// Ends the call: the stored message has the change.
    pub(super) fn channel_expansion_answered(&mut self, uid: &str, change: &Change, code: i64) {
        if code == 0 {
            let (put, removed) = change.parts();
            let _ = self.expand_stored(uid, &put, &removed, false);
        }
        match change {
            Change::Update(pairs) => self.fire(
                "onUltraGroupMessageExpansionUpdated",
                json!({"code": code, "expansion": pairs, "messageUId": uid}),
            ),
            Change::Remove(keys) => self.fire(
                "onUltraGroupMessageExpansionForKeysRemoved",
                json!({"code": code, "messageUId": uid, "keys": Value::from(keys.clone())}),
            ),
        }
    }
}
