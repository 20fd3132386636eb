//! Worlds: made, described, acted on.

use std::rc::Rc;

use http::StatusCode;
use serde_json::{Value, json};
use service::{StateKind, act::Act, fault::Fault};

use super::{Call, Refusal, done, world_json};
use crate::{
    config::Clock,
    nearest::{nearest, with_nearest},
    reply::Reply,
    setup_file,
    world::World,
    worlds::Worlds,
};

pub(super) fn overview(worlds: &Rc<Worlds>) -> Value {
    json!({
        "version": env!("CARGO_PKG_VERSION"),
        "strict": worlds.config.strict,
        "addresses": worlds.addresses,
        "apps": worlds.all().iter().map(|world| world_json(world)).collect::<Vec<_>>(),
        "counters": worlds.counters(),
    })
}

pub(super) fn describe(world: &World) -> Value {
    let mut described = world_json(world);
    described["switches"] = world.look(|service| service.state("switches", None)).unwrap_or(Value::Null);
    described["connections"] = world.connections().iter().map(connection_json).collect();
    described
}

fn connection_json(state: &crate::conn::ConnState) -> Value {
    json!({
        "conn": state.conn.0, "user": state.user, "label": state.label, "read": state.read,
        "written": state.written, "closed": state.closed,
    })
}

/// Creates or replaces a world from a `service:` section, YAML or JSON.
pub(super) async fn put(worlds: &Rc<Worlds>, app_key: &str, call: &Call<'_>) -> Result<Reply, Refusal> {
    let text = std::str::from_utf8(&call.body).map_err(|error| {
        Refusal::invalid("the body is not UTF-8").at(format!("byte {}", error.valid_up_to()))
    })?;
    let setup = setup_file::parse(text)
        .map_err(|mistake| Refusal::invalid(with_nearest(&mistake.message)).at(mistake.at))?;
    let seed = call.number("seed")?;
    worlds.admits(app_key).map_err(|bound| {
        let message = format!("no further world: the bound `{}` is reached; delete one", bound.name());
        Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "busy", message).at("appKey")
    })?;
    let is_new = worlds.get(app_key).is_none();
    let world = worlds
        .put_in_slices(app_key, setup, seed, Clock::Wall)
        .await
        .map_err(|mistakes| Refusal::invalid(mistakes.join("; ")).at("service"))?;
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok(crate::reply::json(status, &describe(&world)))
}

pub(super) fn whole_state(world: &World) -> Value {
    world.look(|service| {
        let kinds = StateKind::ALL.iter();
        let held = kinds.filter_map(|(_, kind, _)| Some(((*kind).to_owned(), service.state(kind, None)?)));
        Value::Object(held.collect())
    })
}

pub(super) fn state(world: &World, kind: &str, id: Option<&str>) -> Result<Reply, Refusal> {
    let held = world.look(|service| service.state(kind, id));
    let missing = || match id {
        Some(id) if StateKind::named(kind).is_some() => {
            Refusal::not_found(format!("`{kind}` holds no `{id}`")).at(kind)
        }
        _ => {
            let kinds: Vec<&str> = StateKind::ALL.iter().map(|(_, kind, _)| *kind).collect();
            let meant = match nearest(kind, kinds.iter().copied()) {
                Some(nearest) => format!("did you mean `{nearest}`?"),
                None => format!("there are `{}`", kinds.join("`, `")),
            };
            Refusal::not_found(format!("there is no state `{kind}`; {meant}")).at(kind)
        }
    };
    held.map(|held| done(&held)).ok_or_else(missing)
}

/// One act, as a scenario's `service:` step writes it.
pub(super) async fn act(world: &World, call: &Call<'_>) -> Result<Reply, Refusal> {
    let act: Act = call.json()?;
    carry_out(world, &act).await
}

/// What is armed, what each waits for, and how often it acted.
pub(super) fn faults(world: &World) -> Value {
    json!({"faults": world.look(service::Service::armed_faults)})
}

/// Arms a fault; the answer has its id.
pub(super) async fn arm(world: &World, call: &Call<'_>) -> Result<Reply, Refusal> {
    let fault: Fault = call.json()?;
    carry_out(world, &Act::Fault(fault)).await
}

async fn carry_out(world: &World, act: &Act) -> Result<Reply, Refusal> {
    match world.act(act).await {
        Some(Ok(outcome)) => Ok(done(&outcome)),
        Some(Err(error)) => Err(Refusal::invalid(error.to_string())),
        None => Err(Refusal::not_found("the world was closed meanwhile").at("appKey")),
    }
}

pub(super) fn disarm(world: &World, id: &str) -> Result<Reply, Refusal> {
    let number = id.parse().map_err(|_| Refusal::invalid(format!("`{id}` is no fault's id")).at("id"))?;
    if world.with(|service, now| service.disarm(now, number)) {
        return Ok(done(&json!({})));
    }
    Err(Refusal::not_found(format!("no fault {number} is armed")).at("id"))
}
