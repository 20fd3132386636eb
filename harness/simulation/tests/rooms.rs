//! Random sessions of three users in a chatroom, with connections that break at any frame, against what the service
//! knows: who is in the room has each message since it joined once and in order, and the same entries as the service.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test helper that fails fails its test")]

mod support;

use std::{collections::BTreeSet, time::Duration};

use proptest::prelude::*;
use reference_client::ClientEnv;
use serde_json::{Value, json};
use simulation::{Event, LinkState, NAVI, NetworkEvent, Simulation};
use support::{config, found, frame, link, object};

const CASES: u32 = 1_500;
const USERS: [(&str, &str); 3] = [("alice", "Android"), ("bob", "Web"), ("carol", "iOS")];

/// What may happen.
#[derive(Debug, Clone)]
enum Op {
    Join(usize, i64),
    Leave(usize),
    Send(usize),
    /// The app server writes, so many messages at once.
    Push(u32),
    /// A member sets one of three keys, by force or not, to go with it or not.
    Set(usize, u8, bool, bool),
    Remove(usize, u8),
    Cut(usize),
    CutAt {
        user: usize,
        up: bool,
        kind: &'static str,
        nth: u32,
        after: bool,
    },
    Network(usize, LinkState),
    Restart(usize),
    Pass(u64),
}

fn op() -> impl Strategy<Value = Op> {
    let user = 0..USERS.len();
    prop_oneof![
        4 => (user.clone(), -1..3i64).prop_map(|(user, count)| Op::Join(user, count)),
        1 => user.clone().prop_map(Op::Leave),
        4 => user.clone().prop_map(Op::Send),
        3 => (1..40u32).prop_map(Op::Push),
        3 => (user.clone(), 0..3u8, any::<bool>(), any::<bool>())
            .prop_map(|(user, key, force, auto)| Op::Set(user, key, force, auto)),
        1 => (user.clone(), 0..3u8).prop_map(|(user, key)| Op::Remove(user, key)),
        2 => user.clone().prop_map(Op::Cut),
        3 => (user.clone(), frame(), 1..4u32, any::<bool>())
            .prop_map(|(user, (up, kind), nth, after)| Op::CutAt { user, up, kind, nth, after }),
        3 => (user.clone(), link()).prop_map(|(user, link)| Op::Network(user, link)),
        1 => user.prop_map(Op::Restart),
        6 => prop_oneof![1..50u64, 200..2_000u64, 5_000..90_000u64].prop_map(Op::Pass),
    ]
}

struct Session {
    simulation: Simulation,
    said: u32,
    /// Events of each user before its last restart.
    before: [usize; 3],
}

impl Session {
    fn begin(seed: u64) -> Self {
        let setup = json!({
            "users": ["alice", "bob", "carol"], "chatrooms": {"r": {}}, "limits": {"sendPerSecond": 0},
            "switches": {"chatroomEntries": true, "chatroomHistory": true, "chatroomKeepAlive": true},
        });
        let setup: service::WorldSetup = serde_json::from_value(setup).unwrap();
        let mut simulation = Simulation::new(seed, setup.start());
        simulation.add_world("app", &setup).unwrap();
        for (name, platform) in USERS {
            let env = ClientEnv {
                app_key: "app".into(),
                platform: platform.into(),
                device_id: format!("device-of-{name}"),
                seed,
                options: object(json!({"naviServer": NAVI})),
                ..ClientEnv::default()
            };
            simulation.add_client(name, env).unwrap();
        }
        let mut session = Self { simulation, said: 0, before: [0; 3] };
        session.api("/chatroom/keepalive/add.json", "chatroomId=r");
        (0..3).for_each(|user| session.connect(user));
        session.pass(2_000);
        session
    }

    fn call(&mut self, user: usize, method: &str, args: Value) {
        self.simulation.call(USERS[user].0, method, &object(args)).unwrap();
    }

    fn connect(&mut self, user: usize) {
        self.call(user, "connect", json!({"token": format!("test:{}", USERS[user].0), "timeout": 0}));
    }

    fn pass(&mut self, ms: u64) {
        self.simulation.advance(Duration::from_millis(ms)).unwrap();
    }

