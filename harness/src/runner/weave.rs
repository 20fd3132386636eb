//! One order for all that is observed of a case: calls and steps, callbacks, and what the service wrote down.
//!
//! Each world numbers the entries of its own journal; what happens on the clients' side notes how many entries there
//! were when it did. From both follows the one order in which cause stands before effect: the frame that brings a message
//! above the callback that tells of it, a call above the frames it sends.

use crate::verdict::TraceEntry;

/// Where something on the clients' side stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Stamp {
    /// Callbacks that came before it.
    pub(super) events: usize,
    /// Entries of each world's journal that were there, in the order of the worlds.
    pub(super) after: Vec<u64>,
}

/// An entry of a journal.
#[derive(Debug)]
pub(super) struct Written {
    /// Whose, in the order of the worlds.
    pub(super) world: usize,
    /// Its number there.
    pub(super) n: u64,
    pub(super) entry: TraceEntry,
}

/// Positions in the one order.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Orders {
    /// Of calls and steps.
    pub(super) done: Vec<u32>,
    /// Of callbacks.
    pub(super) events: Vec<u32>,
}

/// Gives everything its position; the entries come back in order.
///
/// `done` are the stamps of calls and steps in the order they were made, `events` say of each callback how many entries
/// each world had.
pub(super) fn weave<'a>(
    done: &[Stamp],
    events: impl Iterator<Item = &'a [u64]>,
    mut written: Vec<Written>,
) -> (Orders, Vec<TraceEntry>) {
    // Between two worlds nothing but time tells what came first.
    written.sort_by_key(|written| (written.entry.at_ms, written.world, written.n));
    let mut loom = Loom { next: 0, written: written.into_iter().map(Some).collect(), trace: Vec::new() };
    let mut orders = Orders::default();
    let mut done = done.iter().peekable();
    for (n, after) in events.enumerate() {
        while let Some(stamp) = done.next_if(|stamp| stamp.events <= n) {
            orders.done.push(loom.behind(&stamp.after));
        }
        orders.events.push(loom.behind(after));
    }
    orders.done.extend(done.map(|stamp| loom.behind(&stamp.after)));
    loom.entries(&|_| true);
    (orders, loom.trace)
}

struct Loom {
    next: u32,
    written: Vec<Option<Written>>,
    trace: Vec<TraceEntry>,
}

impl Loom {
    fn position(&mut self) -> u32 {
        let position = self.next;
        self.next = self.next.saturating_add(1);
        position
    }

    /// The position behind so many entries of each world.
    fn behind(&mut self, after: &[u64]) -> u32 {
        self.entries(&|written| after.get(written.world).is_some_and(|last| written.n <= *last));
        self.position()
    }

    /// Gives the next positions to entries that are due.
    fn entries(&mut self, due: &dyn Fn(&Written) -> bool) {
        for n in 0..self.written.len() {
            if self.written[n].as_ref().is_some_and(due)
                && let Some(written) = self.written[n].take()
            {
                let order = self.position();
                self.trace.push(TraceEntry { order, ..written.entry });
            }
        }
        self.written.retain(Option::is_some);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::{Direction, TraceKind};

    fn written(world: usize, n: u64, at_ms: i64) -> Written {
        let entry = TraceEntry {
            order: 0,
            at_ms,
            client: None,
            connection: String::new(),
            direction: Direction::Within,
            kind: TraceKind::Frame,
            text: format!("{world}/{n}"),
            detail: String::new(),
        };
        Written { world, n, entry }
    }

    #[test]
    fn cause_stands_before_effect_in_every_world() {
        // A call, two frames it causes, the callback of the second; then the same in another world at the same instant.
        let done = [Stamp { events: 0, after: vec![0, 0] }, Stamp { events: 1, after: vec![2, 0] }];
        let events = [vec![2, 0], vec![2, 1]];
        let all = vec![written(1, 1, 0), written(0, 1, 0), written(0, 2, 0), written(0, 3, 0)];
        let (orders, trace) = weave(&done, events.iter().map(Vec::as_slice), all);
        assert_eq!(orders, Orders { done: vec![0, 4], events: vec![3, 6] });
        let texts: Vec<(u32, &str)> = trace.iter().map(|entry| (entry.order, entry.text.as_str())).collect();
        assert_eq!(texts, [(1, "0/1"), (2, "0/2"), (5, "1/1"), (7, "0/3")]);
    }

    #[test]
    fn without_entries_the_order_is_that_of_what_was_done() {
        let done = [Stamp::default(), Stamp { events: 2, after: vec![9] }];
        let events = [vec![3], vec![4], vec![11]];
        let (orders, trace) = weave(&done, events.iter().map(Vec::as_slice), Vec::new());
        assert_eq!(orders, Orders { done: vec![0, 3], events: vec![1, 2, 4] });
        assert!(trace.is_empty());
    }
}
