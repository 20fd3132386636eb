//! A world and clients reduced to their frames.

use bytes::Bytes;
use prost::Message;
use serde_json::Value;
use service::{
    ConnId, Endpoints, HttpId, HttpRequest, HttpResponse, Input, Login, Output, Service, act::Act,
    setup::WorldSetup, signature_of,
};
use wire::{
    ClientFrame, Request, ServerFrame, Topic, UnixMillis,
    body::{DownStreamMessage, DownStreamMessages, SyncRequestMsg, UpStreamMessage},
};

pub(crate) struct World {
    pub(crate) service: Service,
    pub(crate) now: UnixMillis,
    next: u64,
    pub(crate) out: Vec<(ConnId, Seen)>,
    responses: Vec<Option<HttpResponse>>,
}

/// What a connection saw.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Seen {
    Frame(ServerFrame),
    Closed,
}

impl World {
    pub(crate) fn new(setup: &str) -> Self {
        let setup: WorldSetup = serde_json::from_str(setup).unwrap();
        let now = setup.start();
        let endpoints = Endpoints {
            navi: "http://127.0.0.1:9".into(),
            websocket: "127.0.0.1:9".into(),
            tcp: "127.0.0.1:9".into(),
            tls: false,
        };
        let service = Service::new("app", &setup, 1, endpoints, now).unwrap();
        Self { service, now, next: 0, out: Vec::new(), responses: Vec::new() }
    }

    pub(crate) fn advance(&mut self, ms: i64) {
        self.now = UnixMillis(self.now.0 + ms);
        self.service.on_deadline(self.now);
        self.drain();
    }

    fn drain(&mut self) {
        while let Some(output) = self.service.poll_output() {
            match output {
                Output::Send { conn, frame } => self.out.push((conn, Seen::Frame(frame))),
                Output::Close { conn, .. } => self.out.push((conn, Seen::Closed)),
                Output::Respond { response, .. } => self.responses.push(response.map(|response| *response)),
                Output::SendRaw { .. } | Output::AnswerPoll { .. } | Output::Callback(_) => {}
            }
        }
    }

    pub(crate) fn act(&mut self, act: &str) -> Value {
        let act: Act = serde_json::from_str(act).unwrap();
        let outcome = self.service.act(self.now, &act).unwrap();
        self.drain();
        outcome
    }

    pub(crate) fn open(&mut self, login: Login) -> ConnId {
        self.next += 1;
        let conn = ConnId(self.next);
        self.service.handle(self.now, Input::Open { conn, login: Box::new(login) });
        self.drain();
        conn
    }

    /// Logs a user in with a fresh token.
    pub(crate) fn login(&mut self, user: &str, platform: &str) -> ConnId {
        let token = self.service.issue_token(self.now, user);
        let device_id = format!("{user}-{platform}");
        self.open(Login { token, platform: platform.into(), device_id, ..Login::default() })
    }

    pub(crate) fn frame(&mut self, conn: ConnId, frame: ClientFrame) {
        self.service.handle(self.now, Input::Frame { conn, frame });
        self.drain();
    }

    pub(crate) fn query(
        &mut self,
        conn: ConnId,
        topic: Topic,
        target: &str,
        body: &impl Message,
    ) -> (u16, Bytes) {
        self.frame(conn, ClientFrame::Query(Request::new(topic, target, 7, body.encode_to_vec().into())));
        match self.out.iter().rev().find(|(to, _)| *to == conn) {
            Some((_, Seen::Frame(ServerFrame::QueryAck { id: 7, status, body, .. }))) => {
                (*status, body.clone())
            }
            other => panic!("no answer to the query but {other:?}"),
        }
    }

    pub(crate) fn pull(&mut self, conn: ConnId, sync_time: i64) -> DownStreamMessages {
        let ask =
            SyncRequestMsg { sync_time: Some(sync_time), is_pull_send: Some(true), ..Default::default() };
        let (status, body) = self.query(conn, Topic::PullMsg, "me", &ask);
        assert_eq!(status, 0);
        DownStreamMessages::decode(body).unwrap()
    }

    /// Confirms the last package.
    pub(crate) fn confirm(&mut self, conn: ConnId) {
        self.frame(conn, ClientFrame::QueryCon { id: 7 });
    }

