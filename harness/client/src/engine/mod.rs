//! The engine: its parts, its life cycle, and the way in and out of it.
//!
//! Calls are sorted in `calls`, what the server says in `frames`; what either means stands in the topics.

mod calls;
mod connection;
mod frames;

use serde_json::{Map, Value};
use wire::UnixMillis;

use crate::{
    chatroom::{ChatroomState, Chatrooms},
    core::{
        Core,
        bug::Bug,
        code,
        io::{CallResult, ClientEnv, EngineInput, EngineOutput},
        options::Options,
        store::Store,
    },
    engine::{connection::Wanted, frames::Mirrors},
    mail::{Mail, MailState},
    media::{Media, MediaState},
    preferences::{Preferences, PreferencesState},
    ultra_group::{UltraGroupState, UltraGroups},
};

/// The documented RCIMIWEngine as a state machine.
///
/// Whoever runs it calls [`call`](Self::call), [`handle`](Self::handle) and [`on_deadline`](Self::on_deadline), and
/// after each of them takes everything [`poll_output`](Self::poll_output) has.
///
/// ```
/// use reference_client::{CallResult, ClientEnv, Engine, EngineOutput, Store};
/// use serde_json::json;
/// use wire::UnixMillis;
///
/// let now = UnixMillis(1_767_225_600_000);
/// let options = json!({"naviServer": "http://navi.test"}).as_object().unwrap().clone();
/// let env = ClientEnv { app_key: "my-app".into(), platform: "Android".into(), options, ..ClientEnv::default() };
/// let mut engine = Engine::create(now, env, Store::in_memory().unwrap());
/// let connect = json!({"token": "t@navi.test", "timeout": 30});
/// assert_eq!(engine.call(now, "connect", connect.as_object().unwrap()), CallResult::Code(0));
/// engine.on_deadline(now);
/// let mut outputs = std::iter::from_fn(|| engine.poll_output());
/// assert!(outputs.any(|output| matches!(output, EngineOutput::Http { url, .. } if url.contains("/navi.json"))));
/// ```
#[derive(Debug)]
pub struct Engine {
    pub(crate) core: Core,
    /// What the app asked for with `connect`, until it is over.
    pub(crate) wanted: Option<Wanted>,
    pub(crate) network: bool,
    pub(crate) mirrors: Mirrors,
    pub(crate) mail: MailState,
    pub(crate) chatrooms: ChatroomState,
    pub(crate) ultra_groups: UltraGroupState,
    pub(crate) media: MediaState,
    pub(crate) preferences: PreferencesState,
    pub(crate) destroyed: bool,
}

impl Engine {
    /// `RCIMIWEngine.create(appKey, options)`: nothing is sent yet (ENG-001, ENG-002).
    #[must_use]
    pub fn create(_now: UnixMillis, env: ClientEnv, store: Store) -> Self {
        Self {
            core: Core::new(env, store),
            wanted: None,
            network: true,
            mirrors: Mirrors::default(),
            mail: MailState::default(),
            chatrooms: ChatroomState::default(),
            ultra_groups: UltraGroupState::default(),
            media: MediaState::default(),
            preferences: PreferencesState::default(),
            destroyed: false,
        }
    }

    /// `create` as a call. While there is an engine it stays the one there is, whatever the arguments; after `destroy`
    /// it begins a life cycle of its own, with listeners kept, for they belong to the app (ENG-005).
    pub(crate) fn create_again(&mut self, args: &Map<String, Value>) -> CallResult {
        if !self.destroyed {
            return CallResult::Code(0);
        }
        let core = &mut self.core;
        if let Some(Value::String(app_key)) = args.get("appKey") {
            if *app_key != core.env.app_key && core.has(Bug::StoreOfFormerApp) {
                core.store.app.get_or_insert_with(|| core.env.app_key.clone());
            }
            core.env.app_key.clone_from(app_key);
        }
        // Without options every default applies, whatever the life before had (ENG-002).
        core.env.options = match args.get("options") {
            Some(Value::Object(options)) => options.clone(),
            _ if !core.env.options.is_empty() && core.has(Bug::OptionsSurviveDestroy) => {
                core.env.options.clone()
            }
            _ => Map::new(),
        };
        core.options = Options::read(&core.env.options);
        if core.options.wrong && !core.has(Bug::UnknownOptionsHold) {
            return CallResult::Code(code::PARAM_ERROR);
        }
        if core.store.is_open() && core.has(Bug::KeptUserAfterDestroy) {
            core.navi = None;
        } else {
            core.restart();
        }
        self.mail.typing = Default::default();
        self.media = MediaState::default();
        self.destroyed = false;
        CallResult::Code(0)
    }

