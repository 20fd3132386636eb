//! A recording on disk, read where it is looked at: an index of its pages, a few of which are kept.
//!
//! A page is some hundred entries. Where each begins is learnt by reading on ([`Source::read_on`]); what it takes to read from
//! there is remembered for a bounded number of them, the others are reached from the next one before. So memory does not grow
//! with the recording but for a few bytes a page.

use std::{
    collections::VecDeque,
    io::{BufRead, Seek},
    rc::Rc,
};

use recording::{Decoder, End, Entry, Header, Place, Reader, What};

use super::{page::Page, row::Lane};

/// Entries of a page, at most.
pub(super) const PAGE: usize = 256;
/// Bytes of a page, after which it ends whatever its number of entries.
const PAGE_BYTES: u64 = 1 << 20;
/// Pages that are kept.
const KEPT: usize = 8;
/// Remembered places, by what they weigh: connections that are open there.
const MOST_REMEMBERED: usize = 100_000;
/// Lanes that are told apart.
const MOST_LANES: usize = 256;

/// A recording.
#[derive(Debug)]
pub struct Source<R> {
    reader: Reader<R>,
    pages: Vec<Begin>,
    remembered: Vec<Remembered>,
    /// Behind the last page.
    front: Remembered,
    /// Behind the page that was read again last: most go on from there.
    behind: Option<Remembered>,
    end: Option<End>,
    kept: VecDeque<(usize, Rc<Page>)>,
    lanes: Vec<Lane>,
}

/// Where a page begins.
#[derive(Debug, Clone, Copy)]
struct Begin {
    first: u64,
    /// It has calls or callbacks.
    has_seen: bool,
}

/// What it takes to read a page.
#[derive(Debug, Clone)]
struct Remembered {
    page: usize,
    place: Place,
    decoder: Decoder,
}

impl Remembered {
    fn weight(&self) -> usize {
        // What a place with nobody connected takes counts as some connections.
        8 + self.place.connections()
    }
}

impl<R: BufRead + Seek> Source<R> {
    /// Takes over a reader that has read no entry yet.
    pub fn new(reader: Reader<R>) -> Self {
        let front = Remembered { page: 0, place: reader.place(), decoder: Decoder::of(reader.header()) };
        let (pages, remembered, behind, kept, lanes) = Default::default();
        Self { reader, pages, remembered, front, behind, end: None, kept, lanes }
    }

    /// What it is of.
    #[must_use]
    pub fn header(&self) -> &Header {
        self.reader.header()
    }

    /// The number of the last entry that is known.
    #[must_use]
    pub fn known(&self) -> u64 {
        self.front.place.last()
    }

    /// Bytes read of it so far, as far as it was never read before.
    #[must_use]
    pub fn offset(&self) -> u64 {
        self.front.place.offset()
    }

    /// What ends it; `None` as long as nobody has read that far.
    #[must_use]
    pub fn end(&self) -> Option<&End> {
        self.end.as_ref()
    }

    /// Whose entries were read so far, in the order in which they came.
    #[must_use]
    pub fn lanes(&self) -> &[Lane] {
        &self.lanes
    }

