//! Whom a message mentions. Its content says it (`mentionedInfo`), and a bit of its status beside it. Clients differ in
//! which of the two they count by: web SDKs read the content, the vendor's native client goes by the bit alone. So the
//! bit has to be right for each receiver.

use serde_json::Value;
use wire::flags;

use crate::core::message::Conversation;

/// What `mentionedInfo` of a content says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Mentioned {
    #[default]
    Nobody,
    /// Type 1: everybody in the group.
    All,
    /// Type 2: those of `userIdList`, at least one.
    Users(Box<[Box<str>]>),
}

impl Mentioned {
    pub(crate) fn read(content: &[u8]) -> Self {
        let Ok(text) = std::str::from_utf8(content) else { return Self::Nobody };
        // Most mention nobody, and need not be read.
        if !text.contains("mentionedInfo") {
            return Self::Nobody;
        }
        Self::of_body(&serde_json::from_str(text).unwrap_or_default())
    }

    /// The same of a content that is read already.
    pub(crate) fn of_body(body: &Value) -> Self {
        let info = &body["mentionedInfo"];
        match info["type"].as_i64() {
            Some(1) => Self::All,
            Some(2) => {
                let ids = info["userIdList"].as_array().into_iter().flatten().filter_map(Value::as_str);
                let users: Box<[Box<str>]> = ids.map(Box::from).collect();
                if users.is_empty() { Self::Nobody } else { Self::Users(users) }
            }
            _ => Self::Nobody,
        }
    }

    /// As one user sees it: somebody else mentioned is nothing to it (AMB-15).
    pub(crate) fn of(&self, user: &str) -> Mention {
        match self {
            Self::All => Mention::All,
            Self::Users(users) if users.iter().any(|listed| **listed == *user) => Mention::Me,
            Self::Nobody | Self::Users(_) => Mention::Nothing,
        }
    }

    /// Whom the bit of a message's status is set for: those mentioned, where its sender set it at all. Mentions have a
    /// meaning in groups and ultra groups only (MENT-007).
    pub(super) fn flagged(conversation: Conversation, status: i64, content: &[u8]) -> Self {
        let is_group = matches!(conversation, Conversation::Group | Conversation::UltraGroup);
        if is_group && status & flags::down::MENTION != 0 { Self::read(content) } else { Self::Nobody }
    }
}

/// What a message's mention is to one user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mention {
    Nothing,
    Me,
    All,
}
