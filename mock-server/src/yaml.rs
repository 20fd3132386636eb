//! YAML and JSON texts from outside, read within one budget: scenarios, set-ups of worlds, baselines.
//!
//! A few lines of YAML can name gigabytes: an alias stands for all that its anchor holds. What a text comes to is
//! therefore counted while it is parsed, aliases as what they stand for, before anything is built of it.

mod file;
mod gauge;

use serde::de::DeserializeOwned;
use serde_saphyr::granit_parser::Parser;

pub use file::{FileError, NotUtf8, decode, read_file};
pub use gauge::{Gauge, Refused};

/// Most bytes of a text: 4 MiB. A scenario has a few thousand, a set-up of 10,000 users some hundred thousand.
pub const MAX_BYTES: usize = 4 << 20;

/// Most values (scalars, lists and mappings) that a text may come to; what is anchored or aliased counts each time.
pub const MAX_NODES: u64 = 200_000;

/// Most lists and mappings within each other.
pub const MAX_DEPTH: usize = 64;

/// Most aliases (`*name`).
pub const MAX_ALIASES: usize = 10_000;

/// Why a text is not what was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct YamlError {
    /// What is wrong, in one or more lines, without the place.
    pub message: String,
    /// Line and column from 1, if known.
    pub at: Option<(u64, u64)>,
}

/// Reads one document into a type, within the budget. JSON is YAML, so one reader serves both.
///
/// # Errors
/// The text comes to more than the budget, is no YAML, or is not what the type asks for.
pub fn from_str<T: DeserializeOwned>(text: &str) -> Result<T, YamlError> {
    check(text)?;
    // Counted already; the reader's own budget stands behind, with the same numbers where it has them.
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_aliases: MAX_ALIASES,
            max_depth: MAX_DEPTH,
            max_total_scalar_bytes: MAX_BYTES,
            // Few anchors used often are no bomb: what they come to is counted.
            enforce_alias_anchor_ratio: false,
        },
    };
    serde_saphyr::from_str_with_options(text, options).map_err(|error| YamlError {
        at: error.location().map(|at| (at.line(), at.column())),
        message: error.without_snippet().to_string(),
    })
}

/// Whether a text keeps to the budget. What is no YAML is left to whoever reads it.
///
/// # Errors
/// The first limit that it exceeds, and where.
pub fn check(text: &str) -> Result<(), YamlError> {
    let mut gauge =
        Gauge::of(text).map_err(|refused| YamlError { message: refused.to_string(), at: None })?;
    for next in Parser::new_from_str(text) {
        let Ok((event, span)) = next else { return Ok(()) };
        gauge.event(&event).map_err(|refused| YamlError {
            message: refused.to_string(),
            at: Some((span.start.line() as u64, span.start.col() as u64 + 1)),
        })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    /// Nine levels, each nine times the one before: 334 bytes that stand for 10⁹ values.
    fn alias_bomb() -> String {
        let level = |n: usize| {
            let items = if n == 0 { vec!["x".to_owned(); 9] } else { vec![format!("*a{}", n - 1); 9] };
            format!("a{n}: &a{n} [{}]\n", items.join(","))
        };
        (0..10).map(level).collect()
    }

    #[test]
    fn a_bomb_of_aliases_is_refused_where_it_goes_off() {
        let error = from_str::<Value>(&alias_bomb()).unwrap_err();
        assert_eq!(
            error.message,
            "this comes to more than 200000 values (aliases count as what they stand for)"
        );
        assert_eq!(error.at.map(|(line, _)| line), Some(6));
    }

    #[test]
    fn each_limit_holds_at_its_edge() {
        let deep = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
        assert!(from_str::<Value>(&deep(MAX_DEPTH)).is_ok());
        let error = from_str::<Value>(&deep(MAX_DEPTH + 1)).unwrap_err();
        assert_eq!(error.message, "more than 64 lists and mappings stand within each other");
        let many = |n: u64| format!("[{}]", vec!["1"; usize::try_from(n).unwrap()].join(","));
        assert!(from_str::<Value>(&many(MAX_NODES - 1)).is_ok());
        assert!(from_str::<Value>(&many(MAX_NODES)).is_err());
        let aliases = |n: usize| format!("a: &a 1\nb: [{}]", vec!["*a"; n].join(","));
        assert!(from_str::<Value>(&aliases(MAX_ALIASES)).is_ok());
        let error = from_str::<Value>(&aliases(MAX_ALIASES + 1)).unwrap_err();
        assert_eq!(error.message, "more than 10000 aliases");
        let error = from_str::<Value>(&" ".repeat(MAX_BYTES + 1)).unwrap_err();
        assert_eq!(error.message, "4194305 bytes are too many: at most 4194304");
    }

    #[test]
    fn text_that_aliases_repeat_counts_in_bytes() {
        let text = format!("a: &a {}\nb: [{}]", "x".repeat(1 << 20), ["*a"; 4].join(","));
        let error = from_str::<Value>(&text).unwrap_err();
        assert_eq!(
            error.message,
            "this comes to more than 4194304 bytes of text (aliases count as what they stand for)"
        );
    }

    #[test]
    fn depth_and_copies_behind_aliases_count() {
        let chain: String = (1..80).map(|n| format!("a{n}: &a{n} [*a{}]\n", n - 1)).collect();
        let error = check(&format!("a0: &a0 [x]\n{chain}")).unwrap_err();
        assert_eq!(error.message, "more than 64 lists and mappings stand within each other");
        // Anchors around anchors: each is kept whole.
        let open: String = (0..60).map(|n| format!("&a{n} [")).collect();
        let text = format!("{open}{}{}", vec!["1"; 10_000].join(","), "]".repeat(60));
        assert!(check(&text).is_err());
    }

    #[test]
    fn a_mistake_has_its_place() {
        let error = from_str::<u32>("\n  x\n").unwrap_err();
        assert_eq!(error.at, Some((2, 3)));
    }
}
