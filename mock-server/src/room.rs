//! Room for worlds and for what waits to be read: who gives way when there is none.

use std::rc::Rc;

use crate::{bounds::Bound, meter::Did, worlds::Worlds};

impl Worlds {
    /// Makes room for one more world, if it is a new one.
    ///
    /// # Errors
    /// There is none.
    pub(crate) fn room_for(&self, app_key: &str) -> Result<(), Bound> {
        if self.get(app_key).is_some() {
            return Ok(());
        }
        if self.by_key.borrow().len() >= self.meter.bounds.max_worlds && !self.evict_unused() {
            self.meter.count(Did::Refused, Bound::MaxWorlds);
            return Err(Bound::MaxWorlds);
        }
        Ok(())
    }

    /// The same for a world that somebody outside of the process asks for: there must be memory, too.
    ///
    /// # Errors
    /// The bound that forbids it.
    pub(crate) fn admits(&self, app_key: &str) -> Result<(), Bound> {
        // Who replaces a world gives back what it holds; and without any world what the process has is free for the next.
        let makes_more = self.get(app_key).is_none() && !self.by_key.borrow().is_empty();
        if makes_more {
            self.meter.has_memory()?;
        }
        self.room_for(app_key)
    }

    /// Closes the oldest world that was made on first sight and holds nothing; `false` if there is none.
    fn evict_unused(&self) -> bool {
        let mut unasked = self.unasked.borrow_mut();
        let unused = |key: &String| self.get(key).is_some_and(|world| world.is_unused());
        let Some(index) = unasked.iter().position(unused) else { return false };
        let key = unasked.remove(index);
        drop(unasked);
        self.meter.count(Did::Dropped, Bound::MaxWorlds);
        key.is_some_and(|key| self.remove(&key))
    }

    /// Cuts those who keep most unread, as often as all together exceed their bound.
    pub(crate) async fn relieve(self: Rc<Self>) {
        loop {
            self.meter.too_much.notified().await;
            self.cut_largest();
            self.meter.relieving.set(false);
        }
    }

    fn cut_largest(&self) {
        let most = self.meter.bounds.outputs;
        if self.meter.output() > most {
            self.polling.drop_last_words();
        }
        let mut unread: Vec<_> = Vec::new();
        for world in self.all() {
            unread.extend(world.unread(0).into_iter().map(|(bytes, peer)| (bytes, peer, world.clone())));
        }
        unread.sort_by_key(|(bytes, ..)| std::cmp::Reverse(*bytes));
        for (_, peer, world) in unread {
            if self.meter.output() <= most {
                return;
            }
            world.cut_off(&peer, Bound::Outputs);
            world.settle();
        }
    }
}
