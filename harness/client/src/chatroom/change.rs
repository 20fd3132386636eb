//! What a room's service messages tell: who came and went, who was banned (CHST-015 to CHST-017, CHRM-027).

use serde_json::{Value, json};
use wire::body::DownStreamMessage;

use crate::core::{
    Core,
    bug::Bug,
    message::{Object, text},
};

const MEMBERS: &str = "RC:ChrmMemChange";
const JOINED: &str = "RC:ChrmJoinNtf";
const LEFT: &str = "RC:ChrmQuitNtf";
const BLOCKED: &str = "RC:ChrmBlockMsg";
/// No callback of the documentation tells of these, and apps get no message of them.
const UNTOLD: [&str; 3] = ["RC:ChrmBanMsg", "RC:ChrmSyncMsg", "RC:chrmKVNotiMsg"];

pub(super) enum Told {
    /// `actions` of `onChatRoomMemberChanged`.
    Members(Vec<Value>),
    /// This user is in the room no longer.
    TakenOut,
    Nothing,
}

/// `None`: it is a message like any other.
pub(super) fn told(core: &Core, room: &str, down: &DownStreamMessage) -> Option<Told> {
    let me = core.user.as_str();
    let content = || match serde_json::from_slice(&down.content) {
        Ok(Value::Object(content)) => content,
        _ => Object::new(),
    };
    let action = |user: &str, kind: &str| json!({"userId": user, "actionType": kind});
    Some(match down.classname.as_str() {
        MEMBERS => {
            let content = content();
            let users = content.get("userList").and_then(Value::as_array).into_iter().flatten();
            let actions = users.filter_map(Value::as_object).map(|user| {
                let kind = match user.get("status").and_then(Value::as_i64) {
                    Some(1) => "join",
                    Some(0) if core.has(Bug::LeaversAreJoiners) => "join",
                    Some(0) => "leave",
                    _ => "unknown",
                };
                action(&text(user, "userId"), kind)
            });
            Told::Members(actions.collect())
        }
        JOINED => Told::Members(vec![action(&down.from_user_id, "join")]),
        LEFT => Told::Members(vec![action(&down.from_user_id, "leave")]),
        BLOCKED => {
            let content = content();
            let blocks = content.get("operateType").and_then(Value::as_i64) == Some(1);
            let listed = content.get("userList").and_then(Value::as_array).into_iter().flatten();
            let mut names = listed.filter_map(|user| match user {
                Value::String(id) => Some(id.as_str()),
                user => user.get("userId").and_then(Value::as_str),
            });
            let here = down.group_id() == room;
            if blocks && here && names.any(|id| id == me) { Told::TakenOut } else { Told::Nothing }
        }
        name if UNTOLD.contains(&name) => Told::Nothing,
        _ => return None,
    })
}
