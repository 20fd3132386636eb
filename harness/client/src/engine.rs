//! The engine's state, its life cycle, and the way in and out of it.
//!
//! Calls are sorted in `api`; what inputs mean stands in `connection`, `inbox`, `send`, `history` and `blacklist`.

use std::collections::{BTreeMap, VecDeque};

use serde_json::{Map, Value, json};
use wire::{ClientFrame, ServerFrame, UnixMillis};

use crate::{
    chatroom::Rooms,
    connection::{Link, Navi, Wanted},
    core::{
        code,
        io::{CallResult, ClientEnv, EngineInput, EngineOutput},
        listener::Listeners,
        options::Options,
        request::Pending,
        store::Store,
    },
    mail::{
        inbox::{Inbox, Pushed},
        typing::Typing,
    },
    media::Media,
    ultra_group::UltraGroups,
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
    pub(crate) env: ClientEnv,
    pub(crate) options: Options,
    pub(crate) store: Store,
    pub(crate) link: Link,
    pub(crate) wanted: Option<Wanted>,
    pub(crate) network: bool,
    pub(crate) navi: Option<Navi>,
    pub(crate) user: String,
    pub(crate) inbox: Inbox,
    pub(crate) pending: BTreeMap<u16, (UnixMillis, Pending)>,
    pub(crate) last_message_id: u16,
    pub(crate) listeners: Listeners,
    pub(crate) typing: Typing,
    pub(crate) media: Media,
    pub(crate) rooms: Rooms,
    pub(crate) ultra_groups: UltraGroups,
    pub(crate) destroyed: bool,
    status: Option<&'static str>,
    last_id: u64,
    out: VecDeque<EngineOutput>,
}

impl Engine {
    /// `RCIMIWEngine.create(appKey, options)`: nothing is sent yet (ENG-001, ENG-002).
    #[must_use]
    pub fn create(_now: UnixMillis, env: ClientEnv, mut store: Store) -> Self {
        store.close();
        Self {
            options: Options::read(&env.options),
            env,
            store,
            link: Link::Idle,
            wanted: None,
            network: true,
            navi: None,
            user: String::new(),
            inbox: Inbox::default(),
            pending: BTreeMap::new(),
            last_message_id: 0,
            listeners: Listeners::default(),
            typing: Typing::default(),
            media: Media::default(),
            rooms: Rooms::default(),
            ultra_groups: UltraGroups::default(),
            destroyed: false,
            status: None,
            last_id: 0,
            out: VecDeque::new(),
        }
    }

    /// `create` as a call. While there is an engine it stays the one there is, whatever the arguments; after `destroy`
    /// it begins a life cycle of its own, with listeners kept, for they belong to the app (ENG-005).
    pub(crate) fn create_again(&mut self, args: &Map<String, Value>) -> CallResult {
        if !self.destroyed {
            return CallResult::Code(0);
        }
        if let Some(Value::String(app_key)) = args.get("appKey") {
            self.env.app_key.clone_from(app_key);
        }
        // Without options every default applies, whatever the life before had (ENG-002).
        self.env.options = match args.get("options") {
            Some(Value::Object(options)) => options.clone(),
            _ => Map::new(),
        };
        self.options = Options::read(&self.env.options);
        if self.options.wrong {
            return CallResult::Code(code::PARAM_ERROR);
        }
        self.navi = None;
        self.user.clear();
        self.store.close();
        self.status = None;
        self.typing = Typing::default();
        self.media = Media::default();
        self.destroyed = false;
        CallResult::Code(0)
    }

