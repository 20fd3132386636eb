//! An engine, its clock, and a server that does what a test tells it to.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use bytes::Bytes;
use prost::Message as _;
use reference_client::{CallResult, ClientEnv, Engine, EngineInput, EngineOutput, HttpAnswer, Route, Store};
use serde_json::{Map, Value, json};
use wire::{
    Accepted, ClientFrame, ConnAck, ConnAckLayout, Request, ServerFrame, Topic, UnixMillis,
    body::{DownStreamMessage, DownStreamMessages, NotifyMsg, SyncRequestMsg},
};

pub(crate) const START: UnixMillis = UnixMillis(1_700_000_000_000);

/// What the server does with something it is asked.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Reply {
    /// Yes.
    Accept,
    /// No, with this status.
    Status(u16),
    /// The connection or request is refused by the network.
    Refuse,
    /// Nothing at all.
    Silence,
}

/// The server's script; tests change it as they go.
#[derive(Debug)]
pub(crate) struct Script {
    pub(crate) navi: Reply,
    pub(crate) open: Reply,
    pub(crate) greet: Reply,
    pub(crate) pong: bool,
    pub(crate) publish: Reply,
    pub(crate) query: Reply,
    pub(crate) query_body: Bytes,
    /// Answers to queries of a topic, in order; then [`query_body`](Self::query_body) again.
    pub(crate) bodies: BTreeMap<Topic, VecDeque<Bytes>>,
    /// Answers to `pullMsg`, in order; then nothing is there any more.
    pub(crate) packages: VecDeque<DownStreamMessages>,
    pub(crate) answer_pulls: bool,
    pub(crate) addresses: Value,
}

pub(crate) struct Rig {
    pub(crate) engine: Engine,
    pub(crate) now: UnixMillis,
    pub(crate) script: Script,
    /// Callbacks: milliseconds since the start, name, arguments.
    pub(crate) events: Vec<(i64, &'static str, Map<String, Value>)>,
    pub(crate) navi: Vec<(i64, String, String)>,
    pub(crate) opens: Vec<(i64, String, Route)>,
    pub(crate) frames: Vec<ClientFrame>,
    pub(crate) pulls: Vec<SyncRequestMsg>,
    pub(crate) conn: u64,
    uids: u32,
}

impl Rig {
    pub(crate) fn new() -> Self {
        Self::with("Android", json!({"naviServer": "http://navi.test"}))
    }

    pub(crate) fn with(platform: &str, options: Value) -> Self {
        Self::over(platform, options, Store::in_memory().unwrap())
    }

    pub(crate) fn over(platform: &str, options: Value, store: Store) -> Self {
        let env = ClientEnv {
            app_key: "app".into(),
            platform: platform.into(),
            device_id: "device".into(),
            seed: 1,
            options: options.as_object().unwrap().clone(),
            ..ClientEnv::default()
        };
        let entry = |protocol: u8| json!({"addr": format!("im{protocol}.test:1"), "protocol": protocol});
        Self {
            engine: Engine::create(START, env, store),
            now: START,
            script: Script {
                navi: Reply::Accept,
                open: Reply::Accept,
                greet: Reply::Accept,
                pong: true,
                publish: Reply::Accept,
                query: Reply::Accept,
                query_body: Bytes::new(),
                bodies: BTreeMap::new(),
                packages: VecDeque::new(),
                answer_pulls: true,
                addresses: json!({"code": 200, "serverAddr": [entry(1), entry(5)]}),
            },
            events: Vec::new(),
            navi: Vec::new(),
            opens: Vec::new(),
            frames: Vec::new(),
            pulls: Vec::new(),
            conn: 0,
            uids: 0,
        }
    }

    pub(crate) fn call(&mut self, method: &str, args: Value) -> CallResult {
        let result = self.engine.call(self.now, method, args.as_object().unwrap());
        self.pump();
        result
    }

    pub(crate) fn accepted(&mut self, method: &str, args: Value) {
        assert_eq!(self.call(method, args), CallResult::Code(0), "{method}");
    }

    pub(crate) fn connect(&mut self) {
        self.accepted("connect", json!({"token": "alice", "timeout": 0}));
    }

    pub(crate) fn input(&mut self, input: EngineInput) {
        self.engine.handle(self.now, input);
        self.pump();
    }

    pub(crate) fn server(&mut self, frame: ServerFrame) {
        self.input(EngineInput::Frame { conn: self.conn, frame });
    }

    /// The connection breaks.
    pub(crate) fn cut(&mut self) {
        self.input(EngineInput::Closed { conn: self.conn });
    }

