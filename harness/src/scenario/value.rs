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

impl Value {
    /// The value with every reference replaced.
    ///
    /// # Errors
    /// The first reference that leads nowhere.
    pub fn resolve(&self, scope: &dyn Scope) -> Result<Json, Unresolved> {
        Ok(match self {
            Self::Plain(value) => value.clone(),
            Self::Ref(reference) => reference.resolve(scope)?,
            Self::Text(parts) => {
                let mut text = String::new();
                for part in parts {
                    match part {
                        Part::Plain(plain) => text.push_str(plain),
                        Part::Ref(reference) => match reference.resolve(scope)? {
                            Json::String(value) => text.push_str(&value),
                            value => text.push_str(&value.to_string()),
                        },
                    }
                }
                Json::String(text)
            }
            Self::Repeat { text, times } => Json::String(text.repeat(*times)),
            Self::List(items) => {
                Json::Array(items.iter().map(|item| item.resolve(scope)).collect::<Result<_, _>>()?)
            }
            Self::Map(map) => Json::Object(resolve_map(map, scope)?),
        })
    }
}

/// A mapping with every reference replaced, for arguments.
///
/// # Errors
/// The first reference that leads nowhere.
pub fn resolve_map(
    map: &IndexMap<String, Value>,
    scope: &dyn Scope,
) -> Result<serde_json::Map<String, Json>, Unresolved> {
    map.iter().map(|(key, value)| Ok((key.clone(), value.resolve(scope)?))).collect()
}
