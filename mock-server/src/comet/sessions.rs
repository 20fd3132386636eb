//! Which session a polling client's request belongs to: the requests name no App Key.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    rc::{Rc, Weak},
    time::Duration,
};

use super::Polling;
use crate::world::World;

/// Sessions that have ended are looked for when there are so many, and whenever there are twice as many as were left.
const SWEEP: usize = 256;
/// How long the last words of an ended session are kept for somebody to come for them: as long as a poll lasts, about.
const KEPT: Duration = Duration::from_secs(60);

/// A client and where it is, or was, logged in.
type Session = (Rc<Polling>, Weak<World>);

/// Sessions by the number of their connection. They keep no world alive: one that is replaced is gone, whoever was in it.
#[derive(Default)]
pub(crate) struct Sessions {
    by_number: RefCell<BTreeMap<u64, Session>>,
    sweep_at: Cell<usize>,
}

impl Sessions {
    pub(crate) fn add(&self, polling: &Rc<Polling>, world: &Rc<World>) {
        let mut sessions = self.by_number.borrow_mut();
        if sessions.len() >= self.sweep_at.get().max(SWEEP) {
            sessions.retain(|_, (polling, _)| !polling.is_over(KEPT));
            self.sweep_at.set(sessions.len() * 2);
        }
        sessions.insert(polling.id.0, (polling.clone(), Rc::downgrade(world)));
    }

    /// The session of that id, unless it has ended and has said all it had to say. Without a world, it has been closed and
    /// has last words.
    pub(crate) fn find(&self, session: &str) -> Option<(Rc<Polling>, Option<Rc<World>>)> {
        let n: u64 = session.rsplit_once('.')?.1.parse().ok()?;
        let mut sessions = self.by_number.borrow_mut();
        let (polling, world) = sessions.get(&n).filter(|(polling, _)| polling.is_session(session))?.clone();
        if polling.is_over(KEPT) {
            sessions.remove(&n);
            return None;
        }
        Some((polling, world.upgrade()))
    }

    /// Forgets what those have to tell who have ended: the process holds too much.
    pub(crate) fn drop_last_words(&self) {
        let mut sessions = self.by_number.borrow_mut();
        sessions.retain(|_, (polling, _)| {
            let ended = polling.is_over(Duration::ZERO);
            if ended {
                polling.give_up();
            }
            !ended
        });
    }
}
