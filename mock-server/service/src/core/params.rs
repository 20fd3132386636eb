//! Parameters as SDKs send them: `application/x-www-form-urlencoded` text with repeated fields, or JSON.

/// Decoded pairs, in order.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Form {
    pairs: Vec<(String, String)>,
}

impl Form {
    /// Decodes a query or body; raw text that some SDKs leave unencoded survives.
    pub(crate) fn parse(text: &str) -> Self {
        let pairs = url::form_urlencoded::parse(text.as_bytes());
        Self { pairs: pairs.map(|(name, value)| (name.into_owned(), value.into_owned())).collect() }
    }

    /// The same from a JSON object: lists become repeated fields, other values their text.
    pub(crate) fn from_json(object: &serde_json::Map<String, serde_json::Value>) -> Self {
        use serde_json::Value;
        let text = |value: &Value| match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let mut pairs = Vec::new();
        for (name, value) in object {
            match value {
                Value::Null => {}
                Value::Array(items) => pairs.extend(items.iter().map(|item| (name.clone(), text(item)))),
                other => pairs.push((name.clone(), text(other))),
            }
        }
        Self { pairs }
    }

    /// Nothing was sent.
    pub(crate) fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// The first value of a field.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Every value of a field, repeated or joined by commas.
    pub(crate) fn list(&self, name: &str) -> Vec<&str> {
        self.pairs
            .iter()
            .filter(|(key, _)| key == name)
            .flat_map(|(_, value)| value.split(','))
            .map(str::trim)
            .filter(|value| !value.is_empty())
            .collect()
    }

    /// The names of its fields, in order.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.pairs.iter().map(|(name, _)| name.as_str())
    }

    /// Fields written `NAME[INSIDE]`: what stands inside, and the value.
    pub(crate) fn bracketed(&self, name: &str) -> Vec<(String, String)> {
        let inside = |key: &str| {
            let inside = key.strip_prefix(name)?.strip_prefix('[')?.strip_suffix(']')?;
            (!inside.is_empty()).then(|| inside.to_owned())
        };
        self.pairs.iter().filter_map(|(key, value)| Some((inside(key)?, value.clone()))).collect()
    }

    /// A boolean in any of the spellings SDKs use.
    pub(crate) fn flag(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| matches!(value, "1" | "true" | "True"))
    }
}
