//! Do-not-disturb levels.

use serde_json::Value;

use crate::core::message::{Object, text};

/// Levels by their documented names, with the server's numbers (AMB-02).
const LEVELS: [(&str, i32); 6] = [
    ("all_message", -1),
    ("none", 0),
    ("mention", 1),
    ("mention_users", 2),
    ("mention_all", 4),
    ("blocked", 5),
];

/// The documented name of a level.
pub(crate) fn level_name(number: i32) -> &'static str {
    LEVELS.iter().find(|(_, known)| *known == number).map_or("none", |(name, _)| name)
}

/// Whether a conversation of that level is one "with do-not-disturb": any that holds pushes back. The
/// documentation is certain of `blocked` alone (AMB-49); lists and unread counts read it the same way.
pub(crate) fn is_do_not_disturb(level: i32) -> bool {
    level > 0
}

/// [`is_do_not_disturb`] of a described conversation.
pub(crate) fn does_not_disturb(conversation: &Value) -> bool {
    let level = conversation["notificationLevel"].as_str();
    LEVELS.iter().any(|(name, number)| level == Some(name) && is_do_not_disturb(*number))
}

pub(crate) fn level_number(args: &Object) -> Option<i32> {
    let name = text(args, "level");
    LEVELS.iter().find(|(known, _)| *known == name).map(|(_, number)| *number)
}
