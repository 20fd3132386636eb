//! Lines of text for a terminal of a given width.

use serde_json::Value;
use unicode_width::UnicodeWidthChar;

use crate::plain::plain;

/// How a line is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tone {
    /// As any.
    #[default]
    Plain,
    /// It says what follows.
    Head,
    /// Something is not as it was.
    Differs,
}

/// A line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// Without anything that acts on a terminal.
    pub text: String,
    /// How it is meant.
    pub tone: Tone,
}

/// Lines of a panel, at most: what is behind them is looked at elsewhere.
const MOST: usize = 20_000;

/// Lines that are filled one after the other, none wider than a width.
#[derive(Debug)]
pub(super) struct Page {
    width: usize,
    lines: Vec<Text>,
}

impl Page {
    /// None yet.
    #[must_use]
    pub(super) fn new(width: usize) -> Self {
        Self { width: width.max(8), lines: Vec::new() }
    }

    /// All of them.
    #[must_use]
    pub(super) fn into_lines(self) -> Vec<Text> {
        self.lines
    }

    /// A line more, or several where it is wide: what is carried over stands further in.
    pub(super) fn put(&mut self, tone: Tone, indent: usize, text: &str) {
        let indent = indent.min(self.width / 2);
        for text in plain(text).split('\n') {
            let (mut line, mut used) = (" ".repeat(indent), indent);
            for c in text.chars() {
                let c = if c == '\t' { ' ' } else { c };
                let wide = c.width().unwrap_or(0);
                if used + wide > self.width {
                    self.push(tone, std::mem::take(&mut line));
                    let further = (indent + 2).min(self.width / 2);
                    (line, used) = (" ".repeat(further), further);
                }
                line.push(c);
                used += wide;
            }
            self.push(tone, line);
        }
    }

    fn push(&mut self, tone: Tone, text: String) {
        match self.lines.len() {
            MOST => {
                self.lines.push(Text { text: "… and more: it is cut here".to_owned(), tone: Tone::Head })
            }
            few if few < MOST => self.lines.push(Text { text, tone }),
            _ => {}
        }
    }

    /// A value, a field a line.
    pub(super) fn outline(&mut self, indent: usize, value: &Value) {
        match value {
            Value::Object(fields) => {
                for (key, value) in fields {
                    self.field(indent, &format!("{key}:"), value);
                }
            }
            Value::Array(values) => {
                for value in values {
                    self.field(indent, "-", value);
                }
            }
            value => self.put(Tone::Plain, indent, &scalar(value)),
        }
    }

    fn field(&mut self, indent: usize, name: &str, value: &Value) {
        if self.lines.len() > MOST {
            return;
        }
        match value {
            Value::Object(fields) if fields.is_empty() => {
                self.put(Tone::Plain, indent, &format!("{name} {{}}"))
            }
            Value::Array(values) if values.is_empty() => self.put(Tone::Plain, indent, &format!("{name} []")),
            Value::Array(values) if values.iter().all(|value| !value.is_object() && !value.is_array()) => {
                let all: Vec<String> = values.iter().map(scalar).collect();
                self.put(Tone::Plain, indent, &format!("{name} [{}]", all.join(", ")));
            }
            Value::Object(_) | Value::Array(_) => {
                self.put(Tone::Plain, indent, name);
                self.outline(indent + 2, value);
            }
            value => self.put(Tone::Plain, indent, &format!("{name} {}", scalar(value))),
        }
    }
}

/// A text without quotation marks where nobody takes it for something else.
fn scalar(value: &Value) -> String {
    match value {
        Value::String(text) => {
            let is_taken_for_another = text.is_empty()
                || text.trim() != text
                || text.contains(char::is_control)
                || matches!(text.as_str(), "true" | "false" | "null")
                || text.parse::<f64>().is_ok();
            if is_taken_for_another { value.to_string() } else { text.clone() }
        }
        value => value.to_string(),
    }
}

/// As much of a text as is not wider than a width.
#[must_use]
pub(super) fn fit(text: &str, width: usize) -> String {
    let mut used = 0;
    let fits = |c: &char| {
        used += c.width().unwrap_or(0);
        used <= width
    };
    text.chars().take_while(fits).collect()
}

/// Bytes in hexadecimal digits and as characters, sixteen a line, or eight where that is too wide.
pub(super) fn hex(page: &mut Page, bytes: &[u8]) {
    let many = if page.width >= 73 { 16 } else { 8 };
    for (at, row) in bytes.chunks(many).enumerate().take(MOST + 1) {
        let mut line = format!("{:06x}  ", at * many);
        for index in 0..many {
            line.push_str(&row.get(index).map_or_else(|| "   ".to_owned(), |byte| format!("{byte:02x} ")));
            if index % 8 == 7 && many > 8 {
                line.push(' ');
            }
        }
        line.extend(row.iter().map(|byte| match byte {
            0x20..=0x7e => char::from(*byte),
            _ => '.',
        }));
        page.push(Tone::Plain, line);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn lines(page: Page) -> Vec<String> {
        page.into_lines().into_iter().map(|line| line.text).collect()
    }

    #[test]
    fn values_are_outlined_and_nothing_is_wider_than_it_may_be() {
        let mut page = Page::new(24);
        page.outline(0, &json!({"a": 1, "b": {"c": "x y", "d": []}, "e": ["1", 1], "f": [{"g": null}], "long": "中".repeat(14)}));
        assert_eq!(
            lines(page),
            [
                "a: 1",
                "b:",
                "  c: x y",
                "  d: []",
                "e: [\"1\", 1]",
                "f:",
                "  -",
                "    g: null",
                "long: 中中中中中中中中中",
                "  中中中中中"
            ]
        );
        let mut page = Page::new(40);
        page.put(Tone::Plain, 0, "a\u{1b}[2Jb");
        assert_eq!(lines(page), ["a\\u001b[2Jb"]);
    }

    #[test]
    fn bytes_stand_in_lines() {
        let mut page = Page::new(76);
        hex(&mut page, b"0123456789abcdef\x00\xff");
        assert_eq!(
            lines(page),
            [
                "000000  30 31 32 33 34 35 36 37  38 39 61 62 63 64 65 66  0123456789abcdef",
                "000010  00 ff                                             ..",
            ]
        );
    }
}
