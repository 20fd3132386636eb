//! Patterns over case names: `*` within a folder, `**` across folders, `\*` a star; everything else is literal.

/// The pattern that matches just that name.
pub(super) fn literal(name: &str) -> String {
    name.replace('*', "\\*")
}

/// Whether a pattern matches a case's name. A pattern without `[` matches every case of the matrix.
pub(super) fn matches(pattern: &str, name: &str) -> bool {
    let name = if pattern.contains('[') { name } else { name.split('[').next().unwrap_or(name) };
    glob(pattern.as_bytes(), name.as_bytes())
}

fn glob(pattern: &[u8], name: &[u8]) -> bool {
    match pattern {
        [] => name.is_empty(),
        [b'\\', b'*', rest @ ..] => name.first() == Some(&b'*') && glob(rest, &name[1..]),
        [b'*', b'*', rest @ ..] => (0..=name.len()).any(|skip| glob(rest, &name[skip..])),
        [b'*', rest @ ..] => {
            let element = name.iter().position(|byte| *byte == b'/').unwrap_or(name.len());
            (0..=element).any(|skip| glob(rest, &name[skip..]))
        }
        [literal, rest @ ..] => name.first() == Some(literal) && glob(rest, &name[1..]),
    }
}

#[cfg(test)]
mod tests {
    use super::{literal, matches};

    #[test]
    fn patterns_match_as_documented() {
        for (pattern, name, expected) in [
            ("chatroom/join", "chatroom/join", true),
            ("chatroom/join", "chatroom/join-again", false),
            ("chatroom/*", "chatroom/join", true),
            ("chatroom/*", "chatroom/entries/set", false),
            ("chatroom/**", "chatroom/entries/set", true),
            ("*/join", "chatroom/join", true),
            ("**", "a/b/c[x=y]", true),
            ("message/send", "message/send[type=group]", true),
            ("message/send[type=group]", "message/send[type=group]", true),
            ("message/send[type=private]", "message/send[type=group]", false),
            ("message/*[type=group]", "message/send[type=group]", true),
            ("", "a", false),
            ("a/b[x=\\*]", "a/b[x=*]", true),
            ("a/b[x=\\*]", "a/b[x=1]", false),
        ] {
            assert_eq!(matches(pattern, name), expected, "{pattern} on {name}");
        }
    }

    #[test]
    fn a_name_as_a_pattern_matches_itself_alone() {
        let name = "a/b[word=*,n=1]";
        assert!(matches(&literal(name), name) && !matches(&literal(name), "a/b[word=x,n=1]"));
    }
}
