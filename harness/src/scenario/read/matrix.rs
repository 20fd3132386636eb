//! The matrix: axes, their combinations, and the tree with one combination's values in it.

use std::collections::BTreeMap;

use indexmap::IndexMap;

use super::growth::{Growth, MAX_CASES, TooMuch};
use crate::scenario::{
    diagnostic::Mistake,
    place::{Place, Placed},
    tree::{Data, Entry, Node},
};

/// The axes of `matrix:` with their values; none if they make more cases than a file may have.
pub(super) fn axes(root: &Node, mistakes: &mut Vec<Mistake>) -> IndexMap<String, Vec<Node>> {
    let Some(node) = root.get("matrix") else { return IndexMap::new() };
    // Counted before anything is built: a chain of n values makes n(n-1)/2.
    let count = |axis: &Node| match &axis.data {
        Data::List(values) => values.len() as u128,
        _ => chain(axis).map_or(1, |links| links.len() as u128 * (links.len() as u128 - 1) / 2),
    };
    if let Data::Map(entries) = &node.data {
        let cases =
            entries.iter().fold(1_u128, |cases, entry| cases.saturating_mul(count(&entry.value).max(1)));
        if cases > MAX_CASES as u128 {
            let at = entries.first().map_or(node.at, |entry| entry.key.at);
            let message = format!("this matrix makes {cases} cases; a file has at most {MAX_CASES}");
            let help = Some("leave out axes or values, or divide it among several files".to_owned());
            let label = "too many".to_owned();
            mistakes.push(Mistake { at, code: "too_large", message, label, help });
            return IndexMap::new();
        }
    }
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
    fn name(&mut self, path: &str, value: &Node, growth: &mut Growth) -> Result<(), TooMuch> {
        if let Data::Map(entries) = &value.data {
            for entry in entries {
                self.name(&format!("{path}.{}", entry.key.value), &entry.value, growth)?;
            }
        }
        self.values.insert(path.to_owned(), growth.clone_of(value)?);
        Ok(())
    }
}

/// Every combination, the last axis changing fastest.
pub(super) fn choices(
    axes: &IndexMap<String, Vec<Node>>,
    growth: &mut Growth,
) -> Result<Vec<Choice>, TooMuch> {
    let mut choices = vec![Choice::default()];
    for (axis, values) in axes {
        let mut longer = Vec::with_capacity(choices.len() * values.len());
        for choice in &choices {
            for value in values {
                choice.values.values().try_for_each(|value| growth.copy(&value.data))?;
                let mut choice = choice.clone();
                // A value may name axes before its own.
                let mut value = growth.clone_of(value)?;
                replace(&mut value, &choice.values, growth)?;
                let label = label(&value);
                growth.text(label.len())?;
                choice.labels.insert(axis.clone(), label);
                choice.name(axis, &value, growth)?;
                longer.push(choice);
            }
        }
        choices = longer;
    }
    Ok(choices)
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
pub(super) fn substitute(root: &Node, choice: &Choice, growth: &mut Growth) -> Result<Node, TooMuch> {
    let mut root = growth.clone_of(root)?;
    if let Data::Map(entries) = &mut root.data {
        for entry in entries.iter_mut().filter(|entry| entry.key.value != "matrix") {
            replace(&mut entry.value, &choice.values, growth)?;
        }
    }
    Ok(root)
}

/// Puts values in place of `${name}`: a scalar that is nothing else becomes the value as it is, of whatever kind.
pub(super) fn replace(
    node: &mut Node,
    values: &BTreeMap<String, Node>,
    growth: &mut Growth,
) -> Result<(), TooMuch> {
    if values.is_empty() {
        return Ok(());
    }
    match &mut node.data {
        Data::Scalar { text, .. } => {
            let whole = text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
            if let Some(value) = whole.and_then(|name| values.get(name)) {
                growth.copy(&value.data)?;
                node.data = value.data.clone();
            } else {
                interpolate(text, values, growth)?;
            }
        }
        Data::List(items) => items.iter_mut().try_for_each(|item| replace(item, values, growth))?,
        Data::Map(entries) => {
            for entry in entries {
                interpolate(&mut entry.key.value, values, growth)?;
                replace(&mut entry.value, values, growth)?;
            }
        }
    }
    Ok(())
}

/// Puts the texts of scalars in place of `${name}`; other names are left for whoever knows them.
fn interpolate(
    text: &mut String,
    values: &BTreeMap<String, Node>,
    growth: &mut Growth,
) -> Result<(), TooMuch> {
    if !text.contains("${") {
        return Ok(());
    }
    let mut result = String::new();
    let mut rest = text.as_str();
    while let Some(start) = rest.find("${") {
        let end = rest[start..].find('}').map(|end| start + end);
        let known = end.and_then(|end| Some((end, values.get(&rest[start + 2..end])?.text()?)));
        let (next, put) = match known {
            Some((end, value)) => (end + 1, value),
            // No name of ours: another may begin within it.
            None => (start + 2, "${"),
        };
        growth.text(start + put.len())?;
        result.push_str(&rest[..start]);
        result.push_str(put);
        rest = &rest[next..];
    }
    growth.text(rest.len())?;
    result.push_str(rest);
    *text = result;
    Ok(())
}
