//! What users set for themselves: levels of do-not-disturb, quiet hours, conversations on top, tags of conversations.

pub(crate) mod conversation_tags;
pub(crate) mod quiet;
pub(crate) mod settings;
