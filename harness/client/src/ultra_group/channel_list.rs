//! Channels as the server lists them at a login, and as the local store lists them to the app (UG-031 to UG-033).

use serde_json::json;
use wire::{UnixMillis, body::RelationInfo};

use crate::{
    core::{
        Core,
        bug::Bug,
        conversation::describe,
        message::{Object, text},
        store::Unseen,
    },
    local::{Answer, Answered},
    ultra_group::{Channel, NUMBER, UltraGroups, key, receive},
};

impl UltraGroups<'_> {
    /// An item of the server's list. The first list of a session says how much is unread; after a reconnect the pull
    /// brings what was missed and counts it, and only what other devices have read is news.
    pub(super) fn channel_listed(&mut self, now: UnixMillis, info: &RelationInfo) {
        let state = &mut *self.state;
        state.list_version = state.list_version.max(info.version_time());
        if info.r#type != NUMBER || info.user_id.is_empty() {
            return;
        }
        let of: Channel = (info.user_id.clone(), info.bus_channel().to_owned());
        let read = info.read_msg_time();
        if state.listed {
            if read > 0 {
                self.channel_read_until(&of, read);
            }
            return;
        }
        state.coverage.know(&of);
        // A store that cannot keep it knows less; the session goes on.
        let _ = self.core.store.clear_unread(&key(&of), read);
        if let Some(last) = &info.msg {
            receive::keep_last(self.core, now, last, &of, read, info.unread_count() > 0);
        }
        if info.unread_count() == 0 || !self.core.has(Bug::UnreadBeforeLoginLost) {
            let _ = count_unseen(self.core, &of, info);
        }
    }
}

/// What the server counts beyond the unread messages that are here.
fn count_unseen(core: &Core, of: &Channel, info: &RelationInfo) -> rusqlite::Result<()> {
    let of = key(of);
    core.store.clear_unseen(&of, i64::MAX)?;
    let beyond = |all: i64, mentions: bool| {
        Ok::<i64, rusqlite::Error>((all - core.store.unread_count(&of, mentions)?).max(0))
    };
    let unseen = Unseen {
        count: beyond(info.unread_count(), false)?,
        mentions: beyond(info.remind_count(), true)?,
        first: info.msg_info.as_ref().map_or(0, |first| first.msg_time),
        last: info.msg.as_ref().map_or(info.version_time(), |last| last.data_time),
    };
    core.store.set_unseen(&of, unseen)
}

/// `loadConversationsForAllChannel(type, targetId)`: channels with messages here, newest first; of ultra groups alone.
pub(crate) fn load(core: &Core, args: &Object) -> Answered {
    let group = crate::ultra_group::group(args)?;
    if text(args, "type") != "ultra_group" {
        return None;
    }
    let found = core.store.listed(&["ultra_group".to_owned()]).and_then(|all| {
        let others = core.has(Bug::ChannelsOfAllGroups);
        let mine = all.iter().filter(|(key, _)| key.target == group || others);
        mine.map(|(key, _)| describe(&core.store, key)).collect::<rusqlite::Result<Vec<_>>>()
    });
    Some(Answer {
        event: "onConversationsLoadedForAllChannel",
        echoed: &["type", "targetId"],
        result: found.map(|found| vec![("conversations", found.into())]),
        otherwise: vec![("conversations", json!([]))],
    })
}
