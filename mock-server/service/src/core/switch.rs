//! App switches: what a customer turns on in the console, each with the documentation's default.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::core::given::{Given, Remembers};

// Each is a `service` or a `rule`: presets turn services on and leave rules as they are.
macro_rules! switches {
    (@is service) => { true };
    (@is rule) => { false };
    ($($(#[doc = $doc:literal])* $kind:ident $name:ident ($wire:literal) = $default:literal,)*) => {
        /// The switches of a world.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields, default)]
        pub struct Switches {
            $($(#[doc = $doc])* #[serde(rename = $wire)] pub $name: bool,)*
            #[serde(skip)]
            given: Given,
        }

        impl Default for Switches {
            fn default() -> Self {
                Self { $($name: $default,)* given: Given::default() }
            }
        }

        impl Switches {
            /// Every switch's name.
            pub const NAMES: &[&str] = &[$($wire),*];

            /// Whether a switch is that of a service, without which something is refused, missing or empty; others are
            /// rules, which decide how something is done.
            #[must_use]
            pub fn is_service(name: &str) -> bool {
                match name {
                    $($wire => switches!(@is $kind),)*
                    _ => false,
                }
            }

            /// Sets a switch by name; `false` if there is none of that name.
            pub fn set(&mut self, name: &str, value: bool) -> bool {
                let known = self.turn(name, value);
                if known {
                    self.given.add(name);
                }
                known
            }

            /// The same, where nobody asked for this switch in particular.
            pub(crate) fn turn(&mut self, name: &str, value: bool) -> bool {
                match name {
                    $($wire => self.$name = value,)*
                    _ => return false,
                }
                true
            }

            /// Whether it is on; `None` if there is none of that name.
            #[must_use]
            pub fn get(&self, name: &str) -> Option<bool> {
                match name {
                    $($wire => Some(self.$name),)*
                    _ => None,
                }
            }

            /// Whether somebody set that switch: a set-up that names it, an act, or code that differs from the default.
            #[must_use]
            pub fn is_given(&self, name: &str) -> bool {
                let by_code = match name {
                    $($wire => self.$name != $default,)*
                    _ => false,
                };
                by_code || self.given.has(name)
            }

            /// Every switch with its value and meaning.
            #[must_use]
            pub fn describe(&self) -> Vec<(&'static str, bool, String)> {
                vec![$(($wire, self.$name, [$($doc),*].concat().trim().to_owned())),*]
            }
        }
    };
}

impl Remembers for Switches {
    fn remember(&mut self, given: Given) {
        self.given = given;
    }

    fn given(&self) -> &Given {
        &self.given
    }
}

switches! {
    /// Messages reach every device of a user, and sent ones the sender's others; several web pages may be online (KICK-008).
    service multi_device_sync("multiDeviceSync") = false,
    /// Several mobile devices of a user may be online (KICK-005).
    rule mobile_multi_device("mobileMultiDevice") = false,
    /// Several mini-program connections of a user may be online (KICK-011).
    rule mini_program_multi_device("miniProgramMultiDevice") = false,
    /// The service behind `kickReconnectDevice`: devices learn of others at login (RECON-025).
    service reconnect_kick("reconnectKick") = false,
    /// Push message bodies at once (navi `openHistoryMsg` 0); off: announce, and let the client pull.
    rule direct_push("directPush") = true,
    /// History of private, group and system conversations on the server (33007 when off; HIST-014, DEL-017).
    service roaming_history("roamingHistory") = false,
    /// A user's mobile devices get pushes while the desktop is online.
    rule push_when_desktop_online("pushWhenDesktopOnline") = false,
    /// Only the sender may recall a message; off: any participant may (RECALL-006, RECALL-007).
    rule recall_own_only("recallOwnOnly") = false,
    /// Clearing history by time also clears what multi-device compensation would bring again (COMP-016, COMP-017).
    rule delete_compensation("deleteCompensationWithHistory") = false,
    /// The log of all messages that the app's server can download, an hour at a time (LIM-006).
    service message_log("messageLog") = false,
    /// Directed group messages are kept as history too (GRP-020, GRP-021).
    service directed_history("directedHistory") = false,
    /// New members of a group may read its history from before they joined (GRP-006 to GRP-008).
    rule new_member_history("newMemberHistory") = false,
    /// The level of a conversation type comes before that of a conversation: the other reading of AMB-01 (DND-031).
    rule type_level_first("typeLevelFirst") = false,
    /// `test:USERID` is accepted as a token, for tests without an app server.
    rule test_tokens("testTokens") = true,
    /// An expired token is refused with a CONNACK status of its own (10, which newer SDKs tell as 31020) instead of that of
    /// a wrong one (4: 31004, CONN-014).
    rule expired_token_status("expiredTokenStatus") = false,
    /// Messages of the Server API are routed to the app's server like those of clients (USER-011).
    rule route_api_messages("messageRoutingOfServerApi") = false,
    /// Receipts of groups by queries (`rrMsg`, `rrList`; navi `grpRRVer` 1) instead of request and response messages.
    rule group_receipt_queries("groupReceiptQueries") = false,
    /// A user may be in several chatrooms; off: joining another leaves the former (CHRM-010, CHRM-011).
    service chatroom_multi_join("chatroomMultiJoin") = false,
    /// Entries of chatrooms (23426 when off; CHKV-001).
    service chatroom_entries("chatroomEntries") = false,
    /// Without overwriting, not even a key's owner may change it: the other reading of AMB-58 (CHKV-020).
    rule chatroom_own_entries_need_overwrite("chatroomOwnEntriesNeedOverwrite") = false,
    /// Entries that go with their owner stay while it is offline, until it is taken out: the other reading of AMB-59.
    rule chatroom_entries_outlast_drops("chatroomEntriesOutlastDrops") = false,
    /// Members of chatrooms are told who joins and leaves (CHST-015, CHST-016).
    service chatroom_member_changes("chatroomMemberChanges") = false,
    /// Cloud storage of chatrooms (23414 when off; CHHIST-003).
    service chatroom_history("chatroomHistory") = false,
    /// Offline members of chatrooms are taken out after five minutes without any message (CHKICK-008).
    rule chatroom_real_time_exit("chatroomRealTimeExit") = false,
    /// White lists of users and message types, and low-level message types, of chatrooms (CHRM-026).
    service chatroom_white_lists("chatroomWhiteLists") = false,
    /// Mutes in all chatrooms at once (CHRM-032).
    service chatroom_global_mute("chatroomGlobalMute") = false,
    /// Messages to all chatrooms at once (CHRM-033).
    service chatroom_broadcast("chatroomBroadcast") = false,
    /// Chatrooms that do not end by themselves (CHST-011, CHST-012).
    service chatroom_keep_alive("chatroomKeepAlive") = false,
    /// Ultra groups (24401 when off; UG-001).
    service ultra_group("ultraGroup") = false,
    /// Ultra groups have the channel `RCDefault`, where messages without a channel go; off: as services were before
    /// 2022-10-13, such messages belong to no channel (UG-020 to UG-027).
    rule ultra_group_default_channel("ultraGroupDefaultChannel") = true,
    /// A user's level of an ultra group covers all its channels; off, as in services opened before 2022-09-01: only messages
    /// of no channel (UGDND-044, UGDND-045).
    rule ultra_group_levels_cover_channels("ultraGroupLevelsCoverChannels") = true,
    /// Members of ultra groups may read what was said before they joined (UG-016, UG-017).
    rule ultra_group_earlier_history("ultraGroupEarlierHistory") = false,
}

/// The app's level for all its users. No client and no Server API changes it (DND-045): the vendor sets it on request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum AppLevel {
    /// Not set: like `all` (DND-007).
    #[default]
    Unset,
    /// Everything is pushed (DND-006).
    All,
    /// Only mentions of the user and of all (DND-008).
    Mention,
    /// Only mentions of the user (DND-009).
    MentionUsers,
    /// Only mentions of all (DND-010).
    MentionAll,
    /// Nothing is pushed (DND-011).
    Blocked,
    /// Group messages only if they mention the user or all; everything else as it is (DND-012).
    GroupMention,
}
