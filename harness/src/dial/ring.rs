//! What was said, as far back as somebody who lost the link may have to hear it again.

use std::collections::VecDeque;

/// Lines and bytes that are kept.
const MOST_LINES: usize = 4_096;
const MOST_BYTES: usize = 8 << 20;

/// Lines by their numbers, from 1.
#[derive(Debug, Default)]
pub(super) struct Ring {
    lines: VecDeque<String>,
    bytes: usize,
    /// Lines that are not kept any more.
    forgotten: u64,
    /// Lines that were sent on some link.
    sent: u64,
    unsent_bytes: usize,
}

impl Ring {
    /// Adds a line; `false`: too many wait to be sent, and it is not kept.
    pub(super) fn push(&mut self, line: String) -> bool {
        while self.lines.len() >= MOST_LINES || self.bytes + line.len() > MOST_BYTES {
            if self.forgotten >= self.sent {
                return false;
            }
            let Some(oldest) = self.lines.pop_front() else { break };
            self.bytes -= oldest.len();
            self.forgotten += 1;
        }
        self.bytes += line.len();
        self.unsent_bytes += line.len();
        self.lines.push_back(line);
        true
    }

    /// The line of that number.
    pub(super) fn get(&self, n: u64) -> Option<&str> {
        let index = n.checked_sub(self.forgotten + 1)?;
        self.lines.get(usize::try_from(index).ok()?).map(String::as_str)
    }

    /// The line of that number is being sent.
    pub(super) fn sending(&mut self, n: u64) {
        if n == self.sent + 1 {
            self.sent = n;
            let length = self.get(n).map_or(0, str::len);
            self.unsent_bytes = self.unsent_bytes.saturating_sub(length);
        }
    }

    /// Whether all behind the line of that number can be said again.
    pub(super) fn reaches_back_to(&self, received: u64) -> bool {
        (self.forgotten..=self.sent).contains(&received)
    }

    /// Bytes that no link has taken yet.
    pub(super) fn unsent(&self) -> usize {
        self.unsent_bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sent_can_be_said_again_as_far_as_it_is_kept() {
        let mut ring = Ring::default();
        for n in 1..=MOST_LINES as u64 {
            assert!(ring.push(format!("{n}")));
        }
        assert!(!ring.push("nobody reads".to_owned()), "what was not sent is not forgotten");
        ring.sending(1);
        assert!(ring.push("next".to_owned()), "the first was sent");
        assert_eq!((ring.get(1), ring.get(2)), (None, Some("2")));
        assert!(ring.reaches_back_to(1) && !ring.reaches_back_to(0) && !ring.reaches_back_to(2));
    }

    #[test]
    fn bytes_are_bounded_and_those_that_wait_are_counted() {
        let mut ring = Ring::default();
        assert!(ring.push("x".repeat(MOST_BYTES)));
        assert!(!ring.push("x".to_owned()));
        assert_eq!(ring.unsent(), MOST_BYTES);
        ring.sending(1);
        assert_eq!(ring.unsent(), 0);
        assert!(ring.push("x".to_owned()) && ring.get(1).is_none());
    }
}
