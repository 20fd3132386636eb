//! Who drives a session: does what apps did, each thing when it was done, with the recorded service in the world's stead.

use std::{
    thread,
    time::{Duration, Instant},
};

use indexmap::IndexMap;
use recording::{Entry, Header};
use serde_json::{Map, Value};
use service::{Preset, setup::WorldSetup};
use wire::UnixMillis;

use super::{
    Playing,
    known::Known,
    places::Places,
    player::{GRACE, Player, scaled},
    script::Script,
    session::{Act, Session},
};
use crate::{
    runner::{CaseLimit, Driver, Fault, Returned, Stage},
    scenario::NetworkChange,
    step::Pace,
};

/// How long a session may take by the wall clock beyond the time that passes in it.
const LIMIT: Duration = Duration::from_secs(120);
/// By a clock that is looked at, time passes in pieces of so much.
const PIECE: Duration = Duration::from_millis(50);

/// Does what apps did, with the recorded service in the world's stead: the recording of that, and the player's account.
pub(super) fn staged(
    (header, entries): (&Header, &[Entry]),
    script: Script,
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
    let player = Player::new(script, upstream, times, session.apps);
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
        bugs: playing.bugs.clone(),
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
    let mut known = Known::of(entries);
    let next = |n: Option<u64>| n.map_or(Value::Null, Value::from);
    say_until(driver, app_key, next(session.steps.first().map(|step| step.n)))?;
    for (place, step) in session.steps.iter().enumerate() {
        until(driver, start, scaled(step.after, times), pace, began)?;
        known.learn(driver.events());
        let client = step.client.as_str();
        let failed = match &step.act {
            Act::Call(method, args) => {
                let mut args = Value::Object(known.rewritten(client, args));
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
