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
    service::Service,
};

impl Service {
    pub(crate) fn open_through_faults(&mut self, now: UnixMillis, conn: ConnId, login: Box<Login>) {
        let user = self.core.tokens.owner(&login.token).map(|user| self.core.accounts[user].id.clone());
        let passing = Passing {
            kind: FaultKind::Connect,
            direction: Direction::Up,
            topic: None,
            user: user.as_deref(),
        };
        match self.core.meet(now, &passing) {
            Some(Effect::Drop) => {
                self.core.journal.record(now, || What::Open {
                    conn,
                    user: None,
                    platform: login.platform,
                    status: 0xFF,
                    label: login.label,
                });
            }
            Some(Effect::Cut | Effect::CutAfter) => {
                self.core.journal.record(now, || What::Open {
                    conn,
                    user: None,
                    platform: login.platform,
                    status: 0xFF,
                    label: login.label,
                });
                self.core.output(Output::Close { conn, how: Close::Cut });
            }
            Some(Effect::DelayMs(ms)) => self.core.delay(now, ms, Delayed::Open(conn, login)),
            Some(Effect::Answer(status)) => self.refuse(now, conn, &login, status as u8),
            None | Some(Effect::Duplicate | Effect::Body(_)) => self.open(now, conn, &login),
        }
    }

    pub(crate) fn frame_through_faults(&mut self, now: UnixMillis, conn: ConnId, frame: ClientFrame) {
        let Some(connection) = self.core.connections.get_mut(&conn) else { return };
        connection.read += 1;
        self.core.journal.record(now, || What::Up { conn, frame: frame.clone() });
        if self.core.faults.is_empty() {
            return self.frame(now, conn, frame);
        }
        let user = self.core.user_id(conn);
        let (kind, topic) = up_kind(&frame);
        let met = kind.and_then(|kind| {
            self.core.meet(now, &Passing { kind, direction: Direction::Up, topic, user: user.as_deref() })
        });
        match met {
            None | Some(Effect::Body(_)) => self.frame(now, conn, frame),
            Some(Effect::Drop) => {}
            Some(Effect::Cut) => self.core.cut(now, conn, Close::Cut),
            Some(Effect::CutAfter) => {
                if let Some(connection) = self.core.connections.get_mut(&conn) {
                    connection.silenced = true;
                }
                self.frame(now, conn, frame);
                self.core.cut(now, conn, Close::Cut);
            }
            Some(Effect::DelayMs(ms)) => self.core.delay(now, ms, Delayed::Up(conn, frame)),
            Some(Effect::Answer(status)) => self.answer(now, conn, &frame, status),
            Some(Effect::Duplicate) => {
                self.frame(now, conn, frame.clone());
                self.frame(now, conn, frame);
            }
        }
    }

    pub(crate) fn http_through_faults(&mut self, now: UnixMillis, id: HttpId, request: Box<HttpRequest>) {
        let kind = http_kind(&request);
        match self.core.meet(now, &Passing { kind, direction: Direction::Up, topic: None, user: None }) {
            None | Some(Effect::Duplicate) => self.http(now, id, &request),
            Some(Effect::Drop) => self.http_journal(now, &request, 0),
            Some(Effect::Cut) => {
                self.http_journal(now, &request, 0);
                self.core.output(Output::Respond { id, response: None });
            }
            Some(Effect::CutAfter) => {
                let _ = self.http_answer(now, &request);
                self.core.output(Output::Respond { id, response: None });
            }
            Some(Effect::DelayMs(ms)) => self.core.delay(now, ms, Delayed::Http(id, request)),
            Some(Effect::Answer(status)) => {
                let body = serde_json::json!({"code": status});
                let response = crate::core::io::HttpResponse::json(status, &body);
                self.http_journal(now, &request, status);
                self.core.output(Output::Respond { id, response: Some(Box::new(response)) });
            }
            Some(Effect::Body(text)) => {
                let response = crate::core::io::HttpResponse {
                    status: 200,
                    content_type: "application/json; charset=utf-8",
                    body: text.into(),
                    ..Default::default()
                };
                self.http_journal(now, &request, 200);
                self.core.output(Output::Respond { id, response: Some(Box::new(response)) });
            }
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
