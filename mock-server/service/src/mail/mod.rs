//! Private, group and system messages: posting and delivering them, the mailboxes they wait in, the archive they are read
//! again from, and what goes with them: receipts, recalls, lists of conversations.

use crate::{
    core::{Core, by_user::ByUser},
    files::message_log::MessageLog,
    mail::{
        archive::Archive, conversations::Conversations, group::Groups, mailbox::Mailbox, receipt::Receipts,
    },
    outward::{Outward, OutwardState},
    preferences::PreferencesState,
};
pub(crate) mod archive;
pub(crate) mod conversations;
pub(crate) mod deliver;
pub(crate) mod expansion;
pub(crate) mod group;
pub(crate) mod history;
pub(crate) mod keeping;
pub(crate) mod mailbox;
pub(crate) mod post;
pub(crate) mod pull;
pub(crate) mod recall;
pub(crate) mod receipt;

/// Private, group and system messages, as a world keeps them.
#[derive(Debug, Clone, Default)]
pub(crate) struct MailState {
    pub(crate) mailboxes: ByUser<Mailbox>,
    pub(crate) archive: Archive,
    pub(crate) conversations: Conversations,
    pub(crate) groups: Groups,
    pub(crate) receipts: Receipts,
}

/// Messages between people, and what they may touch.
pub(crate) struct Mail<'w> {
    pub(crate) state: &'w mut MailState,
    pub(crate) message_log: &'w mut MessageLog,
    pub(crate) outward: &'w mut OutwardState,
    pub(crate) preferences: &'w PreferencesState,
    pub(crate) core: &'w mut Core,
}

impl Mail<'_> {
    fn outward(&mut self) -> Outward<'_> {
        Outward { state: self.outward, preferences: self.preferences, core: self.core }
    }
}
