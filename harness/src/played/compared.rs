//! What apps were told beside what they were told then.

use std::collections::BTreeMap;

use recording::{End, Entry, Header, Reader, Writer};
use serde_json::Value;

use super::{Playing, account, nature::Nature, session::Session};
use crate::{
    recorded::{self, Outcome, meaning::Of},
    runner::Abilities,
};

/// Of what is left out so much is told.
const MOST_NOTES: usize = 8;

/// Compares what apps were told, or where that is not recorded what clients asked.
pub(super) fn compared(
    recorded: (&Header, &[Entry], &End),
    again: &[u8],
    (session, told): (&Session, &Value),
    can: &Abilities,
    playing: &Playing,
    notes: &mut Vec<String>,
) -> Result<Outcome, String> {
    let (header, entries, end) = recorded;
    let mut rules = playing.rules.clone();
    for of in [Of::Frames, Of::Http, Of::Webhooks, Of::Operator, Of::Acts, Of::Calls] {
        rules = rules.ignoring(of);
    }
    notes.extend(account::sentences(told));
    let mut first = Vec::new();
    let mut writer = Writer::begin(header, &mut first);
    for entry in entries {
        writer.add(header.start + entry.after, &entry.what, &mut first);
    }
    let one = || Reader::open(&first[..]).map_err(|error| error.to_string());
    let other = || Reader::open(again).map_err(|error| error.to_string());
    let mut found = recorded::beside(&mut one()?, &mut other()?, rules)?;
    notes.append(&mut found.notes);
    notes.append(&mut found.partly);
    if *end != End::Whole {
        found.up_to_the_cut(&mut other()?)?;
    }
    let nature = Nature::of(can, &mut one()?, &mut other()?)?;
    let mut left_out = BTreeMap::new();
    found.compared.differences.retain(|difference| match nature.explains(difference) {
        Some(what) => {
            *left_out.entry(what).or_insert(0) += 1 + difference.again;
            false
        }
        None => true,
    });
    notes.extend(
        left_out.iter().take(MOST_NOTES).map(|(what, times)| format!("{what} ({times} times): left out")),
    );
    if left_out.len() > MOST_NOTES {
        notes.push(format!("and {} more of that kind", left_out.len() - MOST_NOTES));
    }
    let kinds = found.compared.differences.len();
    let mut lines = found.told(playing.all, &mut one()?, &mut other()?)?.concat();
    if kinds > 0 {
        lines.push(format!(
            "-: recorded, +: now; {kinds} differences, in {} places, in all",
            found.compared.places()
        ));
    }
    let asks_otherwise = !account::is_clean(told) && (playing.requests || !session.apps);
    if lines.is_empty() && asks_otherwise {
        lines.push("the client asks otherwise than was recorded: see the notes".to_owned());
    }
    Ok(Outcome {
        entries: entries.last().map_or(0, |entry| entry.n),
        end: end.clone(),
        compared: true,
        difference: (!lines.is_empty()).then_some(lines),
    })
}
