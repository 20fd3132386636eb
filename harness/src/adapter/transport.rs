//! How lines get to an adapter, and what can be known of it: the same for a process of ours and for a link that it opened.

use std::{
    collections::VecDeque,
    fmt::Debug,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// Lines that are kept for what is said when an adapter is gone.
const LAST: usize = 3;

/// The last lines of an adapter's own.
pub(super) type LastLines = Arc<Mutex<VecDeque<String>>>;

/// How an adapter left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Left {
    /// As it should: exit code 0, or a link that it closed.
    pub(super) in_peace: bool,
    /// In words, for a sentence.
    pub(super) how: String,
}

/// What an adapter is behind. What comes from it goes into a [`Queue`](super::pipes::Queue) by itself.
pub(super) trait Transport: Debug + Send {
    /// Writes a line, without waiting for the adapter to read it; `false`: it is closed, or too many wait.
    fn write(&self, line: &str) -> bool;

    /// Bytes that the adapter has not made room for.
    fn unread(&self) -> usize;

    /// Nothing more will be said.
    fn close_input(&mut self);

    /// How the adapter left, if it has.
    fn left(&mut self) -> Option<Left>;

    /// As [`left`](Self::left), looked for as long as that; `meanwhile` is called again and again.
    fn wait(&mut self, limit: Duration, meanwhile: &mut dyn FnMut()) -> Option<Left>;

    /// Ends it, with all that belongs to it; one that dialled in is free for the next who wants it.
    fn end(&mut self);

    /// What it says of itself beside its lines is read to the end, at most for that long.
    fn last_words(&mut self, _limit: Duration) {}

    /// A case begins: what one case may bring is counted anew.
    fn begin_case(&mut self) {}

    /// The host at which its clients find ports of this machine; `None`: the loopback address.
    fn host(&self) -> Option<String> {
        None
    }

    /// Whether it leaves when nobody wants it for now; one that dialled in stays for others.
    fn is_asked_to_leave(&self) -> bool {
        true
    }
}

/// Keeps a line among the last ones.
pub(super) fn remember(last: &Mutex<VecDeque<String>>, line: String) {
    let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
    if last.len() == LAST {
        last.pop_front();
    }
    last.push_back(line);
}
