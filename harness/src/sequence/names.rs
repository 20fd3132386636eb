//! Values as canonical text: identities, instants and aliases instead of what the run drew.

use std::fmt::Write as _;

use indexmap::IndexMap;
use serde_json::{Map, Value};
use wire::UnixMillis;

use super::{
    Aliases, Entry, LineKind,
    fold::{Piece, Run},
};

/// Longer texts are cut and their length is told.
const LONGEST_TEXT: usize = 80;
/// Whole numbers in this range are instants (2017 to 2096); nothing else the API carries comes near.
const INSTANTS: std::ops::Range<i64> = 1_500_000_000_000..4_000_000_000_000;

/// Where the value of an argument stands in a template.
pub(super) const HOLE: char = '\u{1}';

/// `t0+30.000s`
pub(super) fn instant(ms: i64) -> String {
    let sign = if ms < 0 { '-' } else { '+' };
    format!("t0{sign}{}.{:03}s", ms.abs() / 1000, ms.abs() % 1000)
}

/// What has a name so far.
pub(super) struct Names<'a> {
    start: UnixMillis,
    aliases: &'a Aliases,
    uids: IndexMap<String, ()>,
    /// Local ids by client.
    ids: IndexMap<(String, i64), usize>,
    id_counts: IndexMap<String, usize>,
    /// Tokens that the scenario got along the way.
    tokens: IndexMap<String, ()>,
    /// Addresses of uploaded files: they name App Key and upload.
    files: IndexMap<String, ()>,
}

impl<'a> Names<'a> {
    pub(super) fn new(start: UnixMillis, aliases: &'a Aliases) -> Self {
        Self {
            start,
            aliases,
            uids: IndexMap::new(),
            ids: IndexMap::new(),
            id_counts: IndexMap::new(),
            tokens: IndexMap::new(),
            files: IndexMap::new(),
        }
    }

    /// An entry as a template with its values apart, so that runs can be folded.
    pub(super) fn piece(&mut self, entry: &Entry) -> Piece {
        let mut template = String::new();
        let mut leaves = Vec::new();
        for (key, value) in &entry.args {
            let _ = write!(template, " {key}=");
            self.write(&entry.client, key, value, &mut template, &mut leaves);
        }
        if let Some(returned) = &entry.returned {
            template.push_str(" -> ");
            self.write(&entry.client, "", returned, &mut template, &mut leaves);
        }
        Piece {
            step: entry.step,
            at_ms: entry.at.0 - self.start.0,
            client: entry.client.clone(),
            kind: entry.kind,
            run: match (entry.kind, entry.name.as_str()) {
                (LineKind::Callback, _) => Run::OneStep,
                (LineKind::Step, "api") => Run::ManySteps,
                _ => Run::No,
            },
            name: entry.name.clone(),
            template,
            leaves,
        }
    }

    fn write(
        &mut self,
        client: &str,
        key: &str,
        value: &Value,
        template: &mut String,
        leaves: &mut Vec<String>,
    ) {
        match value {
            Value::Object(map) => self.write_map(client, map, template, leaves),
            Value::Array(items) => {
                template.push('[');
                for (n, item) in items.iter().enumerate() {
                    if n > 0 {
                        template.push_str(", ");
                    }
                    self.write(client, key, item, template, leaves);
                }
                template.push(']');
            }
            Value::String(text) => {
                template.push(HOLE);
                leaves.push(self.text(key, text));
            }
            Value::Number(_) => {
                template.push(HOLE);
                leaves.push(match value.as_i64() {
                    Some(number) => self.number(client, key, number),
                    None => value.to_string(),
                });
            }
            Value::Null | Value::Bool(_) => {
                let _ = write!(template, "{value}");
            }
        }
    }

    fn write_map(
        &mut self,
        client: &str,
        map: &Map<String, Value>,
        template: &mut String,
        leaves: &mut Vec<String>,
    ) {
        template.push('{');
        for (n, (key, value)) in map.iter().enumerate() {
            let _ = write!(template, "{}{key}: ", if n > 0 { ", " } else { "" });
            self.write(client, key, value, template, leaves);
        }
        template.push('}');
    }

    fn number(&mut self, client: &str, key: &str, number: i64) -> String {
        if INSTANTS.contains(&number) {
            return instant(number - self.start.0);
        }
        if matches!(key, "messageId" | "messageIds") && number > 0 {
            let known = (client.to_owned(), number);
            if let Some(n) = self.ids.get(&known) {
                return format!("local#{n}");
            }
            let count = self.id_counts.entry(client.to_owned()).or_default();
            *count += 1;
            self.ids.insert(known, *count);
            return format!("local#{count}");
        }
        number.to_string()
    }

    fn text(&mut self, key: &str, text: &str) -> String {
        if matches!(key, "messageUId" | "messageUIds") && !text.is_empty() && !self.uids.contains_key(text) {
            self.uids.insert(text.to_owned(), ());
        }
        if let Some(index) = self.uids.get_index_of(text) {
            return format!("msg#{}", index + 1);
        }
        if let Some(alias) = self.aliases.get(text) {
            return alias.clone();
        }
        if key == "token" && !text.is_empty() {
            let (index, _) = self.tokens.insert_full(text.to_owned(), ());
            return format!("token#{}", index + 1);
        }
        if key == "remote" && !text.is_empty() {
            let (index, _) = self.files.insert_full(text.to_owned(), ());
            return format!("file#{}", index + 1);
        }
        let length = text.chars().count();
        if length > LONGEST_TEXT {
            let head: String = text.chars().take(LONGEST_TEXT / 2).collect();
            return format!("{head:?}… ({length} characters)");
        }
        if plain(text) { text.to_owned() } else { format!("{text:?}") }
    }
}

/// Words need no quotes; anything that could be taken for something else does.
fn plain(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|first| first.is_ascii_alphabetic())
        && chars.all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | ':' | '.'))
        && !matches!(text, "true" | "false" | "null")
}
