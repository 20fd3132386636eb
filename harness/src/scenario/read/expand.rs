//! What happens to the tree before it is read: included fragments, and the axes of the matrix.

use std::collections::BTreeMap;

use indexmap::IndexMap;

use super::{Loader, tree};
use crate::scenario::{
    diagnostic::{Mistake, suggest},
    place::{Place, Source},
    tree::{Data, Node},
};

/// Fragments in fragments in fragments: deeper is a circle.
const DEEPEST: usize = 8;

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
    depth: usize,
) {
    match &mut node.data {
        Data::Scalar { .. } => {}
        Data::Map(entries) => {
            for entry in entries {
                if matches!(entry.key.value.as_str(), "steps" | "parallel")
                    && let Data::List(items) = &mut entry.value.data
                {
                    steps(items, sources, include, mistakes, depth);
                }
            }
        }
        Data::List(items) => steps(items, sources, include, mistakes, depth),
    }
}

fn steps(
    items: &mut Vec<Node>,
    sources: &mut Vec<Source>,
    include: Loader<'_>,
    mistakes: &mut Vec<Mistake>,
    depth: usize,
) {
    let mut whole = Vec::with_capacity(items.len());
    for mut item in items.drain(..) {
        match item.get("include") {
            Some(_) => whole.extend(fragment(&item, sources, include, mistakes, depth).unwrap_or_default()),
            None => {
                includes(&mut item, sources, include, mistakes, depth);
                whole.push(item);
            }
        }
    }
    *items = whole;
}

fn fragment(
    step: &Node,
    sources: &mut Vec<Source>,
    include: Loader<'_>,
    mistakes: &mut Vec<Mistake>,
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
    let file = sources.len();
    let shown = match sources[0].path.rsplit_once('/') {
        Some((folder, _)) => format!("{folder}/{path}"),
        None => path.to_owned(),
    };
    sources.push(Source { path: shown, text: text.as_str().into() });
    let mut root = tree(file, &text, mistakes)?;
    includes(&mut root, sources, include, mistakes, depth + 1);
    let Data::List(mut items) = root.data else {
        let at = Place { file, ..root.at };
        let message = "a fragment is a list of steps".to_owned();
        mistakes.push(Mistake { at, code: "include", message, label: "no list".to_owned(), help: None });
        return None;
    };
    let mut given = BTreeMap::new();
    if let Some(Data::Map(entries)) = step.get("with").map(|node| &node.data) {
        given.extend(entries.iter().map(|entry| (entry.key.value.clone(), entry.value.clone())));
    }
    items.iter_mut().for_each(|item| replace(item, &given));
    Some(items)
}

/// The axes of `matrix:` with their values.
pub(super) fn axes(root: &Node, mistakes: &mut Vec<Mistake>) -> IndexMap<String, Vec<Node>> {
    let Some(node) = root.get("matrix") else { return IndexMap::new() };
    let mut wrong = |at: Place, message: &str| {
        let message = message.to_owned();
        mistakes.push(Mistake { at, code: "matrix", message, label: "here".to_owned(), help: None });
    };
    let Data::Map(entries) = &node.data else {
        wrong(node.at, "`matrix` is a mapping of axes to their values");
        return IndexMap::new();
    };
    let mut axes = IndexMap::new();
    for entry in entries {
        match &entry.value.data {
            Data::List(values) if !values.is_empty() => {
                axes.insert(entry.key.value.clone(), values.clone());
            }
            _ => wrong(entry.value.at, "an axis needs a list of values"),
        }
    }
    axes
}

/// One combination of the axes.
#[derive(Default, Clone)]
pub(super) struct Choice {
    /// What the case's name says of each axis.
    pub(super) labels: IndexMap<String, String>,
    /// Values by what stands in `${…}`.
    values: BTreeMap<String, Node>,
}

/// Every combination, the last axis changing fastest.
pub(super) fn choices(axes: &IndexMap<String, Vec<Node>>) -> Vec<Choice> {
    let mut choices = vec![Choice::default()];
    for (axis, values) in axes {
        choices = choices
            .iter()
            .flat_map(|choice| {
                values.iter().map(|value| {
                    let mut choice = choice.clone();
                    choice.labels.insert(axis.clone(), label(value));
                    if let Data::Map(entries) = &value.data {
                        for entry in entries {
                            choice.values.insert(format!("{axis}.{}", entry.key.value), entry.value.clone());
                        }
                    }
                    choice.values.insert(axis.clone(), value.clone());
                    choice
                })
            })
            .collect();
    }
    choices
}

/// A value's name: its text, the field `name` of a mapping, or all its plain fields.
fn label(value: &Node) -> String {
    match &value.data {
        Data::Scalar { text, .. } => text.clone(),
        Data::List(items) => items.iter().map(label).collect::<Vec<_>>().join("+"),
        Data::Map(entries) => match value.get("name").and_then(Node::text) {
            Some(name) => name.to_owned(),
            None => entries.iter().map(|entry| label(&entry.value)).collect::<Vec<_>>().join("+"),
        },
    }
}

/// The tree with the values of one combination in place of `${axis}`.
pub(super) fn substitute(root: &Node, choice: &Choice) -> Node {
    let mut root = root.clone();
    if let Data::Map(entries) = &mut root.data {
        for entry in entries.iter_mut().filter(|entry| entry.key.value != "matrix") {
            replace(&mut entry.value, &choice.values);
        }
    }
    root
}

/// Puts values in place of `${name}`: a scalar that is nothing else becomes the value as it is, of whatever kind.
fn replace(node: &mut Node, values: &BTreeMap<String, Node>) {
    if values.is_empty() {
        return;
    }
    match &mut node.data {
        Data::Scalar { text, .. } => {
            let whole = text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
            if let Some(value) = whole.and_then(|name| values.get(name)) {
                node.data = value.data.clone();
            } else {
                *text = interpolate(text, values);
            }
        }
        Data::List(items) => items.iter_mut().for_each(|item| replace(item, values)),
        Data::Map(entries) => {
            for entry in entries {
                entry.key.value = interpolate(&entry.key.value, values);
                replace(&mut entry.value, values);
            }
        }
    }
}

fn interpolate(text: &str, values: &BTreeMap<String, Node>) -> String {
    let mut result = text.to_owned();
    if text.contains("${") {
        for (name, value) in values {
            if let Some(value) = value.text() {
                result = result.replace(&format!("${{{name}}}"), value);
            }
        }
    }
    result
}
