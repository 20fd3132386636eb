//! Random sessions of three members of an ultra group, with connections that break at any frame, against a fourth whose
//! connection never does: each has every message of the channels it sees once and in order, and what it reckons to be
//! unread is what the service tells a device that is new.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test helper that fails fails its test")]

mod support;

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use proptest::prelude::*;
use reference_client::ClientEnv;
use serde_json::{Value, json};
use simulation::{Event, LinkState, NAVI, NetworkEvent, Simulation};
use support::{config, found, frame, link, object};

const CASES: u32 = 700;
const USERS: [(&str, &str); 3] = [("alice", "Android"), ("bob", "Web"), ("carol", "iOS")];
/// Sees everything.
const WITNESS: &str = "dave";
/// The default one, a public one, and one that carol does not see.
const CHANNELS: [&str; 3] = ["RCDefault", "open", "closed"];

fn sees(user: &str, channel: &str) -> bool {
    channel != "closed" || user != "carol"
}

/// What may happen.
#[derive(Debug, Clone)]
enum Op {
    /// A text, with a mention of bob or not.
    Send(usize, usize, bool),
    /// The app server writes, so many messages at once.
    Push(usize, u32),
    Read(usize, usize),
    /// A user changes what it said so many messages ago.
    Change(usize, usize, Change),
    Cut(usize),
    CutAt {
        user: usize,
        up: bool,
        kind: &'static str,
        nth: u32,
        after: bool,
    },
    Network(usize, LinkState),
    Pass(u64),
}

#[derive(Debug, Clone, Copy)]
enum Change {
    Modify,
    /// Puts a pair, of one of two keys.
    Expand(u8),
    Unexpand(u8),
    /// With or without deleting it.
    Recall(bool),
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        Just(Change::Modify),
        (0..2u8).prop_map(Change::Expand),
        (0..2u8).prop_map(Change::Unexpand),
        any::<bool>().prop_map(Change::Recall)
    ]
}

fn op() -> impl Strategy<Value = Op> {
    let (user, channel) = (0..USERS.len(), 0..CHANNELS.len());
    prop_oneof![
        6 => (user.clone(), channel.clone(), any::<bool>()).prop_map(|(user, to, mention)| Op::Send(user, to, mention)),
        3 => (channel.clone(), 1..40u32).prop_map(|(to, count)| Op::Push(to, count)),
        2 => (user.clone(), channel).prop_map(|(user, of)| Op::Read(user, of)),
        4 => (user.clone(), 0..3usize, change()).prop_map(|(user, ago, change)| Op::Change(user, ago, change)),
        2 => user.clone().prop_map(Op::Cut),
        3 => (user.clone(), frame(), 1..4u32, any::<bool>())
            .prop_map(|(user, (up, kind), nth, after)| Op::CutAt { user, up, kind, nth, after }),
        3 => (user, link()).prop_map(|(user, link)| Op::Network(user, link)),
        6 => prop_oneof![1..50u64, 200..2_000u64, 5_000..90_000u64].prop_map(Op::Pass),
    ]
}

/// A message as somebody got it: time, UID, channel, sender.
type Got = (i64, String, String, String);

struct Session {
    simulation: Simulation,
    said: u32,
}

impl Session {
    fn begin(seed: u64) -> Self {
        let setup = json!({
            "users": ["alice", "bob", "carol", WITNESS],
            "ultraGroups": {"u": {
                "members": ["alice", "bob", "carol", WITNESS],
                "channels": {"open": {}, "closed": {"type": "private", "members": ["alice", "bob", WITNESS]}},
            }},
            "limits": {"sendPerSecond": 0}, "switches": {"ultraGroup": true, "multiDeviceSync": true},
        });
        let setup: service::WorldSetup = serde_json::from_value(setup).unwrap();
        let mut simulation = Simulation::new(seed, setup.start());
        simulation.add_world("app", &setup).unwrap();
        let mut session = Self { simulation, said: 0 };
        for (name, platform) in USERS.into_iter().chain([(WITNESS, "Android")]) {
            session.add(name, name, platform, seed);
        }
        session.pass(2_000);
        session
    }

    /// A device of a user that connects.
    fn add(&mut self, client: &str, user: &str, platform: &str, seed: u64) {
        let env = ClientEnv {
            app_key: "app".into(),
            platform: platform.into(),
            device_id: format!("device-of-{client}"),
            seed,
            options: object(json!({"naviServer": NAVI})),
            ..ClientEnv::default()
        };
        self.simulation.add_client(client, env).unwrap();
        self.call(client, "connect", json!({"token": format!("test:{user}"), "timeout": 0}));
    }

    fn call(&mut self, client: &str, method: &str, args: Value) {
        self.simulation.call(client, method, &object(args)).unwrap();
    }

    fn pass(&mut self, ms: u64) {
        self.simulation.advance(Duration::from_millis(ms)).unwrap();
    }

