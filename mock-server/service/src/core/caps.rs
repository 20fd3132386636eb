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
