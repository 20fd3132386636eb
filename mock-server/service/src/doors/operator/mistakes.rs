//! What is wrong with a set-up or an act, before anything of it is carried out: names that nothing has, numbers and texts
//! beyond what is possible.

use std::collections::BTreeSet;

use wire::UnixMillis;

use crate::{
    core::{
        caps::{
            CONTENT, DELIVERED, ENTRIES, LATEST_START, LONGEST_AGE_MS, ONE_CONTENT, PUSHED, WAITING, above,
        },
        length::{LONGEST_ID, is_id},
    },
    doors::operator::{
        act::{Act, Push},
        setup::{BacklogConversation, BacklogSetup, WorldSetup},
    },
    ultra_group::{ChannelType, LONGEST_CHANNEL},
};

impl WorldSetup {
    /// The start of virtual time: as given, or 2026-01-01T00:00:00Z.
    #[must_use]
    pub fn start(&self) -> UnixMillis {
        self.start.unwrap_or(UnixMillis(1_767_225_600_000))
    }

    /// What is wrong, a sentence each.
    #[must_use]
    pub fn mistakes(&self) -> Vec<String> {
        let mut mistakes = self.limits.mistakes();
        mistakes.extend(too_long_of_setup(self));
        mistakes.extend(self.out_of_range());
        mistakes.extend(self.callbacks.mistakes());
        mistakes.extend(self.ultra_group_mistakes());
        for user in &self.users {
            if user.id.is_empty() {
                mistakes.push("`users` has an entry with an empty id".to_owned());
            }
        }
        for (group, members) in &self.groups {
            if members.is_empty() {
                mistakes.push(format!("group `{group}` has no members"));
            }
            let most = self.limits.group_members;
            if most > 0 && members.len() > most {
                let count = members.len();
                mistakes.push(format!(
                    "group `{group}` has {count} members; `groupMembers` allows {most} (GRP-002)"
                ));
            }
        }
        for backlog in &self.backlog {
            if backlog.conversation == BacklogConversation::Group && !self.groups.contains_key(&backlog.to) {
                mistakes
                    .push(format!("`backlog` goes to group `{}`, which `groups` does not name", backlog.to));
            }
            if backlog.conversation == BacklogConversation::UltraGroup {
                mistakes.extend(self.ultra_backlog_mistake(backlog));
            }
            if backlog.conversation == BacklogConversation::Chatroom
                && !self.chatrooms.contains_key(&backlog.to)
            {
                mistakes.push(format!(
                    "`backlog` goes to chatroom `{}`, which `chatrooms` does not name",
                    backlog.to
                ));
            }
        }
        mistakes
    }
}

impl WorldSetup {
    /// What is wrong with the ultra groups, a sentence each.
    #[must_use]
    pub fn ultra_group_mistakes(&self) -> Vec<String> {
        let mut mistakes = Vec::new();
        for (id, group) in &self.ultra_groups {
            if id.is_empty() {
                mistakes.push("`ultraGroups` has an entry with an empty id".to_owned());
            }
            let known: BTreeSet<&String> = group.members.iter().collect();
            for (channel, setup) in &group.channels {
                if channel.is_empty() || channel.chars().count() > LONGEST_CHANNEL {
                    mistakes.push(format!(
                        "channel `{channel}` of ultra group `{id}`: an id has 1 to {LONGEST_CHANNEL} characters"
                    ));
                }
                if channel == crate::ultra_group::DEFAULT_CHANNEL && setup.r#type == ChannelType::Private {
                    mistakes.push(format!("channel `{channel}` of `{id}` cannot be private (UG-021)"));
                }
                for user in setup.members.iter().filter(|user| !known.contains(user)) {
                    mistakes.push(format!(
                        "`{user}` is on the list of channel `{channel}`, and no member of ultra group `{id}`"
                    ));
                }
            }
            let most = self.limits.ultra_group_channels;
            if most > 0 && group.channels.len() > most {
                let count = group.channels.len();
                mistakes.push(format!(
                    "ultra group `{id}` has {count} channels; `ultraGroupChannels` allows {most} (UG-004)"
                ));
            }
        }
        mistakes
    }
}

