//! What happens to the tree before it is read: included fragments take the place of their `include`.

use std::collections::BTreeMap;

use super::{Loader, matrix::replace, tree};
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
    let mistake = |malformed: tree::Malformed, code| Mistake {
        at: malformed.at,
        code,
        message: malformed.problem,
        label: "here".to_owned(),
        help: None,
    };
    mistakes.extend(duplicates.into_iter().map(|malformed| mistake(malformed, "duplicate_key")));
    parsed.map_err(|malformed| mistakes.push(mistake(malformed, "no_yaml"))).ok()
}

/// Replaces every `include` step by the steps of its fragment.
pub(super) fn includes(
    node: &mut Node,
    sources: &mut Vec<Source>,
    include: Loader<'_>,
    mistakes: &mut Vec<Mistake>,
    pass: Pass,
    depth: usize,
) {
    match &mut node.data {
        Data::Scalar { .. } => {}
        Data::Map(entries) => {
            for entry in entries {
                if matches!(entry.key.value.as_str(), "steps" | "parallel")
                    && let Data::List(items) = &mut entry.value.data
                {
                    steps(items, sources, include, mistakes, pass, depth);
                }
            }
        }
        Data::List(items) => steps(items, sources, include, mistakes, pass, depth),
    }
}

fn steps(
    items: &mut Vec<Node>,
    sources: &mut Vec<Source>,
    include: Loader<'_>,
    mistakes: &mut Vec<Mistake>,
    pass: Pass,
    depth: usize,
) {
    let mut whole = Vec::with_capacity(items.len());
    for mut item in items.drain(..) {
        match item.get("include") {
            Some(path) if pass == Pass::BeforeMatrix && has_axis(path) => whole.push(item),
            Some(_) => {
                whole.extend(fragment(&item, sources, include, mistakes, pass, depth).unwrap_or_default())
            }
            None => {
                includes(&mut item, sources, include, mistakes, pass, depth);
                whole.push(item);
            }
        }
    }
    *items = whole;
}

fn has_axis(path: &Node) -> bool {
    path.text().is_some_and(|path| path.contains("${"))
}

fn fragment(
    step: &Node,
    sources: &mut Vec<Source>,
    include: Loader<'_>,
    mistakes: &mut Vec<Mistake>,
    pass: Pass,
    depth: usize,
) -> Option<Vec<Node>> {
    let name = step.get("include")?;
    let mut wrong = |at: Place, message: String, help: Option<String>| {
        mistakes.push(Mistake { at, code: "include", message, label: "included here".to_owned(), help });
    };
    let Data::Map(entries) = &step.data else { return None };
    for entry in entries.iter().filter(|entry| !matches!(entry.key.value.as_str(), "include" | "with")) {
        let message = format!("unknown key in `include`: `{}`", entry.key.value);
        wrong(entry.key.at, message, suggest(&entry.key.value, ["include", "with"]));
    }
    let Some(path) = name.text() else {
        wrong(name.at, format!("expected the path of a fragment, not {}", name.kind()), None);
        return None;
    };
    if depth >= DEEPEST {
        wrong(name.at, format!("`{path}` is included {DEEPEST} levels deep; does it include itself?"), None);
        return None;
    }
    let text = match include(path) {
        Ok(text) => text,
        Err(error) => {
            wrong(
                name.at,
                format!("cannot read `{path}`: {error}"),
                Some("the path is relative to this file".into()),
            );
            return None;
        }
    };
    let shown = match sources[0].path.rsplit_once('/') {
        Some((folder, _)) => format!("{folder}/{path}"),
        None => path.to_owned(),
    };
    // What several cases include is one file.
    let file = sources.iter().position(|source| source.path == shown).unwrap_or_else(|| {
        sources.push(Source { path: shown, text: text.as_str().into() });
        sources.len() - 1
    });
    let mut root = tree(file, &text, mistakes)?;
    if !matches!(root.data, Data::List(_)) {
        let at = Place { file, ..root.at };
        let message = "a fragment is a list of steps".to_owned();
        mistakes.push(Mistake { at, code: "include", message, label: "no list".to_owned(), help: None });
        return None;
    }
    let mut given = BTreeMap::new();
    if let Some(Data::Map(entries)) = step.get("with").map(|node| &node.data) {
        given.extend(entries.iter().map(|entry| (entry.key.value.clone(), entry.value.clone())));
    }
    // Before, because a path may hang on an argument; behind, because an argument is known in inner fragments too.
    replace(&mut root, &given);
    includes(&mut root, sources, include, mistakes, pass, depth + 1);
    replace(&mut root, &given);
    match root.data {
        Data::List(items) => Some(items),
        _ => None,
    }
}
