//! Some entries in a row, in words as soon as somebody looks at them.

use std::cell::OnceCell;

use recording::{Decoder, Entry};

use super::row::Row;

/// Entries in a row.
#[derive(Debug)]
pub struct Page {
    before: Decoder,
    entries: Vec<Entry>,
    rows: OnceCell<Vec<Row>>,
}

impl Page {
    /// `before` has seen what came before; there is at least one entry.
    pub(super) fn new(before: Decoder, entries: Vec<Entry>) -> Self {
        Self { before, entries, rows: OnceCell::new() }
    }

    /// Its entries.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The number of its first entry.
    #[must_use]
    pub fn first(&self) -> u64 {
        self.entries.first().map_or(0, |entry| entry.n)
    }

    /// The number of its last entry.
    #[must_use]
    pub fn last(&self) -> u64 {
        self.entries.last().map_or(0, |entry| entry.n)
    }

    /// The entry of that number, if it is here.
    #[must_use]
    pub fn entry(&self, n: u64) -> Option<&Entry> {
        self.entries.get(self.at(n)?)
    }

    /// Its entries in words.
    pub fn rows(&self) -> &[Row] {
        self.rows.get_or_init(|| {
            let mut decoder = self.before.clone();
            self.entries.iter().map(|entry| Row::new(entry, &mut decoder)).collect()
        })
    }

    /// The entry of that number in words, if it is here.
    pub fn row(&self, n: u64) -> Option<&Row> {
        self.rows().get(self.at(n)?)
    }

    /// What a decoder knows before that entry.
    #[must_use]
    pub fn decoder(&self, n: u64) -> Decoder {
        let mut decoder = self.before.clone();
        self.entries.iter().take_while(|entry| entry.n < n).for_each(|entry| decoder.learn(entry));
        decoder
    }

    fn at(&self, n: u64) -> Option<usize> {
        usize::try_from(n.checked_sub(self.first())?).ok()
    }
}