impl WorldSetup {
    /// Where waiting messages cannot go.
    #[must_use]
    pub fn ultra_backlog_mistake(&self, backlog: &BacklogSetup) -> Option<String> {
        let (to, channel) = (&backlog.to, &backlog.channel);
        let Some(group) = self.ultra_groups.get(to) else {
            return Some(format!("`backlog` goes to ultra group `{to}`, which `ultraGroups` does not name"));
        };
        let default = channel.is_empty() || channel == crate::ultra_group::DEFAULT_CHANNEL;
        (!default && !group.channels.contains_key(channel))
            .then(|| format!("`backlog` goes to channel `{channel}`, which ultra group `{to}` does not have"))
    }
}

impl Act {
    /// The number in it that is out of range, with its name, its value and what is possible.
    #[must_use]
    pub fn out_of_range(&self) -> Option<String> {
        match self {
            Self::Push(push) => push.out_of_range(),
            Self::Fault(fault) => fault.out_of_range(),
            // Bans are checked where all of them are carried out.
            _ => None,
        }
    }
}

impl Push {
    fn out_of_range(&self) -> Option<String> {
        let content = self.message.content.as_ref().map(ToString::to_string);
        let text = content.as_deref().or(self.message.text.as_deref()).unwrap_or_default();
        above("count", self.count, PUSHED)
            .or_else(|| above("bytes of the message", text.len() as u64, ONE_CONTENT as u64))
            .or_else(|| above("bytes of all messages together", bytes_of(text, self.count), CONTENT))
    }
}

impl WorldSetup {
    /// The numbers in it that are out of range, a sentence each; those of `limits` are told by
    /// [`Limits::mistakes`](crate::limits::Limits::mistakes).
    #[must_use]
    pub fn out_of_range(&self) -> Vec<String> {
        let mut mistakes = Vec::new();
        if let Some(start) = self.start.filter(|start| !(UnixMillis(0)..=LATEST_START).contains(start)) {
            let (start, last) = (start.0, LATEST_START.0);
            mistakes.push(format!("`start` is {start}; 0 to {last} is possible (unix milliseconds)"));
        }
        mistakes.extend(above("the number of entries of all lists", self.entries() as u64, ENTRIES as u64));
        for user in &self.users {
            let minutes = user.banned_minutes;
            let longest = crate::core::caps::LONGEST_BAN;
            if let Some(minutes) = minutes.filter(|minutes| !(1..=longest).contains(minutes)) {
                let id = &user.id;
                mistakes.push(format!(
                    "`bannedMinutes` of user `{id}` is {minutes}; a ban lasts 1 to {longest} minutes"
                ));
            }
        }
        for (name, token) in &self.tokens {
            let field = format!("lifetimeMs` of token `{name}");
            mistakes.extend(token.lifetime_ms.and_then(|ms| above(&field, ms, LONGEST_AGE_MS)));
        }
        mistakes.extend(self.backlog_out_of_range());
        mistakes
    }

    fn backlog_out_of_range(&self) -> Vec<String> {
        let mut mistakes = Vec::new();
        let (mut count, mut bytes, mut delivered) = (0u64, 0u64, 0u64);
        for (n, backlog) in (1..).zip(&self.backlog) {
            // Longer ago than the world's beginning, if that is known, there was no time yet.
            let oldest = self.start.and_then(|start| u64::try_from(start.0).ok()).unwrap_or(LONGEST_AGE_MS);
            let (age, text) = (backlog.age_ms, &backlog.text);
            let of = |what: &str| format!("{what}` of entry {n} of `backlog");
            mistakes.extend(above(&of("ageMs"), age, oldest.min(LONGEST_AGE_MS)));
            mistakes.extend(above(&of("bytes of `text"), text.len() as u64, ONE_CONTENT as u64));
            count = count.saturating_add(backlog.count.into());
            let group = match backlog.conversation {
                BacklogConversation::Group => self.groups.get(&backlog.to).map_or(0, Vec::len),
                _ => 1,
            };
            delivered = delivered.saturating_add(u64::from(backlog.count).saturating_mul(group as u64));
            bytes = bytes.saturating_add(bytes_of(text, backlog.count));
        }
        mistakes.extend(above("count` of all entries of `backlog` together, `count", count, WAITING));
        mistakes.extend(above("bytes of all messages of `backlog", bytes, CONTENT));
        if count <= WAITING {
            mistakes.extend(above("deliveries of `backlog", delivered, DELIVERED));
        }
        mistakes
    }