    pub(crate) fn advance(&mut self, duration: Duration) {
        let target = self.now + duration;
        while let Some(due) = self.engine.next_deadline().filter(|due| *due <= target) {
            self.now = due.max(self.now);
            self.engine.on_deadline(self.now);
            self.pump();
        }
        self.now = target;
    }

    fn elapsed(&self) -> i64 {
        self.now.0 - START.0
    }

    /// Takes what the engine wants done and runs what is due, until nothing is.
    fn pump(&mut self) {
        for _ in 0..100_000 {
            let Some(output) = self.engine.poll_output() else {
                if self.engine.next_deadline().is_none_or(|due| due > self.now) {
                    return;
                }
                self.engine.on_deadline(self.now);
                continue;
            };
            match output {
                EngineOutput::Callback { name, args } => self.events.push((self.elapsed(), name, args)),
                EngineOutput::Http { id, url, body, .. } => self.ask_navi(id, url, &body),
                EngineOutput::Open { conn, address, route } => self.open(conn, address, route),
                EngineOutput::Send { conn, frame } => {
                    self.frames.push(frame.clone());
                    if conn == self.conn {
                        self.answer(&frame);
                    }
                }
                EngineOutput::Close { conn } => {
                    if conn == self.conn {
                        self.conn = 0;
                    }
                }
            }
        }
        panic!("the engine goes on without end");
    }

    fn tell(&mut self, input: EngineInput) {
        self.engine.handle(self.now, input);
    }

    fn ask_navi(&mut self, id: u64, url: String, body: &[u8]) {
        self.navi.push((self.elapsed(), url, String::from_utf8_lossy(body).into_owned()));
        let answer = match self.script.navi {
            Reply::Silence => return,
            Reply::Refuse => None,
            Reply::Accept => Some(HttpAnswer::new(200, &[], self.script.addresses.to_string().into())),
            Reply::Status(status) => Some(HttpAnswer::new(status, &[], Bytes::new())),
        };
        self.tell(EngineInput::HttpAnswer { id, answer });
    }

    fn open(&mut self, conn: u64, address: String, route: Route) {
        let web = route != Route::Tcp;
        self.opens.push((self.elapsed(), address, route));
        self.conn = conn;
        match self.script.open {
            Reply::Silence => {}
            Reply::Refuse | Reply::Status(_) => self.tell(EngineInput::OpenFailed { conn }),
            Reply::Accept => {
                self.tell(EngineInput::Opened { conn });
                if web {
                    self.greet();
                }
            }
        }
    }

    fn greet(&mut self) {
        let accepted = Accepted { user_id: "alice".into(), session_id: "s".into(), time: self.now };
        let (status, accepted) = match self.script.greet {
            Reply::Silence => return,
            Reply::Refuse => return self.tell(EngineInput::Closed { conn: self.conn }),
            Reply::Accept => (0, Some(accepted)),
            Reply::Status(status) => (u8::try_from(status).unwrap(), None),
        };
        self.frame(ServerFrame::ConnAck(ConnAck { status, accepted, layout: ConnAckLayout::V3 }));
    }

    fn frame(&mut self, frame: ServerFrame) {
        self.tell(EngineInput::Frame { conn: self.conn, frame });
    }

    fn answer(&mut self, frame: &ClientFrame) {
        match frame {
            ClientFrame::Connect(_) => self.greet(),
            ClientFrame::Ping if self.script.pong => self.frame(ServerFrame::Pong),
            ClientFrame::Publish(request) => {
                let status = match self.script.publish {
                    Reply::Status(status) => status,
                    Reply::Accept => 0,
                    _ => return,
                };
                self.uids += 1;
                let message_uid = format!("uid-{}", self.uids);
                self.frame(ServerFrame::PubAck { id: request.id, status, time: self.now, message_uid });
            }
            ClientFrame::Query(request) if request.topic == Topic::PullMsg => self.pulled(request),
            ClientFrame::Query(request) => {
                let status = match self.script.query {
                    Reply::Status(status) => status,
                    Reply::Accept => 0,
                    _ => return,
                };
                let own = self.script.bodies.get_mut(&request.topic).and_then(VecDeque::pop_front);
                let body = own.unwrap_or_else(|| self.script.query_body.clone());
                self.query_ack(request.id, status, body);
            }
            _ => {}
        }
    }

