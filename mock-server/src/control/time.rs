//! A world's time: looked at, and moved forward.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use wire::UnixMillis;

use super::{Call, Refusal, done};
use crate::{reply::Reply, world::World};

/// The longest jump, milliseconds: a hundred years.
const LONGEST: u64 = 100 * 366 * 24 * 3600 * 1000;

pub(super) fn clock(world: &World) -> Value {
    let offset = world.offset();
    json!({
        "now": world.now().0,
        "mode": if offset.is_some() { "wall" } else { "manual" },
        "offsetMs": offset,
        "nextDeadline": world.look(|service| service.next_deadline().map(|at| at.0)),
    })
}

/// Forward by `ms`, or to `to`; one of them.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("minProperties" = 1, "maxProperties" = 1))]
pub(super) struct Advance {
    /// By so many milliseconds.
    ms: Option<u64>,
    /// To this time, unix milliseconds.
    to: Option<UnixMillis>,
}

/// Answers when every deadline due by then has run, in order.
pub(super) fn advance(world: &World, call: &Call<'_>) -> Result<Reply, Refusal> {
    let until = match call.json()? {
        Advance { ms: Some(ms), to: None } if ms <= LONGEST => world.now() + Duration::from_millis(ms),
        Advance { ms: Some(ms), to: None } => {
            return Err(Refusal::invalid(format!("{ms} ms is more than a hundred years")).at("ms"));
        }
        Advance { ms: None, to: Some(to) } if to >= world.now() => to,
        Advance { ms: None, to: Some(to) } => {
            return Err(Refusal::invalid(format!("{to} is in the past: time only goes forward")).at("to"));
        }
        _ => return Err(Refusal::invalid("give `ms`, or `to`").at("ms")),
    };
    world.advance_to(until);
    Ok(done(&clock(world)))
}
