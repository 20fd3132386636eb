//! The control API: worlds made, watched, moved in time and told to misbehave, from outside. `openapi`
//! describes it.
//!
//! It answers loopback peers only, or bearers of the control token from anywhere; and no page of another origin or by
//! another host's name, for a page anywhere on the web can send requests to a loopback port (`admit.rs`).

mod admit;
mod apps;
mod journal;
mod json;
mod openapi;
mod recording;
mod routes;
mod time;

use std::{net::SocketAddr, rc::Rc};

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode, request::Parts};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use routes::Operation;

use crate::{
    nearest::with_nearest,
    reply::{self, Reply},
    world::World,
    worlds::Worlds,
};

/// Where it stands.
pub(crate) const ROOT: &str = "/control/v1";

/// Why a call was not carried out.
#[derive(Debug)]
struct Refusal {
    status: StatusCode,
    /// One word for programs.
    code: &'static str,
    message: String,
    /// The place in the body (`line:column`), or the argument.
    at: String,
}

impl Refusal {
    fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), at: String::new() }
    }

    fn at(self, at: impl Into<String>) -> Self {
        Self { at: at.into(), ..self }
    }

    fn not_found(what: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", what)
    }

    fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid", message)
    }
}

impl From<Refusal> for Reply {
    fn from(refusal: Refusal) -> Self {
        let Refusal { status, code, message, at } = refusal;
        reply::json(status, &json!({"error": {"code": code, "message": message, "at": at}}))
    }
}

/// A call with everything a handler may ask it for.
struct Call<'a> {
    method: &'a Method,
    query: &'a str,
    headers: &'a HeaderMap,
    body: Bytes,
}

impl Call<'_> {
    /// A number of the query.
    fn number(&self, name: &str) -> Result<Option<u64>, Refusal> {
        let mut pairs = url::form_urlencoded::parse(self.query.as_bytes());
        let Some((_, value)) = pairs.find(|(key, _)| key == name) else { return Ok(None) };
        value
            .parse()
            .map(Some)
            .map_err(|_| Refusal::invalid(format!("`{name}` is no number: {value}")).at(name))
    }

    /// The body as JSON.
    fn json<T: DeserializeOwned>(&self) -> Result<T, Refusal> {
        let refuse = |error: serde_json::Error| {
            let message = with_nearest(&error.to_string());
            Refusal::invalid(message).at(format!("{}:{}", error.line(), error.column()))
        };
        serde_json::from_slice::<json::Unrepeated>(&self.body).map_err(refuse)?;
        serde_json::from_slice(&self.body).map_err(refuse)
    }
}

/// Answers a call below [`ROOT`]. `path` has no repeated slashes.
pub(crate) async fn answer(
    worlds: &Rc<Worlds>,
    parts: &Parts,
    path: &str,
    body: Bytes,
    peer: SocketAddr,
    tls: bool,
) -> Reply {
    let call = Call {
        method: &parts.method,
        query: parts.uri.query().unwrap_or_default(),
        headers: &parts.headers,
        body,
    };
    let visitor = admit::Visitor { worlds, headers: call.headers, peer, tls };
    let page = match visitor.page() {
        Ok(page) => page,
        Err(refusal) => return refusal.into(),
    };
    let mut reply = if page.is_some() && admit::is_preflight(&call) {
        admit::preflight()
    } else {
        let answered = match visitor.caller() {
            Ok(()) => route(worlds, &call, path).await,
            Err(refusal) => Err(refusal),
        };
        answered.unwrap_or_else(Reply::from)
    };
    if let Some(origin) = page {
        admit::allow(reply.headers_mut(), origin);
    }
    reply
}

async fn route(worlds: &Rc<Worlds>, call: &Call<'_>, path: &str) -> Result<Reply, Refusal> {
    let below = path.strip_prefix(ROOT).unwrap_or(path).trim_matches('/');
    let segments: Vec<String> = below.split('/').map(decoded).collect();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    // The answer of a HEAD goes out without its body.
    let method = if call.method == Method::HEAD { "GET" } else { call.method.as_str() };
    let route = routes::find(method, path, &segments)?;
    route.check_query(call.query)?;
    let part = |at: usize| segments.get(at).copied().unwrap_or_default();
    let (key, kind, id) = (part(1), part(3), part(4));
    let world = || worlds.get(key).ok_or_else(|| no_world(key));
    match route.operation {
        Operation::Overview => Ok(done(&apps::overview(worlds))),
        Operation::OpenApi => Ok(done(&openapi::document())),
        Operation::GetApp => Ok(done(&apps::describe(&*world()?))),
        Operation::PutApp => apps::put(worlds, key, call).await,
        Operation::DeleteApp if worlds.remove(key) => Ok(done(&json!({}))),
        Operation::DeleteApp => Err(no_world(key)),
        Operation::GetClock => Ok(done(&time::clock(&*world()?))),
        Operation::AdvanceClock => time::advance(&*world()?, call).await,
        Operation::GetState => Ok(done(&apps::whole_state(&*world()?))),
        Operation::GetStateKind => apps::state(&*world()?, kind, None),
        Operation::GetStateItem => apps::state(&*world()?, kind, Some(id)),
        Operation::Act => apps::act(&*world()?, call).await,
        Operation::ListFaults => Ok(done(&apps::faults(&*world()?))),
        Operation::ArmFault => apps::arm(&*world()?, call).await,
        Operation::DisarmFault => apps::disarm(&*world()?, kind),
        Operation::GetJournal => journal::page(&*world()?, call),
        Operation::StreamJournal => journal::stream(world()?, call),
        Operation::GetRecording => recording::export(&*world()?, call),
        Operation::Await => journal::wait(&*world()?, call).await,
    }
}

fn decoded(segment: &str) -> String {
    // A form decoder would make spaces of plus signs, which are fine in a path.
    let plain = segment.replace('+', "%2B");
    let mut pairs = url::form_urlencoded::parse(plain.as_bytes());
    pairs.next().map(|(name, _)| name.into_owned()).unwrap_or_default()
}

fn done(value: &Value) -> Reply {
    reply::json(StatusCode::OK, value)
}

fn no_world(app_key: &str) -> Refusal {
    Refusal::not_found(format!("there is no world {app_key}")).at("appKey")
}

fn world_json(world: &World) -> Value {
    json!({
        "appKey": world.app_key,
        "appSecret": world.look(|service| service.app_secret().to_owned()),
        "now": world.now().0,
        "connections": world.connections().iter().filter(|state| !state.closed).count(),
        "journal": world.look(|service| json!({"last": service.journal().last(), "dropped": service.journal().dropped()})),
        "recording": recording::state(world),
    })
}
