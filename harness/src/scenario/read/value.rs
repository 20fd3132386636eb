//! Values and the references in them.

use indexmap::IndexMap;

use super::{Name, Reader};
use crate::scenario::{
    duration,
    place::Place,
    tree::{Data, Node},
    value::{Part, Ref, Value},
};

/// Whether a word can be a name: letters, digits and `_`, beginning with a letter.
pub(super) fn is_name(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_alphabetic())
        && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

impl Reader<'_> {
    pub(super) fn values(&mut self, node: &Node, what: &str) -> IndexMap<String, Value> {
        match &node.data {
            Data::Map(entries) => {
                entries.iter().map(|entry| (entry.key.value.clone(), self.value(&entry.value))).collect()
            }
            _ if node.is_null() => IndexMap::new(),
            _ => {
                self.expected(node, what);
                IndexMap::new()
            }
        }
    }

    pub(super) fn value(&mut self, node: &Node) -> Value {
        match &node.data {
            Data::List(items) => Value::List(items.iter().map(|item| self.value(item)).collect()),
            Data::Map(entries) if entries.first().is_some_and(|entry| entry.key.value == "$repeat") => {
                let entries = self.entries(node, "`$repeat`", &["$repeat", "times"]);
                let text = entries.first().and_then(|entry| self.text(&entry.value, "the text to repeat"));
                let times = match node.get("times") {
                    Some(times) => self.count(times, "how often the text is repeated"),
                    None => {
                        self.wrong(node.at, "missing_key", "`times` is missing", "of this text", None);
                        None
                    }
                };
                let (text, times) = (text.unwrap_or_default(), times.unwrap_or_default());
                self.repeats((text.len() as u64).saturating_mul(u64::from(times)), node.at);
                Value::Repeat { text, times: usize::try_from(times).unwrap_or_default() }
            }
            Data::Map(_) => Value::Map(self.values(node, "a mapping")),
            Data::Scalar { text, .. } => self.text_value(node, text),
        }
    }

    fn text_value(&mut self, node: &Node, text: &str) -> Value {
        if let Some(rest) = text.strip_prefix("$$") {
            return Value::Plain(format!("${rest}").into());
        }
        if text.starts_with('$') && !text.starts_with("${") {
            return match self.reference(text, node.at) {
                Some(reference) => Value::Ref(reference),
                None => Value::Plain(text.into()),
            };
        }
        if text.contains("${") {
            return Value::Text(self.parts(text, node.at));
        }
        Value::Plain(node.scalar().unwrap_or_default())
    }

    /// `hello ${m1.text}`
    fn parts(&mut self, text: &str, at: Place) -> Vec<Part> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some(start) = rest.find("${") {
            let Some(end) = rest[start..].find('}').map(|end| start + end) else { break };
            if start > 0 {
                parts.push(Part::Plain(rest[..start].to_owned()));
            }
            if let Some(reference) = self.reference(&format!("${}", &rest[start + 2..end]), at) {
                parts.push(Part::Ref(reference));
            }
            rest = &rest[end + 1..];
        }
        if !rest.is_empty() {
            parts.push(Part::Plain(rest.to_owned()));
        }
        parts
    }

    /// `$m1.messageUId`, `$now + 30s`
    pub(super) fn reference(&mut self, text: &str, at: Place) -> Option<Ref> {
        let (path, plus_ms) = match text.find([' ', '+', '-']) {
            None => (text, 0),
            Some(end) => {
                let rest = text[end..].trim_start();
                let (sign, amount) = match rest.split_at_checked(1) {
                    Some(("+", amount)) => (1, amount),
                    Some(("-", amount)) => (-1, amount),
                    _ => (0, rest),
                };
                let ms = duration::parse(amount)
                    .and_then(|duration| i64::try_from(duration.as_millis()).ok())
                    .or_else(|| amount.trim().parse::<i64>().ok());
                match ms.filter(|_| sign != 0).and_then(|ms| ms.checked_mul(sign)) {
                    Some(ms) => (&text[..end], ms),
                    None => {
                        let help = "write `$now + 30s`, `$m1.sentTime - 1`".to_owned();
                        self.wrong(
                            at,
                            "wrong_reference",
                            format!("`{text}` is no reference"),
                            "here",
                            Some(help),
                        );
                        return None;
                    }
                }
            }
        };
        let mut words = path.trim_start_matches('$').split('.').map(str::to_owned);
        let name = words.next().unwrap_or_default();
        let path: Vec<String> = words.collect();
        self.check_name(&name, &path, at);
        Some(Ref { at, name, path, plus_ms })
    }

    fn check_name(&mut self, name: &str, path: &[String], at: Place) {
        let Some(known) = self.names.get(name).cloned() else {
            let names = self.names.keys().take(super::MOST_KNOWN);
            let names: Vec<String> = names.map(|name| format!("${name}")).collect();
            self.unknown(at, "undefined_name", "name", &format!("${name}"), names.iter().map(String::as_str));
            return;
        };
        match known {
            Name::Value => {}
            Name::User => self.check_field(name, path, &["token", "id"], at),
            Name::Tokens(tokens) => {
                if path.first().is_some_and(|field| tokens.contains(field)) {
                    return;
                }
                let tokens: Vec<&str> = tokens.iter().take(super::MOST_KNOWN).map(String::as_str).collect();
                self.check_field(name, path, &tokens, at);
            }
            Name::World(world) => {
                let Some(world) = self.worlds.get(&world) else { return };
                if path.first().is_some_and(|field| world.users.contains(field)) {
                    return;
                }
                let mut fields: Vec<String> =
                    ["appKey", "appSecret", "token", "now"].map(str::to_owned).into();
                fields.extend(world.users.iter().take(super::MOST_KNOWN).cloned());
                let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
                self.check_field(name, path, &fields, at);
            }
        }
    }

    fn check_field(&mut self, name: &str, path: &[String], fields: &[&str], at: Place) {
        match path.first() {
            Some(field) if fields.contains(&field.as_str()) => {}
            Some(field) => {
                let what = format!("field of `${name}`:");
                self.unknown(at, "undefined_name", &what, field, fields.iter().copied());
            }
            None => {
                let known: Vec<_> = fields.iter().take(3).map(|field| format!("`${name}.{field}`")).collect();
                let help = (!known.is_empty()).then(|| format!("write {}", known.join(" or ")));
                self.wrong(
                    at,
                    "undefined_name",
                    format!("`${name}` alone is no value"),
                    "a field is missing",
                    help,
                );
            }
        }
    }
}
