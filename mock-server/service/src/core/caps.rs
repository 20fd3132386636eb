//! The most that one request may ask for: whatever number it names, the work behind it is bounded.
//!
//! The documentation knows none of these numbers; they are ours, far above what its own limits allow and far below what would
//! keep a server busy for long.

use wire::UnixMillis;

use crate::core::{
    fault::{Effect, Fault},
    limits::Limits,
};

/// Messages of one `push`.
pub const PUSHED: u32 = 100_000;
/// Messages that wait at a world's beginning, all of `backlog` together.
pub const WAITING: u64 = 200_000;
/// Deliveries of one `push` or of a `backlog` to a group: its messages, each counted for every member.
pub const DELIVERED: u64 = 2_000_000;
/// Bytes of content of one `push`, or of a whole `backlog`: all its messages together.
pub const CONTENT: u64 = 64 << 20;
/// Bytes of one message's content.
pub const ONE_CONTENT: usize = wire::DEFAULT_MAX_FRAME;
/// Entries of a set-up, all of its lists together.
pub const ENTRIES: usize = 200_000;
/// The latest beginning of a world, 2100-01-01T00:00:00Z: it has some years left then.
pub const LATEST_START: UnixMillis = UnixMillis(4_102_444_800_000);
/// The longest lifetime or age, milliseconds: fifty years.
pub const LONGEST_AGE_MS: u64 = 50 * 365 * 24 * 3600 * 1000;
/// The longest time that a fault delays something, milliseconds: a day.
pub const LONGEST_DELAY_MS: u64 = 24 * 3600 * 1000;
/// Faults that are armed at once: every frame is held against each.
pub const ARMED: usize = 1_000;
/// Bytes of the answer that a fault gives.
pub const FAULT_BODY: usize = 1 << 20;
/// Fields of a Server API call, query and body; of a JSON body each element of a list.
pub const FIELDS: usize = 10_000;
/// Elements of a list in a client's request, where the documentation gives no number.
pub const LISTED: usize = 1_000;

/// A sentence, if a number is above its cap.
pub(crate) fn above(name: &str, value: impl Into<u128>, most: impl Into<u128>) -> Option<String> {
    let (value, most) = (value.into(), most.into());
    (value > most).then(|| format!("`{name}` is {value}; at most {most} is possible"))
}

impl Fault {
    pub(crate) fn out_of_range(&self) -> Option<String> {
        match &self.effect {
            Effect::DelayMs(ms) => above("delayMs", *ms, LONGEST_DELAY_MS),
            Effect::Body(text) => above("bytes of `body`", text.len() as u64, FAULT_BODY as u64),
            _ => None,
        }
    }
}

impl Limits {
    /// Limits that would be none: what they bound is kept in memory, or done in one go.
    pub(crate) fn above_caps(&self) -> Vec<String> {
        let minutes = LONGEST_AGE_MS / 60_000;
        let day = 24 * 3600;
        let wide = |number: usize| number as u64;
        let capped = [
            ("package", wide(self.package), 10_000),
            ("sendPerSecond", self.send_per_second.into(), 1_000_000),
            ("blacklist", wide(self.blacklist), 1_000_000),
            ("whitelist", wide(self.whitelist), 1_000_000),
            ("groupOfflineCount", wide(self.group_offline_count), 1_000_000),
            ("expansionUpdate", wide(self.expansion_update), 10_000),
            ("expansionPairs", wide(self.expansion_pairs), 10_000),
            ("remembered", wide(self.remembered), 1_000_000),
            ("registeredUsers", wide(self.registered_users), 10_000_000),
            ("tokenLifetimeMinutes", self.token_lifetime_minutes, minutes),
            ("webPages", wide(self.web_pages), 10_000),
            ("messageBytes", wide(self.message_bytes), ONE_CONTENT as u64),
            ("groupMembers", wide(self.group_members), 1_000_000),
            ("apiTimestampMinutes", self.api_timestamp_minutes.into(), minutes),
            ("apiPerSecond", self.api_per_second.into(), 1_000_000),
            ("apiPrivatePerMinute", self.api_private_per_minute.into(), 1_000_000),
            ("apiGroupPerSecond", self.api_group_per_second.into(), 1_000_000),
            ("apiChatroomPerSecond", self.api_chatroom_per_second.into(), 1_000_000),
            ("apiUltraGroupPerSecond", self.api_ultra_group_per_second.into(), 1_000_000),
            ("apiSystemPerSecond", self.api_system_per_second.into(), 1_000_000),
            ("apiBroadcastsPerHour", self.api_broadcasts_per_hour.into(), 1_000_000),
            ("apiBroadcastsPerDay", self.api_broadcasts_per_day.into(), 1_000_000),
            ("uploadBytes", wide(self.upload_bytes), 1 << 30),
            ("chatroomRetained", wide(self.chatroom_retained), 10_000),
            ("chatroomPerSecond", self.chatroom_per_second.into(), 1_000_000),
            ("chatroomsKeptAlive", wide(self.chatrooms_kept_alive), 1_000_000),
            ("chatroomEntries", wide(self.chatroom_entries), 100_000),
            ("chatroomEntriesPerSecond", self.chatroom_entries_per_second.into(), 1_000_000),
            ("ultraGroupsOfUser", wide(self.ultra_groups_of_user), 1_000_000),
            ("ultraGroupChannels", wide(self.ultra_group_channels), 1_000_000),
            ("ultraGroupTypingSeconds", self.ultra_group_typing_seconds.into(), day),
            ("ultraGroupPushSeconds", self.ultra_group_push_seconds.into(), day),
            ("filesBytes", wide(self.files_bytes), 1 << 40),
            ("journal", wide(self.journal), 1_000_000),
            ("journalBytes", wide(self.journal_bytes), 1 << 40),
            ("packageBytes", wide(self.package_bytes), 1 << 30),
        ];
        capped.iter().filter_map(|(name, value, most)| above(name, *value, *most)).collect()
    }
}

/// The longest ban the Server API knows, minutes.
pub(crate) const LONGEST_BAN: u32 = 43_200;

#[cfg(test)]
mod tests {
    use super::*;

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