    fn act(&mut self, act: Value) {
        self.simulation.act("app", &serde_json::from_value(act).unwrap()).unwrap();
        self.simulation.settle().unwrap();
    }

    fn run(&mut self, op: &Op) {
        match *op {
            Op::Send(user, to, mention) => {
                self.said += 1;
                let mut message = json!({
                    "conversationType": "ultra_group", "targetId": "u", "channelId": CHANNELS[to],
                    "messageType": "text", "text": self.said.to_string(), "expansion": {"first": "x"},
                });
                if mention {
                    message["mentionedInfo"] = json!({"type": "part", "userIdList": ["bob"]});
                }
                self.call(USERS[user].0, "sendMessage", json!({"message": message}));
                self.pass(1);
            }
            Op::Push(to, count) => {
                self.act(json!({"push": {
                    "from": "host", "to": "u", "conversation": "ultraGroup", "channel": CHANNELS[to],
                    "count": count, "message": {"text": "{n}"},
                }}));
                // Each message's time is later than the one before: until then the group is ahead of the clock.
                self.pass(u64::from(count));
            }
            Op::Read(user, of) => {
                let now = self.simulation.now().0;
                let args = json!({"targetId": "u", "channelId": CHANNELS[of], "timestamp": now});
                self.call(USERS[user].0, "syncUltraGroupReadStatus", args);
            }
            Op::Change(user, ago, change) => self.change(user, ago, change),
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
            Op::Pass(ms) => self.pass(ms),
        }
    }

    fn change(&mut self, user: usize, ago: usize, change: Change) {
        let name = USERS[user].0;
        let sent = self.events(name, "onMessageSent").filter(|event| event.args["code"] == 0);
        let Some(event) = sent.rev().nth(ago) else { return };
        let message = event.args["message"].clone();
        let uid = message["messageUId"].clone();
        self.said += 1;
        let value = self.said.to_string();
        match change {
            Change::Modify => {
                let mut fresh = message;
                fresh["text"] = json!(format!("{value}, changed"));
                self.call(name, "modifyUltraGroupMessage", json!({"messageUId": uid, "message": fresh}));
            }
            Change::Expand(key) => {
                let args = json!({"messageUId": uid, "expansion": {format!("k{key}"): value}});
                self.call(name, "updateUltraGroupMessageExpansion", args);
            }
            Change::Unexpand(key) => {
                let args = json!({"messageUId": uid, "keys": [format!("k{key}")]});
                self.call(name, "removeUltraGroupMessageExpansionForKeys", args);
            }
            Change::Recall(delete) => {
                self.call(
                    name,
                    "recallUltraGroupMessage",
                    json!({"message": message, "deleteRemote": delete}),
                );
            }
        }
        self.pass(1);
    }

    /// What a client keeps of a channel: by UID the kind, the text and the expansion.
    fn kept(&mut self, client: &str, channel: &str) -> BTreeMap<String, [Value; 3]> {
        let mut kept = BTreeMap::new();
        let mut before = 0;
        for _ in 0..100 {
            let args = json!({
                "type": "ultra_group", "targetId": "u", "channelId": channel, "sentTime": before,
                "order": "before", "policy": "local", "count": 20,
            });
            self.call(client, "loadMessages", args);
            self.pass(1);
            let loaded = self.events(client, "onMessagesLoaded").next_back().unwrap();
            assert_eq!(loaded.args["code"], 0);
            let page = loaded.args["messages"].as_array().unwrap().clone();
            let Some(last) = page.last() else { return kept };
            before = last["sentTime"].as_i64().unwrap();
            kept.extend(page.iter().filter_map(|message| {
                // What was not sent has none.
                let uid = message["messageUId"].as_str().filter(|uid| !uid.is_empty())?.to_owned();
                let pairs = message["expansion"].as_object().cloned().unwrap_or_default();
                Some((uid, [message["messageType"].clone(), message["text"].clone(), json!(pairs)]))
            }));
        }
        panic!("{client} keeps no end of messages");
    }

    /// Everything is mended, and enough time passes for every wait to end; then one more message is said.
    fn mend(&mut self) {
        self.act(json!({"clearFaults": {}}));
        for (name, _) in USERS {
            self.simulation.network(name, NetworkEvent::Link(LinkState::Up)).unwrap();
        }
        self.pass(600_000);
        self.run(&Op::Push(1, 1));
        self.pass(1_000);
    }

