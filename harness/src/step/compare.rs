//! What this build's service says, beside what was recorded: it goes on behind a difference, so that one is not taken for many.

use std::collections::VecDeque;

use recording::{Said, What};

/// What was said and not recorded is kept for this many of it.
const MOST_MORE: usize = 16;

/// An entry at which something else is said now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Differs {
    /// What was recorded, if that is not said now.
    pub recorded: Option<Said>,
    /// What is said in its place.
    pub now: Option<Said>,
    /// What is said besides, before it (behind it, where nothing more is recorded).
    pub more: Vec<Said>,
}

/// Compares entry after entry.
#[derive(Debug, Clone, Default)]
pub(super) struct Compare {
    /// Said now, and still to be found in the recording.
    said: VecDeque<Said>,
    /// Something was recorded as said since something was last done.
    heard: bool,
    /// They are not the same any more.
    apart: bool,
}

impl Compare {
    /// Takes an entry in, with what is said because of it. What differs: at this entry, or (`true`) at the one before.
    pub(super) fn take(&mut self, what: &What, outputs: Vec<Said>) -> Option<(Differs, bool)> {
        match what {
            What::Taken(_) => {
                // Where nothing differs, what is still to be found may be recorded between what is done.
                let left = self.apart && self.heard && !self.said.is_empty();
                let more = left.then(|| self.rest()).flatten().map(|differs| (differs, true));
                self.said.extend(outputs);
                self.heard = false;
                more
            }
            What::Said(recorded) => {
                self.heard = true;
                let found = self.find(recorded);
                self.apart |= found.is_some();
                found.map(|differs| (differs, false))
            }
            What::Clock(_) | What::Seen(_) => None,
        }
    }

    fn find(&mut self, recorded: &Said) -> Option<Differs> {
        if self.said.front() == Some(recorded) {
            self.said.pop_front();
            return None;
        }
        if let Some(at) = self.said.iter().position(|said| said == recorded) {
            let more: Vec<Said> = self.said.drain(..=at).take(at).take(MOST_MORE).collect();
            return Some(Differs { recorded: None, now: None, more });
        }
        // What goes to the same and is of the same kind stands for it.
        let stands = self.said.front().is_some_and(|said| is_alike(said, recorded));
        let now = if stands { self.said.pop_front() } else { None };
        Some(Differs { recorded: Some(recorded.clone()), now, more: Vec::new() })
    }

    /// What is said and was never recorded.
    pub(super) fn rest(&mut self) -> Option<Differs> {
        let more: Vec<Said> = self.said.drain(..).take(MOST_MORE).collect();
        self.apart |= !more.is_empty();
        (!more.is_empty()).then_some(Differs { recorded: None, now: None, more })
    }
}

fn is_alike(one: &Said, other: &Said) -> bool {
    match (one, other) {
        (Said::Down { conn: a, raw: x }, Said::Down { conn: b, raw: y }) => {
            // The first byte of a frame tells its type.
            a == b && x.first().map(|x| x >> 4) == y.first().map(|y| y >> 4)
        }
        (Said::DownRaw { conn: a, .. }, Said::DownRaw { conn: b, .. })
        | (Said::Close { conn: a, .. }, Said::Close { conn: b, .. })
        | (Said::PollAnswered { conn: a }, Said::PollAnswered { conn: b }) => a == b,
        (Said::Response { id: a, .. }, Said::Response { id: b, .. }) => a == b,
        (Said::Webhook(a), Said::Webhook(b)) => a.kind == b.kind && a.url == b.url,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use service::{Close, ConnId, Taken};

    use super::*;

    fn down(conn: u64, text: &'static str) -> Said {
        Said::Down { conn: ConnId(conn), raw: text.as_bytes().into() }
    }

    fn due() -> What {
        What::Taken(Taken::Due)
    }

    #[test]
    fn what_is_missing_changed_or_too_much_is_told_and_gone_on_behind() {
        let close = Said::Close { conn: ConnId(3), how: Close::Clean };
        let mut compare = Compare::default();
        assert_eq!(
            compare.take(&due(), vec![down(1, "b"), down(2, "c'"), down(1, "d"), close.clone()]),
            None
        );
        // Missing.
        let missing = Differs { recorded: Some(down(2, "a")), now: None, more: Vec::new() };
        assert_eq!(compare.take(&What::Said(down(2, "a")), Vec::new()), Some((missing, false)));
        assert_eq!(compare.take(&What::Said(down(1, "b")), Vec::new()), None);
        // Another.
        let other = Differs { recorded: Some(down(2, "c")), now: Some(down(2, "c'")), more: Vec::new() };
        assert_eq!(compare.take(&What::Said(down(2, "c")), Vec::new()), Some((other, false)));
        // Too much before it, and behind it.
        let more = |said: Said| Some(Differs { recorded: None, now: None, more: vec![said] });
        let found = compare.take(&What::Said(close.clone()), Vec::new());
        assert_eq!(found.map(|(differs, _)| differs), more(down(1, "d")));
        assert_eq!(compare.take(&due(), vec![down(1, "e")]), None);
        compare.heard = true;
        let found = compare.take(&due(), vec![close]);
        assert_eq!(found, more(down(1, "e")).map(|differs| (differs, true)));
        assert_eq!(compare.said.len(), 1);
        assert!(compare.rest().is_some() && compare.rest().is_none());
    }
}
