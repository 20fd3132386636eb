//! YAML as a tree in which every node and every key knows its place.
//!
//! Serde stops at the first mistake and loses places inside buffered values; reading the parser's events ourselves
//! lets one pass name every mistake of a file.

use std::collections::{BTreeMap, BTreeSet};

use mock_server::yaml::{Gauge, Refused};
use serde_json::Value as Json;
use serde_saphyr::granit_parser::{Event, Parser, ScalarStyle, Span};

use super::place::{Place, Placed};

/// A node.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Node {
    pub(crate) at: Place,
    pub(crate) data: Data,
}

/// What a node holds.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Data {
    /// A scalar; `quoted` ones are always text.
    Scalar { text: String, quoted: bool },
    /// A list.
    List(Vec<Node>),
    /// A mapping in the order of the file.
    Map(Vec<Entry>),
}

/// An entry of a mapping.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    pub(crate) key: Placed<String>,
    pub(crate) value: Node,
}

/// What is wrong with the text as YAML.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Malformed {
    pub(crate) at: Place,
    pub(crate) code: &'static str,
    pub(crate) problem: String,
}

impl Malformed {
    fn no_yaml(at: Place, problem: impl Into<String>) -> Self {
        Self { at, code: "no_yaml", problem: problem.into() }
    }

    fn too_large(at: Place, refused: Refused) -> Self {
        Self { at, code: TOO_LARGE, problem: refused.to_string() }
    }
}

/// A file that comes to more than it may.
pub(crate) const TOO_LARGE: &str = "too_large";

impl Node {
    /// What it is, for messages.
    pub(crate) fn kind(&self) -> &'static str {
        match &self.data {
            Data::Scalar { text, quoted: false } if is_null(text) => "nothing",
            Data::Scalar { .. } => match self.scalar() {
                Some(Json::Bool(_)) => "a boolean",
                Some(Json::Number(_)) => "a number",
                _ => "text",
            },
            Data::List(_) => "a list",
            Data::Map(_) => "a mapping",
        }
    }

    /// The scalar as a JSON value: what YAML's core schema says of unquoted words.
    pub(crate) fn scalar(&self) -> Option<Json> {
        let Data::Scalar { text, quoted } = &self.data else { return None };
        if *quoted {
            return Some(Json::from(text.as_str()));
        }
        if is_null(text) {
            return Some(Json::Null);
        }
        Some(match text.as_str() {
            "true" | "True" | "TRUE" => Json::Bool(true),
            "false" | "False" | "FALSE" => Json::Bool(false),
            _ => number(text).unwrap_or_else(|| Json::from(text.as_str())),
        })
    }

    /// The scalar's text as written.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.data {
            Data::Scalar { text, .. } => Some(text),
            _ => None,
        }
    }

    /// Whether it says nothing at all: `key:` without a value.
    pub(crate) fn is_null(&self) -> bool {
        matches!(&self.data, Data::Scalar { text, quoted: false } if is_null(text))
    }

    /// The value below a key.
    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        let Data::Map(entries) = &self.data else { return None };
        entries.iter().find(|entry| entry.key.value == key).map(|entry| &entry.value)
    }

    /// All of it as JSON.
    pub(crate) fn json(&self) -> Json {
        match &self.data {
            Data::Scalar { .. } => self.scalar().unwrap_or(Json::Null),
            Data::List(items) => items.iter().map(Node::json).collect(),
            Data::Map(entries) => entries.iter().map(|e| (e.key.value.clone(), e.value.json())).collect(),
        }
    }
}

fn is_null(text: &str) -> bool {
    matches!(text, "" | "~" | "null" | "Null" | "NULL")
}

/// Decimal and `0x` integers and decimal fractions; `1_000` counts as 1000, as people write it.
fn number(text: &str) -> Option<Json> {
    let first = text.bytes().next()?;
    if !(first.is_ascii_digit() || matches!(first, b'-' | b'+' | b'.')) {
        return None;
    }
    if let Some(hex) = text.strip_prefix("0x") {
        return i64::from_str_radix(hex, 16).ok().map(Json::from);
    }
    let grouped = text.contains('_') && text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'_' | b'-'));
    let plain = if grouped { text.replace('_', "") } else { text.to_owned() };
    if let Ok(integer) = plain.parse::<i64>() {
        return Some(Json::from(integer));
    }
    let fraction = plain.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'+' | b'e' | b'E'));
    if fraction && plain.bytes().any(|b| b.is_ascii_digit()) {
        return plain.parse::<f64>().ok().and_then(serde_json::Number::from_f64).map(Json::Number);
    }
    None
}

/// More duplicate keys than this are not told of one by one.
const MOST_DUPLICATES: usize = 100;

/// An unfinished list or mapping; of a mapping the keys so far, too.
enum Open {
    List(Place, Vec<Node>, usize),
    Map(Place, Vec<Entry>, Option<Placed<String>>, usize, BTreeSet<String>),
}

