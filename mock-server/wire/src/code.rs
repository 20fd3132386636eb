//! Numbers with a meaning: statuses of CONNACK, DISCONNECT, PUBACK and QUERYACK, and the codes apps see.

/// Statuses of a CONNACK.
pub mod connack {
    /// Accepted.
    pub const ACCEPTED: u8 = 0;
    /// Protocol version.
    pub const PROTOCOL: u8 = 1;
    /// Identifier rejected.
    pub const IDENTIFIER: u8 = 2;
    /// Server unavailable.
    pub const UNAVAILABLE: u8 = 3;
    /// Token incorrect (31004).
    pub const TOKEN: u8 = 4;
    /// Not authorised.
    pub const NOT_AUTHORIZED: u8 = 5;
    /// Ask navi again.
    pub const REDIRECT: u8 = 6;
    /// The app is blocked or deleted (31008).
    pub const APP_BLOCKED: u8 = 8;
    /// The user is banned (31009).
    pub const USER_BLOCKED: u8 = 9;
    /// The token's lifetime is over. Clients report 31004 (web 5.2) or 31020.
    pub const TOKEN_EXPIRED: u8 = 10;
    /// Another device of the same class is online and this one asked not to kick it (31023).
    pub const ALREADY_ONLINE: u8 = 13;
    /// The account is deactivated (31029).
    pub const ACCOUNT_CANCELLED: u8 = 19;

    /// The code an application sees for a refusal: the documented 31004 family.
    #[must_use]
    pub fn to_code(status: u8) -> i32 {
        match status {
            0 => 0,
            1..=9 => 31_000 + i32::from(status),
            10..=20 => 31_010 + i32::from(status),
            other => i32::from(other),
        }
    }
}

/// Statuses of a DISCONNECT.
pub mod disconnect {
    /// Another device of the same class logged in.
    pub const KICKED: u8 = 1;
    /// The user was banned.
    pub const USER_BLOCKED: u8 = 2;
    /// Closed by the server.
    pub const CLOSED: u8 = 3;
    /// Logged out (client: without pushes).
    pub const LOGOUT: u8 = 4;
    /// Ask navi again.
    pub const REDIRECT: u8 = 6;
    /// The token was invalidated.
    pub const TOKEN_EXPIRED: u8 = 7;
    /// The account was deactivated.
    pub const ACCOUNT_CANCELLED: u8 = 9;
}

