//! What there is now, in bytes and numbers, and what the bounds dropped, cut and refused so far. One meter a server.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use serde_json::{Map, Value, json};
use tokio::{sync::Notify, time::Instant};

use crate::bounds::{Bound, Bounds};

/// How long a reading of the process's memory is good for.
const MEMORY_IS_FRESH: Duration = Duration::from_millis(50);
/// Sockets beyond the most clients, so that the control API stays in reach.
const SPARE_SOCKETS: usize = 32;

/// What a bound did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Did {
    /// Left something out.
    Dropped,
    /// Ended a connection.
    Cut,
    /// Turned a request away.
    Refused,
}

/// What there is now, by kind, and what the bounds did so far. One a server.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    pub(crate) bounds: Bounds,
    /// Waits to be written to clients.
    output: Cell<usize>,
    /// Is being read: bodies and unfinished frames.
    bodies: Cell<usize>,
    /// Waits to be read by HTTP clients. Shared with the bytes themselves, which may be dropped by anybody.
    replies: Arc<AtomicUsize>,
    pub(crate) clients: Cell<usize>,
    /// Worlds, those too that are closed or replaced and not yet forgotten by everybody.
    pub(crate) worlds: Cell<usize>,
    /// Sockets, whoever is behind them.
    pub(crate) sockets: Cell<usize>,
    /// Sockets that hear why they are not served.
    pub(crate) turned_away: Cell<usize>,
    pub(crate) streams: Cell<usize>,
    counts: RefCell<BTreeMap<(Did, Bound), u64>>,
    memory: Cell<Option<(Instant, usize)>>,
    /// `output` is over its bound, and nobody has seen to it yet: whoever would add to it waits for a moment.
    pub(crate) relieving: Cell<bool>,
    /// Told when `output` is over its bound.
    pub(crate) too_much: Notify,
}

impl Meter {
    pub(crate) fn new(bounds: Bounds) -> Rc<Self> {
        Rc::new(Self { bounds, ..Self::default() })
    }

    pub(crate) fn count(&self, did: Did, bound: Bound) {
        let mut counts = self.counts.borrow_mut();
        let count = counts.entry((did, bound)).or_default();
        *count += 1;
        // A flood is told of once; the counters have the rest.
        if *count == 1 {
            tracing::warn!(
                bound = bound.name(),
                ?did,
                "a bound is reached; further ones of its kind are only counted"
            );
        }
    }

    pub(crate) fn output_grew(&self, by: usize) {
        let output = self.output.get() + by;
        self.output.set(output);
        if output > self.bounds.outputs {
            self.relieving.set(true);
            self.too_much.notify_one();
        }
    }

    pub(crate) fn output_fell(&self, by: usize) {
        self.output.set(self.output.get().saturating_sub(by));
    }

    pub(crate) fn output(&self) -> usize {
        self.output.get()
    }

    /// Whether one more socket may be looked at at all, counted if not.
    pub(crate) fn admits_socket(&self) -> bool {
        let fits = self.sockets.get() < self.bounds.max_connections + SPARE_SOCKETS;
        if !fits {
            self.count(Did::Refused, Bound::MaxConnections);
        }
        fits
    }

    /// Whether all sockets but the spare ones are taken: only the control API answers then.
    pub(crate) fn is_crowded(&self) -> bool {
        self.sockets.get() > self.bounds.max_connections
    }

    /// Whether one more client fits, counted if it does not.
    pub(crate) fn admits_client(&self) -> Result<(), Bound> {
        // The one that asks is counted already.
        if self.clients.get() > self.bounds.max_connections {
            self.count(Did::Refused, Bound::MaxConnections);
            return Err(Bound::MaxConnections);
        }
        self.has_memory()
    }

    /// Whether the process may take on more, counted if not.
    pub(crate) fn has_memory(&self) -> Result<(), Bound> {
        if self.bounds.max_memory == 0 || self.memory() <= self.bounds.max_memory {
            return Ok(());
        }
        self.count(Did::Refused, Bound::MaxMemory);
        Err(Bound::MaxMemory)
    }

    /// Memory of the process; where the system does not tell, what is counted here.
    fn memory(&self) -> usize {
        if let Some((at, memory)) = self.memory.get()
            && at.elapsed() < MEMORY_IS_FRESH
        {
            return memory;
        }
        let memory = resident()
            .unwrap_or_else(|| self.output.get() + self.bodies.get() + self.replies.load(Ordering::Relaxed));
        self.memory.set(Some((Instant::now(), memory)));
        memory
    }

    /// Whether HTTP answers may be made, counted if not.
    pub(crate) fn admits_reply(&self) -> Result<(), Bound> {
        if self.replies.load(Ordering::Relaxed) <= self.bounds.replies {
            return Ok(());
        }
        self.count(Did::Refused, Bound::Replies);
        Err(Bound::Replies)
    }

