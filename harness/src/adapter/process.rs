//! A running adapter: lines of JSON to it and from it, with a limit on every wait, every line, and on what one case may
//! bring. What it is behind - a process of ours, or a link that it opened - is a [`Transport`].

use std::{
    collections::VecDeque,
    io::Write,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use super::{
    Command,
    brought::Brought,
    dialled::Dialled,
    log::{CaseLog, shortened},
    pipes::{Arrival, Popped, Queue},
    spawned::Spawned,
    transport::{LastLines, Left, Transport, remember},
};
use crate::{
    dial::Exchange,
    runner::{CaseLimit, Fault},
};

/// How long an adapter may take to say hello: it may install its SDK first.
const HELLO_LIMIT: Duration = Duration::from_secs(300);
/// After how long without a hello a line says so.
const HELLO_NOTICE: Duration = Duration::from_secs(5);
/// How long it may take for anything else.
pub(super) const REPLY_LIMIT: Duration = Duration::from_secs(30);
/// How long it may take to leave.
const BYE_LIMIT: Duration = Duration::from_secs(3);
/// How long an ended adapter's last words are waited for, and the end of one that closed its output.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// Silence of a client in real time that counts as quiet unless its hello says otherwise, and the longest that it may ask
/// for.
pub(super) const QUIET_MS: u64 = 150;
const MOST_QUIET_MS: u64 = 5_000;
/// How often a wait looks at what else may end it.
const MOMENT: Duration = Duration::from_millis(50);

/// A running adapter.
#[derive(Debug)]
pub(super) struct Adapter {
    name: String,
    transport: Box<dyn Transport>,
    queue: Arc<Queue>,
    next_id: u64,
    /// Events that came between replies.
    pub(super) events: Vec<Value>,
    /// What the case has brought so far.
    brought: Brought,
    log: Arc<CaseLog>,
    /// The last lines of its own, for what is said when it is gone.
    last: LastLines,
    /// Beyond hope: it is not asked to leave.
    is_doomed: bool,
    /// The platform that its clients are of where nobody asks for another.
    platform: Option<String>,
    /// Its clock is real; after how long a silence nothing of what it was told is under way any more.
    real: Option<Duration>,
}

/// One wait: for what, until when, and what else ends it.
pub(super) struct Wait<'a> {
    what: String,
    until: Instant,
    limit: Duration,
    case: &'a CaseLimit,
}

impl<'a> Wait<'a> {
    pub(super) fn new(what: String, limit: Duration, case: &'a CaseLimit) -> Self {
        Self { what, until: Instant::now() + limit, limit, case }
    }
}

impl Adapter {
    /// Starts it, or waits until it has dialled in, and exchanges hellos; gives the adapter's. What it logs is kept in `log`.
    ///
    /// # Errors
    /// It cannot be started, does not dial in, says no hello that fits, or the run is interrupted.
    pub(super) fn start(
        command: &Command,
        log: &Arc<CaseLog>,
        case: &CaseLimit,
        exchange: Option<&Arc<Exchange>>,
    ) -> Result<(Self, Value), Fault> {
        let queue = Arc::new(Queue::default());
        let last = Arc::new(Mutex::new(VecDeque::new()));
        let transport: Box<dyn Transport> = if command.dials_in() {
            let Some(exchange) = exchange else {
                let why = format!("{} is a client that dials in: where is said with `--dial`", command.name);
                return Err(Fault(why));
            };
            Box::new(Dialled::take(exchange, &command.name, &queue, case)?)
        } else {
            Box::new(Spawned::start(command, log, &queue, &last)?)
        };
        let mut adapter = Self {
            name: command.name.clone(),
            transport,
            queue,
            next_id: 0,
            events: Vec::new(),
            brought: Brought::default(),
            log: Arc::clone(log),
            last,
            is_doomed: false,
            platform: None,
            real: None,
        };
        let hello = adapter.greet(case)?;
        Ok((adapter, hello))
    }

    fn greet(&mut self, case: &CaseLimit) -> Result<Value, Fault> {
        let suite = env!("CARGO_PKG_VERSION");
        // One that is gone already may have said why: what it wrote is read all the same.
        let _ = self.write(&json!({"hello": {"protocol": {"min": 1, "max": 1}, "suite": suite}}));
        let name = self.name.clone();
        let began = Instant::now();
        let mut said = false;
        let wait = Wait::new("the hello; is its stdout flushed?".to_owned(), HELLO_LIMIT, case);
        let idle = || {
            if !said && began.elapsed() >= HELLO_NOTICE {
                said = true;
                // Nobody to tell is no reason to stop.
                let _ = writeln!(
                    std::io::stderr(),
                    "harness: {name} has said no hello for {} s: is its stdout flushed? It has {} s in all, because it may install its client first",
                    HELLO_NOTICE.as_secs(),
                    HELLO_LIMIT.as_secs()
                );
            }
        };
        let hello = self.read_until(&wait, idle, |message| message.get("hello").cloned())?;
        if hello["protocol"] != 1 {
            return Err(self.fault(&format!("it speaks protocol {}, not 1", hello["protocol"])));
        }
        self.platform = hello["platforms"][0].as_str().map(str::to_owned);
        match hello["clock"].as_str() {
            Some("virtual") => {}
            Some("real") => self.real = Some(quiet_of(&hello)),
            _ => {
                let why = format!("its clock is {}: `virtual` or `real` is known", hello["clock"]);
                return Err(self.fault(&why));
            }
        }
        Ok(hello)
    }

