//! Every call about chatrooms that the server SDKs have; members who are connected see what it does.

use std::{collections::BTreeMap, process::Command};

use bytes::Bytes;
use mock_server::{Config, Server};
use prost::Message;
use serde_json::{Value, json};
use wire::{
    ClientFrame, Request, ServerFrame, Topic,
    body::{ChrmDownStreamMessages, ChrmInput, ChrmPullMsg, DownStreamMessage, NotifyMsg, UpStreamMessage},
};

use super::{APP, Web, answers, control, ids, node, python};

/// The command that tells that a room is gone.
const GONE: i32 = 4;
/// May not speak, may not enter, is not inside.
const MUTED: u16 = 23408;
const BANNED: u16 = 23409;
const NOT_INSIDE: u16 = 23406;

/// A member of rooms.
struct Member {
    web: Web,
    next: u16,
    /// What was pushed, in short.
    pushed: Vec<String>,
}

impl Member {
    fn new(server: &Server, user: &str) -> Self {
        Self { web: Web::login(server, user), next: 1, pushed: Vec::new() }
    }

    fn until<T>(&mut self, done: impl Fn(ServerFrame) -> Result<T, ServerFrame>) -> T {
        loop {
            match done(self.web.read()) {
                Ok(value) => return value,
                Err(ServerFrame::Publish { topic: Topic::SMsg, body, .. }) => {
                    let message = DownStreamMessage::decode(body).unwrap();
                    self.pushed.push(short(&message));
                }
                Err(ServerFrame::Publish { topic: Topic::SCmd, body, .. }) => {
                    let command = NotifyMsg::decode(body).unwrap();
                    self.pushed.push(format!("command {} {}", command.r#type, command.chrm_id()));
                }
                Err(_) => {}
            }
        }
    }

    fn query(&mut self, topic: Topic, room: &str, body: &impl Message) -> (u16, Bytes) {
        let asked = self.next;
        self.next += 1;
        self.web.send(&ClientFrame::Query(Request::new(topic, room, asked, body.encode_to_vec().into())));
        self.until(|frame| match frame {
            ServerFrame::QueryAck { id, status, body, .. } if id == asked => Ok((status, body)),
            other => Err(other),
        })
    }

    fn join(&mut self, room: &str) -> u16 {
        self.query(Topic::JoinChrmR, room, &ChrmInput { nothing: 1, extra: None }).0
    }

    fn say(&mut self, room: &str) -> u16 {
        let asked = self.next;
        self.next += 1;
        let up = UpStreamMessage {
            classname: "RC:TxtMsg".into(),
            content: json!({"content": "mine"}).to_string().into(),
            ..Default::default()
        };
        let request = Request::new(Topic::ChatMsg, room, asked, up.encode_to_vec().into());
        self.web.send(&ClientFrame::Publish(request));
        self.until(|frame| match frame {
            ServerFrame::PubAck { id, status, .. } if id == asked => Ok(status),
            other => Err(other),
        })
    }

    /// What was said in the room since a time, in short.
    fn pull(&mut self, room: &str, sync_time: i64) -> (u16, Vec<String>, i64) {
        let (status, body) =
            self.query(Topic::ChrmPull, room, &ChrmPullMsg { sync_time, count: -1, ..Default::default() });
        let package = ChrmDownStreamMessages::decode(body).unwrap_or_default();
        let list = package.list.iter().map(|bytes| short(&DownStreamMessage::decode(bytes.clone()).unwrap()));
        (status, list.collect(), package.sync_time)
    }
}

fn short(message: &DownStreamMessage) -> String {
    let content: Value = serde_json::from_slice(&message.content).unwrap();
    format!("{} {}", message.classname, content["content"].as_str().unwrap_or_default())
}

fn server() -> Server {
    let world = json!({
        "users": ["alice", "bob", "carol"], "chatrooms": {"hall": {}, "cellar": {}},
        "switches": {"chatroomKeepAlive": true, "chatroomWhiteLists": true, "chatroomGlobalMute": true,
                     "chatroomBroadcast": true},
    });
    Server::start(Config { world: Some(serde_json::from_value(world).unwrap()), ..Config::default() })
        .unwrap()
}

/// Runs a script while members are inside; gives its answers and what was said in the hall.
fn run(server: &Server, script: Command) -> (BTreeMap<String, Value>, Vec<String>) {
    let [mut alice, mut bob, mut carol] = ["alice", "bob", "carol"].map(|user| Member::new(server, user));
    assert_eq!((alice.join("hall"), bob.join("hall"), carol.join("cellar")), (0, 0, 0));
    let (_, before, since) = alice.pull("hall", 0);
    assert!(before.is_empty());
    let answers = answers(server, script);
    for (call, answer) in &answers {
        assert_eq!(answer["code"] == 200, !call.starts_with("refused: "), "{call}: {answer}");
    }

    // She is muted, he was thrown out, and her room is gone.
    assert_eq!(alice.say("hall"), MUTED);
    assert_eq!((bob.say("hall"), bob.join("hall")), (NOT_INSIDE, BANNED));
    carol.web.send(&ClientFrame::Ping);
    carol.until(|frame| if matches!(frame, ServerFrame::Pong) { Ok(()) } else { Err(frame) });
    assert_eq!(carol.pushed, ["RC:TxtMsg to all rooms".to_owned(), format!("command {GONE} cellar")]);
    assert_eq!(alice.pushed, ["RC:TxtMsg to all rooms"]);
    let (_, state) = control(server, "GET", &format!("/apps/{APP}/state/chatrooms"), "");
    assert_eq!((&state["attic"]["members"], &state["cellar"]), (&json!([]), &Value::Null));
    assert_eq!((&state["shed"]["name"], &state["hall"]["members"]), (&json!("Shed"), &json!(["alice"])));

    assert_eq!(answers["members"]["total"], 2);
    assert_eq!(answers["send"]["messageUIDs"][0]["chatroomId"], "hall");
    assert_eq!(answers["demoted"]["objectNames"], json!(["RC:VcMsg"]));
    let (status, said, _) = alice.pull("hall", since);
    assert_eq!(status, 0);
    (answers, said)
}

#[test]
fn the_node_sdk_manages_rooms() {
    let server = server();
    let (answers, said) = run(&server, node("rooms.js"));
    assert_eq!(said, ["to the hall", "to both", "heard"].map(|text| format!("RC:TxtMsg {text}")));
    // This SDK gives its lists names of its own.
    assert_eq!(ids(&answers["members"]["members"], "id"), ["alice", "bob"]);
    let expected = json!([{"id": "alice", "isInChrm": 1}, {"id": "zoe", "isInChrm": 0}]);
    assert_eq!(answers["exist"]["members"], expected);
    assert_eq!(ids(&answers["muted"]["members"], "id"), ["alice"]);
    for list in ["muted everywhere", "blocked"] {
        assert_eq!(ids(&answers[list]["members"], "id"), ["bob"], "{list}");
    }
    assert_eq!(answers["kept alive"]["chatrooms"], json!(["hall"]));
    assert_eq!(answers["kept types"]["objectNames"], json!(["RC:TxtMsg"]));
    assert_eq!(ids(&answers["kept users"]["members"], "id"), ["alice"]);
}

#[test]
fn the_python_sdk_manages_rooms() {
    let server = server();
    let (answers, said) = run(&server, python("rooms.py"));
    // The slip was recalled: in its place stands a notice, and the members are told.
    let expected =
        ["RC:TxtMsg to the hall", "RC:TxtMsg to both", "RC:TxtMsg heard", "RC:RcNtf ", "RC:RcCmd "];
    assert_eq!(said, expected);
    assert_eq!(ids(&answers["rooms"]["chatRooms"], "chrmId"), ["attic", "shed"]);
    assert_eq!(ids(&answers["members"]["users"], "id"), ["alice", "bob"]);
    assert_eq!(answers["alice exists"]["isInChrm"], true);
    let expected = json!([{"userId": "alice", "isInChrm": 1}, {"userId": "zoe", "isInChrm": 0}]);
    assert_eq!(answers["exist"]["result"], expected);
    assert_eq!(ids(&answers["muted"]["users"], "userId"), ["alice"]);
    for list in ["muted everywhere", "blocked"] {
        assert_eq!(ids(&answers[list]["users"], "userId"), ["bob"], "{list}");
    }
    assert_eq!(answers["kept alive"]["chatroomIds"], json!(["hall"]));
    assert_eq!(answers["kept types"]["whitlistMsgType"], json!(["RC:TxtMsg"]));
    assert_eq!(answers["kept users"]["users"], json!(["alice"]));
    assert_eq!(answers["refused: keep alive no longer"]["code"], 1015);
}