    /// The same bytes, counted for as long as anybody has them.
    pub(crate) fn reply(&self, bytes: Bytes) -> Bytes {
        struct Counted(Bytes, Arc<AtomicUsize>);
        impl AsRef<[u8]> for Counted {
            fn as_ref(&self) -> &[u8] {
                &self.0
            }
        }
        impl Drop for Counted {
            fn drop(&mut self) {
                self.1.fetch_sub(self.0.len(), Ordering::Relaxed);
            }
        }
        if bytes.is_empty() {
            return bytes;
        }
        self.replies.fetch_add(bytes.len(), Ordering::Relaxed);
        Bytes::from_owner(Counted(bytes, self.replies.clone()))
    }

    /// `counters` of the control API: what the bounds did, by name, and the bytes there are now.
    pub(crate) fn json(&self, into: &mut Map<String, Value>) {
        for (did, key) in [(Did::Dropped, "dropped"), (Did::Cut, "cut"), (Did::Refused, "refused")] {
            let counts = self.counts.borrow();
            let named = counts.iter().filter(|((what, _), _)| *what == did);
            let named = named.map(|((_, bound), count)| (bound.name().to_owned(), json!(count)));
            into.insert(key.to_owned(), Value::Object(named.collect()));
        }
        let bytes = json!({
            "outputs": self.output.get(),
            "bodies": self.bodies.get(),
            "replies": self.replies.load(Ordering::Relaxed),
            "maxMemory": self.memory(),
        });
        into.insert("bytes".to_owned(), bytes);
        into.insert("clients".to_owned(), json!(self.clients.get()));
        into.insert("sockets".to_owned(), json!(self.sockets.get()));
        into.insert("worldsInMemory".to_owned(), json!(self.worlds.get()));
        into.insert("bounds".to_owned(), self.bounds.json());
    }
}

/// Resident memory of this process, bytes.
fn resident() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<usize>().ok().map(|kib| kib << 10)
}

/// One more of a number, until it is dropped.
#[derive(Debug)]
pub(crate) struct Seat {
    meter: Rc<Meter>,
    of: fn(&Meter) -> &Cell<usize>,
}

impl Seat {
    pub(crate) fn client(meter: &Rc<Meter>) -> Self {
        Self::new(meter, |meter| &meter.clients)
    }

    pub(crate) fn world(meter: &Rc<Meter>) -> Self {
        Self::new(meter, |meter| &meter.worlds)
    }

    pub(crate) fn socket(meter: &Rc<Meter>) -> Self {
        Self::new(meter, |meter| &meter.sockets)
    }

    pub(crate) fn turned_away(meter: &Rc<Meter>) -> Self {
        Self::new(meter, |meter| &meter.turned_away)
    }

    pub(crate) fn meter(&self) -> &Rc<Meter> {
        &self.meter
    }

    pub(crate) fn stream(meter: &Rc<Meter>) -> Self {
        Self::new(meter, |meter| &meter.streams)
    }

    fn new(meter: &Rc<Meter>, of: fn(&Meter) -> &Cell<usize>) -> Self {
        of(meter).set(of(meter).get() + 1);
        Self { meter: meter.clone(), of }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let cell = (self.of)(&self.meter);
        cell.set(cell.get().saturating_sub(1));
    }
}

/// Bytes that are being read, until it is dropped.
#[derive(Debug)]
pub(crate) struct Reading {
    meter: Rc<Meter>,
    bytes: usize,
}

impl Reading {
    pub(crate) fn new(meter: &Rc<Meter>) -> Self {
        Self { meter: meter.clone(), bytes: 0 }
    }

    /// Now so many bytes. `false`: all that are being read exceed their bound.
    pub(crate) fn set(&mut self, bytes: usize) -> bool {
        let others = self.meter.bodies.get().saturating_sub(self.bytes);
        self.bytes = bytes;
        self.meter.bodies.set(others + bytes);
        others + bytes <= self.meter.bounds.bodies
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        self.set(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_dropped_is_no_longer_counted() {
        let meter = Meter::new(Bounds { bodies: 10, ..Bounds::default() });
        let mut reading = Reading::new(&meter);
        assert!(reading.set(10) && !reading.set(11));
        drop(reading);
        assert_eq!(meter.bodies.get(), 0);
        let reply = meter.reply(Bytes::from_static(b"12345"));
        let part = reply.slice(1..2);
        drop(reply);
        assert_eq!(meter.replies.load(Ordering::Relaxed), 5);
        drop(part);
        assert_eq!(meter.replies.load(Ordering::Relaxed), 0);
        let place = Seat::client(&meter);
        assert_eq!(meter.clients.get(), 1);
        drop(place);
        assert_eq!(meter.clients.get(), 0);
    }
}