    /// A case begins: what it may bring is counted anew.
    pub(super) fn begin_case(&mut self) {
        self.brought = Brought::default();
        self.transport.begin_case();
    }

    /// The platform that its clients are of where nobody asks for another; `None`: any.
    pub(super) fn platform(&self) -> Option<String> {
        self.platform.clone()
    }

    /// The host at which its clients find ports of this machine, where that is not the loopback address.
    pub(super) fn host(&self) -> Option<String> {
        self.transport.host()
    }

    pub(super) fn fault(&self, what: &str) -> Fault {
        Fault(format!("adapter {}: {what}", self.name))
    }

    /// It cannot be trusted any more: it will be ended without a word.
    fn doom(&mut self, what: &str) -> Fault {
        self.is_doomed = true;
        self.fault(&format!("{what}; it was ended"))
    }

    /// Sends a request and waits for its reply; events on the way are kept.
    ///
    /// # Errors
    /// It crashed, wrote garbage or too much, took too long, or the case's time is over.
    pub(super) fn ask(&mut self, kind: &str, body: Value, case: &CaseLimit) -> Result<Value, Fault> {
        self.next_id += 1;
        let id = self.next_id;
        let wait = Wait::new(described(kind, &body, id), REPLY_LIMIT, case);
        self.write(&json!({"id": id, kind: body}))?;
        let reply =
            self.read_until(&wait, || {}, |message| (message["id"] == id).then(|| message.clone()))?;
        match reply.get("error").and_then(Value::as_str) {
            Some(error) => Err(self.fault(error)),
            None => Ok(reply),
        }
    }

    /// How long a client in real time must be silent until it counts as quiet; `None`: its time is virtual.
    pub(super) fn real(&self) -> Option<Duration> {
        self.real
    }

    /// Takes the events that are there, and those that come within `patience` if there is none.
    ///
    /// # Errors
    /// As [`ask`](Self::ask).
    pub(super) fn listen(&mut self, patience: Duration, case: &CaseLimit) -> Result<(), Fault> {
        let until = Instant::now() + patience;
        loop {
            let left = if self.events.is_empty() {
                until.saturating_duration_since(Instant::now())
            } else {
                Duration::ZERO
            };
            let line = match self.queue.pop(left) {
                Popped::Arrival(Arrival::Line(line)) => line,
                Popped::Arrival(Arrival::Broken(why)) => return Err(self.doom(&why)),
                Popped::End => return Err(self.gone("its stdout")),
                Popped::Nothing => return case.check(),
            };
            let Ok(mut message) = serde_json::from_str::<Value>(&line) else {
                let begin: String = line.chars().take(120).collect();
                return Err(self.doom(&format!("it wrote what is no JSON line: {begin:?}")));
            };
            self.keep(&mut message, &line)?;
        }
    }

    /// Keeps an event or a log line; `false`: it is neither.
    fn keep(&mut self, message: &mut Value, line: &str) -> Result<bool, Fault> {
        let known = if let Some(event) = message.get_mut("event") {
            self.brought.event(line);
            self.events.push(event.take());
            true
        } else if let Some(log) = message.get("log") {
            self.brought.log(line);
            self.keep_log(log, line.len() as u64);
            true
        } else if let Some(id) = message["id"].as_u64().filter(|id| *id != 0) {
            let why = if id > self.next_id { "which nobody has asked" } else { "which has its reply" };
            return Err(self.doom(&format!("it answered request {id}, {why}")));
        } else {
            self.brought.odd();
            false
        };
        match self.brought.flood() {
            Some(flood) => {
                // Nobody can judge them, and they are counted.
                self.events.clear();
                Err(self.doom(&flood))
            }
            None => Ok(known),
        }
    }

    fn write(&mut self, message: &Value) -> Result<(), Fault> {
        self.write_line(&message.to_string())
    }

    /// Writes a line as it is. This does not wait for the adapter to read it.
    pub(super) fn write_line(&mut self, line: &str) -> Result<(), Fault> {
        if self.transport.write(line) { Ok(()) } else { Err(self.gone("its stdin")) }
    }

