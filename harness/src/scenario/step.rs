//! The steps of a scenario.

use std::time::Duration;

use indexmap::IndexMap;

use super::{
    matcher::Matcher,
    model::Times,
    place::{Place, Placed},
    value::Value,
};

/// A step and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Place of the step's first key.
    pub at: Place,
    /// What it does.
    pub act: StepAct,
}

/// What a step does.
#[derive(Debug, Clone, PartialEq)]
pub enum StepAct {
    /// `call`: a method of a client's engine.
    Call(Call),
    /// `expect`: callbacks that must come.
    Expect(Expect),
    /// `none`: callbacks that must not come.
    None(Quiet),
    /// `advance`: virtual time passes, deadlines on the way run in order.
    Advance(Duration),
    /// `advance: {service: …}`: time passes for the service. With clients in virtual time for them, too; a client in real time
    /// goes on as it is, and nothing of what it does is overdue by that.
    AdvanceService(Duration),
    /// `service`: a server-side act.
    Service(ServiceAct),
    /// `api`: a Server API request.
    Api(Box<Api>),
    /// `network`: something happens to a client's network.
    Network(Network),
    /// `background`: the client's app goes to the background.
    Background(String),
    /// `foreground`: it comes back.
    Foreground(String),
    /// `restart`: the app is killed and started; the store stays if the client keeps it.
    Restart(String),
    /// `reinstall`: the app starts anew with an empty store.
    Reinstall(String),
    /// `wire`: a raw connection, for tests of the protocol itself.
    Wire(Wire),
    /// `parallel`: the first parts of these start at the same instant; their order must not matter.
    Parallel(Vec<Step>),
    /// `repeat`: the steps so many times; `$i` counts from 1.
    Repeat {
        /// How often.
        times: u32,
        /// What.
        steps: Vec<Step>,
    },
    /// `let`: names for values.
    Let(IndexMap<String, Value>),
    /// `mark`: a name for this instant.
    Mark(String),
    /// `state`: what the service must hold.
    State(State),
    /// `journal`: how many entries of the service's journal must match.
    Journal(Journal),
    /// `attempts`: when a client tried to connect.
    Attempts(Attempts),
}

/// A call of an engine method.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// The client.
    pub client: String,
    /// Documented method name.
    pub method: String,
    /// Arguments by documented parameter name.
    pub with: IndexMap<String, Value>,
    /// What it must return: the immediate code, or the value of a method that gives one. `None`: not looked at.
    pub returns: Option<Matcher>,
    /// It must be turned down with such a code, which is returned, or comes with the callback that answers the call: where is
    /// not documented. `None`: not looked at.
    pub refused: Option<Matcher>,
    /// With `refused`: how long its callback may take; `None`: until everything is idle at the current instant.
    pub within: Option<Duration>,
    /// Name for what it returned.
    pub save_as: Option<String>,
}

/// Callbacks that must come.
#[derive(Debug, Clone, PartialEq)]
pub struct Expect {
    /// The client.
    pub client: String,
    /// How the events stand to each other.
    pub order: Order,
    /// The events; others in between do not matter.
    pub events: Vec<EventMatch>,
    /// How much virtual time may pass; `None`: until everything is idle at the current instant.
    pub within: Option<Duration>,
}

/// How expected events stand to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// In the given order.
    InOrder,
    /// All, in any order.
    AnyOrder,
    /// At least one of them.
    OneOf,
}

/// An event and what its arguments must be.
#[derive(Debug, Clone, PartialEq)]
pub struct EventMatch {
    /// Place of its name.
    pub at: Place,
    /// Documented callback name.
    pub name: String,
    /// Arguments by documented name; those not named do not matter.
    pub args: IndexMap<String, Matcher>,
    /// How many such events; sequences (`199..0`) run along them.
    pub times: Times,
    /// When, unix milliseconds of virtual time: `at: $mark + 5s`.
    pub time: Option<Matcher>,
    /// Name for the event's arguments as one object (of the last one, with `times`).
    pub save_as: Option<String>,
}

/// Callbacks that must not come.
#[derive(Debug, Clone, PartialEq)]
pub struct Quiet {
    /// The client.
    pub client: String,
    /// Which; empty: none at all.
    pub of: Vec<EventMatch>,
    /// How long. `None` (`until: fence`): until nothing is queued or in flight at the current instant.
    pub lasting: Option<Duration>,
}

/// A server-side act.
#[derive(Debug, Clone, PartialEq)]
pub struct ServiceAct {
    /// Which world.
    pub world: String,
    /// One key, one object: a `service::Act` once its `$` names are resolved.
    pub act: Value,
}

