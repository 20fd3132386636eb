//! Values as YAML in one line, as scenarios write them.

use serde_json::{Map, Value};

/// Words that YAML, or a scenario, reads as something else than a text.
const WORDS: [&str; 12] = ["true", "false", "yes", "no", "on", "off", "null", "any", "absent", "y", "n", "~"];

/// Stands before a word that scenarios read as a matcher, in a text that would be quoted otherwise.
const WORD: char = '\u{1}';

/// A word of matchers: `absent`, `any`.
pub(super) fn word(word: &str) -> Value {
    format!("{WORD}{word}").into()
}

/// The name that stands for a dollar sign where a scenario would read a name behind one.
pub(super) const DOLLAR: &str = "${dollar}";
/// The step that gives it.
pub(super) const LET_DOLLAR: &str = "- let: {$dollar: $$}";

/// A text that is meant as it is: what scenarios would read as a name in it is none.
pub(super) fn literal(text: &str) -> String {
    // Behind two of them at its beginning nothing is read as a name.
    if text.starts_with('$') && !text.starts_with("${") {
        return format!("${text}");
    }
    text.replace("${", &format!("{DOLLAR}{{"))
}

/// A value in flow form.
pub(super) fn flow(value: &Value) -> String {
    match value {
        Value::Object(fields) => fields_of(fields),
        Value::Array(items) => format!("[{}]", items.iter().map(flow).collect::<Vec<_>>().join(", ")),
        Value::String(text) => scalar(text),
        other => other.to_string(),
    }
}

/// A mapping in flow form.
pub(super) fn fields_of(fields: &Map<String, Value>) -> String {
    let fields: Vec<String> =
        fields.iter().map(|(key, value)| format!("{}: {}", scalar(key), flow(value))).collect();
    format!("{{{}}}", fields.join(", "))
}

/// A text: as it is where nothing else is read from that, in quotes otherwise.
pub(super) fn scalar(text: &str) -> String {
    if let Some(word) = text.strip_prefix(WORD).filter(|word| WORDS.contains(word)) {
        return word.to_owned();
    }
    let first = text.chars().next();
    let begins = first.is_some_and(|first| first.is_ascii_alphabetic() || matches!(first, '$' | '_' | '/'));
    let goes_on = text.chars().all(|sign| {
        sign.is_alphanumeric() || matches!(sign, ' ' | '$' | '_' | '.' | '-' | '+' | '/' | '!' | '?')
    });
    let is_word = WORDS.iter().any(|word| word.eq_ignore_ascii_case(text));
    if begins && goes_on && !is_word && !text.ends_with(' ') {
        return text.to_owned();
    }
    // JSON's quotes are YAML's. What turns the order of text around is told, not done.
    let mut quoted = String::new();
    for sign in Value::from(text).to_string().chars() {
        match sign {
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                quoted.push_str(&format!("\\u{:04x}", u32::from(sign)));
            }
            sign => quoted.push(sign),
        }
    }
    quoted
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_would_be_read_as_something_else_is_quoted() {
        let value = json!({"text": "hi, you", "to": "$ann.token", "n": 1, "no": "no", "list": ["a b", "1", ""], "k:": null});
        assert_eq!(
            flow(&value),
            r#"{text: "hi, you", to: $ann.token, "n": 1, "no": "no", list: [a b, "1", ""], "k:": null}"#
        );
    }
}