    /// Ends at once: the connection is closed without a log-out, so that pushes go on, and no callback follows (ENG-004).
    pub(crate) fn destroy(&mut self, now: UnixMillis) -> CallResult {
        let before = self.core.outputs().len();
        let tells = self.core.has(Bug::DestroyedEngineTells);
        self.end(now, code::NOT_CONNECTED, None);
        let outputs = self.core.outputs();
        let since = outputs.split_off(before);
        let silent = |output: &EngineOutput| !matches!(output, EngineOutput::Callback { .. });
        outputs.extend(since.into_iter().filter(|output| silent(output) || tells));
        self.destroyed = true;
        CallResult::Code(0)
    }

    /// Takes an input; outputs queue up.
    pub fn handle(&mut self, now: UnixMillis, input: EngineInput) {
        match input {
            // A network that came or went while there was no engine is known to the next one.
            EngineInput::Network { available } if self.destroyed => self.network = available,
            _ if self.destroyed => {}
            EngineInput::HttpAnswer { id, answer } => {
                if !self.media().http_answered(now, id, answer.as_ref()) {
                    self.navi_answered(now, id, answer);
                }
            }
            EngineInput::Opened { conn } => self.opened(now, conn),
            EngineInput::OpenFailed { conn } | EngineInput::Closed { conn } => self.closed(now, conn),
            EngineInput::Frame { conn, frame } if self.core.link.conn() == Some(conn) => {
                self.frame(now, frame)
            }
            // Something that was still under way when the connection was given up.
            EngineInput::Background
                if self.core.link.is_online() && self.core.has(Bug::BackgroundDisconnects) =>
            {
                self.end(now, code::NOT_CONNECTED, Some("unconnected"));
            }
            EngineInput::Frame { .. } | EngineInput::Background => {}
            EngineInput::Network { available } => self.network_changed(now, available),
            EngineInput::Foreground if self.core.has(Bug::ForegroundKeepsLadder) => {}
            EngineInput::Foreground => self.restart_ladder(now),
        }
    }

    /// What the engine wants done or says, in order. To be drained after every call that takes `&mut self`.
    pub fn poll_output(&mut self) -> Option<EngineOutput> {
        self.core.poll_output()
    }

    /// When [`on_deadline`](Self::on_deadline) must be called at the latest.
    #[must_use]
    pub fn next_deadline(&self) -> Option<UnixMillis> {
        if self.destroyed {
            return None;
        }
        let topics = [self.core.requests.deadline(), self.mail.typing.deadline(), self.media.deadline()];
        topics.into_iter().chain([self.core.link.deadline(), self.give_up()]).flatten().min()
    }

    /// Runs what is due. Nothing happens twice if it is called early or again.
    pub fn on_deadline(&mut self, now: UnixMillis) {
        if !self.destroyed {
            self.requests_overdue(now);
            self.mail().typing_overdue(now);
            self.media().overdue(now);
            self.connection_due(now);
        }
    }

    /// The store, for the next engine of this installation.
    #[must_use]
    pub fn into_store(self) -> Store {
        self.core.store
    }

    pub(crate) fn mail(&mut self) -> Mail<'_> {
        Mail { core: &mut self.core, state: &mut self.mail }
    }

    pub(crate) fn chatrooms(&mut self) -> Chatrooms<'_> {
        Chatrooms { core: &mut self.core, state: &mut self.chatrooms }
    }

    pub(crate) fn ultra_groups(&mut self) -> UltraGroups<'_> {
        UltraGroups { core: &mut self.core, state: &mut self.ultra_groups }
    }

    pub(crate) fn media(&mut self) -> Media<'_> {
        Media { mail: Mail { core: &mut self.core, state: &mut self.mail }, state: &mut self.media }
    }

    pub(crate) fn preferences(&mut self) -> Preferences<'_> {
        Preferences { core: &mut self.core, state: &mut self.preferences }
    }
}
