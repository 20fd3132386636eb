//! Reads entries into lanes, one after the other.

use std::collections::{BTreeMap, BTreeSet};

use recording::{Decoder, Entry, Header, Said, Seen, What};
use serde_json::{Map, Value, json};
use service::{ConnId, Input, Taken};

use super::{
    body::{body, opaque},
    fields::{Fields, form},
    means::frame_id,
    modes::{Mode, Rules},
    node::{hash, shape},
    rules::Of,
    session::{Lane, LaneKind, Lanes, Meaning, Way},
};

/// Begins the name of a lane of which only the token is known yet.
const UNNAMED: char = '\u{1}';

/// Which lane an HTTP request or a connection belongs to, as long as nobody knows the client's name.
#[derive(Debug, Default)]
struct Owners {
    /// By connection: the lane's number.
    conns: BTreeMap<ConnId, usize>,
    /// By token: the lane of its HTTP requests.
    tokens: BTreeMap<String, usize>,
    /// By request: its lane, and what it is.
    requests: BTreeMap<u64, (usize, Box<str>)>,
    /// Connections that are over: what still arrives on one nobody hears.
    over: BTreeSet<ConnId>,
    by_name: BTreeMap<Lane, usize>,
}

/// A session in the making.
#[derive(Debug)]
pub(super) struct Building<'r> {
    fields: Fields<'r>,
    decoder: Decoder,
    owners: Owners,
    lanes: Lanes,
    /// How many connections each user opened that have no name of their own.
    opened: BTreeMap<String, usize>,
    apps: bool,
    bytes: usize,
}

impl<'r> Building<'r> {
    pub(super) fn of(header: &Header, rules: &'r Rules) -> Self {
        let mut fields = Fields::new(rules, header.start.0, &header.app_key);
        for address in [&header.endpoints.navi, &header.endpoints.websocket, &header.endpoints.tcp] {
            fields.found_at(address);
        }
        let (decoder, owners) = Default::default();
        Self { fields, decoder, owners, lanes: Vec::new(), opened: BTreeMap::new(), apps: false, bytes: 0 }
    }

    /// What it keeps.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// The lanes, the ids of users and the like that were seen, and whether anybody told of apps.
    pub(super) fn finish(self) -> (Lanes, BTreeSet<String>, bool) {
        let mut lanes = self.lanes;
        // Nobody ever connected with those tokens.
        for (lane, _) in &mut lanes {
            if lane.whose.starts_with(UNNAMED) {
                lane.whose.clear();
            }
        }
        (lanes, self.fields.names, self.apps)
    }

    fn lane(&mut self, kind: LaneKind, whose: &str) -> usize {
        let lane = Lane { kind, whose: whose.to_owned() };
        *self.owners.by_name.entry(lane.clone()).or_insert_with(|| {
            self.lanes.push((lane, Vec::new()));
            self.lanes.len() - 1
        })
    }

    fn conn_lane(&mut self, conn: ConnId) -> usize {
        if let Some(lane) = self.owners.conns.get(&conn) {
            return *lane;
        }
        let lane = self.lane(LaneKind::Frames, "");
        self.owners.conns.insert(conn, lane);
        lane
    }

    /// A connection is opened: `one/2` is the second of `one`; one without a name is its user's, as soon as that is known.
    fn opened(&mut self, conn: ConnId, label: &str, token: &str) {
        let lane = if label.is_empty() {
            // Named by the answer to its login.
            let lane = Lane { kind: LaneKind::Frames, whose: format!("connection {}", conn.0) };
            self.lanes.push((lane, Vec::new()));
            self.lanes.len() - 1
        } else {
            let client = label.rsplit_once('/').map_or(label, |(client, _)| client).to_owned();
            self.lane(LaneKind::Frames, &client)
        };
        self.owners.conns.insert(conn, lane);
        // What was asked by HTTP with its token was asked by this client, unless another had it before.
        if let Some(http) = self.owners.tokens.get(opaque(token)).copied()
            && self.lanes[http].0.whose.starts_with(UNNAMED)
        {
            self.lanes[http].0.whose = self.lanes[lane].0.whose.clone();
        }
    }

    /// The user of a connection without a name.
    fn welcomed(&mut self, conn: ConnId, user: &str) {
        let Some(lane) = self.owners.conns.get(&conn).copied() else { return };
        let unnamed = format!("connection {}", conn.0);
        if self.lanes[lane].0.whose != unnamed {
            return;
        }
        let count = self.opened.entry(user.to_owned()).or_default();
        *count += 1;
        let name = if *count == 1 { user.to_owned() } else { format!("{user} #{count}") };
        for (lane, _) in &mut self.lanes {
            if lane.whose == unnamed {
                lane.whose.clone_from(&name);
            }
        }
    }

