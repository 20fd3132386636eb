//! Recordings from outside: how far they are, and any part of one while it goes on.

use std::{
    fs::File,
    io::{BufRead, BufReader, Cursor, Read},
    ops::RangeInclusive,
    rc::Rc,
};

use bytes::Bytes;
use http::StatusCode;
use recording::Reader;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::{Call, Refusal, journal};
use crate::{
    recorder::Source,
    reply::{self, Reply},
    world::World,
};

/// How much of it goes to the reader in one piece, bytes; an entry may go beyond it.
const PIECE: usize = 64 << 10;
/// Pieces that may wait for a slow reader before no more is read for it.
const AHEAD: usize = 2;

/// Whether a world is recorded, how much of it is kept, and why not more; `null`: it is not.
pub(super) fn state(world: &World) -> Value {
    world
        .recorded(|recorder| {
            let kept = recorder.so_far();
            json!({"entries": kept.entries, "bytes": kept.bytes, "ended": recorder.ended()})
        })
        .unwrap_or_default()
}

/// `?from=N&to=M`: the entries with these numbers as a recording of their own, both ends included; all of it if not given.
pub(super) fn export(world: &World, call: &Call<'_>) -> Result<Reply, Refusal> {
    let from = call.number("from")?.unwrap_or(1);
    let to = call.number("to")?.unwrap_or(u64::MAX);
    // What was done up to now is in it, whether or not anybody waits for it.
    world.settle();
    world.keep();
    let found = world.recorded(|recorder| (recorder.source(), recorder.so_far().entries));
    let Some((Some(source), last)) = found else {
        let message = "the world is not recorded: start the server with --record DIR; the journal (`/journal`) has its newest entries";
        return Err(Refusal::new(StatusCode::CONFLICT, "not_recorded", message).at("appKey"));
    };
    if from == 0 {
        return Err(Refusal::invalid("entries are numbered from 1").at("from"));
    }
    if to < from {
        return Err(Refusal::invalid(format!("`to` ({to}) lies before `from` ({from})")).at("to"));
    }
    // One in which nothing has happened yet is its first line.
    if from > last.max(1) {
        return Err(Refusal::invalid(format!("the recording has {last} entries so far")).at("from"));
    }
    let seat = journal::seat(&world.meter)?;
    let (pieces, body) = mpsc::channel(AHEAD);
    // Reading may take a while: the thread of the worlds does not wait for it.
    let reading = tokio::task::spawn_blocking(move || read(source, from..=to.min(last), &pieces));
    let meter = Rc::clone(&world.meter);
    tokio::task::spawn_local(async move {
        let (_seat, _meter) = (seat, meter);
        match reading.await {
            Ok(Ok(())) => {}
            Ok(Err(why)) => tracing::error!("a recording is not exported to its end: {why}"),
            Err(error) => tracing::error!("a recording is not exported to its end: {error}"),
        }
    });
    Ok(reply::lines(body))
}

/// Sends it on in pieces, for as long as somebody takes them.
fn read(source: Source, entries: RangeInclusive<u64>, pieces: &mpsc::Sender<Bytes>) -> Result<(), String> {
    let input: Box<dyn BufRead> = match source {
        Source::File(path, length) => {
            let file = File::open(&path).map_err(|error| format!("{}: {error}", path.display()))?;
            // What is being written behind it is no part of it.
            Box::new(BufReader::with_capacity(PIECE, file.take(length)))
        }
        Source::Memory(bytes) => Box::new(Cursor::new(bytes)),
    };
    let mut reader = Reader::open(input).map_err(|error| error.to_string())?;
    let mut piece = Vec::new();
    let copied = recording::span(&mut reader, entries, |bytes| {
        piece.extend_from_slice(bytes);
        piece.len() < PIECE || pieces.blocking_send(std::mem::take(&mut piece).into()).is_ok()
    });
    copied.map_err(|error| error.to_string())?;
    if !piece.is_empty() {
        // Nobody takes it any more.
        let _ = pieces.blocking_send(piece.into());
    }
    Ok(())
}
