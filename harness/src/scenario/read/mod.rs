//! From the tree of a file to the model, naming every mistake on the way.

mod client;
mod expand;
mod expect;
mod header;
mod matcher;
mod matrix;
mod section;
mod service;
mod step;
mod typed;
mod value;
mod wire;

/// Words of the format that the schema and `harness explain` know as well.
pub(crate) mod names {
    pub(crate) use super::{
        step::{KINDS, STATES},
        wire::FRAMES,
    };
}

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use super::{
    diagnostic::{Diagnostic, Mistake, nearest, suggest},
    duration,
    model::{Case, Client, Scenario},
    place::{Place, Placed, Source},
    tree::{self, Data, Entry, Node},
};

/// Gives the text of an included file by its path, relative to the including one's folder.
pub type Loader<'a> = &'a dyn Fn(&str) -> Result<String, String>;

/// Reads a scenario and checks all of it.
///
/// `path` is only shown, never opened; `include` gives fragments.
///
/// # Errors
/// Every mistake of the file, in the order of their places; if it is no YAML, the first only.
pub fn parse_with(path: &str, text: &str, include: Loader<'_>) -> Result<Scenario, Vec<Diagnostic>> {
    let mut sources = vec![Source { path: path.replace('\\', "/"), text: text.into() }];
    let mut mistakes = Vec::new();
    let scenario = read(&mut sources, text, include, &mut mistakes);
    mistakes.sort_by_key(|mistake| (mistake.at.file, mistake.at.start, mistake.at.len));
    mistakes.dedup();
    match scenario {
        Some(scenario) if mistakes.is_empty() => Ok(Scenario { sources, ..scenario }),
        _ => Err(mistakes.into_iter().map(|mistake| Diagnostic::new(mistake, &sources)).collect()),
    }
}

/// [`parse_with`] for a file on disk: fragments are read from beside it.
///
/// # Errors
/// As there.
pub fn parse(path: &std::path::Path, text: &str) -> Result<Scenario, Vec<Diagnostic>> {
    let folder = path.parent().unwrap_or(std::path::Path::new("")).to_owned();
    parse_with(&path.to_string_lossy(), text, &|name| {
        std::fs::read_to_string(folder.join(name)).map_err(|error| error.to_string())
    })
}

fn read(
    sources: &mut Vec<Source>,
    text: &str,
    include: Loader<'_>,
    mistakes: &mut Vec<Mistake>,
) -> Option<Scenario> {
    let mut root = expand::tree(0, text, mistakes)?;
    expand::includes(&mut root, sources, include, mistakes, expand::Pass::BeforeMatrix, 0);
    let axes = matrix::axes(&root, mistakes);
    let header = Reader::new(mistakes).header(&root)?;
    let mut cases = Vec::new();
    for choice in matrix::choices(&axes) {
        let mut case = matrix::substitute(&root, &choice);
        expand::includes(&mut case, sources, include, mistakes, expand::Pass::InCase, 0);
        cases.push(Reader::new(mistakes).case(&case, choice.labels));
    }
    Some(Scenario { cases, ..header })
}

/// What a name after `$` stands for.
#[derive(Debug, Clone, PartialEq)]
enum Name {
    /// A user of a world: `token` or `id` below it.
    User,
    /// The named tokens: one of them below it.
    Tokens(BTreeSet<String>),
    /// A further world: its users and tokens below it.
    World(String),
    /// Anything else: fields are not checked.
    Value,
}

/// What the names of a world are checked against.
#[derive(Debug, Default)]
struct World {
    users: Vec<String>,
    tokens: BTreeSet<String>,
    groups: Vec<String>,
}

/// The state of reading: what has been declared, and what is wrong so far.
struct Reader<'a> {
    mistakes: &'a mut Vec<Mistake>,
    worlds: BTreeMap<String, World>,
    clients: Vec<String>,
    names: BTreeMap<String, Name>,
    raw_connections: BTreeSet<String>,
}

impl<'a> Reader<'a> {
    fn new(mistakes: &'a mut Vec<Mistake>) -> Self {
        Self {
            mistakes,
            worlds: BTreeMap::new(),
            clients: Vec::new(),
            names: ["now", "start", "appKey", "appSecret", "navi", "serverApi"]
                .map(|name| (name.to_owned(), Name::Value))
                .into(),
            raw_connections: BTreeSet::new(),
        }
    }

