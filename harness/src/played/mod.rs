//! The service's half of a recording, played to a client: the apps' calls are made again, what the client asks is answered as the recorded
//! service answered, and what the app is told is compared.
//!
//! `script` reads what the service said, `session` what apps did. `player` is the service in a world's stead
//! ([`StandIn`](service::StandIn): pure, in the world's time): a request is matched by what it means (`asked`), its answer gets the client's number;
//! what the service said by itself is said when it is time and what came before it in the recording has come, or is not waited for any
//! longer. `http` does the same for navigation and files. `ids` puts a client's own numbers into calls, `account` tells what was asked
//! otherwise, `nature` what another client tells otherwise because it is another.

mod account;
mod asked;
mod http;
mod ids;
mod nature;
mod places;
mod player;
mod script;
mod session;

use std::{
    collections::BTreeMap,
    thread,
    time::{Duration, Instant},
};

use indexmap::IndexMap;
use recording::{End, Entry, Header, Reader, Writer};
use serde_json::{Map, Value};
use service::{Preset, setup::WorldSetup};
use wire::UnixMillis;

use crate::{
    draft,
    recorded::{
        self, Outcome,
        meaning::{Of, Rules},
    },
    runner::{Abilities, CaseLimit, Driver, Fault, Interrupt, Returned, Stage},
    scenario::NetworkChange,
    step::Pace,
};
use ids::LocalIds;
use nature::Nature;
use places::Places;
use player::{GRACE, Player, scaled};
use session::{Act, Session};

/// The most entries of a recording that is played.
pub const MOST_ENTRIES: usize = 200_000;

/// How long a session may take by the wall clock beyond the time that passes in it.
const LIMIT: Duration = Duration::from_secs(120);
/// Of what is left out so much is told.
const MOST_NOTES: usize = 8;
/// By a clock that is looked at, time passes in pieces of so much.
const PIECE: Duration = Duration::from_millis(50);

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

