//! From bytes to frames to the world, a turn at a time: no client has the server's thread for itself, and none is answered
//! faster than it reads.

use bytes::{Bytes, BytesMut};
use service::Input;
use wire::{ClientFrame, FrameError};

use super::Conn;
use crate::{
    buffer::own,
    meter::Meter,
    world::World,
    ws::{self, Incoming, WsError},
};

/// What a connection may still do before others have their turn.
pub(super) struct Turn {
    frames: usize,
    output: usize,
}

impl Turn {
    pub(super) fn new(meter: &Meter) -> Self {
        Self { frames: meter.bounds.turn_frames, output: meter.bounds.turn_output }
    }

    fn took(&mut self, output: usize) {
        self.frames = self.frames.saturating_sub(1);
        self.output = self.output.saturating_sub(output);
    }

    pub(super) fn is_over(&self) -> bool {
        self.frames == 0 || self.output == 0
    }
}

impl Conn {
    /// Hands whole frames in `batch` to the world, as many as the turn and the output's bound allow, and keeps the rest.
    pub(super) fn frames(&self, world: &World, mut batch: BytesMut, turn: &mut Turn) {
        let held = if self.native {
            self.native_frames(world, &mut batch, turn)
        } else {
            self.messages(world, &mut batch, turn)
        };
        if !batch.is_empty() && self.is_open() {
            let mut inner = self.inner.borrow_mut();
            inner.carry = batch;
            inner.held = held;
        }
        world.settle_soon();
    }

    /// Whether the next frame has to wait: for the peer to read, or for others.
    fn waits(&self, world: &World, turn: &mut Turn) -> bool {
        if world.meter.relieving.get() {
            // An answer may be large: first those are cut who keep most.
            turn.frames = 0;
        }
        if turn.is_over() {
            return true;
        }
        let most = world.meter.bounds.output;
        if self.inner.borrow().out.len() <= most {
            return false;
        }
        world.settle();
        self.inner.borrow().out.len() > most
    }

    /// A frame for the world, counted.
    fn frame(&self, world: &World, frame: ClientFrame, turn: &mut Turn) {
        let before = {
            let mut inner = self.inner.borrow_mut();
            inner.read += 1;
            // The next frame that is begun has its own time.
            inner.patience = None;
            inner.out.len()
        };
        world.input(Input::Frame { conn: self.id, frame });
        turn.took(self.inner.borrow().out.len().saturating_sub(before));
    }

    /// `true`: there may be more, which has to wait.
    fn native_frames(&self, world: &World, batch: &mut BytesMut, turn: &mut Turn) -> bool {
        let whole = batch.len();
        while self.is_open() {
            if self.waits(world, turn) {
                return true;
            }
            match wire::native::decode_client(batch, world.max_frame) {
                Ok(Some(frame)) => self.frame(world, own(frame, whole), turn),
                Ok(None) => return false,
                Err(error) => {
                    world.garbage(self.id, error);
                    return false;
                }
            }
        }
        false
    }

    /// The same for WebSocket messages.
    fn messages(&self, world: &World, batch: &mut BytesMut, turn: &mut Turn) -> bool {
        let whole = batch.len();
        let mut pieces = self.inner.borrow_mut().pieces.take();
        let mut waits = false;
        while self.is_open() {
            waits = self.waits(world, turn);
            if waits {
                break;
            }
            // The header byte is not part of the body that the limit is about.
            match ws::next(batch, &mut pieces, world.max_frame + 1) {
                Ok(Some(Incoming::Binary(message))) => match wire::websocket::decode_client(message) {
                    Ok(frame) => self.frame(world, own(frame, whole), turn),
                    Err(error) => world.garbage(self.id, error),
                },
                Ok(Some(other)) => {
                    turn.took(0);
                    self.beside_frames(world, other);
                }
                Ok(None) => break,
                Err(WsError::TooLarge { size, max }) => {
                    world.garbage(self.id, FrameError::TooLarge { size: size - 1, max: max - 1 });
                }
                Err(error) => {
                    world.note(self.id, &error.to_string());
                    world.closed_by_peer(self.id);
                    self.end(error.code());
                }
            }
        }
        self.inner.borrow_mut().pieces = pieces;
        waits
    }

    /// Messages that are no frames.
    fn beside_frames(&self, world: &World, message: Incoming) {
        match message {
            Incoming::Text => world.note(self.id, "a text message, ignored: frames are binary"),
            Incoming::Ping(payload) => self.pong(world, &payload),
            Incoming::Close(code) => {
                world.closed_by_peer(self.id);
                self.end(code.unwrap_or(ws::NORMAL));
            }
            Incoming::Pong | Incoming::Binary(_) => {}
        }
    }

    fn pong(&self, world: &World, payload: &Bytes) {
        self.inner.borrow_mut().out.write(|out| ws::put_pong(out, payload));
        world.mark(self.id);
    }
}
