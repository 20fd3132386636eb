//! The polling transport of web SDKs up to engine 5.3 (comet): a login, polls and messages, each a plain HTTP request.
//!
//! `GET /websocket` logs in, `GET /pullmsg.js` waits for signals, `POST /websocket` brings a frame. What a POST causes
//! goes out with whoever asks first: a poll that waits, or else the POST itself.

mod polling;
mod sessions;

pub(crate) use polling::Polling;
pub(crate) use sessions::Sessions;

use std::{borrow::Cow, collections::HashMap, net::SocketAddr, rc::Rc};

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode, request::Parts};
use serde_json::json;
use service::{Input, Login};
use wire::{ConnAck, ConnAckLayout, FrameError, code::connack, comet};

use crate::{
    hosts::Origin,
    peer::Peer,
    reply::{self, Reply},
    telling,
    world::World,
    worlds::Worlds,
};

/// Where a client polls.
const POLL: &str = "/pullmsg.js";
/// Where it logs in and brings its frames.
const FRAMES: &str = "/websocket";
/// Bytes of a topic; those that are known have far less. Assumed.
const LONGEST_TOPIC: usize = 64;

/// Answers a request of a polling client; the outer `None`: it is none. The inner: the connection closes without an answer.
pub(crate) async fn answer(
    worlds: &Worlds,
    parts: &Parts,
    path: &str,
    body: &Bytes,
    peer: SocketAddr,
    reached: &Origin,
) -> Option<Option<Reply>> {
    let query: HashMap<Cow<'_, str>, Cow<'_, str>> =
        url::form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes()).collect();
    match (&parts.method, path) {
        (&Method::GET, FRAMES) if query.contains_key("appId") => {
            Some(open(worlds, parts.uri.query().unwrap_or_default(), &parts.headers, peer, reached).await)
        }
        (&Method::GET, POLL) => Some(poll(worlds, query.get("sessionid")?).await),
        (&Method::POST, FRAMES) => Some(frame(worlds, query.get("sessionid")?, &query, body).await),
        _ => None,
    }
}

async fn open(
    worlds: &Worlds,
    query: &str,
    headers: &HeaderMap,
    peer: SocketAddr,
    reached: &Origin,
) -> Option<Reply> {
    let (app_key, mut login) = Login::from_comet_query(query);
    let label = headers.get("x-harness-connection").map(|value| String::from_utf8_lossy(value.as_bytes()));
    login.label = label.unwrap_or_default().into_owned();
    login.address = peer.to_string();
    login.origin = reached.to_string();
    telling::login(&app_key, &login);
    let world = match worlds.meet(&app_key) {
        Ok(world) => world,
        Err(unmet) => return Some(refused(unmet.connack())),
    };
    if !world.passes(&login.label).await {
        return None;
    }
    let polling = Polling::new(worlds.next_conn(), &login.label, &worlds.meter);
    if worlds.meter.admits_client().is_err() {
        return Some(refused(connack::UNAVAILABLE));
    }
    let accepted = polling.opening();
    worlds.polling.add(&polling, &world);
    world.add(Peer::Polling(polling.clone()));
    world.input(Input::Open { conn: polling.id, login: Box::new(login) });
    world.settle();
    Some(text(accepted.await.ok()?))
}

fn refused(status: u8) -> Reply {
    let ack = ConnAck { status, accepted: None, layout: ConnAckLayout::V3 };
    text(comet::open_answer(&ack, ""))
}

async fn poll(worlds: &Worlds, session: &str) -> Option<Reply> {
    let Some((polling, world)) = worlds.polling.find(session) else { return Some(no_session()) };
    // Its world is gone: these are its last words.
    let Some(world) = world else { return Some(text(polling.take())) };
    if !world.passes(&polling.label).await {
        return None;
    }
    let signals = polling.poll();
    world.input(Input::Poll { conn: polling.id });
    polling.flush();
    world.settle();
    Some(text(signals.await.ok()?))
}

async fn frame(
    worlds: &Worlds,
    session: &str,
    query: &HashMap<Cow<'_, str>, Cow<'_, str>>,
    body: &Bytes,
) -> Option<Reply> {
    let Some((polling, Some(world))) = worlds.polling.find(session) else { return Some(no_session()) };
    if !world.passes(&polling.label).await {
        return None;
    }
    polling.count_read();
    match read(&world, query, body) {
        Ok(frame) => {
            polling.expects(&frame);
            world.input(Input::Frame { conn: polling.id, frame });
            world.settle();
            // A link that breaks takes the request with it.
            (!polling.is_cut()).then(|| text(polling.take()))
        }
        Err(Wrong::Frame(error)) => {
            world.garbage(polling.id, error);
            world.settle();
            Some(text(polling.take()))
        }
        Err(Wrong::Request(why)) => {
            world.note(polling.id, &why);
            polling.count_written();
            Some(reply::json(StatusCode::BAD_REQUEST, &json!({"code": 400, "errorMessage": why})))
        }
    }
}

enum Wrong {
    /// The world ends the connection.
    Frame(FrameError),
    /// The request is refused.
    Request(String),
}

fn read(
    world: &Rc<World>,
    query: &HashMap<Cow<'_, str>, Cow<'_, str>>,
    body: &[u8],
) -> Result<wire::ClientFrame, Wrong> {
    if body.len() > world.max_frame {
        return Err(Wrong::Frame(FrameError::TooLarge { size: body.len(), max: world.max_frame }));
    }
    let number = |name: &str| -> Result<u64, Wrong> {
        let value = query.get(name).map(Cow::as_ref).unwrap_or_default();
        value.parse().map_err(|_| Wrong::Request(format!("`{name}` is no number: {value:?}")))
    };
    let text = |name: &str| query.get(name).map(|value| value.to_string()).unwrap_or_default();
    let header = u8::try_from(number("header")?)
        .map_err(|_| Wrong::Request("`header` is more than a byte".to_owned()))?;
    let head = comet::Head {
        header,
        // Clients count on; the lower 16 bits tell their requests apart.
        id: number("messageid")? as u16,
        topic: text("topic"),
        target: text("targetid"),
    };
    if head.topic.len() > LONGEST_TOPIC {
        let why = format!("`topic` has {} bytes; at most {LONGEST_TOPIC} are allowed", head.topic.len());
        return Err(Wrong::Request(why));
    }
    comet::decode_client(&head, body).map_err(Wrong::Request)
}

fn text(body: impl Into<Bytes>) -> Reply {
    reply::whole(StatusCode::OK, reply::JSON, body)
}

fn no_session() -> Reply {
    let text = json!({"code": 403, "errorMessage": "there is no such session: it has ended, or never was"});
    reply::json(StatusCode::FORBIDDEN, &text)
}
