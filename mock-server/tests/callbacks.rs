//! An app's own server is called over HTTP: in order, signed, up to three times if it does not answer with 200; one
//! that is dead or never answers keeps nobody else from hearing.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail as tests do")]

mod support;

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::mpsc::{Receiver, channel},
    time::Duration,
};

use mock_server::{Config, Server};
use prost::Message;
use serde_json::{Value, json};
use support::Web;
use wire::{
    ClientFrame, Request, ServerFrame, Topic,
    body::{ChrmInput, UpStreamMessage},
};

/// What an app's server was called with.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Call {
    path: String,
    query: BTreeMap<String, String>,
    content_type: String,
    body: String,
}

impl Call {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    fn form(&self) -> BTreeMap<String, String> {
        url::form_urlencoded::parse(self.body.as_bytes()).into_owned().collect()
    }

    /// Signed as documented, in both spellings of the time.
    fn assert_signed(&self) {
        let of = |name: &str| self.query.get(name).map(String::as_str).unwrap_or_default();
        assert_eq!(of("appKey"), "mock-app-key");
        assert_eq!(of("timestamp"), of("signTimestamp"));
        assert_eq!(of("signature"), service::signature_of("mock-secret", of("nonce"), of("timestamp")));
    }
}

/// An app's server that answers the first calls with these statuses and all others with 200; `None` never answers.
fn receiver(statuses: Vec<Option<u16>>) -> (String, Receiver<Call>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (sender, calls) = channel();
    std::thread::spawn(move || {
        let mut unanswered = Vec::new();
        let statuses = statuses.into_iter().chain(std::iter::repeat(Some(200)));
        for (stream, status) in listener.incoming().zip(statuses) {
            let mut stream = stream.unwrap();
            let call = read_call(&mut stream);
            match status {
                None => unanswered.push(stream),
                Some(status) => {
                    let answer = format!("HTTP/1.1 {status} -\r\nContent-Length: 0\r\n\r\n");
                    stream.write_all(answer.as_bytes()).unwrap();
                }
            }
            if sender.send(call).is_err() {
                return;
            }
        }
    });
    (address, calls)
}

fn read_call(stream: &mut TcpStream) -> Call {
    let mut reader = BufReader::new(stream);
    let mut line = || {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    };
    let first = line();
    let target =
        first.strip_prefix("POST ").and_then(|rest| rest.strip_suffix(" HTTP/1.1")).unwrap().to_owned();
    let mut headers = BTreeMap::new();
    loop {
        let line = line();
        let Some((name, value)) = line.split_once(": ") else { break };
        headers.insert(name.to_ascii_lowercase(), value.to_owned());
    }
    let mut body = vec![0; headers["content-length"].parse().unwrap()];
    reader.read_exact(&mut body).unwrap();
    let (path, query) = target.split_once('?').unwrap();
    Call {
        path: path.to_owned(),
        query: url::form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
        content_type: headers["content-type"].clone(),
        body: String::from_utf8(body).unwrap(),
    }
}

fn next(calls: &Receiver<Call>) -> Call {
    calls.recv_timeout(Duration::from_secs(30)).unwrap()
}

fn server(setup: Value) -> Server {
    let world = serde_json::from_value(setup).unwrap();
    Server::start(Config { world: Some(world), ..Config::default() }).unwrap()
}

fn join(web: &mut Web, room: &str) {
    let body = ChrmInput { nothing: 1, extra: None }.encode_to_vec();
    web.send(&ClientFrame::Query(Request::new(Topic::JoinChrm, room, 7, body.into())));
    loop {
        match web.read() {
            ServerFrame::QueryAck { id: 7, status, .. } => return assert_eq!(status, 0),
            ServerFrame::Publish { .. } => {}
            other => panic!("{other:?}"),
        }
    }
}

