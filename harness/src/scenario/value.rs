//! Values of a scenario: plain ones, and references to what earlier steps left.

use std::fmt;

use indexmap::IndexMap;
use serde_json::Value as Json;

use super::place::Place;

/// A value that may refer to earlier ones.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A plain scalar: null, boolean, number or text.
    Plain(Json),
    /// `$m1.messageUId`, `$now + 30s`.
    Ref(Ref),
    /// Text with references in it: `"hello ${m1.text}"`.
    Text(Vec<Part>),
    /// `{$repeat: "x", times: 131072}`: long texts.
    Repeat {
        /// What is repeated.
        text: String,
        /// How often.
        times: usize,
    },
    /// A list.
    List(Vec<Value>),
    /// A mapping.
    Map(IndexMap<String, Value>),
}

/// A piece of text.
#[derive(Debug, Clone, PartialEq)]
pub enum Part {
    /// As it stands.
    Plain(String),
    /// A reference, written as text.
    Ref(Ref),
}

/// A reference to something that has a name.
#[derive(Debug, Clone, PartialEq)]
pub struct Ref {
    /// Where it stands.
    pub at: Place,
    /// The name without `$`: `m1`, `alice`, `now`.
    pub name: String,
    /// Fields below it: `messageUId`.
    pub path: Vec<String>,
    /// Milliseconds added to a time (or to any number).
    pub plus_ms: i64,
}

impl fmt::Display for Ref {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "${}", self.name)?;
        for field in &self.path {
            write!(f, ".{field}")?;
        }
        Ok(())
    }
}

/// Where references find their values: the runner keeps captures, marks, tokens and the clock.
pub trait Scope {
    /// The value of a name; `None` if it has none (yet).
    fn lookup(&self, name: &str) -> Option<Json>;
}

impl<F: Fn(&str) -> Option<Json>> Scope for F {
    fn lookup(&self, name: &str) -> Option<Json> {
        self(name)
    }
}

/// A reference that leads nowhere at run time.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("`{reference}` {problem}")]
pub struct Unresolved {
    /// The reference as written.
    pub reference: String,
    /// What is the matter.
    pub problem: String,
    /// Where it stands.
    pub at: Place,
}

impl Ref {
    /// Its value.
    ///
    /// # Errors
    /// The name has no value, the value has no such field, or something that is no number is to be added to.
    pub fn resolve(&self, scope: &dyn Scope) -> Result<Json, Unresolved> {
        let fail = |problem: String| Unresolved { reference: self.to_string(), problem, at: self.at };
        let mut value = scope.lookup(&self.name).ok_or_else(|| fail("has no value yet".to_owned()))?;
        for field in &self.path {
            let below = match &mut value {
                Json::Object(map) => map.swap_remove(field),
                Json::Array(list) => {
                    field.parse::<usize>().ok().filter(|n| *n < list.len()).map(|n| list.swap_remove(n))
                }
                _ => None,
            };
            value = below.ok_or_else(|| fail(format!("has no field `{field}`")))?;
        }
        if self.plus_ms == 0 {
            return Ok(value);
        }
        match value.as_i64() {
            Some(number) => Ok(Json::from(number.saturating_add(self.plus_ms))),
            None => Err(fail("is no number that something could be added to".to_owned())),
        }
    }
}

/// Most that a value may come to once its references are in place: bytes of text, and [`PLACE`] for each thing in a list
/// or mapping. A `let` that names itself twice in a `repeat` doubles with every turn.
const MOST_RESOLVED: usize = 32 << 20;

/// What a thing in a list or mapping counts beside its text.
const PLACE: usize = 16;

/// What a value counts of [`MOST_RESOLVED`].
fn size(value: &Json) -> usize {
    PLACE
        + match value {
            Json::String(text) => text.len(),
            Json::Array(items) => items.iter().map(size).sum(),
            Json::Object(map) => map.iter().map(|(key, value)| key.len() + size(value)).sum(),
            _ => 0,
        }
}

impl Ref {
    fn resolve_within(&self, scope: &dyn Scope, room: &mut usize) -> Result<Json, Unresolved> {
        let value = self.resolve(scope)?;
        match room.checked_sub(size(&value)) {
            Some(left) => *room = left,
            None => {
                let problem = format!("makes a value of more than {MOST_RESOLVED} bytes");
                return Err(Unresolved { reference: self.to_string(), problem, at: self.at });
            }
        }
        Ok(value)
    }
}

impl Value {
    /// The value with every reference replaced.
    ///
    /// # Errors
    /// The first reference that leads nowhere, or that makes the value larger than 32 MiB.
    pub fn resolve(&self, scope: &dyn Scope) -> Result<Json, Unresolved> {
        self.resolve_within(scope, &mut MOST_RESOLVED.clone())
    }

    fn resolve_within(&self, scope: &dyn Scope, room: &mut usize) -> Result<Json, Unresolved> {
        Ok(match self {
            Self::Plain(value) => value.clone(),
            Self::Ref(reference) => reference.resolve_within(scope, room)?,
            Self::Text(parts) => {
                let mut text = String::new();
                for part in parts {
                    match part {
                        Part::Plain(plain) => text.push_str(plain),
                        Part::Ref(reference) => match reference.resolve_within(scope, room)? {
                            Json::String(value) => text.push_str(&value),
                            value => text.push_str(&value.to_string()),
                        },
                    }
                }
                Json::String(text)
            }
            // How long it becomes is looked at when the scenario is read.
            Self::Repeat { text, times } => Json::String(text.repeat(*times)),
            Self::List(items) => {
                let items = items.iter().map(|item| item.resolve_within(scope, room));
                Json::Array(items.collect::<Result<_, _>>()?)
            }
            Self::Map(map) => Json::Object(map_within(map, scope, room)?),
        })
    }
}

/// A mapping with every reference replaced, for arguments.
///
/// # Errors
/// As [`Value::resolve`].
pub fn resolve_map(
    map: &IndexMap<String, Value>,
    scope: &dyn Scope,
) -> Result<serde_json::Map<String, Json>, Unresolved> {
    map_within(map, scope, &mut MOST_RESOLVED.clone())
}

fn map_within(
    map: &IndexMap<String, Value>,
    scope: &dyn Scope,
    room: &mut usize,
) -> Result<serde_json::Map<String, Json>, Unresolved> {
    map.iter().map(|(key, value)| Ok((key.clone(), value.resolve_within(scope, room)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_do_not_make_a_value_of_any_size() {
        let reference = Ref { at: Place::default(), name: "x".to_owned(), path: Vec::new(), plus_ms: 0 };
        let big = Json::String("x".repeat(1 << 20));
        let scope = |_: &str| Some(big.clone());
        let list = |n: usize| Value::List(vec![Value::Ref(reference.clone()); n]);
        assert!(list(31).resolve(&scope).is_ok());
        let error = list(33).resolve(&scope).unwrap_err();
        assert_eq!(error.to_string(), "`$x` makes a value of more than 33554432 bytes");
        let text = Value::Text(vec![Part::Ref(reference.clone()); 33]);
        assert!(text.resolve(&scope).is_err());
        let map = IndexMap::from([("a".to_owned(), list(20)), ("b".to_owned(), list(20))]);
        assert!(resolve_map(&map, &scope).is_err(), "what is in one mapping has one room");
    }
}
