//! What is asked for in the last line.

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ask {
    /// The number of an entry.
    Entry,
    /// A text to search for.
    Find {
        /// Which way.
        forward: bool,
    },
    /// A breakpoint.
    Break,
    /// What state to look at.
    State,
    /// Where to write marked entries to.
    Write,
}

impl Ask {
    /// What stands before what is typed.
    #[must_use]
    pub(super) fn says(self) -> &'static str {
        match self {
            Self::Entry => "go to entry: ",
            Self::Find { forward: true } => "search forward: ",
            Self::Find { forward: false } => "search back: ",
            Self::Break => "stop at (topic, callback, user, time, differs): ",
            Self::State => "state (KIND [ID]; nothing: what the entry is about): ",
            Self::Write => "write marked entries to FILE (.txt, .jsonl, .yaml): ",
        }
    }
}

/// A line that is being typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Prompt {
    /// What for.
    pub ask: Ask,
    /// As far as it is typed.
    pub text: String,
}

/// Characters of a line.
const LONGEST: usize = 1_000;

impl Prompt {
    /// Nothing is typed yet.
    #[must_use]
    pub(super) fn new(ask: Ask) -> Self {
        Self { ask, text: String::new() }
    }

    /// A character more.
    pub(super) fn put(&mut self, c: char) {
        if !c.is_control() && self.text.chars().count() < LONGEST {
            self.text.push(c);
        }
    }
}
