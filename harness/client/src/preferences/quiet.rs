//! Quiet hours, kept by the server for all of a user's devices and asked of it each time (QUIET-001 to QUIET-010).

use bytes::Bytes;
use prost::Message as _;
use serde_json::{Value, json};
use wire::{
    Topic, UnixMillis,
    body::{AddUnpushPeriodInput, DeleteUnpushPeriodInput, QueryUnpushPeriodInput, QueryUnpushPeriodOutput},
};

use crate::{
    core::{
        bug::Bug,
        code,
        io::CallResult,
        message::{Object, text},
    },
    preferences::{Call, Preferences},
};

/// Levels by their documented names, with the server's numbers.
const LEVELS: [(&str, i32); 3] = [("none", 0), ("mention_message", 1), ("blocked", 5)];

/// What was asked of the server.
#[derive(Debug, Clone)]
pub(crate) enum QuietCall {
    Change { start: String, span: i32, level: i32 },
    Remove,
    Load,
}

impl Preferences<'_> {
    /// `changeNotificationQuietHours(startTime, spanMinutes, level)`; older editions call the length `spanMins`.
    pub(crate) fn change_quiet_hours(&mut self, now: UnixMillis, args: &Object) -> CallResult {
        let start = text(args, "startTime");
        let span = args.get("spanMinutes").and_then(Value::as_i64).filter(|span| (1..=1439).contains(span));
        let name = text(args, "level");
        let level = LEVELS.iter().find(|(known, _)| *known == name);
        let (Some(span), Some((_, level)), true) = (span, level, is_time(&start)) else {
            return CallResult::Code(code::PARAM_ERROR);
        };
        let (span, level) = (span as i32, *level);
        let ask = AddUnpushPeriodInput {
            start_time: start.clone(),
            span_minutes: span,
            level: Some(level),
            timezone: None,
        };
        self.ask_quiet(now, Topic::AddUnpush, ask.encode_to_vec(), QuietCall::Change { start, span, level })
    }

    /// `removeNotificationQuietHours()` (AMB-51).
    pub(crate) fn remove_quiet_hours(&mut self, now: UnixMillis) -> CallResult {
        let ask = DeleteUnpushPeriodInput { nothing: 0 }.encode_to_vec();
        self.ask_quiet(now, Topic::DelUnpush, ask, QuietCall::Remove)
    }

    /// `loadNotificationQuietHours()`.
    pub(crate) fn load_quiet_hours(&mut self, now: UnixMillis) -> CallResult {
        let ask = QueryUnpushPeriodInput { nothing: 0 }.encode_to_vec();
        self.ask_quiet(now, Topic::QryUnpush, ask, QuietCall::Load)
    }

    fn ask_quiet(&mut self, now: UnixMillis, topic: Topic, body: Vec<u8>, call: QuietCall) -> CallResult {
        self.ask_own(now, topic, body, Call::Quiet(call));
        CallResult::Code(0)
    }

    /// Exactly one callback, with the call's own arguments or what the server keeps.
    pub(crate) fn quiet_answered(&mut self, call: QuietCall, code: i64, body: &Bytes) {
        let hours = |start: &str, span: i32, level: i32| {
            let level = LEVELS.iter().find(|(_, known)| *known == level).map_or("none", |(name, _)| name);
            json!({"code": code, "startTime": start, "spanMinutes": span, "level": level})
        };
        match call {
            QuietCall::Change { start, span, level } => {
                self.core.fire("onNotificationQuietHoursChanged", hours(&start, span, level));
            }
            QuietCall::Remove => self.core.fire("onNotificationQuietHoursRemoved", json!({"code": code})),
            QuietCall::Load => {
                let kept = QueryUnpushPeriodOutput::decode(body.clone()).unwrap_or_default();
                let kept = Some(kept).filter(|kept| code == 0 && kept.is_unpush != 0).unwrap_or_default();
                let level = if self.core.has(Bug::QuietLevelLost) { 0 } else { kept.level() };
                let args = hours(kept.start_time(), kept.span_minutes(), level);
                self.core.fire("onNotificationQuietHoursLoaded", args);
            }
        }
    }
}

/// `HH:MM:SS`, two digits each (QUIET-007, QUIET-008).
fn is_time(text: &str) -> bool {
    let parts: Vec<&str> = text.split(':').collect();
    let fits = |part: &&str, most: u8| {
        part.len() == 2
            && part.bytes().all(|byte| byte.is_ascii_digit())
            && part.parse().is_ok_and(|number: u8| number <= most)
    };
    matches!(parts.as_slice(), [hours, minutes, seconds]
        if fits(hours, 23) && fits(minutes, 59) && fits(seconds, 59))
}
