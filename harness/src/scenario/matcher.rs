//! Matchers: what a value must be, and the sentence that says what it was instead.

use indexmap::IndexMap;
use regex::Regex;
use serde_json::{Map, Value as Json};

use super::value::{Scope, Unresolved, Value};

/// What a value must be.
#[derive(Debug, Clone)]
pub enum Matcher {
    /// `any`: there is one, null included.
    Any,
    /// `absent`: there is none, or null.
    Absent,
    /// A plain value or a reference: equal to it.
    Equals(Value),
    /// A mapping: these fields match, others do not matter.
    Object(IndexMap<String, Matcher>),
    /// `exactly:` a mapping: these fields match, and there are no others but null ones.
    Exactly(IndexMap<String, Matcher>),
    /// A list: as long, each element matches, in order.
    List(Vec<Matcher>),
    /// `contains:` a list with elements that match each of these, in any order; or a text with this in it.
    Contains(Vec<Matcher>),
    /// `length:` of a text (characters), list or mapping.
    Length(Box<Matcher>),
    /// `range: [low, high]`, both included.
    Range(Value, Value),
    /// `199..0`: along a run of events (`times`), one step an event.
    Sequence {
        /// Value at the first event.
        from: i64,
        /// Value at the last.
        to: i64,
    },
    /// `regex:` somewhere in the text; anchor it with `^` and `$`.
    Regex(Regex),
    /// `capture: $x`, with `is:` to match as well: the value gets the name.
    Capture(String, Box<Matcher>),
    /// `not:` something else. Not a plain value: another one, nothing does not do.
    Not(Box<Matcher>),
    /// `gt:`, `gte:`, `lt:`, `lte:`
    Compare(Comparison, Value),
    /// `one_of:`
    OneOf(Vec<Matcher>),
    /// `all_of:`
    AllOf(Vec<Matcher>),
}

// By hand because `Regex` has no equality; its text is what an author wrote.
impl PartialEq for Matcher {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Any, Self::Any) | (Self::Absent, Self::Absent) => true,
            (Self::Equals(a), Self::Equals(b)) => a == b,
            (Self::Object(a), Self::Object(b)) | (Self::Exactly(a), Self::Exactly(b)) => a == b,
            (Self::List(a), Self::List(b))
            | (Self::Contains(a), Self::Contains(b))
            | (Self::OneOf(a), Self::OneOf(b))
            | (Self::AllOf(a), Self::AllOf(b)) => a == b,
            (Self::Length(a), Self::Length(b)) | (Self::Not(a), Self::Not(b)) => a == b,
            (Self::Range(a, b), Self::Range(c, d)) => a == c && b == d,
            (Self::Sequence { from: a, to: b }, Self::Sequence { from: c, to: d }) => a == c && b == d,
            (Self::Regex(a), Self::Regex(b)) => a.as_str() == b.as_str(),
            (Self::Capture(a, b), Self::Capture(c, d)) => a == c && b == d,
            (Self::Compare(a, b), Self::Compare(c, d)) => a == c && b == d,
            _ => false,
        }
    }
}

/// How two numbers (or two texts) are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `gt`
    Greater,
    /// `gte`
    AtLeast,
    /// `lt`
    Less,
    /// `lte`
    AtMost,
}

impl Comparison {
    /// Every comparison with its spelling in scenarios.
    pub const ALL: &[(&str, Self)] =
        &[("gt", Self::Greater), ("gte", Self::AtLeast), ("lt", Self::Less), ("lte", Self::AtMost)];

    fn words(self) -> &'static str {
        match self {
            Self::Greater => "more than",
            Self::AtLeast => "at least",
            Self::Less => "less than",
            Self::AtMost => "at most",
        }
    }
}

/// A value that does not match.
#[derive(Debug, Clone, PartialEq)]
pub struct Mismatch {
    /// Where in the value: `message.text`; empty for the value itself.
    pub path: String,
    /// What was expected, in words.
    pub expected: String,
    /// What was there; `None` = nothing.
    pub seen: Option<Json>,
}

impl std::fmt::Display for Mismatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if !self.path.is_empty() {
            write!(f, "`{}`: ", self.path)?;
        }
        write!(f, "expected {}, ", self.expected)?;
        match &self.seen {
            Some(seen) => write!(f, "got {seen}"),
            None => f.write_str("got nothing"),
        }
    }
}

/// Why a matcher gave no match.
#[derive(Debug, Clone, PartialEq)]
pub enum NoMatch {
    /// The value is another one.
    Mismatch(Mismatch),
    /// A reference in the matcher leads nowhere.
    Unresolved(Unresolved),
}

impl From<Unresolved> for NoMatch {
    fn from(unresolved: Unresolved) -> Self {
        Self::Unresolved(unresolved)
    }
}

impl std::fmt::Display for NoMatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Mismatch(mismatch) => mismatch.fmt(f),
            Self::Unresolved(unresolved) => unresolved.fmt(f),
        }
    }
}