/// Reads one document, within the budget of [`mock_server::yaml`]. Duplicate keys are `mistakes`, everything else that
/// is no YAML is the error.
pub(crate) fn parse(file: usize, text: &str, mistakes: &mut Vec<Malformed>) -> Result<Node, Malformed> {
    let top = Place { file, line: 1, column: 1, ..Place::default() };
    let mut gauge = Gauge::of(text).map_err(|refused| Malformed::too_large(top, refused))?;
    let mut reader = Reader { file, text, stack: Vec::new(), anchors: BTreeMap::new(), root: None };
    for next in Parser::new_from_str(text) {
        let (event, span) = next.map_err(|error| {
            let marker = *error.marker();
            let start = marker.byte_offset().unwrap_or(text.len()).min(text.len());
            let len = text[start..].chars().next().map_or(0, char::len_utf8);
            let at = Place { file, start, len, line: marker.line(), column: marker.col() + 1 };
            Malformed::no_yaml(at, error.info())
        })?;
        gauge.event(&event).map_err(|refused| Malformed::too_large(reader.place(span), refused))?;
        reader.event(event, span, mistakes)?;
    }
    let nothing = Data::Scalar { text: String::new(), quoted: false };
    Ok(reader.root.unwrap_or(Node { at: top, data: nothing }))
}

struct Reader<'a> {
    file: usize,
    text: &'a str,
    stack: Vec<Open>,
    anchors: BTreeMap<usize, Node>,
    root: Option<Node>,
}

impl Reader<'_> {
    fn place(&self, span: Span) -> Place {
        let start = span.start.byte_offset().unwrap_or(0).min(self.text.len());
        let end = span.end.byte_offset().unwrap_or(start).clamp(start, self.text.len());
        // Block scalars and collections span lines; a label reads best on the first.
        let first = self.text[start..end].lines().next().unwrap_or("").trim_end();
        Place {
            file: self.file,
            start,
            len: first.len(),
            line: span.start.line(),
            column: span.start.col() + 1,
        }
    }

    fn event(
        &mut self,
        event: Event<'_>,
        span: Span,
        mistakes: &mut Vec<Malformed>,
    ) -> Result<(), Malformed> {
        let at = self.place(span);
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let quoted = style != ScalarStyle::Plain || tag.is_some();
                let node = Node { at, data: Data::Scalar { text: text.into_owned(), quoted } };
                self.add(node, anchor, mistakes)?;
            }
            Event::SequenceStart(_, anchor, _) => self.stack.push(Open::List(at, Vec::new(), anchor)),
            Event::MappingStart(_, anchor, _) => {
                self.stack.push(Open::Map(at, Vec::new(), None, anchor, BTreeSet::new()));
            }
            Event::SequenceEnd | Event::MappingEnd => match self.stack.pop() {
                Some(Open::List(at, items, anchor)) => {
                    self.add(Node { at, data: Data::List(items) }, anchor, mistakes)?;
                }
                Some(Open::Map(mut at, entries, _, anchor, _)) => {
                    // A block mapping's own span is empty: point at its first key.
                    if let (0, Some(first)) = (at.len, entries.first()) {
                        at = first.key.at;
                    }
                    self.add(Node { at, data: Data::Map(entries) }, anchor, mistakes)?;
                }
                None => {}
            },
            Event::Alias(id) => {
                let Some(node) = self.anchors.get(&id) else {
                    return Err(Malformed::no_yaml(at, "this refers to an anchor around itself"));
                };
                let node = Node { at, data: node.data.clone() };
                self.add(node, 0, mistakes)?;
            }
            Event::DocumentStart(..) if self.root.is_some() => {
                return Err(Malformed::no_yaml(at, "a file holds one document only"));
            }
            _ => {}
        }
        Ok(())
    }

    fn add(&mut self, node: Node, anchor: usize, mistakes: &mut Vec<Malformed>) -> Result<(), Malformed> {
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        match self.stack.last_mut() {
            None => self.root = Some(node),
            Some(Open::List(_, items, _)) => items.push(node),
            Some(Open::Map(_, entries, key, _, seen)) => match key.take() {
                Some(key) if seen.insert(key.value.clone()) => entries.push(Entry { key, value: node }),
                Some(key) => {
                    let first = entries.iter().find(|entry| entry.key.value == key.value);
                    let line = first.map_or(0, |first| first.key.at.line);
                    let problem = format!("`{}` stands here a second time; first in line {line}", key.value);
                    if mistakes.len() < MOST_DUPLICATES {
                        mistakes.push(Malformed { at: key.at, code: "duplicate_key", problem });
                    }
                }
                None => match node.data {
                    Data::Scalar { text, .. } => *key = Some(Placed { value: text, at: node.at }),
                    _ => {
                        return Err(Malformed::no_yaml(node.at, "a key must be a plain word"));
                    }
                },
            },
        }
        Ok(())
    }
}
