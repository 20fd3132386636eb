//! An adapter's process: newline-delimited JSON over its pipes, with a limit on every wait and every line.

use std::{
    io::{BufRead, BufReader, Read, Write},
    path::PathBuf,
    process::{Child, ChildStdin, Command as Process, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, sync_channel},
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
const REPLY_LIMIT: Duration = Duration::from_secs(30);
/// How long it may take to leave.
const BYE_LIMIT: Duration = Duration::from_secs(3);

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

    /// A known client (`web-sdk@4.6.4`), or a command line that speaks the adapter protocol.
    ///
    /// # Errors
    /// A sentence: no such version, no such program.
    pub fn named(name: &str) -> Result<Self, String> {
        if let Some(version) = name.strip_prefix("web-sdk@") {
            if !Self::WEB_SDKS.contains(&version) {
                return Err(format!(
                    "there is no `{name}`; web-sdk comes as {}",
                    Self::WEB_SDKS.map(|version| format!("web-sdk@{version}")).join(", ")
                ));
            }
            let script = adapters_folder().join("web-sdk/adapter.mjs");
            let args = vec![script.display().to_string(), "--sdk".to_owned(), version.to_owned()];
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
            .stderr(Stdio::inherit())
            .spawn()
            .map_err(|error| Fault(format!("the adapter `{}` does not start: {error}", command.program)))?;
        let input = child.stdin.take();
        let Some(output) = child.stdout.take() else {
            return Err(Fault("the adapter has no standard output".to_owned()));
        };
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
        let mut adapter =
            Self { name: command.name.clone(), child, input, lines, next_id: 0, events: Vec::new() };
        let suite = env!("CARGO_PKG_VERSION");
        // One that is gone already may have said why: what it wrote is read all the same.
        let _ = adapter.write(&json!({"hello": {"protocol": {"min": 1, "max": 1}, "suite": suite}}));
        let hello = adapter.read_until(HELLO_LIMIT, |message| message.get("hello").cloned())?;
        if hello["protocol"] != 1 {
            return Err(adapter.fault(&format!("it speaks protocol {}, not 1", hello["protocol"])));
        }
        Ok((adapter, hello))
    }

    fn fault(&self, what: &str) -> Fault {
        Fault(format!("adapter {}: {what}", self.name))
    }

    /// Whether it is still there.
    fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
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
        let written = match &mut self.input {
            Some(input) => writeln!(input, "{message}").and_then(|()| input.flush()),
            None => Err(std::io::ErrorKind::BrokenPipe.into()),
        };
        written.map_err(|_| self.gone())
    }

    fn gone(&mut self) -> Fault {
        let status = self.child.wait().map_or_else(|error| error.to_string(), |status| status.to_string());
        self.fault(&format!("it ended ({status})"))
    }

    fn read_until(
        &mut self,
        limit: Duration,
        mut wanted: impl FnMut(&Value) -> Option<Value>,
    ) -> Result<Value, Fault> {
        let until = Instant::now() + limit;
        loop {
            match self.lines.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(Ok(message)) => {
                    if let Some(event) = message.get("event") {
                        self.events.push(event.clone());
                    } else if let Some(found) = wanted(&message) {
                        return Ok(found);
                    }
                }
                Ok(Err(garbage)) => return Err(self.fault(&garbage)),
                Err(RecvTimeoutError::Timeout) => {
                    return Err(self.fault(&format!("no reply within {} s", limit.as_secs())));
                }
                Err(RecvTimeoutError::Disconnected) => return Err(self.gone()),
            }
        }
    }
}

impl Drop for Adapter {
    fn drop(&mut self) {
        // Asked to leave, given a moment, then ended.
        let _ = self.write(&json!({"id": 0, "bye": {}}));
        self.input = None;
        let until = Instant::now() + BYE_LIMIT;
        while Instant::now() < until {
            if !self.is_alive() {
                return;
            }
            // Its output ends when it does: this waits for that, not for a fixed time.
            if let Err(RecvTimeoutError::Disconnected) = self.lines.recv_timeout(Duration::from_millis(50)) {
                break;
            }
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
