//! The matrix: axes, their combinations, and the tree with one combination's values in it.

use std::collections::BTreeMap;

use indexmap::IndexMap;

use crate::scenario::{
    diagnostic::Mistake,
    place::{Place, Placed},
    tree::{Data, Entry, Node},
};

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
            Data::Map(_) => match chain(&entry.value) {
                Some(links) => {
                    axes.insert(entry.key.value.clone(), pairs(links));
                }
                None => wrong(
                    entry.value.at,
                    "an axis that is no list is `{pairs_of_chain: [two or more values]}`",
                ),
            },
            _ => wrong(entry.value.at, "an axis needs a list of values"),
        }
    }
    axes
}

fn chain(axis: &Node) -> Option<&[Node]> {
    match (&axis.data, axis.get("pairs_of_chain").map(|links| &links.data)) {
        (Data::Map(entries), Some(Data::List(links))) if entries.len() == 1 && links.len() > 1 => Some(links),
        _ => None,
    }
}

/// Every pair of a chain's links, the earlier one as `over`, the later as `under`.
fn pairs(links: &[Node]) -> Vec<Node> {
    let pair = |over: &Node, under: &Node| {
        let at = over.at;
        let name = format!("{} over {}", label(over), label(under));
        let name = Node { at, data: Data::Scalar { text: name, quoted: true } };
        let entry = |key: &str, value: Node| Entry { key: Placed { value: key.to_owned(), at }, value };
        let entries = [("name", name), ("over", over.clone()), ("under", under.clone())];
        Node { at, data: Data::Map(entries.map(|(key, value)| entry(key, value)).into()) }
    };
    let from =
        |(n, over): (usize, &Node)| links[n + 1..].iter().map(|under| pair(over, under)).collect::<Vec<_>>();
    links.iter().enumerate().flat_map(from).collect()
}

/// One combination of the axes.
#[derive(Default, Clone)]
pub(super) struct Choice {
    /// What the case's name says of each axis.
    pub(super) labels: IndexMap<String, String>,
    /// Values by what stands in `${…}`.
    values: BTreeMap<String, Node>,
}

impl Choice {
    /// Makes a value known by its name, and what is in it by its path.
    fn name(&mut self, path: &str, value: &Node) {
        if let Data::Map(entries) = &value.data {
            for entry in entries {
                self.name(&format!("{path}.{}", entry.key.value), &entry.value);
            }
        }
        self.values.insert(path.to_owned(), value.clone());
    }
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
                    // A value may name axes before its own.
                    let mut value = value.clone();
                    replace(&mut value, &choice.values);
                    choice.labels.insert(axis.clone(), label(&value));
                    choice.name(axis, &value);
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
pub(super) fn replace(node: &mut Node, values: &BTreeMap<String, Node>) {
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