/// What a client asks for or says, until it is answered.
fn publish(web: &mut Web, topic: Topic, target: &str, text: &str) {
    let up = UpStreamMessage {
        session_id: 3,
        classname: "RC:TxtMsg".into(),
        content: json!({ "content": text }).to_string().into(),
        ..UpStreamMessage::default()
    };
    web.send(&ClientFrame::Publish(Request::new(topic, target, 9, up.encode_to_vec().into())));
    loop {
        match web.read() {
            ServerFrame::PubAck { id: 9, status, .. } => return assert_eq!(status, 0),
            ServerFrame::Publish { .. } => {}
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn rooms_are_told_of_in_order_and_again_after_a_failure() {
    let (address, calls) = receiver(vec![Some(503), Some(500), Some(204)]);
    let server = server(json!({
        "users": ["u1"], "switches": {"chatroomEntries": true},
        "callbacks": {"chatroomStatus": format!("http://{address}/rooms?x=1")},
    }));
    let mut web = Web::login(&server, "u1");
    join(&mut web, "r");
    // Three tries of the same, and no fourth: what comes next is the member who joined.
    let tries = [next(&calls), next(&calls), next(&calls)];
    let joined = next(&calls);
    assert!(tries.iter().all(|again| *again == tries[0]), "{tries:?}");
    let of = |call: &Call| {
        let body = call.json();
        (body[0]["type"].as_i64(), body[0]["chatRoomId"].clone(), body[0]["userIds"].clone())
    };
    assert_eq!(of(&tries[0]), (Some(0), json!("r"), json!([])));
    assert_eq!(of(&joined), (Some(1), json!("r"), json!(["u1"])));
    for call in [&tries[0], &joined] {
        call.assert_signed();
        assert_eq!((call.path.as_str(), call.query["x"].as_str()), ("/rooms", "1"));
        assert_eq!(call.content_type, "application/json; charset=utf-8");
    }
}

#[test]
fn devices_and_messages_are_told_of() {
    let (address, devices) = receiver(Vec::new());
    let (routed, messages) = receiver(Vec::new());
    let server = server(json!({
        "groups": {"team": ["u1", "u2"]},
        "callbacks": {"userStatus": format!("http://{address}"), "messages": format!("http://{routed}/copy")},
    }));
    let mut web = Web::login(&server, "u1");
    let online = next(&devices);
    online.assert_signed();
    assert_eq!(online.content_type, "application/json; charset=utf-8");
    let told = online.json();
    assert_eq!((&told[0]["userid"], &told[0]["status"]), (&json!("u1"), &json!("0")));
    assert_eq!(told[0]["os"], "Websocket");
    assert!(told[0]["clientIp"].as_str().unwrap().starts_with("127.0.0.1:"), "{told}");

    join(&mut web, "r");
    publish(&mut web, Topic::PpMsgP, "u2", "one & 爱");
    publish(&mut web, Topic::PgMsgP, "team", "two");
    publish(&mut web, Topic::ChatMsg, "r", "three");
    let expected = [("PERSON", "u2", "one & 爱"), ("GROUP", "team", "two"), ("TEMPGROUP", "r", "three")];
    for (kind, target, text) in expected {
        let copy = next(&messages);
        copy.assert_signed();
        assert_eq!(copy.content_type, "application/x-www-form-urlencoded; charset=utf-8");
        let form = copy.form();
        assert_eq!((form["channelType"].as_str(), form["toUserId"].as_str()), (kind, target));
        assert_eq!((form["fromUserId"].as_str(), form["source"].as_str()), ("u1", "Websocket"));
        assert_eq!(serde_json::from_str::<Value>(&form["content"]).unwrap(), json!({ "content": text }));
    }

    drop(web);
    let offline = next(&devices).json();
    assert_eq!((&offline[0]["status"], &offline[0]["sessionId"]), (&json!("1"), &told[0]["sessionId"]));
}

#[test]
fn an_app_server_that_is_dead_or_never_answers_keeps_nobody_waiting() {
    // Room callbacks go to somebody who never answers, copies of messages to a port where nobody listens.
    let (silent, unanswered) = receiver(vec![None; 100]);
    let dead = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (address, devices) = receiver(Vec::new());
    let server = server(json!({"limits": {"sendPerSecond": 0}, "callbacks": {
        "chatroomStatus": format!("http://{silent}/"), "messages": format!("http://{dead}/"),
        "userStatus": format!("http://{address}/"),
    }}));
    let mut web = Web::login(&server, "u1");
    assert_eq!(next(&devices).json()[0]["status"], "0");
    // Far more than may wait for an app's server: what is too much is dropped, and clients never notice.
    for n in 0..1_100 {
        join(&mut web, &format!("r{n}"));
        publish(&mut web, Topic::PpMsgP, "u2", "hello");
    }
    drop(web);
    assert_eq!(next(&devices).json()[0]["status"], "1");
    assert_eq!(next(&unanswered).json()[0]["chatRoomId"], "r0");
}

#[test]
fn calls_that_wait_have_a_bound_in_bytes() {
    let (silent, unanswered) = receiver(vec![None; 10]);
    let setup =
        json!({"limits": {"sendPerSecond": 0}, "callbacks": {"messages": format!("http://{silent}/")}});
    let bounds = mock_server::Bounds { callbacks: 10_000, ..Default::default() };
    let world = Some(serde_json::from_value(setup).unwrap());
    let server = Server::start(Config { world, bounds, ..Config::default() }).unwrap();
    let mut web = Web::login(&server, "u1");
    for _ in 0..3 {
        publish(&mut web, Topic::PpMsgP, "u2", &"x".repeat(8_000));
    }
    let counters = support::control(&server, "GET", "/", "").1["counters"].take();
    assert_eq!(counters["dropped"]["callbacks"], 2, "{counters}");
    next(&unanswered);
}
