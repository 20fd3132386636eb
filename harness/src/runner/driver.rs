//! What runs a case: a simulation with reference clients, or real clients behind adapters.

use std::{collections::BTreeSet, time::Duration};

use bytes::Bytes;
use indexmap::IndexMap;
use serde_json::{Map, Value};
use service::{HttpRequest, HttpResponse, Service, act::Act};
use simulation::Event;
use wire::UnixMillis;

use super::{limit::CaseLimit, raw::RawView};
use crate::{
    bug::Bug,
    scenario::{Client, NetworkChange},
};

/// Why a case cannot go on; nothing that was under test.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Fault(pub String);

impl From<simulation::SimulationError> for Fault {
    fn from(error: simulation::SimulationError) -> Self {
        Self(error.to_string())
    }
}

/// What a call returned at once.
#[derive(Debug, Clone, PartialEq)]
pub enum Returned {
    /// The promise's number or value.
    Value(Value),
    /// The client does not do that.
    Unsupported(String),
}

/// What a client can do, as it declares it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Abilities {
    /// Its name, `reference` or `web-sdk@4.6.4`.
    pub client: String,
    /// What it says of its version.
    pub version: String,
    /// `virtual` or `real`.
    pub clock: String,
    /// Capabilities that scenarios can need.
    pub capabilities: BTreeSet<String>,
    /// Methods it has.
    pub methods: BTreeSet<String>,
    /// Callbacks it can fire.
    pub events: BTreeSet<String>,
    /// Arguments of callbacks it never tells: `onMessageReceived.left`, `onMessageSent.message.messageId`.
    pub unknown_args: BTreeSet<String>,
    /// Platforms it can be; empty: any.
    pub platforms: BTreeSet<String>,
    /// How many of its clients there can be at once; `None`: nobody said.
    pub devices: Option<usize>,
    /// Other clients that can take part in the same case, by name.
    pub beside: BTreeSet<String>,
    /// How long a case may let real time pass; `None` in virtual time.
    pub patience: Option<Duration>,
    /// Names in what the client says of itself that mean nothing, a sentence each.
    pub strange: Vec<String>,
}

/// A look into a world; it may run on the server's thread, so it owns what it needs and gives JSON.
pub type Look = Box<dyn FnOnce(&mut Service, UnixMillis) -> Value + Send>;

/// A case's surroundings, made and driven. One case at a time.
pub trait Driver {
    /// What the client under test can do.
    fn abilities(&self) -> &Abilities;

    /// What ends the case early; set before it begins. Whoever waits or lets time pass looks at it.
    fn limit(&mut self) -> &mut CaseLimit;