/// What a match needs to know.
pub struct Matching<'a> {
    /// Where references find their values.
    pub scope: &'a dyn Scope,
    /// The number of the event in its run, from 0, for sequences.
    pub index: i64,
}

impl Matcher {
    /// Matches a value; `None` is a field that is not there. Captures come back by name, only when all of it matched.
    ///
    /// # Errors
    /// The first mismatch, or a reference that leads nowhere.
    pub fn check(&self, seen: Option<&Json>, with: &Matching<'_>) -> Result<Map<String, Json>, NoMatch> {
        let mut captures = Map::new();
        self.walk(seen, with, "", &mut captures)?;
        Ok(captures)
    }

    fn walk(
        &self,
        seen: Option<&Json>,
        with: &Matching<'_>,
        path: &str,
        captures: &mut Map<String, Json>,
    ) -> Result<(), NoMatch> {
        let wrong = |expected: String| {
            Err(NoMatch::Mismatch(Mismatch { path: path.to_owned(), expected, seen: seen.cloned() }))
        };
        match self {
            Self::Any => match seen {
                Some(_) => Ok(()),
                None => wrong("any value".to_owned()),
            },
            Self::Absent => match seen {
                None | Some(Json::Null) => Ok(()),
                Some(_) => wrong("no value".to_owned()),
            },
            Self::Equals(value) => {
                let expected = value.resolve(with.scope)?;
                if seen.is_some_and(|seen| equal(&expected, seen)) {
                    Ok(())
                } else {
                    wrong(expected.to_string())
                }
            }
            Self::Object(fields) | Self::Exactly(fields) => {
                let Some(Json::Object(map)) = seen else { return wrong("a mapping".to_owned()) };
                for (field, matcher) in fields {
                    matcher.walk(map.get(field), with, &below(path, field), captures)?;
                }
                let other = map.iter().find(|(key, value)| !value.is_null() && !fields.contains_key(*key));
                match (self, other) {
                    (Self::Exactly(_), Some((key, value))) => Err(NoMatch::Mismatch(Mismatch {
                        path: below(path, key),
                        expected: "no such field".to_owned(),
                        seen: Some(value.clone()),
                    })),
                    _ => Ok(()),
                }
            }
            Self::List(matchers) => {
                let Some(Json::Array(items)) = seen else { return wrong("a list".to_owned()) };
                if items.len() != matchers.len() {
                    return wrong(format!("a list of {}", matchers.len()));
                }
                for (n, (matcher, item)) in matchers.iter().zip(items).enumerate() {
                    matcher.walk(Some(item), with, &below(path, &n.to_string()), captures)?;
                }
                Ok(())
            }
            Self::Contains(matchers) => {
                for matcher in matchers {
                    let found = match seen {
                        Some(Json::Array(items)) => {
                            any(items, |item| matcher.walk(Some(item), with, path, captures))?
                        }
                        Some(Json::String(text)) => match matcher {
                            Self::Equals(value) => {
                                value.resolve(with.scope)?.as_str().is_some_and(|part| text.contains(part))
                            }
                            _ => false,
                        },
                        _ => false,
                    };
                    if !found {
                        return wrong(format!("something with {} in it", matcher.words(with)));
                    }
                }
                Ok(())
            }
            Self::Length(matcher) => {
                let length = match seen {
                    Some(Json::String(text)) => text.chars().count(),
                    Some(Json::Array(items)) => items.len(),
                    Some(Json::Object(map)) => map.len(),
                    _ => return wrong("something that has a length".to_owned()),
                };
                matcher.walk(Some(&Json::from(length)), with, &below(path, "length"), captures)
            }
            Self::Range(low, high) => {
                let (low, high) = (low.resolve(with.scope)?, high.resolve(with.scope)?);
                let inside = seen.and_then(|seen| Some((order(seen, &low)?, order(seen, &high)?)));
                if inside.is_some_and(|(low, high)| low.is_ge() && high.is_le()) {
                    Ok(())
                } else {
                    wrong(format!("{low} to {high}"))
                }
            }
            Self::Sequence { from, to } => {
                let expected = if from >= to {
                    from.saturating_sub(with.index)
                } else {
                    from.saturating_add(with.index)
                };
                if seen.is_some_and(|seen| equal(&Json::from(expected), seen)) {
                    Ok(())
                } else {
                    wrong(expected.to_string())
                }
            }
            Self::Regex(regex) => match seen.and_then(Json::as_str) {
                Some(text) if regex.is_match(text) => Ok(()),
                _ => wrong(format!("a text that matches /{regex}/")),
            },
            Self::Capture(name, matcher) => {
                matcher.walk(seen, with, path, captures)?;
                if let Some(seen) = seen {
                    captures.insert(name.clone(), seen.clone());
                }
                Ok(())
            }
            // A code that is not 0 is a code: what is not there is not something else.
            Self::Not(matcher)
                if seen.is_none_or(Json::is_null)
                    && matches!(&**matcher, Self::Equals(value) if *value != Value::Plain(Json::Null)) =>
            {
                wrong(format!("anything but {}", matcher.words(with)))
            }
            Self::Not(matcher) => match matcher.walk(seen, with, path, &mut Map::new()) {
                Ok(()) => wrong(format!("anything but {}", matcher.words(with))),
                Err(NoMatch::Mismatch(_)) => Ok(()),
                Err(unresolved) => Err(unresolved),
            },
            Self::Compare(comparison, value) => {
                let value = value.resolve(with.scope)?;
                let fits = seen.and_then(|seen| order(seen, &value)).is_some_and(|order| match comparison {
                    Comparison::Greater => order.is_gt(),
                    Comparison::AtLeast => order.is_ge(),
                    Comparison::Less => order.is_lt(),
                    Comparison::AtMost => order.is_le(),
                });
                if fits { Ok(()) } else { wrong(format!("{} {value}", comparison.words())) }
            }
            Self::OneOf(matchers) => {
                if any(matchers, |matcher| matcher.walk(seen, with, path, captures))? {
                    Ok(())
                } else {
                    wrong(self.words(with))
                }
            }
            Self::AllOf(matchers) => {
                matchers.iter().try_for_each(|matcher| matcher.walk(seen, with, path, captures))
            }
        }
    }

