//! Sessions of clients that poll: their requests and answers become what a socket's frames would be.

use std::collections::BTreeMap;

use bytes::BytesMut;
use recording::{Said, What};
use serde_json::Value;
use service::{Close, ConnId, Input, Login, Taken};
use wire::{ClientFrame, ServerFrame, Topic, UnixMillis, comet, websocket};

use super::{heard::note, place::Place, token::value_of};

/// Sessions at once, at most; the one that was silent longest is forgotten for another.
const MOST: usize = 1024;
/// Queries whose answers are awaited, at most.
const AWAITED: usize = 1024;
/// Who has not polled for so long is gone, in milliseconds: a poll lasts 45 s at most.
const SILENT_MS: i64 = 120_000;

/// What a request is to a polling client's session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// It logs in.
    Open,
    /// It asks for what there is.
    Poll(String),
    /// It brings a frame.
    Frame(String),
}

/// What a request is; `None`: nothing of a polling client's.
#[must_use]
pub fn asked(method: &str, path: &str, query: &str) -> Option<Asked> {
    match (method, path) {
        ("GET", "/websocket") if value_of(query, "appId").is_some() => Some(Asked::Open),
        ("GET", "/pullmsg.js") => value_of(query, "sessionid").map(Asked::Poll),
        ("POST", "/websocket") => value_of(query, "sessionid").map(Asked::Frame),
        _ => None,
    }
}

/// Everybody who polls.
#[derive(Debug, Default)]
pub struct Sessions {
    by_id: BTreeMap<String, Session>,
}

/// One who polls.
#[derive(Debug, Clone)]
pub struct Session {
    /// Its connection.
    pub conn: ConnId,
    /// Its server.
    pub place: Place,
    /// Its App Key.
    pub app_key: String,
    awaited: BTreeMap<u16, Topic>,
    heard: UnixMillis,
}

impl Sessions {
    /// The session of that id.
    pub fn get(&mut self, id: &str, now: UnixMillis) -> Option<&mut Session> {
        let session = self.by_id.get_mut(id)?;
        session.heard = now;
        Some(session)
    }

    /// Sessions that have fallen silent, with their App Keys: they are over.
    pub fn silent(&mut self, now: UnixMillis) -> Vec<(String, What)> {
        let is_over = |session: &Session| now.0 - session.heard.0 > SILENT_MS;
        let over: Vec<String> =
            self.by_id.iter().filter(|(_, session)| is_over(session)).map(|(id, _)| id.clone()).collect();
        over.iter()
            .filter_map(|id| self.by_id.remove(id))
            .map(|session| (session.app_key, What::Taken(Taken::Input(Input::Closed { conn: session.conn }))))
            .collect()
    }

    /// A login is answered with `body`.
    pub fn opened(&mut self, session: Session, body: &[u8], say: &mut impl FnMut(What)) {
        let conn = session.conn;
        match comet::read_open_answer(body) {
            Ok((ack, id)) => {
                let accepted = ack.accepted.is_some() && !id.is_empty();
                say(down(conn, &ServerFrame::ConnAck(ack)));
                if !accepted {
                    return say(What::Said(Said::Close { conn, how: Close::Clean }));
                }
                if self.by_id.len() >= MOST {
                    self.forget_one();
                }
                self.by_id.insert(id, session);
            }
            Err(_) => {
                say(What::Said(Said::DownRaw { conn, raw: body.to_vec().into() }));
                say(What::Said(Said::Close { conn, how: Close::Cut }));
            }
        }
    }

