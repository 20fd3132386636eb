//! Text from elsewhere (scenarios, adapters, file names) on its way to a terminal: nothing in it is a command.
//!
//! An escape character in a title can clear a screen, a right-to-left mark can turn a path around. Such characters are
//! written as `\u001b`, which in JSON means the same character.

use std::{
    borrow::Cow,
    io::{self, Write},
};

/// Whether a terminal, or the eye, takes a character for something else than itself. Line feeds and tabs are text.
fn acts(c: char) -> bool {
    match c {
        '\n' | '\t' => false,
        // Zero-width and directional marks, line separators, byte order mark.
        '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}' => true,
        _ => c.is_control(),
    }
}

/// A text with nothing in it that acts.
#[must_use]
pub(crate) fn plain(text: &str) -> Cow<'_, str> {
    if !text.contains(acts) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if acts(c) {
            shown.push_str(&format!("\\u{:04x}", u32::from(c)));
        } else {
            shown.push(c);
        }
    }
    Cow::Owned(shown)
}

/// As [`plain`] with as many bytes as before, for text in which places are counted in bytes.
pub(crate) fn plain_in_place(text: &str) -> Cow<'_, str> {
    if !text.contains(|c| acts(c) && c != '\r') {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        // A carriage return ends lines of files from Windows; whoever shows lines leaves it out.
        if acts(c) && c != '\r' {
            (0..c.len_utf8()).for_each(|_| shown.push('?'));
        } else {
            shown.push(c);
        }
    }
    Cow::Owned(shown)
}

/// A writer through which nothing that acts reaches the one below.
pub(crate) struct Plain<'a> {
    below: &'a mut (dyn Write + Send),
    /// The beginning of a character whose rest has not come.
    begun: Vec<u8>,
}

impl<'a> Plain<'a> {
    pub(crate) fn new(below: &'a mut (dyn Write + Send)) -> Self {
        Self { below, begun: Vec::new() }
    }
}

impl Write for Plain<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.begun.extend_from_slice(bytes);
        let mut rest = std::mem::take(&mut self.begun);
        if let Err(error) = std::str::from_utf8(&rest)
            && error.error_len().is_none()
        {
            self.begun = rest.split_off(error.valid_up_to());
        }
        self.below.write_all(plain(&String::from_utf8_lossy(&rest)).as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.below.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_acts_gets_through_and_json_means_the_same() {
        let text = "a\u{1b}[2Jb\u{9b}c\u{202e}d\u{7f}\r é你";
        let mut out = Vec::new();
        // Byte by byte, as no writer should but any may.
        let mut writer = Plain::new(&mut out);
        for byte in text.bytes() {
            writer.write_all(&[byte]).unwrap();
        }
        let shown = String::from_utf8(out).unwrap();
        assert_eq!(shown, r"a\u001b[2Jb\u009bc\u202ed\u007f\u000d é你");
        assert_eq!(serde_json::from_str::<String>(&format!("\"{shown}\"")).unwrap(), text);
        assert!(matches!(plain("plain\n\ttext"), Cow::Borrowed(_)));
    }

    #[test]
    fn in_place_means_with_as_many_bytes() {
        let text = "a\u{1b}b\u{9b}\u{202e}\r\n";
        assert_eq!(plain_in_place(text), "a?b?????\r\n");
        assert_eq!(plain_in_place(text).len(), text.len());
    }
}
