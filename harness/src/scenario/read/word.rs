//! What stands at a place: kinds of values, keys, names, and the mistake if it is something else.

use std::time::Duration;

use super::{MOST_KNOWN, MOST_MISTAKES, Name, Reader, value};
use crate::scenario::{
    MAIN_WORLD,
    diagnostic::{nearest, suggest},
    duration,
    place::{Place, Placed},
    tree::{Data, Entry, Node},
};

impl Reader<'_> {
    /// Notes that something else was expected here.
    pub(super) fn expected(&mut self, node: &Node, what: &str) {
        let message = format!("expected {what}, not {}", node.kind());
        self.wrong(node.at, "wrong_kind", message, "here", None);
    }

    /// Notes an unknown name with the nearest known one.
    pub(super) fn unknown<'n>(
        &mut self,
        at: Place,
        code: &'static str,
        what: &str,
        word: &str,
        known: impl IntoIterator<Item = &'n str>,
    ) {
        // What is not noted need not be looked for among the known.
        if self.mistakes.len() < MOST_MISTAKES {
            self.wrong(at, code, format!("unknown {what} `{word}`"), "not known", suggest(word, known));
        }
    }

    /// The entries of a mapping whose keys are all known.
    pub(super) fn entries<'n>(&mut self, node: &'n Node, what: &str, keys: &[&str]) -> &'n [Entry] {
        let Data::Map(entries) = &node.data else {
            self.expected(node, &format!("{what}: a mapping"));
            return &[];
        };
        for entry in entries {
            if !keys.contains(&entry.key.value.as_str()) {
                let what = format!("key in {what}:");
                self.unknown(entry.key.at, "unknown_key", &what, &entry.key.value, keys.iter().copied());
            }
        }
        entries
    }

    /// The items of a list; a scalar or mapping alone counts as a list of one where `alone` allows it.
    pub(super) fn items<'n>(&mut self, node: &'n Node, what: &str, alone: bool) -> &'n [Node] {
        match &node.data {
            Data::List(items) => items,
            _ if alone => std::slice::from_ref(node),
            _ => {
                self.expected(node, what);
                &[]
            }
        }
    }

    pub(super) fn text(&mut self, node: &Node, what: &str) -> Option<String> {
        match node.text() {
            Some(text) if !node.is_null() => Some(text.to_owned()),
            _ => {
                self.expected(node, what);
                None
            }
        }
    }

    pub(super) fn placed(&mut self, node: &Node, what: &str) -> Option<Placed<String>> {
        self.text(node, what).map(|value| Placed { value, at: node.at })
    }

    pub(super) fn boolean(&mut self, node: &Node, what: &str) -> Option<bool> {
        let value = node.scalar().and_then(|value| value.as_bool());
        if value.is_none() {
            self.expected(node, &format!("true or false for {what}"));
        }
        value
    }

    pub(super) fn count(&mut self, node: &Node, what: &str) -> Option<u32> {
        let value =
            node.scalar().and_then(|value| value.as_u64()).and_then(|value| u32::try_from(value).ok());
        if value.is_none() {
            self.expected(node, what);
        }
        value
    }

    pub(super) fn duration(&mut self, node: &Node) -> Option<Duration> {
        let read = node.text().map_or(Err(duration::Wrong::Unreadable), duration::within);
        let (message, help) = match read {
            Ok(duration) => return Some(duration),
            Err(duration::Wrong::Unreadable) => {
                ("is no duration", "write it with its unit: 250ms, 5s, 1h 30m, 7d")
            }
            Err(duration::Wrong::TooLong) => ("is too long", "a hundred years of 366 days is the most"),
        };
        let text = node.text().map_or_else(|| node.kind().to_owned(), |text| format!("`{text}`"));
        self.wrong(node.at, "wrong_duration", format!("{text} {message}"), "here", Some(help.to_owned()));
        None
    }

    /// One of a few spellings.
    pub(super) fn choice<T: Copy>(&mut self, node: &Node, what: &str, choices: &[(&str, T)]) -> Option<T> {
        let text = self.text(node, what)?;
        let found = choices.iter().find(|(name, _)| *name == text).map(|(_, value)| *value);
        if found.is_none() {
            self.unknown(node.at, "unknown_value", what, &text, choices.iter().map(|(name, _)| *name));
        }
        found
    }

    /// The name of a declared client.
    pub(super) fn client_name(&mut self, node: &Node) -> Option<String> {
        let name = self.text(node, "the name of a client")?;
        self.known_client(&name, node.at);
        Some(name)
    }

    pub(super) fn known_client(&mut self, name: &str, at: Place) {
        if !self.clients.iter().any(|client| client == name) {
            let known: Vec<String> = self.clients.iter().take(MOST_KNOWN).cloned().collect();
            self.unknown(at, "unknown_client", "client", name, known.iter().map(String::as_str));
        }
    }

    /// A world's name, the main one if not given.
    pub(super) fn world_name(&mut self, node: Option<&Node>) -> String {
        let Some(node) = node else { return MAIN_WORLD.to_owned() };
        let Some(name) = self.text(node, "the name of a world") else { return MAIN_WORLD.to_owned() };
        if !self.worlds.contains_key(&name) {
            let known: Vec<String> = self.worlds.keys().take(MOST_KNOWN).cloned().collect();
            self.unknown(node.at, "unknown_world", "world", &name, known.iter().map(String::as_str));
        }
        name
    }

    /// A new name: `$m1`.
    pub(super) fn new_name(&mut self, node: &Node) -> Option<String> {
        let text = self.text(node, "a name like `$m1`")?;
        self.declare(&text, node.at)
    }

    pub(super) fn declare(&mut self, text: &str, at: Place) -> Option<String> {
        let name = text.strip_prefix('$').filter(|name| value::is_name(name));
        let Some(name) = name else {
            let help =
                nearest(text, []).map(str::to_owned).or(Some("names begin with `$`: `$m1`".to_owned()));
            self.wrong(at, "wrong_name", format!("`{text}` is no name"), "here", help);
            return None;
        };
        if !matches!(self.names.get(name), None | Some(Name::Value)) || name == "now" || name == "start" {
            let message = format!("`${name}` already stands for something else");
            self.wrong(at, "name_taken", message, "taken", None);
            return None;
        }
        self.names.insert(name.to_owned(), Name::Value);
        Some(name.to_owned())
    }
}
