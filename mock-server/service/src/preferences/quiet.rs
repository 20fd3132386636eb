//! Quiet hours: one daily window a user (QUIET-007 to QUIET-015).
//!
//! The start is inside, the end outside (AMB-50). The clock is the window's own zone; a window without one counts in
//! that of the world, which is UTC as the newer web SDK documents, unless `quietHoursUtcOffsetMinutes` says otherwise.

use serde_json::{Value, json};
use wire::{UnixMillis, code::status};

/// Levels of quiet hours: unset, mentions only, nothing at all.
pub(crate) const QUIET_LEVELS: [i32; 3] = [0, 1, 5];

/// Zones without summer time that clients may name instead of an offset.
const FIXED_ZONES: [(&str, i32); 6] = [
    ("Asia/Shanghai", 480),
    ("Asia/Hong_Kong", 480),
    ("Asia/Singapore", 480),
    ("Asia/Tokyo", 540),
    ("Asia/Kolkata", 330),
    ("Asia/Dubai", 240),
];

const DAY: i64 = 86_400;

/// A user's window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct QuietHours {
    /// As it was set, HH:MM:SS.
    pub(crate) start: String,
    start_second: i64,
    /// Minutes.
    pub(crate) span: u32,
    pub(crate) level: i32,
    /// As it was set.
    pub(crate) zone: Option<String>,
    offset: Option<i32>,
}

impl QuietHours {
    /// # Errors
    /// The status for a start or level that is none, or a zone that is not known here.
    pub(crate) fn new(start: String, span: u32, level: i32, zone: Option<String>) -> Result<Self, u16> {
        let start_second = second_of_day(&start).ok_or(status::BAD_PARAMETER)?;
        if !QUIET_LEVELS.contains(&level) {
            return Err(status::BAD_PARAMETER);
        }
        let zone = zone.filter(|zone| !zone.is_empty());
        let offset = match &zone {
            None => None,
            // Said, not guessed: a zone with summer time would need its rules.
            Some(zone) => Some(offset(zone).ok_or(status::NOT_SUPPORTED)?),
        };
        Ok(Self { start, start_second, span, level, zone, offset })
    }

    /// Whether the window is in force, on any day (QUIET-012), across midnight too (QUIET-013).
    pub(crate) fn holds(&self, now: UnixMillis, world_offset: i32) -> bool {
        (self.local(now, world_offset) - self.start_second).rem_euclid(DAY) < i64::from(self.span) * 60
    }

    /// Whether today's window has begun, or is over.
    pub(crate) fn began_today(&self, now: UnixMillis, world_offset: i32) -> bool {
        self.local(now, world_offset).rem_euclid(DAY) >= self.start_second
    }

    /// Seconds by the clock of the window's zone.
    fn local(&self, now: UnixMillis, world_offset: i32) -> i64 {
        now.0.div_euclid(1000) + i64::from(self.offset.unwrap_or(world_offset)) * 60
    }

    pub(crate) fn to_json(&self) -> Value {
        json!({"startTime": self.start, "spanMinutes": self.span, "level": self.level, "timezone": self.zone})
    }
}

/// Seconds since midnight of `HH:MM:SS`.
pub(crate) fn second_of_day(text: &str) -> Option<i64> {
    let parts: Vec<&str> = text.split(':').collect();
    let [hours, minutes, seconds] = parts.as_slice() else { return None };
    let number = |part: &str, most: i64| {
        let digits = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
        part.parse().ok().filter(|number: &i64| digits && *number <= most)
    };
    Some(number(hours, 23)? * 3600 + number(minutes, 59)? * 60 + number(seconds, 59)?)
}

/// Minutes east of UTC: `UTC`, `UTC+8`, `GMT-03:30`, `+08:00`, or a zone of the table.
fn offset(zone: &str) -> Option<i32> {
    if let Some((_, minutes)) = FIXED_ZONES.iter().find(|(name, _)| *name == zone) {
        return Some(*minutes);
    }
    let rest = zone.strip_prefix("UTC").or_else(|| zone.strip_prefix("GMT")).unwrap_or(zone);
    if rest.is_empty() || rest == "Z" {
        return (!zone.is_empty()).then_some(0);
    }
    let (sign, rest) = match rest.split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return None,
    };
    let (hours, minutes) = rest.split_once(':').unwrap_or((rest, "0"));
    let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
    ((0..=14).contains(&hours) && (0..60).contains(&minutes)).then_some(sign * (hours * 60 + minutes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quiet(start: &str, span: u32, zone: &str) -> QuietHours {
        QuietHours::new(start.to_owned(), span, 5, Some(zone.to_owned())).unwrap()
    }

    fn at(text: &str) -> UnixMillis {
        UnixMillis(1_767_225_600_000 + second_of_day(text).unwrap() * 1000)
    }

    #[test]
    fn the_start_is_inside_and_the_end_outside() {
        let quiet = quiet("23:00:00", 120, "");
        let holds = |text| quiet.holds(at(text), 0);
        assert_eq!(
            ["22:59:59", "23:00:00", "23:59:59", "00:00:00", "00:59:59", "01:00:00"].map(holds),
            [false, true, true, true, true, false]
        );
        assert!(!holds("12:00:00"));
        assert!(quiet.holds(at("15:00:00"), 480));
    }

    #[test]
    fn zones_move_the_window() {
        for zone in ["UTC+8", "GMT+08:00", "+8", "Asia/Shanghai"] {
            let quiet = quiet("08:00:00", 1, zone);
            assert!(quiet.holds(at("00:00:30"), -300) && !quiet.holds(at("08:00:30"), -300), "{zone}");
        }
        assert!(quiet("08:00:00", 1, "UTC").holds(at("08:00:30"), 480));
        assert!(quiet("08:00:00", 1, "UTC-03:30").holds(at("11:30:30"), 480));
        let unknown = |zone: &str| QuietHours::new("08:00:00".into(), 1, 1, Some(zone.into()));
        assert_eq!(unknown("Europe/Berlin"), Err(status::NOT_SUPPORTED));
        assert_eq!(unknown("UTC+15"), Err(status::NOT_SUPPORTED));
    }

    #[test]
    fn only_times_of_a_day_are_starts() {
        for wrong in
            ["1:31", "25:00:00", "", "01:31", "01:60:00", "01:31:7", "aa:bb:cc", "01:31:17:00", "+1:00:00"]
        {
            assert_eq!(second_of_day(wrong), None, "{wrong}");
        }
        assert_eq!(second_of_day("01:31:17"), Some(5477));
    }
}