/// Plays the service's half of a recording to a client.
///
/// # Errors
/// Nothing in it can be played, or the client is gone: a sentence.
pub fn play(
    header: &Header,
    entries: &[Entry],
    driver: &mut dyn Driver,
    playing: &Playing,
) -> Result<Played, String> {
    if header.from > 1 {
        return Err(format!(
            "it begins at entry {}: what clients knew by then is not in it, so they cannot be played to",
            header.from
        ));
    }
    let filled = if header.said { None } else { Some(draft::with_what_was_said(header, entries)?) };
    let entries = filled.as_deref().unwrap_or(entries);
    let mut session = session::session(header, entries);
    if session.steps.is_empty() {
        return Err("no client does anything in it".to_owned());
    }
    let mut notes = std::mem::take(&mut session.notes);
    cast(&mut session, header, driver, &mut notes);
    let (recording, told) = staged(header, entries, &session, driver, playing, &mut notes)?;
    let outcome =
        compared((header, entries), &recording, (&session, &told), driver.abilities(), playing, &mut notes)?;
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

/// Does what apps did, with the recorded service in the world's stead: the recording of that, and the player's account.
fn staged(
    header: &Header,
    entries: &[Entry],
    session: &Session,
    driver: &mut dyn Driver,
    playing: &Playing,
    notes: &mut Vec<String>,
) -> Result<(Vec<u8>, Value), String> {
    let virtual_clock = driver.abilities().clock == "virtual";
    // Its own clock runs at its own pace: only the session can go faster.
    let times = match playing.pace {
        Pace::Times(times) if !virtual_clock => times,
        _ => 1.0,
    };
    if !virtual_clock && playing.pace == Pace::Virtual {
        notes.push("this client has a clock of its own: it is played to in real time".to_owned());
    }
    let upstream = header.proxy.as_ref().map_or(&header.endpoints.navi, |proxy| &proxy.upstream);
    let player = Player::new(script::script(header, entries), upstream, times, session.apps);
    let places = Places::new(upstream, &driver.navi());
    let mut setup = match &header.proxy {
        // Where the client asks for navigation in a way that the recorded one did not, a world with everything answers.
        Some(_) => WorldSetup { preset: Some(Preset::Everything), ..WorldSetup::default() },
        None => header.world.clone(),
    };
    setup.start = Some(header.start);
    let app_key = header.app_key.as_str();
    let stage = Stage {
        worlds: IndexMap::from_iter([(app_key.to_owned(), &setup)]),
        clients: session
            .clients
            .iter()
            .map(|(name, client)| (name.clone(), (client, app_key.to_owned())))
            .collect(),
        seed: header.seed,
        varied: false,
        start: header.start,
        recorded: true,
    };
    let lasts = match playing.pace {
        Pace::Times(times) => scaled(session.end, times),
        Pace::Virtual => session.end,
    };
    let lasts = if virtual_clock && playing.pace == Pace::Virtual { Duration::ZERO } else { lasts };
    *driver.limit() = CaseLimit::begin(LIMIT + lasts, playing.interrupt.clone());
    let done = driver.begin(&stage).and_then(|()| {
        let app_key = app_key.to_owned();
        driver.look(
            &app_key,
            Box::new(move |service, _| {
                service.stands_in(Box::new(player));
                Value::Null
            }),
        )?;
        let pace = if virtual_clock { playing.pace } else { Pace::Virtual };
        acted(session, entries, driver, (pace, times), (&app_key, &places), notes)?;
        let told = driver.look(
            &app_key,
            Box::new(|service, _| service.stand_in().map_or(Value::Null, service::StandIn::told)),
        )?;
        Ok((driver.recordings()?.into_iter().next().unwrap_or_default(), told))
    });
    driver.limit().end();
    driver.end();
    done.map_err(|fault| fault.0)
}

/// Does what apps did, each thing when it was done.
fn acted(
    session: &Session,
    entries: &[Entry],
    driver: &mut dyn Driver,
    (pace, times): (Pace, f64),
    (app_key, places): (&str, &Places),
    notes: &mut Vec<String>,
) -> Result<(), Fault> {
    let (start, began, none) = (driver.now(), Instant::now(), Map::new());
    let mut ids = LocalIds::of(entries);
    let next = |n: Option<u64>| n.map_or(Value::Null, Value::from);
    say_until(driver, app_key, next(session.steps.first().map(|step| step.n)))?;
    for (place, step) in session.steps.iter().enumerate() {
        until(driver, start, scaled(step.after, times), pace, began)?;
        ids.learn(driver.events());
        let client = step.client.as_str();
        let failed = match &step.act {
            Act::Call(method, args) => {
                let mut args = Value::Object(ids.rewritten(client, args));
                places.call(&mut args, &driver.navi());
                let args = args.as_object().unwrap_or(&none);
                match driver.call(client, method, args, false)? {
                    Returned::Unsupported(why) => {
                        Some(format!("{client}.{method}: this client does not do that: {why}"))
                    }
                    Returned::Value(_) => None,
                }
            }
            Act::Network(change) => network(driver, client, *change).err(),
            Act::Foreground(foreground) => driver.lifecycle(client, *foreground).err().map(|fault| fault.0),
            Act::Restart(keeps) => driver.restart(client, *keeps).err().map(|fault| fault.0),
        };
        say_until(driver, app_key, next(session.steps.get(place + 1).map(|step| step.n)))?;
        if !step.at_once {
            driver.settle()?;
        }
        driver.limit().check()?;
        notes.extend(failed.map(|why| format!("entry {}: {why}", step.n)));
    }
    until(driver, start, scaled(session.end, times), pace, began)?;
    driver.rest()?;
    // What waits for a request that does not come waits so long.
    let waits = driver.look(
        app_key,
        Box::new(|service, now| {
            let due = service.stand_in().and_then(service::StandIn::next_deadline);
            due.is_some_and(|due| due <= now + GRACE).into()
        }),
    )?;
    if waits == true {
        driver.advance(GRACE)?;
        driver.rest()?;
    }
    Ok(())
}

/// What was said before this entry, where apps did something, may be said: all, if it is none.
fn say_until(driver: &mut dyn Driver, app_key: &str, n: Value) -> Result<(), Fault> {
    let tell = move |service: &mut service::Service, now| {
        service.tell_stand_in(now, &n);
        Value::Null
    };
    driver.look(app_key, Box::new(tell)).map(drop)
}

/// Lets time pass until so long after the beginning; where a clock is looked at, not faster than it says.
fn until(
    driver: &mut dyn Driver,
    start: UnixMillis,
    after: Duration,
    pace: Pace,
    began: Instant,
) -> Result<(), Fault> {
    let target = start + after;
    while driver.now() < target {
        let left = target.since(driver.now());
        let Pace::Times(times) = pace else { return driver.advance(left) };
        driver.advance(left.min(PIECE.mul_f64(times)).max(Duration::from_millis(1)))?;
        let shown = scaled(driver.now().since(start), times);
        thread::sleep(shown.saturating_sub(began.elapsed()));
        driver.limit().check()?;
    }
    Ok(())
}

/// Something happens to a client's network; one that cannot be told of it loses its connections, and gets none.
fn network(driver: &mut dyn Driver, client: &str, change: NetworkChange) -> Result<(), String> {
    let instead: &[NetworkChange] = match change {
        NetworkChange::Offline => &[NetworkChange::Refuse, NetworkChange::Cut],
        NetworkChange::Online => &[NetworkChange::Allow],
        NetworkChange::Change => &[NetworkChange::Cut],
        _ => &[],
    };
    driver.network(client, change).or_else(|fault| match instead {
        [] => Err(fault.0),
        changes => {
            changes.iter().try_for_each(|change| driver.network(client, *change)).map_err(|fault| fault.0)
        }
    })
}

/// Compares what apps were told, or where that is not recorded what clients asked.
fn compared(
    recorded: (&Header, &[Entry]),
    again: &[u8],
    (session, told): (&Session, &Value),
    can: &Abilities,
    playing: &Playing,
    notes: &mut Vec<String>,
) -> Result<Outcome, String> {
    let (header, entries) = recorded;
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
        end: End::Whole,
        compared: true,
        difference: (!lines.is_empty()).then_some(lines),
    })
}
