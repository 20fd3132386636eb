//! Kinds of messages: their object names, and which of them are stored and counted as unread (MSG-017 to MSG-027).
//!
//! What an engine knows by name it keeps as it thinks right, whatever the flags on the wire say (seen with a real SDK);
//! for other names the flags decide.

use wire::{body::DownStreamMessage, flags};

use crate::core::message::{Object, text};

/// Object names of built-in messages and their documented types.
pub(super) const TYPES: [(&str, &str); 12] = [
    ("RC:TxtMsg", "text"),
    ("RC:ImgMsg", "image"),
    ("RC:HQVCMsg", "voice"),
    ("RC:VcMsg", "voice"),
    ("RC:FileMsg", "file"),
    ("RC:SightMsg", "sight"),
    ("RC:GIFMsg", "gif"),
    ("RC:ReferenceMsg", "reference"),
    ("RC:LBSMsg", "location"),
    ("RC:CmdMsg", "command"),
    ("RC:CmdNtf", "command_notification"),
    ("RC:RcNtf", "recall"),
];

/// Grey-bar notices that have no type of their own: stored, not counted.
const NOTICES: [&str; 4] = ["RC:InfoNtf", "RC:GrpNtf", "RC:ContactNtf", "RC:ProfileNtf"];

/// Wire number of chatrooms, whose messages no store keeps.
const CHATROOM: i32 = 4;

/// The documented type of a built-in object name.
pub(super) fn type_of(classname: &str) -> Option<&'static str> {
    TYPES.iter().find(|(name, _)| *name == classname).map(|(_, kind)| *kind)
}

/// The object name of a built-in type.
pub(super) fn object_name(kind: &str) -> Option<&'static str> {
    TYPES.iter().find(|(_, known)| *known == kind).map(|(name, _)| *name)
}

/// Every member of `RCIMIWMessageType`.
pub(crate) fn is_message_type(name: &str) -> bool {
    matches!(name, "unknown" | "custom") || TYPES.iter().any(|(_, kind)| *kind == name)
}

/// Whether a received message has a place in the local store.
pub(crate) fn is_stored(down: &DownStreamMessage) -> bool {
    down.r#type != CHATROOM
        && kept(&down.classname).map_or(down.status & flags::down::PERSIST != 0, |(stored, _)| stored)
}

/// Whether a received message adds to the unread count of its conversation.
pub(crate) fn counts(down: &DownStreamMessage) -> bool {
    is_stored(down)
        && kept(&down.classname).map_or(down.status & flags::down::COUNT != 0, |(_, counted)| counted)
}

/// Stored and counted, of what is known by name.
fn kept(classname: &str) -> Option<(bool, bool)> {
    if NOTICES.contains(&classname) {
        return Some((true, false));
    }
    type_of(classname).map(of_type)
}

fn of_type(kind: &str) -> (bool, bool) {
    match kind {
        "command" => (false, false),
        "command_notification" | "recall" => (true, false),
        _ => (true, true),
    }
}

/// Whether a message that the app holds may be put into the store by hand, and would be counted if it were unread;
/// `None`: it is not storable (INS-005). Notices of recalls and unknown messages are made by no app (MSG-029, MSG-030).
pub(super) fn insertable(message: &Object) -> Option<bool> {
    if text(message, "conversationType") == "chatroom" {
        return None;
    }
    match text(message, "messageType").as_str() {
        "recall" | "unknown" => None,
        "custom" => match text(message, "policy").as_str() {
            "" | "normal" => Some(true),
            "storage" => Some(false),
            _ => None,
        },
        kind => {
            let (stored, counted) = object_name(kind).map(|_| of_type(kind))?;
            stored.then_some(counted)
        }
    }
}

/// Whether a stored message that was received counts as unread.
pub(crate) fn is_counted(message: &Object) -> bool {
    insertable(message) == Some(true)
}