    /// How many entries its lists have.
    fn entries(&self) -> usize {
        let lists = [&self.groups, &self.blacklists, &self.whitelists];
        let lists = lists.iter().flat_map(|lists| lists.values()).map(|list| 1 + list.len());
        let rooms = self.chatrooms.values().map(|room| 1 + room.entries.len());
        let ultra_groups = self.ultra_groups.values().map(|group| {
            let channels = group.channels.values().map(|channel| 1 + channel.members.len());
            1 + group.members.len() + channels.sum::<usize>()
        });
        let plain = [self.users.len(), self.tokens.len(), self.chatroom_join_types.len(), self.backlog.len()];
        lists.chain(rooms).chain(ultra_groups).chain(plain).fold(0, usize::saturating_add)
    }
}

/// The ids of a set-up that are too long, a sentence each.
pub(crate) fn too_long_of_setup(setup: &WorldSetup) -> Vec<String> {
    let users = setup.users.iter().map(|user| ("users", user.id.as_str()));
    let tokens = setup.tokens.values().map(|token| ("tokens", token.user.as_str()));
    let lists =
        [("groups", &setup.groups), ("blacklists", &setup.blacklists), ("whitelists", &setup.whitelists)];
    let listed = lists.into_iter().flat_map(|(name, lists)| {
        let ids = lists.iter().flat_map(|(owner, ids)| std::iter::once(owner).chain(ids));
        ids.map(move |id| (name, id.as_str()))
    });
    let rooms = setup.chatrooms.keys().map(|id| ("chatrooms", id.as_str()));
    let ultra_groups = setup.ultra_groups.iter().flat_map(|(id, group)| {
        let ids = std::iter::once(id).chain(&group.members).chain(group.channels.keys());
        ids.map(|id| ("ultraGroups", id.as_str()))
    });
    let backlog = setup
        .backlog
        .iter()
        .flat_map(|BacklogSetup { from, to, .. }| [from.as_str(), to.as_str()].map(|id| ("backlog", id)));
    let all = users.chain(tokens).chain(listed).chain(rooms).chain(ultra_groups).chain(backlog);
    all.filter(|(_, id)| !is_id(id)).map(|(place, id)| too_long(place, id)).collect()
}

/// The first id of an act that is too long, as a sentence.
pub(crate) fn too_long_of_act(act: &Act) -> Option<String> {
    let ids: Vec<&str> = match act {
        Act::Kick(on)
        | Act::Unban(on)
        | Act::Deactivate(on)
        | Act::Reactivate(on)
        | Act::InvalidateTokens(on)
        | Act::Redirect(on) => vec![&on.user],
        Act::Ban(ban) => vec![&ban.user],
        Act::Cut(cut) => vec![&cut.user],
        Act::Push(push) => vec![&push.from, &push.to, &push.channel],
        Act::ResetChatroom(on) => vec![&on.chatroom],
        Act::Blacklist(entry) | Act::Unblacklist(entry) => vec![&entry.owner, &entry.user],
        Act::SetSwitch(_) | Act::SetAppLevel(_) | Act::Misbehave(_) | Act::Fault(_) | Act::ClearFaults(_) => {
            Vec::new()
        }
    };
    ids.into_iter().find(|id| !is_id(id)).map(|id| too_long("the act", id))
}

fn too_long(place: &str, id: &str) -> String {
    let begins: String = id.chars().take(20).collect();
    format!("{place}: the id `{begins}…` has {} bytes; at most {LONGEST_ID} are allowed", id.len())
}

