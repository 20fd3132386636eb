//! A recording as what it means: a lane a client, and what happened in each, in order.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::BufRead,
    time::Duration,
};

use recording::{Decoder, End, Entry, Header, Reader, Said, Seen, What};
use serde_json::{Map, Value, json};
use service::{ConnId, Input, Taken};

use super::{
    fields::{Fields, form},
    node::{hash, shape, slot},
    rules::{Mode, Of, Rules},
};

/// So many entries are compared; a recording with more is compared up to there.
pub const MOST: u64 = 1 << 20;
/// And so many bytes of what they mean.
const MOST_BYTES: usize = 1 << 29;

/// Where something happened, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Lane {
    pub(crate) kind: LaneKind,
    /// The client's, or the user's.
    pub(crate) whose: String,
}

/// What happens in a lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum LaneKind {
    /// What the operator did.
    Operator,
    /// HTTP of a client.
    Http,
    /// Frames of a client.
    Frames,
    /// Calls and callbacks of a client's app.
    App,
    /// Calls of the app's own server.
    Webhooks,
}

impl Lane {
    /// In words.
    pub(crate) fn words(&self) -> String {
        let what = match self.kind {
            LaneKind::Operator => return "the operator".to_owned(),
            LaneKind::Webhooks => return "the app's server".to_owned(),
            LaneKind::Http => "HTTP",
            LaneKind::Frames => "frames",
            LaneKind::App => "app",
        };
        if self.whose.is_empty() { what.to_owned() } else { format!("{} ({what})", self.whose) }
    }
}

/// Which way something went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Way {
    Up,
    Down,
}

/// What an entry means.
#[derive(Debug)]
pub(crate) struct Meaning {
    pub(crate) n: u64,
    pub(crate) after: Duration,
    pub(crate) way: Way,
    /// Its kind in words: `-> QUERY pullMsg`, `onConnected`.
    pub(crate) what: Box<str>,
    pub(crate) what_hash: u64,
    /// Of all but its names.
    pub(crate) shape: u64,
    /// All of it, as JSON: trees of a whole session would take ten times as much.
    pub(crate) text: Box<str>,
}

/// A recording as what it means.
#[derive(Debug)]
pub struct Session {
    pub(crate) header: Header,
    pub(crate) lanes: Vec<(Lane, Vec<Meaning>)>,
    pub(crate) names: BTreeSet<String>,
    /// Whether it tells what apps called and were told.
    pub(crate) apps: bool,
    /// What ended it.
    pub end: End,
    /// The last entry that was read.
    pub entries: u64,
    /// It is longer than what is compared.
    pub too_long: bool,
}

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

#[derive(Debug)]
struct Building<'r> {
    fields: Fields<'r>,
    decoder: Decoder,
    owners: Owners,
    lanes: Vec<(Lane, Vec<Meaning>)>,
    /// How many connections each user opened that have no name of their own.
    opened: BTreeMap<String, usize>,
    apps: bool,
    bytes: usize,
}

impl Session {
    /// Reads a recording to its end, or as far as it is intact.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn read(reader: &mut Reader<impl BufRead>, rules: &Rules) -> Result<Self, String> {
        let header = reader.header().clone();
        let mut fields = Fields::new(rules, header.start.0, &header.app_key);
        for address in [&header.endpoints.navi, &header.endpoints.websocket, &header.endpoints.tcp] {
            fields.found_at(address);
        }
        let (decoder, owners) = Default::default();
        let mut building = Building {
            fields,
            decoder,
            owners,
            lanes: Vec::new(),
            opened: BTreeMap::new(),
            apps: false,
            bytes: 0,
        };
        let mut too_long = false;
        while let Some(entry) = reader.next_entry().map_err(|error| error.to_string())? {
            if entry.n > MOST || building.bytes > MOST_BYTES {
                too_long = true;
                break;
            }
            building.add(&entry);
        }
        let Building { fields, mut lanes, apps, .. } = building;
        // Nobody ever connected with those tokens.
        for (lane, _) in &mut lanes {
            if lane.whose.starts_with('\u{1}') {
                lane.whose.clear();
            }
        }
        let end = reader.end().cloned().unwrap_or(End::Whole);
        let entries = reader.last();
        Ok(Self { header, lanes, names: fields.names, apps, end, entries, too_long })
    }
}

