//! The world that a recording shows: who signs in, who is in which group, which rooms there are.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::BufRead,
};

use recording::{Decoder, Reader, Said, What};
use serde_json::{Map, Value, json};
use service::{ConnId, Input, Taken, act::Act, setup::WorldSetup, switch::Switches};

use super::super::meaning::{body, opaque};

/// What is told of a world beyond so many users, groups and rooms is passed over.
const MOST: usize = 20_000;

/// What navigation says of a world, and the switch that says it: on for `true` and any number but 0.
const SWITCHES: &[(&str, &str, bool)] = &[
    ("historyMsg", "roamingHistory", true),
    ("kvStorage", "chatroomEntries", true),
    ("ugMsg", "ultraGroup", true),
    ("grpRRVer", "groupReceiptQueries", true),
    ("joinMChrm", "chatroomMultiJoin", true),
    ("openHistoryMsg", "directPush", false),
];

/// The switch by which all devices of a user have all messages.
const IN_STEP: &str = "multiDeviceSync";
/// The status of a DISCONNECT that sends a device away for another's sake.
const KICKED: u64 = 1;
/// Messages within lists within answers lie so deep.
const DEEPEST: usize = 8;

/// A world as far as a recording shows it.
#[derive(Debug, Default)]
pub(super) struct Shown {
    pub(super) setup: WorldSetup,
    /// Whose each token is.
    pub(super) tokens: BTreeMap<String, String>,
    /// Messages of people who are not in the recording, in the order in which they came.
    pub(super) unseen: Vec<Unseen>,
}

/// A message that a client got from somebody who is not in the recording.
#[derive(Debug)]
pub(super) struct Unseen {
    /// When it was sent, by the recorded service's clock.
    pub(super) at: i64,
    /// The entry before which it must have been sent.
    pub(super) before: u64,
    /// What sends it.
    pub(super) act: Act,
    from: String,
}

#[derive(Debug, Default)]
struct Found {
    users: BTreeSet<String>,
    tokens: BTreeMap<String, String>,
    groups: BTreeMap<String, BTreeSet<String>>,
    ultra_groups: BTreeMap<String, (BTreeSet<String>, BTreeSet<String>)>,
    rooms: BTreeSet<String>,
    switches: BTreeMap<&'static str, bool>,
    /// Entries that rooms had from the beginning: those that nobody has set.
    entries: BTreeMap<String, Map<String, Value>>,
    unseen: Vec<Unseen>,
    uids: BTreeSet<String>,
    /// Whose each connection is, and the token that it came with.
    conns: BTreeMap<ConnId, (String, String)>,
    /// The entry of each query, its topic and what it is about.
    queries: BTreeMap<(ConnId, u64), (u64, String, String)>,
}

/// Reads a recording for the world that it shows, and what a reader should know of it.
pub(super) fn shown(reader: &mut Reader<impl BufRead>) -> Result<(Shown, Vec<String>), String> {
    let (mut found, mut decoder) = (Found::default(), Decoder::of(reader.header()));
    while let Some(entry) = reader.next_entry().map_err(|error| error.to_string())? {
        let told = decoder.decode(&entry);
        match &entry.what {
            What::Taken(Taken::Input(Input::Open { conn, login })) => {
                found.conns.insert(*conn, (String::new(), opaque(&login.token).to_owned()));
            }
            What::Taken(Taken::Input(Input::Frame { conn, .. })) => found.asked(entry.n, *conn, &told),
            What::Said(Said::Down { conn, .. }) => found.told(entry.n, *conn, &told),
            What::Said(Said::Response { .. }) => found.navigated(&body(&told["body"])),
            _ => {}
        }
    }
    found.into_setup()
}

impl Found {
    fn user(&mut self, id: &str) {
        if !id.is_empty() && self.users.len() < MOST {
            self.users.insert(id.to_owned());
        }
    }

    fn is_mine(&self, conn: ConnId) -> String {
        self.conns.get(&conn).map_or_else(String::new, |(user, _)| user.clone())
    }

    fn group(&mut self, id: &str, members: [&str; 2]) {
        if id.is_empty() || self.groups.len() >= MOST {
            return;
        }
        let group = self.groups.entry(id.to_owned()).or_default();
        group.extend(members.into_iter().filter(|member| !member.is_empty()).map(str::to_owned));
    }

