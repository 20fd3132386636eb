//! The service's half of a recording, played to a client: the apps' calls are made again, what the client asks is answered as the recorded
//! service answered, and what the app is told is compared.
//!
//! `script` reads what the service said, `session` what apps did. `player` is the service in a world's stead
//! ([`StandIn`](service::StandIn): pure, in the world's time): a request is matched by what it means (`finding`, `asked`), its answer gets the client's number
//! (`frames`); `order` says what is said when:
//! what the service said by itself is said when it is time and what came before it in the recording has come, or is not waited for any
//! longer. `http` does the same for navigation and files. `known` puts a client's own numbers into calls, `account` tells what was asked
//! otherwise, `nature` what another client tells otherwise because it is another.

mod account;
mod asked;
mod compared;
mod finding;
mod frames;
mod http;
mod known;
mod nature;
mod order;
mod places;
mod player;
mod script;
mod session;
mod stage;

use recording::{End, Entry, Header};

use crate::{
    draft,
    recorded::{Outcome, meaning::Rules},
    runner::{Driver, Interrupt},
    step::Pace,
};
use places::Places;
use session::Session;

/// The most entries of a recording that is played.
pub const MOST_ENTRIES: usize = 200_000;

/// How a recording is played.
#[derive(Debug, Clone)]
pub struct Playing {
    /// How fast: in virtual time as fast as it goes, or by the machine's clock. A client with a clock of its own is played to at its own
    /// pace at least.
    pub pace: Pace,
    /// Whoever wants its end.
    pub interrupt: Interrupt,
    /// By which rules callbacks are compared.
    pub rules: Rules,
    /// All differences are told, not only the first.
    pub all: bool,
    /// What the client asks is compared, too.
    pub requests: bool,
    /// Deliberate bugs that the reference client has: tests of the tests.
    pub bugs: Vec<reference_client::bug::Bug>,
}

/// What came of it.
#[derive(Debug)]
pub struct Played {
    /// The difference in what apps were told, if there is one.
    pub outcome: Outcome,
    /// What a reader should know: a sentence each.
    pub notes: Vec<String>,
    /// The recording of this session.
    pub recording: Vec<u8>,
}

/// Plays the service's half of a recording to a client. Of one that is cut or damaged (`end`) what follows that is not compared.
///
/// # Errors
/// Nothing in it can be played, or the client is gone: a sentence.
pub fn play(
    header: &Header,
    entries: &[Entry],
    end: &End,
    driver: &mut dyn Driver,
    playing: &Playing,
) -> Result<Played, String> {
    if header.from > 1 {
        return Err(format!(
            "it begins at entry {}: what clients knew by then is not in it, so they cannot be played to",
            header.from
        ));
    }
    if header.proxy.as_ref().is_some_and(|proxy| proxy.scrubbed) {
        return Err("it is scrubbed: apps cannot call what stands for their calls".to_owned());
    }
    let filled = if header.said { None } else { Some(draft::with_what_was_said(header, entries)?) };
    let entries = filled.as_deref().unwrap_or(entries);
    let script = script::script(header, entries);
    let mut session = session::session(header, entries, &script);
    if session.steps.is_empty() {
        return Err("no client does anything in it".to_owned());
    }
    let mut notes = std::mem::take(&mut session.notes);
    cast(&mut session, header, driver, &mut notes);
    let (recording, told) = stage::staged((header, entries), script, &session, driver, playing, &mut notes)?;
    let outcome = compared::compared(
        (header, entries, end),
        &recording,
        (&session, &told),
        driver.abilities(),
        playing,
        &mut notes,
    )?;
    Ok(Played { outcome, notes, recording })
}

/// Clients as this one can be them: of a platform that it has, and where others were beside it only if they can be beside it, too.
fn cast(session: &mut Session, header: &Header, driver: &dyn Driver, notes: &mut Vec<String>) {
    let can = driver.abilities();
    let upstream = header.proxy.as_ref().map_or(&header.endpoints.navi, |proxy| &proxy.upstream);
    let places = Places::new(upstream, &driver.navi());
    for (name, client) in &mut session.clients {
        if let Some(beside) = &client.client
            && !can.beside.contains(beside)
        {
            notes.push(format!(
                "{name} was {beside}, which {} cannot have beside it: it plays it, too",
                can.client
            ));
            client.client = None;
        }
        let unfit = |platform: &String| !can.platforms.is_empty() && !can.platforms.contains(platform);
        if client.client.is_none()
            && let Some(platform) = client.platform.take_if(|platform| unfit(platform))
        {
            notes.push(format!("{name} was of the platform {platform}, which {} cannot be", can.client));
        }
        for (_, value) in &mut client.options {
            places.call(value, &driver.navi());
        }
    }
}