    fn pulled(&mut self, request: &Request) {
        let asked = SyncRequestMsg::decode(request.body.clone()).unwrap();
        let received = asked.sync_time();
        self.pulls.push(asked);
        if self.script.answer_pulls {
            let empty =
                DownStreamMessages { sync_time: received, finished: Some(true), ..Default::default() };
            let package = self.script.packages.pop_front().unwrap_or(empty);
            self.query_ack(request.id, 0, package.encode_to_vec().into());
        }
    }

    fn query_ack(&mut self, id: u16, status: u16, body: Bytes) {
        self.frame(ServerFrame::QueryAck { id, qos: 0, seconds: self.now.seconds(), status, body });
    }

    /// Answers the last query with a package.
    pub(crate) fn deliver(&mut self, package: &DownStreamMessages) {
        let queries = self.frames.iter().rev();
        let last = queries.filter_map(|frame| match frame {
            ClientFrame::Query(request) => Some(request.id),
            _ => None,
        });
        let id = last.max_by_key(|_| 0).unwrap();
        self.query_ack(id, 0, package.encode_to_vec().into());
        self.pump();
    }

    pub(crate) fn push(&mut self, topic: Topic, dup: bool, id: u16, body: Vec<u8>) {
        let (target, seconds) = ("bob".to_owned(), self.now.seconds());
        self.server(ServerFrame::Publish { dup, qos: 1, seconds, topic, target, id, body: body.into() });
    }

    /// The next query of that topic is answered with that body.
    pub(crate) fn will_answer(&mut self, topic: Topic, body: &impl prost::Message) {
        self.script.bodies.entry(topic).or_default().push_back(body.encode_to_vec().into());
    }

    /// Bodies of the requests of that topic so far, published or asked.
    pub(crate) fn asked<T: prost::Message + Default>(&self, topic: &Topic) -> Vec<T> {
        let requests = self.frames.iter().filter_map(|frame| match frame {
            ClientFrame::Publish(request) | ClientFrame::Query(request) => Some(request),
            _ => None,
        });
        let mine = requests.filter(|request| request.topic == *topic);
        mine.map(|request| T::decode(request.body.clone()).unwrap()).collect()
    }

    pub(crate) fn announce(&mut self, time: i64) {
        let body = NotifyMsg { r#type: 1, time: Some(time), ..NotifyMsg::default() };
        self.push(Topic::SNtf, false, 1, body.encode_to_vec());
    }

    /// Callbacks of one name: the values of one argument.
    pub(crate) fn values(&self, event: &str, argument: &str) -> Vec<Value> {
        self.events
            .iter()
            .filter(|(_, name, _)| *name == event)
            .map(|(_, _, a)| a[argument].clone())
            .collect()
    }

    pub(crate) fn statuses(&self) -> Vec<Value> {
        self.values("onConnectionStatusChanged", "status")
    }

    /// Names of callbacks with their codes, in order.
    pub(crate) fn story(&self) -> Vec<String> {
        self.events
            .iter()
            .map(|(_, name, args)| match args.get("code").or_else(|| args.get("status")) {
                Some(value) => format!("{name} {value}"),
                None => (*name).to_owned(),
            })
            .collect()
    }

    /// When attempts began, from `from` on, in milliseconds after it.
    pub(crate) fn attempts_since(&self, from: UnixMillis) -> Vec<i64> {
        let from = from.0 - START.0;
        let mut at: Vec<i64> = self.opens.iter().map(|(at, ..)| *at).collect();
        at.extend(self.navi.iter().map(|(at, ..)| *at));
        at.sort_unstable();
        at.dedup();
        at.into_iter().filter(|at| *at >= from).map(|at| at - from).collect()
    }

    pub(crate) fn connects(&self) -> usize {
        self.frames.iter().filter(|frame| matches!(frame, ClientFrame::Connect(_))).count()
    }

    pub(crate) fn publishes(&self) -> usize {
        self.frames.iter().filter(|frame| matches!(frame, ClientFrame::Publish(_))).count()
    }
}

/// A stored text message from bob.
pub(crate) fn text_at(time: i64, uid: &str) -> DownStreamMessage {
    DownStreamMessage {
        from_user_id: "bob".into(),
        r#type: 1,
        classname: "RC:TxtMsg".into(),
        content: Bytes::from(json!({"content": uid}).to_string()),
        data_time: time,
        status: 48,
        msg_id: Some(uid.into()),
        ..DownStreamMessage::default()
    }
}

pub(crate) fn package(list: Vec<DownStreamMessage>, more: bool) -> DownStreamMessages {
    let sync_time = list.iter().map(|message| message.data_time).max().unwrap_or_default();
    DownStreamMessages { list, sync_time, finished: Some(!more), ..DownStreamMessages::default() }
}

pub(crate) fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}