    fn events<'a>(&'a self, client: &'a str, name: &'a str) -> impl DoubleEndedIterator<Item = &'a Event> {
        self.simulation.events().iter().filter(move |event| event.client == client && event.name == name)
    }

    fn received(&self, client: &str) -> Vec<Got> {
        let text = |message: &Value, field: &str| message[field].as_str().unwrap().to_owned();
        let got = |event: &Event| {
            let message = &event.args["message"];
            let time = message["sentTime"].as_i64().unwrap();
            (time, text(message, "messageUId"), text(message, "channelId"), text(message, "senderUserId"))
        };
        self.events(client, "onMessageReceived").map(got).collect()
    }

    /// Unread messages and mentions of a channel as a client tells them.
    fn unread(&mut self, client: &str, channel: &str) -> [Value; 2] {
        let args = json!({"type": "ultra_group", "targetId": "u", "channelId": channel});
        self.call(client, "loadUnreadCount", args.clone());
        self.call(client, "loadUnreadMentionedCount", args);
        self.pass(100);
        ["onUnreadCountLoaded", "onUnreadMentionedCountLoaded"].map(|name| {
            let last = self.events(client, name).next_back().unwrap();
            assert_eq!(last.args["code"], 0);
            last.args["count"].clone()
        })
    }

    fn check(&mut self, seed: u64) -> Result<(), TestCaseError> {
        let all = self.received(WITNESS);
        prop_assert!(all.windows(2).all(|pair| pair[0].0 < pair[1].0), "the witness has them out of order");
        let known: BTreeSet<&str> = all.iter().map(|(_, uid, ..)| uid.as_str()).collect();
        let recalled: BTreeSet<String> = self
            .events(WITNESS, "onRemoteUltraGroupMessageRecalled")
            .flat_map(|event| event.args["messages"].as_array().unwrap())
            .map(|message| message["messageUId"].as_str().unwrap().to_owned())
            .collect();
        for (name, _) in USERS {
            for sent in self.events(name, "onMessageSent").filter(|event| event.args["code"] == 0) {
                let uid = sent.args["message"]["messageUId"].as_str().unwrap();
                prop_assert!(known.contains(uid), "{} said {} to nobody", name, uid);
            }
            let got = self.received(name);
            let mine: Vec<&Got> =
                all.iter().filter(|(_, _, channel, from)| sees(name, channel) && from != name).collect();
            // What it said itself without hearing that it was taken comes back as if another device had said it.
            let (own, others): (Vec<&Got>, Vec<&Got>) = got.iter().partition(|(.., from)| from == name);
            // What is recalled before it is fetched never comes.
            let there: BTreeSet<&str> = others.iter().map(|(_, uid, ..)| uid.as_str()).collect();
            let mine: Vec<&Got> = mine
                .into_iter()
                .filter(|(_, uid, ..)| !recalled.contains(uid) || there.contains(uid.as_str()))
                .collect();
            prop_assert_eq!(others, mine, "{}", name);
            let uids: BTreeSet<&str> = own.iter().map(|(_, uid, ..)| uid.as_str()).collect();
            prop_assert!(uids.len() == own.len() && uids.is_subset(&known), "{} has its own {:?}", name, own);
        }
        for channel in CHANNELS {
            let all = self.kept(WITNESS, channel);
            for (name, _) in USERS.into_iter().filter(|(name, _)| sees(name, channel)) {
                let kept = self.kept(name, channel);
                let mut all = all.clone();
                all.retain(|uid, _| !recalled.contains(uid) || kept.contains_key(uid));
                prop_assert_eq!(kept, all, "{} in {}", name, channel);
            }
        }
        for (name, platform) in USERS {
            // What a read state that never arrived leaves to this device alone is not to be compared.
            if self.events(name, "onUltraGroupReadStatusSynced").any(|event| event.args["code"] != 0) {
                continue;
            }
            let other = format!("{name}'s other device");
            self.add(&other, name, if platform == "Web" { "iOS" } else { "Web" }, seed);
            self.pass(2_000);
            for channel in CHANNELS.into_iter().filter(|channel| sees(name, channel)) {
                let (here, there) = (self.unread(name, channel), self.unread(&other, channel));
                prop_assert_eq!(here, there, "unread of {} in {}", name, channel);
            }
        }
        Ok(())
    }
}

fn session(seed: u64, ops: &[Op], bug: Option<&str>) -> Result<(), TestCaseError> {
    let mut session = Session::begin(seed);
    if let Some(bug) = bug {
        session.act(json!({"misbehave": {"bug": bug, "on": true}}));
    }
    ops.iter().for_each(|op| session.run(op));
    session.mend();
    session.check(seed)
}

#[test]
fn the_model_finds_bugs_out() {
    for bug in [
        "tells_one_ultra_member",
        "private_channels_are_open",
        "forgets_read_times",
        "reads_every_channel",
        "modifies_silently",
    ] {
        let sessions = (any::<u64>(), prop::collection::vec(op(), 1..25));
        let found = found(bug, (500, 0), &sessions, |(seed, ops), bug| session(seed, &ops, Some(bug)));
        assert!(found.is_some(), "{bug}");
    }
}

proptest! {
    #![proptest_config(config(CASES))]

    #[test]
    fn members_have_everything_they_see_once_and_in_order(
        seed in any::<u64>(), ops in prop::collection::vec(op(), 1..25),
    ) {
        session(seed, &ops, None)?;
    }
}
