//! An adapter that dialled in: its session as a transport.

use std::{
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use super::{
    pipes::Queue,
    transport::{Left, Transport},
};
use crate::{
    dial::{Exchange, Incoming, Session},
    runner::{CaseLimit, Fault},
};

/// How often an end is looked for.
const MOMENT: Duration = Duration::from_millis(10);

/// A session at the dial address.
#[derive(Debug)]
pub(super) struct Dialled {
    exchange: Arc<Exchange>,
    session: Arc<Session>,
}

impl Dialled {
    /// Waits for an adapter of that name. What comes from it goes into `queue`.
    ///
    /// # Errors
    /// Nobody dials in, or the run is interrupted.
    pub(super) fn take(
        exchange: &Arc<Exchange>,
        name: &str,
        queue: &Arc<Queue>,
        case: &CaseLimit,
    ) -> Result<Self, Fault> {
        let (session, mut incoming) = exchange.take(name, &|| case.check())?;
        let queue = Arc::clone(queue);
        // Who is ahead of who reads waits here, and its link is not read.
        thread::spawn(move || {
            while let Some(incoming) = incoming.blocking_recv() {
                match incoming {
                    // What nobody wants any more is read all the same: the link goes on.
                    Incoming::Line(line) => _ = queue.line(line),
                    Incoming::Broken(why) => queue.broken(why),
                }
            }
            queue.end();
        });
        Ok(Self { exchange: Arc::clone(exchange), session })
    }
}

impl Transport for Dialled {
    fn write(&self, line: &str) -> bool {
        self.session.say(line)
    }

    fn unread(&self) -> usize {
        self.session.unsent()
    }

    /// A link is not closed by half: it stays open both ways.
    fn close_input(&mut self) {}

    fn left(&mut self) -> Option<Left> {
        self.session.is_over().then(|| Left { in_peace: true, how: "it closed its link".to_owned() })
    }

    fn wait(&mut self, limit: Duration, meanwhile: &mut dyn FnMut()) -> Option<Left> {
        let until = Instant::now() + limit;
        loop {
            if let Some(left) = self.left() {
                return Some(left);
            }
            if Instant::now() >= until {
                return None;
            }
            meanwhile();
            thread::sleep(MOMENT);
        }
    }

    fn end(&mut self) {
        self.exchange.give_back(&self.session);
    }

    fn host(&self) -> Option<String> {
        Some(self.exchange.host_for(&self.session))
    }

    fn is_asked_to_leave(&self) -> bool {
        false
    }
}
