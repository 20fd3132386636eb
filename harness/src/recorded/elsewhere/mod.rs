//! Recordings from elsewhere, replayed to the service by meaning: a world is made from what they show, the clients' half is fed to
//! it with the ids that it announced in the place of theirs, and what it says is compared.

mod feed;
mod rewrite;
mod world;

use std::io::BufRead;

use recording::{End, Reader};

use super::{
    beside,
    meaning::{Of, Rules},
    replayed::Outcome,
};

/// Replays a recording to a service of this build by meaning. `open` opens it: it is read several times.
///
/// # Errors
/// It cannot be read, or no world can be made of it: a sentence.
pub fn replayed_by_meaning<R: BufRead>(
    open: impl Fn() -> Result<Reader<R>, String>,
    rules: Rules,
) -> Result<(Outcome, Vec<String>), String> {
    let (setup, mut notes) = world::shown(&mut open()?)?;
    let again = feed::fed(&mut open()?, &setup)?;
    let second = || Reader::open(&again[..]).map_err(|error| error.to_string());
    // The operator of the other service left no trace that could be followed.
    let rules = rules.ignoring(Of::Acts).ignoring(Of::Operator).ignoring(Of::Calls).ignoring(Of::Callbacks);
    let compared = open()?.header().said;
    let found = beside(&mut open()?, &mut second()?, rules)?;
    let mut told = found.told(false, &mut open()?, &mut second()?)?;
    let (kinds, places) = (found.compared.differences.len(), found.compared.places());
    let difference = (!told.is_empty()).then(|| {
        let mut lines = told.swap_remove(0);
        lines.push(format!("-: recorded, +: now; {kinds} differences, in {places} places, in all"));
        lines
    });
    notes.extend(found.notes);
    notes.extend(found.partly);
    let end = found.a.end.clone();
    let end = if found.a.too_long && end == End::Whole { End::Cut } else { end };
    Ok((Outcome { entries: found.a.entries, end, compared, difference }, notes))
}
