//! Arguments against the documented types: field names, enum members, booleans and numbers.

use super::Reader;
use crate::{
    catalogue::api,
    scenario::tree::{Data, Node},
};

/// What an argument is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Given to a call: only names are checked, because calls with wrong kinds of values are worth testing.
    Argument,
    /// Expected of a callback.
    Expected,
}

/// Whether values of a type are never mappings: `string`, an enum, a list.
fn is_no_object(kind: &str) -> bool {
    matches!(kind, "string" | "number" | "boolean")
        || kind.starts_with("Array<")
        || api().enums.contains_key(kind)
}

impl Reader<'_> {
    /// Checks a node against a type of the API table.
    pub(super) fn typed(&mut self, node: &Node, kind: &str, role: Role) {
        match &node.data {
            Data::Scalar { .. } => self.typed_scalar(node, kind, role),
            Data::List(items) => {
                let element = kind.strip_prefix("Array<").and_then(|rest| rest.strip_suffix('>'));
                if let Some(element) = element {
                    items.iter().for_each(|item| self.typed(item, element, role));
                }
            }
            Data::Map(entries) => {
                if role == Role::Expected && super::matcher::is_operator(node) {
                    for entry in entries {
                        match entry.key.value.as_str() {
                            "is" | "not" | "exactly" => self.typed(&entry.value, kind, role),
                            "length" => self.typed(&entry.value, "number", role),
                            "one_of" | "all_of" => {
                                if let Data::List(items) = &entry.value.data {
                                    items.iter().for_each(|item| self.typed(item, kind, role));
                                }
                            }
                            "contains" => {
                                let element =
                                    kind.strip_prefix("Array<").and_then(|rest| rest.strip_suffix('>'));
                                let Some(element) = element else { continue };
                                match &entry.value.data {
                                    Data::List(items) => {
                                        items.iter().for_each(|item| self.typed(item, element, role));
                                    }
                                    _ => self.typed(&entry.value, element, role),
                                }
                            }
                            _ => {}
                        }
                    }
                } else if role == Role::Expected && is_no_object(kind) {
                    // A number, a text, a list: only a matcher can stand for it.
                    let is_repeated = entries.first().is_some_and(|entry| entry.key.value == "$repeat");
                    if !is_repeated {
                        self.no_operator(entries);
                    }
                } else {
                    self.typed_object(node, kind, "field", role);
                }
            }
        }
    }

    /// Checks the fields of an object type; types without a field table are not looked into.
    pub(super) fn typed_object(&mut self, node: &Node, kind: &str, what: &str, role: Role) {
        let (Some(fields), Data::Map(entries)) = (api().fields(kind), &node.data) else { return };
        for entry in entries {
            match fields.get(entry.key.value.as_str()) {
                Some(Some(param)) => self.typed(&entry.value, param.name(), role),
                Some(None) => {}
                None if entry.key.value.starts_with('$') => {}
                None => {
                    let what = format!("{what} of {kind}:");
                    self.unknown(
                        entry.key.at,
                        "unknown_field",
                        &what,
                        &entry.key.value,
                        fields.keys().copied(),
                    );
                }
            }
        }
    }

    fn typed_scalar(&mut self, node: &Node, kind: &str, role: Role) {
        let text = node.text().unwrap_or_default();
        if node.is_null() || text.starts_with('$') {
            return;
        }
        if role == Role::Expected
            && (super::matcher::is_keyword(node) || super::matcher::sequence(text).is_some())
        {
            return;
        }
        if let Some(members) = api().enums.get(kind) {
            if !members.contains_key(text) {
                let what = format!("{kind}:");
                self.unknown(node.at, "unknown_value", &what, text, members.keys().map(String::as_str));
            }
            return;
        }
        if role == Role::Argument {
            return;
        }
        let value = node.scalar().unwrap_or_default();
        let fits = match kind {
            "boolean" => value.is_boolean(),
            "number" => value.is_number(),
            "string" => value.is_string(),
            _ => true,
        };
        if !fits {
            let article = if kind == "string" { "text (put it in quotes)" } else { kind };
            self.expected(node, article);
        }
    }
}
