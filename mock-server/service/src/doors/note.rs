//! What a shell saw below the frames and the journal should show all the same.

use wire::UnixMillis;

use crate::{
    core::{io::ConnId, journal::What},
    world::World,
};

/// Records something about a connection's bytes that is no frame and does not end it (a text message, a stream that
/// ends inside a frame). The entry's kind is `garbage`.
pub(crate) fn note(world: &mut World, now: UnixMillis, conn: ConnId, text: &str) {
    world.core.journal.record(now, || What::Garbage { conn, error: text.to_owned() });
}
