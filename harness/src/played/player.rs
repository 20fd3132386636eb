//! The recorded service, to clients that are there now: answers what they ask with what was answered, and says by itself what was said, when it is
//! time and what came before has come.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::Arc,
    time::Duration,
};

use serde_json::Value;
use service::{Close, ConnId, ConnView, HttpResponse, Input, Login, Output, StandIn};
use wire::{ClientFrame, ServerFrame, UnixMillis, code::status};

use super::{
    account::Account,
    asked,
    frames::{at_home, with_number},
    http::{Http, Reply},
    places::Places,
    script::{Line, Say, Script, Why},
};

/// So long is waited for a request that came before something in the recording, from when it was made there.
pub(super) const GRACE: Duration = Duration::from_secs(2);
/// A poll is answered with nothing after so long; clients that poll give up after 45 s.
const HOLD: Duration = Duration::from_secs(40);

/// The service's half of a session, played.
#[derive(Debug, Clone)]
pub(super) struct Player {
    pub(super) script: Arc<Script>,
    /// Recorded time goes so many times as fast.
    times: f64,
    /// Labels of connections name the clients that they were of then.
    pub(super) by_label: bool,
    pub(super) lines: Vec<LineState>,
    /// What apps did at this entry they have not done yet: what was said after it waits.
    pub(super) until: u64,
    /// Of [`Script::asked`] so many are no longer waited for.
    pub(super) settled: usize,
    pub(super) live: BTreeMap<ConnId, Live>,
    /// Answers that are due at a time, in the order in which they were asked for.
    pub(super) due: BTreeMap<(UnixMillis, u64), Due>,
    /// Answers whose time has come, and that wait for what was asked before they were given.
    pub(super) held: Vec<Due>,
    numbers: u64,
    http: Http,
    /// Where the recorded service was found.
    upstream: String,
    pub(super) out: VecDeque<Output>,
    account: Account,
}

/// How far a recorded connection has been played.
#[derive(Debug, Clone, Default)]
pub(super) struct LineState {
    /// On which connection it goes on.
    pub on: Option<ConnId>,
    /// Somebody has had it.
    pub begun: bool,
    /// Requests that were made again.
    pub made: BTreeSet<usize>,
    /// What was said again, or need not be.
    pub said: BTreeSet<usize>,
    /// All that the service said by itself before this place is said.
    pub next: usize,
}

/// A connection of a client.
#[derive(Debug, Clone)]
pub(super) struct Live {
    pub line: usize,
    login: Login,
    places: Places,
    user: String,
    pub greeted: bool,
    written: u64,
    read: u64,
    /// Pushes that it has not acknowledged.
    owes: BTreeSet<u16>,
    pub polls: u64,
}

/// Something that is due.
#[derive(Debug, Clone)]
pub(super) enum Due {
    /// What stands at a place of a line, under a number of the client's own.
    Say {
        conn: ConnId,
        line: usize,
        place: usize,
        id: Option<u16>,
    },
    Respond {
        id: service::HttpId,
        response: Option<Box<HttpResponse>>,
    },
    Poll {
        conn: ConnId,
        poll: u64,
    },
}

impl Player {
    pub(super) fn new(script: Script, upstream: &str, times: f64, by_label: bool) -> Self {
        let lines = vec![LineState::default(); script.lines.len()];
        let script = Arc::new(script);
        let http = Http::new(Arc::clone(&script), upstream);
        let (live, due, held, out, account) = Default::default();
        let upstream = upstream.to_owned();
        Self {
            script,
            times,
            by_label,
            lines,
            until: 0,
            settled: 0,
            live,
            due,
            held,
            upstream,
            numbers: 0,
            http,
            out,
            account,
        }
    }

    /// When something is to be said that was said so long after the beginning.
    pub(super) fn at(&self, after: Duration) -> UnixMillis {
        self.script.start + scaled(after, self.times)
    }

    pub(super) fn line(&self, line: usize) -> &Line {
        &self.script.lines[line]
    }

    fn later(&mut self, at: UnixMillis, due: Due) {
        self.numbers += 1;
        self.due.insert((at, self.numbers), due);
    }

