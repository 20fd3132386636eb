//! Leaves out of a story what does not matter.

use service::bug::Bug;
use simulation::Event;

use super::{
    aside, names,
    story::{Do, Story},
    trial::{self, Callback, Heard},
    write,
};
use std::{collections::BTreeSet, time::Duration};

/// What is waited for at the end, so that what comes late is seen.
const AT_THE_END: Duration = Duration::from_secs(10);
/// Steps that are performed at most in all trials together; a step takes some tens of microseconds.
const MOST_PERFORMED: usize = 60_000;

/// Where a client sees that the service has a bug.
#[derive(Debug, Clone)]
pub(super) struct Apart {
    /// After this step.
    pub step: usize,
    /// Which client.
    pub client: String,
    /// How.
    pub how: How,
    /// What it hears without the bug.
    pub heard: Heard,
}

/// How what it sees differs.
#[derive(Debug, Clone)]
pub(super) enum How {
    /// This does not come.
    Missing(Event),
    /// This comes too much; what comes anyway at the same step stands beside it.
    Extra { unwanted: Event, anyway: Vec<Event> },
    /// The first comes as the second.
    Changed { right: Event, wrong: Event },
    /// The service does something else that no client hears of: what it is, and the step that expects it.
    Aside { of: String, step: String },
    /// A step of the story itself cannot be done.
    Stops,
}

impl Apart {
    /// Whether both are the same thing to see, wherever it is seen.
    fn is_like(&self, other: &Self) -> bool {
        let names = |how: &How| match how {
            How::Missing(event) => ("missing", event.name.clone()),
            How::Extra { unwanted, .. } => ("extra", unwanted.name.clone()),
            How::Changed { right, .. } => ("changed", right.name.clone()),
            How::Aside { of, .. } => ("aside", of.clone()),
            How::Stops => ("stops", String::new()),
        };
        self.client == other.client && names(&self.how) == names(&other.how)
    }
}

/// Leaves out what the difference that a bug makes does not need; `None`: it makes none.
///
/// # Errors
/// The story cannot be run as it is.
pub(super) fn to_the_bug(story: &mut Story, bug: Bug) -> Result<Option<Apart>, String> {
    if let Some(last) = story.steps.last().filter(|last| !matches!(last.what, Do::Pause(_))) {
        let end = super::story::Step { what: Do::Pause(AT_THE_END), ..last.clone() };
        story.steps.push(end);
    }
    trial::hear(story, None)?;
    let Some(first) = apart(story, bug) else { return Ok(None) };
    let mut performed = 0;
    let mut holds = |smaller: &Story| {
        performed += 2 * smaller.steps.len();
        performed <= MOST_PERFORMED && apart(smaller, bug).is_some_and(|found| found.is_like(&first))
    };
    // Nothing after it matters.
    let shortened =
        Story { steps: story.steps[..=first.step.min(story.steps.len() - 1)].to_vec(), ..story.clone() };
    if holds(&shortened) {
        *story = shortened;
    }
    let mut size = story.steps.len() / 2;
    loop {
        let before = story.steps.len();
        without_messages(story, &mut holds);
        without_runs(story, size.max(1), &mut holds);
        if size <= 1 && story.steps.len() == before {
            break;
        }
        size /= 2;
    }
    without_setup(story, &mut holds);
    prune_clients(story);
    Ok(apart(story, bug))
}

/// Runs of steps of this size, from the last to the first.
fn without_runs(story: &mut Story, size: usize, holds: &mut dyn FnMut(&Story) -> bool) {
    let mut end = story.steps.len();
    while end > 0 {
        let begin = end.saturating_sub(size);
        let mut smaller = story.clone();
        smaller.steps.drain(begin..end);
        if !smaller.steps.is_empty() && holds(&smaller) {
            *story = smaller;
        }
        end = begin;
    }
}

/// Messages with all that is done with them.
fn without_messages(story: &mut Story, holds: &mut dyn FnMut(&Story) -> bool) {
    let named: BTreeSet<String> = story
        .steps
        .iter()
        .filter_map(|step| match &step.what {
            Do::Keep(keep) => Some(keep.name.clone()),
            _ => None,
        })
        .collect();
    for name in named {
        let mut smaller = story.clone();
        smaller.steps.retain(|step| match &step.what {
            Do::Keep(keep) => keep.name != name,
            what => !names::uses(what).contains(&name),
        });
        if !smaller.steps.is_empty() && holds(&smaller) {
            *story = smaller;
        }
    }
}

/// Parts of the set-up.
fn without_setup(story: &mut Story, holds: &mut dyn FnMut(&Story) -> bool) {
    let keys: Vec<String> = story.service.keys().filter(|key| *key != "users").cloned().collect();
    for key in keys {
        let mut smaller = story.clone();
        smaller.service.shift_remove(&key);
        if holds(&smaller) {
            *story = smaller;
            continue;
        }
        let inner: Vec<String> =
            story.service[&key].as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect();
        for name in inner {
            let mut smaller = story.clone();
            if let Some(fields) = smaller.service.get_mut(&key).and_then(|value| value.as_object_mut()) {
                fields.shift_remove(&name);
            }
            if holds(&smaller) {
                *story = smaller;
            }
        }
    }
    let users = story.service.get("users").and_then(|users| users.as_array()).map_or(0, Vec::len);
    for index in (0..users).rev() {
        let mut smaller = story.clone();
        let Some(listed) = smaller.service.get_mut("users").and_then(|users| users.as_array_mut()) else {
            return;
        };
        let gone = listed.remove(index);
        let id = gone.as_str().or_else(|| gone["id"].as_str()).unwrap_or_default().to_owned();
        let used = story.clients.values().any(|person| person.user == id)
            || story.steps.iter().any(|step| write::step(&step.what).contains(&id));
        if !used && holds(&smaller) {
            *story = smaller;
        }
    }
}