impl Building<'_> {
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
            && self.lanes[http].0.whose.starts_with('\u{1}')
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

    fn add(&mut self, entry: &Entry) {
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
        let lane = Lane { kind: LaneKind::Http, whose: format!("\u{1}{token}") };
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

/// The number of a frame: each direction counts its own; what is asked or sent begins, the rest answers it.
fn frame_id(frame: &str, way: Way, id: u64) -> Value {
    let begins = matches!(frame, "QUERY" | "PUBLISH");
    let mine = (way == Way::Up) == (begins || frame == "QUERYCON");
    slot(Of::FrameIds, &format!("{} {id}", if mine { "up" } else { "down" }), begins)
}

/// What something that a service said means, by itself.
#[derive(Debug)]
pub(crate) struct Means {
    what: String,
    shape: u64,
    /// With slots for names.
    pub(crate) fields: Value,
}

impl Means {
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        self.shape == other.shape && self.what == other.what
    }

    pub(crate) fn is_of_kind(&self, other: &Self) -> bool {
        self.what == other.what
    }
}

/// What an entry of a service means, as the decoder tells it.
pub(crate) fn means_of(told: &Value, rules: &Rules, start: i64) -> Means {
    let text = |key: &str| told[key].as_str().unwrap_or_default();
    let what = format!("{} {} {}", text("is"), text("frame"), text("topic"));
    let mut told = told.clone();
    if let Some(fields) = told.as_object_mut() {
        if let Some(id) = fields.remove("id").and_then(|id| id.as_u64()).filter(|id| *id > 0)
            && fields.contains_key("frame")
        {
            let frame = fields["frame"].as_str().unwrap_or_default();
            let slot = frame_id(frame, Way::Down, id);
            fields.insert("id".to_owned(), slot);
        }
        fields.remove("conn");
    }
    let fields = Fields::new(rules, start, "").means("", &told).unwrap_or(Value::Null);
    Means { what, shape: shape(&fields), fields }
}

/// A token without what stands behind `@`.
pub(crate) fn opaque(token: &str) -> &str {
    token.split('@').next().unwrap_or_default()
}

/// The parts of a form that uploads a file, by their names: its boundary is drawn.
fn multipart(text: &str) -> Option<Value> {
    let boundary =
        text.lines().next().filter(|line| line.starts_with("--") && text.contains("Content-Disposition"))?;
    let mut parts = Map::new();
    for part in text.split(boundary).skip(1) {
        if let Some((head, value)) = part.split_once("\r\n\r\n")
            && let Some((_, name)) = head.split_once("name=\"")
        {
            let name = name.split('"').next().unwrap_or_default();
            parts.insert(name.to_owned(), value.trim_end_matches("\r\n").into());
        }
    }
    Some(Value::Object(parts))
}

/// A body in fields: JSON, JSON in a call (`callback({…})`), or a form; text where it is neither.
pub(crate) fn body(told: &Value) -> Value {
    let Value::String(text) = told else { return told.clone() };
    if let Some((_, inner)) = text.trim_end_matches([';', '\n', ' ']).split_once('(')
        && let Some(inner) = inner.strip_suffix(')')
        && let Ok(json @ Value::Object(_)) = serde_json::from_str(inner)
    {
        return json;
    }
    if let Some(parts) = multipart(text) {
        return parts;
    }
    let is_form = !text.is_empty()
        && text.len() < 1 << 16
        && text.split('&').all(|part| {
            part.split_once('=').is_some_and(|(key, _)| {
                key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.%[]".contains(&byte))
            })
        });
    if is_form { form(text) } else { told.clone() }
}

impl Session {
    /// Forgets what apps called and were told.
    pub(crate) fn without_apps(&mut self) {
        self.lanes.retain(|(lane, _)| lane.kind != LaneKind::App);
    }
}