    /// What it asks for, in words.
    #[must_use]
    pub fn words(&self, with: &Matching<'_>) -> String {
        let list =
            |matchers: &[Self]| matchers.iter().map(|m| m.words(with)).collect::<Vec<_>>().join(" or ");
        let value = |value: &Value| {
            value
                .resolve(with.scope)
                .map_or_else(|unresolved| unresolved.reference, |value| value.to_string())
        };
        match self {
            Self::Any => "any value".to_owned(),
            Self::Absent => "no value".to_owned(),
            Self::Equals(expected) => value(expected),
            Self::Object(fields) | Self::Exactly(fields) => {
                let fields: Vec<_> =
                    fields.iter().map(|(key, m)| format!("{key}: {}", m.words(with))).collect();
                format!("{{{}}}", fields.join(", "))
            }
            Self::List(items) => {
                format!("[{}]", items.iter().map(|m| m.words(with)).collect::<Vec<_>>().join(", "))
            }
            Self::Contains(matchers) => format!("something with {} in it", list(matchers)),
            Self::Length(matcher) => format!("length {}", matcher.words(with)),
            Self::Range(low, high) => format!("{} to {}", value(low), value(high)),
            Self::Sequence { from, to } => format!("{from}..{to}"),
            Self::Regex(regex) => format!("/{regex}/"),
            Self::Capture(_, matcher) => matcher.words(with),
            Self::Not(matcher) => format!("not {}", matcher.words(with)),
            Self::Compare(comparison, number) => format!("{} {}", comparison.words(), value(number)),
            Self::OneOf(matchers) => list(matchers),
            Self::AllOf(matchers) => matchers.iter().map(|m| m.words(with)).collect::<Vec<_>>().join(" and "),
        }
    }
}

fn below(path: &str, field: &str) -> String {
    if path.is_empty() { field.to_owned() } else { format!("{path}.{field}") }
}

/// Whether one of them matches; a reference that leads nowhere is an error all the same.
fn any<T>(items: &[T], mut check: impl FnMut(&T) -> Result<(), NoMatch>) -> Result<bool, NoMatch> {
    for item in items {
        match check(item) {
            Ok(()) => return Ok(true),
            Err(NoMatch::Mismatch(_)) => {}
            Err(unresolved) => return Err(unresolved),
        }
    }
    Ok(false)
}

/// Equal, where 1 and 1.0 are the same number: clients in other languages know only one kind.
fn equal(a: &Json, b: &Json) -> bool {
    match (a, b) {
        (Json::Number(x), Json::Number(y)) => x == y || x.as_f64() == y.as_f64() && x.as_f64().is_some(),
        (Json::Array(x), Json::Array(y)) => x.len() == y.len() && x.iter().zip(y).all(|(a, b)| equal(a, b)),
        (Json::Object(x), Json::Object(y)) => {
            x.len() == y.len() && x.iter().all(|(key, a)| y.get(key).is_some_and(|b| equal(a, b)))
        }
        _ => a == b,
    }
}

fn order(a: &Json, b: &Json) -> Option<std::cmp::Ordering> {
    match (a, b) {
        (Json::String(a), Json::String(b)) => Some(a.cmp(b)),
        _ => match (a.as_i64(), b.as_i64()) {
            (Some(a), Some(b)) => Some(a.cmp(&b)),
            _ => a.as_f64()?.partial_cmp(&b.as_f64()?),
        },
    }
}