    /// Makes the worlds (by App Key) and clients of a case.
    ///
    /// # Errors
    /// Something of it cannot be made.
    fn begin(&mut self, case: &Stage<'_>) -> Result<(), Fault>;

    /// Where clients ask for navigation.
    fn navi(&self) -> String;

    /// Virtual time.
    fn now(&self) -> UnixMillis;

    /// Calls a method; with `settle`, lets everything it causes at this instant happen.
    ///
    /// # Errors
    /// The client is gone.
    fn call(
        &mut self,
        client: &str,
        method: &str,
        args: &Map<String, Value>,
        settle: bool,
    ) -> Result<Returned, Fault>;

    /// Lets everything happen that is due at this instant.
    ///
    /// # Errors
    /// It does not end, or the client is gone.
    fn settle(&mut self) -> Result<(), Fault>;

    /// Jumps to the next thing that is due, at most to `target`; `false` once it is there and settled.
    ///
    /// # Errors
    /// As [`settle`](Self::settle).
    fn step(&mut self, target: UnixMillis) -> Result<bool, Fault>;

    /// When the case began, where that is not the stage's start: clients in real time know what day it is.
    fn began(&self) -> Option<UnixMillis> {
        None
    }

    /// Lets everything happen that is under way at this instant, as far as anybody can know: what does not come now does
    /// not come by itself. With clients in virtual time this is no more than [`settle`](Self::settle).
    ///
    /// # Errors
    /// As [`settle`](Self::settle).
    fn rest(&mut self) -> Result<(), Fault> {
        self.settle()
    }

    /// A server-side act.
    ///
    /// # Errors
    /// An argument of it is wrong.
    fn act(&mut self, app_key: &str, act: &Act) -> Result<Value, Fault>;

    /// A Server API request.
    ///
    /// # Errors
    /// No answer, or the world is gone.
    fn api(&mut self, app_key: &str, request: HttpRequest) -> Result<HttpResponse, Fault>;

    /// Something happens to a client's network.
    ///
    /// # Errors
    /// This driver cannot do that, or the client is gone.
    fn network(&mut self, client: &str, change: NetworkChange) -> Result<(), Fault>;

    /// The app goes to the background or comes back.
    ///
    /// # Errors
    /// As [`network`](Self::network).
    fn lifecycle(&mut self, client: &str, foreground: bool) -> Result<(), Fault>;

    /// The app is killed and started.
    ///
    /// # Errors
    /// As [`network`](Self::network).
    fn restart(&mut self, client: &str, keep_store: bool) -> Result<(), Fault>;

    /// Callbacks since the case began, in order.
    fn events(&self) -> &[Event];

    /// When a client tried to connect, since the case began.
    fn attempts(&self, client: &str) -> Vec<UnixMillis>;

    /// Looks into a world.
    ///
    /// # Errors
    /// The world is gone.
    fn look(&mut self, app_key: &str, look: Look) -> Result<Value, Fault>;

    /// Opens a raw connection to a world: a WebSocket with that query, or a native stream.
    ///
    /// # Errors
    /// This driver has none, or the world is gone.
    fn raw_open(&mut self, _name: &str, _app_key: &str, _query: Option<&str>) -> Result<(), Fault> {
        Err(no_raw())
    }

    /// Sends bytes as they are on a raw connection.
    ///
    /// # Errors
    /// This driver has none, or none of that name.
    fn raw_send(&mut self, _name: &str, _bytes: Bytes) -> Result<(), Fault> {
        Err(no_raw())
    }

    /// What came on a raw connection so far.
    ///
    /// # Errors
    /// As [`raw_send`](Self::raw_send).
    fn raw_view(&mut self, _name: &str) -> Result<RawView, Fault> {
        Err(no_raw())
    }

    /// Closes this side of a raw connection.
    ///
    /// # Errors
    /// As [`raw_send`](Self::raw_send).
    fn raw_close(&mut self, _name: &str) -> Result<(), Fault> {
        Err(no_raw())
    }

    /// What the clients' adapters have logged since this was last asked, oldest first. A client without an adapter logs nothing.
    fn take_log(&mut self) -> Vec<String> {
        Vec::new()
    }

    /// Something was done to a client's surroundings, for the recording of its world, if there is one.
    fn stepped(&mut self, _client: &str, _name: &str, _args: &Map<String, Value>) {}

    /// A recording of each world of a stage that is recorded, in their order, so far.
    ///
    /// # Errors
    /// A world is gone.
    fn recordings(&mut self) -> Result<Vec<Vec<u8>>, Fault> {
        Ok(Vec::new())
    }

    /// The deliberate bugs that the service and the reference clients of the case have come to; none of a driver that
    /// cannot say.
    fn bugs_asked(&self) -> Vec<Bug> {
        Vec::new()
    }

    /// Takes the case down.
    fn end(&mut self);

    /// Lets virtual time pass.
    ///
    /// # Errors
    /// As [`settle`](Self::settle).
    fn advance(&mut self, duration: Duration) -> Result<(), Fault> {
        let target = self.now() + duration;
        while self.step(target)? {}
        Ok(())
    }

    /// Lets time pass for the service; for a client in virtual time as well.
    ///
    /// # Errors
    /// As [`settle`](Self::settle).
    fn advance_service(&mut self, duration: Duration) -> Result<(), Fault> {
        self.advance(duration)
    }
}

fn no_raw() -> Fault {
    Fault("raw connections cannot be made beside this client".to_owned())
}

/// What a case needs around it.
#[derive(Debug)]
pub struct Stage<'a> {
    /// Worlds by App Key, in order.
    pub worlds: IndexMap<String, &'a service::WorldSetup>,
    /// Clients by name, with the App Key of their world.
    pub clients: IndexMap<String, (&'a Client, String)>,
    /// The case's seed.
    pub seed: u64,
    /// Whether the seed draws the order of what happens at one instant, where nothing promises one.
    pub varied: bool,
    /// Start of virtual time.
    pub start: UnixMillis,
    /// Whether what happens is taken down ([`Driver::recordings`]).
    pub recorded: bool,
    /// Deliberate bugs that the reference clients have, where the driver runs them in its simulation.
    pub bugs: Vec<reference_client::bug::Bug>,
}

impl Stage<'_> {
    /// The step of a recording that tells how a client was made.
    pub const MADE: &'static str = "made";

    /// Has it recorded how each client was made, where that is not as any client is.
    pub(super) fn tell_made(&self, driver: &mut dyn Driver) {
        for (name, (client, _)) in &self.clients {
            let text = |text: &Option<String>| text.as_deref().map(Value::from);
            let options = (!client.options.is_empty()).then(|| Value::Object(client.options.clone()));
            let fields = [
                ("options", options),
                ("platform", text(&client.platform)),
                ("device", text(&client.device)),
                ("client", text(&client.client)),
            ];
            let args: Map<String, Value> =
                fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect();
            if !args.is_empty() {
                driver.stepped(name, Self::MADE, &args);
            }
        }
    }
}
