//! A world's time: looked at, and moved forward.

use std::time::Duration;

use http::StatusCode;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use wire::UnixMillis;

use super::{Call, Refusal, done};
use crate::{
    advance::{AdvanceError, Target},
    reply::Reply,
    world::World,
};

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

/// Forward by `ms`, or to `to`; one of them. Read as any value, so that a number out of range is told by its name.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("minProperties" = 1, "maxProperties" = 1))]
pub(super) struct Advance {
    /// By so many milliseconds, at most a hundred years.
    #[schemars(with = "Option<u64>")]
    ms: Option<Value>,
    /// To this time, unix milliseconds.
    #[schemars(with = "Option<UnixMillis>")]
    to: Option<Value>,
}

/// Answers when every deadline due by then has run, in order. A caller that goes away stops it there.
pub(super) async fn advance(world: &World, call: &Call<'_>) -> Result<Reply, Refusal> {
    let (target, named) = match call.json()? {
        Advance { ms: Some(ms), to: None } => {
            let ms = whole(&ms, LONGEST, "ms", "milliseconds, at most a hundred years")?;
            (Target::By(Duration::from_millis(ms)), "ms")
        }
        Advance { ms: None, to: Some(to) } => {
            let last = UnixMillis::LAST.0.unsigned_abs();
            let to = whole(&to, last, "to", "unix milliseconds, at most what frames can carry")?;
            (Target::To(UnixMillis(to.cast_signed())), "to")
        }
        _ => return Err(Refusal::invalid("give `ms`, or `to`").at("ms")),
    };
    match world.advance(target).await {
        Ok(_) => Ok(done(&clock(world))),
        Err(error) => {
            let (status, code) = match &error {
                AdvanceError::Past { .. } | AdvanceError::Beyond { .. } => {
                    (StatusCode::BAD_REQUEST, "invalid")
                }
                AdvanceError::TooMuch { .. } => (StatusCode::UNPROCESSABLE_ENTITY, "too_much"),
                AdvanceError::Busy(..) => (StatusCode::CONFLICT, "busy"),
                AdvanceError::Closed(_) => (StatusCode::NOT_FOUND, "not_found"),
            };
            Err(Refusal::new(status, code, error.to_string()).at(named))
        }
    }
}

/// A whole number from 0 to `most`.
fn whole(value: &Value, most: u64, name: &str, what: &str) -> Result<u64, Refusal> {
    value.as_u64().filter(|number| *number <= most).ok_or_else(|| {
        Refusal::invalid(format!("`{name}` is {value}; a whole number from 0 to {most} is possible ({what})"))
            .at(name)
    })
}
