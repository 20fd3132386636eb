//! The way of logins, frames and HTTP requests past the faults that wait for them.

use wire::{ClientFrame, Topic, UnixMillis};

use crate::{
    core::{
        fault::{Direction, Effect, FaultKind, armed::Passing},
        http_path::HttpPath,
        io::{Close, ConnId, HttpId, HttpRequest, Login, Output},
        journal::What,
        timers::Delayed,
    },
    doors::{
        frames::{answer, carry_frame},
        http::{http_answer, http_journal, http_request},
        login::{open, refuse},
        server_api::ApiState,
    },
    world::World,
};

pub(crate) fn open_through_faults(world: &mut World, now: UnixMillis, conn: ConnId, login: Box<Login>) {
    let user = world.core.tokens.owner(&login.token).map(|user| world.core.accounts[user].id.clone());
    let passing =
        Passing { kind: FaultKind::Connect, direction: Direction::Up, topic: None, user: user.as_deref() };
    match world.core.meet(now, &passing) {
        Some(effect @ (Effect::Drop | Effect::Cut | Effect::CutAfter)) => {
            world.core.journal.record(now, || What::Open {
                conn,
                user: None,
                platform: login.platform,
                status: 0xFF,
                label: login.label,
            });
            if effect != Effect::Drop {
                world.core.output(Output::Close { conn, how: Close::Cut });
            }
        }
        Some(Effect::DelayMs(ms)) => world.core.delay(now, ms, Delayed::Open(conn, login)),
        Some(Effect::Answer(status)) => refuse(world, now, conn, &login, status as u8),
        None | Some(Effect::Duplicate | Effect::Body(_)) => open(world, now, conn, &login),
    }
}

pub(crate) fn frame_through_faults(world: &mut World, now: UnixMillis, conn: ConnId, frame: ClientFrame) {
    let Some(connection) = world.core.connections.get_mut(&conn) else { return };
    connection.read += 1;
    world.core.journal.record(now, || What::Up { conn, frame: frame.clone() });
    if world.core.faults.is_empty() {
        return carry_frame(world, now, conn, frame);
    }
    let user = world.core.user_id(conn);
    let (kind, topic) = up_kind(&frame);
    let met = kind.and_then(|kind| {
        world.core.meet(now, &Passing { kind, direction: Direction::Up, topic, user: user.as_deref() })
    });
    match met {
        None | Some(Effect::Body(_)) => carry_frame(world, now, conn, frame),
        Some(Effect::Drop) => {}
        Some(Effect::Cut) => world.core.cut(now, conn, Close::Cut),
        Some(Effect::CutAfter) => {
            if let Some(connection) = world.core.connections.get_mut(&conn) {
                connection.silenced = true;
            }
            carry_frame(world, now, conn, frame);
            world.core.cut(now, conn, Close::Cut);
        }
        Some(Effect::DelayMs(ms)) => world.core.delay(now, ms, Delayed::Up(conn, frame)),
        Some(Effect::Answer(status)) => answer(world, now, conn, &frame, status),
        Some(Effect::Duplicate) => {
            carry_frame(world, now, conn, frame.clone());
            carry_frame(world, now, conn, frame);
        }
    }
}

pub(crate) fn http_through_faults(
    world: &mut World,
    api: &mut ApiState,
    now: UnixMillis,
    id: HttpId,
    request: Box<HttpRequest>,
) {
    let kind = http_kind(&request);
    match world.core.meet(now, &Passing { kind, direction: Direction::Up, topic: None, user: None }) {
        None | Some(Effect::Duplicate) => http_request(world, api, now, id, &request),
        Some(Effect::Drop) => http_journal(world, now, &request, 0),
        Some(Effect::Cut) => {
            http_journal(world, now, &request, 0);
            world.core.output(Output::Respond { id, response: None });
        }
        Some(Effect::CutAfter) => {
            let _ = http_answer(world, api, now, &request);
            world.core.output(Output::Respond { id, response: None });
        }
        Some(Effect::DelayMs(ms)) => world.core.delay(now, ms, Delayed::Http(id, request)),
        Some(Effect::Answer(status)) => {
            let body = serde_json::json!({"code": status});
            let response = crate::core::io::HttpResponse::json(status, &body);
            http_journal(world, now, &request, status);
            world.core.output(Output::Respond { id, response: Some(Box::new(response)) });
        }
        Some(Effect::Body(text)) => {
            let response = crate::core::io::HttpResponse {
                status: 200,
                content_type: "application/json; charset=utf-8",
                body: text.into(),
                ..Default::default()
            };
            http_journal(world, now, &request, 200);
            world.core.output(Output::Respond { id, response: Some(Box::new(response)) });
        }
    }
}

fn http_kind(request: &HttpRequest) -> FaultKind {
    match HttpPath::of(&request.path) {
        HttpPath::Navi => FaultKind::Navi,
        HttpPath::File { .. } if request.method == "POST" => FaultKind::Upload,
        HttpPath::File { .. } => FaultKind::Download,
        HttpPath::Api => FaultKind::Api,
    }
}

fn up_kind(frame: &ClientFrame) -> (Option<FaultKind>, Option<&Topic>) {
    match frame {
        ClientFrame::Publish(request) => (Some(FaultKind::Publish), Some(&request.topic)),
        ClientFrame::Query(request) => (Some(FaultKind::Query), Some(&request.topic)),
        ClientFrame::PubAck { .. } => (Some(FaultKind::PubAck), None),
        ClientFrame::Ping => (Some(FaultKind::Ping), None),
        ClientFrame::Disconnect { .. } => (Some(FaultKind::Disconnect), None),
        _ => (None, None),
    }
}
