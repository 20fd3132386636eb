//! The engine's face: calls in, inputs in, outputs out. What they do stands in `session`, `inbox`, `send` and `blacklist`.

use std::collections::{BTreeMap, VecDeque};

use bytes::Bytes;
use serde_json::{Map, Value, json};
use wire::{ClientFrame, Request, ServerFrame, Topic, UnixMillis};

use crate::{
    code,
    connection::{Link, Navi, Wanted},
    inbox::Inbox,
    io::{CallResult, ClientEnv, EngineInput, EngineOutput},
    listener::Listeners,
    message::{self, Object, is_conversation, text},
    store::{Conversation, Store},
};

/// How long a request waits for its answer, as the vendor's engines have it.
const ANSWER_LIMIT: std::time::Duration = std::time::Duration::from_secs(30);

/// What an unanswered request was about.
#[derive(Debug, Clone)]
pub(crate) enum Pending {
    /// A message of the app.
    Send { message: Object },
    /// A package of the mailbox.
    Pull,
    /// A blacklist request: the callback that answers it, and the user it is about.
    Blacklist { event: &'static str, user: Option<String> },
}

/// The documented RCIMIWEngine as a state machine.
#[derive(Debug)]
pub struct Engine {
    pub(crate) env: ClientEnv,
    pub(crate) store: Store,
    pub(crate) link: Link,
    pub(crate) wanted: Option<Wanted>,
    pub(crate) network: bool,
    pub(crate) navi: Option<Navi>,
    pub(crate) user: String,
    pub(crate) inbox: Inbox,
    pub(crate) pending: BTreeMap<u16, (UnixMillis, Pending)>,
    listeners: Listeners,
    status: Option<&'static str>,
    destroyed: bool,
    next_id: u64,
    next_message: u16,
    out: VecDeque<EngineOutput>,
}

impl Engine {
    /// Every method this engine has.
    pub const METHODS: &[&str] = &[
        "create",
        "destroy",
        "connect",
        "disconnect",
        "createTextMessage",
        "createCustomMessage",
        "createReferenceMessage",
        "sendMessage",
        "getMessageById",
        "getMessageByUId",
        "loadMessages",
        "addToBlacklist",
        "removeFromBlacklist",
        "loadBlacklistStatus",
        "loadBlacklist",
        "setOnConnectedListener",
        "setOnConnectionStatusChangedListener",
        "setOnDatabaseOpenedListener",
        "setOnMessageReceivedListener",
        "setOnMessageAttachedListener",
        "setOnMessageSentListener",
        "setOnMessagesLoadedListener",
        "setOnBlacklistAddedListener",
        "setOnBlacklistRemovedListener",
        "setOnBlacklistStatusLoadedListener",
        "setOnBlacklistLoadedListener",
    ];

    /// Every callback it can fire.
    pub const EVENTS: &[&str] = &[
        "onConnected",
        "onConnectionStatusChanged",
        "onDatabaseOpened",
        "onMessageReceived",
        "onMessageAttached",
        "onMessageSent",
        "onMessagesLoaded",
        "onBlacklistAdded",
        "onBlacklistRemoved",
        "onBlacklistStatusLoaded",
        "onBlacklistLoaded",
    ];

    /// `RCIMIWEngine.create(appKey, options)`: nothing is sent yet (ENG-001, ENG-002).
    #[must_use]
    pub fn create(_now: UnixMillis, env: ClientEnv, store: Store) -> Self {
        Self {
            env,
            store,
            link: Link::Idle,
            wanted: None,
            network: true,
            navi: None,
            user: String::new(),
            inbox: Inbox::default(),
            pending: BTreeMap::new(),
            listeners: Listeners::default(),
            status: None,
            destroyed: false,
            next_id: 0,
            next_message: 0,
            out: VecDeque::new(),
        }
    }

