//! Clients in real time: time passes by itself, and "nothing more comes" is known from the service's side.
//!
//! The fence needs no help of the client: everything the service wrote on its connections is acknowledged, and neither
//! frames nor callbacks have come for a while (`quietMs` of the hello). Clients in virtual time that stand beside one in
//! real time are led along the machine's clock.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::json;
use service::ConnView;
use wire::UnixMillis;

use super::{driver::AdapterDriver, engine_client::EngineClient};
use crate::runner::Fault;

/// How long one look at the clients lasts where nothing comes.
const LOOK: Duration = Duration::from_millis(5);
/// How long something may be unacknowledged until it counts as held on purpose (a fault swallowed it).
const OWED_LIMIT: Duration = Duration::from_secs(2);
/// How long clients may go on talking to the service until the case is given up.
const REST_LIMIT: Duration = Duration::from_secs(30);
/// The part of the silence that is waited for between two steps: what a call causes is under way by then, and what must not
/// come is judged after the whole of it.
const BETWEEN_STEPS: u32 = 4;
/// More timers than this at one instant are a livelock.
const MOST_TICKS: u32 = 10_000;

/// How a case stands with clients in real time.
#[derive(Debug)]
pub(super) struct RealTime {
    /// The client's silence that counts as quiet.
    quiet: Duration,
    /// The service's time less the machine's, milliseconds.
    offset: i64,
    began: UnixMillis,
    /// What was last seen of connections and callbacks, and when it last changed.
    seen: (Vec<Vec<ConnView>>, usize),
    changed: Instant,
}

impl RealTime {
    pub(super) fn new(quiet: Duration) -> Self {
        let began = UnixMillis(0);
        Self { quiet, offset: 0, began, seen: (Vec::new(), 0), changed: Instant::now() }
    }

    /// The case begins at that time of the service's, whose clock is the machine's with `offset` added.
    pub(super) fn begin(&mut self, start: UnixMillis, offset: i64) {
        self.offset = offset;
        self.began = start;
        self.seen = (Vec::new(), 0);
        self.changed = Instant::now();
    }

    /// The service's time.
    pub(super) fn now(&self) -> UnixMillis {
        UnixMillis(wall().0.saturating_add(self.offset))
    }

    pub(super) fn began(&self) -> UnixMillis {
        self.began
    }

    /// The service's clock was put forward.
    pub(super) fn jumped(&mut self, offset: i64) {
        self.offset = offset;
    }

    pub(super) fn quiet(&self) -> Duration {
        self.quiet
    }
}

/// The machine's clock.
pub(super) fn wall() -> UnixMillis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UnixMillis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

impl AdapterDriver {
    /// Hears what clients say, at most for `patience` if they say nothing; leads those in virtual time along.
    pub(super) fn hear(&mut self, patience: Duration) -> Result<(), Fault> {
        self.limit.check()?;
        let now = self.time();
        let elapsed = now.0 - self.start.0;
        for name in self.busy_adapters() {
            let Some(adapter) = self.adapters.get_mut(&name) else { continue };
            if adapter.real().is_none() {
                self.lead(&name, elapsed)?;
                continue;
            }
            let heard = adapter.listen(patience, &self.limit);
            let events = std::mem::take(&mut adapter.events);
            if heard.is_err() {
                // A broken adapter does not come back by itself: the next case gets a new one.
                self.adapters.remove(&name);
            }
            self.record_all(&name, events)?;
            heard?;
        }
        if self.busy_adapters().is_empty() {
            // Engines alone: nobody else was waited for. A disconnect cannot be: this driver holds a sender.
            let _ = self.stirred.recv_timeout(patience);
        }
        while self.stirred.try_recv().is_ok() {}
        let now = self.time();
        for name in self.engines.keys().cloned().collect::<Vec<_>>() {
            if let Some(engine) = self.engines.get_mut(&name) {
                engine.pump(now);
                engine.on_deadline(now);
            }
            self.record_engine(&name);
        }
        Ok(())
    }

    /// Runs the timers of a client in virtual time up to the instant that it is.
    fn lead(&mut self, name: &str, elapsed: i64) -> Result<(), Fault> {
        for _ in 0..MOST_TICKS {
            let ticked = self.ask_adapter(name, "tick", json!({"to": elapsed}))?;
            if ticked["ticked"]["to"].as_i64().is_none_or(|to| to >= elapsed) {
                return Ok(());
            }
        }
        Err(Fault(format!("livelock: {name} has more than {MOST_TICKS} timers up to {elapsed} ms")))
    }

    /// Waits until clients and service have been silent for that long.
    pub(super) fn fall_silent(&mut self, silence: Duration) -> Result<(), Fault> {
        let until = Instant::now() + REST_LIMIT;
        loop {
            self.hear(LOOK)?;
            let mut conns = Vec::new();
            for app_key in &self.app_keys {
                // A world that is gone has no connections.
                let of = self.server.with_world(app_key, |service, _| service.connections());
                conns.push(of.unwrap_or_default());
            }
            let owed = conns.iter().flatten().any(|conn| conn.owes > 0)
                || self.engines.values().any(EngineClient::asks);
            let picture = (conns, self.events.len());
            let Some(real) = &mut self.real else { return Ok(()) };
            if picture != real.seen {
                real.seen = picture;
                real.changed = Instant::now();
            }
            let silent = real.changed.elapsed();
            if silent >= silence && (!owed || silent >= OWED_LIMIT) {
                return Ok(());
            }
            if Instant::now() > until {
                let limit = REST_LIMIT.as_secs();
                return Err(Fault(format!(
                    "clients and service were not silent for {silence:?} within {limit} s"
                )));
            }
        }
    }

    /// Between two steps: what the last one caused is under way.
    pub(super) fn pause(&mut self) -> Result<(), Fault> {
        let quiet = self.real.as_ref().map_or(Duration::ZERO, RealTime::quiet);
        self.fall_silent(quiet / BETWEEN_STEPS)
    }

    /// A moment passes, at most up to `target`; `false` once it is reached.
    pub(super) fn moment(&mut self, target: UnixMillis) -> Result<bool, Fault> {
        let now = self.time();
        if now >= target {
            return Ok(false);
        }
        self.hear(LOOK.min(target.since(now)))?;
        Ok(true)
    }
}
