//! Reads a recording's story off its entries.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use indexmap::IndexMap;
use recording::{Decoder, Entry, Header, Said, Seen, What};
use serde_json::{Map, Value, json};
use service::{ConnId, HttpRequest, Input, Login, Taken, act::Act};
use wire::{ClientFrame, Request};

use super::{
    Wanted, guess,
    people::{Identity, bare, client_of, plain, platform},
    setup,
    story::{Do, Known, Step, Story},
};

/// Methods that are no steps (`createTextMessage` …): what they make stands in the call that uses it.
fn makes(method: &str) -> bool {
    method.strip_prefix("create").is_some_and(|what| !what.is_empty())
}

struct Conn {
    /// Its client, by its name; empty as long as its login is not answered.
    client: String,
    login: Login,
    /// Publishes that wait for their UIDs: the step that sent each, and what its text is.
    sent: BTreeMap<u16, (Option<u64>, Option<String>)>,
    /// Told by the app's calls: nothing is guessed of its frames.
    told: bool,
    /// It said goodbye.
    left: bool,
}

/// A story in the making.
pub(super) struct Gathering<'a> {
    pub(super) story: Story,
    wanted: &'a Wanted,
    conns: BTreeMap<ConnId, Conn>,
    /// Clients whose calls are recorded, with the users that they turn out to have.
    pub(super) told: IndexMap<String, Option<(String, Login)>>,
    /// Clients that were seen by their frames alone: who they are, and the step at which each was last lost.
    pub(super) met: IndexMap<String, (Identity, Option<usize>)>,
    decoder: Decoder,
    /// Clients of whom it is recorded what was done to their surroundings: nothing is guessed of that.
    stepped: BTreeSet<String>,
    /// Told clients whose connection ended by itself, with the step that may be that.
    lost: BTreeMap<String, usize>,
    /// When the last entry was written.
    pub(super) last: Option<Duration>,
    /// Whose the tokens are that the set-up names.
    pub(super) users_of_tokens: BTreeMap<String, String>,
    pub(super) others: u32,
}

/// The story of a recording.
pub(super) fn gather(header: &Header, entries: &[Entry], wanted: &Wanted) -> Story {
    let (mut told, mut stepped) = (IndexMap::new(), BTreeSet::new());
    for entry in entries {
        if let What::Seen(Seen::Step { client, .. }) = &entry.what {
            stepped.insert(client.clone());
        }
        if let What::Seen(Seen::Call { client, .. }) = &entry.what {
            told.entry(client.clone()).or_insert(None);
        }
    }
    let mut service = setup::given(&header.world);
    if header.proxy.is_some() {
        // Which services another one has on nobody tells: what was done there could be done.
        service.insert("preset".to_owned(), "everything".into());
    }
    let is_part = !wanted.entries.is_empty();
    let story = Story { start: header.start.0, service, is_part, ..Story::default() };
    let mut gathering = Gathering {
        story,
        wanted,
        conns: BTreeMap::new(),
        told,
        met: IndexMap::new(),
        decoder: Decoder::of(header),
        stepped,
        lost: BTreeMap::new(),
        last: None,
        users_of_tokens: header
            .world
            .tokens
            .iter()
            .map(|(name, token)| (name.clone(), token.user.clone()))
            .collect(),
        others: 0,
    };
    // A token with a name in the set-up is that, whatever is the matter with it.
    if let Ok(world) = header.world() {
        for name in header.world.tokens.keys() {
            if let Some(token) = world.named_token(name) {
                gathering.story.tokens.insert(bare(token).to_owned(), format!("$token.{name}"));
            }
        }
    }
    for entry in entries {
        gathering.entry(entry);
    }
    // Nobody acts by the millisecond by hand; where the clock was moved by hand every one counts.
    let grain = if header.offset.is_some() { Duration::from_secs(1) } else { Duration::from_millis(1) };
    gathering.last = entries.last().map(|entry| entry.after);
    gathering.end(grain)
}

