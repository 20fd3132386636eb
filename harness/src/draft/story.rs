//! What a recording tells, without its noise.

use std::{collections::BTreeSet, time::Duration};

use indexmap::IndexMap;
use serde_json::{Map, Value};
use service::bug::Bug;
use simulation::Event;

/// The steps of a session, and who takes them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Story {
    /// The `service:` section.
    pub service: Map<String, Value>,
    /// The clients by their names.
    pub clients: IndexMap<String, Person>,
    /// What was done, in order.
    pub steps: Vec<Step>,
    /// Bugs that were on.
    pub bugs: BTreeSet<Bug>,
    /// Messages that the session knew by their UIDs.
    pub messages: IndexMap<String, Known>,
    /// Users' tokens that were used, with whose they are.
    pub tokens: IndexMap<String, String>,
    /// It is of some entries of the recording alone.
    pub is_part: bool,
    /// When its world began, unix milliseconds.
    pub start: i64,
    /// What could not be carried over: a sentence each.
    pub notes: Vec<String>,
}

/// A client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Person {
    /// Its user.
    pub user: String,
    /// Its platform, as scenarios name it; `None`: it does not matter.
    pub platform: Option<String>,
}

/// Something that was done.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    /// The entry that tells of it.
    pub n: u64,
    /// How long after the world's beginning.
    pub after: Duration,
    /// What.
    pub what: Do,
}

/// What was done.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Do {
    /// An app called a method.
    Call { client: String, method: String, args: Map<String, Value> },
    /// The service's operator, or the service by itself.
    Act(Value),
    /// The app's own server called the Server API.
    Api(Value),
    /// Something was done to a client's surroundings: a whole step.
    Around(Value),
    /// Time passed.
    Pause(Duration),
    /// A message's properties get a name, `$m1`.
    Keep(Keep),
}

/// Which callback of which client has the message that gets a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Keep {
    /// The name, with its `$`.
    pub name: String,
    /// The message's UID in the recording.
    pub uid: String,
    /// The client that has it.
    pub client: String,
    /// The callback that brings it.
    pub event: &'static str,
    /// Something that tells the message from others: its text, or nothing.
    pub text: Option<String>,
}

/// A message that was sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Known {
    /// The client that sent it; empty: it came another way.
    pub by: String,
    /// The step that sent it, by the entry that tells of it.
    pub step: Option<u64>,
    /// The clients that got it, and with which entry.
    pub to: Vec<(String, u64)>,
    /// Its text, where it has one.
    pub text: Option<String>,
    /// When it was sent, unix milliseconds.
    pub sent: i64,
}

impl Keep {
    /// Whether this callback brings the message.
    pub(crate) fn is_of(&self, event: &Event) -> bool {
        let same_text = |text: &String| event.args["message"]["text"] == **text;
        event.client == self.client && event.name == self.event && self.text.as_ref().is_none_or(same_text)
    }
}

impl Do {
    /// The client that takes part, where one does.
    pub(crate) fn client(&self) -> Option<&str> {
        match self {
            Self::Call { client, .. } => Some(client),
            Self::Keep(keep) => Some(&keep.client),
            Self::Around(step) => step.as_object().and_then(|step| {
                let (_, what) = step.iter().next()?;
                what["client"].as_str().or_else(|| what.as_str())
            }),
            Self::Act(_) | Self::Api(_) | Self::Pause(_) => None,
        }
    }
}
