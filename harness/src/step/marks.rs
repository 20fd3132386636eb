//! Entries that were marked, to be written out.

use std::collections::BTreeMap;

/// Numbers of entries, as ranges: many in a row take no more room than one.
#[derive(Debug, Clone, Default)]
pub struct Marks(BTreeMap<u64, u64>);

impl Marks {
    /// Whether an entry is marked.
    #[must_use]
    pub fn has(&self, n: u64) -> bool {
        self.0.range(..=n).next_back().is_some_and(|(_, last)| *last >= n)
    }

    /// Marks an entry, or takes its mark away.
    pub fn toggle(&mut self, n: u64) {
        if !self.has(n) {
            return self.add(n, n);
        }
        if let Some((first, last)) = self.0.range(..=n).next_back().map(|(first, last)| (*first, *last)) {
            self.0.remove(&first);
            if first < n {
                self.0.insert(first, n - 1);
            }
            if n < last {
                self.0.insert(n + 1, last);
            }
        }
    }

    /// Marks all entries from one to another, in whatever order.
    pub fn add(&mut self, one: u64, other: u64) {
        let (mut first, mut last) = (one.min(other), one.max(other));
        // Ranges that touch become one.
        let touching: Vec<(u64, u64)> = self
            .0
            .range(..=last + 1)
            .filter(|(_, end)| **end + 1 >= first)
            .map(|(first, last)| (*first, *last))
            .collect();
        for (from, to) in touching {
            self.0.remove(&from);
            (first, last) = (first.min(from), last.max(to));
        }
        self.0.insert(first, last);
    }

    /// Takes all marks away.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Ranges in order, first and last entry of each.
    #[must_use]
    pub fn ranges(&self) -> Vec<(u64, u64)> {
        self.0.iter().map(|(first, last)| (*first, *last)).collect()
    }

    /// How many entries are marked.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.0.iter().map(|(first, last)| last - first + 1).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_grow_together_and_fall_apart() {
        let mut marks = Marks::default();
        marks.toggle(5);
        marks.add(9, 7);
        marks.toggle(6);
        assert_eq!(marks.ranges(), [(5, 9)]);
        marks.toggle(7);
        assert_eq!((marks.ranges(), marks.count()), (vec![(5, 6), (8, 9)], 4));
        assert!(marks.has(6) && !marks.has(7) && marks.has(9) && !marks.has(10));
        marks.add(1, 20);
        assert_eq!(marks.ranges(), [(1, 20)]);
    }
}
