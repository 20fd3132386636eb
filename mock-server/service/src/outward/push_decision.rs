//! Do-not-disturb: which setting decides whether a message disturbs an offline user (DND-006 to DND-032).
//!
//! Quiet hours come before everything, then the conversation's level, its type's, the app's; what is unset leaves the
//! decision to the next, and in the end a message disturbs. Ultra groups have a longer chain (UGDND-033 to UGDND-039).

use std::time::Duration;

use wire::UnixMillis;

use crate::{
    core::{
        account::UserIx,
        bug::Bug,
        mention::Mention,
        message::{Conversation, Message},
        switch::AppLevel,
    },
    outward::Outward,
};

/// Whether a push is sent, and what decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Decision {
    pub(crate) sent: bool,
    /// `message`, `device`, `quietHours`, `channel`, `conversation`, `type`, `channelDefault`, `groupDefault`, `app` or
    /// `default`.
    pub(crate) setting: &'static str,
    pub(crate) why: &'static str,
}

impl Decision {
    pub(crate) fn yes(setting: &'static str, why: &'static str) -> Self {
        Self { sent: true, setting, why }
    }

    pub(crate) fn no(setting: &'static str, why: &'static str) -> Self {
        Self { sent: false, setting, why }
    }
}

/// A setting of the chain: its name, its level, and how it is told.
pub(crate) type Setting = (&'static str, i32, &'static str);

/// Nothing, which decides nothing.
const UNSET: Setting = ("", 0, "");

/// Whether a level lets a message through; `None`: the level is unset.
fn lets_through(level: i32, mention: Mention) -> Option<bool> {
    Some(match level {
        -1 => true,
        1 => mention != Mention::Nothing,
        2 => mention == Mention::Me,
        4 => mention == Mention::All,
        5 => false,
        _ => return None,
    })
}

impl Outward<'_> {
    /// For [`Bug::DropsUnpushed`]: whether a level of the receiver's keeps a message that mentions nobody from pushing.
    pub(crate) fn keeps_from_disturbing(&self, now: UnixMillis, user: UserIx, message: &Message) -> bool {
        !self.disturbs(now, user, message, None, &|| Mention::Nothing).sent
    }

    /// The receiver's levels for a conversation that is no ultra group, the deciding one first.
    fn conversation_levels(&self, user: UserIx, message: &Message) -> [Setting; 5] {
        let settings = &self.preferences.settings[user];
        if settings.is_empty() {
            return [UNSET; 5];
        }
        let target =
            if message.conversation == Conversation::Group { &message.target } else { &message.from };
        let kind = message.conversation as i32;
        let conversation = settings.level(&(kind, target.to_string(), String::new()));
        let of_type = settings.level(&(kind, String::new(), String::new()));
        let mut chain = [
            ("conversation", conversation, "the level of the conversation"),
            ("type", of_type, "the level of the conversation type"),
            UNSET,
            UNSET,
            UNSET,
        ];
        if self.core.switches.type_level_first {
            chain.swap(0, 1);
        }
        chain
    }

    /// Whether a message disturbs its receiver. Whom it mentions is asked only if a level hangs on it.
    pub(crate) fn disturbs(
        &self,
        now: UnixMillis,
        user: UserIx,
        message: &Message,
        levels: Option<[Setting; 5]>,
        mention: &dyn Fn() -> Mention,
    ) -> Decision {
        let settings = &self.preferences.settings[user];
        let world_offset = self.core.limits.quiet_hours_utc_offset_minutes;
        let quiet = settings.quiet.as_ref().filter(|_| !self.core.has(Bug::IgnoresQuietHours));
        let late = now - Duration::from_secs(if self.core.has(Bug::QuietEndsLate) { 60 } else { 0 });
        let quiet = quiet
            .filter(|quiet| quiet.holds(now, world_offset) || quiet.holds(late, world_offset))
            .filter(|quiet| !self.core.has(Bug::QuietEndsAtMidnight) || quiet.began_today(now, world_offset))
            .map(|quiet| quiet.level);
        let levels = levels.unwrap_or_else(|| self.conversation_levels(user, message));
        let mut chain = [UNSET; 6];
        chain[0] = ("quietHours", quiet.unwrap_or(0), "within the user's quiet hours");
        chain[1..].copy_from_slice(&levels);
        if self.core.has(Bug::QuietHoursLast) {
            chain.rotate_left(1);
        }
        let decides = |level| if level == 0 { None } else { lets_through(level, mention()) };
        for (setting, level, why) in chain {
            if let Some(sent) = decides(level) {
                return Decision { sent, setting, why };
            }
        }
        let group = matches!(message.conversation, Conversation::Group | Conversation::UltraGroup);
        let of_app = match self.state.app_level {
            AppLevel::Unset => 0,
            AppLevel::All => -1,
            AppLevel::Mention => 1,
            AppLevel::MentionUsers => 2,
            AppLevel::MentionAll => 4,
            AppLevel::Blocked => 5,
            AppLevel::GroupMention if group => 1,
            AppLevel::GroupMention => -1,
        };
        match decides(of_app) {
            Some(sent) => Decision { sent, setting: "app", why: "the level of the app" },
            None => Decision::yes("default", "offline"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_let_through_what_they_name() {
        use Mention::{All, Me, Nothing};
        let row = |level| [Nothing, Me, All].map(|mention| lets_through(level, mention));
        let some = |row: [bool; 3]| row.map(Some);
        assert_eq!(row(-1), some([true; 3]));
        assert_eq!(row(0), [None; 3]);
        assert_eq!(row(1), some([false, true, true]));
        assert_eq!(row(2), some([false, true, false]));
        assert_eq!(row(4), some([false, false, true]));
        assert_eq!(row(5), some([false; 3]));
    }
}