    /// Calls a method by its documented name.
    pub fn call(&mut self, now: UnixMillis, method: &str, args: &Map<String, Value>) -> CallResult {
        if self.destroyed {
            return CallResult::Code(code::ENGINE_DESTROYED);
        }
        match method {
            "destroy" => {
                self.leave(now, None);
                self.destroyed = true;
                self.out.retain(|output| !matches!(output, EngineOutput::Callback { .. }));
                CallResult::Code(0)
            }
            "connect" => self.connect(
                now,
                &text(args, "token"),
                args.get("timeout").and_then(Value::as_i64).unwrap_or(0),
            ),
            "disconnect" => {
                let keep_push = args.get("receivePush").and_then(Value::as_bool).unwrap_or(true);
                self.disconnect(now, keep_push)
            }
            "createTextMessage" | "createCustomMessage" | "createReferenceMessage" => {
                CallResult::Value(message::create(method, args).map_or(Value::Null, Value::Object))
            }
            "sendMessage" => match args.get("message") {
                Some(Value::Object(message)) => self.send_message(now, message.clone()),
                _ => CallResult::Code(code::PARAM_ERROR),
            },
            "getMessageById" => self.found(
                args.get("messageId").and_then(Value::as_i64).map(|id| self.store.by_id(&self.user, id)),
            ),
            "getMessageByUId" => self.found(Some(self.store.by_uid(&self.user, &text(args, "messageUId")))),
            "loadMessages" => self.load_messages(args),
            "addToBlacklist" => self.blacklist(now, Topic::AddBlack, "onBlacklistAdded", args),
            "removeFromBlacklist" => self.blacklist(now, Topic::RmBlack, "onBlacklistRemoved", args),
            "loadBlacklistStatus" => self.blacklist(now, Topic::BlackStat, "onBlacklistStatusLoaded", args),
            "loadBlacklist" => self.load_blacklist(now),
            _ => match self.listeners.set(method, args, Self::EVENTS) {
                Some(()) => CallResult::Code(0),
                None => CallResult::Unsupported(format!("the reference client has no `{method}`")),
            },
        }
    }

    /// Takes an input; outputs queue up.
    pub fn handle(&mut self, now: UnixMillis, input: EngineInput) {
        if self.destroyed {
            return;
        }
        match input {
            EngineInput::HttpAnswer { id, answer } => self.navi_answered(now, id, answer),
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
            ServerFrame::ConnAck(ack) => self.greeted(now, ack),
            ServerFrame::Publish { dup, qos, topic, target, id, body, .. } => {
                self.pushed(now, crate::inbox::Pushed { dup, qos, topic, target, id, body });
            }
            ServerFrame::PubAck { id, status, time, message_uid } => {
                self.acknowledged(id, status, time, message_uid)
            }
            ServerFrame::QueryAck { id, status, body, .. } => self.query_answered(now, id, status, body),
            ServerFrame::Pong => {
                if let Link::Online { heartbeat, .. } = &mut self.link {
                    heartbeat.pong(now);
                }
            }
            ServerFrame::Disconnect { status, .. } => self.told_to_leave(now, status),
            _ => {}
        }
    }

    /// The server's and our own message ids are counted apart, so an acknowledgement is first looked for among mirrors.
    fn acknowledged(&mut self, id: u16, status: u16, time: UnixMillis, message_uid: String) {
        if !self.mirror_acknowledged(id, time, &message_uid) {
            self.send_answered(id, status, time, message_uid);
        }
    }

    /// Drained by the shell after every call that takes `&mut self`.
    pub fn poll_output(&mut self) -> Option<EngineOutput> {
        self.out.pop_front()
    }

    /// When [`on_deadline`](Self::on_deadline) must be called at the latest.
    #[must_use]
    pub fn next_deadline(&self) -> Option<UnixMillis> {
        if self.destroyed {
            return None;
        }
        let give_up =
            self.wanted.as_ref().filter(|wanted| !wanted.established).and_then(|wanted| wanted.give_up);
        let request = self.pending.values().map(|(until, _)| *until).min();
        [self.link.deadline(), give_up, request].into_iter().flatten().min()
    }

    /// Runs what is due. Idempotent.
    pub fn on_deadline(&mut self, now: UnixMillis) {
        if self.destroyed {
            return;
        }
        self.requests_overdue(now);
        self.connection_due(now);
    }

