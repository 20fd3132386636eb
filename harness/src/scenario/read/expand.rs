//! What happens to the tree before it is read: included fragments take the place of their `include`.

use std::collections::BTreeMap;

use super::{
    Loader,
    growth::{Growth, TooMuch},
    matrix::replace,
    tree,
};
use crate::scenario::{
    diagnostic::{Mistake, suggest},
    place::{Place, Source},
    tree::{Data, Node},
};

/// Fragments in fragments in fragments: deeper is a circle.
const DEEPEST: usize = 8;

/// When includes are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pass {
    /// A path with an axis of the matrix in it has to wait until the axis has a value.
    BeforeMatrix,
    /// Every path is what it says.
    InCase,
}

/// Parses a file, noting its mistakes.
pub(super) fn tree(file: usize, text: &str, mistakes: &mut Vec<Mistake>) -> Option<Node> {
    let mut duplicates = Vec::new();
    let parsed = tree::parse(file, text, &mut duplicates);
    let mistake = |malformed: tree::Malformed| Mistake {
        at: malformed.at,
        code: malformed.code,
        message: malformed.problem,
        label: "here".to_owned(),
        help: None,
    };
    mistakes.extend(duplicates.into_iter().map(mistake));
    parsed.map_err(|malformed| mistakes.push(mistake(malformed))).ok()
}

/// What including needs to know.
pub(super) struct Includes<'a> {
    pub(super) sources: &'a mut Vec<Source>,
    pub(super) include: Loader<'a>,
    pub(super) mistakes: &'a mut Vec<Mistake>,
    pub(super) growth: &'a mut Growth,
    pub(super) pass: Pass,
}

impl Includes<'_> {
    /// Replaces every `include` step below a node by the steps of its fragment.
    pub(super) fn resolve(&mut self, node: &mut Node, depth: usize) -> Result<(), TooMuch> {
        match &mut node.data {
            Data::Scalar { .. } => {}
            Data::Map(entries) => {
                for entry in entries {
                    if matches!(entry.key.value.as_str(), "steps" | "parallel")
                        && let Data::List(items) = &mut entry.value.data
                    {
                        self.steps(items, depth)?;
                    }
                }
            }
            Data::List(items) => self.steps(items, depth)?,
        }
        Ok(())
    }

    fn steps(&mut self, items: &mut Vec<Node>, depth: usize) -> Result<(), TooMuch> {
        let mut whole = Vec::with_capacity(items.len());
        for mut item in items.drain(..) {
            match item.get("include") {
                Some(path) if self.pass == Pass::BeforeMatrix && has_axis(path) => whole.push(item),
                Some(_) => whole.extend(self.fragment(&item, depth)?.unwrap_or_default()),
                None => {
                    self.resolve(&mut item, depth)?;
                    whole.push(item);
                }
            }
        }
        *items = whole;
        Ok(())
    }

    fn wrong(&mut self, at: Place, message: String, help: Option<String>) {
        let label = "included here".to_owned();
        if self.mistakes.len() < super::MOST_MISTAKES {
            self.mistakes.push(Mistake { at, code: "include", message, label, help });
        }
    }

    /// The steps of a fragment; `None` if they cannot be had, which is noted.
    fn fragment(&mut self, step: &Node, depth: usize) -> Result<Option<Vec<Node>>, TooMuch> {
        let (Some(name), Data::Map(entries)) = (step.get("include"), &step.data) else { return Ok(None) };
        for entry in entries.iter().filter(|entry| !matches!(entry.key.value.as_str(), "include" | "with")) {
            let message = format!("unknown key in `include`: `{}`", entry.key.value);
            self.wrong(entry.key.at, message, suggest(&entry.key.value, ["include", "with"]));
        }
        let Some(path) = name.text() else {
            self.wrong(name.at, format!("expected the path of a fragment, not {}", name.kind()), None);
            return Ok(None);
        };
        if depth >= DEEPEST {
            let message = format!("`{path}` is included {DEEPEST} levels deep; does it include itself?");
            self.wrong(name.at, message, None);
            return Ok(None);
        }
        let including =
            entries.iter().find(|entry| entry.key.value == "include").map_or(0, |entry| entry.key.at.file);
        let Some((file, text)) = self.source(path, including, name.at) else { return Ok(None) };
        let Some(mut root) = tree(file, &text, self.mistakes) else { return Ok(None) };
        self.growth.copy(&root.data)?;
        if !matches!(root.data, Data::List(_)) {
            let at = Place { file, ..root.at };
            let message = "a fragment is a list of steps".to_owned();
            let label = "no list".to_owned();
            self.mistakes.push(Mistake { at, code: "include", message, label, help: None });
            return Ok(None);
        }
        let mut given = BTreeMap::new();
        if let Some(Data::Map(entries)) = step.get("with").map(|node| &node.data) {
            given.extend(entries.iter().map(|entry| (entry.key.value.clone(), entry.value.clone())));
        }
        // Before, because a path may hang on an argument; behind, because an argument is known in inner fragments too.
        replace(&mut root, &given, self.growth)?;
        self.resolve(&mut root, depth + 1)?;
        replace(&mut root, &given, self.growth)?;
        Ok(match root.data {
            Data::List(items) => Some(items),
            _ => None,
        })
    }

    /// The number and text of a fragment's file, read once however many cases include it. A path counts from the folder
    /// of the file that has the `include`; in a fragment, where nothing is there, from the scenario's, as one has to that a
    /// scenario hands over.
    fn source(&mut self, path: &str, including: usize, at: Place) -> Option<(usize, std::sync::Arc<str>)> {
        let folder = folder(&self.sources[0].path).to_owned();
        let from = self.sources[including].path.strip_prefix(&folder).unwrap_or_default();
        let own =
            if path.starts_with('/') { path.to_owned() } else { format!("{}{path}", self::folder(from)) };
        let mut failed = None;
        for name in &[own.as_str(), path][usize::from(own == path)..] {
            let shown = format!("{folder}{name}");
            if let Some(file) = self.sources.iter().position(|source| source.path == shown) {
                return Some((file, self.sources[file].text.clone()));
            }
            match (self.include)(name) {
                Ok(text) => {
                    let text: std::sync::Arc<str> = text.into();
                    self.sources.push(Source { path: shown, text: text.clone() });
                    return Some((self.sources.len() - 1, text));
                }
                Err(error) => failed = failed.or(Some(error)),
            }
        }
        let help = "the path is relative to this file".to_owned();
        self.wrong(at, format!("cannot read `{path}`: {}", failed.unwrap_or_default()), Some(help));
        None
    }
}

/// What leads to a file, with the `/` at its end; nothing for a file beside us.
fn folder(path: &str) -> &str {
    path.rfind('/').map_or("", |end| &path[..=end])
}

fn has_axis(path: &Node) -> bool {
    path.text().is_some_and(|path| path.contains("${"))
}
