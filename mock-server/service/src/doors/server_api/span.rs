//! Two times that a query names: `startTime` and `endTime`.
//!
//! They come in either order. With `startTime` the later one the query reads backwards, newest first: one vendor SDK asks
//! so. What stands at `startTime` is left out unless `includeStart` asks for it; what stands at `endTime` is in. Neither
//! the order of a backward answer nor its far end is documented: assumed after the forward one.

use wire::UnixMillis;

use crate::{
    doors::server_api::{ApiError, Call, error},
    mail::archive::Range,
};

/// A stretch of time to read messages of, and which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    /// Bounds, both excluded.
    pub(super) after: UnixMillis,
    pub(super) before: UnixMillis,
    /// Oldest first; else newest first.
    pub(super) ascending: bool,
}

impl Span {
    fn new(start: i64, end: i64, with_start: bool) -> Self {
        let near = i64::from(with_start);
        if start <= end {
            return Self { after: UnixMillis(start - near), before: UnixMillis(end + 1), ascending: true };
        }
        Self { after: UnixMillis(end - 1), before: UnixMillis(start + near), ascending: false }
    }

    /// The first `most` of it, out of what is sorted by time.
    pub(super) fn first<T>(
        &self,
        sorted: impl DoubleEndedIterator<Item = T>,
        most: usize,
        time: impl Fn(&T) -> UnixMillis,
    ) -> Vec<T> {
        let within = |item: &T| time(item) > self.after && time(item) < self.before;
        if self.ascending {
            sorted.filter(within).take(most).collect()
        } else {
            sorted.rev().filter(within).take(most).collect()
        }
    }

    /// The same as a page of the archive, of which nothing before `since` is left.
    pub(super) fn range(&self, since: UnixMillis, most: usize) -> Range {
        Range { after: self.after.max(since), before: self.before, ascending: self.ascending, most }
    }
}

impl Call {
    /// `startTime` and `endTime`, both needed, in either order.
    ///
    /// # Errors
    /// 1002: one is missing, or is no time.
    pub(super) fn span(&self) -> Result<Span, ApiError> {
        self.span_within(i64::MAX)
    }

    /// The same, at most so many milliseconds long.
    ///
    /// # Errors
    /// 1002: longer than that, too.
    pub(super) fn span_within(&self, longest: i64) -> Result<Span, ApiError> {
        let start = self.number("startTime", 0..=i64::MAX - 1)?;
        let end = self.number("endTime", 0..=i64::MAX - 1)?;
        if start.abs_diff(end) > longest.unsigned_abs() {
            let text = format!("`startTime` and `endTime` are more than {longest} milliseconds apart");
            return Err(error(1002, text));
        }
        Ok(Span::new(start, end, self.flag("includeStart")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(start: i64, end: i64, with_start: bool, most: usize) -> Vec<i64> {
        let times = (1..=5).map(UnixMillis);
        let first = Span::new(start, end, with_start).first(times, most, |time| *time);
        first.into_iter().map(|time| time.0).collect()
    }

    #[test]
    fn a_span_is_read_from_its_start_to_its_end_whichever_is_later() {
        assert_eq!(read(2, 4, false, 9), [3, 4]);
        assert_eq!(read(2, 4, true, 9), [2, 3, 4]);
        assert_eq!(read(2, 4, true, 2), [2, 3]);
        assert_eq!(read(4, 2, false, 9), [3, 2]);
        assert_eq!(read(4, 2, true, 9), [4, 3, 2]);
        assert_eq!(read(4, 2, true, 2), [4, 3]);
        assert_eq!(read(3, 3, true, 9), [3]);
        assert_eq!(read(3, 3, false, 9), [0; 0]);
    }
}
