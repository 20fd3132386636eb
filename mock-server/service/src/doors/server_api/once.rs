//! `msgRandom`: the same message is not sent twice within a minute.
//!
//! That a repeated call is answered like the first one is assumed; the documentation only says that it is dropped.

use std::{collections::VecDeque, time::Duration};

use serde_json::Value;
use wire::UnixMillis;

use crate::{
    core::bug::Bug,
    doors::server_api::{Answer, Api, ApiError, Call},
};

/// How long a number counts.
const WINDOW: Duration = Duration::from_secs(60);

/// Calls of the last minute that named a number: when, whose, what was answered.
#[derive(Debug, Clone, Default)]
pub(crate) struct Repeats {
    calls: VecDeque<(UnixMillis, (String, i64), Value)>,
}

/// Carries a call out unless its sender has made it within the minute.
pub(super) fn once(
    api: &mut Api<'_>,
    call: &Call,
    sender: &str,
    send: impl FnOnce(&mut Api<'_>) -> Answer,
) -> Answer {
    let Some(number) = number(call)? else { return send(api) };
    let since = call.now - WINDOW;
    let calls = &mut api.repeats.calls;
    while calls.front().is_some_and(|(at, ..)| *at <= since) {
        calls.pop_front();
    }
    let key = (sender.to_owned(), number);
    let known = calls.iter().find(|(_, known, _)| *known == key).map(|(.., answer)| answer.clone());
    if let Some(answer) = known.filter(|_| !api.world.core.has(Bug::SendsRepeats)) {
        return Ok(answer);
    }
    let answer = send(api)?;
    api.repeats.calls.push_back((call.now, key, answer.clone()));
    Ok(answer)
}

fn number(call: &Call) -> Result<Option<i64>, ApiError> {
    call.optional("msgRandom").map(|_| call.number("msgRandom", i64::MIN..=i64::MAX)).transpose()
}
