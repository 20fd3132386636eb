//! An adapter's process: newline-delimited JSON over its pipes, with a limit on every wait and every line.

use std::{
    collections::VecDeque,
    io::{BufRead, BufReader, Read, Write},
    path::PathBuf,
    process::{Child, ChildStdin, Command as Process, ExitStatus, Stdio},
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{Receiver, RecvTimeoutError, sync_channel},
    },
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::runner::Fault;

/// Longest line an adapter may write, bytes.
const LINE_LIMIT: u64 = 1 << 20;
/// How long an adapter may take to say hello: it may install its SDK first.
const HELLO_LIMIT: Duration = Duration::from_secs(300);
/// How long it may take for anything else.
pub(super) const REPLY_LIMIT: Duration = Duration::from_secs(30);
/// How long it may take to leave.
const BYE_LIMIT: Duration = Duration::from_secs(3);
/// Lines of log that are kept of a case.
const LOGS: usize = 200;
/// How long an ended adapter's last words are waited for.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// Characters of a line of stderr that are kept.
const LOG_LINE: usize = 2_000;
/// How often its end is looked for while it leaves.
const MOMENT: Duration = Duration::from_millis(50);

/// How an adapter is started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// The client's name in reports.
    pub name: String,
    /// Program.
    pub program: String,
    /// Arguments.
    pub args: Vec<String>,
}

impl Command {
    /// Versions of the web SDK that the adapter in this repository drives.
    pub const WEB_SDKS: [&str; 11] = [
        "4.2.3", "4.2.6", "4.5.1", "4.6.4", "5.2.0", "5.2.1", "5.3.4", "5.7.3", "5.28.0", "5.36.7", "5.38.0",
    ];

    /// Versions that can do without WebSocket and poll.
    pub const POLLING: [&str; 7] = ["4.2.3", "4.2.6", "4.5.1", "4.6.4", "5.2.0", "5.2.1", "5.3.4"];

    /// A known client (`web-sdk@4.6.4`, polling: `web-sdk@4.6.4+comet`), or a command line that speaks the adapter protocol.
    ///
    /// # Errors
    /// A sentence: no such version, no such program.
    pub fn named(name: &str) -> Result<Self, String> {
        if let Some(version) = name.strip_prefix("web-sdk@") {
            let (version, transport) = version.split_once('+').unwrap_or((version, "websocket"));
            if version.is_empty() || !matches!(transport, "websocket" | "comet") {
                return Err(format!(
                    "there is no `{name}`; `web-sdk@VERSION+comet` polls instead of using WebSocket"
                ));
            }
            if transport == "comet" && Self::WEB_SDKS.contains(&version) && !Self::POLLING.contains(&version)
            {
                return Err(format!("web-sdk@{version} cannot poll; {} can", Self::POLLING.join(", ")));
            }
            if !Self::WEB_SDKS.contains(&version) {
                return Err(format!(
                    "there is no `{name}`; web-sdk comes as {}",
                    Self::WEB_SDKS.map(|version| format!("web-sdk@{version}")).join(", ")
                ));
            }
            let script = adapters_folder().join("web-sdk/adapter.mjs");
            let words = ["--sdk", version, "--transport", transport];
            let args = [script.display().to_string()].into_iter().chain(words.map(str::to_owned)).collect();
            return Ok(Self { name: name.to_owned(), program: "node".to_owned(), args });
        }
        let mut words = name.split_whitespace().map(str::to_owned);
        let program = words.next().ok_or("the client's name is empty")?;
        let is_command = program.contains('/') || name.contains(' ');
        if !is_command {
            return Err(format!("there is no client `{name}`, and a command line has a path or arguments"));
        }
        Ok(Self { name: name.to_owned(), program, args: words.collect() })
    }
}

