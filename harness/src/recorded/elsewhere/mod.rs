//! Recordings from elsewhere, replayed to the service by meaning: a world is made from what they show, the clients' half is fed to
//! it with the ids that it announced in the place of theirs, and what it says is compared.

mod feed;
mod rewrite;
mod world;

pub(crate) use rewrite::{Names, body as rewrite_body};

use std::io::BufRead;

use recording::{End, Reader};
use service::setup::WorldSetup;

use super::{
    beside,
    meaning::{Of, Rules},
    replayed::Outcome,
};

/// Of longer recordings a world is made once, and none is tried that might fit better.
const MOST_TRIED: u64 = 20_000;

/// Replays a recording to a service of this build by meaning. `open` opens it: it is read several times. `all`: tells all
/// differences, not only the first.
///
/// # Errors
/// It cannot be read, or no world can be made of it: a sentence.
pub fn replayed_by_meaning<R: BufRead>(
    open: impl Fn() -> Result<Reader<R>, String>,
    rules: Rules,
    all: bool,
) -> Result<(Outcome, Vec<String>), String> {
    let (shown, mut notes) = world::shown(&mut open()?)?;
    // The operator of the other service left no trace that could be followed, and no world can be made that is like it to the
    // millisecond.
    let rules = rules.ignoring(Of::Acts).ignoring(Of::Operator).ignoring(Of::Calls).ignoring(Of::Callbacks);
    let rules = rules.with_any_instant();
    let compared = open()?.header().said;
    let in_world = |setup: &WorldSetup| {
        let again = feed::fed(&mut open()?, &shown, setup)?;
        let mut ours = Reader::open(&again[..]).map_err(|error| error.to_string())?;
        let mut found = beside(&mut open()?, &mut ours, rules.clone())?;
        if found.a.end != End::Whole || found.a.too_long {
            found.up_to_the_cut(&mut Reader::open(&again[..]).map_err(|error| error.to_string())?)?;
        }
        Ok::<_, String>((again, found))
    };
    let (mut again, mut found) = in_world(&shown.setup)?;
    // What nothing tells is tried: a service that makes a difference is off where there is less of one without it.
    let mut setup = shown.setup.clone();
    for service in world::open_questions(&setup) {
        if found.compared.differences.is_empty() || found.a.entries > MOST_TRIED {
            break;
        }
        let mut other = setup.clone();
        other.switches.set(service, false);
        let (tried, better) = in_world(&other)?;
        if better.compared.places() < found.compared.places() {
            notes.push(format!("`{service}` is off in it: that fits better"));
            (again, found, setup) = (tried, better, other);
        }
    }
    let second = || Reader::open(&again[..]).map_err(|error| error.to_string());
    let told = found.told(all, &mut open()?, &mut second()?)?;
    let (kinds, places) = (found.compared.differences.len(), found.compared.places());
    let difference = (!told.is_empty()).then(|| {
        let mut lines = told.concat();
        lines.push(format!("-: recorded, +: now; {kinds} differences, in {places} places, in all"));
        lines
    });
    notes.extend(found.notes);
    notes.extend(found.partly);
    let end = found.a.end.clone();
    let end = if found.a.too_long && end == End::Whole { End::Cut } else { end };
    Ok((Outcome { entries: found.a.entries, end, compared, difference }, notes))
}
