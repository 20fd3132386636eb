//! The clients' half of a recording, fed to a world of ours; what that says is a recording, too.

use std::{
    collections::{BTreeMap, VecDeque},
    io::BufRead,
};

use recording::{Decoder, Entry, FORMAT, Header, Reader, Said, What, Writer};
use serde_json::Value;
use service::{ConnId, HttpRequest, Input, Service, Taken, setup::WorldSetup};
use wire::{ClientFrame, UnixMillis};

use super::{
    rewrite::{self, Names},
    world::Shown,
};
use crate::recorded::meaning::{Bound, MOST, Means, Rules, means_of, opaque};

/// Of a connection so much that our world said is kept until the recording says it, too.
const WAITING: usize = 4_096;
/// An instant that was not said is this near one that was, milliseconds, or it stays as it is.
const NEAR: i64 = 3_600_000;
/// The seed of our world: other ids than those of a world that had none.
const SEED: u64 = 0x6d65_616e;

/// Our world, what it says, and what of that the recording's service said.
struct Feed<'s> {
    service: Service,
    shown: &'s Shown,
    /// How many of the messages were sent that people sent who are not in the recording.
    unseen: usize,
    /// What our world issued for each token of theirs.
    tokens: BTreeMap<&'s str, String>,
    start: UnixMillis,
    now: UnixMillis,
    writer: Writer,
    bytes: Vec<u8>,
    /// What our world said and the recording has not yet, by whom it is for.
    waiting: BTreeMap<u64, VecDeque<(Means, Value)>>,
    theirs: Decoder,
    ours: Decoder,
    known: Known,
}

/// The names of the recording's things, and those that ours have.
struct Known {
    bound: Bound,
    instants: BTreeMap<i64, i64>,
    start: i64,
}

impl Names for Known {
    fn name(&self, text: &str) -> Option<String> {
        let other = ["message", "made"].into_iter().find_map(|kind| self.bound.known(kind, text))?;
        (other != text).then(|| other.to_owned())
    }

    fn instant(&self, at: UnixMillis) -> Option<UnixMillis> {
        if at.0 < self.start - NEAR {
            return None;
        }
        // What a client reckons from an instant that it was told moves with it.
        let (theirs, ours) = self.instants.range(..=at.0).next_back()?;
        let new = at.0 + (ours - theirs);
        (at.0 - theirs <= NEAR && new != at.0).then_some(UnixMillis(new))
    }
}

/// Feeds a recording to a world as it shows it: gives the recording of that.
///
/// # Errors
/// It cannot be read, or the world cannot be made: a sentence.
pub(super) fn fed(
    reader: &mut Reader<impl BufRead>,
    shown: &Shown,
    setup: &WorldSetup,
) -> Result<Vec<u8>, String> {
    let Header { app_key, start, endpoints, offset, .. } = reader.header().clone();
    let header = Header {
        recording: FORMAT,
        made_by: format!("harness {}", env!("CARGO_PKG_VERSION")),
        app_key,
        client: "the service of this build".to_owned(),
        start,
        offset,
        seed: SEED,
        said: true,
        ends: false,
        from: 1,
        open: Vec::new(),
        endpoints,
        proxy: None,
        world: setup.clone(),
    };
    let mut service =
        header.world().map_err(|mistakes| format!("no world can be made of it: {}", mistakes.join("; ")))?;
    service.tell_taken();
    let tokens =
        shown.tokens.iter().map(|(token, user)| (token.as_str(), service.issue_token(start, user))).collect();
    let mut bytes = Vec::new();
    let writer = Writer::begin(&header, &mut bytes);
    let known = Known { bound: Bound::default(), instants: BTreeMap::new(), start: start.0 };
    let (theirs, ours, waiting) = Default::default();
    let mut feed = Feed {
        service,
        shown,
        unseen: 0,
        tokens,
        start,
        now: start,
        writer,
        bytes,
        waiting,
        theirs,
        ours,
        known,
    };
    feed.drain();
    while let Some(entry) = reader.next_entry().map_err(|error| error.to_string())? {
        if entry.n > MOST {
            break;
        }
        feed.entry(entry);
    }
    Ok(feed.bytes)
}

