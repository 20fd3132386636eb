//! The control API: worlds made, watched, moved in time and told to misbehave, from outside. `openapi.json` beside this
//! file describes it.
//!
//! It answers loopback peers only, or bearers of `--control-token` from anywhere; and no page of another origin, for a
//! page anywhere on the web can send requests to a loopback port.

mod apps;
mod journal;
mod time;

use std::{net::SocketAddr, rc::Rc};

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode, header, request::Parts};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::{
    reply::{self, Reply},
    world::World,
    worlds::Worlds,
};

/// Where it stands.
pub(crate) const ROOT: &str = "/control/v1";
const OPENAPI: &str = include_str!("openapi.json");

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
        serde_json::from_slice(&self.body).map_err(|error| {
            Refusal::invalid(error.to_string()).at(format!("{}:{}", error.line(), error.column()))
        })
    }
}

/// Answers a call below [`ROOT`]. `path` has no repeated slashes.
pub(crate) async fn answer(
    worlds: &Rc<Worlds>,
    parts: &Parts,
    path: &str,
    body: Bytes,
    peer: SocketAddr,
) -> Reply {
    let call = Call {
        method: &parts.method,
        query: parts.uri.query().unwrap_or_default(),
        headers: &parts.headers,
        body,
    };
    let answered = match admit(&worlds.config.control_token, call.headers, peer) {
        Ok(()) => route(worlds, &call, path).await,
        Err(refusal) => Err(refusal),
    };
    answered.unwrap_or_else(Reply::from)
}

fn admit(token: &Option<String>, headers: &HeaderMap, peer: SocketAddr) -> Result<(), Refusal> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    match token {
        Some(token) => {
            let given = text(header::AUTHORIZATION).and_then(|value| value.strip_prefix("Bearer "));
            if given != Some(token.as_str()) {
                let message =
                    "the control API wants `Authorization: Bearer` with the token of --control-token";
                return Err(Refusal::new(StatusCode::UNAUTHORIZED, "unauthorized", message));
            }
        }
        None if !peer.ip().to_canonical().is_loopback() => {
            let message = "the control API answers loopback only, unless --control-token is set";
            return Err(Refusal::new(StatusCode::FORBIDDEN, "forbidden", message));
        }
        None => {}
    }
    let host = text(header::HOST).unwrap_or_default();
    let origin = text(header::ORIGIN).map(|origin| origin.split_once("://").map_or(origin, |(_, host)| host));
    match origin {
        Some(origin) if origin != host => {
            let message = format!("pages of {origin} may not use the control API");
            Err(Refusal::new(StatusCode::FORBIDDEN, "origin", message))
        }
        _ => Ok(()),
    }
}

async fn route(worlds: &Rc<Worlds>, call: &Call<'_>, path: &str) -> Result<Reply, Refusal> {
    let below = path.strip_prefix(ROOT).unwrap_or(path).trim_matches('/');
    let segments: Vec<String> = below.split('/').map(decoded).collect();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let world = |app_key: &str| worlds.get(app_key).ok_or_else(|| no_world(app_key));
    match (call.method.as_str(), &segments[..]) {
        ("GET", [""]) => Ok(done(&apps::overview(worlds))),
        ("GET", ["openapi.json"]) => Ok(reply::whole(StatusCode::OK, reply::JSON, OPENAPI)),
        ("GET", ["apps", key]) => Ok(done(&apps::describe(&*world(key)?))),
        ("PUT", ["apps", key]) if !key.is_empty() => apps::put(worlds, key, call).await,
        ("DELETE", ["apps", key]) => {
            if worlds.remove(key) {
                Ok(done(&json!({})))
            } else {
                Err(no_world(key))
            }
        }
        ("GET", ["apps", key, "clock"]) => Ok(done(&time::clock(&*world(key)?))),
        ("POST", ["apps", key, "clock", "advance"]) => time::advance(&*world(key)?, call).await,
        ("GET", ["apps", key, "state"]) => Ok(done(&apps::whole_state(&*world(key)?))),
        ("GET", ["apps", key, "state", kind]) => apps::state(&*world(key)?, kind, None),
        ("GET", ["apps", key, "state", kind, id]) => apps::state(&*world(key)?, kind, Some(id)),
        ("POST", ["apps", key, "act"]) => apps::act(&*world(key)?, call).await,
        ("POST", ["apps", key, "faults"]) => apps::arm(&*world(key)?, call).await,
        ("DELETE", ["apps", key, "faults", id]) => apps::disarm(&*world(key)?, id),
        ("GET", ["apps", key, "journal"]) => journal::page(&*world(key)?, call),
        ("GET", ["apps", key, "journal", "stream"]) => journal::stream(world(key)?, call),
        ("POST", ["apps", key, "await"]) => journal::wait(&*world(key)?, call).await,
        (method, _) => Err(unknown_call(method, path, &segments)),
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

/// A known path with another method is told apart from a path that does not exist.
fn unknown_call(method: &str, path: &str, segments: &[&str]) -> Refusal {
    let known = matches!(
        segments,
        ["" | "openapi.json"]
            | ["apps", _]
            | ["apps", _, "clock" | "state" | "act" | "faults" | "journal" | "await"]
            | ["apps", _, "clock", "advance"]
            | ["apps", _, "journal", "stream"]
            | ["apps", _, "faults" | "state", ..]
    );
    if known {
        return Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "method", format!("{path} has no {method}"));
    }
    Refusal::not_found(format!("there is no {method} {path}; {ROOT}/openapi.json lists every call"))
}

fn world_json(world: &World) -> Value {
    json!({
        "appKey": world.app_key,
        "appSecret": world.look(|service| service.app_secret().to_owned()),
        "now": world.now().0,
        "connections": world.connections().iter().filter(|state| !state.closed).count(),
        "journal": world.look(|service| json!({"last": service.journal().last(), "dropped": service.journal().dropped()})),
    })
}
