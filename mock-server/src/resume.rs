//! Worlds that go on after a restart: each is made again from its recording.

use std::{
    fs::File,
    io::BufReader,
    path::{Path, PathBuf},
};

use recording::{End, Reader, What, Writer, replay::Replay};
use service::{
    ConnId, HttpId, Input, Service, Taken,
    act::{Act, SetSwitch},
};
use wire::UnixMillis;

use crate::{
    clock::WorldClock,
    config::{App, Record},
    exposure,
    making::Made,
    recorder::Recorder,
    recordings::{keep_damaged, path_of, to_resume},
    worlds::Worlds,
};

/// With less room than that a recording may have been ended by its limit: what did not fit was a piece of up to so many bytes.
const SCARCE: u64 = 64 << 10;

/// A world as it was when the server ended.
struct Resumed {
    service: Service,
    clock: WorldClock,
    recorder: Recorder,
    /// The highest numbers that it has seen.
    last_conn: ConnId,
    last_request: HttpId,
    /// Why what happened behind its last entry is missing, if its writer said so.
    ended: Option<String>,
}

/// Makes the world of a recording again, and goes on with the recording. Connections are gone with the process that had them: the
/// world hears of it first.
///
/// # Errors
/// It is no recording, of a world that cannot be made, or cannot be written: a sentence.
fn resume(path: &Path, limit: u64) -> Result<Resumed, String> {
    let said = |what: String| format!("{}: {what}", path.display());
    let file = File::open(path).map_err(|error| said(error.to_string()))?;
    let mut reader =
        Reader::open(BufReader::with_capacity(1 << 20, file)).map_err(|error| said(error.to_string()))?;
    let belongs = path_of(path.parent().unwrap_or(Path::new("")), &reader.header().app_key);
    if belongs != path {
        let (app_key, name) = (&reader.header().app_key, belongs.display());
        return Err(said(format!("it is of App Key {app_key}, whose recording is called {name}")));
    }
    let mut offset = reader.header().offset;
    let mut replay = Replay::begin(reader.header()).map_err(|mistakes| said(mistakes.join("; ")))?;
    let (mut last_conn, mut last_request) = (ConnId(0), HttpId(0));
    while let Some(entry) = reader.next_entry().map_err(|error| said(error.to_string()))? {
        match &entry.what {
            What::Clock(moved) => offset = *moved,
            What::Taken(Taken::Input(Input::Open { conn, .. })) => last_conn = last_conn.max(*conn),
            What::Taken(Taken::Input(Input::Http { id, .. })) => last_request = last_request.max(*id),
            _ => {}
        }
        replay.go_on(entry);
    }
    let mut ended = None;
    let (app_key, folder) = (reader.header().app_key.clone(), path.parent().unwrap_or(Path::new("")));
    match reader.end() {
        None | Some(End::Whole | End::Open) => {}
        Some(End::Ended(why)) => ended = Some(why.clone()),
        // Its writer ended within a line that nobody was told of.
        Some(End::Cut) => {
            tracing::warn!("{}: the line behind entry {} is cut", path.display(), reader.last())
        }
        Some(end @ End::Damaged(_)) => {
            let kept = keep_damaged(folder, &app_key).map_err(|error| said(error.to_string()))?;
            let (last, kept) = (reader.last(), kept.display());
            tracing::error!(
                "{}: {end}; the world goes on from entry {last}, and {kept} is all of it",
                path.display()
            );
        }
    }
    let (intact, going_on) = (reader.intact(), (reader.header(), Writer::go_on(&reader)));
    let unsaid: Vec<_> = replay.unsaid().collect();
    let (mut service, last) = replay.into_service();
    let mut clock = WorldClock::resumed(offset, last);
    let recorder = Recorder::go_on(path.to_path_buf(), intact, limit, going_on, &mut service);
    let mut recorder = recorder.map_err(|error| said(error.to_string()))?;
    unsaid.iter().for_each(|output| recorder.said(last, output));
    disconnect(&mut service, &mut recorder, clock.now());
    Ok(Resumed { service, clock, recorder, last_conn, last_request, ended })
}

