//! What the server keeps for a user: settings of conversations, quiet hours, the blacklist (TOP, DND, QUIET, BLK).

pub(crate) mod blacklist;
pub(crate) mod quiet;
pub(crate) mod settings;

use wire::{Topic, UnixMillis};

use crate::core::{
    Core,
    bug::Bug,
    code,
    requests::{Asked, Reply, Way},
};

use self::{quiet::QuietCall, settings::Change};

/// What the engine knows of them beside its store: its unanswered requests.
#[derive(Debug, Default)]
pub(crate) struct PreferencesState {
    pub(crate) asked: Asked<Call>,
}

/// Preferences, and what they may touch.
pub(crate) struct Preferences<'e> {
    pub(crate) core: &'e mut Core,
    pub(crate) state: &'e mut PreferencesState,
}

/// What an unanswered request is about.
#[derive(Debug)]
pub(crate) enum Call {
    /// A blacklist request: the callback that answers it, and the user it is about.
    Blacklist { event: &'static str, user: Option<String> },
    /// A change of a pin or a do-not-disturb level.
    Setting(Box<Change>),
    /// Newer settings.
    Settings,
    /// Quiet hours.
    Quiet(QuietCall),
}

impl Preferences<'_> {
    /// Sends a request about the user's own, or ends it at once where there is no connection.
    fn ask_own(&mut self, now: UnixMillis, topic: Topic, body: Vec<u8>, call: Call) {
        let me = self.core.user.clone();
        self.ask(now, topic, &me, body, call);
    }

    /// The same of another target.
    fn ask(&mut self, now: UnixMillis, topic: Topic, target: &str, body: Vec<u8>, call: Call) {
        match self.core.ask(now, topic, target, body, Way::Query) {
            Some(id) => self.state.asked.keep(id, call),
            None => self.answered(now, call, &Reply::none(code::NOT_CONNECTED)),
        }
    }

    /// A request has ended.
    pub(crate) fn answered(&mut self, now: UnixMillis, call: Call, reply: &Reply) {
        let Reply { code, body, .. } = reply;
        match call {
            Call::Blacklist { event, user } => self.blacklist_answered(event, user, *code, body),
            Call::Setting(change) => self.setting_changed(*change, *code, body),
            Call::Settings if *code == 0 => self.settings_arrived(body),
            Call::Settings if self.core.asks_again(*code) && !self.core.has(Bug::GivesUpLostSettings) => {
                self.pull(now);
            }
            Call::Settings => {}
            Call::Quiet(call) => self.quiet_answered(call, *code, body),
        }
    }
}
