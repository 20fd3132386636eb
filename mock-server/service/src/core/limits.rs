//! Numbers the documentation gives, each changeable a world.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::core::given::{Given, Remembers};

/// Limits of a world. Defaults are the documentation's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Limits {
    /// Messages in one package of the mailbox (OFFL-002).
    pub package: usize,
    /// Messages a client may send a second, all conversations together; 0 = any number (SEND-001, SEND-004).
    pub send_per_second: u32,
    /// Entries of a blacklist (BLK-006).
    pub blacklist: usize,
    /// Entries of a white list, documented as 3000.
    pub whitelist: usize,
    /// Days that private messages wait for an offline user, 1 to 7 (OFFL-009, OFFL-011).
    pub private_offline_days: u32,
    /// Days that group messages wait, 1 to 7 (OFFL-012).
    pub group_offline_days: u32,
    /// Group messages that wait for an offline user; 0 = any number (OFFL-015, OFFL-016).
    pub group_offline_count: usize,
    /// Natural days of messages that a new device, or a reinstalled app, gets with multi-device sync on, today included,
    /// 1 to 7 (COMP-005 to COMP-012).
    pub compensation_days: u32,
    /// Hours that the service's natural day is ahead of UTC, -12 to 14; which zone it is, is assumed (AMB-33).
    pub time_zone_hours: i32,
    /// Months that the server's history is kept, 6 to 36 (HIST-015).
    pub history_months: u32,
    /// Pairs that a client may set in one change of an expansion (EXP-013, EXP-014).
    pub expansion_update: usize,
    /// Pairs of a message's expansion (EXP-015, EXP-016).
    pub expansion_pairs: usize,
    /// Messages the service remembers for recalls and expansions where it keeps no history.
    pub remembered: usize,
    /// Registered users of a development environment; 0 = any number (USER-002).
    pub registered_users: usize,
    /// Lifetime of new tokens in minutes; 0 = for ever (CONN-018).
    pub token_lifetime_minutes: u64,
    /// Web pages of one user with multi-device sync on (KICK-009).
    pub web_pages: usize,
    /// Bytes of a message's content; larger ones are refused (128 KB; said of chatrooms alone: CHRM-033).
    pub message_bytes: usize,
    /// Members of a group; 0 = any number (GRP-002).
    pub group_members: usize,
    /// Minutes that the timestamp of a signed request may be off; 0 = any number. The documentation gives no number.
    pub api_timestamp_minutes: u32,
    /// Server API calls an endpoint takes a second, documented as 100; 0 = any number.
    pub api_per_second: u32,
    /// Private messages a minute through the Server API, each receiver counted, documented as 6000 (LIM-001); 0 = any number.
    pub api_private_per_minute: u32,
    /// Messages a second and group through the Server API, documented as 20 (LIM-002); 0 = any number.
    pub api_group_per_second: u32,
    /// Messages a second and chatroom through the Server API, documented as 100 (LIM-004); 0 = any number.
    pub api_chatroom_per_second: u32,
    /// Messages a second and ultra group through the Server API, documented as 100; 0 = any number.
    pub api_ultra_group_per_second: u32,
    /// System messages a second through the Server API, each receiver counted, documented as 100; 0 = any number.
    pub api_system_per_second: u32,
    /// Broadcasts to all users an hour, documented as 2; 0 = any number.
    pub api_broadcasts_per_hour: u32,
    /// Broadcasts to all users a day, documented as 3; 0 = any number.
    pub api_broadcasts_per_day: u32,
    /// Minutes east of UTC that quiet hours count in which name no zone.
    pub quiet_hours_utc_offset_minutes: i32,
    /// Bytes of an uploaded file; larger ones are refused. The documentation gives no number.
    pub upload_bytes: usize,
    /// Bytes a second that the file server takes or gives, each request by itself; 0 = at once.
    pub file_bytes_per_second: u64,
    /// Messages of a chatroom that members still find who pull late; at least 50, which joining may bring.
    pub chatroom_retained: usize,
    /// Messages that a chatroom spreads a second; what is beyond that is discarded (CHRM-022); 0 = any number.
    pub chatroom_per_second: u32,
    /// Minutes without activity after which a chatroom is destroyed, 1 to 1440 (CHST-005, CHST-009).
    pub chatroom_idle_minutes: u32,
    /// Months that the cloud keeps messages of chatrooms, 2 to 36 (CHHIST-004).
    pub chatroom_history_months: u32,
    /// Chatrooms that are kept alive at once (1016 beyond); 0 = any number: the documentation gives none.
    pub chatrooms_kept_alive: usize,
    /// Entries of a chatroom (CHKV-017).
    pub chatroom_entries: usize,
    /// Changes of entries a second and chatroom, recommended as 100 (CHKV-018); 0 = any number.
    pub chatroom_entries_per_second: u32,
    /// Ultra groups a user may be in (UG-003); 0 = any number.
    pub ultra_groups_of_user: usize,
    /// Channels of an ultra group beside the default one, which bounds those of each user (UG-004); 0 = any number.
    pub ultra_group_channels: usize,
    /// Months that messages of ultra groups are kept, 3 to 36; 0 = seven days (UGHIST-005).
    pub ultra_group_history_months: u32,
    /// Seconds that the service collects who types in an ultra group before it tells (UGTYPE-004).
    pub ultra_group_typing_seconds: u32,
    /// Seconds between two pushes of an ultra group to the same member; 0 = a push a message (UG-029).
    pub ultra_group_push_seconds: u32,
    /// Bytes that all files of the world take together; an upload beyond it is refused. Ours: a bound, nothing documented.
    pub files_bytes: usize,
    /// Entries the journal keeps.
    pub journal: usize,
    /// Bytes that its entries keep, their bodies counted. Ours.
    pub journal_bytes: usize,
    /// Bytes of the messages in one package of the mailbox, which holds at least one message; what does not fit comes with
    /// the next. Ours.
    pub package_bytes: usize,
    /// Which of them a set-up names.
    #[serde(skip)]
    pub(crate) given: Given,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            package: 200,
            send_per_second: 5,
            blacklist: 3000,
            whitelist: 3000,
            private_offline_days: 7,
            group_offline_days: 7,
            group_offline_count: 0,
            compensation_days: 1,
            time_zone_hours: 8,
            history_months: 6,
            expansion_update: 20,
            expansion_pairs: 300,
            remembered: 2_000,
            registered_users: 0,
            token_lifetime_minutes: 0,
            web_pages: 10,
            message_bytes: 128 * 1024,
            group_members: 3000,
            api_timestamp_minutes: 0,
            api_per_second: 0,
            api_private_per_minute: 0,
            api_group_per_second: 0,
            api_chatroom_per_second: 0,
            api_ultra_group_per_second: 0,
            api_system_per_second: 0,
            api_broadcasts_per_hour: 0,
            api_broadcasts_per_day: 0,
            quiet_hours_utc_offset_minutes: 0,
            upload_bytes: 32 * 1024 * 1024,
            file_bytes_per_second: 0,
            chatroom_retained: 500,
            chatroom_per_second: 0,
            chatroom_idle_minutes: 60,
            chatroom_history_months: 2,
            chatrooms_kept_alive: 0,
            chatroom_entries: 100,
            chatroom_entries_per_second: 0,
            ultra_groups_of_user: 100,
            ultra_group_channels: 50,
            ultra_group_history_months: 0,
            ultra_group_typing_seconds: 5,
            ultra_group_push_seconds: 0,
            files_bytes: 256 * 1024 * 1024,
            journal: 4096,
            journal_bytes: 64 * 1024 * 1024,
            package_bytes: 1024 * 1024,
            given: Given::default(),
        }
    }
}

