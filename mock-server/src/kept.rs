//! What is recorded of a world is kept before anybody hears of it.
//!
//! Outputs of a world with a file are held back until the end of the turn, when all clients that had something to say have had
//! their say: then one write keeps all that was done and said, and everybody is told. So what was acknowledged is in the file, and
//! the file costs one system call a turn.

use std::rc::Rc;

use recording::Seen;
use service::{Output, Service};
use wire::UnixMillis;

use crate::{bounds::Bound, clock, peer::Peer, recorder::Recorder, world::World};

/// How long what nobody waits for may wait until it is kept in the recording.
const KEPT_WITHIN: std::time::Duration = std::time::Duration::from_millis(100);
/// Bytes of outputs that are held back at most, about: then those are handed on that there are.
const MOST: usize = 64 << 10;
/// What an output is counted with besides its bytes.
const EACH: usize = 64;

/// Outputs that nobody hears of yet.
#[derive(Debug, Default)]
pub(crate) struct Held {
    outputs: Vec<Output>,
    bytes: usize,
    /// It cannot wait for the end of the turn.
    presses: bool,
}

impl Held {
    fn add(&mut self, output: Output) {
        self.bytes += EACH
            + match &output {
                Output::Send { frame, .. } => frame.body_hint(),
                Output::SendRaw { bytes, .. } => bytes.len(),
                Output::Respond { response, .. } => {
                    response.as_ref().map_or(0, |response| response.body.len())
                }
                Output::Callback(callback) => callback.body.len(),
                Output::Close { .. } | Output::AnswerPoll { .. } => 0,
            };
        // Whose connection is over must not go on sending.
        self.presses |= matches!(output, Output::Close { .. }) || self.bytes >= MOST;
        self.outputs.push(output);
    }
}

impl World {
    /// Takes down what was done and what is said of it, and hands that on: at once, or when it is kept.
    pub(crate) fn drain(&self, service: &mut Service, now: UnixMillis) {
        let mut recorder = self.recorder.borrow_mut();
        let Some(recorded) = &mut *recorder else {
            while let Some(output) = service.poll_output() {
                self.hand_on(output);
            }
            return;
        };
        recorded.taken(service);
        let holds = recorded.holds();
        while let Some(output) = service.poll_output() {
            recorded.said(now, &output);
            if holds {
                self.held.borrow_mut().add(output);
            } else {
                self.hand_on(output);
            }
        }
        drop(recorder);
        if self.held.borrow().presses {
            self.tell();
        }
    }

    fn hand_on(&self, output: Output) {
        match output {
            Output::Send { conn, frame } => self.on(conn, |conn| conn.send(&frame)),
            Output::SendRaw { conn, bytes } => self.on(conn, |conn| conn.send_raw(&bytes)),
            Output::Close { conn, how } => {
                if let Some(conn) = self.forget(conn) {
                    conn.close(how);
                }
            }
            Output::Callback(callback) => self.callbacks.call(*callback),
            Output::AnswerPoll { conn } => self.on(conn, Peer::answer_poll),
            Output::Respond { id, response } => {
                if let Some(waiting) = self.requests.borrow_mut().remove(&id.0) {
                    // Nobody there any more: the client gave up.
                    let _ = waiting.send(response);
                }
            }
        }
    }

    /// Keeps what is owed, then hands on what was held back.
    fn tell(&self) {
        if let Some(recorder) = &mut *self.recorder.borrow_mut()
            && recorder.settle()
            && self.keeps_at.get().is_none()
        {
            let at = clock::wall() + KEPT_WITHIN;
            self.keeps_at.set(Some(at));
            self.timer.arm(at);
        }
        let mut outputs = {
            let mut held = self.held.borrow_mut();
            (held.bytes, held.presses) = (0, false);
            std::mem::take(&mut held.outputs)
        };
        outputs.drain(..).for_each(|output| self.hand_on(output));
        // Nothing is said while others are told: the list comes back empty, with its memory.
        self.held.borrow_mut().outputs = outputs;
    }

