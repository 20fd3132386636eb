//! Which session a polling client's request belongs to: the requests name no App Key.

use std::{cell::RefCell, collections::BTreeMap, rc::Rc};

use super::Polling;
use crate::world::World;

/// Sessions that have ended are looked for whenever so many more have begun.
const SWEEP: u64 = 256;
/// Ended sessions whose last words nobody came for are kept until so many more have begun.
const KEEP: u64 = 4096;

/// A client and where it is logged in.
type Session = (Rc<Polling>, Rc<World>);

/// Sessions by the number of their connection.
#[derive(Default)]
pub(crate) struct Sessions(RefCell<BTreeMap<u64, Session>>);

impl Sessions {
    pub(crate) fn add(&self, polling: &Rc<Polling>, world: &Rc<World>) {
        let mut sessions = self.0.borrow_mut();
        let newest = polling.id.0;
        if newest.is_multiple_of(SWEEP) {
            sessions
                .retain(|n, (polling, _)| !polling.is_over() && (!polling.has_ended() || n + KEEP > newest));
        }
        sessions.insert(newest, (polling.clone(), world.clone()));
    }

    /// The session of that id, unless it has ended and has said all it had to say.
    pub(crate) fn find(&self, session: &str) -> Option<Session> {
        let n: u64 = session.rsplit_once('.')?.1.parse().ok()?;
        let mut sessions = self.0.borrow_mut();
        let (polling, world) = sessions.get(&n).filter(|(polling, _)| polling.is_session(session))?.clone();
        if polling.is_over() {
            sessions.remove(&n);
            return None;
        }
        Some((polling, world))
    }
}