    /// Logs in, pulls until finished, confirms, and lets the quiet time after that pass.
    pub(crate) fn settled(&mut self, user: &str, platform: &str) -> ConnId {
        let conn = self.login(user, platform);
        let mut sync_time = 0;
        loop {
            let package = self.pull(conn, sync_time);
            sync_time = package.sync_time;
            self.confirm(conn);
            if package.finished() {
                break;
            }
        }
        self.advance(1000);
        conn
    }

    pub(crate) fn send_text(&mut self, conn: ConnId, to: &str, text: &str) -> u16 {
        self.send(conn, Topic::PpMsgP, to, text)
    }

    /// Sends a text and gives the status of its acknowledgement.
    pub(crate) fn send(&mut self, conn: ConnId, topic: Topic, to: &str, text: &str) -> u16 {
        let up = UpStreamMessage {
            session_id: 3,
            classname: "RC:TxtMsg".into(),
            content: serde_json::json!({"content": text}).to_string().into(),
            ..Default::default()
        };
        self.frame(conn, ClientFrame::Publish(Request::new(topic, to, 9, up.encode_to_vec().into())));
        let acks = self.out.iter().rev().filter(|(to, _)| *to == conn);
        let status = acks.filter_map(|(_, seen)| match seen {
            Seen::Frame(ServerFrame::PubAck { id: 9, status, .. }) => Some(*status),
            _ => None,
        });
        let status = status.take(1).collect::<Vec<_>>();
        *status.first().expect("an acknowledgement")
    }

    /// Everything the connection saw since the last call, in order.
    pub(crate) fn seen(&mut self, conn: ConnId) -> Vec<Seen> {
        let (mine, others) = std::mem::take(&mut self.out).into_iter().partition(|(to, _)| *to == conn);
        self.out = others;
        let mine: Vec<(ConnId, Seen)> = mine;
        mine.into_iter().map(|(_, seen)| seen).collect()
    }

    /// How many announcements the connection got since the last call of `seen`.
    pub(crate) fn announced(&mut self, conn: ConnId) -> usize {
        let is_notice =
            |seen: &Seen| matches!(seen, Seen::Frame(ServerFrame::Publish { topic: Topic::SNtf, .. }));
        self.seen(conn).iter().filter(|seen| is_notice(seen)).count()
    }

    /// The bodies pushed to the connection since the last call of `seen`, none of them again.
    pub(crate) fn bodies(&mut self, conn: ConnId) -> Vec<Bytes> {
        let frames = self.seen(conn).into_iter();
        frames
            .filter_map(|seen| match seen {
                Seen::Frame(ServerFrame::Publish { dup: false, topic: Topic::SMsg, body, .. }) => Some(body),
                _ => None,
            })
            .collect()
    }

    /// Texts of the bodies pushed to the connection since the last call of `seen`.
    pub(crate) fn pushed(&mut self, conn: ConnId) -> Vec<String> {
        let frames = self.seen(conn).into_iter();
        frames
            .filter_map(|seen| match seen {
                Seen::Frame(ServerFrame::Publish { topic: Topic::SMsg, body, .. }) => {
                    Some(text_of(&DownStreamMessage::decode(body).unwrap()))
                }
                _ => None,
            })
            .collect()
    }

    pub(crate) fn http(&mut self, request: HttpRequest) -> HttpResponse {
        self.service.handle(self.now, Input::Http { id: HttpId(1), request: Box::new(request) });
        self.drain();
        self.responses.pop().flatten().expect("a response")
    }

    /// A signed Server API request.
    pub(crate) fn api(&mut self, path: &str, body: &str) -> (u16, Value) {
        let response = self.http(signed(path, body));
        (response.status, serde_json::from_slice(&response.body).unwrap())
    }
}

/// A signed call with a form, or with JSON if the body begins like some.
pub(crate) fn signed(path: &str, body: &str) -> HttpRequest {
    let kind = if body.starts_with('{') { "application/json" } else { "application/x-www-form-urlencoded" };
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    HttpRequest {
        method: "POST".into(),
        path: path.into(),
        headers: vec![
            header("app-key", "app"),
            header("nonce", "42"),
            header("timestamp", "1767323045"),
            header("signature", &signature_of("mock-secret", "42", "1767323045")),
            header("content-type", kind),
        ],
        body: body.to_owned().into(),
        ..HttpRequest::default()
    }
}

pub(crate) fn text_of(message: &DownStreamMessage) -> String {
    let content: Value = serde_json::from_slice(&message.content).unwrap();
    content["content"].as_str().unwrap_or_default().to_owned()
}