    fn ultra_group(&mut self, id: &str, channel: &str, members: [&str; 2]) {
        if id.is_empty() || self.ultra_groups.len() >= MOST {
            return;
        }
        let (users, channels) = self.ultra_groups.entry(id.to_owned()).or_default();
        users.extend(members.into_iter().filter(|member| !member.is_empty()).map(str::to_owned));
        if !channel.is_empty() && channel != "RCDefault" {
            channels.insert(channel.to_owned());
        }
    }

    /// What a client asks shows where it thinks that it belongs; a refusal is not looked for.
    fn asked(&mut self, n: u64, conn: ConnId, told: &Value) {
        let (Some(topic), Some(target)) = (told["topic"].as_str(), told["target"].as_str()) else { return };
        if let Some(id) = told["id"].as_u64().filter(|_| told["frame"] == "QUERY") {
            self.queries.insert((conn, id), (n, topic.to_owned(), target.to_owned()));
        }
        let me = self.is_mine(conn);
        let channel = told["body"]["fields"]["busChannel"].as_str().unwrap_or_default();
        match topic {
            "ppMsgP" | "ppMsgS" | "qryPMsg" => self.user(target),
            "pgMsgP" | "pgMsgS" | "rrMsg" | "rrList" => self.group(target, [&me, ""]),
            "ugMsg" | "updUgRTime" | "qryUgMsg" => self.ultra_group(target, channel, [&me, ""]),
            _ => {}
        }
    }

    fn told(&mut self, n: u64, conn: ConnId, told: &Value) {
        let fields = &told["body"]["fields"];
        match told["frame"].as_str() {
            Some("CONNACK") => {
                let Some(user) = told["userId"].as_str() else { return };
                let Some((mine, token)) = self.conns.get_mut(&conn) else { return };
                user.clone_into(mine);
                // A token of that form is good for any world, and its user is known from then on alone.
                if token.starts_with("test:") {
                    return;
                }
                self.tokens.insert(token.clone(), user.to_owned());
                self.user(user);
            }
            Some("QUERYACK") => {
                let asked = told["id"].as_u64().and_then(|id| self.queries.remove(&(conn, id)));
                let Some((asked, topic, target)) = asked.filter(|_| told["status"] == 0) else { return };
                match topic.as_str() {
                    "joinChrm" | "joinChrmR" if self.rooms.len() < MOST => drop(self.rooms.insert(target)),
                    "pullKV" if fields["bFullUpdate"] == true => self.entries_of(target, fields),
                    _ => {}
                }
                self.messages(asked, conn, fields);
            }
            // A device is sent away when another of its user's comes: devices are not in step there.
            Some("DISCONNECT") => {
                let me = self.is_mine(conn);
                let later =
                    self.conns.range(conn..).skip(1).any(|(_, (user, _))| *user == me && !me.is_empty());
                if later {
                    self.switches.insert(IN_STEP, false);
                } else if told["status"] == KICKED && !me.is_empty() && self.unseen.len() < MOST {
                    // Nobody is seen who displaced it.
                    if let Ok(act) = serde_json::from_value(json!({"kick": {"user": me}})) {
                        self.unseen.push(Unseen { at: i64::MAX, before: n, act, from: String::new() });
                    }
                }
            }
            _ => self.messages(n, conn, fields),
        }
    }

    /// What stands in a room and was set by nobody.
    fn entries_of(&mut self, room: String, fields: &Value) {
        if self.entries.len() >= MOST || self.entries.contains_key(&room) {
            return;
        }
        let mut found = Map::new();
        for entry in fields["entries"].as_array().into_iter().flatten() {
            if let (Some(key), Some(value), Some("")) =
                (entry["key"].as_str(), entry["value"].as_str(), entry["uid"].as_str())
            {
                found.insert(key.to_owned(), value.into());
            }
        }
        self.entries.insert(room, found);
    }

    /// Whoever gets a group's message is in it, and whoever sent it.
    fn messages(&mut self, n: u64, conn: ConnId, fields: &Value) {
        let me = self.is_mine(conn);
        for message in messages_in(fields) {
            let Some(from) = message["fromUserId"].as_str() else { continue };
            let group = message["groupId"].as_str().unwrap_or_default();
            self.came(n, &me, from, message);
            match message["type"].as_u64() {
                Some(1) => self.user(from),
                Some(3) => self.group(group, [from, &me]),
                Some(10) => {
                    let channel = message["busChannel"].as_str().unwrap_or_default();
                    self.ultra_group(group, channel, [from, &me]);
                }
                _ => {}
            }
        }
    }

