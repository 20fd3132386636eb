//! From the tree of a file to the model, naming every mistake on the way.

mod client;
mod expand;
mod expect;
mod growth;
mod header;
mod look;
mod matcher;
mod matrix;
mod section;
mod service;
mod step;
mod typed;
mod value;
mod wire;
mod word;

/// Words of the format that the schema and `harness explain` know as well.
pub(crate) mod names {
    pub(crate) use super::{
        step::{KINDS, states},
        wire::FRAMES,
    };
}

use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use growth::{Growth, MAX_REPEATED_BYTES, MAX_STEPS, TooMuch};
use indexmap::IndexSet;
use mock_server::yaml::{FileError, NotUtf8};

use super::{
    diagnostic::{Diagnostic, Mistake, UNREADABLE, nearest, suggest},
    model::{Case, Client, Scenario},
    place::{Place, Source},
    tree::{self, Node},
};

/// Gives the text of an included file by its path, relative to the scenario's folder.
pub type Loader<'a> = &'a dyn Fn(&str) -> Result<String, String>;

/// Reads a scenario and checks all of it.
///
/// `path` is only shown, never opened; `include` gives fragments.
///
/// # Errors
/// Every mistake of the file, in the order of their places, up to 100; if it is no YAML, the first only. A file that
/// comes to more than [`mock_server::yaml`] allows, whose matrix makes more than 1,000 cases, or whose cases come to more
/// than a million values is refused before it is built.
pub fn parse_with(path: &str, text: &str, include: Loader<'_>) -> Result<Scenario, Vec<Diagnostic>> {
    // On other systems a backslash is part of a name.
    let path = if cfg!(windows) { path.replace('\\', "/") } else { path.to_string() };
    let mut sources = vec![Source { path, text: text.into() }];
    let mut mistakes = Vec::new();
    let scenario = read(&mut sources, text, include, &mut mistakes);
    mistakes.sort_by_key(|mistake| (mistake.at.file, mistake.at.start, mistake.at.len));
    mistakes.dedup();
    shorten(&mut mistakes);
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
        mock_server::yaml::read_file(&folder.join(name)).map_err(|error| error.to_string())
    })
}

/// The mistake of a file that cannot be read as text at all; `text` is what can be read of it.
pub(crate) fn unreadable(path: &str, error: &FileError) -> Diagnostic {
    let (at, text) = match error {
        FileError::NotUtf8(NotUtf8 { at: (line, column), valid, lossy, .. }) => {
            // The place of the replacement character in the text that is shown.
            let len = if lossy.is_empty() { 0 } else { char::REPLACEMENT_CHARACTER.len_utf8() };
            (Place { file: 0, start: *valid, len, line: *line, column: *column }, lossy.as_str())
        }
        _ => (Place { line: 1, column: 1, ..Place::default() }, ""),
    };
    let source = Source { path: path.replace('\\', "/"), text: text.into() };
    let (message, label) = (error.to_string(), "here".to_owned());
    Diagnostic::new(Mistake { at, code: UNREADABLE, message, label, help: None }, &[source])
}

/// A mistake of a whole file.
pub(crate) fn wrong_file(path: &str, text: &str, message: String, help: &str) -> Diagnostic {
    let at = Place { line: 1, column: 1, ..Place::default() };
    let source = Source { path: path.replace('\\', "/"), text: text.into() };
    let (label, help) = ("this file".to_owned(), Some(help.to_owned()));
    Diagnostic::new(Mistake { at, code: "wrong_file", message, label, help }, &[source])
}

/// More mistakes than this are not shown one by one: whoever made them begins with the first.
const MOST_SHOWN: usize = 100;

/// More mistakes than this are not looked for.
const MOST_MISTAKES: usize = 1_000;

fn shorten(mistakes: &mut Vec<Mistake>) {
    if mistakes.len() > MOST_SHOWN {
        let more = mistakes.len() - MOST_SHOWN;
        mistakes.truncate(MOST_SHOWN);
        let at = mistakes.last().map_or_else(Place::default, |last| last.at);
        let message = format!("and {more} more mistakes");
        mistakes.push(Mistake {
            at,
            code: "more",
            message,
            label: "the last one shown".to_owned(),
            help: None,
        });
    }
}

