//! Days and months as people count them: natural days of compensation, months of history.

use std::time::Duration;

use jiff::{Span, Timestamp, tz::Offset};
use wire::UnixMillis;

const DAY_MS: i64 = 24 * 3600 * 1000;
/// The most that a span of months may be, twenty thousand years less two.
const MOST_MONTHS: i64 = 239_976;

/// The beginning of the natural day `days` days before today, in a zone so many hours ahead of UTC.
pub(crate) fn day_start(now: UnixMillis, days: u32, zone_hours: i32) -> UnixMillis {
    let shift = i64::from(zone_hours) * 3_600_000;
    let today = (now.0 + shift).div_euclid(DAY_MS) - i64::from(days);
    UnixMillis(today * DAY_MS - shift)
}

/// The same time of day `months` calendar months ago; of a day that month has not, its last.
pub(crate) fn months_ago(now: UnixMillis, months: u32) -> UnixMillis {
    let months = Span::new().try_months(months).unwrap_or_else(|_| Span::new().months(MOST_MONTHS));
    let before = Offset::UTC.to_datetime(timestamp(now)).saturating_sub(months);
    UnixMillis(Offset::UTC.to_timestamp(before).unwrap_or(Timestamp::MIN).as_millisecond())
}

/// `2026-01-02 03:04:05` in the zone that the Server API writes times in, UTC+8.
pub(crate) fn date_text(at: UnixMillis) -> String {
    let at = Offset::constant(8).to_datetime(timestamp(at));
    format!(
        "{:04}-{:02}-{:02} {:02}:{:02}:{:02}",
        at.year(),
        at.month(),
        at.day(),
        at.hour(),
        at.minute(),
        at.second()
    )
}

/// A time as the calendar has it, which ends with the year 9999: what is later is its end, what is too early its beginning.
fn timestamp(at: UnixMillis) -> Timestamp {
    let end = if at.0 < 0 { Timestamp::MIN } else { Timestamp::MAX };
    Timestamp::from_millisecond(at.0).unwrap_or(end)
}

pub(crate) fn minutes_long(minutes: u32) -> Duration {
    Duration::from_secs(u64::from(minutes) * 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A moment of that second of UTC.
    fn at(text: &str) -> UnixMillis {
        let date: jiff::civil::DateTime = text.parse().unwrap();
        UnixMillis(Offset::UTC.to_timestamp(date).unwrap().as_millisecond() + 345)
    }

    #[test]
    fn times_that_no_calendar_has_are_its_ends() {
        assert_eq!(date_text(UnixMillis(i64::MAX)), "9999-12-31 06:00:00");
        assert!(date_text(UnixMillis(i64::MIN)).starts_with("-9999-"));
        assert_eq!(months_ago(UnixMillis(0), u32::MAX), months_ago(UnixMillis(i64::MIN), 0));
    }

    #[test]
    fn six_months_before_the_end_of_august_is_the_end_of_february() {
        assert_eq!(months_ago(at("2026-08-31T00:00:12"), 6), at("2026-02-28T00:00:12"));
        assert_eq!(months_ago(at("2026-01-01T00:00:12"), 6), at("2025-07-01T00:00:12"));
        assert_eq!(months_ago(at("2026-03-15T00:00:12"), 36), at("2023-03-15T00:00:12"));
    }

    #[test]
    fn a_natural_day_begins_at_midnight_of_the_zone() {
        // 2026-01-01T00:00Z is eight in the morning, eight hours ahead.
        let now = UnixMillis(1_767_225_600_000);
        assert_eq!(day_start(now, 0, 8), now - Duration::from_secs(8 * 3600));
        assert_eq!(day_start(now, 0, 0), now);
        assert_eq!(day_start(now, 1, -1), now - Duration::from_secs(47 * 3600));
    }

    #[test]
    fn dates_are_written_in_the_services_zone() {
        assert_eq!(date_text(UnixMillis(0)), "1970-01-01 08:00:00");
        assert_eq!(date_text(UnixMillis(1_767_225_600_000)), "2026-01-01 08:00:00");
        assert_eq!(date_text(UnixMillis(1_709_164_799_000)), "2024-02-29 07:59:59");
    }
}