/// Whom something is for: a connection, or an HTTP request.
fn whose(said: &Said) -> Option<u64> {
    match said {
        Said::Down { conn, .. } | Said::DownRaw { conn, .. } | Said::Close { conn, .. } => Some(conn.0 << 1),
        Said::PollAnswered { .. } | Said::Webhook(_) => None,
        Said::Response { id, .. } => Some(id.0 << 1 | 1),
    }
}

impl Feed<'_> {
    fn entry(&mut self, entry: Entry) {
        let at = self.start + entry.after;
        self.send_unseen(entry.n, at);
        self.run_until(at);
        match &entry.what {
            What::Taken(Taken::Input(input)) => {
                self.theirs.learn(&entry);
                if let Some(input) = self.rewritten(input.clone()) {
                    self.service.handle(self.now, input);
                    self.drain();
                }
            }
            What::Said(said) => {
                let told = self.theirs.decode(&entry);
                if let Some(key) = whose(said) {
                    self.heard(key, &told);
                }
            }
            // How the other service was run is its own affair.
            _ => {}
        }
    }

    /// What people sent who are not in the recording, as far as it was sent by then.
    fn send_unseen(&mut self, n: u64, at: UnixMillis) {
        while let Some(message) = self.shown.unseen.get(self.unseen)
            && (message.at <= at.0 || message.before <= n)
        {
            self.unseen += 1;
            self.run_until(UnixMillis(message.at.min(at.0)).max(self.now));
            // What our world refuses is missing in the end, and told of.
            let _ = self.service.act(self.now, &message.act);
            self.drain();
        }
    }

    /// Timers run when they are due; a bounded number at an instant.
    fn run_until(&mut self, at: UnixMillis) {
        const ROUNDS: usize = 100_000;
        for _ in 0..ROUNDS {
            let Some(due) = self.service.next_deadline().filter(|due| *due <= at) else { break };
            self.now = self.now.max(due);
            self.service.on_deadline(self.now);
            self.drain();
        }
        self.now = self.now.max(at);
    }

    fn drain(&mut self) {
        while let Some((at, taken)) = self.service.poll_taken() {
            let what = What::Taken(taken);
            self.writer.add(at, &what, &mut self.bytes);
            self.ours.learn(&Entry { n: self.writer.last(), after: at.since(self.start), what });
        }
        while let Some(output) = self.service.poll_output() {
            let said = self.writer.said(&output);
            let told = self.ours.said(&said);
            if let Some(key) = whose(&said) {
                let waiting = self.waiting.entry(key).or_default();
                if waiting.len() >= WAITING {
                    waiting.pop_front();
                }
                waiting.push_back((means_of(&told, &Rules::to_learn(), self.start.0), told));
            }
            self.writer.add(self.now, &What::Said(said), &mut self.bytes);
        }
    }

    /// The recording's service says something: if ours has said the same, their names are bound.
    fn heard(&mut self, key: u64, told: &Value) {
        let theirs = means_of(told, &Rules::to_learn(), self.start.0);
        let Some(waiting) = self.waiting.get_mut(&key) else { return };
        let same = waiting.iter().position(|(ours, _)| ours.is_like(&theirs));
        let Some(at) = same.or_else(|| waiting.iter().position(|(ours, _)| ours.is_of_kind(&theirs))) else {
            return;
        };
        let Some((ours, ours_told)) = waiting.remove(at) else { return };
        if waiting.is_empty() {
            self.waiting.remove(&key);
        }
        let lane = usize::try_from(key).unwrap_or(usize::MAX - 1);
        self.known.bound.places((&theirs.fields, &ours.fields), lane, 0);
        learn_instants(told, &ours_told, self.start.0, &mut self.known.instants);
    }

    /// An input as our world has to be told it; `None`: it says nothing to us.
    fn rewritten(&self, input: Input) -> Option<Input> {
        Some(match input {
            Input::Open { conn, mut login } => {
                if let Some(token) = self.tokens.get(opaque(&login.token)) {
                    login.token.clone_from(token);
                }
                Input::Open { conn, login }
            }
            Input::Frame { conn, frame } => Input::Frame { conn, frame: self.frame(conn, frame)? },
            Input::Http { id, request } => Input::Http { id, request: Box::new(self.request(*request)) },
            other => other,
        })
    }

    fn frame(&self, conn: ConnId, frame: ClientFrame) -> Option<ClientFrame> {
        let with_body = |mut request: wire::Request| {
            if let Some(body) = rewrite::body(&request.body, &self.known) {
                request.body = body;
            }
            request
        };
        Some(match frame {
            ClientFrame::Publish(request) => ClientFrame::Publish(with_body(request)),
            ClientFrame::Query(request) => ClientFrame::Query(with_body(request)),
            // Of a frame that ours did not send nobody wants to know.
            ClientFrame::PubAck { id } => {
                let lane = usize::try_from(conn.0 << 1).unwrap_or(usize::MAX - 1);
                let ours = self.known.bound.known_in(lane, "frame", &format!("down {id}"))?;
                ClientFrame::PubAck { id: ours.strip_prefix("down ")?.parse().ok()? }
            }
            other => other,
        })
    }

    fn request(&self, mut request: HttpRequest) -> HttpRequest {
        request.query = self.form(&request.query).unwrap_or(request.query);
        if let Ok(text) = std::str::from_utf8(&request.body) {
            let new = match text.trim_start().starts_with(['{', '[']) {
                true => None,
                false => self.form(text),
            };
            if let Some(new) = new.or_else(|| rewrite::text(text, &self.known)) {
                request.body = new.into();
            }
        }
        request
    }

    /// A form with the tokens of our users; `None`: it has none.
    fn form(&self, text: &str) -> Option<String> {
        let pairs: Vec<_> = url::form_urlencoded::parse(text.as_bytes()).collect();
        let ours = |key: &str, value: &str| {
            if key == "token" { self.tokens.get(opaque(value)) } else { None }
        };
        pairs.iter().find_map(|(key, value)| ours(key, value))?;
        let mut out = url::form_urlencoded::Serializer::new(String::new());
        for (key, value) in &pairs {
            out.append_pair(key, ours(key, value).map_or(value, String::as_str));
        }
        Some(out.finish())
    }
}

/// Instants that stand at the same place, in text that is JSON, too.
fn learn_instants(theirs: &Value, ours: &Value, start: i64, known: &mut BTreeMap<i64, i64>) {
    match (theirs, ours) {
        (Value::Object(one), Value::Object(other)) => {
            for (key, value) in one {
                if let Some(there) = other.get(key) {
                    learn_instants(value, there, start, known);
                }
            }
        }
        (Value::Array(one), Value::Array(other)) => {
            one.iter().zip(other).for_each(|(value, there)| learn_instants(value, there, start, known));
        }
        (Value::Number(one), Value::Number(other)) => {
            if let (Some(one), Some(other)) = (one.as_i64(), other.as_i64())
                && (one - start).abs() < 100 * 24 * NEAR
                && (other - start).abs() < 100 * 24 * NEAR
            {
                known.insert(one, other);
            }
        }
        (Value::String(one), Value::String(other)) if one.starts_with('{') && other.starts_with('{') => {
            if let (Ok(one), Ok(other)) = (serde_json::from_str(one), serde_json::from_str(other)) {
                learn_instants(&one, &other, start, known);
            }
        }
        _ => {}
    }
}