impl Remembers for Limits {
    fn remember(&mut self, given: Given) {
        self.given = given;
    }

    fn given(&self) -> &Given {
        &self.given
    }
}

impl Limits {
    /// What is out of range, a sentence each.
    #[must_use]
    pub fn mistakes(&self) -> Vec<String> {
        let mut mistakes = self.above_caps();
        for (name, days) in
            [("privateOfflineDays", self.private_offline_days), ("groupOfflineDays", self.group_offline_days)]
        {
            if !(1..=7).contains(&days) {
                mistakes
                    .push(format!("`{name}` is {days}; offline messages can be kept 1 to 7 days (OFFL-014)"));
            }
        }
        if !(1..=7).contains(&self.compensation_days) {
            mistakes.push(format!(
                "`compensationDays` is {}; messages are compensated for 1 to 7 natural days (COMP-012)",
                self.compensation_days
            ));
        }
        if !(6..=36).contains(&self.history_months) {
            mistakes.push(format!(
                "`historyMonths` is {}; history is kept 6 to 36 months (HIST-015)",
                self.history_months
            ));
        }
        if !(1..=24 * 60).contains(&self.chatroom_idle_minutes) {
            mistakes.push(format!(
                "`chatroomIdleMinutes` is {}; a chatroom may be idle for 24 hours at most (CHST-009)",
                self.chatroom_idle_minutes
            ));
        }
        if !(2..=36).contains(&self.chatroom_history_months) {
            mistakes.push(format!(
                "`chatroomHistoryMonths` is {}; messages of chatrooms are kept 2 to 36 months (CHHIST-004)",
                self.chatroom_history_months
            ));
        }
        if !matches!(self.ultra_group_history_months, 0 | 3..=36) {
            mistakes.push(format!(
                "`ultraGroupHistoryMonths` is {}; messages of ultra groups are kept 3 to 36 months, or with 0 seven days \
                 (UGHIST-005)",
                self.ultra_group_history_months
            ));
        }
        if !(-12..=14).contains(&self.time_zone_hours) {
            mistakes.push(format!("`timeZoneHours` is {}; zones are -12 to 14", self.time_zone_hours));
        }
        if self.package == 0 {
            mistakes.push("`package` is 0; a package holds at least one message".to_owned());
        }
        if !(-14 * 60..=14 * 60).contains(&self.quiet_hours_utc_offset_minutes) {
            mistakes.push(format!(
                "`quietHoursUtcOffsetMinutes` is {}; zones reach from -840 to 840",
                self.quiet_hours_utc_offset_minutes
            ));
        }
        mistakes
    }

