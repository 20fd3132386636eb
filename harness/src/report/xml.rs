//! XML 1.0 as JUnit files need it: elements, attributes, text, and nothing that XML forbids.

use std::fmt::Write as _;

/// Whether XML 1.0 lets a character stand in a document, as itself or by its number.
fn is_legal(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}

/// A document being written.
#[derive(Debug)]
pub(super) struct Xml {
    text: String,
    depth: usize,
}

impl Xml {
    pub(super) fn new() -> Self {
        Self { text: "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned(), depth: 0 }
    }

    /// An element with what `inside` writes in it.
    pub(super) fn element(
        &mut self,
        name: &str,
        attributes: &[(&str, &str)],
        inside: impl FnOnce(&mut Self),
    ) {
        self.start(name, attributes);
        self.text.push_str(">\n");
        self.depth += 1;
        inside(self);
        self.depth -= 1;
        self.indent();
        // Writing into a string cannot fail.
        let _ = writeln!(self.text, "</{name}>");
    }

    /// An element without anything in it.
    pub(super) fn empty(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.start(name, attributes);
        self.text.push_str("/>\n");
    }

    /// An element with text in it.
    pub(super) fn text(&mut self, name: &str, attributes: &[(&str, &str)], text: &str) {
        self.start(name, attributes);
        self.text.push('>');
        self.escape(text, false);
        let _ = writeln!(self.text, "</{name}>");
    }

    pub(super) fn finish(self) -> String {
        self.text
    }

    fn start(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.indent();
        self.text.push('<');
        self.text.push_str(name);
        for (key, value) in attributes {
            let _ = write!(self.text, " {key}=\"");
            self.escape(value, true);
            self.text.push('"');
        }
    }

    fn indent(&mut self) {
        (0..self.depth).for_each(|_| self.text.push_str("    "));
    }

    fn escape(&mut self, text: &str, attribute: bool) {
        for c in text.chars() {
            match c {
                '<' => self.text.push_str("&lt;"),
                '>' => self.text.push_str("&gt;"),
                '&' => self.text.push_str("&amp;"),
                '"' if attribute => self.text.push_str("&quot;"),
                // A parser makes a space of them in an attribute, and a line feed of a return anywhere.
                '\n' | '\t' if attribute => drop(write!(self.text, "&#{};", u32::from(c))),
                '\r' => self.text.push_str("&#13;"),
                c if is_legal(c) => self.text.push(c),
                c => drop(write!(self.text, "\\u{:04x}", u32::from(c))),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_xml_forbids_is_written_out() {
        let mut xml = Xml::new();
        xml.text("a", &[("b", "\u{1b}<\"\n\u{fffe}")], "\0\u{b}\r\n\u{ffff}\u{85}你");
        let text = xml.finish();
        let body = text.lines().skip(1).collect::<Vec<_>>().join("\n");
        assert_eq!(body, "<a b=\"\\u001b&lt;&quot;&#10;\\ufffe\">\\u0000\\u000b&#13;\n\\uffff\u{85}你</a>");
    }
}