fn read(
    sources: &mut Vec<Source>,
    text: &str,
    include: Loader<'_>,
    mistakes: &mut Vec<Mistake>,
) -> Option<Scenario> {
    let mut root = expand::tree(0, text, mistakes)?;
    let at = root.at;
    cases(&mut root, sources, include, mistakes).unwrap_or_else(|too_much| {
        let help = Some("divide the matrix, or what is included, among several files".to_owned());
        let (message, label) = (too_much.to_string(), "in this file".to_owned());
        mistakes.push(Mistake { at, code: tree::TOO_LARGE, message, label, help });
        None
    })
}

fn cases(
    root: &mut Node,
    sources: &mut Vec<Source>,
    include: Loader<'_>,
    mistakes: &mut Vec<Mistake>,
) -> Result<Option<Scenario>, TooMuch> {
    let growth = &mut Growth::default();
    let pass = expand::Pass::BeforeMatrix;
    expand::Includes { sources, include, mistakes, growth, pass }.resolve(root, 0)?;
    let axes = matrix::axes(root, mistakes);
    let Some(header) = Reader::new(mistakes).header(root) else { return Ok(None) };
    let mut cases = Vec::new();
    for choice in matrix::choices(&axes, growth)? {
        let mut case = matrix::substitute(root, &choice, growth)?;
        let pass = expand::Pass::InCase;
        expand::Includes { sources, include, mistakes, growth, pass }.resolve(&mut case, 0)?;
        cases.push(Reader::new(mistakes).case(&case, choice.labels));
    }
    Ok(Some(Scenario { cases, ..header }))
}

/// What a name after `$` stands for.
#[derive(Debug, Clone, PartialEq)]
enum Name {
    /// A user of a world: `token` or `id` below it.
    User,
    /// The named tokens: one of them below it.
    Tokens(Rc<BTreeSet<String>>),
    /// A further world: its users and tokens below it.
    World(String),
    /// Anything else: fields are not checked.
    Value,
}

/// Among how many known names the nearest is looked for.
const MOST_KNOWN: usize = 1_000;

/// What the names of a world are checked against.
#[derive(Debug, Default)]
struct World {
    users: IndexSet<String>,
    tokens: BTreeSet<String>,
    groups: IndexSet<String>,
}

/// The state of reading: what has been declared, and what is wrong so far.
struct Reader<'a> {
    mistakes: &'a mut Vec<Mistake>,
    worlds: BTreeMap<String, World>,
    clients: Vec<String>,
    names: BTreeMap<String, Name>,
    raw_connections: BTreeSet<String>,
    /// How often what is read now is performed: the product of the `repeat`s around it.
    times: u64,
    /// Steps that the case performs.
    steps: u64,
    /// Bytes that `$repeat` makes in the case.
    repeated: u64,
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
            times: 1,
            steps: 0,
            repeated: 0,
        }
    }

    fn case(&mut self, root: &Node, axes: indexmap::IndexMap<String, String>) -> Case {
        let worlds = self.all_worlds(root);
        let clients: indexmap::IndexMap<String, Client> =
            root.get("clients").map(|node| self.all_clients(node)).unwrap_or_default();
        let steps = match root.get("steps") {
            Some(node) => self.some_steps(node, "a scenario without a step proves nothing"),
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
        if self.mistakes.len() < MOST_MISTAKES {
            self.mistakes.push(Mistake { at, code, message: message.into(), label: label.into(), help });
        }
    }

    /// Counts steps that are performed; notes where a case comes to too many.
    fn performs(&mut self, steps: u64, at: Place) {
        let before = self.steps;
        self.steps = before.saturating_add(steps.saturating_mul(self.times));
        if before <= MAX_STEPS && self.steps > MAX_STEPS {
            let message = format!("this case performs {} steps; a case has at most {MAX_STEPS}", self.steps);
            let help = Some("a `repeat` multiplies all that is in it".to_owned());
            self.wrong(at, tree::TOO_LARGE, message, "with these", help);
        }
    }

    /// Counts text that `$repeat` makes; notes where a case comes to too much.
    fn repeats(&mut self, bytes: u64, at: Place) {
        let before = self.repeated;
        self.repeated = before.saturating_add(bytes.saturating_mul(self.times));
        if before <= MAX_REPEATED_BYTES && self.repeated > MAX_REPEATED_BYTES {
            let made = self.repeated;
            let message = format!("this case makes {made} bytes of text; at most {MAX_REPEATED_BYTES}");
            self.wrong(at, tree::TOO_LARGE, message, "with this", None);
        }
    }
}
