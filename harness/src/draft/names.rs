//! Puts references where a recording has its own ids, tokens and instants.

use std::collections::BTreeSet;

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::{
    people::{bare, plain},
    story::{Do, Keep, Step, Story},
    yaml,
};

/// Whole numbers from here on are instants (2001 on); nothing else that calls take comes near.
const INSTANTS: i64 = 1_000_000_000_000;
/// How far from a message's time an instant may lie to be meant as "just beside it", milliseconds.
const BESIDE: i64 = 1;

/// Messages that have a name for a client: the name by client and UID.
type Kept = IndexMap<(String, String), String>;

/// Names what the steps refer to, and adds the steps that keep it.
pub(super) fn name(story: &mut Story) {
    let mut naming = Naming { kept: IndexMap::new(), unknown: BTreeSet::new(), n: 0, now: 0 };
    let mut steps = std::mem::take(&mut story.steps);
    for step in &mut steps {
        naming.n = step.n;
        naming.now = story.start + i64::try_from(step.after.as_millis()).unwrap_or_default();
        match &mut step.what {
            Do::Call { client, method, args } if method == "connect" => token(story, client, args),
            Do::Call { client, args, .. } => {
                let client = client.clone();
                args.values_mut().for_each(|value| naming.value(story, &client, value));
            }
            // The operator knows of a message what its sender does.
            Do::Api(value) | Do::Act(value) => naming.value(story, "", value),
            Do::Around(_) | Do::Pause(_) | Do::Keep(_) => {}
        }
    }
    let Naming { kept, unknown, .. } = naming;
    for uid in unknown {
        story.notes.push(format!("nobody knows where the message {uid} came from"));
    }
    story.steps = with_keeps(story, steps, &kept);
}

struct Naming {
    kept: Kept,
    unknown: BTreeSet<String>,
    /// The entry of the step that is looked at.
    n: u64,
    /// Its instant, unix milliseconds.
    now: i64,
}