    fn case(&mut self, root: &Node, axes: indexmap::IndexMap<String, String>) -> Case {
        let worlds = self.all_worlds(root);
        let clients: indexmap::IndexMap<String, Client> =
            root.get("clients").map(|node| self.all_clients(node)).unwrap_or_default();
        let steps = match root.get("steps") {
            Some(node) => self.steps(node),
            None => {
                self.wrong(root.at, "missing_key", "`steps` is missing", "in this scenario", None);
                Vec::new()
            }
        };
        Case { axes, worlds, clients, steps }
    }

    /// Notes a mistake.
    fn wrong(
        &mut self,
        at: Place,
        code: &'static str,
        message: impl Into<String>,
        label: impl Into<String>,
        help: Option<String>,
    ) {
        self.mistakes.push(Mistake { at, code, message: message.into(), label: label.into(), help });
    }

    /// Notes that something else was expected here.
    fn expected(&mut self, node: &Node, what: &str) {
        let message = format!("expected {what}, not {}", node.kind());
        self.wrong(node.at, "wrong_kind", message, "here", None);
    }

    /// Notes an unknown name with the nearest known one.
    fn unknown<'n>(
        &mut self,
        at: Place,
        code: &'static str,
        what: &str,
        word: &str,
        known: impl IntoIterator<Item = &'n str>,
    ) {
        self.wrong(at, code, format!("unknown {what} `{word}`"), "not known", suggest(word, known));
    }

    /// The entries of a mapping whose keys are all known.
    fn entries<'n>(&mut self, node: &'n Node, what: &str, keys: &[&str]) -> &'n [Entry] {
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
    fn items<'n>(&mut self, node: &'n Node, what: &str, alone: bool) -> &'n [Node] {
        match &node.data {
            Data::List(items) => items,
            _ if alone => std::slice::from_ref(node),
            _ => {
                self.expected(node, what);
                &[]
            }
        }
    }

    fn text(&mut self, node: &Node, what: &str) -> Option<String> {
        match node.text() {
            Some(text) if !node.is_null() => Some(text.to_owned()),
            _ => {
                self.expected(node, what);
                None
            }
        }
    }

    fn placed(&mut self, node: &Node, what: &str) -> Option<Placed<String>> {
        self.text(node, what).map(|value| Placed { value, at: node.at })
    }

    fn boolean(&mut self, node: &Node, what: &str) -> Option<bool> {
        let value = node.scalar().and_then(|value| value.as_bool());
        if value.is_none() {
            self.expected(node, &format!("true or false for {what}"));
        }
        value
    }

    fn count(&mut self, node: &Node, what: &str) -> Option<u32> {
        let value =
            node.scalar().and_then(|value| value.as_u64()).and_then(|value| u32::try_from(value).ok());
        if value.is_none() {
            self.expected(node, what);
        }
        value
    }

    fn duration(&mut self, node: &Node) -> Option<Duration> {
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
    fn choice<T: Copy>(&mut self, node: &Node, what: &str, choices: &[(&str, T)]) -> Option<T> {
        let text = self.text(node, what)?;
        let found = choices.iter().find(|(name, _)| *name == text).map(|(_, value)| *value);
        if found.is_none() {
            self.unknown(node.at, "unknown_value", what, &text, choices.iter().map(|(name, _)| *name));
        }
        found
    }

    /// The name of a declared client.
    fn client_name(&mut self, node: &Node) -> Option<String> {
        let name = self.text(node, "the name of a client")?;
        self.known_client(&name, node.at);
        Some(name)
    }

    fn known_client(&mut self, name: &str, at: Place) {
        if !self.clients.iter().any(|client| client == name) {
            let known = self.clients.clone();
            self.unknown(at, "unknown_client", "client", name, known.iter().map(String::as_str));
        }
    }

    /// A world's name, the main one if not given.
    fn world_name(&mut self, node: Option<&Node>) -> String {
        let Some(node) = node else { return super::MAIN_WORLD.to_owned() };
        let Some(name) = self.text(node, "the name of a world") else { return super::MAIN_WORLD.to_owned() };
        if !self.worlds.contains_key(&name) {
            let known: Vec<String> = self.worlds.keys().cloned().collect();
            self.unknown(node.at, "unknown_world", "world", &name, known.iter().map(String::as_str));
        }
        name
    }

    /// A new name: `$m1`.
    fn new_name(&mut self, node: &Node) -> Option<String> {
        let text = self.text(node, "a name like `$m1`")?;
        self.declare(&text, node.at)
    }

    fn declare(&mut self, text: &str, at: Place) -> Option<String> {
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