impl Gathering<'_> {
    fn is_wanted(&self, n: u64) -> bool {
        self.wanted.entries.is_empty() || self.wanted.entries.contains(&n)
    }

    /// Adds a step; what nobody asked for is none, but for logins.
    fn step(&mut self, entry: &Entry, what: Do) -> Option<usize> {
        let login = matches!(&what, Do::Call { method, .. } if method == "connect");
        if !login && !self.is_wanted(entry.n) {
            return None;
        }
        self.story.steps.push(Step { n: entry.n, after: entry.after, what });
        Some(self.story.steps.len() - 1)
    }

    fn entry(&mut self, entry: &Entry) {
        match &entry.what {
            What::Taken(taken) => self.taken(entry, taken),
            What::Said(Said::Down { conn, .. }) => {
                let told = self.decoder.decode(entry);
                self.down(entry, *conn, &told);
            }
            What::Said(Said::Close { conn, .. }) => {
                if let Some(conn) = self.conns.remove(conn)
                    && let Some((_, lost)) = self.met.get_mut(&conn.client)
                {
                    // The service ended it: whatever the client does then, it does by itself.
                    *lost = None;
                }
                self.decoder.learn(entry);
            }
            What::Seen(Seen::Call { client, method, args, .. }) if !makes(method) => {
                if matches!(method.as_str(), "disconnect" | "destroy") {
                    self.conns
                        .values_mut()
                        .filter(|conn| conn.client == *client)
                        .for_each(|conn| conn.left = true);
                }
                let what = Do::Call { client: client.clone(), method: method.clone(), args: args.clone() };
                self.step(entry, what);
            }
            What::Seen(Seen::Step { client, name, args }) => {
                let mut what = args.clone();
                if !client.is_empty() {
                    what.insert("client".to_owned(), client.as_str().into());
                }
                let step = match name.as_str() {
                    "network" => Some(json!({"network": what})),
                    "background" | "foreground" | "restart" | "reinstall" => {
                        Some(json!({name.as_str(): client}))
                    }
                    _ => None,
                };
                if let Some(step) = step {
                    self.step(entry, Do::Around(step));
                }
            }
            What::Said(_) | What::Clock(_) | What::Seen(_) => self.decoder.learn(entry),
        }
    }

    fn taken(&mut self, entry: &Entry, taken: &Taken) {
        self.decoder.learn(entry);
        match taken {
            Taken::Input(Input::Open { conn, login }) => {
                let told = client_of(&login.label).filter(|client| self.told.contains_key(*client));
                let (client, told) = (told.unwrap_or_default().to_owned(), told.is_some());
                let login = (**login).clone();
                self.conns.insert(*conn, Conn { client, login, sent: BTreeMap::new(), told, left: false });
            }
            Taken::Input(Input::Frame { conn, frame }) => self.frame(entry, *conn, frame),
            Taken::Input(Input::Closed { conn }) => self.closed(entry, *conn),
            Taken::Input(Input::Http { request, .. }) => self.request(entry, request),
            Taken::Act { act, done: 0, .. } => self.act(entry, act),
            Taken::Disarm { .. } => {
                self.step(entry, Do::Act(json!({"clearFaults": {}})));
            }
            _ => {}
        }
    }

    fn act(&mut self, entry: &Entry, act: &Act) {
        if let Act::Misbehave(misbehave) = act {
            // The scenario names it; it does not switch it on.
            if misbehave.on {
                self.story.bugs.insert(misbehave.bug);
            }
            return;
        }
        let Ok(mut act) = serde_json::to_value(act) else { return };
        setup::without_nothing(&mut act);
        self.step(entry, Do::Act(act));
    }

    fn request(&mut self, entry: &Entry, request: &HttpRequest) {
        if let Some(call) = guess::server_api(request) {
            self.step(entry, Do::Api(call));
        }
    }

    fn frame(&mut self, entry: &Entry, conn: ConnId, frame: &ClientFrame) {
        let Some(known) = self.conns.get_mut(&conn) else { return };
        let client = known.client.clone();
        match frame {
            ClientFrame::Publish(request) => self.asked(entry, conn, &client, request, true),
            ClientFrame::Query(request) => self.asked(entry, conn, &client, request, false),
            ClientFrame::Disconnect { .. } => {
                known.left = true;
                if !known.told && !client.is_empty() {
                    let args = Map::from_iter([("receivePush".to_owned(), true.into())]);
                    self.step(entry, Do::Call { client, method: "disconnect".to_owned(), args });
                }
            }
            _ => {}
        }
    }

    fn asked(&mut self, entry: &Entry, conn: ConnId, client: &str, request: &Request, publish: bool) {
        let Some(name) = request.topic.request() else {
            return self.unknown(entry, request);
        };
        let body = wire::reflect::judge(name, &request.body).map(|judged| judged.json).unwrap_or_default();
        let told = self.conns.get(&conn).is_none_or(|conn| conn.told);
        let step = if told || client.is_empty() {
            // The call that it comes of stands before it.
            let sends = |step: &&Step| matches!(&step.what, Do::Call { client: of, method, .. } if of == client && method.starts_with("send"));
            self.story.steps.iter().rev().find(sends).map(|step| step.n)
        } else {
            match guess::call(&request.topic, &request.target, &body) {
                guess::Guess::Call(method, args) => {
                    let what = Do::Call { client: client.to_owned(), method: method.to_owned(), args };
                    self.step(entry, what).map(|_| entry.n)
                }
                guess::Guess::More(args) => {
                    self.more(client, args);
                    None
                }
                guess::Guess::Noise => None,
                guess::Guess::Unknown => {
                    self.unknown(entry, request);
                    None
                }
            }
        };
        if publish && let Some(known) = self.conns.get_mut(&conn) {
            known.sent.insert(request.id, (step, guess::text_of(&body)));
        }
    }

    /// What a later frame tells of the call before it.
    fn more(&mut self, client: &str, more: Map<String, Value>) {
        let last = self.story.steps.iter_mut().rev().find_map(|step| match &mut step.what {
            Do::Call { client: of, args, .. } if of == client => Some(args),
            _ => None,
        });
        if let Some(args) = last {
            for (name, value) in more {
                if args.contains_key(&name) {
                    args.insert(name, value);
                }
            }
        }
    }

    fn unknown(&mut self, entry: &Entry, request: &Request) {
        if self.is_wanted(entry.n) {
            self.others += 1;
            if self.others <= 20 {
                let (topic, target) = (&request.topic, &request.target);
                self.story
                    .notes
                    .push(format!("entry {}: no call is known that asks `{topic}` of {target:?}", entry.n));
            }
        }
    }

    fn down(&mut self, entry: &Entry, conn: ConnId, told: &Value) {
        match told["frame"].as_str() {
            Some("CONNACK") => self.answered(entry, conn, told),
            Some("PUBACK") => {
                let Some(known) = self.conns.get_mut(&conn) else { return };
                let id = told["id"].as_u64().and_then(|id| u16::try_from(id).ok()).unwrap_or_default();
                let Some((step, text)) = known.sent.remove(&id) else { return };
                let uid = told["messageUId"].as_str().unwrap_or_default();
                if !uid.is_empty() {
                    let by = known.client.clone();
                    let sent = self.story.start + i64::try_from(entry.after.as_millis()).unwrap_or_default();
                    let to = self.story.messages.get(uid).map(|known| known.to.clone()).unwrap_or_default();
                    self.story.messages.insert(uid.to_owned(), Known { by, step, to, text, sent });
                }
            }
            Some("PUBLISH" | "QUERYACK") => {
                let client = self.conns.get(&conn).map(|conn| conn.client.clone()).unwrap_or_default();
                self.messages(entry.n, &client, &told["body"]["fields"]);
            }
            _ => {}
        }
    }

    /// Messages that somebody gets: whose they are, and when they were sent.
    fn messages(&mut self, n: u64, client: &str, fields: &Value) {
        for message in fields["list"].as_array().into_iter().flatten().chain([fields]) {
            let (Some(uid), Some(sent)) = (message["msgId"].as_str(), message["dataTime"].as_i64()) else {
                continue;
            };
            let text = guess::text_of(message);
            let known = self
                .story
                .messages
                .entry(uid.to_owned())
                .or_insert_with(|| Known { text, ..Known::default() });
            known.sent = sent;
            if known.by != client && !known.to.iter().any(|(to, _)| to == client) {
                known.to.push((client.to_owned(), n));
            }
        }
    }

    /// A login's answer tells whose the connection is.
    fn answered(&mut self, entry: &Entry, conn: ConnId, told: &Value) {
        let Some(known) = self.conns.get_mut(&conn) else { return };
        let (token, login) = (known.login.token.clone(), known.login.clone());
        let accepted = told["userId"].as_str().filter(|_| told["status"] == 0);
        let user = accepted.unwrap_or_else(|| token.strip_prefix("test:").unwrap_or_default()).to_owned();
        if accepted.is_some() {
            self.story.tokens.entry(bare(&token).to_owned()).or_insert_with(|| user.clone());
        }
        if known.told {
            let client = known.client.clone();
            if let Some(step) = self.lost.remove(&client).filter(|_| accepted.is_some()) {
                self.was_offline(entry, step, &client);
            }
            if let Some(of) = self.told.get_mut(&client)
                && of.is_none()
                && !user.is_empty()
            {
                *of = Some((user, login));
            }
            return;
        }
        let (platform, device, label) = (platform(&login), login.device_id.clone(), login.label.clone());
        let identity = Identity { user, platform, device, label };
        let place = self.met.values().position(|(other, _)| *other == identity);
        let (name, lost) = match place.and_then(|place| self.met.get_index_mut(place)) {
            Some((name, (_, lost))) => (name.clone(), lost.take()),
            None => {
                let name = self.new_name(&identity);
                self.met.insert(name.clone(), (identity, None));
                (name, None)
            }
        };
        known_as(&mut self.conns, conn, &name);
        match lost {
            // It was cut and came back by itself.
            Some(step) => self.was_offline(entry, step, &name),
            None => {
                let args =
                    Map::from_iter([("token".to_owned(), token.into()), ("timeout".to_owned(), 10.into())]);
                self.step(entry, Do::Call { client: name, method: "connect".to_owned(), args });
            }
        }
    }

    /// A client that was thought to have left was only offline: from that step on until now.
    fn was_offline(&mut self, entry: &Entry, step: usize, client: &str) {
        let network = |what: &str| Do::Around(json!({"network": {"client": client, "do": what}}));
        self.story.steps[step].what = network("offline");
        self.step(entry, network("online"));
    }

    /// A name that no other client has: its user's, then with its platform, then with a number.
    fn new_name(&self, identity: &Identity) -> String {
        let user = if identity.user.is_empty() { "stranger" } else { &identity.user };
        let plain = plain(user);
        let candidates = [plain.clone(), format!("{plain}_{}", identity.platform.to_lowercase())];
        let numbered = (2..).map(|n| format!("{plain}_{n}"));
        let taken = |name: &String| self.met.contains_key(name) || self.told.contains_key(name);
        candidates.into_iter().chain(numbered).find(|name| !taken(name)).unwrap_or(plain)
    }

    fn closed(&mut self, entry: &Entry, conn: ConnId) {
        let Some(known) = self.conns.remove(&conn) else { return };
        if known.left || known.client.is_empty() || self.stepped.contains(&known.client) {
            return;
        }
        // Whether the app went away or only its network nobody knows before it comes again.
        let args = Map::from_iter([("receivePush".to_owned(), true.into())]);
        let what = Do::Call { client: known.client.clone(), method: "disconnect".to_owned(), args };
        let step = self.step(entry, what);
        match self.met.get_mut(&known.client) {
            Some((_, lost)) => *lost = step,
            None => {
                step.map(|step| self.lost.insert(known.client.clone(), step));
            }
        }
    }
}

fn known_as(conns: &mut BTreeMap<ConnId, Conn>, conn: ConnId, name: &str) {
    if let Some(known) = conns.get_mut(&conn) {
        known.client = name.to_owned();
    }
}