    /// Takes in the next entry.
    pub(super) fn add(&mut self, entry: &Entry) {
        let rules = self.fields.rules;
        let told = self.decoder.decode(entry);
        match &entry.what {
            What::Taken(Taken::Input(input)) => match input {
                Input::Open { conn, login } => {
                    self.opened(*conn, &login.label, &login.token);
                    if rules.leaves_out(Of::Frames) {
                        return;
                    }
                    let (platform, sdk, transport) = (&login.platform, &login.sdk_version, &login.transport);
                    let fields = json!({
                        "transport": transport, "platform": platform, "sdk": sdk, "token": login.token,
                        "reconnect": login.reconnect, "giveWay": login.give_way, "protocolVersion": login.protocol_version,
                    });
                    self.push(entry, self.owners.conns[conn], Way::Up, "-> open", fields);
                }
                Input::Frame { conn, .. } => self.frame(entry, *conn, Way::Up, told),
                Input::Poll { conn } => {
                    self.other(entry, *conn, Of::Heartbeats, Way::Up, "-> poll", json!({}))
                }
                Input::Garbage { conn, error } => {
                    self.other(entry, *conn, Of::Frames, Way::Up, "-> garbage", json!({"error": error}));
                }
                Input::Closed { conn } => {
                    self.other(entry, *conn, Of::Frames, Way::Up, "-> closed", json!({}));
                    self.owners.over.insert(*conn);
                }
                Input::Http { id, request } => {
                    let query = form(&request.query);
                    let body = body(&told["body"]);
                    let token = [&query, &body].into_iter().find_map(|fields| fields["token"].as_str());
                    let mine = token.map_or("", opaque).to_owned();
                    let lane = self.http_lane(&mine);
                    let what: Box<str> = format!("{} {}", request.method, request.path).into();
                    let mut fields = json!({"query": query, "body": body});
                    if rules.mode(Of::Headers) == Mode::Strict {
                        fields["headers"] = json!(request.headers);
                    }
                    if !rules.leaves_out(Of::Http) {
                        self.push(entry, lane, Way::Up, &format!("-> {what}"), fields);
                    }
                    self.owners.requests.insert(id.0, (lane, what));
                }
            },
            What::Taken(Taken::Act { act, .. }) if !rules.leaves_out(Of::Acts) => {
                let lane = self.lane(LaneKind::Operator, "");
                self.push(entry, lane, Way::Up, &format!("-- act {}", act_name(&told)), json!({"act": act}));
            }
            What::Taken(Taken::Act { .. }) => {}
            What::Taken(_) | What::Clock(_) => {
                if !rules.leaves_out(Of::Operator) {
                    let lane = self.lane(LaneKind::Operator, "");
                    let what = format!("-- {}", told["is"].as_str().unwrap_or_default());
                    self.push(entry, lane, Way::Up, &what, told);
                }
            }
            What::Said(said) => self.said(entry, said, told),
            What::Seen(seen) => {
                self.apps = true;
                let (client, of, what) = match seen {
                    Seen::Call { client, method, .. } => (client, Of::Calls, format!("call {method}")),
                    Seen::Callback { client, name, .. } => (client, Of::Callbacks, name.clone()),
                    Seen::Step { client, name, .. } => (client, Of::Calls, format!("step {name}")),
                };
                if rules.leaves_out(of) {
                    return;
                }
                let lane = self.lane(LaneKind::App, client);
                let way = if of == Of::Calls { Way::Up } else { Way::Down };
                self.push(
                    entry,
                    lane,
                    way,
                    &what,
                    json!({"args": told["args"], "returned": told["returned"]}),
                );
            }
        }
    }

    fn said(&mut self, entry: &Entry, said: &Said, told: Value) {
        match said {
            Said::Down { conn, .. } => {
                if told["frame"] == "CONNACK"
                    && let Some(user) = told["userId"].as_str()
                {
                    self.welcomed(*conn, user);
                }
                self.frame(entry, *conn, Way::Down, told);
            }
            Said::DownRaw { conn, raw } => {
                let fields = json!({"raw": raw.len()});
                self.other(entry, *conn, Of::Frames, Way::Down, "<- bytes that are no frame", fields);
            }
            Said::Close { conn, how } => {
                self.other(entry, *conn, Of::Frames, Way::Down, "<- close", json!({"how": how}));
                self.owners.over.insert(*conn);
            }
            Said::PollAnswered { conn } => {
                self.other(entry, *conn, Of::Heartbeats, Way::Down, "<- poll answered", json!({}));
            }
            Said::Response { id, answer } => {
                let known = self.owners.requests.remove(&id.0);
                let (lane, what) = known.unwrap_or_else(|| (self.http_lane(""), "a request".into()));
                let body = body(&told["body"]);
                if what.contains("/navi") {
                    self.learn_addresses(&body);
                }
                if self.fields.rules.leaves_out(Of::Http) {
                    return;
                }
                let mut fields = json!({"status": told["status"], "body": body});
                if let (Mode::Strict, Some(answer)) = (self.fields.rules.mode(Of::Headers), answer) {
                    fields["headers"] = json!(answer.headers);
                    fields["contentType"] = json!(answer.content_type);
                }
                self.push(entry, lane, Way::Down, &format!("<- answer to {what}"), fields);
            }
            Said::Webhook(webhook) => {
                if self.fields.rules.leaves_out(Of::Webhooks) {
                    return;
                }
                let lane = self.lane(LaneKind::Webhooks, "");
                let (path, query) = webhook.url.split_once('?').unwrap_or((&webhook.url, ""));
                let path = path.splitn(4, '/').nth(3).unwrap_or(path);
                let fields = json!({"query": form(query), "body": body(&told["body"])});
                self.push(entry, lane, Way::Down, &format!("<- webhook {path}"), fields);
            }
        }
    }

