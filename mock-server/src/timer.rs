//! One timer for all worlds: it sleeps until the earliest deadline of any world on the machine's clock.

use std::{cell::Cell, rc::Rc, time::Duration};

use tokio::sync::Notify;
use wire::UnixMillis;

use crate::{clock, worlds::Worlds};

#[derive(Debug, Default)]
pub(crate) struct Timer {
    /// When it will wake, on the machine's clock.
    armed: Cell<Option<UnixMillis>>,
    earlier: Notify,
}

impl Timer {
    /// Wakes at `due` at the latest.
    pub(crate) fn arm(&self, due: UnixMillis) {
        if self.armed.get().is_none_or(|armed| due < armed) {
            self.armed.set(Some(due));
            self.earlier.notify_one();
        }
    }
}

/// Runs deadlines for ever.
pub(crate) async fn run(worlds: Rc<Worlds>) {
    let timer = worlds.timer();
    loop {
        for world in worlds.all() {
            world.run_due();
        }
        let due = worlds.all().iter().filter_map(|world| world.due()).min();
        timer.armed.set(due);
        let earlier = timer.earlier.notified();
        match due {
            None => earlier.await,
            Some(due) => {
                // The clock counts whole milliseconds: wake in the one that is due, not just before it.
                let wait = due.since(clock::wall()) + Duration::from_millis(1);
                tokio::select! {
                    () = tokio::time::sleep(wait) => {}
                    () = earlier => {}
                }
            }
        }
    }
}