    /// Reads a page that nobody has read before; `false`: there is none.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn read_on(&mut self) -> Result<bool, String> {
        if self.end.is_some() {
            return Ok(false);
        }
        let from = self.front.place.clone();
        self.reader.return_to(&from).map_err(|error| error.to_string())?;
        let (page, mut decoder) = (self.pages.len(), self.front.decoder.clone());
        let before = decoder.clone();
        let mut entries = Vec::new();
        while entries.len() < PAGE && self.reader.intact() - from.offset() < PAGE_BYTES {
            // The place of an end is that of the last entry before it.
            let Some(entry) = self.reader.next_entry().map_err(|error| error.to_string())? else { break };
            let lane = Lane::of(&entry, &decoder);
            decoder.learn(&entry);
            if self.lanes.len() < MOST_LANES && !self.lanes.contains(&lane) {
                self.lanes.push(lane);
            }
            entries.push(entry);
        }
        self.end = self.reader.end().cloned();
        if entries.is_empty() {
            return Ok(false);
        }
        let has_seen = entries.iter().any(|entry| matches!(entry.what, What::Seen(_)));
        self.pages.push(Begin { first: from.last() + 1, has_seen });
        self.remember(Remembered { page, place: from, decoder: before.clone() });
        self.front = Remembered { page: page + 1, place: self.reader.place(), decoder };
        self.keep(page, Rc::new(Page::new(before, entries)));
        Ok(true)
    }

    fn remember(&mut self, place: Remembered) {
        self.remembered.push(place);
        while self.remembered.len() > 2
            && self.remembered.iter().map(Remembered::weight).sum::<usize>() > MOST_REMEMBERED
        {
            // Every second is reached from the one before it.
            let mut odd = false;
            self.remembered.retain(|_| {
                odd = !odd;
                odd
            });
        }
    }

    fn keep(&mut self, page: usize, kept: Rc<Page>) {
        self.kept.retain(|(known, _)| *known != page);
        self.kept.push_back((page, kept));
        if self.kept.len() > KEPT {
            self.kept.pop_front();
        }
    }

    /// Which page an entry is on that is known.
    fn page_of(&self, n: u64) -> Option<usize> {
        let within = n >= 1 && n <= self.known();
        within.then(|| self.pages.partition_point(|page| page.first <= n) - 1)
    }

    /// The page of an entry, which is read up to there if need be; `None`: there is no such entry.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn page(&mut self, n: u64) -> Result<Option<Rc<Page>>, String> {
        while n > self.known() {
            if !self.read_on()? {
                return Ok(None);
            }
        }
        let Some(page) = self.page_of(n) else { return Ok(None) };
        if let Some(at) = self.kept.iter().position(|(known, _)| *known == page) {
            // The one that was asked for longest ago goes first.
            if let Some(asked) = self.kept.remove(at) {
                self.kept.push_back(asked);
            }
        } else {
            let read = Rc::new(self.read_again(page)?);
            self.keep(page, read);
        }
        Ok(self.kept.back().map(|(_, page)| Rc::clone(page)))
    }

    fn read_again(&mut self, page: usize) -> Result<Page, String> {
        let (first, behind) = (self.pages[page].first, self.pages.get(page + 1).map(|next| next.first));
        let behind = behind.unwrap_or(self.known() + 1);
        // The first page is always remembered.
        let at = self.remembered.partition_point(|known| known.page <= page) - 1;
        let known = &self.remembered[at];
        let near = self.behind.as_ref().filter(|behind| behind.page <= page && behind.page > known.page);
        let Remembered { place, mut decoder, .. } = near.unwrap_or(known).clone();
        self.reader.return_to(&place).map_err(|error| error.to_string())?;
        let mut next = |what: &str| match self.reader.next_entry() {
            Ok(Some(entry)) => Ok(entry),
            Ok(None) => Err(format!("the file was changed meanwhile: {what} is not there any more")),
            Err(error) => Err(error.to_string()),
        };
        for n in place.last() + 1..first {
            decoder.learn(&next(&format!("entry {n}"))?);
        }
        let entries: Result<Vec<Entry>, String> =
            (first..behind).map(|n| next(&format!("entry {n}"))).collect();
        let (entries, before) = (entries?, decoder.clone());
        entries.iter().for_each(|entry| decoder.learn(entry));
        self.behind = Some(Remembered { page: page + 1, place: self.reader.place(), decoder });
        Ok(Page::new(before, entries))
    }

    /// The last entry before `n` of a page that has calls or callbacks, and `n` itself if its page has; `None`: there is none.
    pub fn last_seen_page(&self, n: u64) -> Option<u64> {
        let page = self.page_of(n.min(self.known()))?;
        if self.pages[page].has_seen {
            return Some(n);
        }
        let found = self.pages[..page].iter().rposition(|page| page.has_seen)?;
        Some(self.pages[found + 1].first - 1)
    }
}
