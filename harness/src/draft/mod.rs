//! A scenario made of a recording: what the apps and the service's operator did becomes steps, ids become names, and what must
//! come of it is asked of the reference client and the service of this build.
//!
//! `story` is what a recording tells without its noise, `gather` reads it off, from the app's
//! calls where they are recorded and from the client's frames (`guess`) where they are not; `names` puts references
//! where ids were; `trial` runs it; `shrink` leaves out what a bug does not need; `expect` says what must come (of each callback what `matching` picks); `yaml`
//! writes it down.

mod aside;
mod compare;
mod ending;
mod expect;
mod gather;
mod guess;
mod matching;
mod names;
mod people;
mod setup;
mod shrink;
mod story;
mod trial;
mod write;
mod yaml;

use std::collections::BTreeSet;

use recording::{Entry, Header, What, replay::Replay};
use service::bug::Bug;

pub(crate) use people::platform;
pub(crate) use story::{Do, Story};

use trial::Heard;

/// The most entries of a recording that a draft is made of.
pub const MOST_ENTRIES: usize = 200_000;

/// The most steps that are tried; a longer story is to be narrowed first.
const MOST_STEPS: usize = 2_000;

/// What is wanted of a recording.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// What the recording is called, for the draft's first lines.
    pub name: String,
    /// Only what these entries did (by their numbers), and the logins before it; empty: all.
    pub entries: BTreeSet<u64>,
    /// What is to be said of the recording itself: a sentence each, before all others.
    pub notes: Vec<String>,
    /// The bug that the scenario is to notice. Without one, those are taken that were on when it was recorded.
    pub bug: Option<Bug>,
}

/// A scenario, and how it came out.
#[derive(Debug, Clone)]
pub struct Draft {
    /// The file.
    pub yaml: String,
    /// What could not be carried over, or was seen otherwise: a sentence each.
    pub notes: Vec<String>,
    /// Its steps, `steps:` of the file counted.
    pub steps: usize,
    /// Whether the reference client passes it with the service of this build.
    pub passes: bool,
    /// The bugs that it is to notice, and whether it fails with each.
    pub notices: Vec<(&'static str, bool)>,
}

/// Makes a scenario of a recording's entries.
///
/// # Errors
/// Nothing in it can be done again, or the harness cannot run it: a sentence.
pub fn draft(header: &Header, entries: &[Entry], wanted: &Wanted) -> Result<Draft, String> {
    let filled = if header.said { None } else { Some(with_what_was_said(header, entries)?) };
    let mut story = gather::gather(header, filled.as_deref().unwrap_or(entries), wanted);
    if story.steps.is_empty() {
        return Err(format!(
            "nothing that a client or the service's operator did is in it{}",
            if wanted.entries.is_empty() { "" } else { ", as far as it was asked for" }
        ));
    }
    if story.steps.len() > MOST_STEPS {
        return Err(format!(
            "it tells {} steps; narrow it to at most {MOST_STEPS} (--from, --to)",
            story.steps.len()
        ));
    }
    if header.from > 1 {
        let note = format!(
            "it is a span from entry {} on: who was connected before that takes no part",
            header.from
        );
        story.notes.push(note);
    }
    story.notes.splice(0..0, wanted.notes.iter().cloned());
    names::name(&mut story);
    let bugs: Vec<Bug> = match wanted.bug {
        Some(bug) => vec![bug],
        None => story.bugs.iter().copied().collect(),
    };
    trial::carry_over(&mut story)?;
    compare::with_the_recording(&mut story, filled.as_deref().unwrap_or(entries))?;
    let as_carried_over = story.clone();
    let placed = trial::keep_where_it_comes(&mut story).and_then(|()| trial::hear(&story, None));
    if placed.is_err() {
        story = as_carried_over;
    }
    let mut found = None;
    if let Some(bug) = bugs.first() {
        found = shrink::to_the_bug(&mut story, *bug)?;
    }
    if found.is_none() {
        shrink::to_what_matters(&mut story)?;
    }
    let heard = trial::hear(&story, None)?;
    answered(&mut story, &heard);
    let expectations = match &found {
        Some(apart) => expect::of_a_bug(&story, apart),
        None => expect::of_all(&story, &heard),
    };
    let mut names: Vec<&'static str> = bugs.iter().map(|bug| name_of(*bug)).collect();
    let mut written = write::scenario(&story, &expectations, wanted, &names);
    let passes = match trial::run(&written.yaml, None)?.verdict {
        Ok(()) => true,
        Err(why) => {
            story.notes.push(format!("it does not pass with the reference client: {why}"));
            false
        }
    };
    let mut notices = Vec::new();
    for bug in &bugs {
        notices.push((name_of(*bug), trial::run(&written.yaml, Some(*bug))?.verdict.is_err()));
    }
    // What it does not notice it must not say that it does.
    names.retain(|name| notices.contains(&(name, true)));
    if names.len() < bugs.len() {
        for (name, _) in notices.iter().filter(|(_, noticed)| !noticed) {
            story.notes.push(format!(
                "it does not notice `{name}`: another client may, or that needs more than was recorded"
            ));
        }
        written = write::scenario(&story, &expectations, wanted, &names);
    }
    let yaml = write::with_notes(&written.yaml, &story.notes);
    Ok(Draft { yaml, notes: story.notes, steps: written.steps, passes, notices })
}

/// What apps did in a session, as recorded, or guessed of their clients' frames.
pub(crate) fn story(header: &Header, entries: &[Entry]) -> Story {
    gather::gather(header, entries, &Wanted::default())
}

/// A recording of what was done alone: what was said follows from it. The numbers stay those of what was done.
///
/// # Errors
/// Its world cannot be made: a sentence.
pub(crate) fn with_what_was_said(header: &Header, entries: &[Entry]) -> Result<Vec<Entry>, String> {
    let mut replay = Replay::begin(header).map_err(|mistakes| mistakes.join("; "))?;
    let mut all = Vec::with_capacity(entries.len() * 2);
    for entry in entries {
        let (n, after) = (entry.n, entry.after);
        all.push(entry.clone());
        let said = replay.spoken(entry.clone());
        all.extend(said.into_iter().map(|said| Entry { n, after, what: What::Said(said) }));
    }
    Ok(all)
}

/// Writes into the calls of the Server API what they are answered with.
fn answered(story: &mut story::Story, heard: &Heard) {
    let calls = story.steps.iter_mut().filter_map(|step| match &mut step.what {
        story::Do::Api(call) => Some(call),
        _ => None,
    });
    for (call, status) in calls.zip(&heard.answers) {
        call["api"]["expect"]["status"] = (*status).into();
    }
}

/// A bug as scenarios name it.
fn name_of(bug: Bug) -> &'static str {
    Bug::ALL.iter().find(|(known, _)| *known == bug).map_or("", |(_, name)| name)
}