    /// The store, for the next engine of this installation.
    #[must_use]
    pub fn into_store(self) -> Store {
        self.store
    }

    pub(crate) fn output(&mut self, output: EngineOutput) {
        self.out.push_back(output);
    }

    pub(crate) fn next_id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }

    pub(crate) fn restart_message_ids(&mut self) {
        self.next_message = 0;
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

    /// Sends a request that will be answered, or fail after thirty seconds.
    pub(crate) fn request(
        &mut self,
        now: UnixMillis,
        topic: Topic,
        target: &str,
        body: Bytes,
        pending: Pending,
    ) {
        self.next_message = self.next_message.checked_add(1).unwrap_or(1);
        let id = self.next_message;
        let mut request = Request::new(topic, target, id, body);
        let frame = if matches!(pending, Pending::Send { .. }) {
            ClientFrame::Publish(request)
        } else {
            request.qos = 0;
            ClientFrame::Query(request)
        };
        self.pending.insert(id, (now + ANSWER_LIMIT, pending));
        self.write(frame);
    }

    fn requests_overdue(&mut self, now: UnixMillis) {
        let overdue: Vec<u16> =
            self.pending.iter().filter(|(_, (until, _))| *until <= now).map(|(id, _)| *id).collect();
        for id in overdue {
            if let Some((_, pending)) = self.pending.remove(&id) {
                self.failed(now, pending, code::NO_ANSWER);
            }
        }
    }

    /// A request ended without an answer: exactly one result callback all the same (ERR-008).
    pub(crate) fn failed(&mut self, now: UnixMillis, pending: Pending, code: i64) {
        match pending {
            Pending::Send { message } => self.sent(message, code, None),
            Pending::Pull => self.pull_failed(now, code),
            Pending::Blacklist { event, user } => self.blacklist_answered(event, user, code, &Bytes::new()),
        }
    }

    fn query_answered(&mut self, now: UnixMillis, id: u16, status: u16, body: Bytes) {
        match self.pending.remove(&id) {
            Some((_, Pending::Pull)) if status == 0 => self.package(now, &body),
            Some((_, Pending::Pull)) => self.pull_failed(now, i64::from(status)),
            Some((_, Pending::Blacklist { event, user })) => {
                self.blacklist_answered(event, user, i64::from(status), &body);
            }
            Some((_, Pending::Send { .. })) | None => {}
        }
    }

    fn found(&self, found: Option<rusqlite::Result<Option<Object>>>) -> CallResult {
        match found {
            Some(Ok(Some(stored))) => CallResult::Value(Value::Object(stored)),
            _ => CallResult::Value(Value::Null),
        }
    }

    /// `loadMessages` from the local store; remote history is not part of this engine yet.
    fn load_messages(&mut self, args: &Object) -> CallResult {
        let (kind, target, channel) = (text(args, "type"), text(args, "targetId"), text(args, "channelId"));
        let number = |name: &str| args.get(name).and_then(Value::as_i64);
        let (Some(time), Some(count)) = (number("sentTime"), number("count")) else {
            return CallResult::Code(code::PARAM_ERROR);
        };
        if !is_conversation(&kind) || target.is_empty() || time < 0 || !(1..=20).contains(&count) {
            return CallResult::Code(code::PARAM_ERROR);
        }
        if text(args, "policy") != "local" {
            return CallResult::Unsupported("the reference client loads local messages only".to_owned());
        }
        let after = text(args, "order") == "after";
        let of = Conversation { kind: &kind, target: &target, channel: &channel, time, count, after };
        let (code, messages) = match self.store.conversation(&self.user, &of) {
            Ok(rows) => (0, rows.into_iter().map(Value::Object).collect()),
            Err(_) => (code::NOT_CONNECTED, Vec::new()),
        };
        let order = text(args, "order");
        self.fire(
            "onMessagesLoaded",
            json!({
                "code": code, "type": kind, "targetId": target, "channelId": channel, "sentTime": time,
                "order": order, "messages": messages,
            }),
        );
        CallResult::Code(0)
    }
}
