//! Durations as people write them: `250ms`, `5s`, `1h 30m`, `7d`.

use std::time::Duration;

/// Units with their milliseconds; longer names first so that `ms` is not read as minutes.
const UNITS: &[(&str, u64)] = &[("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];

/// Reads a duration; `None` if the text is none. A bare number is none: its unit would be a guess. Only `0` is.
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
