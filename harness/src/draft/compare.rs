//! What the recorded clients heard, held against what the reference client hears in the same story.

use std::collections::BTreeMap;

use recording::{Entry, Seen, What};

use super::{expect, story::Story, trial};

/// Notes at most; more are counted.
const MOST: usize = 12;

/// Notes where a recorded client heard something another number of times than the reference client does: something of the session is
/// not carried over, the two clients differ, or the two services do.
///
/// # Errors
/// The story cannot be run.
pub(super) fn with_the_recording(story: &mut Story, entries: &[Entry]) -> Result<(), String> {
    // Of a part of a recording the whole tells nothing.
    if story.is_part {
        return Ok(());
    }
    let mut recorded: BTreeMap<(String, String), i64> = BTreeMap::new();
    let mut told = false;
    for entry in entries {
        if let What::Seen(Seen::Callback { client, name, args }) = &entry.what
            && story.clients.contains_key(client)
        {
            told = true;
            if !expect::is_noise(name, args) {
                *recorded.entry((client.clone(), name.clone())).or_default() += 1;
            }
        }
    }
    if !told {
        return Ok(());
    }
    let heard = trial::hear(story, None)?;
    let mut apart = recorded;
    for callback in heard.by_step.iter().flatten() {
        let event = &callback.event;
        if !expect::is_noise(&event.name, &event.args) {
            *apart.entry((event.client.clone(), event.name.clone())).or_default() -= 1;
        }
    }
    apart.retain(|_, more| *more != 0);
    for ((client, name), more) in apart.iter().take(MOST) {
        let (times, way) = (more.abs(), if *more > 0 { "more" } else { "less" });
        let of = if times == 1 { "once".to_owned() } else { format!("{times} times") };
        story.notes.push(format!(
            "{client} heard {name} {of} {way} when it was recorded than the reference client does"
        ));
    }
    if apart.len() > MOST {
        story.notes.push(format!("and {} more such differences", apart.len() - MOST));
    }
    Ok(())
}
