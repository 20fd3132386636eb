//! Matchers.

use indexmap::IndexMap;
use regex::Regex;

use super::{Node, Reader, nearest};
use crate::scenario::{
    matcher::{Comparison, Matcher},
    tree::{Data, Entry},
    value::Value,
};

/// Keys that make a mapping a matcher of its own instead of an object to compare with.
pub(super) const OPERATORS: &[&str] = &[
    "exactly", "range", "regex", "capture", "is", "not", "gt", "gte", "lt", "lte", "one_of", "all_of",
    "contains", "length",
];

/// Whether a mapping is a matcher of its own: its first key says so.
pub(super) fn is_operator(node: &Node) -> bool {
    match &node.data {
        Data::Map(entries) => {
            entries.first().is_some_and(|entry| OPERATORS.contains(&entry.key.value.as_str()))
        }
        _ => false,
    }
}

/// What people write who mean one of [`OPERATORS`].
const MEANT: &[(&str, &str)] = &[
    ("regexp", "regex"),
    ("match", "regex"),
    ("matches", "regex"),
    ("pattern", "regex"),
    ("equals", "exactly"),
    ("exact", "exactly"),
    ("between", "range"),
    ("any_of", "one_of"),
    ("anyof", "one_of"),
    ("includes", "contains"),
    ("greater", "gt"),
    ("at_least", "gte"),
    ("less", "lt"),
    ("at_most", "lte"),
    ("size", "length"),
    ("ne", "not"),
];

/// The operator that a key was probably meant to be; `None` if it is one, or looks like none.
fn meant(key: &str) -> Option<&'static str> {
    if OPERATORS.contains(&key) {
        return None;
    }
    let word: String =
        key.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    let letters = |name: &str| name.replace('_', "");
    let known = MEANT.iter().find(|(said, _)| letters(said) == word).map(|(_, operator)| *operator);
    let close = |operator: &&&str| {
        let operator = letters(operator);
        // Short words are near to too many others.
        let slips = if operator.len() > 4 { 1 } else { 0 };
        strsim::osa_distance(&operator, &word) <= slips
    };
    known.or_else(|| OPERATORS.iter().find(close).copied())
}

/// Whether a mapping is meant for a matcher though its first key is none: every key is one, or looks like one.
fn is_meant_for_operator(entries: &[Entry]) -> bool {
    let operator = |entry: &Entry| OPERATORS.contains(&entry.key.value.as_str());
    !entries.is_empty() && entries.iter().all(|entry| operator(entry) || meant(&entry.key.value).is_some())
}

/// `any` and `absent`, unquoted.
pub(super) fn is_keyword(node: &Node) -> bool {
    matches!(&node.data, Data::Scalar { text, quoted: false } if matches!(text.as_str(), "any" | "absent"))
}

/// `199..0`
pub(super) fn sequence(text: &str) -> Option<(i64, i64)> {
    let (from, to) = text.split_once("..")?;
    Some((from.trim().parse().ok()?, to.trim().parse().ok()?))
}