impl Worlds {
    /// The worlds that are recorded, as they were, if they are to go on.
    pub(crate) fn resume(&self) -> Result<(), String> {
        let Some((folder, limit)) = folder(self.config.record.as_ref(), self.config.resume) else {
            return Ok(());
        };
        let found = to_resume(folder);
        for path in found.map_err(|error| format!("--resume {}: {error}", folder.display()))? {
            let Resumed { mut service, clock, mut recorder, last_conn, last_request, ended } =
                resume(&path, limit)?;
            // It may listen elsewhere now.
            let mut clock = clock;
            service.move_to(clock.now(), self.endpoints());
            recorder.taken(&mut service);
            recorder.keep();
            self.last_conn.set(self.last_conn.get().max(last_conn.0));
            self.last_request.set(self.last_request.get().max(last_request.0));
            self.seeds.made(service.app_key());
            self.fits(&service).map_err(|why| format!("{}: {why}", path.display()))?;
            if self.config.strict {
                let off = SetSwitch { name: "testTokens".to_owned(), value: false };
                // There is such a switch.
                let _ = service.act(clock.now(), &Act::SetSwitch(off));
                recorder.unheard(clock.now(), &mut service);
                recorder.keep();
            }
            self.warnings.borrow_mut().extend(reached(&path, &recorder, ended.as_deref()));
            let app_key = service.app_key().to_owned();
            tracing::info!(app_key, "goes on");
            let world = self.install(Made { service, clock, recorder: Some(recorder) });
            if world.is_unused() {
                self.unasked.borrow_mut().push_back(app_key);
            }
        }
        Ok(())
    }

    /// Whether a world that goes on is what the server was started for.
    fn fits(&self, service: &Service) -> Result<(), String> {
        if let Some(why) = exposure::refuses(&self.config, service.app_secret()) {
            return Err(why);
        }
        let told = self.config.apps.iter().find(|app| app.key == service.app_key());
        match told.filter(|app| **app != App::default() && app.secret != service.app_secret()) {
            Some(app) => Err(format!("the world {} has another App Secret than --app says", app.key)),
            None => Ok(()),
        }
    }
}

/// Nobody is connected any more.
fn disconnect(service: &mut Service, recorder: &mut Recorder, now: UnixMillis) {
    for view in service.connections() {
        service.handle(now, Input::Closed { conn: view.conn });
        recorder.unheard(now, service);
    }
    recorder.keep();
}

/// What is missing of a recording that its limit has ended, or is about to end.
fn reached(path: &Path, recorder: &Recorder, ended: Option<&str>) -> Option<String> {
    let (path, kept, room) = (path.display(), recorder.so_far(), recorder.room());
    let (entries, bytes) = (kept.entries, kept.bytes);
    let remedy = "start it with a larger --record-limit, or begin anew in another folder";
    if recorder.ended().is_some() {
        return Some(format!(
            "{path}: its {bytes} bytes are all that --record-limit allows: the world goes on from entry {entries}, what happened behind \
             it is missing, and nothing is kept from now on; {remedy}"
        ));
    }
    if let Some(why) = ended {
        return Some(format!(
            "{path}: what happened behind entry {entries} is missing, for {why}; the world goes on from there, with room for {room} bytes \
             more"
        ));
    }
    (room < SCARCE).then(|| {
        format!(
            "{path}: --record-limit leaves room for {room} bytes more than its {bytes}: what happened behind entry {entries} may be missing, \
             and little is kept from now on; {remedy}"
        )
    })
}

/// The folder to resume from, if worlds are to be.
fn folder(record: Option<&Record>, resume: bool) -> Option<(&PathBuf, u64)> {
    match record {
        Some(Record::To { folder, limit, .. }) if resume => Some((folder, *limit)),
        _ => None,
    }
}