impl Naming {
    fn value(&mut self, story: &Story, client: &str, value: &mut Value) {
        match value {
            Value::Object(fields) => {
                let uid = fields.get("messageUId").and_then(Value::as_str).filter(|uid| !uid.is_empty());
                if let Some(uid) = uid.map(str::to_owned)
                    && let Some(name) = self.message(story, client, &uid)
                {
                    *value = name.into();
                    return;
                }
                for field in fields.values_mut() {
                    self.value(story, client, field);
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.value(story, client, item)),
            Value::String(text) if story.messages.contains_key(text.as_str()) => {
                let uid = text.clone();
                if let Some(name) = self.message(story, client, &uid) {
                    *text = format!("{name}.messageUId");
                }
            }
            Value::String(text) => {
                // Of a form every value is a text.
                let instant = text.parse::<i64>().ok().filter(|number| *number >= INSTANTS);
                match instant.map(|instant| self.instant(story, client, instant)) {
                    Some(named) => *text = named,
                    None => *text = yaml::literal(text),
                }
            }
            Value::Number(number) => {
                if let Some(instant) = number.as_i64().filter(|instant| *instant >= INSTANTS) {
                    *value = self.instant(story, client, instant).into();
                }
            }
            Value::Null | Value::Bool(_) => {}
        }
    }

    /// The name of a message as a client knows it.
    fn message(&mut self, story: &Story, client: &str, uid: &str) -> Option<String> {
        let Some(known) = story.messages.get(uid) else {
            self.unknown.insert(uid.to_owned());
            return None;
        };
        let client = match client {
            // The operator's: as whoever has it knows it.
            "" if known.by.is_empty() => known.to.first().map(|(to, _)| to.clone()).unwrap_or_default(),
            "" => known.by.clone(),
            // Who never got it refers to it as its sender knows it.
            client
                if known.by != client
                    && !known.to.iter().any(|(to, n)| to == client && *n < self.n)
                    && !known.by.is_empty() =>
            {
                known.by.clone()
            }
            client => client.to_owned(),
        };
        if client.is_empty() {
            self.unknown.insert(uid.to_owned());
            return None;
        }
        let next = format!("$m{}", self.kept.len() + 1);
        Some(self.kept.entry((client, uid.to_owned())).or_insert(next).clone())
    }

    /// An instant, by the message that was sent at it or by the step's own.
    fn instant(&mut self, story: &Story, client: &str, instant: i64) -> String {
        let mine =
            |known: &super::story::Known| client.is_empty() || known.by == client || known.by.is_empty();
        let beside = |known: &super::story::Known| (instant - known.sent).abs() <= BESIDE;
        let found = story
            .messages
            .iter()
            .filter(|(_, known)| beside(known))
            .max_by_key(|(_, known)| (known.sent == instant, mine(known)))
            .map(|(uid, known)| (uid.clone(), known.sent));
        if let Some((uid, sent)) = found
            && let Some(name) = self.message(story, client, &uid)
        {
            return shifted(&format!("{name}.sentTime"), instant - sent, "");
        }
        let seconds = (instant - self.now) / 1000;
        shifted("$now", seconds, "s")
    }
}

fn shifted(base: &str, by: i64, unit: &str) -> String {
    match by {
        0 => base.to_owned(),
        by if by > 0 => format!("{base} + {by}{unit}"),
        by => format!("{base} - {}{unit}", -by),
    }
}

/// Whether scenarios can refer to a user by its id.
fn is_name(user: &str) -> bool {
    user.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && user.chars().all(|sign| sign.is_ascii_alphanumeric() || sign == '_')
}

/// A token by its user's name, where the login was accepted.
fn token(story: &mut Story, client: &str, args: &mut Map<String, Value>) {
    let Some(Value::String(token)) = args.get_mut("token") else { return };
    let bare = bare(token);
    let user = story.tokens.get(bare).cloned();
    let user = user.or_else(|| {
        // One that was never accepted is what it is; a test's own form says whose.
        let person = story.clients.get(client)?;
        (bare == format!("test:{}", person.user)).then(|| person.user.clone())
    });
    match user {
        Some(user) if user.starts_with('$') => *token = user,
        Some(user) if is_name(&user) => *token = format!("${user}.token"),
        // No name of a scenario's: its token gets one.
        Some(user) => {
            let tokens = story.service.entry("tokens").or_insert_with(|| Value::Object(Map::new()));
            let Value::Object(tokens) = tokens else { return };
            let held = tokens.iter().find(|(_, of)| of["user"] == *user).map(|(name, _)| name.clone());
            let name = held.unwrap_or_else(|| {
                let name = format!("of_{}", plain(&user));
                tokens.insert(name.clone(), serde_json::json!({"user": user}));
                name
            });
            *token = format!("$token.{name}");
        }
        None => *token = yaml::literal(token),
    }
}

/// The steps with those between them that give messages their names: right behind the one that sent it where the client did,
/// right before the first that uses it where it came from elsewhere.
fn with_keeps(story: &Story, steps: Vec<Step>, kept: &Kept) -> Vec<Step> {
    let mut left: Vec<Keep> = kept
        .iter()
        .filter_map(|((client, uid), name)| {
            let known = story.messages.get(uid)?;
            let event = if known.by == *client { "onMessageSent" } else { "onMessageReceived" };
            let (name, uid, client) = (name.clone(), uid.clone(), client.clone());
            Some(Keep { name, uid, client, event, text: known.text.clone() })
        })
        .collect();
    let mut all = Vec::with_capacity(steps.len() + left.len());
    for step in steps {
        let (n, after) = (step.n, step.after);
        let used = uses(&step.what);
        let before = left.extract_if(.., |keep| used.contains(&keep.name)).collect::<Vec<_>>();
        all.extend(before.into_iter().map(|keep| Step { n, after, what: Do::Keep(keep) }));
        let is_pause = matches!(step.what, Do::Pause(_));
        all.push(step);
        let sent_here = |keep: &mut Keep| {
            // A pause stands in front of the step whose entry it names.
            !is_pause
                && keep.event == "onMessageSent"
                && story.messages.get(&keep.uid).is_some_and(|known| known.step == Some(n))
        };
        let behind = left.extract_if(.., sent_here).collect::<Vec<_>>();
        all.extend(behind.into_iter().map(|keep| Step { n, after, what: Do::Keep(keep) }));
    }
    all
}

/// The names that a step refers to.
pub(super) fn uses(what: &Do) -> BTreeSet<String> {
    fn walk(value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(fields) => fields.values().for_each(|field| walk(field, found)),
            Value::Array(items) => items.iter().for_each(|item| walk(item, found)),
            Value::String(text) if text.starts_with("$m") => {
                let name = text.split(['.', ' ']).next().unwrap_or_default();
                found.insert(name.to_owned());
            }
            _ => {}
        }
    }
    let mut found = BTreeSet::new();
    match what {
        Do::Call { args, .. } => args.values().for_each(|value| walk(value, &mut found)),
        Do::Act(value) | Do::Api(value) | Do::Around(value) => walk(value, &mut found),
        Do::Pause(_) | Do::Keep(_) => {}
    }
    found
}