impl Reader<'_> {
    pub(super) fn matchers(&mut self, entries: &[Entry]) -> IndexMap<String, Matcher> {
        entries.iter().map(|entry| (entry.key.value.clone(), self.matcher(&entry.value))).collect()
    }

    pub(super) fn matcher(&mut self, node: &Node) -> Matcher {
        match &node.data {
            Data::Scalar { text, quoted: false } if text == "any" => Matcher::Any,
            Data::Scalar { text, quoted: false } if text == "absent" => Matcher::Absent,
            Data::Scalar { text, quoted: false } => match sequence(text) {
                Some((from, to)) => Matcher::Sequence { from, to },
                None => Matcher::Equals(self.value(node)),
            },
            Data::Scalar { .. } => Matcher::Equals(self.value(node)),
            Data::List(items) => Matcher::List(items.iter().map(|item| self.matcher(item)).collect()),
            Data::Map(entries) if is_operator(node) => self.operators(node, entries),
            Data::Map(entries) if entries.first().is_some_and(|entry| entry.key.value == "$repeat") => {
                Matcher::Equals(self.value(node))
            }
            Data::Map(entries) => {
                // Where types are known, `typed` has looked at it: a mapping there is an object or a matcher for sure.
                if is_meant_for_operator(entries) {
                    self.no_operator(entries);
                }
                Matcher::Object(self.matchers(entries))
            }
        }
    }

    /// Notes keys that are no matchers although matchers must stand here.
    pub(super) fn no_operator(&mut self, entries: &[Entry]) {
        for entry in entries.iter().filter(|entry| !OPERATORS.contains(&entry.key.value.as_str())) {
            let key = &entry.key.value;
            let nearest = meant(key).or_else(|| nearest(key, OPERATORS.iter().copied()));
            let help = match nearest {
                Some(nearest) => format!("did you mean `{nearest}`?"),
                None => format!("matchers are {}", OPERATORS.join(", ")),
            };
            self.wrong(
                entry.key.at,
                "unknown_matcher",
                format!("`{key}` is no matcher"),
                "not known",
                Some(help),
            );
        }
    }

    fn operators(&mut self, node: &Node, entries: &[Entry]) -> Matcher {
        self.entries(node, "a matcher", OPERATORS);
        let mut all = Vec::new();
        let mut capture = None;
        for entry in entries {
            let value = &entry.value;
            let matcher = match entry.key.value.as_str() {
                "capture" => {
                    capture = self.new_name(value);
                    continue;
                }
                "is" => self.matcher(value),
                "exactly" => match &value.data {
                    // All fields of an object, whatever they are called.
                    Data::Map(fields) => Matcher::Exactly(self.matchers(fields)),
                    _ => self.matcher(value),
                },
                "range" => match self.items(value, "two values: `range: [low, high]`", false) {
                    [low, high] => Matcher::Range(self.value(low), self.value(high)),
                    items => {
                        if !items.is_empty() {
                            let message = "`range` takes two values: `[low, high]`";
                            self.wrong(value.at, "wrong_matcher", message, "here", None);
                        }
                        Matcher::Any
                    }
                },
                "regex" => {
                    let text = self.text(value, "a regular expression").unwrap_or_default();
                    match Regex::new(&text) {
                        Ok(regex) => Matcher::Regex(regex),
                        Err(error) => {
                            let reason = error.to_string();
                            let reason = reason.lines().last().unwrap_or_default().trim().to_owned();
                            let message = format!("`{text}` is no regular expression");
                            self.wrong(value.at, "wrong_matcher", message, "here", Some(reason));
                            Matcher::Any
                        }
                    }
                }
                "not" => Matcher::Not(Box::new(self.matcher(value))),
                "length" => Matcher::Length(Box::new(self.matcher(value))),
                "one_of" => Matcher::OneOf(self.matcher_list(value)),
                "all_of" => Matcher::AllOf(self.matcher_list(value)),
                "contains" => {
                    let items = self.items(value, "what it contains", true);
                    Matcher::Contains(items.iter().map(|item| self.matcher(item)).collect())
                }
                word => match Comparison::ALL.iter().find(|(name, _)| *name == word) {
                    Some((_, comparison)) => Matcher::Compare(*comparison, self.bound(value)),
                    None => continue,
                },
            };
            all.push(matcher);
        }
        let matcher = match all.len() {
            0 => Matcher::Any,
            1 => all.swap_remove(0),
            _ => Matcher::AllOf(all),
        };
        match capture {
            Some(name) => Matcher::Capture(name, Box::new(matcher)),
            None => matcher,
        }
    }

    fn matcher_list(&mut self, node: &Node) -> Vec<Matcher> {
        self.items(node, "a list of matchers", false).iter().map(|item| self.matcher(item)).collect()
    }

    fn bound(&mut self, node: &Node) -> Value {
        if !matches!(node.data, Data::Scalar { .. }) || node.is_null() {
            self.expected(node, "a number, a text or a reference to compare with");
        }
        self.value(node)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_told_from_fields() {
        for (key, operator) in [
            ("regexp", "regex"),
            ("regx", "regex"),
            ("oneOf", "one_of"),
            ("Contains", "contains"),
            ("contain", "contains"),
            ("lenght", "length"),
            ("all-of", "all_of"),
            ("captur", "capture"),
        ] {
            assert_eq!(meant(key), Some(operator), "{key}");
        }
        // Operators, and fields that messages, answers and the journal have.
        for key in [
            "regex", "text", "id", "name", "code", "status", "content", "kind", "n", "at", "time", "long",
            "lat",
        ] {
            assert_eq!(meant(key), None, "{key}");
        }
    }
}
