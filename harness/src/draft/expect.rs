//! What must come of a story's steps, as steps that expect it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};
use simulation::Event;

use super::{
    matching::{differing, judged, matcher},
    shrink::{Apart, How},
    story::{Do, Keep, Story},
    trial::Heard,
    write, yaml,
};
use crate::catalogue::api;

/// How many steps a scenario about a bug has at most, as far as the bug lets it.
const FEW: usize = 12;
/// So many callbacks of a name in a row are told by their number.
const MANY: usize = 5;
/// How long a callback may take that comes at once in virtual time.
const WITHIN: &str = "5s";
/// Callbacks that tell nothing of what is proven.
const NOISE: [&str; 5] = [
    "onDatabaseOpened",
    "onMessageAttached",
    "onChatRoomJoining",
    "onUltraGroupConversationsSynced",
    "onConversationsSynced",
];

/// States of a connection that every session goes through.
const USUAL: [&str; 4] = ["connecting", "connected", "unconnected", "network_unavailable"];

/// Whether a callback tells nothing of what is proven.
pub(super) fn is_noise(name: &str, args: &Map<String, Value>) -> bool {
    let usual = || args.get("status").and_then(Value::as_str).is_some_and(|status| USUAL.contains(&status));
    NOISE.contains(&name) || (name == "onConnectionStatusChanged" && usual())
}

/// Steps that come after one of the story's.
#[derive(Debug, Clone, Default)]
pub(super) struct Expectations {
    /// By the step that they follow, YAML of a step each.
    pub after: BTreeMap<usize, Vec<String>>,
    /// A step of the story that is written otherwise: a pause in which nothing may come.
    pub instead: BTreeMap<usize, String>,
}

impl Expectations {
    fn add(&mut self, step: usize, text: String) {
        self.after.entry(step).or_default().push(text);
    }

    fn count(&self) -> usize {
        self.after.values().map(Vec::len).sum()
    }
}

/// Everything that came and tells something.
pub(super) fn of_all(story: &Story, heard: &Heard) -> Expectations {
    let mut expectations = Expectations::default();
    let kept = kept(story, heard);
    for (step, callbacks) in heard.by_step.iter().enumerate() {
        for client in story.clients.keys() {
            let events: Vec<&Event> = callbacks
                .iter()
                .map(|callback| &callback.event)
                .filter(|event| event.client == *client && !is_noise(&event.name, &event.args))
                .filter(|event| !is_kept_next(story, step, event))
                .collect();
            if !events.is_empty() {
                expectations.add(step, expects(client, &events, &kept.until(step), false));
            }
        }
    }
    expectations
}

/// What a bug makes otherwise, and what the calls on the way there answer as long as that makes few steps.
pub(super) fn of_a_bug(story: &Story, apart: &Apart) -> Expectations {
    let mut expectations = Expectations::default();
    let kept = kept(story, &apart.heard);
    let known = kept.until(apart.step);
    let client = apart.client.as_str();
    match &apart.how {
        How::Missing(event) => {
            if !is_kept_next(story, apart.step, event) {
                expectations.add(apart.step, expects(client, &[event], &known, false));
            }
        }
        How::Changed { right, wrong } => {
            let text = changed(client, right, wrong, &known);
            expectations.add(apart.step, text);
        }
        How::Extra { unwanted, anyway } => {
            let alike: Vec<&Event> = anyway.iter().filter(|event| event.name == unwanted.name).collect();
            let of = format!("  of: [{}]", unwanted.name);
            match story.steps.get(apart.step).map(|step| &step.what) {
                // What a pause brings nobody looks back at: the pause itself is the silence.
                Some(Do::Pause(pause)) if alike.is_empty() => {
                    let pause = write::pause(*pause);
                    let text = format!("- none: {client}\n{of}\n  for: {pause}");
                    expectations.instead.insert(apart.step, text);
                }
                _ => {
                    if !alike.is_empty() {
                        expectations.add(apart.step, expects(client, &alike, &known, false));
                    }
                    expectations.add(apart.step, format!("- none: {client}\n{of}\n  for: 1s"));
                }
            }
        }
        How::Aside { step, .. } => expectations.add(apart.step, step.clone()),
        How::Stops => {}
    }
    answers(story, &apart.heard, &kept, &mut expectations);
    expectations
}

/// What calls answer, first of all the last ones: who reads it sees that each did what it should.
fn answers(story: &Story, heard: &Heard, kept: &Kept, expectations: &mut Expectations) {
    for (index, step) in story.steps.iter().enumerate() {
        if story.steps.len() + expectations.count() >= FEW {
            return;
        }
        let Do::Call { client, method, .. } = &step.what else { continue };
        let Some(found) = api().method(method) else { continue };
        let answer =
            heard.by_step.get(index).into_iter().flatten().map(|callback| &callback.event).rfind(|event| {
                event.client == *client
                    && found.answers.contains(&event.name)
                    && !is_noise(&event.name, &event.args)
            });
        let Some(answer) = answer.filter(|answer| !is_kept_next(story, index, answer)) else { continue };
        let text = expects(client, &[answer], &kept.until(index), true);
        let there = expectations.after.entry(index).or_default();
        // What the bug is seen by comes last, and once.
        if !there
            .iter()
            .any(|other| other.contains(&answer.name) && other.starts_with(&format!("- expect: {client}\n")))
        {
            there.insert(0, text);
        }
    }
}

