//! What users set for themselves: levels of do-not-disturb, quiet hours, conversations on top, tags of conversations.

use crate::{
    core::{Core, by_user::ByUser},
    preferences::{conversation_tags::ConversationTags, settings::Settings},
};
pub(crate) mod conversation_tags;
pub(crate) mod quiet;
pub(crate) mod settings;

/// What users have set, as a world keeps it.
#[derive(Debug, Clone, Default)]
pub(crate) struct PreferencesState {
    pub(crate) settings: ByUser<Settings>,
    pub(crate) tags: ByUser<ConversationTags>,
}

/// Users' settings, and what they may touch.
pub(crate) struct Preferences<'w> {
    pub(crate) state: &'w mut PreferencesState,
    pub(crate) core: &'w mut Core,
}