    /// Every limit with its value and meaning.
    #[must_use]
    pub fn describe(&self) -> Vec<(String, serde_json::Value, String)> {
        // The schema has what the fields' own comments say.
        let schema = schemars::schema_for!(Self).to_value();
        let meaning = |name: &str| schema["properties"][name]["description"].as_str().unwrap_or_default();
        let values = serde_json::to_value(self).unwrap_or_default();
        let rows = values.as_object().into_iter().flatten();
        rows.map(|(name, value)| (name.clone(), value.clone(), meaning(name).replace('\n', " "))).collect()
    }

    /// Whether a set-up names that limit.
    pub(crate) fn is_given(&self, name: &str) -> bool {
        self.given.has(name)
    }

    /// How long private and system messages wait.
    #[must_use]
    pub fn private_offline(&self) -> Duration {
        days(self.private_offline_days)
    }

    /// How long group messages wait.
    #[must_use]
    pub fn group_offline(&self) -> Duration {
        days(self.group_offline_days)
    }
}

fn days(days: u32) -> Duration {
    Duration::from_secs(u64::from(days) * 24 * 3600)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_compensated_one_to_seven_days_and_history_is_kept_six_to_36_months() {
        for days in 0..=9 {
            let limits = Limits { compensation_days: days, ..Limits::default() };
            assert_eq!(limits.mistakes().len(), usize::from(!(1..=7).contains(&days)), "{days} days");
        }
        for (months, wrong) in [(5, 1), (6, 0), (36, 0), (37, 1)] {
            let limits = Limits { history_months: months, ..Limits::default() };
            assert_eq!(limits.mistakes().len(), wrong, "{months} months");
        }
    }

    #[test]
    fn chatrooms_are_idle_for_a_day_at_most_and_their_history_is_kept_two_to_36_months() {
        for (minutes, wrong) in [(0, 1), (1, 0), (1440, 0), (1441, 1)] {
            let limits = Limits { chatroom_idle_minutes: minutes, ..Limits::default() };
            assert_eq!(limits.mistakes().len(), wrong, "{minutes} minutes");
        }
        for (months, wrong) in [(1, 1), (2, 0), (36, 0), (37, 1)] {
            let limits = Limits { chatroom_history_months: months, ..Limits::default() };
            assert_eq!(limits.mistakes().len(), wrong, "{months} months");
        }
    }

    #[test]
    fn offline_messages_are_kept_one_to_seven_days() {
        for days in 0..=9 {
            let private = Limits { private_offline_days: days, ..Limits::default() };
            let group = Limits { group_offline_days: days, ..Limits::default() };
            let wrong = usize::from(!(1..=7).contains(&days));
            assert_eq!((private.mistakes().len(), group.mistakes().len()), (wrong, wrong), "{days} days");
        }
    }
}
