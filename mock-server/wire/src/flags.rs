//! Bit words of messages: what `sessionId` and `status` really are.

/// Bits of `UpStreamMessage.sessionId`.
pub mod up {
    /// Store: mailbox, roaming, history.
    pub const PERSIST: i32 = 1;
    /// Adds to the unread count.
    pub const COUNT: i32 = 2;
    /// Mentions somebody.
    pub const MENTION: i32 = 4;
    /// No push notification.
    pub const SILENT: i32 = 32;
    /// Can carry an expansion.
    pub const EXPANSION: i32 = 64;
}

/// Bits of `DownStreamMessage.status`.
pub mod down {
    /// Already fetched by another device of the receiver.
    pub const RETRIEVED: i64 = 2;
    /// Stored.
    pub const PERSIST: i64 = 16;
    /// Counted.
    pub const COUNT: i64 = 32;
    /// Mentions somebody.
    pub const MENTION: i64 = 64;
    /// No push notification.
    pub const SILENT: i64 = 512;
    /// Can carry an expansion.
    pub const EXPANSION: i64 = 1024;
}

/// Bits of `DownStreamMessage.extStatus`.
pub mod ext {
    /// Its content was modified after it was sent.
    pub const MODIFIED: i64 = 4;
    /// It was said in a private channel of an ultra group.
    pub const PRIVATE_CHANNEL: i64 = 8;
    /// A status message: shown, never stored.
    pub const STATUS: i64 = 64;
}

/// Bits of `optionBits`, the same both ways.
pub mod option {
    /// Does not become the last message of its conversation.
    pub const NOT_LAST: i64 = 1;
    /// Its sender wants to know who read it.
    pub const RECEIPT: i64 = 2;
}

/// Translates a sender's flag word to a receiver's.
#[must_use]
pub fn up_to_down(flags: i32) -> i64 {
    [
        (up::PERSIST, down::PERSIST),
        (up::COUNT, down::COUNT),
        (up::MENTION, down::MENTION),
        (up::SILENT, down::SILENT),
        (up::EXPANSION, down::EXPANSION),
    ]
    .into_iter()
    .filter(|(bit, _)| flags & bit != 0)
    .fold(0, |word, (_, bit)| word | bit)
}
