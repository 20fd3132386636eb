//! Pseudonyms: the same for the same original within a recording, counted in the order of appearance, so that none can be guessed back.

use std::collections::BTreeMap;

/// Bytes of originals that are remembered; what comes behind them gets a new pseudonym each time.
const REMEMBERED: usize = 64 << 20;

/// Which pseudonym stands for what.
#[derive(Debug, Default)]
pub(super) struct Names {
    by_original: BTreeMap<String, String>,
    counts: BTreeMap<&'static str, u64>,
    remembered: usize,
}

impl Names {
    /// What stands for `original`: what stood for it before, or else a new one of that kind. Nothing stands for nothing.
    pub(super) fn of(&mut self, kind: &'static str, original: &str) -> String {
        if original.is_empty() {
            return String::new();
        }
        if let Some(known) = self.by_original.get(original) {
            return known.clone();
        }
        let count = self.counts.entry(kind).or_default();
        *count += 1;
        let name = format!("{kind}-{count}");
        if self.remembered + original.len() <= REMEMBERED {
            self.remembered += original.len();
            self.by_original.insert(original.to_owned(), name.clone());
        }
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_text_keeps_its_name_whatever_it_is_called_later() {
        let mut names = Names::default();
        assert_eq!(names.of("user", "alice"), "user-1");
        assert_eq!(names.of("text", "hello"), "text-1");
        assert_eq!(names.of("user", "bob"), "user-2");
        assert_eq!(names.of("target", "alice"), "user-1");
        assert_eq!(names.of("user", ""), "");
    }
}
