//! What was meant by a name that nobody knows.

/// The known name that is nearest to a word, if any is near enough to be a misspelling of it.
pub(crate) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = word.to_ascii_lowercase();
    let scored = known.into_iter().map(|name| {
        let near = strsim::normalized_damerau_levenshtein(&lower, &name.to_ascii_lowercase());
        (near, name)
    });
    scored.filter(|(near, _)| *near > 0.6).max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, name)| name)
}

/// A reader's message, with what was meant where it complains of an unknown name among known ones.
pub(crate) fn with_nearest(message: &str) -> String {
    let found = ["unknown field `", "unknown variant `"].iter().find_map(|start| {
        let (_, rest) = message.split_once(start)?;
        let (word, rest) = rest.split_once('`')?;
        // One reader puts the known names in backticks, the other does not.
        let (_, known) = rest.split_once("expected ")?;
        let known = known.split(" at line ").next().unwrap_or(known);
        let known = known.strip_prefix("one of ").unwrap_or(known);
        let names = known.split([',', ' ']).map(|name| name.trim_matches('`')).filter(|name| *name != "or");
        nearest(word, names)
    });
    match found {
        Some(name) => format!("{message}; did you mean `{name}`?"),
        None => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelling_is_told_from_another_word() {
        assert_eq!(nearest("limt", ["after", "limit"]), Some("limit"));
        assert_eq!(nearest("AFTER", ["after", "limit"]), Some("after"));
        assert_eq!(nearest("offset", ["after", "limit"]), None);
    }

    #[test]
    fn a_message_about_an_unknown_name_gets_the_nearest() {
        let message = "unknown field `usr`, expected `user` or `platform` at line 1 column 6";
        assert_eq!(with_nearest(message), format!("{message}; did you mean `user`?"));
        let message = "unknown field `usrs`, expected one of start, users, tokens at line 1, column 1";
        assert_eq!(with_nearest(message), format!("{message}; did you mean `users`?"));
        assert_eq!(with_nearest("expected value"), "expected value");
    }
}
