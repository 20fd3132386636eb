//! The recorded service, to clients that are there now: answers what they ask with what was answered, and says by itself what was said, when it is
//! time and what came before has come.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::Arc,
    time::Duration,
};

use serde_json::Value;
use service::{Close, ConnId, ConnView, HttpResponse, Input, Login, Output, StandIn, Transport};
use wire::{ClientFrame, ConnAck, ConnAckLayout, ServerFrame, UnixMillis, code::status};

use super::{
    account::Account,
    asked::{self, Alike},
    http::{Http, Reply},
    places::Places,
    script::{Line, Say, Script, Told, Why},
};
use crate::recorded::meaning::opaque;

/// So long is waited for a request that came before something in the recording, from when it was made there.
pub(super) const GRACE: Duration = Duration::from_secs(2);
/// A poll is answered with nothing after so long; clients that poll give up after 45 s.
const HOLD: Duration = Duration::from_secs(40);

/// The service's half of a session, played.
#[derive(Debug, Clone)]
pub(super) struct Player {
    script: Arc<Script>,
    /// Recorded time goes so many times as fast.
    times: f64,
    /// Labels of connections name the clients that they were of then.
    by_label: bool,
    lines: Vec<LineState>,
    /// What apps did at this entry they have not done yet: what was said after it waits.
    until: u64,
    /// Of [`Script::asked`] so many are no longer waited for.
    settled: usize,
    live: BTreeMap<ConnId, Live>,
    /// Answers that are due at a time, in the order in which they were asked for.
    due: BTreeMap<(UnixMillis, u64), Due>,
    /// Answers whose time has come, and that wait for what was asked before they were given.
    held: Vec<Due>,
    numbers: u64,
    http: Http,
    /// Where the recorded service was found.
    upstream: String,
    out: VecDeque<Output>,
    account: Account,
}

/// How far a recorded connection has been played.
#[derive(Debug, Clone, Default)]
struct LineState {
    /// On which connection it goes on.
    on: Option<ConnId>,
    /// Somebody has had it.
    begun: bool,
    /// Requests that were made again.
    made: BTreeSet<usize>,
    /// What was said again, or need not be.
    said: BTreeSet<usize>,
    /// All that the service said by itself before this place is said.
    next: usize,
}

/// A connection of a client.
#[derive(Debug, Clone)]
struct Live {
    line: usize,
    login: Login,
    places: Places,
    user: String,
    greeted: bool,
    written: u64,
    read: u64,
    /// Pushes that it has not acknowledged.
    owes: BTreeSet<u16>,
    polls: u64,
}

/// Something that is due.
#[derive(Debug, Clone)]
enum Due {
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
    fn at(&self, after: Duration) -> UnixMillis {
        self.script.start + scaled(after, self.times)
    }

    fn line(&self, line: usize) -> &Line {
        &self.script.lines[line]
    }

    fn later(&mut self, at: UnixMillis, due: Due) {
        self.numbers += 1;
        self.due.insert((at, self.numbers), due);
    }

