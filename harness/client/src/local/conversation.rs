//! The conversation list: `loadConversation(s)`, `removeConversation(s)` (CONV).

use serde_json::{Value, json};

use crate::{
    core::{
        message::Object,
        store::{Key, Place},
    },
    engine::Engine,
    local::{Answer, Answered, channel, conversation, conversation_types, number},
    preferences::settings::level_name,
};

const CONVERSATION: &[&str] = &["type", "targetId", "channelId"];

impl Engine {
    pub(crate) fn load_conversation(&self, args: &Object) -> Answered {
        let of = conversation(args)?;
        let found = self
            .store
            .is_listed(&of)
            .and_then(|listed| Ok(if listed { self.describe_conversation(&of)? } else { Value::Null }));
        Some(Answer {
            event: "onConversationLoaded",
            echoed: CONVERSATION,
            result: found.map(|found| vec![("conversation", found)]),
            otherwise: vec![("conversation", Value::Null)],
        })
    }

    /// At most `count` conversations older than `startTime`, or the newest (CONV-014 to CONV-020). Pinned ones come
    /// first; as they are the page that begins with the newest has them (AMB-47).
    pub(crate) fn load_conversations(&self, args: &Object) -> Answered {
        let (kinds, channel) = (conversation_types(args)?, channel(args)?);
        let start = number(args, "startTime", 0..=i64::MAX)?;
        let count = usize::try_from(number(args, "count", 1..=50)?).ok()?;
        let found = self.store.listed(&kinds).and_then(|mut all| {
            all.retain(|(key, time)| {
                (start == 0 || *time < start)
                    && (channel.is_empty() || key.kind != "ultra_group" || key.channel == channel)
            });
            let mut described = Vec::new();
            for (key, _) in all {
                described.push(self.describe_conversation(&key)?);
            }
            // Stable: among the pinned, and among the others, time decides.
            described.sort_by_key(|conversation| conversation["top"] != Value::Bool(true));
            described.truncate(count);
            Ok(described)
        });
        Some(Answer {
            event: "onConversationsLoaded",
            echoed: &["conversationTypes", "channelId", "startTime", "count"],
            result: found.map(|found| vec![("conversations", found.into())]),
            otherwise: vec![("conversations", json!([]))],
        })
    }

    pub(crate) fn remove_conversation(&self, args: &Object) -> Answered {
        let of = conversation(args)?;
        Some(Answer {
            event: "onConversationRemoved",
            echoed: CONVERSATION,
            result: self.store.remove_conversation(&of).map(|()| Vec::new()),
            otherwise: Vec::new(),
        })
    }

    pub(crate) fn remove_conversations(&self, args: &Object) -> Answered {
        let (kinds, channel) = (conversation_types(args)?, channel(args)?);
        let removed = kinds.iter().try_for_each(|kind| {
            let channel = Some(&*channel).filter(|channel| kind == "ultra_group" && !channel.is_empty());
            self.store.remove_conversations(kind, channel)
        });
        Some(Answer {
            event: "onConversationsRemoved",
            echoed: &["conversationTypes", "channelId"],
            result: removed.map(|()| Vec::new()),
            otherwise: Vec::new(),
        })
    }

    /// A conversation by its documented properties (CONV-009).
    pub(crate) fn describe_conversation(&self, of: &Key) -> rusqlite::Result<Value> {
        let store = &self.store;
        let first = store.first_unread(of)?;
        let last = store.last_message(of)?;
        let place = Place { kind: of.kind.clone(), target: of.target.clone(), channel: of.channel.clone() };
        let (level, top) = store.setting(&place)?;
        let first = first.and_then(|first| first.get("sentTime")?.as_i64());
        // What is unread and not here is older than what is.
        let first = Some(store.unseen(of)?.first).filter(|first| *first > 0).or(first);
        Ok(json!({
            "conversationType": of.kind,
            "targetId": of.target,
            "channelId": of.channel,
            "unreadCount": store.unread_count(of, false)?,
            "mentionedCount": store.unread_count(of, true)?,
            "top": top,
            "draft": store.draft(of)?,
            "notificationLevel": level_name(level),
            "lastMessage": last,
            "firstUnreadMsgSendTime": first.unwrap_or_default(),
        }))
    }
}
