//! What adapters and reference clients tell: callbacks, each numbered, in the order in which they came.

use recording::Seen;
use serde_json::{Map, Value};
use simulation::Event;

use super::AdapterDriver;
use crate::runner::Fault;

impl AdapterDriver {
    /// Keeps callbacks that an adapter told of.
    ///
    /// # Errors
    /// One is missing, came twice, or is of a client that the adapter does not drive: none of it can be trusted.
    pub(in crate::adapter) fn record_all(&mut self, adapter: &str, events: Vec<Value>) -> Result<(), Fault> {
        let after = self.written(!events.is_empty());
        for event in events {
            let client = event["client"].as_str().unwrap_or_default();
            if self.driven.get(client).is_none_or(|driving| driving != adapter) {
                let what = format!("it told of {} of `{client}`, a client that it has not", event["name"]);
                return Err(self.lie(adapter, &what));
            }
            let last = self.numbers.entry(client.to_owned()).or_default();
            let (n, wanted) = (event["n"].as_u64().unwrap_or_default(), *last + 1);
            if n != wanted {
                let what = format!(
                    "its event {wanted} of client `{client}` came as {n}: numbers have no gap, and none comes twice"
                );
                return Err(self.lie(adapter, &what));
            }
            *last = n;
            self.record(event, &after);
        }
        Ok(())
    }

    /// What an adapter says cannot be so: it is ended, and the next case gets a new one.
    pub(super) fn lie(&mut self, adapter: &str, what: &str) -> Fault {
        self.adapters.remove(adapter);
        Fault(format!("adapter {adapter}: {what}; it was ended"))
    }

    /// Takes down what was seen of a client, in its world's recording, if there is one.
    pub(super) fn seen(&self, client: &str, seen: impl FnOnce() -> Seen) -> Result<(), Fault> {
        let Some(app_key) = self.worlds.get(client) else { return Ok(()) };
        self.server.seen(app_key, seen()).map_err(|error| Fault(error.to_string()))
    }

    pub(in crate::adapter) fn record_engine(&mut self, name: &str) {
        let Some(engine) = self.engines.get_mut(name) else { return };
        let fired = engine.take_fired();
        let after = self.written(!fired.is_empty());
        for (event, args) in fired {
            // A world that is gone has no recording.
            let _ = self.seen(name, || called_back(name, &event, &args));
            let n = self.events.iter().filter(|event| event.client == name).count() as u64 + 1;
            let (client, after) = (name.to_owned(), after.clone());
            self.events.push(Event { n, at: self.time(), client, name: event, args, after });
        }
    }

    /// How many entries each world's journal has: what caused a callback is among them. Not asked for nothing.
    fn written(&self, wanted: bool) -> Vec<u64> {
        let app_keys = if wanted { &self.app_keys[..] } else { &[] };
        let last = |app_key: &String| self.server.with_world(app_key, |service, _| service.journal().last());
        // A world that is gone has no journal any more.
        app_keys.iter().map(|app_key| last(app_key).unwrap_or_default()).collect()
    }

    fn record(&mut self, mut event: Value, after: &[u64]) {
        let text = |key: &str| event[key].as_str().unwrap_or_default().to_owned();
        let (n, client, name) = (event["n"].as_u64().unwrap_or_default(), text("client"), text("name"));
        // Moved, because it may be large.
        let args = match event.get_mut("args").map(Value::take) {
            Some(Value::Object(args)) => args,
            _ => Map::new(),
        };
        // A world that is gone has no recording.
        let _ = self.seen(&client, || called_back(&client, &name, &args));
        self.events.push(Event { n, at: self.time(), client, name, args, after: after.to_vec() });
    }
}

pub(super) fn call(client: &str, method: &str, args: &Map<String, Value>) -> Seen {
    let returned = Value::Null;
    Seen::Call { client: client.to_owned(), method: method.to_owned(), args: args.clone(), returned }
}

fn called_back(client: &str, name: &str, args: &Map<String, Value>) -> Seen {
    Seen::Callback { client: client.to_owned(), name: name.to_owned(), args: args.clone() }
}