    /// HTTP of whoever has that token; its lane gets the client's name when that connects with it.
    fn http_lane(&mut self, token: &str) -> usize {
        if token.is_empty() {
            return self.lane(LaneKind::Http, "");
        }
        if let Some(lane) = self.owners.tokens.get(token) {
            return *lane;
        }
        let lane = Lane { kind: LaneKind::Http, whose: format!("{UNNAMED}{token}") };
        self.lanes.push((lane, Vec::new()));
        self.owners.tokens.insert(token.to_owned(), self.lanes.len() - 1);
        self.lanes.len() - 1
    }

    /// What navigation names is where the service is.
    fn learn_addresses(&mut self, body: &Value) {
        match body {
            Value::Object(map) => {
                for (key, value) in map {
                    if let "server" | "addr" | "uploadServer" | "backupServer" = key.as_str()
                        && let Some(text) = value.as_str()
                    {
                        text.split(',').for_each(|one| self.fields.found_at(one.trim()));
                    }
                    self.learn_addresses(value);
                }
            }
            Value::Array(list) => list.iter().for_each(|item| self.learn_addresses(item)),
            _ => {}
        }
    }

    fn frame(&mut self, entry: &Entry, conn: ConnId, way: Way, told: Value) {
        let frame = told["frame"].as_str().unwrap_or("undecodable frame").to_owned();
        let of = if frame.starts_with("PING") { Of::Heartbeats } else { Of::Frames };
        let arrow = if way == Way::Up { "->" } else { "<-" };
        let topic = told["topic"].as_str().map_or_else(String::new, |topic| format!(" {topic}"));
        let mut fields = Map::new();
        let Value::Object(told) = told else { return };
        for (key, value) in told {
            match key.as_str() {
                "is" | "conn" | "frame" | "topic" => {}
                "id" => {
                    if let Some(id) = value.as_u64().filter(|id| *id > 0) {
                        match self.fields.rules.mode(Of::FrameIds) {
                            Mode::Usual => drop(fields.insert(key, frame_id(&frame, way, id))),
                            Mode::Strict => drop(fields.insert("number".to_owned(), value)),
                            Mode::Ignored => {}
                        }
                    }
                }
                _ => drop(fields.insert(key, value)),
            }
        }
        // Undecodable bodies are known by their length alone.
        if fields.get("body").is_some_and(|body| body.get("message").is_none())
            && let Some(bytes) = fields["body"].get("bytes").cloned()
        {
            fields.insert("body".to_owned(), json!({"length": bytes}));
        }
        self.other(entry, conn, of, way, &format!("{arrow} {frame}{topic}"), Value::Object(fields));
    }

    fn other(&mut self, entry: &Entry, conn: ConnId, of: Of, way: Way, what: &str, fields: Value) {
        let rules = self.fields.rules;
        if self.owners.over.contains(&conn) {
            return;
        }
        let lane = self.conn_lane(conn);
        if !rules.leaves_out(of) && !rules.leaves_out(Of::Frames) {
            self.push(entry, lane, way, what, fields);
        }
    }

    fn push(&mut self, entry: &Entry, lane: usize, way: Way, what: &str, fields: Value) {
        let mut fields = self.fields.means("", &fields).unwrap_or(Value::Null);
        if !self.fields.rules.leaves_out(Of::Pace) {
            fields["after"] = json!(u64::try_from(entry.after.as_millis()).unwrap_or(u64::MAX));
        }
        let what_hash = hash(what);
        let text: Box<str> = fields.to_string().into();
        self.bytes += text.len() + what.len() + size_of::<Meaning>();
        let shape = shape(&fields) ^ what_hash.rotate_left(17);
        let meaning =
            Meaning { n: entry.n, after: entry.after, way, what: what.into(), what_hash, shape, text };
        self.lanes[lane].1.push(meaning);
    }
}

fn act_name(told: &Value) -> String {
    match &told["act"] {
        Value::Object(act) => act.keys().next().cloned().unwrap_or_default(),
        Value::String(name) => name.clone(),
        _ => String::new(),
    }
}