    /// A session asked and was answered with `status` and `body`.
    pub fn answered(&mut self, id: &str, polled: bool, status: u16, body: &[u8], say: &mut impl FnMut(What)) {
        let Some(session) = self.by_id.get_mut(id) else { return };
        let conn = session.conn;
        if !matches!(status, 200 | 202) {
            // Clients take it for the end.
            say(note(conn, format!("a request was answered with HTTP status {status}")));
            if polled {
                self.by_id.remove(id);
                say(What::Said(Said::Close { conn, how: Close::Cut }));
            }
            return;
        }
        let Ok(Value::Array(signals)) = serde_json::from_slice::<Value>(body) else {
            return say(What::Said(Said::DownRaw { conn, raw: body.to_vec().into() }));
        };
        if polled && signals.is_empty() {
            return say(What::Said(Said::PollAnswered { conn }));
        }
        let mut moved = None;
        for signal in &signals {
            let answers = comet::answered_query(signal).and_then(|query| session.awaited.remove(&query));
            match comet::read_signal(signal, answers.as_ref()) {
                Ok(frame) => {
                    let over = matches!(frame, ServerFrame::Disconnect { .. });
                    say(down(conn, &frame));
                    if over {
                        self.by_id.remove(id);
                        return say(What::Said(Said::Close { conn, how: Close::Clean }));
                    }
                }
                Err(_) => say(What::Said(Said::DownRaw { conn, raw: signal.to_string().into() })),
            }
            if let Some(other) = signal["sessionid"].as_str().filter(|other| *other != id) {
                moved = Some(other.to_owned());
            }
        }
        if let Some(other) = moved
            && let Some(session) = self.by_id.remove(id)
        {
            self.by_id.insert(other, session);
        }
    }

    fn forget_one(&mut self) {
        let oldest = self.by_id.iter().min_by_key(|(_, session)| session.heard.0).map(|(id, _)| id.clone());
        if let Some(oldest) = oldest {
            self.by_id.remove(&oldest);
        }
    }
}

impl Session {
    /// Somebody who logs in.
    #[must_use]
    pub fn new(conn: ConnId, place: Place, app_key: &str, heard: UnixMillis) -> Self {
        Self { conn, place, app_key: app_key.to_owned(), awaited: BTreeMap::new(), heard }
    }

    /// The login itself.
    #[must_use]
    pub fn open(&self, login: Login) -> What {
        What::Taken(Taken::Input(Input::Open { conn: self.conn, login: Box::new(login) }))
    }

    /// It asks for what there is.
    #[must_use]
    pub fn poll(&self) -> What {
        What::Taken(Taken::Input(Input::Poll { conn: self.conn }))
    }

    /// It brings a frame.
    pub fn frame(&mut self, query: &str, body: &[u8]) -> What {
        let conn = self.conn;
        let read = || {
            let number = |name: &str| {
                let value = value_of(query, name).unwrap_or_default();
                value.parse::<u64>().map_err(|_| format!("`{name}` is no number: {value:?}"))
            };
            let head = comet::Head {
                header: u8::try_from(number("header")?)
                    .map_err(|_| "`header` is more than a byte".to_owned())?,
                // Clients count on; the lower 16 bits tell their requests apart.
                id: number("messageid")? as u16,
                topic: value_of(query, "topic").unwrap_or_default(),
                target: value_of(query, "targetid").unwrap_or_default(),
            };
            comet::decode_client(&head, body)
        };
        let frame = match read() {
            Ok(frame) => frame,
            Err(why) => {
                let error = format!("{why}; {query} {}", String::from_utf8_lossy(body));
                return What::Taken(Taken::Input(Input::Garbage { conn, error }));
            }
        };
        if let ClientFrame::Query(request) = &frame {
            while self.awaited.len() >= AWAITED {
                self.awaited.pop_first();
            }
            self.awaited.insert(request.id, request.topic.clone());
        }
        What::Taken(Taken::Input(Input::Frame { conn, frame }))
    }
}

