//! Breakpoints: where a run stops.

use std::{fmt, time::Duration};

use super::row::Row;

/// How one is written.
pub(super) const HOW: &str = "topic ppMsgP | callback onConnected | user ann | time 1:02.5 | differs";

/// Where a run stops.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Break {
    /// At frames of this topic, and answers to them.
    Topic(String),
    /// At this callback, or call of this method.
    Callback(String),
    /// At what is of this user or names it.
    User(String),
    /// At the first entry that is not before this time.
    Time(Duration),
    /// Where something else is said than was recorded.
    Differs,
}

impl Break {
    /// Reads one.
    ///
    /// # Errors
    /// A sentence that tells how one is written.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let (kind, rest) = text.trim().split_once(char::is_whitespace).unwrap_or((text.trim(), ""));
        let rest = rest.trim();
        let named = |of: fn(String) -> Self| match rest {
            "" => Err(format!("`{kind}` needs a name behind it: {HOW}")),
            rest => Ok(of(rest.to_owned())),
        };
        match kind {
            "topic" | "t" => named(Self::Topic),
            "callback" | "c" => named(Self::Callback),
            "user" | "u" => named(Self::User),
            "time" => instant(rest)
                .map(Self::Time)
                .ok_or_else(|| format!("`{rest}` is no time since the beginning, as `62.5` or `1:02.5` is")),
            "differs" | "d" if rest.is_empty() => Ok(Self::Differs),
            _ => Err(format!("`{kind}` is nothing to stop at: {HOW}")),
        }
    }

    /// Whether a run stops at an entry. `before` is the time of the entry before it, `user` whose its connection is.
    #[must_use]
    pub(super) fn stops(
        &self,
        row: &Row,
        before: Option<Duration>,
        user: Option<&str>,
        differs: bool,
    ) -> bool {
        match self {
            Self::Topic(topic) => row.text("topic") == Some(topic),
            Self::Callback(name) => match row.text("is") {
                Some("callback") => row.text("name") == Some(name),
                Some("call") => row.text("method") == Some(name),
                _ => false,
            },
            Self::User(id) => user == Some(id) || row.ids().iter().any(|known| known == id),
            Self::Time(time) => row.after >= *time && before.is_none_or(|before| before < *time),
            Self::Differs => differs,
        }
    }
}

impl fmt::Display for Break {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Topic(topic) => write!(f, "topic {topic}"),
            Self::Callback(name) => write!(f, "callback {name}"),
            Self::User(id) => write!(f, "user {id}"),
            Self::Time(time) => write!(f, "time {}", crate::recorded::instant(*time)),
            Self::Differs => f.write_str("differs"),
        }
    }
}

/// `62.5`, `1:02.5`, `1:00:02.5`, as entries have it, with or without a plus.
fn instant(text: &str) -> Option<Duration> {
    let mut seconds = 0.0_f64;
    let parts: Vec<&str> = text.strip_prefix('+').unwrap_or(text).split(':').collect();
    if parts.len() > 3 {
        return None;
    }
    for part in parts {
        let is_plain = part.starts_with(|c: char| c.is_ascii_digit());
        seconds = seconds * 60.0 + part.parse::<f64>().ok().filter(|_| is_plain)?;
    }
    // Entries have whole milliseconds.
    Duration::try_from_secs_f64((seconds * 1000.0).round() / 1000.0).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_read_as_they_are_written() {
        for text in ["topic ppMsgP", "callback onConnected", "user ann", "time +1:02.500", "differs"] {
            assert_eq!(Break::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(Break::parse(" time 1:00:02.25 "), Ok(Break::Time(Duration::from_millis(3_602_250))));
        for text in [
            "",
            "topic",
            "time",
            "time 1:2:3:4",
            "time -1",
            "time nan",
            "time 1e400",
            "colour red",
            "differs much",
        ] {
            assert!(Break::parse(text).is_err(), "{text}");
        }
    }
}
