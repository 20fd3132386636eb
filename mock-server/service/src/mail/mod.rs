//! Private, group and system messages: posting and delivering them, the mailboxes they wait in, the archive they are read
//! again from, and what goes with them: receipts, recalls, lists of conversations.

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
