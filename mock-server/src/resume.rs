//! Worlds that go on after a restart: each is made again from its recording.

use std::{
    fs::File,
    io::BufReader,
    path::{Path, PathBuf},
};

use recording::{End, Reader, What, Writer, replay::Replay};
use service::{ConnId, HttpId, Input, Service, Taken};
use wire::UnixMillis;

use crate::{
    clock::WorldClock,
    config::Record,
    recorder::{Recorder, keep_damaged, path_of},
};

/// A world as it was when the server ended.
pub(crate) struct Resumed {
    pub(crate) service: Service,
    pub(crate) clock: WorldClock,
    pub(crate) recorder: Recorder,
    /// The highest numbers that it has seen.
    pub(crate) last_conn: ConnId,
    pub(crate) last_request: HttpId,
}

/// Makes the world of a recording again, and goes on with the recording. Connections are gone with the process that had them: the
/// world hears of it first.
///
/// # Errors
/// It is no recording, of a world that cannot be made, or cannot be written: a sentence.
pub(crate) fn resume(path: &Path, limit: u64) -> Result<Resumed, String> {
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
    let (app_key, folder) = (reader.header().app_key.clone(), path.parent().unwrap_or(Path::new("")));
    match reader.end() {
        None | Some(End::Whole) => {}
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
    let (mut service, last) = replay.into_service();
    let mut clock = WorldClock::resumed(offset, last);
    let recorder = Recorder::go_on(path.to_path_buf(), intact, limit, going_on, &mut service);
    let mut recorder = recorder.map_err(|error| said(error.to_string()))?;
    disconnect(&mut service, &mut recorder, clock.now());
    Ok(Resumed { service, clock, recorder, last_conn, last_request })
}

/// Nobody is connected any more.
fn disconnect(service: &mut Service, recorder: &mut Recorder, now: UnixMillis) {
    for view in service.connections() {
        service.handle(now, Input::Closed { conn: view.conn });
        recorder.unheard(now, service);
    }
    recorder.keep();
}

/// The folder to resume from, if worlds are to be.
pub(crate) fn folder(record: Option<&Record>, resume: bool) -> Option<(&PathBuf, u64)> {
    match record {
        Some(Record::To { folder, limit, .. }) if resume => Some((folder, *limit)),
        _ => None,
    }
}
