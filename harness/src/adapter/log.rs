//! What adapters log and write to stderr in one case: kept within bounds, counted beyond them.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

/// Lines that are kept of a case: the last ones.
const MOST_LINES: usize = 1_000;
/// Longest line that is kept, in bytes.
pub(super) const MOST_OF_A_LINE: usize = 2_000;
/// Lines of a case that are shown while it runs.
const MOST_SHOWN: u64 = 200;

/// The log of a case, shared by the adapters that take part.
#[derive(Debug, Default)]
pub(super) struct CaseLog(Mutex<Lines>);

#[derive(Debug, Default)]
struct Lines {
    kept: VecDeque<String>,
    /// All that came, and their bytes.
    count: u64,
    bytes: u64,
    shortened: u64,
    shown: u64,
}

/// Whether a line of stderr is to be shown to who watches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Show {
    Yes,
    /// It is the first one that is not: say so.
    NoMore,
    No,
}

impl CaseLog {
    /// Keeps a line of that many bytes, shortened by now if it was longer.
    pub(super) fn keep(&self, line: String, bytes: u64) -> Show {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.count += 1;
        lines.bytes += bytes;
        lines.shortened += u64::from(bytes > MOST_OF_A_LINE as u64);
        if lines.kept.len() == MOST_LINES {
            lines.kept.pop_front();
        }
        lines.kept.push_back(line);
        lines.shown += 1;
        match lines.shown {
            0..=MOST_SHOWN => Show::Yes,
            n if n == MOST_SHOWN + 1 => Show::NoMore,
            _ => Show::No,
        }
    }

    /// Takes what was kept, with what was not as its last line.
    pub(super) fn take(&self) -> Vec<String> {
        let lines = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        let left_out = lines.count - lines.kept.len() as u64;
        let mut kept: Vec<String> = lines.kept.into();
        if left_out > 0 || lines.shortened > 0 {
            kept.push(format!(
                "(harness: {} lines, {} bytes in all; {left_out} earlier lines are left out, {} lines are shortened to {MOST_OF_A_LINE} bytes)",
                lines.count, lines.bytes, lines.shortened
            ));
        }
        kept
    }
}

/// The beginning of a text, at most [`MOST_OF_A_LINE`] bytes.
pub(super) fn shortened(text: &str) -> String {
    if text.len() <= MOST_OF_A_LINE {
        return text.to_owned();
    }
    let end = (0..=MOST_OF_A_LINE).rev().find(|end| text.is_char_boundary(*end)).unwrap_or_default();
    format!("{}…", &text[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_lines_are_kept_and_the_others_counted() {
        let log = CaseLog::default();
        assert_eq!(log.keep("first".to_owned(), 5), Show::Yes);
        for n in 0..MOST_LINES {
            log.keep(format!("{n}"), 10_000);
        }
        let taken = log.take();
        assert_eq!((taken.len(), taken[0].as_str()), (MOST_LINES + 1, "0"));
        assert_eq!(
            taken[MOST_LINES],
            "(harness: 1001 lines, 10000005 bytes in all; 1 earlier lines are left out, 1000 lines are shortened to 2000 bytes)"
        );
        assert!(log.take().is_empty());
    }

    #[test]
    fn who_watches_sees_the_first_lines_of_each_case() {
        let log = CaseLog::default();
        let shown: Vec<Show> = (0..MOST_SHOWN + 2).map(|_| log.keep(String::new(), 0)).collect();
        assert_eq!(shown[MOST_SHOWN as usize - 1..], [Show::Yes, Show::NoMore, Show::No]);
        log.take();
        assert_eq!(log.keep(String::new(), 0), Show::Yes);
    }

    #[test]
    fn a_line_is_shortened_between_characters() {
        assert_eq!(shortened("é"), "é");
        let long = format!("x{}", "é".repeat(MOST_OF_A_LINE));
        assert!(shortened(&long).len() <= MOST_OF_A_LINE + "…".len());
    }
}
