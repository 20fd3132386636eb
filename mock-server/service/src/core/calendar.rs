//! Days and months as people count them: natural days of compensation, months of history.

use std::time::Duration;

use wire::UnixMillis;

const DAY_MS: i64 = 24 * 3600 * 1000;

/// The beginning of the natural day `days` days before today, in a zone so many hours ahead of UTC.
pub(crate) fn day_start(now: UnixMillis, days: u32, zone_hours: i32) -> UnixMillis {
    let shift = i64::from(zone_hours) * 3_600_000;
    let today = (now.0 + shift).div_euclid(DAY_MS) - i64::from(days);
    UnixMillis(today * DAY_MS - shift)
}

/// The same time of day `months` calendar months ago; of a day that month has not, its last.
pub(crate) fn months_ago(now: UnixMillis, months: u32) -> UnixMillis {
    let (day, in_day) = (now.0.div_euclid(DAY_MS), now.0.rem_euclid(DAY_MS));
    let (year, month, of_month) = date(day);
    let count = year * 12 + (month - 1) - i64::from(months);
    let (year, month) = (count.div_euclid(12), count.rem_euclid(12) + 1);
    let next = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
    let length = day_number(next.0, next.1, 1) - day_number(year, month, 1);
    UnixMillis(day_number(year, month, of_month.min(length)) * DAY_MS) + Duration::from_millis(in_day as u64)
}

/// Days since 1970-01-01 of a date (proleptic Gregorian, counted in eras of 400 years that begin in March).
fn day_number(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// The date of a day number.
fn date(day: i64) -> (i64, i64, i64) {
    let day = day + 719_468;
    let (era, of_era) = (day.div_euclid(146_097), day.rem_euclid(146_097));
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year + era * 400 + i64::from(month <= 2);
    (year, month, of_year - (153 * shifted + 2) / 5 + 1)
}

/// `2026-01-02 03:04:05` in the zone that the Server API writes times in, UTC+8.
pub(crate) fn date_text(at: UnixMillis) -> String {
    let seconds = at.0.div_euclid(1000) + 8 * 3600;
    let second = seconds.rem_euclid(86_400);
    let (year, month, day) = date(seconds.div_euclid(86_400));
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60)
}

pub(crate) fn minutes_long(minutes: u32) -> Duration {
    Duration::from_secs(u64::from(minutes) * 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_day_numbers_are_each_others_inverse() {
        assert_eq!(date(0), (1970, 1, 1));
        assert_eq!(date(20_454), (2026, 1, 1));
        for day in (-800_000..800_000).step_by(37) {
            let (year, month, of_month) = date(day);
            assert_eq!(day_number(year, month, of_month), day);
        }
    }

    #[test]
    fn six_months_before_the_end_of_august_is_the_end_of_february() {
        let at = |year, month, day| UnixMillis(day_number(year, month, day) * DAY_MS + 12_345);
        assert_eq!(months_ago(at(2026, 8, 31), 6), at(2026, 2, 28));
        assert_eq!(months_ago(at(2026, 1, 1), 6), at(2025, 7, 1));
        assert_eq!(months_ago(at(2026, 3, 15), 36), at(2023, 3, 15));
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
