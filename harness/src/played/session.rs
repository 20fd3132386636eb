//! What apps did in a session, and to what surrounds their clients: as it is recorded, or guessed of the clients' frames.

use std::time::Duration;

use indexmap::IndexMap;
use recording::{Entry, Header, Seen, What};
use serde_json::{Map, Value};
use service::Taken;

use super::script::Script;
use crate::{
    draft::{self, Do},
    recorded::meaning::opaque,
    runner::Stage,
    scenario::{Client, MAIN_WORLD, NetworkChange},
};

/// The apps' half of a session.
#[derive(Debug, Default)]
pub(super) struct Session {
    /// Clients by their names.
    pub clients: IndexMap<String, Client>,
    pub steps: Vec<Step>,
    /// Whether apps were recorded, and what they were told.
    pub apps: bool,
    /// When the last entry was written.
    pub end: Duration,
    pub notes: Vec<String>,
}

/// Something that was done.
#[derive(Debug)]
pub(super) struct Step {
    pub n: u64,
    pub after: Duration,
    pub client: String,
    pub act: Act,
    /// Nothing came of it before the next step was taken.
    pub at_once: bool,
}

/// What was done to a client.
#[derive(Debug, PartialEq)]
pub(super) enum Act {
    /// Its app called a method.
    Call(String, Map<String, Value>),
    Network(NetworkChange),
    /// It went to the background, or came back.
    Foreground(bool),
    /// It was started again, with what it had stored or without.
    Restart(bool),
}

/// Reads the apps' half of a recording, of which the service's is known.
pub(super) fn session(header: &Header, entries: &[Entry], script: &Script) -> Session {
    let end = entries.last().map(|entry| entry.after).unwrap_or_default();
    let mut session = Session { end, ..Session::default() };
    let mut told: Vec<&str> = Vec::new();
    for app in entries.iter().filter_map(app_of) {
        if !told.contains(&app) {
            told.push(app);
        }
    }
    session.apps = !told.is_empty();
    if session.apps {
        session.steps = entries.iter().filter_map(recorded).collect();
        let people = told.iter().map(|name| (*name, person(&session.steps, name, script)));
        let people: Vec<(&str, (String, Option<String>))> = people.collect();
        for (name, (user, platform)) in &people {
            // Devices of one user are told apart by it.
            let several = people.iter().filter(|(_, (other, _))| other == user).count() > 1;
            let platform = platform.clone().filter(|_| several);
            session.clients.insert((*name).to_owned(), client(user.clone(), platform));
        }
    } else {
        let story = draft::story(header, entries);
        session
            .notes
            .push("what apps did was not recorded: it was guessed of what their clients asked".to_owned());
        session.notes.extend(story.notes);
        let people = story.clients.into_iter();
        session.clients.extend(people.map(|(name, person)| (name, client(person.user, person.platform))));
        session.steps =
            story.steps.into_iter().filter_map(|step| guessed(step.n, step.after, step.what)).collect();
    }
    for entry in entries {
        if let What::Seen(Seen::Step { client, name, args }) = &entry.what
            && name == Stage::MADE
            && let Some(client) = session.clients.get_mut(client)
        {
            made(client, args);
        }
    }
    let clients = &session.clients;
    session.steps.retain(|step| clients.contains_key(&step.client));
    steps_at_once(&mut session.steps, entries);
    session
}

fn client(user: String, platform: Option<String>) -> Client {
    Client {
        at: Default::default(),
        user,
        world: MAIN_WORLD.to_owned(),
        platform,
        options: Map::new(),
        keep_store: true,
        device: None,
        client: None,
    }
}

/// Whose a client was, and of which platform, by the token that it connected with; nobody's, if it never did.
fn person(steps: &[Step], name: &str, script: &Script) -> (String, Option<String>) {
    let token = steps.iter().filter(|step| step.client == name).find_map(|step| match &step.act {
        Act::Call(method, args) if method == "connect" => args.get("token")?.as_str(),
        _ => None,
    });
    let line =
        token.and_then(|token| script.lines.iter().find(|line| opaque(&line.login.token) == opaque(token)));
    line.map_or_else(Default::default, |line| (line.user.clone(), Some(draft::platform(&line.login))))
}

/// A client as it was made.
fn made(client: &mut Client, args: &Map<String, Value>) {
    let text = |name: &str| args.get(name).and_then(Value::as_str).map(str::to_owned);
    if let Some(Value::Object(options)) = args.get("options") {
        client.options.clone_from(options);
    }
    client.platform = text("platform");
    (client.device, client.client) = (text("device"), text("client"));
}

/// Which steps were followed by the next before any client had time for anything.
fn steps_at_once(steps: &mut [Step], entries: &[Entry]) {
    let is_heard = |entry: &&Entry| matches!(entry.what, What::Taken(Taken::Input(_)) | What::Said(_));
    let heard: Vec<u64> = entries.iter().filter(is_heard).map(|entry| entry.n).collect();
    for at in 1..steps.len() {
        let (n, next) = (steps[at - 1].n, steps[at].n);
        let first = heard.partition_point(|heard| *heard <= n);
        let is_quiet = heard.get(first).is_none_or(|heard| *heard >= next);
        steps[at - 1].at_once = is_quiet && steps[at - 1].after == steps[at].after;
    }
}

/// The client whose app an entry tells of.
fn app_of(entry: &Entry) -> Option<&str> {
    match &entry.what {
        What::Seen(Seen::Call { client, .. } | Seen::Callback { client, .. }) => Some(client),
        _ => None,
    }
}

fn recorded(entry: &Entry) -> Option<Step> {
    let (client, act) = match &entry.what {
        What::Seen(Seen::Call { client, method, args, .. }) => {
            (client, Act::Call(method.clone(), args.clone()))
        }
        What::Seen(Seen::Step { client, name, args }) => (client, around(name, args)?),
        _ => return None,
    };
    Some(Step { n: entry.n, after: entry.after, client: client.clone(), act, at_once: false })
}

fn guessed(n: u64, after: Duration, what: Do) -> Option<Step> {
    let (client, act) = match what {
        Do::Call { client, method, args } => (client, Act::Call(method, args)),
        Do::Around(step) => {
            let (name, what) = step.as_object()?.iter().next()?;
            let client = what["client"].as_str().or_else(|| what.as_str())?.to_owned();
            let none = Map::new();
            (client, around(name, what.as_object().unwrap_or(&none))?)
        }
        _ => return None,
    };
    Some(Step { n, after, client, act, at_once: false })
}

fn around(name: &str, args: &Map<String, Value>) -> Option<Act> {
    Some(match name {
        "network" => {
            let change = args.get("do")?.as_str()?;
            let known = NetworkChange::ALL.iter().find(|(spelling, _)| *spelling == change)?;
            Act::Network(known.1)
        }
        "background" | "foreground" => Act::Foreground(name == "foreground"),
        "restart" | "reinstall" => Act::Restart(name == "restart"),
        _ => return None,
    })
}