/// Statuses of PUBACK and QUERYACK; they reach the application unchanged.
pub mod status {
    /// Done.
    pub const OK: u16 = 0;
    /// The receiver has the sender on its blacklist (BLK-002).
    pub const BLACKLISTED: u16 = 405;
    /// The receiver takes messages only from its white list, and the sender is not on it.
    pub const NOT_WHITELISTED: u16 = 407;
    /// The sender is muted in private chats.
    pub const MUTED_PRIVATE: u16 = 20106;
    /// More messages than the rate allows (SEND-001).
    pub const TOO_FAST: u16 = 20604;
    /// The operation is not supported: the clean answer to unknown queries.
    pub const NOT_SUPPORTED: u16 = 20606;
    /// Not a member of the group.
    pub const NOT_IN_GROUP: u16 = 22406;
    /// Muted in the group, alone or with everybody (GRP-011, GRP-012).
    pub const MUTED_IN_GROUP: u16 = 22408;
    /// The message whose expansion is to change is not known (seen in the SDKs' tables; where it is used is assumed).
    pub const EXPANSION_NO_MESSAGE: u16 = 22201;
    /// The message was not sent as one that can be expanded (EXP-002).
    pub const EXPANSION_OFF: u16 = 22202;
    /// The change of an expansion is malformed, or goes beyond its limits (EXP-014 to EXP-018).
    pub const EXPANSION_FORMAT: u16 = 22203;
    /// Who wants to expand the message is no participant of its conversation.
    pub const EXPANSION_NO_RIGHT: u16 = 22204;
    /// Not in the chatroom (CHRM-013, CHRM-040).
    pub const NOT_IN_ROOM: u16 = 23406;
    /// Muted in the chatroom: alone, with everybody, or in all rooms (CHRM-029, CHRM-030, CHRM-032).
    pub const MUTED_IN_ROOM: u16 = 23408;
    /// Banned from the chatroom (CHRM-028).
    pub const BANNED_FROM_ROOM: u16 = 23409;
    /// There is no such chatroom (CHRM-009).
    pub const NO_ROOM: u16 = 23410;
    /// A parameter of a chatroom request is wrong.
    pub const ROOM_PARAMETER: u16 = 23412;
    /// The history of chatrooms is not enabled (CHHIST-003).
    pub const ROOM_HISTORY_OFF: u16 = 23414;
    /// The chatroom has as many entries as it may (CHKV-017).
    pub const TOO_MANY_ENTRIES: u16 = 23423;
    /// The entry is another member's (CHKV-020, CHKV-021).
    pub const NOT_THE_ENTRYS_OWNER: u16 = 23424;
    /// More changes of entries than the rate allows.
    pub const ENTRIES_TOO_FAST: u16 = 23425;
    /// Entries are not enabled (CHKV-001).
    pub const ENTRIES_OFF: u16 = 23426;
    /// There is no entry of that key.
    pub const NO_ENTRY: u16 = 23427;
    /// Some entries of a batch could not be changed; the answer's body names them (CHKV-026).
    pub const ENTRIES_PARTLY_FAILED: u16 = 23428;
    /// A batch names more entries than it may.
    pub const ENTRY_BATCH: u16 = 23429;
    /// Ultra groups are not enabled (UG-001).
    pub const ULTRA_GROUPS_OFF: u16 = 24401;
    /// A parameter of an ultra group request is wrong.
    pub const ULTRA_GROUP_PARAMETER: u16 = 24403;
    /// Not a member of the ultra group (UG-018).
    pub const NOT_IN_ULTRA_GROUP: u16 = 24406;
    /// Muted in the ultra group or the channel.
    pub const MUTED_IN_ULTRA_GROUP: u16 = 24408;
    /// There is no such ultra group (UG-019).
    pub const NO_ULTRA_GROUP: u16 = 24410;
    /// The ultra group has no such channel (UG-015, UG-024).
    pub const NO_CHANNEL: u16 = 24414;
    /// Not on the list of the private channel (UG-011).
    pub const NOT_IN_CHANNEL: u16 = 24416;
    /// A recall names no message that could be recalled.
    pub const RECALL_FAILED: u16 = 25101;
    /// Only the sender may recall, and it is another's message (RECALL-007).
    pub const NOT_THE_SENDER: u16 = 25107;
    /// History on the server is not enabled (HIST-014, DEL-007, DEL-016).
    pub const ROAMING_OFF: u16 = 33007;
    /// Something in the request is wrong.
    pub const BAD_PARAMETER: u16 = 26010;
    /// A user has as many tags as there may be.
    pub const TOO_MANY_TAGS: u16 = 26004;
    /// The blacklist is full.
    pub const BLACKLIST_FULL: u16 = 20405;
}

/// `type` of what the server says on its own (`NotifyMsg`): an announcement is an `s_ntf`, a command an `s_cmd`.
pub mod notify {
    /// Announcement: messages in the mailbox.
    pub const MAILBOX: i32 = 1;
    /// Announcement: messages in a chatroom. Command: entries of a chatroom have changed.
    pub const CHATROOM: i32 = 2;
    /// Command: settings of conversations have changed.
    pub const SETTINGS: i32 = 3;
    /// Command: a chatroom is gone.
    pub const CHATROOM_GONE: i32 = 4;
    /// Command: messages in ultra groups.
    pub const ULTRA_GROUP_MESSAGES: i32 = 6;
    /// Command: changed messages or channels in ultra groups.
    pub const ULTRA_GROUP_CHANGES: i32 = 7;
}
