//! Rates of the Server API (LIM-001, LIM-002, LIM-005): off unless the world's limits say so, for tests send faster
//! than apps do. Windows slide; what is refused does not count (assumed).

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use wire::UnixMillis;

use super::{ApiError, error};
use crate::{bug::Bug, world::Service};

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
#[derive(Debug, Default)]
pub(crate) struct ApiRates {
    passed: BTreeMap<(u8, String), VecDeque<UnixMillis>>,
}

impl Service {
    /// Lets `count` of them through, or none.
    ///
    /// # Errors
    /// 1008: more than the world's limits allow.
    pub(super) fn within_rate(
        &mut self,
        now: UnixMillis,
        what: &Rated<'_>,
        count: usize,
    ) -> Result<(), ApiError> {
        self.within_rates(now, std::slice::from_ref(what), count)
    }

    /// Lets `count` of each through, or none of any.
    ///
    /// # Errors
    /// 1008: more than the world's limits allow.
    pub(super) fn within_rates(
        &mut self,
        now: UnixMillis,
        what: &[Rated<'_>],
        count: usize,
    ) -> Result<(), ApiError> {
        if self.has(Bug::NoApiRateLimit) {
            return Ok(());
        }
        let rules: Vec<_> = what.iter().map(|what| self.rule(what)).filter(|rule| rule.most > 0).collect();
        for rule in &rules {
            let passed = self.api_rates.passed.entry(rule.key.clone()).or_default();
            let since = now - Duration::from_secs(rule.seconds);
            while passed.front().is_some_and(|at| *at <= since) {
                passed.pop_front();
            }
            if passed.len() + count > rule.most as usize {
                return Err(error(1008, format!("the limit is {} {}", rule.most, rule.unit)));
            }
        }
        for rule in rules {
            let passed = self.api_rates.passed.entry(rule.key).or_default();
            passed.extend(std::iter::repeat_n(now, count));
        }
        Ok(())
    }

    fn rule(&self, what: &Rated<'_>) -> Rule {
        let limits = &self.limits;
        let rule = |kind: u8, name: &str, most: u32, seconds: u64, unit: &'static str| Rule {
            key: (kind, name.to_owned()),
            most,
            seconds,
            unit,
        };
        match what {
            Rated::Calls(path) => rule(0, path, limits.api_per_second, 1, "calls a second"),
            Rated::Private => {
                rule(1, "", limits.api_private_per_minute, 60, "private messages a minute (LIM-001)")
            }
            Rated::Room(id) => {
                rule(6, id, limits.api_chatroom_per_second, 1, "messages a second and chatroom (LIM-004)")
            }
            Rated::Group(id) => {
                rule(2, id, limits.api_group_per_second, 1, "messages a second and group (LIM-002)")
            }
            Rated::UltraGroup(id) => {
                rule(7, id, limits.api_ultra_group_per_second, 1, "messages a second and ultra group")
            }
            Rated::System => rule(3, "", limits.api_system_per_second, 1, "system messages a second"),
            Rated::BroadcastHour => rule(4, "", limits.api_broadcasts_per_hour, 3600, "broadcasts an hour"),
            Rated::BroadcastDay => rule(5, "", limits.api_broadcasts_per_day, 86_400, "broadcasts a day"),
        }
    }
}

/// What is let through in a window.
struct Rule {
    key: (u8, String),
    /// 0: any number.
    most: u32,
    seconds: u64,
    unit: &'static str,
}
