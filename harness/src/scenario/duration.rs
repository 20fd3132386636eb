//! Durations as people write them: `250ms`, `5s`, `1h 30m`, `7d`.

use std::time::Duration;

/// Units with their milliseconds; longer names first so that `ms` is not read as minutes.
const UNITS: &[(&str, u64)] = &[("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];

/// The longest that a scenario may name: no case goes on for a hundred years.
pub(crate) const LONGEST: Duration = Duration::from_secs(100 * 366 * 24 * 3600);

/// Reads a duration of whatever length; `None` if the text is none. A bare number is none: its unit would be a guess. Only `0` is.
pub(crate) fn parse(text: &str) -> Option<Duration> {
    if text.trim() == "0" {
        return Some(Duration::ZERO);
    }
    let mut rest = text.trim();
    let mut total = 0u64;
    let mut parts = 0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '_')))?;
        let number = rest[..digits].replace('_', "");
        let (unit, ms) = UNITS.iter().find(|(unit, _)| rest[digits..].starts_with(unit))?;
        rest = rest[digits + unit.len()..].trim_start();
        total = total.checked_add(milliseconds(&number, *ms)?)?;
        parts += 1;
    }
    (parts > 0).then(|| Duration::from_millis(total))
}

/// Why a text is no duration that a scenario may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wrong {
    /// It is none at all.
    Unreadable,
    /// Longer than [`LONGEST`].
    TooLong,
}

/// The same, within [`LONGEST`].
pub(crate) fn within(text: &str) -> Result<Duration, Wrong> {
    let duration = parse(text).ok_or(Wrong::Unreadable)?;
    if duration <= LONGEST { Ok(duration) } else { Err(Wrong::TooLong) }
}

/// Whole milliseconds only: `0.25s` is one, `0.0001s` is none.
fn milliseconds(number: &str, unit_ms: u64) -> Option<u64> {
    if !number.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let mut total = whole.parse::<u64>().ok()?.checked_mul(unit_ms)?;
    if !fraction.is_empty() {
        let scale = 10u64.checked_pow(u32::try_from(fraction.len()).ok()?)?;
        let scaled = fraction.parse::<u64>().ok()?.checked_mul(unit_ms)?;
        if scaled % scale != 0 {
            return None;
        }
        total = total.checked_add(scaled / scale)?;
    }
    Some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_duration_is_longer_than_a_hundred_years() {
        assert_eq!(within("100d"), Ok(Duration::from_secs(8_640_000)));
        assert_eq!(within("878400h"), Ok(LONGEST));
        for text in ["878400h 1ms", "9999999999h", "18446744073709551615ms"] {
            assert_eq!(within(text), Err(Wrong::TooLong), "{text}");
        }
        for text in ["18446744073709551616ms", "-9223372036854775808ms", "NaN", "infs", "1e9s"] {
            assert_eq!(within(text), Err(Wrong::Unreadable), "{text}");
        }
    }

    #[test]
    fn durations_are_read_in_whole_milliseconds() {
        let ms = |text| parse(text).map(|duration| duration.as_millis());
        assert_eq!(ms("5s"), Some(5000));
        assert_eq!(ms("250ms"), Some(250));
        assert_eq!(ms("0.25s"), Some(250));
        assert_eq!(ms("1h 30m"), Some(5_400_000));
        assert_eq!(ms("7d"), Some(604_800_000));
        assert_eq!(ms("0"), Some(0));
        for wrong in ["5", "", "s", "0.0001s", "5 parsecs", "-5s", "99999999999999999999d"] {
            assert_eq!(ms(wrong), None, "{wrong}");
        }
    }
}
