//! Words as a shell splits and quotes them: how `--client` is read, and how commands to repeat are printed.
//!
//! Blanks part words; `'…'` is taken as it is; in `"…"` a backslash stands only before `"`, `\`, `$` and `` ` `` for
//! itself; elsewhere it takes the next character as it is. Nothing is expanded: no variables, no patterns, no comments.
//! On Windows a backslash is a character like others, because paths are full of it: a quote is written inside the other kind.

/// Why a text is no words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WordsError {
    /// A quote is not closed.
    #[error("the quote {quote} at character {at} is not closed")]
    Open {
        /// `'` or `"`.
        quote: char,
        /// From 1.
        at: usize,
    },
    /// A backslash with nothing behind it.
    #[error("nothing follows the backslash at the end")]
    Backslash,
}

/// The words of a command line, as the shell of this platform would part them.
///
/// # Errors
/// A quote that is not closed, or a backslash at the end.
pub fn split(text: &str) -> Result<Vec<String>, WordsError> {
    split_as(text, !cfg!(windows))
}

fn split_as(text: &str, escapes: bool) -> Result<Vec<String>, WordsError> {
    let mut words = Vec::new();
    // `None` between words: `''` is a word, an empty one.
    let mut word: Option<String> = None;
    let mut chars = text.chars().enumerate().peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            c if c.is_whitespace() => words.extend(word.take()),
            '\'' | '"' => {
                let word = word.get_or_insert_default();
                loop {
                    match chars.next() {
                        None => return Err(WordsError::Open { quote: c, at: at + 1 }),
                        Some((_, next)) if next == c => break,
                        Some((_, '\\')) if escapes && c == '"' => {
                            match chars.next_if(|(_, c)| matches!(c, '"' | '\\' | '$' | '`')) {
                                Some((_, escaped)) => word.push(escaped),
                                None => word.push('\\'),
                            }
                        }
                        Some((_, next)) => word.push(next),
                    }
                }
            }
            '\\' if escapes => {
                let (_, escaped) = chars.next().ok_or(WordsError::Backslash)?;
                word.get_or_insert_default().push(escaped);
            }
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    Ok(words)
}

/// A word as it must be written for the shell of this platform to take it as one and as it is.
#[must_use]
pub fn quote(word: &str) -> String {
    quote_as(word, cfg!(windows))
}

fn quote_as(word: &str, windows: bool) -> String {
    let is_plain = |c: char| {
        c.is_ascii_alphanumeric()
            || "@%_+=:,./-".contains(c) && !(windows && c == '%')
            || windows && c == '\\'
    };
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else if windows {
        format!("\"{}\"", word.replace('"', "\\\""))
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_are_parted_as_a_shell_does() {
        for (text, words) in [
            ("node a.mjs  --flag", &["node", "a.mjs", "--flag"][..]),
            ("  './my adapter/run' x ", &["./my adapter/run", "x"]),
            (r#""it's" 'a "word"' a\ b"#, &["it's", "a \"word\"", "a b"]),
            (r#""\"\\\$\x" '\'"#, &["\"\\$\\x", "\\"]),
            ("a'b c'\"d e\"f ''", &["ab cd ef", ""]),
            ("#not a comment $HOME *", &["#not", "a", "comment", "$HOME", "*"]),
            ("", &[]),
        ] {
            assert_eq!(split_as(text, true).unwrap(), words, "{text}");
        }
    }

    #[test]
    fn backslashes_of_windows_paths_survive() {
        let text = r#"C:\tools\node.exe "C:\my adapters\a.mjs" 'say "x"'"#;
        let words = [r"C:\tools\node.exe", r"C:\my adapters\a.mjs", r#"say "x""#];
        assert_eq!(split_as(text, false).unwrap(), words);
        assert_eq!(quote_as(r"C:\tools\node.exe", true), r"C:\tools\node.exe");
        assert_eq!(quote_as(r"C:\my adapters\a.mjs", true), r#""C:\my adapters\a.mjs""#);
    }

    #[test]
    fn what_is_not_closed_is_named() {
        assert_eq!(split_as("a 'b c", true), Err(WordsError::Open { quote: '\'', at: 3 }));
        assert_eq!(split_as("a \"b\\\"", true), Err(WordsError::Open { quote: '"', at: 3 }));
        assert_eq!(split_as("a \\", true), Err(WordsError::Backslash));
    }

    proptest! {
        #[test]
        fn what_is_quoted_is_one_word_as_it_was(words in proptest::collection::vec(".*", 0..4)) {
            let line = words.iter().map(|word| quote_as(word, false)).collect::<Vec<_>>().join(" ");
            prop_assert_eq!(split_as(&line, true).unwrap(), words);
        }
    }
}