/// Whether the step behind this one gives the message of this callback its name.
fn is_kept_next(story: &Story, step: usize, event: &Event) -> bool {
    // What a keep waits for comes while it waits.
    let own = matches!(story.steps.get(step).map(|step| &step.what), Some(Do::Keep(_)));
    story.steps[(step + usize::from(!own)).min(story.steps.len())..]
        .iter()
        .map_while(|step| match &step.what {
            Do::Keep(keep) => Some(keep),
            _ => None,
        })
        .any(|keep| keep.is_of(event))
}

/// Messages with their names, and from which step on each has it.
struct Kept(Vec<(usize, String, Value)>);

impl Kept {
    /// The names that are there after a step.
    fn until(&self, step: usize) -> Vec<(&str, &Value)> {
        self.0
            .iter()
            .filter(|(from, ..)| *from <= step)
            .map(|(_, name, message)| (name.as_str(), message))
            .collect()
    }
}

fn kept(story: &Story, heard: &Heard) -> Kept {
    let mut kept = Vec::new();
    for (step, keep) in story.steps.iter().enumerate().filter_map(|(step, of)| match &of.what {
        Do::Keep(keep) => Some((step, keep)),
        _ => None,
    }) {
        let before = heard.by_step[..=step.min(heard.by_step.len().saturating_sub(1))].iter().flatten();
        let found = before.map(|callback| &callback.event).rfind(|event| keep.is_of(event));
        if let Some(event) = found {
            kept.push((step, keep.name.clone(), event.args["message"].clone()));
        }
    }
    Kept(kept)
}

/// A step that gives a message its name.
pub(super) fn keep(keep: &Keep) -> String {
    let mut message = json!({"capture": keep.name});
    if let Some(text) = &keep.text {
        message["is"] = json!({"text": yaml::literal(text)});
    }
    let args = if keep.event == "onMessageSent" {
        json!({"code": 0, "message": message})
    } else {
        json!({"message": message})
    };
    let event = format!("{}: {}", keep.event, yaml::flow(&args));
    format!("- expect: {}\n  in_order: [{event}]\n  within: {WITHIN}", keep.client)
}

/// A step that expects these callbacks of a client.
fn expects(client: &str, events: &[&Event], known: &[(&str, &Value)], short: bool) -> String {
    let mut described: Vec<String> = Vec::with_capacity(events.len());
    for run in events.chunk_by(|one, next| one.name == next.name) {
        let args = |event: &Event| if short { code_of(&event.args) } else { matcher(&event.args, known) };
        if run.len() < MANY {
            described.extend(run.iter().map(|event| told(&event.name, &args(event))));
            continue;
        }
        // Of many alike what all have in common.
        let mut common = args(run[0]);
        for event in &run[1..] {
            let other = args(event);
            common.retain(|key, value| other.get(key) == Some(value));
        }
        common.insert("times".to_owned(), run.len().into());
        described.push(told(&run[0].name, &common));
    }
    let names: BTreeSet<&str> = events.iter().map(|event| event.name.as_str()).collect();
    // Nobody promises an order between callbacks of several kinds.
    in_some_order(client, &described, if names.len() == events.len() { "any_order" } else { "in_order" })
}

fn told(name: &str, args: &Map<String, Value>) -> String {
    if args.is_empty() { name.to_owned() } else { format!("{name}: {}", yaml::fields_of(args)) }
}

fn in_order(client: &str, described: &[String]) -> String {
    in_some_order(client, described, "in_order")
}

fn in_some_order(client: &str, described: &[String], order: &str) -> String {
    if let [one] = described {
        return format!("- expect: {client}\n  in_order: [{one}]\n  within: {WITHIN}");
    }
    let lines: String = described.iter().map(|one| format!("    - {one}\n")).collect();
    format!("- expect: {client}\n  {order}:\n{lines}  within: {WITHIN}")
}

/// The code of an answer: that it went well, or that it did not.
fn code_of(args: &Map<String, Value>) -> Map<String, Value> {
    let mut code = Map::new();
    if let Some(number) = args.get("code").and_then(Value::as_i64) {
        code.insert("code".to_owned(), judged(number));
    }
    code
}

/// The step that expects the right one of two callbacks of a name, by what they differ in.
fn changed(client: &str, right: &Event, wrong: &Event, known: &[(&str, &Value)]) -> String {
    let mut args = matcher(&right.args, known);
    differing(&right.args, &wrong.args, &mut args, known);
    in_order(client, &[told(&right.name, &args)])
}
