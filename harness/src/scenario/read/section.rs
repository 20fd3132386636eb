//! Parts of a scenario that belong to the service (`service:` sections, acts): read by its own serde types from our
//! tree, so that a mistake keeps its place.

use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Error as _, Expected, IntoDeserializer,
    MapAccess, SeqAccess, Unexpected, VariantAccess, Visitor, value::StrDeserializer,
};
use serde_json::Value as Json;

use crate::scenario::{
    diagnostic::suggest,
    place::Place,
    tree::{Data, Entry, Node},
};

/// Why a section is none.
#[derive(Debug)]
pub(super) struct SectionError {
    /// Innermost place known; `None` until a node claims it.
    pub(super) at: Option<Place>,
    pub(super) message: String,
    pub(super) help: Option<String>,
    /// Something is missing: there is nothing to leave out before reading on.
    missing: Option<&'static str>,
}

impl std::fmt::Display for SectionError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for SectionError {}

impl serde::de::Error for SectionError {
    fn custom<T: std::fmt::Display>(message: T) -> Self {
        Self { at: None, message: message.to_string(), help: None, missing: None }
    }
    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        let help = suggest(field, expected.iter().copied());
        Self { at: None, message: format!("unknown key `{field}`"), help, missing: None }
    }
    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        let help = suggest(variant, expected.iter().copied());
        Self { at: None, message: format!("`{variant}` is not known here"), help, missing: None }
    }
    fn invalid_type(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        let expected = match expected.to_string().as_str() {
            "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number from 0".to_owned(),
            "i32" | "i64" => "a whole number".to_owned(),
            "a sequence" => "a list".to_owned(),
            "a map" => "a mapping".to_owned(),
            other => other.to_owned(),
        };
        Self::custom(format!("expected {expected}, not {unexpected}"))
    }
    fn missing_field(field: &'static str) -> Self {
        Self { missing: Some(field), ..Self::custom(format!("`{field}` is missing")) }
    }
}

impl SectionError {
    fn or_at(mut self, at: Place) -> Self {
        self.at.get_or_insert(at);
        self
    }
}

/// Reads a section and every mistake in it: after each the offending node is left out and reading starts anew.
pub(super) fn read<T: DeserializeOwned>(node: &Node) -> Result<T, Vec<SectionError>> {
    let mut rest = node.clone();
    let mut errors = Vec::new();
    let mut left_out = Vec::new();
    loop {
        if errors.len() >= MOST_ERRORS {
            return Err(errors);
        }
        match T::deserialize(NodeDeserializer(&rest)) {
            Ok(value) if errors.is_empty() => return Ok(value),
            Ok(_) => return Err(errors),
            Err(error) => {
                let (at, missing) = (error.at, error.missing);
                // What is missing because it was left out above is no mistake of its own.
                let own_doing =
                    missing.is_some_and(|key| left_out.iter().any(|out| out == key || key == ONE_NAME));
                if !own_doing || errors.is_empty() {
                    errors.push(error);
                }
                let pruned = at.filter(|_| missing.is_none()).and_then(|at| prune(&mut rest, at));
                let Some(key) = pruned else { return Err(errors) };
                left_out.push(key);
            }
        }
    }
}

/// More mistakes of one section than this are not looked for: each means reading it anew.
const MOST_ERRORS: usize = 100;

/// Stands for the name of an enum's variant where a key is reported missing.
const ONE_NAME: &str = "";

/// Leaves out the entry or item at a place and gives its key (empty for an item); `None` if there is none below
/// this node.
fn prune(node: &mut Node, at: Place) -> Option<String> {
    match &mut node.data {
        Data::Scalar { .. } => None,
        Data::List(items) => match items.iter().position(|item| item.at == at) {
            Some(n) => {
                items.remove(n);
                Some(String::new())
            }
            None => items.iter_mut().find_map(|item| prune(item, at)),
        },
        Data::Map(entries) => {
            // A mapping's place is that of its first key, so only look for what is complained about: keys and scalars.
            let complained = |entry: &Entry| {
                entry.key.at == at || entry.value.at == at && matches!(entry.value.data, Data::Scalar { .. })
            };
            match entries.iter().position(complained) {
                Some(n) => Some(entries.remove(n).key.value),
                None => entries.iter_mut().find_map(|entry| prune(&mut entry.value, at)),
            }
        }
    }
}

struct NodeDeserializer<'a>(&'a Node);

/// `$name`: its value is known only at run time, so any scalar may stand here.
fn is_reference(node: &Node) -> bool {
    node.text().is_some_and(|text| text.starts_with('$'))
}

macro_rules! numbers {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, SectionError> {
            let node = self.0;
            if is_reference(node) {
                return visitor.visit_u64(1).map_err(|error: SectionError| error.or_at(node.at));
            }
            self.deserialize_any(visitor)
        }
    )*};
}