/// Clients that take no part any more.
fn prune_clients(story: &mut Story) {
    let taking_part: BTreeSet<String> =
        story.steps.iter().filter_map(|step| step.what.client().map(str::to_owned)).collect();
    story.clients.retain(|name, _| taking_part.contains(name));
}

/// The first difference that a bug makes to what a story's clients hear; `None`: there is none, or the story cannot be done.
fn apart(story: &Story, bug: Bug) -> Option<Apart> {
    let heard = trial::hear(story, None).ok()?;
    let wrong = trial::run(&write::bare(story).yaml, Some(bug)).ok()?;
    let with = wrong.heard();
    for (step, (right, wrong)) in heard.by_step.iter().zip(&with.by_step).enumerate() {
        for client in story.clients.keys() {
            let of = |all: &[Callback]| -> Vec<Callback> {
                all.iter().filter(|callback| callback.event.client == *client).cloned().collect()
            };
            if let Some(how) = how(&of(right), &of(wrong)) {
                return Some(Apart { step, client: client.clone(), how, heard });
            }
        }
    }
    if wrong.verdict.is_err() {
        let step = wrong.begun.saturating_sub(1);
        let client = story.steps.get(step).and_then(|step| step.what.client()).unwrap_or_default().to_owned();
        return Some(Apart { step, client, how: How::Stops, heard });
    }
    let names = heard.aside.keys().chain(with.aside.keys());
    let of = names.filter(|of| heard.aside.get(*of) != with.aside.get(*of)).min()?.clone();
    let step = heard.aside.get(&of).cloned().or_else(|| aside::none_of(&of))?;
    let last = story.steps.len() - 1;
    Some(Apart { step: last, client: String::new(), how: How::Aside { of, step }, heard })
}

fn how(right: &[Callback], wrong: &[Callback]) -> Option<How> {
    let same = |a: &Callback, b: &Callback| a.text == b.text && a.event.at == b.event.at;
    let at = (0..right.len().max(wrong.len()))
        .find(|at| !matches!((right.get(*at), wrong.get(*at)), (Some(a), Some(b)) if same(a, b)))?;
    let event = |callback: &Callback| callback.event.clone();
    match (right.get(at), wrong.get(at)) {
        (Some(expected), Some(came)) if expected.event.name == came.event.name => {
            // One too many, or one too few, of several that are alike.
            if wrong[at + 1..].iter().any(|later| same(expected, later)) {
                return Some(How::Extra { unwanted: event(came), anyway: right.iter().map(event).collect() });
            }
            if right[at + 1..].iter().any(|later| same(later, came)) {
                return Some(How::Missing(event(expected)));
            }
            Some(How::Changed { right: event(expected), wrong: event(came) })
        }
        (Some(expected), Some(came)) => {
            let later = wrong[at..].iter().any(|later| later.event.name == expected.event.name);
            Some(if later {
                How::Extra { unwanted: event(came), anyway: right.iter().map(event).collect() }
            } else {
                How::Missing(event(expected))
            })
        }
        (Some(expected), None) => Some(How::Missing(event(expected))),
        (None, Some(came)) => {
            Some(How::Extra { unwanted: event(came), anyway: right.iter().map(event).collect() })
        }
        (None, None) => None,
    }
}

/// Leaves out pauses that nobody sees anything of.
///
/// # Errors
/// The story cannot be run as it is.
pub(super) fn to_what_matters(story: &mut Story) -> Result<(), String> {
    let as_it_is = said(story, &trial::hear(story, None)?);
    let mut at = story.steps.len();
    while at > 0 {
        at -= 1;
        if !matches!(story.steps[at].what, Do::Pause(_)) {
            continue;
        }
        let mut smaller = story.clone();
        smaller.steps.remove(at);
        if trial::hear(&smaller, None).is_ok_and(|heard| said(&smaller, &heard) == as_it_is) {
            *story = smaller;
        }
    }
    prune_clients(story);
    Ok(())
}

/// What each client hears, whenever it does.
fn said(story: &Story, heard: &Heard) -> Vec<Vec<String>> {
    let of = |client: &String| {
        let all = heard.by_step.iter().flatten();
        all.filter(|callback| callback.event.client == *client)
            .map(|callback| untimed(&callback.text))
            .collect()
    };
    story.clients.keys().map(of).collect()
}

/// A canonical text without its instants, which are written `t0+1.000s`.
fn untimed(text: &str) -> String {
    let mut left = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("t0") {
        let behind = rest[at + 2..].find('s').map_or(rest.len(), |end| at + 2 + end + 1);
        left.push_str(&rest[..at]);
        rest = &rest[behind..];
    }
    left + rest
}
