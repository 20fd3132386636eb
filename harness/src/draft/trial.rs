//! Runs a story with the reference client and the service of this build, and hears what comes of it.

use std::collections::BTreeMap;

use serde_json::Value;
use service::bug::Bug;
use simulation::Event;
use wire::UnixMillis;

use super::{
    aside,
    story::{Do, Story},
    write, yaml,
};
use crate::{
    runner::{self, Options, SimDriver},
    scenario,
    sequence::{self, Aliases, Entry},
    verdict::LineKind,
};

/// The most steps that are left out because they cannot be done again.
const MOST_LEFT_OUT: usize = 50;

/// What came of a story: the callbacks that came after each of its steps.
#[derive(Debug, Clone)]
pub(super) struct Heard {
    /// By step.
    pub by_step: Vec<Vec<Callback>>,
    /// What the service did that no client hears of: by what it is, a step that expects it in the end.
    pub aside: BTreeMap<String, String>,
    /// What each call of the Server API was answered with, in order: statuses.
    pub answers: Vec<u64>,
}

/// A callback, and its canonical text: two that say the same have the same.
#[derive(Debug, Clone)]
pub(super) struct Callback {
    pub event: Event,
    pub text: String,
}

/// What came of a scenario.
#[derive(Debug)]
pub(super) struct Tried {
    /// Why it did not end as it should.
    pub verdict: Result<(), String>,
    /// Steps that began.
    pub begun: usize,
    heard: Heard,
}

impl Tried {
    /// What came, up to where it ended.
    pub(super) fn heard(&self) -> &Heard {
        &self.heard
    }
}

/// Runs a scenario's text.
///
/// # Errors
/// It is no scenario: its first mistake, with the line.
pub(super) fn run(yaml: &str, bug: Option<Bug>) -> Result<Tried, String> {
    try_it(yaml, bug).map_err(|(line, why)| format!("line {line} of the draft: {why}"))
}

fn try_it(yaml: &str, bug: Option<Bug>) -> Result<Tried, (usize, String)> {
    let none = |name: &str| Err(format!("{name} is not there"));
    let scenario = scenario::parse_with("draft.yaml", yaml, &none).map_err(|mistakes| {
        let first = mistakes.first();
        let line = first.map_or(1, |mistake| mistake.at().line);
        (line, first.map(ToString::to_string).unwrap_or_default())
    })?;
    let Some(case) = scenario.cases.first() else { return Err((1, "it has no case".to_owned())) };
    let options = Options { bugs: bug.into_iter().map(Into::into).collect(), ..Options::default() };
    let mut driver = SimDriver::default();
    let users: Vec<String> =
        case.worlds.values().flat_map(|world| &world.users).map(|user| user.id.clone()).collect();
    let look = Box::new(move |service: &mut service::Service, _| aside::looked(service, &users));
    let heard = runner::hear(&scenario, case, &options, &mut driver, look);
    // The step that is nobody's.
    let lead = usize::from(yaml.contains(yaml::LET_DOLLAR)).min(heard.begun.len());
    let begun = &heard.begun[lead..];
    let start = case.worlds.values().next().map(service::WorldSetup::start).unwrap_or_default();
    Ok(Tried {
        verdict: heard.outcome,
        begun: begun.len(),
        heard: by_step(heard.events, begun, start, &heard.looked),
    })
}

fn by_step(events: Vec<Event>, begun: &[usize], start: UnixMillis, looked: &Value) -> Heard {
    let entries: Vec<Entry> = events
        .iter()
        .enumerate()
        .map(|(index, event)| Entry {
            step: begun.partition_point(|begun| *begun <= index).saturating_sub(1),
            order: 0,
            at: event.at,
            client: event.client.clone(),
            kind: LineKind::Callback,
            name: event.name.clone(),
            args: event.args.clone(),
            returned: None,
        })
        .collect();
    let texts = sequence::told(&entries, start, &Aliases::new());
    let mut by_step = vec![Vec::new(); begun.len()];
    for ((event, entry), text) in events.into_iter().zip(&entries).zip(texts) {
        if let Some(step) = by_step.get_mut(entry.step) {
            step.push(Callback { event, text });
        }
    }
    Heard { by_step, aside: aside::expected(looked), answers: aside::answers(looked) }
}

/// What comes of a story's steps.
///
/// # Errors
/// A step of it cannot be done: which, and why.
pub(super) fn hear(story: &Story, bug: Option<Bug>) -> Result<Heard, String> {
    let tried = run(&write::bare(story).yaml, bug)?;
    tried.verdict.map(|()| tried.heard)
}

/// Puts each step that gives a received message its name right behind the step that brought it: what expects the callback
/// there is that step, and none looks for it twice.
///
/// # Errors
/// The story cannot be run as it is.
pub(super) fn keep_where_it_comes(story: &mut Story) -> Result<(), String> {
    // Each is moved once, and only forward: there is an end.
    for _ in 0..story.steps.len() {
        let heard = hear(story, None)?;
        let Some((at, behind)) = late_keep(story, &heard) else { break };
        let keep = story.steps.remove(at);
        story.steps.insert(behind + 1, keep);
    }
    Ok(())
}

/// A step that gives a message its name, and the step that brought that message, if others stand between them.
fn late_keep(story: &Story, heard: &Heard) -> Option<(usize, usize)> {
    let is_keep = |step: usize| matches!(story.steps[step].what, Do::Keep(_));
    story.steps.iter().enumerate().find_map(|(at, step)| {
        let Do::Keep(keep) = &step.what else { return None };
        let brings = |step: &usize| heard.by_step[*step].iter().any(|callback| keep.is_of(&callback.event));
        let behind = (0..=at).rev().find(brings)?;
        let near = (behind + 1..at).all(is_keep);
        (!near && behind < at).then_some((at, behind))
    })
}

/// Leaves out what cannot be done again, and says what and why.
///
/// # Errors
/// Too much of it cannot.
pub(super) fn carry_over(story: &mut Story) -> Result<(), String> {
    for _ in 0..MOST_LEFT_OUT {
        let written = write::bare(story);
        let (index, why) = match try_it(&written.yaml, None) {
            Ok(Tried { verdict: Ok(()), .. }) => return Ok(()),
            Ok(Tried { verdict: Err(why), begun, .. }) => (begun.saturating_sub(1), why),
            Err((line, why)) => match written.lines.partition_point(|first| *first <= line).checked_sub(1) {
                Some(index) => (index, why),
                None => return Err(format!("the world's set-up cannot be written as a scenario's: {why}")),
            },
        };
        if index >= story.steps.len() {
            return Err(why);
        }
        let step = story.steps.remove(index);
        let what = match &step.what {
            // Who uses it is in the way next.
            Do::Keep(keep) => format!("the message {} did not reach {}", keep.uid, keep.client),
            Do::Call { client, method, .. } => format!("{client}.{method} cannot be carried over"),
            _ => "this step cannot be carried over".to_owned(),
        };
        let why = why.lines().next().unwrap_or_default().to_owned();
        story.notes.push(format!("entry {}: {what}: {why}", step.n));
    }
    Err(format!("more than {MOST_LEFT_OUT} of its steps cannot be done again: {}", story.notes.join("; ")))
}