impl<'a> Deserializer<'a> for NodeDeserializer<'a> {
    type Error = SectionError;

    fn deserialize_any<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, SectionError> {
        let node = self.0;
        match &node.data {
            Data::Scalar { text, .. } => match node.scalar() {
                Some(Json::Null) => visitor.visit_unit(),
                Some(Json::Bool(value)) => visitor.visit_bool(value),
                Some(Json::Number(number)) => match (number.as_u64(), number.as_i64()) {
                    (Some(value), _) => visitor.visit_u64(value),
                    (None, Some(value)) => visitor.visit_i64(value),
                    _ => visitor.visit_f64(number.as_f64().unwrap_or_default()),
                },
                _ => visitor.visit_str(text),
            },
            Data::List(items) => visitor.visit_seq(Items(items.iter())),
            Data::Map(entries) => visitor.visit_map(Entries { entries: entries.iter(), value: None }),
        }
        .map_err(|error: SectionError| error.or_at(node.at))
    }

    fn deserialize_option<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, SectionError> {
        if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'a>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, SectionError> {
        visitor.visit_newtype_struct(self)
    }

    // A text that looks like a number or a boolean is still a text where one is asked for: user ids are.
    fn deserialize_str<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, SectionError> {
        match &self.0.data {
            Data::Scalar { text, .. } if !self.0.is_null() => {
                visitor.visit_str(text).map_err(|error: SectionError| error.or_at(self.0.at))
            }
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_string<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, SectionError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_bool<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, SectionError> {
        if is_reference(self.0) {
            return visitor.visit_bool(true);
        }
        self.deserialize_any(visitor)
    }

    fn deserialize_enum<V: Visitor<'a>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, SectionError> {
        let node = self.0;
        let access = match &node.data {
            Data::Scalar { text, .. } if !node.is_null() => Variant { name: text, at: node.at, value: None },
            Data::Map(entries) if entries.len() == 1 => {
                Variant { name: &entries[0].key.value, at: entries[0].key.at, value: Some(&entries[0].value) }
            }
            _ => {
                let message = format!("expected one name, or a mapping with one key, not {}", node.kind());
                let error = SectionError { missing: Some(ONE_NAME), ..SectionError::custom(message) };
                return Err(error.or_at(node.at));
            }
        };
        visitor.visit_enum(access).map_err(|error| error.or_at(node.at))
    }

    numbers! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_u8 deserialize_u16 deserialize_u32
        deserialize_u64 deserialize_f32 deserialize_f64
    }

    serde::forward_to_deserialize_any! {
        <W: Visitor<'a>>
        i128 u128 char bytes byte_buf unit unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

struct Items<'a>(std::slice::Iter<'a, Node>);

impl<'a> SeqAccess<'a> for Items<'a> {
    type Error = SectionError;
    fn next_element_seed<T: DeserializeSeed<'a>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, SectionError> {
        self.0.next().map(|node| seed.deserialize(NodeDeserializer(node))).transpose()
    }
}

struct Entries<'a> {
    entries: std::slice::Iter<'a, Entry>,
    value: Option<&'a Node>,
}

impl<'a> MapAccess<'a> for Entries<'a> {
    type Error = SectionError;
    fn next_key_seed<K: DeserializeSeed<'a>>(&mut self, seed: K) -> Result<Option<K::Value>, SectionError> {
        let Some(entry) = self.entries.next() else { return Ok(None) };
        self.value = Some(&entry.value);
        let key: StrDeserializer<'_, SectionError> = entry.key.value.as_str().into_deserializer();
        seed.deserialize(key).map(Some).map_err(|error| error.or_at(entry.key.at))
    }
    fn next_value_seed<V: DeserializeSeed<'a>>(&mut self, seed: V) -> Result<V::Value, SectionError> {
        match self.value.take() {
            Some(node) => seed.deserialize(NodeDeserializer(node)).map_err(|error| error.or_at(node.at)),
            None => Err(SectionError::custom("a value without a key")),
        }
    }
}

struct Variant<'a> {
    name: &'a str,
    at: Place,
    value: Option<&'a Node>,
}

impl<'a> EnumAccess<'a> for Variant<'a> {
    type Error = SectionError;
    type Variant = Self;
    fn variant_seed<V: DeserializeSeed<'a>>(self, seed: V) -> Result<(V::Value, Self), SectionError> {
        let name: StrDeserializer<'_, SectionError> = self.name.into_deserializer();
        let value = seed.deserialize(name).map_err(|error| error.or_at(self.at))?;
        Ok((value, self))
    }
}

impl<'a> VariantAccess<'a> for Variant<'a> {
    type Error = SectionError;
    fn unit_variant(self) -> Result<(), SectionError> {
        match self.value {
            Some(node) if !node.is_null() => {
                Err(SectionError::custom(format!("`{}` takes no value", self.name)).or_at(node.at))
            }
            _ => Ok(()),
        }
    }
    fn newtype_variant_seed<T: DeserializeSeed<'a>>(self, seed: T) -> Result<T::Value, SectionError> {
        match self.value {
            Some(node) => seed.deserialize(NodeDeserializer(node)).map_err(|error| error.or_at(self.at)),
            None => Err(SectionError::custom(format!("`{}` needs a value", self.name)).or_at(self.at)),
        }
    }
    fn tuple_variant<V: Visitor<'a>>(self, _len: usize, visitor: V) -> Result<V::Value, SectionError> {
        self.struct_variant(&[], visitor)
    }
    fn struct_variant<V: Visitor<'a>>(
        self,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, SectionError> {
        match self.value {
            Some(node) => NodeDeserializer(node).deserialize_any(visitor),
            None => Err(SectionError::custom(format!("`{}` needs a value", self.name)).or_at(self.at)),
        }
    }
}
