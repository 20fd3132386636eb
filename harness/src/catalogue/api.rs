//! The documented engine API: `fixtures/api.yaml`.

use std::sync::OnceLock;

use indexmap::IndexMap;
use serde::Deserialize;

use super::lines;

const TEXT: &str = include_str!("../../../fixtures/api.yaml");

/// Methods, callbacks, enums and types by name.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApiTable {
    /// Engine methods.
    pub methods: IndexMap<String, Method>,
    /// Callbacks.
    pub events: IndexMap<String, EventInfo>,
    /// Enums: member as scenarios spell it, with the documented number.
    pub enums: IndexMap<String, IndexMap<String, i64>>,
    /// Types of objects.
    types: IndexMap<String, TypeInfo>,
    /// Names that other editions of the documentation use, with today's.
    pub renamed: IndexMap<String, String>,
}

/// An engine method.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Method {
    /// Topic: `connect`, `message` …
    pub area: String,
    /// Parameter name to type (`?` after it: optional), in order.
    pub params: IndexMap<String, Param>,
    /// `code`, or the type of the value.
    pub returns: String,
    /// Callbacks that answer it.
    pub answers: Vec<String>,
    /// Not of the documented engine: the vendor's web SDKs alone have it.
    #[serde(default)]
    pub beyond: bool,
}

/// A callback.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventInfo {
    /// Topic.
    pub area: String,
    /// Whether it answers a call.
    pub kind: EventKind,
    /// Argument name to type, in order.
    pub params: IndexMap<String, Param>,
    /// Not of the documented engine: the vendor's web SDKs alone have it.
    #[serde(default)]
    pub beyond: bool,
}

/// Whether a callback answers a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EventKind {
    /// It comes by itself.
    Event,
    /// It ends a call.
    Result,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct TypeInfo {
    #[serde(default)]
    extends: Option<String>,
    fields: IndexMap<String, Param>,
}

/// A type as the table writes it: `string`, `Array<Message>`, `ConversationType?`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Param(String);

impl Param {
    /// The type without `?`.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.trim_end_matches('?')
    }

    /// Whether it may be left out.
    #[must_use]
    pub fn optional(&self) -> bool {
        self.0.ends_with('?')
    }

    /// The type of the elements, for lists.
    #[must_use]
    pub fn element(&self) -> Option<Self> {
        let inner = self.name().strip_prefix("Array<")?.strip_suffix('>')?;
        Some(Self(inner.to_owned()))
    }
}

/// What messages carry in our canonical form beside the documented fields.
const FURTHER_MESSAGE_FIELDS: &[&str] = &["objectName", "content"];

impl ApiTable {
    /// The fields of an object type with those of the types it extends and, because a parameter of type `Message`
    /// holds any kind of message, those of the types that extend it. `None`: no such type.
    #[must_use]
    pub fn fields(&self, name: &str) -> Option<IndexMap<&str, Option<&Param>>> {
        self.types.get(name)?;
        let mut fields = IndexMap::new();
        for (other, info) in &self.types {
            if self.extends(other, name) || self.extends(name, other) {
                fields.extend(info.fields.iter().map(|(field, kind)| (field.as_str(), Some(kind))));
            }
        }
        if self.extends(name, "Message") {
            for field in FURTHER_MESSAGE_FIELDS {
                fields.entry(field).or_insert(None);
            }
        }
        Some(fields)
    }

    /// A method by name: one of the table, or `setOn…Listener`, which every callback has (ENG-008, ENG-010).
    #[must_use]
    pub fn method(&self, name: &str) -> Option<&Method> {
        self.methods.get(name).or_else(|| self.is_setter(name).then(setter))
    }

    /// The names of all setters of listeners.
    pub fn setters(&self) -> impl Iterator<Item = String> {
        self.events.keys().filter_map(|event| Some(format!("setOn{}Listener", event.strip_prefix("on")?)))
    }

    fn is_setter(&self, name: &str) -> bool {
        let event = name.strip_prefix("setOn").and_then(|rest| rest.strip_suffix("Listener"));
        event.is_some_and(|event| self.events.contains_key(&format!("on{event}")))
    }

    /// Whether a type is, or extends, another.
    fn extends(&self, name: &str, other: &str) -> bool {
        let mut name = name;
        loop {
            if name == other {
                return true;
            }
            match self.types.get(name).and_then(|info| info.extends.as_deref()) {
                Some(base) => name = base,
                None => return false,
            }
        }
    }
}

/// `setOn…Listener`. Scenarios name the listener they set, or give none to clear it.
fn setter() -> &'static Method {
    static SETTER: OnceLock<Method> = OnceLock::new();
    SETTER.get_or_init(|| Method {
        area: "listener".to_owned(),
        params: [("listener", "string?"), ("enabled", "boolean?")]
            .into_iter()
            .map(|(name, kind)| (name.to_owned(), Param(kind.to_owned())))
            .collect(),
        returns: "code".to_owned(),
        answers: Vec::new(),
        beyond: false,
    })
}

/// The table; read on first use.
pub fn api() -> &'static ApiTable {
    static API: OnceLock<ApiTable> = OnceLock::new();
    API.get_or_init(|| {
        lines::read(TEXT).expect("a test compares the committed table with what a YAML parser makes of it")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reading_by_lines_gives_what_a_yaml_parser_gives() {
        let whole: ApiTable = serde_saphyr::from_str(TEXT).unwrap();
        assert_eq!(*api(), whole);
    }
}