    /// Ends at once: the connection is closed without a log-out, so that pushes go on, and no callback follows (ENG-004).
    pub(crate) fn destroy(&mut self, now: UnixMillis) -> CallResult {
        let callbacks = self.out.len();
        self.end(now, code::NOT_CONNECTED, None);
        let kept =
            self.out.drain(callbacks..).filter(|output| !matches!(output, EngineOutput::Callback { .. }));
        let kept: Vec<_> = kept.collect();
        self.out.extend(kept);
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
                if !self.media_answered(now, id, answer.as_ref()) {
                    self.navi_answered(now, id, answer);
                }
            }
            EngineInput::Opened { conn } => self.opened(now, conn),
            EngineInput::OpenFailed { conn } | EngineInput::Closed { conn } => self.closed(now, conn),
            EngineInput::Frame { conn, frame } if self.link.conn() == Some(conn) => self.frame(now, frame),
            // Something that was still under way when the connection was given up.
            EngineInput::Frame { .. } | EngineInput::Background => {}
            EngineInput::Network { available } => self.network_changed(now, available),
            EngineInput::Foreground => self.restart_ladder(now),
        }
    }

    fn frame(&mut self, now: UnixMillis, frame: ServerFrame) {
        match frame {
            ServerFrame::ConnAck(ack) => return self.greeted(now, ack),
            ServerFrame::Disconnect { status, .. } => return self.told_to_leave(now, status),
            _ => {}
        }
        // Everything else means something only after a login.
        let Link::Online { heartbeat, .. } = &mut self.link else { return };
        heartbeat.heard();
        match frame {
            ServerFrame::Publish { dup, qos, topic, target, id, body, .. } => {
                self.pushed(now, Pushed { dup, qos, topic, target, id, body });
            }
            ServerFrame::PubAck { id, status, time, message_uid } => {
                self.acknowledged(now, id, status, time, message_uid);
            }
            ServerFrame::QueryAck { id, qos, status, body, .. } => {
                if qos > 0 {
                    self.write(ClientFrame::QueryCon { id });
                }
                self.query_answered(now, id, status, &body);
            }
            ServerFrame::Pong => heartbeat.pong(now),
            _ => {}
        }
    }

    /// The server's ids and ours are counted apart, so a PUBACK is looked for among mirrors first: theirs follows at once.
    fn acknowledged(&mut self, now: UnixMillis, id: u16, status: u16, time: UnixMillis, uid: String) {
        if !self.mirror_acknowledged(now, id, time, &uid) {
            self.send_answered(now, id, status, time, uid);
        }
    }

    /// What the engine wants done or says, in order. To be drained after every call that takes `&mut self`.
    pub fn poll_output(&mut self) -> Option<EngineOutput> {
        self.out.pop_front()
    }

    /// When [`on_deadline`](Self::on_deadline) must be called at the latest.
    #[must_use]
    pub fn next_deadline(&self) -> Option<UnixMillis> {
        if self.destroyed {
            return None;
        }
        let request = self.pending.values().map(|(until, _)| *until).min();
        [self.link.deadline(), self.give_up(), request, self.typing.deadline(), self.media.deadline()]
            .into_iter()
            .flatten()
            .min()
    }

    /// Runs what is due. Nothing happens twice if it is called early or again.
    pub fn on_deadline(&mut self, now: UnixMillis) {
        if !self.destroyed {
            self.requests_overdue(now);
            self.typing_overdue(now);
            self.media_overdue(now);
            self.connection_due(now);
        }
    }

    /// The store, for the next engine of this installation.
    #[must_use]
    pub fn into_store(self) -> Store {
        self.store
    }

    pub(crate) fn output(&mut self, output: EngineOutput) {
        self.out.push_back(output);
    }

    /// A number for a request or connection of the shell's.
    pub(crate) fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    /// Fires a callback, if anybody listens.
    pub(crate) fn fire(&mut self, name: &'static str, args: Value) {
        let Value::Object(args) = args else { return };
        if let Some(args) = self.listeners.arguments(name, args) {
            self.out.push_back(EngineOutput::Callback { name, args });
        }
    }

    /// Reports a state, unless it is the one reported last (CONN-022).
    pub(crate) fn change_status(&mut self, status: &'static str) {
        if self.status != Some(status) {
            self.status = Some(status);
            self.fire("onConnectionStatusChanged", json!({"status": status}));
        }
    }

    pub(crate) fn write(&mut self, frame: ClientFrame) {
        if let Some(conn) = self.link.conn() {
            self.out.push_back(EngineOutput::Send { conn, frame });
        }
    }
}
