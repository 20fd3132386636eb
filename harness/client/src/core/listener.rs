//! Listeners: one an event, the last one set counts, none clears it (ENG-008, ENG-010, ENG-011).

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::core::{
    bug::{Bug, Bugs},
    events,
};

/// What an application registered for an event.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Listener {
    Set,
    Named(String),
    Cleared,
}

/// Listeners by event. An event that was never spoken of is listened to: scenarios want to see everything.
#[derive(Debug, Default)]
pub(crate) struct Listeners(BTreeMap<&'static str, Listener>);

impl Listeners {
    /// `setOnXListener`: `{listener: NAME}` or `{enabled: true}` sets the one listener, anything else clears it.
    /// `None`: there is no such setter.
    pub(crate) fn set(&mut self, bugs: &Bugs, method: &str, args: &Map<String, Value>) -> Option<()> {
        let event = events::of_setter(method)?;
        let listener = match (args.get("listener"), args.get("enabled")) {
            (_, Some(Value::Bool(false))) => Listener::Cleared,
            (Some(Value::String(name)), _) => Listener::Named(name.clone()),
            (_, Some(Value::Bool(true))) => Listener::Set,
            _ => Listener::Cleared,
        };
        if self.0.contains_key(event) && listener != Listener::Cleared && bugs.has(Bug::FirstListenerStays) {
            return Some(());
        }
        self.0.insert(event, listener);
        Some(())
    }

    /// The arguments as the listener gets them, with its name if it has one; `None` if nobody listens.
    pub(crate) fn arguments(
        &self,
        bugs: &Bugs,
        event: &str,
        mut args: Map<String, Value>,
    ) -> Option<Map<String, Value>> {
        match self.0.get(event) {
            Some(Listener::Cleared) if bugs.has(Bug::ClearedListenersHear) => Some(args),
            Some(Listener::Cleared) => None,
            Some(Listener::Named(name)) => {
                args.insert("listener".to_owned(), name.as_str().into());
                Some(args)
            }
            Some(Listener::Set) | None => Some(args),
        }
    }
}