    /// Which recorded connection a new one is: the first of its token that nobody has had; one that broke goes on if it went
    /// on in the recording.
    fn line_for(&self, now: UnixMillis, login: &Login) -> Option<usize> {
        let token = opaque(&login.token);
        let client = |login: &Login| login.label.rsplit_once('/').map(|(client, _)| client.to_owned());
        let mine = client(login);
        let is_mine = |line: &Line| {
            let theirs = client(&line.login);
            opaque(&line.login.token) == token
                && (!self.by_label || mine.is_none() || theirs.is_none() || mine == theirs)
        };
        let all: Vec<usize> = (0..self.lines.len()).filter(|line| is_mine(self.line(*line))).collect();
        let free = |line: &&usize| self.lines[**line].on.is_none();
        let goes_on = |line: &&usize| {
            let ended = self.line(**line).ended;
            self.lines[**line].begun && ended.is_none_or(|ended| self.at(ended) > now + GRACE)
        };
        let is_due =
            |line: &&usize| !self.lines[**line].begun && self.at(self.line(**line).after) <= now + GRACE;
        let broken = || all.iter().filter(free).find(goes_on);
        let new = || all.iter().filter(free).find(|line| !self.lines[**line].begun);
        let last = || all.iter().rev().find(free);
        all.iter().filter(free).find(is_due).or_else(broken).or_else(new).or_else(last).copied()
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

    /// The recorded request that this one is: its line, its place there, and whether it is the first time that it is made. Of those of
    /// its own connection the nearest in meaning that is not made again yet, then one of another connection of the same
    /// user, then one that was made before; what lies ahead comes last.
    fn same(&self, now: UnixMillis, own: usize, frame: &ClientFrame) -> Option<(usize, usize, bool)> {
        let user = &self.line(own).user;
        let mut best: Option<((bool, bool, bool, Alike, std::cmp::Reverse<u64>), (usize, usize))> = None;
        for (number, line) in self.script.lines.iter().enumerate() {
            if number != own && line.user != *user {
                continue;
            }
            for (place, recorded) in line.asked.iter().enumerate() {
                let Some(alike) = asked::alike(frame, &recorded.frame, user) else { continue };
                let is_new = !self.lines[number].made.contains(&place);
                let is_near = self.at(recorded.after) <= now + GRACE;
                // Of those made before the last one, of the others the first.
                let order = if is_new { recorded.n } else { u64::MAX - recorded.n };
                let rank = (is_near, is_new, number == own, alike, std::cmp::Reverse(order));
                if best.as_ref().is_none_or(|(other, _)| rank > *other) {
                    best = Some((rank, (number, place)));
                }
            }
        }
        best.map(|((_, is_new, ..), (line, place))| (line, place, is_new))
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
    fn say(&mut self, conn: ConnId, line: usize, place: usize, id: Option<u16>) {
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

    /// Whether all that clients asked before an entry has been asked and answered again, or is no longer waited for.
    fn is_settled(&mut self, now: UnixMillis, n: u64) -> bool {
        while let Some((_, line, place)) = self.script.asked.get(self.settled)
            && self.is_done(now, *line, *place)
        {
            self.settled += 1;
        }
        let open = self.script.asked[self.settled..].iter().take_while(|(asked, ..)| *asked < n);
        open.into_iter().all(|(_, line, place)| self.is_done(now, *line, *place))
    }

    fn is_done(&self, now: UnixMillis, line: usize, place: usize) -> bool {
        let asked = &self.script.lines[line].asked[place];
        if now >= self.at(asked.after) + GRACE {
            return true;
        }
        self.is_answered(line, place)
    }

    fn is_answered(&self, line: usize, place: usize) -> bool {
        let (asked, state) = (&self.script.lines[line].asked[place], &self.lines[line]);
        state.made.contains(&place) && asked.answers.iter().all(|answer| state.said.contains(answer))
    }

    /// The next thing that a line's service says by itself.
    fn next_of(&self, line: usize) -> Option<(usize, &Told)> {
        let state = &self.lines[line];
        let told = self.line(line).told.iter().enumerate().skip(state.next);
        told.into_iter().find(|(place, told)| told.why == Why::Itself && !state.said.contains(place))
    }

    /// The next of them for which it is time, whose line is open, and before which nothing is waited for.
    fn ready(&mut self, now: UnixMillis) -> Option<(ConnId, usize, usize)> {
        for line in 0..self.lines.len() {
            let Some(conn) = self.lines[line].on else { continue };
            let Some((place, told)) = self.next_of(line) else { continue };
            let (n, after) = (told.n, told.after);
            self.lines[line].next = place;
            let greeted = self.live.get(&conn).is_some_and(|live| live.greeted);
            if n < self.until && greeted && self.at(after) <= now && self.is_settled(now, n) {
                return Some((conn, line, place));
            }
        }
        None
    }

    /// Says all that can be said now.
    fn go_on(&mut self, now: UnixMillis) {
        loop {
            let due = self.due.first_key_value().filter(|((at, _), _)| *at <= now).map(|(key, _)| *key);
            if let Some(key) = due
                && let Some(due) = self.due.remove(&key)
            {
                self.happen(now, due);
                continue;
            }
            if let Some(place) = self.held.iter().position(|held| self.waits_until(now, held).is_none()) {
                let held = self.held.remove(place);
                self.happen(now, held);
                continue;
            }
            match self.ready(now) {
                Some((conn, line, place)) => self.say(conn, line, place, None),
                None => return,
            }
        }
    }

    /// Until when an answer waits for what was asked on its connection after its own request and before it was given; `None`: it does
    /// not wait.
    fn waits_until(&self, now: UnixMillis, due: &Due) -> Option<UnixMillis> {
        let Due::Say { conn, line, place, .. } = due else { return None };
        let own = self.live.get(conn).is_some_and(|live| live.line == *line);
        let told = self.line(*line).told.get(*place).filter(|_| own)?;
        let Why::Answer(asked) = told.why else { return None };
        let later = self.line(*line).asked.iter().enumerate().skip(asked + 1);
        let later = later.take_while(|(_, other)| other.n < told.n);
        let missing = later.filter(|(place, _)| !self.lines[*line].made.contains(place));
        missing.map(|(_, other)| self.at(other.after) + GRACE).filter(|until| *until > now).max()
    }

    fn happen(&mut self, now: UnixMillis, due: Due) {
        if self.waits_until(now, &due).is_some() {
            self.held.push(due);
            return;
        }
        match due {
            Due::Say { conn, line, place, id } => {
                // What was said before it in the recording is said before it, if it is said at all.
                let own = self.live.get(&conn).is_some_and(|live| live.line == line);
                if own && let Some(Why::Answer(asked)) = self.line(line).told.get(place).map(|told| told.why)
                {
                    self.say_before(now, conn, line, (asked, place));
                }
                self.say(conn, line, place, id);
            }
            Due::Respond { id, response } => self.out.push_back(Output::Respond { id, response }),
            Due::Poll { conn, poll } => {
                if self.live.get(&conn).is_some_and(|live| live.polls == poll) {
                    self.out.push_back(Output::AnswerPoll { conn });
                }
            }
        }
    }

    /// What the service said by itself between a request and its answer, as far as it is time for it.
    fn say_before(&mut self, now: UnixMillis, conn: ConnId, line: usize, (asked, answer): (usize, usize)) {
        let since = self.line(line).asked[asked].n;
        for place in 0..answer {
            let told = &self.line(line).told[place];
            let between = told.why == Why::Itself
                && (since..self.until).contains(&told.n)
                && self.at(told.after) <= now;
            if between && !self.lines[line].said.contains(&place) && !matches!(told.what, Say::Close(_)) {
                self.say(conn, line, place, None);
            }
        }
    }

    /// When what a line says next by itself may be said at the latest.
    fn line_due(&self, line: usize) -> Option<UnixMillis> {
        let conn = self.lines[line].on?;
        self.live.get(&conn).filter(|live| live.greeted)?;
        let (_, told) = self.next_of(line).filter(|(_, told)| told.n < self.until)?;
        let before = self.script.asked[self.settled..].iter().take_while(|(asked, ..)| *asked < told.n);
        let open = before.filter(|(_, line, place)| !self.is_answered(*line, *place));
        let patience = open.map(|(_, line, place)| self.at(self.line(*line).asked[*place].after) + GRACE);
        patience.chain([self.at(told.after)]).max()
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

/// A frame that names us where it named the recorded service.
fn at_home(mut frame: ServerFrame, places: &Places) -> ServerFrame {
    if let ServerFrame::Publish { body, .. } | ServerFrame::QueryAck { body, .. } = &mut frame
        && let Some(new) = places.body(body)
    {
        *body = new;
    }
    frame
}

/// A frame as a client of another kind has to be told it: its own number, the layout that it asked for.
fn with_number(mut frame: ServerFrame, own: Option<u16>, login: &Login) -> ServerFrame {
    match (&mut frame, own) {
        (ServerFrame::ConnAck(ConnAck { layout, .. }), _) => {
            let v4 = login.protocol_version == 4 && login.transport != Transport::Tcp;
            *layout = match *layout {
                known @ ConnAckLayout::V4 { .. } if v4 => known,
                _ if v4 => ConnAckLayout::V4 { first_message_id: 0 },
                _ => ConnAckLayout::V3,
            };
        }
        (
            ServerFrame::PubAck { id, .. }
            | ServerFrame::QueryAck { id, .. }
            | ServerFrame::Publish { dup: true, id, .. },
            Some(own),
        ) => *id = own,
        _ => {}
    }
    frame
}
