//! Listeners: one an event, the last one set counts, none clears it (ENG-008, ENG-010, ENG-011).

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// What an application registered for an event.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Listener {
    Named(String),
    Cleared,
}

/// Listeners by event. An event that was never spoken of is listened to: scenarios want to see everything.
#[derive(Debug, Default)]
pub(crate) struct Listeners(BTreeMap<String, Listener>);

impl Listeners {
    /// `setOnXListener`: with a `listener` name it is set, without one it is cleared. `None`: no such setter.
    pub(crate) fn set(&mut self, method: &str, args: &Map<String, Value>, events: &[&str]) -> Option<()> {
        let event = method.strip_prefix("set")?.strip_suffix("Listener")?;
        let event = format!("{}{}", event.get(..1)?.to_ascii_lowercase(), event.get(1..)?);
        if !events.contains(&event.as_str()) {
            return None;
        }
        let listener = match args.get("listener") {
            Some(Value::String(name)) => Listener::Named(name.clone()),
            _ => Listener::Cleared,
        };
        self.0.insert(event, listener);
        Some(())
    }

    /// The arguments as the listener gets them; `None` if nobody listens.
    pub(crate) fn arguments(&self, event: &str, mut args: Map<String, Value>) -> Option<Map<String, Value>> {
        match self.0.get(event) {
            Some(Listener::Cleared) => None,
            Some(Listener::Named(name)) => {
                args.insert("listener".to_owned(), name.as_str().into());
                Some(args)
            }
            None => Some(args),
        }
    }
}