    fn opened(&mut self, now: UnixMillis, conn: ConnId, login: &Login) {
        let Some(number) = self.line_for(now, login) else {
            // As if nobody was there.
            self.account.stranger(login);
            self.out.push_back(Output::Close { conn, how: Close::Cut });
            return;
        };
        let again = self.lines[number].begun;
        let state = &mut self.lines[number];
        (state.on, state.begun) = (Some(conn), true);
        let user = self.line(number).user.clone();
        if again {
            self.account.came_again(&user);
        }
        let live = Live {
            line: number,
            login: login.clone(),
            places: Places::new(&self.upstream, &login.origin),
            user,
            greeted: false,
            written: 0,
            read: 0,
            owes: BTreeSet::new(),
            polls: 0,
        };
        self.live.insert(conn, live);
        let line = self.line(number);
        let greeting = line.told.iter().position(|told| told.why == Why::Greeting);
        if let Some(place) = greeting {
            let took = line.told[place].after.saturating_sub(line.after);
            let due = Due::Say { conn, line: number, place, id: None };
            self.later(now + scaled(took, self.times), due);
        } else if let Some(live) = self.live.get_mut(&conn) {
            // It never heard of it, and what else was said is said.
            live.greeted = true;
        }
    }

    fn frame(&mut self, now: UnixMillis, conn: ConnId, frame: &ClientFrame) -> bool {
        let Some(live) = self.live.get_mut(&conn) else { return false };
        live.read += 1;
        match frame {
            ClientFrame::PubAck { id } => {
                live.owes.remove(id);
            }
            ClientFrame::Ping => {
                let line = live.line;
                let after = now.since(self.script.start).mul_f64(self.times);
                if self.line(line).answers_ping(after) {
                    self.send(conn, ServerFrame::Pong);
                }
            }
            ClientFrame::Disconnect { .. } => {
                self.lost(conn);
                self.out.push_back(Output::Close { conn, how: Close::Clean });
            }
            ClientFrame::Publish(_) | ClientFrame::Query(_) => self.asked(now, conn, frame),
            _ => {}
        }
        true
    }

    /// Answers a request as the one was answered that it is.
    fn asked(&mut self, now: UnixMillis, conn: ConnId, frame: &ClientFrame) {
        let Some((publishes, request)) = asked::request(frame) else { return };
        let Some(live) = self.live.get(&conn) else { return };
        let (own, id) = (live.line, request.id);
        let Some((line, place, is_new)) = self.same(now, own, frame) else {
            self.account.extra(&live.user, frame);
            let seconds = now.seconds();
            let (status, body) = (status::NOT_SUPPORTED, bytes::Bytes::new());
            if publishes && request.qos > 0 {
                let message_uid = String::new();
                self.send(conn, ServerFrame::PubAck { id, status, time: now, message_uid });
            } else if !publishes {
                self.send(conn, ServerFrame::QueryAck { id, qos: 0, seconds, status, body });
            }
            return;
        };
        if is_new {
            self.lines[line].made.insert(place);
        } else {
            self.account.again(&live.user, frame);
        }
        let script = Arc::clone(&self.script);
        let asked = &script.lines[line].asked[place];
        for answer in &asked.answers {
            let took = script.lines[line].told[*answer].after.saturating_sub(asked.after);
            let due = Due::Say { conn, line, place: *answer, id: Some(id) };
            self.later(now + scaled(took, self.times), due);
        }
    }

    fn send(&mut self, conn: ConnId, frame: ServerFrame) {
        let Some(live) = self.live.get_mut(&conn) else { return };
        live.written += 1;
        if let ServerFrame::Publish { dup: false, qos: 1.., id, .. } = &frame {
            live.owes.insert(*id);
        }
        self.out.push_back(Output::Send { conn, frame });
    }

