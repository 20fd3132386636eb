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
        let limits = &self.limits;
        let (key, most, window, unit) = match what {
            Rated::Calls(path) => ((0, (*path).to_owned()), limits.api_per_second, 1, "calls a second"),
            Rated::Private => {
                ((1, String::new()), limits.api_private_per_minute, 60, "private messages a minute (LIM-001)")
            }
            Rated::Group(id) => (
                (2, (*id).to_owned()),
                limits.api_group_per_second,
                1,
                "messages a second and group (LIM-002)",
            ),
        };
        if most == 0 || self.has(Bug::NoApiRateLimit) {
            return Ok(());
        }
        let since = now - Duration::from_secs(window);
        let passed = self.api_rates.passed.entry(key).or_default();
        while passed.front().is_some_and(|at| *at <= since) {
            passed.pop_front();
        }
        if passed.len() + count > most as usize {
            return Err(error(1008, format!("the limit is {most} {unit}")));
        }
        passed.extend(std::iter::repeat_n(now, count));
        Ok(())
    }
}