    fn act(&mut self, act: Value) {
        self.simulation.act("app", &serde_json::from_value(act).unwrap()).unwrap();
        self.simulation.settle().unwrap();
    }

    fn api(&mut self, path: &str, body: &str) -> Value {
        const FORM: &str = "application/x-www-form-urlencoded";
        let signature = service::signature_of("mock-secret", "1", "2");
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let request = service::HttpRequest {
            method: "POST".into(),
            path: path.into(),
            headers: vec![
                header("app-key", "app"),
                header("nonce", "1"),
                header("timestamp", "2"),
                header("signature", &signature),
                header("content-type", if body.starts_with('{') { "application/json" } else { FORM }),
            ],
            body: body.to_owned().into(),
            ..service::HttpRequest::default()
        };
        let answer = self.simulation.api("app", request).unwrap();
        serde_json::from_slice(&answer.unwrap().body).unwrap()
    }

    fn run(&mut self, op: &Op) {
        match *op {
            Op::Join(user, count) => {
                self.call(
                    user,
                    "joinChatRoom",
                    json!({"targetId": "r", "messageCount": count, "autoCreate": true}),
                );
            }
            Op::Leave(user) => self.call(user, "leaveChatRoom", json!({"targetId": "r"})),
            Op::Send(user) => {
                self.said += 1;
                let message = json!({
                    "conversationType": "chatroom", "targetId": "r", "channelId": "", "messageType": "text",
                    "text": self.said.to_string(),
                });
                self.call(user, "sendMessage", json!({"message": message}));
                self.pass(1);
            }
            Op::Push(count) => {
                self.act(json!({"push": {
                    "from": "host", "to": "r", "conversation": "chatroom", "count": count, "message": {"text": "{n}"},
                }}));
                // Each message's time is later than the one before: until then the room is ahead of the clock.
                self.pass(u64::from(count));
            }
            Op::Set(user, key, force, auto) => {
                self.said += 1;
                let value = self.said.to_string();
                self.call(
                    user,
                    "addChatRoomEntry",
                    json!({"targetId": "r", "key": format!("k{key}"), "value": value, "deleteWhenLeft": auto, "overwrite": force}),
                );
            }
            Op::Remove(user, key) => self.call(
                user,
                "removeChatRoomEntry",
                json!({"targetId": "r", "key": format!("k{key}"), "force": true}),
            ),
            Op::Cut(user) => self.simulation.network(USERS[user].0, NetworkEvent::Cut).unwrap(),
            Op::CutAt { user, up, kind, nth, after } => {
                let direction = if up { "up" } else { "down" };
                let effect = if after { "cutAfter" } else { "cut" };
                let on = json!({"user": USERS[user].0, "direction": direction, "kind": kind, "nth": nth});
                self.act(json!({"fault": {"on": on, "effect": effect}}));
            }
            Op::Network(user, state) => {
                self.simulation.network(USERS[user].0, NetworkEvent::Link(state)).unwrap();
            }
            Op::Restart(user) => {
                self.simulation.restart(USERS[user].0, true).unwrap();
                self.before[user] = self.events(user).count();
                self.connect(user);
            }
            Op::Pass(ms) => self.pass(ms),
        }
    }

    /// Everything is mended, and enough time passes for every wait to end; then one more message is said.
    fn mend(&mut self) {
        self.act(json!({"clearFaults": {}}));
        for (name, _) in USERS {
            self.simulation.network(name, NetworkEvent::Link(LinkState::Up)).unwrap();
        }
        self.pass(600_000);
        self.run(&Op::Push(1));
        self.pass(1_000);
    }

    fn events(&self, user: usize) -> impl Iterator<Item = &Event> {
        self.simulation.events().iter().filter(move |event| event.client == USERS[user].0)
    }

    /// The events of the stay the user is in, from its joining on; `None`: it is in the room no longer.
    fn stay(&self, user: usize) -> Option<Vec<&Event>> {
        let mut stay: Option<Vec<&Event>> = None;
        for event in self.events(user).skip(self.before[user]) {
            match event.name.as_str() {
                "onChatRoomJoined" if event.args["code"] == 0 && stay.is_none() => stay = Some(Vec::new()),
                "onChatRoomLeft" if [0, 23406, 30003].iter().any(|code| event.args["code"] == *code) => {
                    stay = None
                }
                _ => {}
            }
            if let Some(stay) = &mut stay {
                stay.push(event);
            }
        }
        stay
    }

