//! One virtual clock over the server and all clients.
//!
//! The server's clock moves first, then the adapter runs the timers of the next due instant, then a fence: both sides
//! agree on how many frames each has sent and received. One instant at a time, never a long jump.

use std::{
    thread,
    time::{Duration, Instant},
};

use mock_server::ConnState;
use serde_json::{Value, json};
use wire::UnixMillis;

use super::{
    super::{
        counts::{agree, frames_of, is_caught_up},
        engine_client::EngineClient,
    },
    AdapterDriver,
};
use crate::runner::Fault;

/// How long both sides may disagree before the case is given up, real time.
const FENCE_LIMIT: Duration = Duration::from_secs(20);
/// Rounds in which nothing at all changes, and how long they must take, real time, until what is still open counts as held
/// on purpose (a request that a fault swallowed, a connection that is never answered). On a busy machine a thread may
/// wait long for its turn.
const STILL_ROUNDS: u32 = 25;
const STILL: Duration = Duration::from_millis(200);
/// More timers than this at one instant are a livelock.
const MOST_TICKS: u32 = 10_000;

impl AdapterDriver {
    /// Everything that is due at this instant happens.
    pub(super) fn settle_virtually(&mut self) -> Result<(), Fault> {
        self.fence()?;
        for _ in 0..MOST_TICKS {
            match self.client_deadline() {
                Some(due) if due <= self.now => self.tick(self.now)?,
                _ => return Ok(()),
            }
        }
        Err(Fault(format!("livelock: more than {MOST_TICKS} timers at {}", self.now)))
    }

    /// Goes to the next instant at which something is due, at most to `target`; false: it is there already.
    pub(super) fn step_virtually(&mut self, target: UnixMillis) -> Result<bool, Fault> {
        self.limit.check()?;
        self.settle_virtually()?;
        if self.now >= target {
            return Ok(false);
        }
        let server_due = self.server_deadline()?;
        let due = [self.client_deadline(), server_due].into_iter().flatten().min();
        let now = due.map_or(target, |due| due.clamp(self.now, target));
        self.limit.passed(now.since(self.now));
        self.now = now;
        if server_due == Some(now) {
            self.bring_close(now)?;
        }
        for app_key in &self.app_keys {
            self.server.advance_to(app_key, now).map_err(|error| Fault(error.to_string()))?;
        }
        self.fence()?;
        self.tick(now)?;
        Ok(true)
    }

    /// Asks every adapter of the case; gives their views of their clients, whether all are quiet, and the next timer.
    fn ask_all(&mut self, frames: &[Value]) -> Result<(Vec<Value>, bool), Fault> {
        let (mut views, mut quiet, mut next) = (Vec::new(), true, None);
        for name in self.busy_adapters() {
            let mine: Vec<&Value> = frames
                .iter()
                .filter(|frame| self.driven.get(frame["client"].as_str().unwrap_or_default()) == Some(&name))
                .collect();
            let fenced = self.ask_adapter(&name, "fence", json!({"frames": mine}))?["fenced"].clone();
            quiet &= fenced["quiet"] == true;
            next = [next, fenced["next"].as_i64()].into_iter().flatten().min();
            views.extend(fenced["clients"].as_array().cloned().unwrap_or_default());
        }
        for name in self.engines.keys().cloned().collect::<Vec<_>>() {
            let now = self.now;
            let Some(engine) = self.engines.get_mut(&name) else { continue };
            quiet &= !engine.pump(now);
            views.push(engine.view());
            quiet &= is_caught_up(&engine.view(), frames);
            self.record_engine(&name);
        }
        self.next_timer = next;
        Ok((views, quiet))
    }

    fn connections(&self) -> Result<Vec<ConnState>, Fault> {
        let mut all = Vec::new();
        for app_key in &self.app_keys {
            all.extend(self.server.connections(app_key).map_err(|error| Fault(error.to_string()))?);
        }
        Ok(all)
    }

    /// Asks both sides for their counts until they agree and nothing is under way.
    fn fence(&mut self) -> Result<(), Fault> {
        let until = Instant::now() + FENCE_LIMIT;
        let (mut before, mut still, mut changed) = (String::new(), 0, Instant::now());
        loop {
            self.limit.check()?;
            let server = self.connections()?;
            let frames = frames_of(&server);
            let (views, quiet) = self.ask_all(&frames)?;
            let agreed = quiet && agree(&views, &server);
            let after = self.connections()?;
            if agreed && after == server {
                return Ok(());
            }
            let picture = format!("{after:?} {views:?}");
            if picture == before {
                still += 1;
            } else {
                (still, changed) = (0, Instant::now());
            }
            before = picture;
            if still >= STILL_ROUNDS && changed.elapsed() >= STILL && after == server {
                return Ok(());
            }
            if Instant::now() > until {
                return Err(restless(views));
            }
            // The other side needs the processor to get there.
            thread::yield_now();
        }
    }

    pub(super) fn tick(&mut self, to: UnixMillis) -> Result<(), Fault> {
        for name in self.busy_adapters() {
            self.ask_adapter(&name, "tick", json!({"to": to.0 - self.start.0}))?;
        }
        for name in self.engines.keys().cloned().collect::<Vec<_>>() {
            if let Some(engine) = self.engines.get_mut(&name) {
                engine.on_deadline(to);
            }
            self.record_engine(&name);
        }
        self.fence()
    }

    /// Clients hear of what the server does at `now` before their own clocks get there: they are brought to the
    /// millisecond before it, so that a timer they set then is not short. Nothing of theirs is due on the way.
    fn bring_close(&mut self, now: UnixMillis) -> Result<(), Fault> {
        let before = now.0 - self.start.0 - 1;
        if before > 0 {
            for name in self.busy_adapters() {
                self.ask_adapter(&name, "tick", json!({"to": before}))?;
            }
        }
        Ok(())
    }

    /// When the next timer of any client is due.
    fn client_deadline(&self) -> Option<UnixMillis> {
        let timer = self.next_timer.map(|next| UnixMillis(self.start.0.saturating_add(next)));
        let engines = self.engines.values().filter_map(EngineClient::next_deadline);
        engines.chain(timer).min()
    }

    fn server_deadline(&self) -> Result<Option<UnixMillis>, Fault> {
        let mut first = None;
        for app_key in &self.app_keys {
            let due = self.server.with_world(app_key, |service, _| service.next_deadline());
            let due = due.map_err(|error| Fault(error.to_string()))?;
            first = [first, due].into_iter().flatten().min();
        }
        Ok(first)
    }
}

/// Both sides' counts never agreed.
fn restless(views: Vec<Value>) -> Fault {
    Fault(format!("clients and server do not come to rest: {}", Value::Array(views)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_clients_count_is_told_as_they_wrote_it() {
        let told = restless(vec![json!({"client": "page", "conns": []})]).0;
        assert_eq!(told, r#"clients and server do not come to rest: [{"client":"page","conns":[]}]"#);
    }
}
