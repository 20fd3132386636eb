//! The world that a recording shows: who signs in, who is in which group, which rooms there are.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::BufRead,
};

use recording::{Decoder, Reader, Said, What};
use serde_json::{Map, Value, json};
use service::{ConnId, Input, Taken, setup::WorldSetup};

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

/// A world as far as a recording shows it.
#[derive(Debug, Default)]
pub(super) struct Shown {
    pub(super) setup: WorldSetup,
    /// Whose each token is.
    pub(super) tokens: BTreeMap<String, String>,
}

#[derive(Debug, Default)]
struct Found {
    users: BTreeSet<String>,
    tokens: BTreeMap<String, String>,
    groups: BTreeMap<String, BTreeSet<String>>,
    ultra_groups: BTreeMap<String, (BTreeSet<String>, BTreeSet<String>)>,
    rooms: BTreeSet<String>,
    switches: BTreeMap<&'static str, bool>,
    /// Whose each connection is, and the token that it came with.
    conns: BTreeMap<ConnId, (String, String)>,
    /// The room that each query is about.
    joins: BTreeMap<(ConnId, u64), String>,
}

/// Reads a recording for the world that it shows, and what a reader should know of it.
pub(super) fn shown(reader: &mut Reader<impl BufRead>) -> Result<(Shown, Vec<String>), String> {
    let (mut found, mut decoder) = (Found::default(), Decoder::default());
    while let Some(entry) = reader.next_entry().map_err(|error| error.to_string())? {
        let told = decoder.decode(&entry);
        match &entry.what {
            What::Taken(Taken::Input(Input::Open { conn, login })) => {
                found.conns.insert(*conn, (String::new(), opaque(&login.token).to_owned()));
            }
            What::Taken(Taken::Input(Input::Frame { conn, .. })) => found.asked(*conn, &told),
            What::Said(Said::Down { conn, .. }) => found.told(*conn, &told),
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
    fn asked(&mut self, conn: ConnId, told: &Value) {
        let (Some(topic), Some(target)) = (told["topic"].as_str(), told["target"].as_str()) else { return };
        let me = self.is_mine(conn);
        let channel = told["body"]["fields"]["busChannel"].as_str().unwrap_or_default();
        match topic {
            "ppMsgP" | "ppMsgS" | "qryPMsg" => self.user(target),
            "pgMsgP" | "pgMsgS" | "rrMsg" | "rrList" => self.group(target, [&me, ""]),
            "ugMsg" | "updUgRTime" | "qryUgMsg" => self.ultra_group(target, channel, [&me, ""]),
            "joinChrm" | "joinChrmR" => {
                if let Some(id) = told["id"].as_u64() {
                    self.joins.insert((conn, id), target.to_owned());
                }
            }
            _ => {}
        }
    }

    fn told(&mut self, conn: ConnId, told: &Value) {
        match told["frame"].as_str() {
            Some("CONNACK") => {
                let Some(user) = told["userId"].as_str() else { return };
                self.user(user);
                if let Some((mine, token)) = self.conns.get_mut(&conn) {
                    user.clone_into(mine);
                    self.tokens.insert(token.clone(), user.to_owned());
                }
            }
            Some("QUERYACK") => {
                let joined = told["id"].as_u64().and_then(|id| self.joins.remove(&(conn, id)));
                if let Some(room) = joined.filter(|_| told["status"] == 0 && self.rooms.len() < MOST) {
                    self.rooms.insert(room);
                }
                self.messages(conn, &told["body"]["fields"]);
            }
            _ => self.messages(conn, &told["body"]["fields"]),
        }
    }

    /// Whoever gets a group's message is in it, and whoever sent it.
    fn messages(&mut self, conn: ConnId, fields: &Value) {
        let me = self.is_mine(conn);
        let list = fields["list"].as_array().map_or(&[][..], Vec::as_slice);
        for message in std::iter::once(fields).chain(list) {
            let Some(from) = message["fromUserId"].as_str() else { continue };
            let group = message["groupId"].as_str().unwrap_or_default();
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
        let rooms: Map<String, Value> = self.rooms.iter().map(|id| (id.clone(), json!({}))).collect();
        let (signed_in, groups) = (self.tokens.len(), self.groups.len() + ultra_groups.len());
        let note = format!(
            "made from what it shows: {} users ({signed_in} tokens), {groups} groups, {} rooms",
            users.len(),
            rooms.len()
        );
        let setup = json!({
            "users": users, "groups": self.groups, "ultraGroups": ultra_groups, "chatrooms": rooms,
            "preset": "everything", "switches": self.switches,
        });
        let setup =
            serde_json::from_value(setup).map_err(|error| format!("no world can be made of it: {error}"))?;
        Ok((Shown { setup, tokens: self.tokens }, vec![note]))
    }
}