    fn check(&mut self) -> Result<(), TestCaseError> {
        let now = self.simulation.now().0;
        let asked = |since: i64| json!({"userId": "alice", "targetId": "r", "startTime": since, "endTime": now, "pageSize": 100});
        let mut history: Vec<(i64, String, String)> = Vec::new();
        loop {
            let since = history.last().map_or(0, |(time, ..)| *time);
            let page = self.api("/v3/message/chatroom/query.json", &asked(since).to_string());
            let text = |entry: &Value, name: &str| entry[name].as_str().unwrap().to_owned();
            let rows = page["data"].as_array().unwrap();
            if rows.is_empty() {
                break;
            }
            history.extend(rows.iter().map(|entry| {
                (entry["msgTime"].as_i64().unwrap(), text(entry, "messageUID"), text(entry, "fromUserId"))
            }));
        }
        let room = self.simulation.world("app").unwrap().state("chatrooms", Some("r")).unwrap();
        for (user, (name, _)) in USERS.iter().enumerate() {
            let Some(stay) = self.stay(user) else { continue };
            let joined = stay[0].at.0;
            let got: Vec<(i64, String)> = stay
                .iter()
                .filter(|event| event.name == "onMessageReceived")
                .map(|event| &event.args["message"])
                .map(|message| {
                    (
                        message["sentTime"].as_i64().unwrap(),
                        message["messageUId"].as_str().unwrap().to_owned(),
                    )
                })
                .collect();
            let uids: BTreeSet<&str> = got.iter().map(|(_, uid)| uid.as_str()).collect();
            prop_assert_eq!(uids.len(), got.len(), "{} has a message twice", name);
            prop_assert!(got.windows(2).all(|pair| pair[0].0 < pair[1].0), "{} has them out of order", name);
            let due = history.iter().filter(|(time, _, from)| *time > joined && from != name);
            for (time, uid, from) in due {
                prop_assert!(uids.contains(uid.as_str()), "{} misses {} of {} at {}", name, uid, from, time);
            }
            let members = room["members"].as_array().unwrap();
            prop_assert!(members.contains(&json!(name)), "{} is no member", name);
        }
        for (user, (name, _)) in USERS.iter().enumerate() {
            if self.stay(user).is_none() {
                continue;
            }
            self.call(user, "loadChatRoomAllEntries", json!({"targetId": "r"}));
            self.pass(1_000);
            let told = self.events(user).filter(|event| event.name == "onChatRoomAllEntriesLoaded").last();
            let told = told.map(|event| (event.args["code"].clone(), event.args["entries"].clone()));
            prop_assert_eq!(told, Some((json!(0), room["entries"].clone())), "entries of {}", name);
        }
        Ok(())
    }
}

fn session(seed: u64, ops: &[Op], bug: Option<&str>) -> Result<(), TestCaseError> {
    let mut session = Session::begin(seed);
    if let Some(bug) = bug {
        session.act(json!({"misbehave": {"bug": bug, "on": true}}));
    }
    // Most sessions are about who is inside.
    session.run(&Op::Join(0, -1));
    ops.iter().for_each(|op| session.run(op));
    session.mend();
    session.check()
}

#[test]
fn the_model_finds_bugs_out() {
    for bug in ["tells_one_member", "no_entry_notice", "joiners_get_no_entries"] {
        let sessions = (any::<u64>(), prop::collection::vec(op(), 1..25));
        let found = found(bug, (500, 0), &sessions, |(seed, ops), bug| session(seed, &ops, Some(bug)));
        assert!(found.is_some(), "{bug}");
    }
}

proptest! {
    #![proptest_config(config(CASES))]

    #[test]
    fn who_is_in_the_room_has_everything_once_and_in_order(
        seed in any::<u64>(), ops in prop::collection::vec(op(), 1..25),
    ) {
        session(seed, &ops, None)?;
    }
}