/// A Server API request.
#[derive(Debug, Clone, PartialEq)]
pub struct Api {
    /// Which world.
    pub world: String,
    /// HTTP method; `POST` if not given.
    pub method: String,
    /// Path: `/user/getToken.json`.
    pub path: Value,
    /// Query parameters.
    pub query: IndexMap<String, Value>,
    /// Further headers.
    pub headers: IndexMap<String, Value>,
    /// The body.
    pub body: ApiBody,
    /// How it is signed.
    pub sign: Sign,
    /// Which status it must have; 200 if nothing is said.
    pub status: Matcher,
    /// What its JSON must be.
    pub json: Option<Matcher>,
    /// Name for the answer's JSON.
    pub save_as: Option<String>,
}

/// Body of a Server API request.
#[derive(Debug, Clone, PartialEq)]
pub enum ApiBody {
    /// None.
    Empty,
    /// URL-encoded; a list repeats its key.
    Form(IndexMap<String, Value>),
    /// JSON.
    Json(Value),
}

/// How a Server API request is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// As it must be.
    Right,
    /// With a wrong signature.
    Wrong,
    /// Without the signing headers.
    Unsigned,
}

/// Something that happens to a client's network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Network {
    /// The client.
    pub client: String,
    /// What.
    pub change: NetworkChange,
}

/// What happens to a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NetworkChange {
    /// The device loses its network and knows it; connections break.
    Offline,
    /// It has a network again and knows it.
    Online,
    /// New connections are refused; existing ones go on.
    Refuse,
    /// New connections are taken again.
    Allow,
    /// The connection ends without a word.
    Cut,
    /// Nothing gets through in either direction, nothing is lost.
    Stall,
    /// What was held goes on its way.
    Resume,
    /// Nothing gets through any more and neither side is told.
    HalfOpen,
    /// The device changes networks (Wi-Fi to mobile): connections break, it knows.
    Change,
}

impl NetworkChange {
    /// Every change with its spelling in scenarios.
    pub const ALL: &[(&str, Self)] = &[
        ("offline", Self::Offline),
        ("online", Self::Online),
        ("refuse", Self::Refuse),
        ("allow", Self::Allow),
        ("cut", Self::Cut),
        ("stall", Self::Stall),
        ("resume", Self::Resume),
        ("half_open", Self::HalfOpen),
        ("change", Self::Change),
    ];
}

/// A step on a raw connection.
#[derive(Debug, Clone, PartialEq)]
pub struct Wire {
    /// Name of the raw connection: any name; `open` makes it.
    pub name: String,
    /// What is done.
    pub act: WireAct,
}

/// What is done with a raw connection.
#[derive(Debug, Clone, PartialEq)]
pub enum WireAct {
    /// `open`: a connection is made.
    Open {
        /// Which world.
        world: String,
        /// Native TCP or WebSocket.
        transport: Transport,
        /// Query parameters of the WebSocket request; a native connection sends its own CONNECT frame.
        query: IndexMap<String, Value>,
    },
    /// `send_hex`: these bytes as they are.
    SendHex(Vec<u8>),
    /// `send`: a frame, built from its kind and fields.
    Send {
        /// Kind, as in the journal: `CONNECT`, `PUBLISH`, `PUBACK`, `QUERY`, `QUERYCON`, `PINGREQ`, `DISCONNECT`.
        kind: String,
        /// Its fields.
        fields: IndexMap<String, Value>,
    },
    /// `expect`: the next frames from the service, in order, as the journal shows them.
    Expect {
        /// The frames.
        frames: Vec<Matcher>,
        /// How much virtual time may pass.
        within: Option<Duration>,
    },
    /// `closed`: the service closes the connection.
    Closed {
        /// How much virtual time may pass.
        within: Option<Duration>,
    },
    /// `close`: this side closes it.
    Close,
}

/// How a raw connection is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// Native frames over TCP.
    Tcp,
    /// Frames in WebSocket messages.
    WebSocket,
}

/// What the service must hold.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    /// Which world.
    pub world: String,
    /// The name of a [`service::StateKind`].
    pub kind: Placed<String>,
    /// One user or group; `None`: all.
    pub id: Option<Value>,
    /// What it must be.
    pub expect: Matcher,
}

/// How many journal entries must match.
#[derive(Debug, Clone, PartialEq)]
pub struct Journal {
    /// Which world.
    pub world: String,
    /// Which entries, as `Entry::to_json` writes them.
    pub of: Matcher,
    /// How many.
    pub count: Matcher,
    /// Only entries from this instant on (unix milliseconds).
    pub since: Option<Value>,
}

/// When a client tried to connect.
#[derive(Debug, Clone, PartialEq)]
pub struct Attempts {
    /// The client.
    pub client: String,
    /// From this instant on (unix milliseconds); from the start if not given.
    pub since: Option<Value>,
    /// The distances from `since`, all of them, in order.
    pub at: Vec<Duration>,
    /// How far each may be off; 0 if not given.
    pub tolerance: Duration,
}