    /// Says what stands at a place of a line.
    pub(super) fn say(&mut self, conn: ConnId, line: usize, place: usize, id: Option<u16>) {
        if !self.live.contains_key(&conn) {
            return;
        }
        self.lines[line].said.insert(place);
        match self.script.lines[line].told[place].what.clone() {
            Say::Frame(frame) => {
                let Some(live) = self.live.get_mut(&conn) else { return };
                live.greeted |= matches!(*frame, ServerFrame::ConnAck(_));
                let frame = with_number(at_home(*frame, &live.places), id, &live.login);
                self.send(conn, frame);
            }
            Say::Bytes(bytes) => self.out.push_back(Output::SendRaw { conn, bytes }),
            Say::Close(how) => {
                self.lost(conn);
                self.out.push_back(Output::Close { conn, how });
            }
        }
    }

    fn lost(&mut self, conn: ConnId) {
        if let Some(live) = self.live.remove(&conn) {
            let state = &mut self.lines[live.line];
            if state.on == Some(conn) {
                state.on = None;
            }
        }
    }
}

impl StandIn for Player {
    fn takes(&mut self, now: UnixMillis, input: &Input) -> bool {
        let taken = match input {
            Input::Open { conn, login } => {
                self.opened(now, *conn, login);
                true
            }
            Input::Frame { conn, frame } => self.frame(now, *conn, frame),
            Input::Closed { conn } | Input::Garbage { conn, .. } => {
                let is_known = self.live.contains_key(conn);
                self.lost(*conn);
                if is_known && matches!(input, Input::Garbage { .. }) {
                    self.out.push_back(Output::Close { conn: *conn, how: Close::Clean });
                }
                is_known
            }
            Input::Poll { conn } => match self.live.get_mut(conn) {
                Some(live) => {
                    live.polls += 1;
                    let poll = live.polls;
                    self.later(now + HOLD, Due::Poll { conn: *conn, poll });
                    true
                }
                None => false,
            },
            Input::Http { id, request } => match self.http.answer(now, self.times, request) {
                Some(Reply::Never) => true,
                Some(Reply::After(took, response)) => {
                    self.later(now + took, Due::Respond { id: *id, response });
                    true
                }
                None => false,
            },
        };
        if taken {
            self.go_on(now);
        }
        taken
    }

    fn next_deadline(&self) -> Option<UnixMillis> {
        if !self.out.is_empty() {
            // What was said because somebody was told something is still to be taken.
            return Some(self.script.start);
        }
        let lines = (0..self.lines.len()).filter_map(|line| self.line_due(line));
        let now = UnixMillis(i64::MIN);
        let held = self.held.iter().filter_map(|held| self.waits_until(now, held));
        self.due.keys().map(|(at, _)| *at).take(1).chain(lines).chain(held).min()
    }

    fn on_deadline(&mut self, now: UnixMillis) {
        self.go_on(now);
    }

    fn poll_output(&mut self) -> Option<Output> {
        self.out.pop_front()
    }

    fn connections(&self) -> Vec<ConnView> {
        let view = |(conn, live): (&ConnId, &Live)| ConnView {
            conn: *conn,
            user: live.user.clone(),
            label: live.login.label.clone(),
            written: live.written,
            read: live.read,
            owes: live.owes.len(),
        };
        self.live.iter().map(view).collect()
    }

    /// The entry of what apps are to do next.
    fn hears(&mut self, now: UnixMillis, what: &Value) {
        self.until = what.as_u64().unwrap_or(u64::MAX);
        self.go_on(now);
    }

    fn told(&self) -> Value {
        let mut account = self.account.clone();
        for (line, state) in self.script.lines.iter().zip(&self.lines) {
            for (place, asked) in line.asked.iter().enumerate() {
                if !state.made.contains(&place) {
                    account.missing(&line.user, asked.n, &asked.frame);
                }
            }
            for (place, told) in line.told.iter().enumerate() {
                if told.why == Why::Itself && !state.said.contains(&place) {
                    account.unsaid(&line.user, told.n);
                }
            }
        }
        account.told()
    }

    fn boxed(&self) -> Box<dyn StandIn> {
        Box::new(self.clone())
    }
}

/// A time that goes so many times as fast.
pub(super) fn scaled(time: Duration, times: f64) -> Duration {
    if times == 1.0 { time } else { time.div_f64(times) }
}