/// A frame as a socket would have it.
fn down(conn: ConnId, frame: &ServerFrame) -> What {
    let mut raw = BytesMut::new();
    websocket::encode_server(frame, &mut raw);
    What::Said(Said::Down { conn, raw: raw.freeze() })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixMillis = UnixMillis(1_000);

    fn session() -> Session {
        let place = Place::read("im.example", false).unwrap().place;
        Session::new(ConnId(5), place, "k", NOW)
    }

    fn heard(act: impl FnOnce(&mut dyn FnMut(What))) -> Vec<String> {
        let mut all = Vec::new();
        act(&mut |what| {
            all.push(match what {
                What::Said(Said::Down { raw, .. }) => format!("down {:#04x}", raw[0]),
                What::Said(said) => format!("{said:?}").split([' ', '{']).next().unwrap().to_owned(),
                other => format!("{other:?}"),
            });
        });
        all
    }

    #[test]
    fn requests_are_told_apart() {
        assert_eq!(asked("GET", "/websocket", "appId=k&token=t"), Some(Asked::Open));
        assert_eq!(asked("GET", "/pullmsg.js", "sessionid=a.1&pid=2"), Some(Asked::Poll("a.1".to_owned())));
        assert_eq!(
            asked("POST", "/websocket", "messageid=1&sessionid=s"),
            Some(Asked::Frame("s".to_owned()))
        );
        assert_eq!(asked("GET", "/websocket", ""), None);
        assert_eq!(asked("POST", "/user/getToken.json", ""), None);
    }

    #[test]
    fn a_session_is_opened_answered_and_ended() {
        let mut sessions = Sessions::default();
        let answer = br#"{"status":0,"userId":"a","sessionid":"s1","timestamp":1700000000000}"#;
        assert_eq!(heard(|say| sessions.opened(session(), answer, &mut |what| say(what))), ["down 0x20"]);
        let one = sessions.get("s1", NOW).unwrap();
        let up = one.frame("header=80&messageid=65543&topic=pullMsg&targetid=a", br#"{"syncTime":5}"#);
        let What::Taken(Taken::Input(Input::Frame { frame: ClientFrame::Query(query), .. })) = up else {
            panic!("{up:?}")
        };
        assert_eq!((query.id, query.target.as_str()), (7, "a"));
        let answer = br#"[{"headerCode":96,"messageId":7,"status":0,"date":1,"data":"{\"list\":[],\"syncTime\":9}"},{"headerCode":1}]"#;
        let told = heard(|say| sessions.answered("s1", false, 200, answer, &mut |what| say(what)));
        assert_eq!(told, ["down 0x60", "DownRaw"]);
        assert_eq!(
            heard(|say| sessions.answered("s1", true, 200, b"[]", &mut |what| say(what))),
            ["PollAnswered"]
        );
        assert_eq!(heard(|say| sessions.answered("s1", true, 200, b"", &mut |what| say(what))), ["DownRaw"]);
        let end = br#"[{"headerCode":224,"messageId":0,"status":1}]"#;
        assert_eq!(
            heard(|say| sessions.answered("s1", true, 200, end, &mut |what| say(what))),
            ["down 0xe0", "Close"]
        );
        assert!(sessions.get("s1", NOW).is_none());
    }

    #[test]
    fn refused_lost_and_silent_ones_are_over() {
        let mut sessions = Sessions::default();
        let refused = heard(|say| sessions.opened(session(), b"{\"status\":4}", &mut |what| say(what)));
        assert_eq!(refused, ["down 0x20", "Close"]);
        assert_eq!(
            heard(|say| sessions.opened(session(), b"<html>", &mut |what| say(what))),
            ["DownRaw", "Close"]
        );
        let answer = br#"{"status":0,"userId":"a","sessionid":"s1","timestamp":1}"#;
        for id in ["s1", "s2"] {
            let answer = String::from_utf8_lossy(answer).replace("s1", id);
            sessions.opened(session(), answer.as_bytes(), &mut |_| {});
        }
        let lost = heard(|say| sessions.answered("s1", true, 403, b"", &mut |what| say(what)));
        assert_eq!(lost.last().unwrap(), "Close");
        assert!(sessions.silent(NOW).is_empty());
        assert_eq!(sessions.silent(UnixMillis(NOW.0 + SILENT_MS + 1)).len(), 1);
    }

    #[test]
    fn a_frame_that_cannot_be_read_is_kept_as_it_came() {
        let What::Taken(Taken::Input(Input::Garbage { error, .. })) = session().frame("header=x", b"{}")
        else {
            panic!()
        };
        assert_eq!(error, "`header` is no number: \"x\"; header=x {}");
    }
}
