//! Reads a fixture whose every entry is one line with its value in JSON form, which is YAML as well.
//!
//! A YAML parser takes some 40 ms for the catalogue, too long for commands that answer at once.

use serde::de::DeserializeOwned;

/// Reads `section:` lines with `  key: JSON` or `  - JSON` lines below them.
///
/// # Errors
/// What is wrong with the text, for the tests that read the committed files.
pub(super) fn read<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    let mut json = String::with_capacity(text.len() + 16);
    json.push('{');
    let mut close = "";
    let mut first = true;
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some(section) = line.strip_suffix(':').filter(|line| !line.starts_with(' ')) {
            json.push_str(close);
            if !close.is_empty() {
                json.push(',');
            }
            json.push_str(&format!("\"{section}\":"));
            (close, first) = ("", true);
            continue;
        }
        let entry = line.strip_prefix("  ").ok_or_else(|| format!("neither section nor entry: {line}"))?;
        let (open, key, value) = match entry.strip_prefix("- ") {
            Some(value) => ("[", String::new(), value),
            None => {
                let (key, value) = entry.split_once(": ").ok_or_else(|| format!("no entry: {line}"))?;
                ("{", format!("\"{key}\":"), value)
            }
        };
        json.push_str(if first { open } else { "," });
        (close, first) = (if open == "[" { "]" } else { "}" }, false);
        json.push_str(&key);
        json.push_str(value);
    }
    json.push_str(close);
    json.push('}');
    serde_json::from_str(&json).map_err(|error| error.to_string())
}
