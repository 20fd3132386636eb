//! Which keys of a section somebody wrote, as apart from those that have their defaults: what is written wins over a
//! preset, even where it says what the default says.

use std::{collections::BTreeSet, fmt, marker::PhantomData};

use serde::{
    Deserialize, Serialize,
    de::{DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, Visitor},
};
use serde_json::Value;

/// The keys that were written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Given(BTreeSet<String>);

impl Given {
    /// Whether that key was written.
    #[must_use]
    pub(crate) fn has(&self, key: &str) -> bool {
        self.0.contains(key)
    }

    pub(crate) fn add(&mut self, key: &str) {
        self.0.insert(key.to_owned());
    }
}

/// What remembers its written keys.
pub(crate) trait Remembers {
    fn remember(&mut self, given: Given);

    fn given(&self) -> &Given;
}

/// What [`read`] makes the same of again: the keys that were written, and those that differ from their defaults.
pub(crate) fn only<T: Serialize + Remembers + Default>(section: &T) -> Value {
    // A section has no keys but texts.
    let json = |section: &T| serde_json::to_value(section).unwrap_or_default();
    let (mut fields, defaults) = (json(section), json(&T::default()));
    if let Some(fields) = fields.as_object_mut() {
        fields.retain(|key, value| section.given().has(key) || *value != defaults[key.as_str()]);
    }
    fields
}

/// Reads a mapping as its type does, and notes the keys that passed. Mistakes keep their places.
pub(crate) fn read<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: Deserialize<'de> + Remembers,
    D: Deserializer<'de>,
{
    deserializer.deserialize_map(Section(PhantomData))
}

struct Section<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de> + Remembers> Visitor<'de> for Section<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a mapping")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        let mut given = Given::default();
        let noted = Noted { map, given: &mut given };
        let mut section = T::deserialize(serde::de::value::MapAccessDeserializer::new(noted))?;
        section.remember(given);
        Ok(section)
    }
}

struct Noted<'g, A> {
    map: A,
    given: &'g mut Given,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Noted<'_, A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        self.map.next_key_seed(Key { seed, given: self.given })
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        self.map.next_value_seed(seed)
    }
}

/// Inside the map's own call, so that the map says where an unknown key stands.
struct Key<'g, K> {
    seed: K,
    given: &'g mut Given,
}

impl<'de, K: DeserializeSeed<'de>> DeserializeSeed<'de> for Key<'_, K> {
    type Value = K::Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<K::Value, D::Error> {
        let key = String::deserialize(deserializer)?;
        self.given.add(&key);
        self.seed.deserialize(key.into_deserializer())
    }
}
