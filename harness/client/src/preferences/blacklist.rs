//! The blacklist, kept by the server (BLK-009 to BLK-018).

use bytes::Bytes;
use prost::Message as _;
use serde_json::json;
use wire::{
    Topic, UnixMillis,
    body::{Nothing, QueryBlackListOutput, UserIdInput},
};

use crate::{
    core::{
        bug::Bug,
        code,
        io::CallResult,
        message::{Object, text},
    },
    preferences::{Call, Preferences},
};

/// The answer to `blackStat` that tells: not on the list. Assumed after the vendor's native engines.
const NOT_LISTED: i64 = 101;

impl Preferences<'_> {
    pub(crate) fn blacklist(
        &mut self,
        now: UnixMillis,
        topic: Topic,
        event: &'static str,
        args: &Object,
    ) -> CallResult {
        let user = text(args, "userId");
        if user.is_empty() {
            return CallResult::Code(code::PARAM_ERROR);
        }
        let body = UserIdInput { user_id: Some(user.clone()) };
        self.ask(
            now,
            topic,
            &user,
            body.encode_to_vec(),
            Call::Blacklist { event, user: Some(user.clone()) },
        );
        CallResult::Code(0)
    }

    pub(crate) fn load_blacklist(&mut self, now: UnixMillis) -> CallResult {
        let me = self.core.user.clone();
        let pending = Call::Blacklist { event: "onBlacklistLoaded", user: None };
        self.ask(now, Topic::GetBlack, &me, Nothing { nothing: Some(1) }.encode_to_vec(), pending);
        CallResult::Code(0)
    }

    /// Reports an answer with the call's own arguments, so that the app can tell calls apart (ENG-007).
    pub(crate) fn blacklist_answered(
        &mut self,
        event: &'static str,
        user: Option<String>,
        code: i64,
        body: &Bytes,
    ) {
        let args = match (event, user) {
            ("onBlacklistStatusLoaded", Some(user)) => {
                let (code, status) = match code {
                    0 => (0, "in_blacklist"),
                    NOT_LISTED => (0, "not_in_blacklist"),
                    _ if self.core.has(Bug::BlacklistErrorsHidden) => (0, "not_in_blacklist"),
                    other => (other, "unknown"),
                };
                json!({"code": code, "userId": user, "status": status})
            }
            (_, Some(user)) => json!({"code": code, "userId": user}),
            (_, None) => {
                let mut ids = QueryBlackListOutput::decode(body.clone()).unwrap_or_default().user_ids;
                if ids.len() > 1 && self.core.has(Bug::OneBlacklistedUser) {
                    ids.truncate(1);
                }
                json!({"code": code, "userIds": ids})
            }
        };
        self.core.fire(event, args);
    }
}