    /// One of its ways is closed: says how it ended, or ends it.
    fn gone(&mut self, closed: &str) -> Fault {
        let left = self.transport.wait(LAST_WORDS, &mut || {});
        if left.is_none() {
            self.transport.end();
        }
        // What it wrote last may say why.
        self.transport.last_words(LAST_WORDS);
        let last: Vec<String> = self.last.lock().unwrap_or_else(PoisonError::into_inner).drain(..).collect();
        let said: String = last.iter().map(|line| format!("; {line}")).collect();
        match left {
            Some(Left { how, .. }) => self.fault(&format!("it ended ({how}){said}")),
            None => self.doom(&format!("it closed {closed} and went on running{said}")),
        }
    }

    fn read_until(
        &mut self,
        wait: &Wait<'_>,
        mut idle: impl FnMut(),
        mut wanted: impl FnMut(&Value) -> Option<Value>,
    ) -> Result<Value, Fault> {
        loop {
            let (mut message, line) = self.take(wait, &mut idle)?;
            let aside = message.get("event").is_some() || message.get("log").is_some();
            if !aside && let Some(found) = wanted(&message) {
                return Ok(found);
            }
            self.keep(&mut message, &line)?;
        }
    }

    fn keep_log(&mut self, log: &Value, bytes: u64) {
        let text = |key: &str| log[key].as_str().unwrap_or_default();
        let line = shortened(&format!("{}: {}", text("level"), text("text")));
        remember(&self.last, line.clone());
        self.log.keep(line, bytes);
    }

    /// The next message, whatever it is.
    pub(super) fn next(&mut self, wait: &Wait<'_>) -> Result<Value, Fault> {
        self.take(wait, &mut || {}).map(|(message, _)| message)
    }

    /// The next message and its line; `idle` is called while there is none.
    fn take(&mut self, wait: &Wait<'_>, idle: &mut dyn FnMut()) -> Result<(Value, String), Fault> {
        let mut ended = None;
        loop {
            // A flood must not keep this from being seen either.
            if let Err(Fault(why)) = wait.case.check() {
                self.is_doomed = wait.case.is_over();
                return Err(self.fault(&format!("{why}, waiting for {}{}", wait.what, self.unread())));
            }
            let left = wait.until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                let what =
                    format!("no reply within {} s to {}{}", wait.limit.as_secs(), wait.what, self.unread());
                return Err(self.doom(&what));
            }
            match self.queue.pop(MOMENT.min(left)) {
                Popped::Arrival(Arrival::Line(line)) => {
                    let message = serde_json::from_str(&line).map_err(|_| {
                        let begin: String = line.chars().take(120).collect();
                        self.doom(&format!("it wrote what is no JSON line: {begin:?}"))
                    });
                    return Ok((message?, line));
                }
                Popped::Arrival(Arrival::Broken(why)) => return Err(self.doom(&why)),
                Popped::End => return Err(self.gone("its stdout")),
                Popped::Nothing => {}
            }
            idle();
            // One that has ended, but whose stdout somebody else holds, says nothing more.
            if let Some(Left { how, .. }) = self.transport.left() {
                let since = *ended.get_or_insert_with(Instant::now);
                if since.elapsed() >= LAST_WORDS {
                    let what =
                        format!("it ended ({how}), and something that it started holds its stdout open");
                    return Err(self.doom(&what));
                }
            }
        }
    }

    /// A remark on an adapter that does not read.
    fn unread(&self) -> String {
        match self.transport.unread() {
            0 => String::new(),
            bytes => format!("; it has not read {bytes} bytes of what it was sent"),
        }
    }

    /// Nothing more will be said to it.
    pub(super) fn close_input(&mut self) {
        self.transport.close_input();
    }

    /// How it left, if it does within the time that one has to; what it still writes is read.
    pub(super) fn end(&mut self) -> Option<Left> {
        let queue = Arc::clone(&self.queue);
        self.transport.wait(BYE_LIMIT, &mut || while let Popped::Arrival(_) = queue.pop(Duration::ZERO) {})
    }
}

/// `quietMs` of a hello in real time.
fn quiet_of(hello: &Value) -> Duration {
    Duration::from_millis(hello["quietMs"].as_u64().unwrap_or(QUIET_MS).clamp(1, MOST_QUIET_MS))
}

/// A request as an error names it: which, of what, for which client.
fn described(kind: &str, body: &Value, id: u64) -> String {
    let method = body["method"].as_str().map_or_else(String::new, |method| format!(" of {method}"));
    let client = body["client"].as_str().map_or_else(String::new, |client| format!(" for client `{client}`"));
    format!("request {id}: `{kind}`{method}{client}")
}

impl Drop for Adapter {
    fn drop(&mut self) {
        // Asked to leave, given a moment, then ended with all that it started. One beyond hope is not asked.
        if !self.is_doomed && self.transport.is_asked_to_leave() {
            self.transport.write(&json!({"id": 0, "bye": {}}).to_string());
            self.close_input();
            let _ = self.end();
        }
        self.queue.abandon();
        self.transport.end();
    }
}
