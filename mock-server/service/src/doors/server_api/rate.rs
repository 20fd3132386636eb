//! Rates of the Server API (LIM-001, LIM-002, LIM-005): off unless the world's limits say so, for tests send faster
//! than apps do. Windows slide; what is refused does not count (assumed).

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use wire::UnixMillis;

use crate::{
    core::{bug::Bug, preset::Rate},
    doors::server_api::{Api, ApiError},
};

/// What is limited, each apart.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rated<'a> {
    /// Calls of an endpoint.
    Calls(&'a str),
    /// Private messages, each receiver counted.
    Private,
    /// Messages to a group.
    Group(&'a str),
    /// Messages to a chatroom.
    Room(&'a str),
    /// Messages to an ultra group.
    UltraGroup(&'a str),
    /// System messages, each receiver counted.
    System,
    /// Broadcasts of an hour, and of a day.
    BroadcastHour,
    BroadcastDay,
}

/// When what was let through happened.
#[derive(Debug, Clone, Default)]
pub(crate) struct ApiRates {
    passed: BTreeMap<(&'static str, String), VecDeque<UnixMillis>>,
}

/// Lets `count` of them through, or none.
///
/// # Errors
/// 1008: more than the world's limits allow.
pub(super) fn within_rate(
    api: &mut Api<'_>,
    now: UnixMillis,
    what: &Rated<'_>,
    count: usize,
) -> Result<(), ApiError> {
    within_rates(api, now, std::slice::from_ref(what), count)
}

/// Lets `count` of each through, or none of any.
///
/// # Errors
/// 1008: more than the world's limits allow.
pub(super) fn within_rates(
    api: &mut Api<'_>,
    now: UnixMillis,
    what: &[Rated<'_>],
    count: usize,
) -> Result<(), ApiError> {
    if api.world.core.has(Bug::NoApiRateLimit) {
        return Ok(());
    }
    let rules: Vec<_> = what.iter().map(|what| rule(api, what)).filter(|rule| rule.most > 0).collect();
    for rule in &rules {
        let passed = api.rates.passed.entry(rule.key.clone()).or_default();
        let since = now - Duration::from_secs(rule.seconds);
        while passed.front().is_some_and(|at| *at <= since) {
            passed.pop_front();
        }
        if passed.len() + count > rule.most as usize {
            return Err(api.world.core.api_too_fast(rule.rate, rule.unit).into());
        }
    }
    for rule in rules {
        let passed = api.rates.passed.entry(rule.key).or_default();
        passed.extend(std::iter::repeat_n(now, count));
    }
    Ok(())
}

fn rule(api: &Api<'_>, what: &Rated<'_>) -> Rule {
    let rule = |rate: Rate, name: &str, seconds: u64, unit: &'static str| Rule {
        key: (rate.name(), name.to_owned()),
        most: rate.of(&api.world.core.limits),
        rate,
        seconds,
        unit,
    };
    match what {
        Rated::Calls(path) => rule(Rate::Api, path, 1, "calls a second"),
        Rated::Private => rule(Rate::ApiPrivate, "", 60, "private messages a minute (LIM-001)"),
        Rated::Room(id) => rule(Rate::ApiChatroom, id, 1, "messages a second and chatroom (LIM-004)"),
        Rated::Group(id) => rule(Rate::ApiGroup, id, 1, "messages a second and group (LIM-002)"),
        Rated::UltraGroup(id) => rule(Rate::ApiUltraGroup, id, 1, "messages a second and ultra group"),
        Rated::System => rule(Rate::ApiSystem, "", 1, "system messages a second"),
        Rated::BroadcastHour => rule(Rate::ApiBroadcastsHour, "", 3600, "broadcasts an hour"),
        Rated::BroadcastDay => rule(Rate::ApiBroadcastsDay, "", 86_400, "broadcasts a day"),
    }
}

/// What is let through in a window.
struct Rule {
    key: (&'static str, String),
    /// 0: any number.
    most: u32,
    rate: Rate,
    seconds: u64,
    unit: &'static str,
}