    /// Whether somebody who is not in the recording sent it is known in the end.
    fn came(&mut self, before: u64, me: &str, from: &str, message: &Value) {
        let (Some(uid), Some(object)) = (message["msgId"].as_str(), message["classname"].as_str()) else {
            return;
        };
        if from == me || self.unseen.len() >= MOST || !self.uids.insert(uid.to_owned()) {
            return;
        }
        let text = message["content"].as_str().unwrap_or_default();
        // What is no JSON was written by nobody whose service we are.
        let Ok(content) = serde_json::from_str::<Value>(text) else { return };
        let group = message["groupId"].as_str().unwrap_or_default();
        let (conversation, to) = match message["type"].as_u64() {
            Some(1) => ("private", me),
            Some(3) => ("group", group),
            Some(4) => ("chatroom", group),
            Some(6) => ("system", me),
            Some(10) => ("ultraGroup", group),
            _ => return,
        };
        let channel = message["busChannel"].as_str().unwrap_or_default();
        let push = json!({"push": {
            "from": from, "to": to, "conversation": conversation, "channel": channel,
            "message": {"objectName": object, "content": content},
        }});
        if let Ok(act) = serde_json::from_value(push) {
            let at = message["dataTime"].as_i64().unwrap_or(0);
            self.unseen.push(Unseen { at, before, act, from: from.to_owned() });
        }
    }

    fn navigated(&mut self, body: &Value) {
        for (said, switch, is) in SWITCHES {
            let on = match &body[*said] {
                Value::Bool(on) => *on,
                Value::Number(number) => number.as_u64() != Some(0),
                _ => continue,
            };
            self.switches.insert(switch, on == *is);
        }
    }

    fn into_setup(self) -> Result<(Shown, Vec<String>), String> {
        let mut users = self.users;
        users.extend(self.groups.values().flatten().cloned());
        users.extend(self.ultra_groups.values().flat_map(|(members, _)| members).cloned());
        let ultra_groups: Map<String, Value> = (self.ultra_groups.into_iter())
            .map(|(id, (members, channels))| {
                let channels: Map<String, Value> = channels.into_iter().map(|id| (id, json!({}))).collect();
                (id, json!({"members": members, "channels": channels}))
            })
            .collect();
        let entries = |id: &String| self.entries.get(id).cloned().unwrap_or_default();
        let rooms: Map<String, Value> =
            self.rooms.iter().map(|id| (id.clone(), json!({"entries": entries(id)}))).collect();
        let signed: BTreeSet<&String> = self.tokens.values().collect();
        let mut unseen = self.unseen;
        unseen.retain(|message| !signed.contains(&message.from));
        unseen.sort_by_key(|message| (message.before, message.at));
        let (signed_in, groups) = (self.tokens.len(), self.groups.len() + ultra_groups.len());
        let note = format!(
            "a world made from what it shows: {} users ({signed_in} tokens), {groups} groups, {} rooms, {} acts of people who are not in it",
            users.len(),
            rooms.len(),
            unseen.len()
        );
        let setup = json!({
            "users": users, "groups": self.groups, "ultraGroups": ultra_groups, "chatrooms": rooms,
            "preset": "everything", "switches": self.switches,
            // Whoever comes late finds the room.
            "limits": {"chatroomIdleMinutes": 24 * 60},
        });
        let setup =
            serde_json::from_value(setup).map_err(|error| format!("no world can be made of it: {error}"))?;
        Ok((Shown { setup, tokens: self.tokens, unseen }, vec![note]))
    }
}

/// The services of a world that a set-up has not named: whether the recorded one had them nothing tells but what it said.
pub(super) fn open_questions(setup: &WorldSetup) -> Vec<&'static str> {
    Switches::NAMES
        .iter()
        .copied()
        .filter(|name| Switches::is_service(name) && !setup.switches.is_given(name))
        .collect()
}

/// The messages in an answer, or the one that was pushed.
fn messages_in(fields: &Value) -> Vec<&Value> {
    fn walk<'v>(value: &'v Value, depth: usize, found: &mut Vec<&'v Value>) {
        if depth > DEEPEST {
            return;
        }
        match value {
            Value::Object(map) if map.contains_key("fromUserId") && map.contains_key("classname") => {
                found.push(value)
            }
            Value::Object(map) => map.values().for_each(|value| walk(value, depth + 1, found)),
            Value::Array(list) => list.iter().for_each(|value| walk(value, depth + 1, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    walk(fields, 0, &mut found);
    found
}