/// Where the adapters of this repository are: beside the current folder's harness, or where it was built.
fn adapters_folder() -> PathBuf {
    let here = PathBuf::from("harness/adapters");
    if here.is_dir() { here } else { PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/adapters")) }
}

/// A running adapter.
#[derive(Debug)]
pub(super) struct Adapter {
    name: String,
    child: Child,
    input: Option<ChildStdin>,
    lines: Receiver<Result<Value, String>>,
    next_id: u64,
    /// Events that came between replies.
    pub(super) events: Vec<Value>,
    /// What it logged between replies, and wrote to stderr.
    logs: Arc<Mutex<VecDeque<String>>>,
    /// Disconnected once its stderr has been read to the end.
    errors_end: Receiver<()>,
}

impl Adapter {
    /// Starts it and exchanges hellos; gives the adapter's.
    ///
    /// # Errors
    /// It cannot be started, or says no hello that fits.
    pub(super) fn start(command: &Command) -> Result<(Self, Value), Fault> {
        let mut child = Process::new(&command.program)
            .args(&command.args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| Fault(format!("the adapter `{}` does not start: {error}", command.program)))?;
        let input = child.stdin.take();
        let Some(output) = child.stdout.take() else {
            return Err(Fault("the adapter has no standard output".to_owned()));
        };
        let logs = Arc::new(Mutex::new(VecDeque::new()));
        let (ends, errors_end) = sync_channel::<()>(1);
        if let Some(errors) = child.stderr.take() {
            let logs = Arc::clone(&logs);
            thread::spawn(move || {
                // Dropped when there is nothing more to read: that is the signal.
                let _ends = ends;
                for line in BufReader::new(errors).lines().map_while(Result::ok) {
                    let line: String = line.chars().take(LOG_LINE).collect();
                    // People see it at once, and the report keeps it.
                    let _ = writeln!(std::io::stderr(), "{line}");
                    keep(&logs, format!("stderr: {line}"));
                }
            });
        }
        // Bounded: an adapter that floods waits until it is read.
        let (send, lines) = sync_channel(1024);
        thread::spawn(move || {
            let mut reader = BufReader::new(output);
            loop {
                let mut line = String::new();
                let read = reader.by_ref().take(LINE_LIMIT + 1).read_line(&mut line);
                let message = match read {
                    Ok(0) => return,
                    Ok(length) if length as u64 > LINE_LIMIT => {
                        Err(format!("it wrote a line of more than {LINE_LIMIT} bytes"))
                    }
                    Ok(_) => serde_json::from_str(&line).map_err(|_| {
                        format!(
                            "it wrote what is no JSON line: {:?}",
                            line.chars().take(120).collect::<String>()
                        )
                    }),
                    Err(error) => Err(format!("its output cannot be read: {error}")),
                };
                let broken = message.is_err();
                if send.send(message).is_err() || broken {
                    return;
                }
            }
        });
        let mut adapter = Self {
            name: command.name.clone(),
            child,
            input,
            lines,
            next_id: 0,
            events: Vec::new(),
            logs,
            errors_end,
        };
        let suite = env!("CARGO_PKG_VERSION");
        // One that is gone already may have said why: what it wrote is read all the same.
        let _ = adapter.write(&json!({"hello": {"protocol": {"min": 1, "max": 1}, "suite": suite}}));
        let hello = adapter.read_until(HELLO_LIMIT, |message| message.get("hello").cloned())?;
        if hello["protocol"] != 1 {
            return Err(adapter.fault(&format!("it speaks protocol {}, not 1", hello["protocol"])));
        }
        if hello["clock"] != "virtual" {
            let clock = &hello["clock"];
            let why =
                format!("its clock is {clock}: only a client whose clock can be driven (`virtual`) can run");
            return Err(adapter.fault(&why));
        }
        Ok((adapter, hello))
    }

    pub(super) fn fault(&self, what: &str) -> Fault {
        Fault(format!("adapter {}: {what}", self.name))
    }

    /// Sends a request and waits for its reply; events on the way are kept.
    ///
    /// # Errors
    /// It crashed, wrote garbage, or took too long.
    pub(super) fn ask(&mut self, kind: &str, body: Value) -> Result<Value, Fault> {
        self.next_id += 1;
        let id = self.next_id;
        self.write(&json!({"id": id, kind: body}))?;
        let reply = self.read_until(REPLY_LIMIT, |message| (message["id"] == id).then(|| message.clone()))?;
        match reply.get("error").and_then(Value::as_str) {
            Some(error) => Err(self.fault(error)),
            None => Ok(reply),
        }
    }

    fn write(&mut self, message: &Value) -> Result<(), Fault> {
        self.write_line(&message.to_string())
    }

    /// Writes a line as it is.
    pub(super) fn write_line(&mut self, line: &str) -> Result<(), Fault> {
        let written = match &mut self.input {
            Some(input) => writeln!(input, "{line}").and_then(|()| input.flush()),
            None => Err(std::io::ErrorKind::BrokenPipe.into()),
        };
        written.map_err(|_| self.gone())
    }

    fn gone(&mut self) -> Fault {
        let status = self.child.wait().map_or_else(|error| error.to_string(), |status| status.to_string());
        // What it wrote last may say why. Somebody else may hold its stderr open: not for ever.
        let _ = self.errors_end.recv_timeout(LAST_WORDS);
        let logs = self.logs.lock().unwrap_or_else(PoisonError::into_inner);
        let last: Vec<&str> = logs.iter().rev().take(3).rev().map(String::as_str).collect();
        let said = if last.is_empty() { String::new() } else { format!("; {}", last.join("; ")) };
        self.fault(&format!("it ended ({status}){said}"))
    }

    fn read_until(
        &mut self,
        limit: Duration,
        mut wanted: impl FnMut(&Value) -> Option<Value>,
    ) -> Result<Value, Fault> {
        let until = Instant::now() + limit;
        loop {
            let message = self.next(until, limit)?;
            if let Some(event) = message.get("event") {
                self.events.push(event.clone());
            } else if let Some(log) = message.get("log") {
                self.log(log);
            } else if let Some(found) = wanted(&message) {
                return Ok(found);
            }
        }
    }

    fn log(&mut self, log: &Value) {
        let text = |key: &str| log[key].as_str().unwrap_or_default().to_owned();
        keep(&self.logs, format!("{}: {}", text("level"), text("text")));
    }

    /// Takes what it logged and wrote to stderr; of more than [`LOGS`] lines the last.
    pub(super) fn take_logs(&mut self) -> Vec<String> {
        self.logs.lock().unwrap_or_else(PoisonError::into_inner).drain(..).collect()
    }

    /// The next message, whatever it is. `limit` is what an error says was waited.
    pub(super) fn next(&mut self, until: Instant, limit: Duration) -> Result<Value, Fault> {
        match self.lines.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Ok(Ok(message)) => Ok(message),
            Ok(Err(garbage)) => Err(self.fault(&garbage)),
            Err(RecvTimeoutError::Timeout) => {
                Err(self.fault(&format!("no reply within {} s", limit.as_secs())))
            }
            Err(RecvTimeoutError::Disconnected) => Err(self.gone()),
        }
    }

    /// Nothing more will be said to it.
    pub(super) fn close_input(&mut self) {
        self.input = None;
    }

    /// Its exit status, if it ends within the time that one has to leave; what it still writes is read.
    pub(super) fn end(&mut self) -> Option<ExitStatus> {
        let until = Instant::now() + BYE_LIMIT;
        loop {
            if let Ok(Some(status)) = self.child.try_wait() {
                return Some(status);
            }
            if Instant::now() >= until {
                return None;
            }
            // Its output ends when it does: this waits for that, not for a fixed time.
            if let Err(RecvTimeoutError::Disconnected) = self.lines.recv_timeout(MOMENT) {
                // Closed, but perhaps not yet gone.
                thread::yield_now();
            }
        }
    }
}

/// Keeps a line of log, and the last [`LOGS`] of them.
fn keep(logs: &Mutex<VecDeque<String>>, line: String) {
    let mut logs = logs.lock().unwrap_or_else(PoisonError::into_inner);
    if logs.len() == LOGS {
        logs.pop_front();
    }
    logs.push_back(line);
}

impl Drop for Adapter {
    fn drop(&mut self) {
        // Asked to leave, given a moment, then ended.
        let _ = self.write(&json!({"id": 0, "bye": {}}));
        self.close_input();
        if self.end().is_none() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}