/// How many bytes `{n}` takes at most, in `count` messages.
fn bytes_of(text: &str, count: u32) -> u64 {
    let numbers = text.matches("{n}").count() as u64 * 10;
    (text.len() as u64 + numbers) * u64::from(count)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::limits::Limits;

    fn setup(json: &str) -> WorldSetup {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn a_set_up_tells_each_number_that_is_out_of_range() {
        for (json, told) in [
            (r#"{"start": -1}"#, "`start` is -1; 0 to 4102444800000"),
            (r#"{"start": 9223372036854775807}"#, "`start` is 9223372036854775807;"),
            (r#"{"start": -9223372036854775808}"#, "`start` is -9223372036854775808;"),
            (
                r#"{"users": [{"id": "u", "bannedMinutes": 4294967295}]}"#,
                "`bannedMinutes` of user `u` is 4294967295;",
            ),
            (r#"{"users": [{"id": "u", "bannedMinutes": 0}]}"#, "1 to 43200 minutes"),
            (
                r#"{"tokens": {"t": {"user": "u", "lifetimeMs": 18446744073709551615}}}"#,
                "`lifetimeMs` of token `t` is 18446744073709551615;",
            ),
            (
                r#"{"backlog": [{"from": "a", "to": "b", "count": 4294967295}]}"#,
                "`count` is 4294967295; at most 200000 is possible",
            ),
            (
                r#"{"backlog": [{"from": "a", "to": "b", "ageMs": 18446744073709551615}]}"#,
                "`ageMs` of entry 1 of `backlog` is 18446744073709551615;",
            ),
        ] {
            let mistakes = setup(json).mistakes();
            assert!(mistakes.iter().any(|mistake| mistake.contains(told)), "{json}: {mistakes:?}");
        }
    }

    #[test]
    fn every_number_of_the_limits_has_a_highest_value() {
        let default = serde_json::to_value(Limits::default()).unwrap();
        // Zones are ranges of their own; a faster file server only answers sooner.
        let uncapped = ["fileBytesPerSecond"];
        for name in default.as_object().unwrap().keys().filter(|name| !uncapped.contains(&name.as_str())) {
            for value in [i64::MAX, i64::from(u32::MAX), i64::from(i32::MAX)] {
                let mut changed = default.clone();
                changed[name] = value.into();
                let Ok(limits) = serde_json::from_value::<Limits>(changed) else { continue };
                assert_eq!(limits.mistakes().len(), 1, "{name}: {value}");
                assert!(limits.mistakes()[0].contains(&format!("`{name}` is {value}")), "{name}");
                break;
            }
        }
        assert_eq!(Limits::default().mistakes(), Vec::<String>::new());
    }

    #[test]
    fn what_many_entries_ask_for_counts_together() {
        let one = serde_json::json!({"from": "a", "to": "b", "count": WAITING / 2 + 1});
        let twice = serde_json::json!({"backlog": [one, one]});
        assert_eq!(setup(&twice.to_string()).mistakes().len(), 1);
        let long = serde_json::json!({"backlog": [{"from": "a", "to": "b", "count": 129, "text": "x".repeat(1 << 19)}]});
        assert_eq!(setup(&long.to_string()).mistakes().len(), 1);
        let users: Vec<String> = (0..=ENTRIES).map(|n| format!("u{n}")).collect();
        assert_eq!(setup(&serde_json::json!({"users": users}).to_string()).mistakes().len(), 1);
    }

    #[test]
    fn an_act_tells_the_number_that_is_out_of_range() {
        let act = |json: &str| serde_json::from_str::<Act>(json).unwrap().out_of_range();
        let push = |count: u32, text: &str| {
            act(&format!(
                r#"{{"push": {{"from": "a", "to": "b", "message": {{"text": "{text}"}}, "count": {count}}}}}"#
            ))
        };
        assert_eq!(push(PUSHED, "m {n}"), None);
        assert_eq!(push(0, "m"), None, "nothing is not too much");
        for count in [PUSHED + 1, u32::MAX] {
            assert!(push(count, "m").unwrap().contains(&format!("`count` is {count};")));
        }
        assert!(push(65, &"x".repeat(ONE_CONTENT)).unwrap().contains("all messages together"));
        assert!(push(1, &"x".repeat(ONE_CONTENT + 1)).unwrap().contains("bytes of the message"));
        let delay = act(r#"{"fault": {"effect": {"delayMs": 18446744073709551615}}}"#).unwrap();
        assert!(delay.contains("`delayMs` is 18446744073709551615; at most 86400000"), "{delay}");
    }
}
