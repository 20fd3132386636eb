//! Clients without a socket: they ask again and again (comet), and a client that has stopped to ask is gone.

use wire::UnixMillis;

use crate::{
    core::{
        io::{Close, ConnId, Output},
        timers::Delayed,
    },
    world::World,
};

/// An asking client gets an empty answer after so long, milliseconds; it gives up after 45 s itself.
const HOLD_MS: u64 = 40_000;
/// A client that has not asked again for so long behind that is taken for gone, milliseconds. Assumed: such clients say no
/// goodbye, and nothing tells how long the service believes in them.
const PATIENCE_MS: u64 = 30_000;

/// A polling client asks for what there is for it; what is written to it from now on is an answer.
pub(crate) fn polled(world: &mut World, now: UnixMillis, conn: ConnId) {
    let Some(connection) = world.core.connections.get_mut(&conn) else { return };
    connection.polls = connection.polls.wrapping_add(1);
    let poll = connection.polls;
    world.core.delay(now, HOLD_MS, Delayed::Poll { conn, poll, gone: false });
}

/// A polling client that has logged in is to poll; one that never does is gone after the time of a poll that was not
/// followed by another.
pub(crate) fn expect_poll(world: &mut World, now: UnixMillis, conn: ConnId) {
    world.core.delay(now, HOLD_MS + PATIENCE_MS, Delayed::Poll { conn, poll: 0, gone: true });
}

/// The time of a poll is over, or that of waiting for the next.
pub(crate) fn poll_due(world: &mut World, now: UnixMillis, conn: ConnId, poll: u32, gone: bool) {
    if world.core.connections.get(&conn).is_none_or(|connection| connection.polls != poll) {
        return;
    }
    if gone {
        world.core.lose(now, conn, "polls no more");
        world.core.output(Output::Close { conn, how: Close::Cut });
    } else {
        world.core.output(Output::AnswerPoll { conn });
        world.core.delay(now, PATIENCE_MS, Delayed::Poll { conn, poll, gone: true });
    }
}
