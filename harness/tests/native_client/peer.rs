//! A client in a process of its own, spoken to by lines of JSON. However a test ends, the process and its children do.

use std::{
    collections::VecDeque,
    io::{BufRead, BufReader, Read, Write},
    path::Path,
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use super::{APP, LIMIT};

/// The first start installs packages from npm; npm itself is given four minutes.
const START_LIMIT: Duration = Duration::from_secs(300);
/// A client that is told to end has that long.
const END_LIMIT: Duration = Duration::from_secs(10);
/// Lines of its past that a failure shows.
const SHOWN: usize = 12;

/// A client, by the name of its user.
pub(crate) struct Peer {
    name: String,
    child: Child,
    stdin: Option<ChildStdin>,
    /// What it says; ends with the process.
    lines: Receiver<Value>,
    stderr: Option<JoinHandle<String>>,
    /// Events that nobody has asked for yet.
    events: VecDeque<Value>,
    past: VecDeque<String>,
    last: u64,
    ended: bool,
    /// The folder of its store, which goes with it.
    _data: tempfile::TempDir,
}

impl Peer {
    /// The vendor's native client; `navi` is the address that it begins with.
    pub(crate) fn native(navi: &str, user: &str) -> Self {
        Self::start(navi, user, "driver.mjs", &[])
    }

    /// A web SDK of that version; `more` are further arguments of its script.
    pub(crate) fn page(navi: &str, user: &str, version: &str, more: &[&str]) -> Self {
        Self::start(navi, user, "page.mjs", &[&["--sdk", version], more].concat())
    }

    fn start(navi: &str, user: &str, script: &str, more: &[&str]) -> Self {
        let data = tempfile::tempdir().unwrap();
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("adapters/native");
        let mut command = Command::new("node");
        // With a group of its own, npm and the client's own process end with it.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = command
            .arg(folder.join(script))
            .args(["--app", APP, "--navi", navi, "--data"])
            .arg(data.path())
            .args(more)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("node does not start: {error}; install Node.js 20 or later"));
        let (said, lines) = channel();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                let line =
                    serde_json::from_str(&line).unwrap_or_else(|_| json!({"event": "garbage", "args": line}));
                if said.send(line).is_err() {
                    return;
                }
            }
        });
        let mut stderr = child.stderr.take().unwrap();
        let stderr = thread::spawn(move || {
            let mut text = Vec::new();
            // What cannot be read is not shown.
            let _ = stderr.read_to_end(&mut text);
            String::from_utf8_lossy(&text).into_owned()
        });
        let mut peer = Self {
            name: user.to_owned(),
            stdin: child.stdin.take(),
            child,
            lines,
            stderr: Some(stderr),
            events: VecDeque::new(),
            past: VecDeque::new(),
            last: 0,
            ended: false,
            _data: data,
        };
        peer.event("ready", START_LIMIT);
        peer
    }

    /// Logs in.
    pub(crate) fn connect(&mut self) {
        let answer = self.call("connect", json!({"token": format!("test:{}", self.name)}));
        assert_eq!(
            (&answer["code"], &answer["userId"]),
            (&json!(0), &json!(self.name)),
            "{}: {answer}",
            self.name
        );
        self.events.retain(|event| event["event"] != "onConnected");
    }

    /// Sends a text; gives the message with its UID.
    pub(crate) fn send(&mut self, kind: i32, target: &str, text: &str) -> Value {
        let mut answer = self.call("send", json!({"type": kind, "target": target, "text": text}));
        assert_eq!(answer["code"], 0, "{} sends {text:?}: {answer}", self.name);
        assert!(answer["message"]["uid"].as_str().is_some_and(|uid| !uid.is_empty()), "{answer}");
        answer["message"].take()
    }

    /// Recalls a message that it has sent.
    pub(crate) fn recall(&mut self, kind: i32, target: &str, sent: &Value) {
        let of = json!({"type": kind, "target": target, "uid": sent["uid"], "sentTime": sent["sentTime"]});
        let answer = self.call("recall", of);
        assert_eq!(answer["code"], 0, "{} recalls {sent}: {answer}", self.name);
    }

    /// A page of at most ten messages older than a time (0: the newest), with whether there are more, and the time of the
    /// next one.
    pub(crate) fn history(&mut self, kind: i32, target: &str, before: i64) -> Value {
        let of = json!({"type": kind, "target": target, "timestamp": before, "count": 10, "order": 0});
        let answer = self.call("history", of);
        assert_eq!(answer["code"], 0, "{} reads history: {answer}", self.name);
        answer
    }

    /// The next event of that name; others keep their order and stay for who asks for them.
    pub(crate) fn event(&mut self, name: &str, limit: Duration) -> Value {
        let until = Instant::now() + limit;
        loop {
            if let Some(at) = self.events.iter().position(|event| event["event"] == name) {
                return self.events.remove(at).map(|mut event| event["args"].take()).unwrap();
            }
            let event = self.line(until, &format!("the event {name:?}"));
            self.events.push_back(event);
        }
    }

    fn call(&mut self, call: &str, args: Value) -> Value {
        self.last += 1;
        let id = self.last;
        let line = format!("{}\n", json!({"id": id, "call": call, "args": args}));
        let written = self.stdin.as_mut().unwrap().write_all(line.as_bytes());
        if let Err(error) = written {
            self.fail(&format!("does not take {call}: {error}"));
        }
        let until = Instant::now() + LIMIT;
        loop {
            let mut line = self.line(until, &format!("an answer to {call}"));
            if line["id"] == id {
                return match &line["error"] {
                    Value::Null => line["result"].take(),
                    error => self.fail(&format!("failed: {error}")),
                };
            }
            self.events.push_back(line);
        }
    }

    fn line(&mut self, until: Instant, awaited: &str) -> Value {
        match self.lines.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Ok(line) => {
                if line["event"] == "trouble" || line["event"] == "gone" || line["event"] == "garbage" {
                    self.fail(&format!("is in trouble: {line}"));
                }
                self.past.push_back(line.to_string().chars().take(200).collect());
                if self.past.len() > SHOWN {
                    self.past.pop_front();
                }
                line
            }
            Err(RecvTimeoutError::Timeout) => self.fail(&format!("said nothing in time that is {awaited}")),
            Err(RecvTimeoutError::Disconnected) => self.fail(&format!("ended before it said {awaited}")),
        }
    }

    /// Ends the process, and fails the test with what it said last.
    fn fail(&mut self, what: &str) -> ! {
        self.kill();
        let stderr = self.stderr.take().map(|read| read.join().unwrap_or_default()).unwrap_or_default();
        let past: Vec<&str> = self.past.iter().map(String::as_str).collect();
        panic!(
            "the client of {} {what}\nits last lines:\n{}\nits stderr:\n{stderr}",
            self.name,
            past.join("\n")
        )
    }

    /// Lets the client end by itself; it must do so in time and without a crash.
    pub(crate) fn end(mut self) {
        drop(self.stdin.take());
        let until = Instant::now() + END_LIMIT;
        loop {
            match self.lines.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(line) if line["event"] == "gone" => self.fail(&format!("crashed: {line}")),
                Ok(_) => {}
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => self.fail("does not end"),
            }
        }
        let status = self.child.wait().unwrap();
        self.ended = true;
        assert!(status.success(), "the client of {} ended with {status}", self.name);
    }

    /// Ends the process and its children at once.
    fn kill(&mut self) {
        if self.ended {
            return;
        }
        // Until it is waited for, its number is nobody else's.
        let group = format!("-{}", self.child.id());
        // Whoever has ended already needs no signal.
        let _ = Command::new("kill").args(["-KILL", "--", &group]).stderr(Stdio::null()).status();
        let _ = self.child.kill();
        let _ = self.child.wait();
        self.ended = true;
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.kill();
    }
}