    /// Ends a batch: whom it concerned is told.
    pub(crate) fn settle(&self) {
        loop {
            // First of all: nobody is told of anything that could be forgotten.
            self.tell();
            let mut dirty = self.dirty.take();
            let over: Vec<Peer> = dirty.iter().filter(|peer| !peer.flush()).cloned().collect();
            dirty.clear();
            // Flushing marks nobody: the list comes back empty, with its memory.
            self.dirty.replace(dirty);
            if over.is_empty() {
                break;
            }
            // What the world has to say about their end may concern others.
            for peer in over {
                self.cut_off(&peer, Bound::OutputHard);
            }
        }
        self.changed.notify_waiters();
        if let Some(due) = self.due() {
            self.timer.arm(due);
        }
    }

    /// Ends a batch of a client's: whom it concerned is told before the thread goes on to wait, together with those whom the
    /// batches of other clients concern that are about to come.
    pub(crate) fn settle_soon(&self) {
        if self.held.borrow().outputs.is_empty() {
            self.settle();
        } else {
            self.turn.notify_one();
        }
    }

    /// Ends the turn early, if anything is held back: whoever looks, or is looked at, finds everybody told.
    pub(crate) fn settle_held(&self) {
        if !self.held.borrow().outputs.is_empty() {
            self.settle();
        }
    }

    /// Moves the clock alone: deadlines on the way are `advance`'s.
    pub(crate) fn move_to(&self, at: UnixMillis) {
        let mut clock = self.clock.borrow_mut();
        let before = clock.offset();
        clock.advance_to(at);
        // A clock that is moved by hand stands where the last entry left it.
        if clock.offset() != before
            && let Some(recorder) = &mut *self.recorder.borrow_mut()
        {
            recorder.clock(clock.last(), clock.offset());
        }
    }

    /// A look at its recording, if it has one.
    pub(crate) fn recorded<T>(&self, look: impl FnOnce(&Recorder) -> T) -> Option<T> {
        self.recorder.borrow().as_ref().map(look)
    }

    /// Its recording so far, if it is kept in memory.
    pub(crate) fn recording(&self) -> Option<Vec<u8>> {
        self.recorder.borrow().as_ref()?.in_memory().map(<[u8]>::to_vec)
    }

    /// Takes down what was seen of a client.
    pub(crate) fn seen(&self, seen: Seen) {
        let now = self.now();
        if let Some(recorder) = &mut *self.recorder.borrow_mut() {
            // What was done to the world before comes before.
            recorder.taken(&mut self.service.borrow_mut());
            recorder.seen(now, seen);
            recorder.keep();
        }
    }

    /// It will not come back: its recording is not to be resumed.
    pub(crate) fn retire(&self) {
        self.settle_held();
        let is_unused = self.is_unused();
        if let Some(recorder) = &mut *self.recorder.borrow_mut() {
            recorder.retire(is_unused);
        }
    }

    /// Another world of its App Key takes its place.
    pub(crate) fn replaced(&self) {
        self.settle_held();
        if let Some(recorder) = &mut *self.recorder.borrow_mut() {
            recorder.replaced();
        }
    }

    /// It can be reached from now on.
    pub(crate) fn installed(self: &Rc<Self>) {
        let Some(recorder) = &mut *self.recorder.borrow_mut() else { return };
        recorder.installed();
        if recorder.holds() {
            tokio::task::spawn_local(turns(self.clone()));
        }
    }

    /// What was taken down is kept, whether or not anybody waits for it.
    pub(crate) fn keep(&self) {
        self.keeps_at.set(None);
        if let Some(recorder) = &mut *self.recorder.borrow_mut() {
            recorder.keep();
        }
    }
}

/// Ends every turn in which something was held back. It is awake from the first batch of a turn on and comes behind all others that
/// were awake then.
async fn turns(world: Rc<World>) {
    while !world.is_removed() {
        world.turn.notified().await;
        world.settle();
    }
}
