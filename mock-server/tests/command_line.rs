//! The command line as scripts see it: the ready line, exit codes, signals.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod support;

use std::{
    io::{BufRead, BufReader, Read},
    net::TcpStream,
    process::{Child, Command, Output, Stdio},
};

fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mock-server"));
    command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// A server that is ready, with its ready line.
struct Running {
    child: Child,
    line: String,
    out: BufReader<std::process::ChildStdout>,
}

impl Running {
    fn start(args: &[&str]) -> Self {
        let mut child = command(args).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        Self { child, line, out }
    }

    fn ready(&self) -> serde_json::Value {
        serde_json::from_str(&self.line).unwrap_or_else(|error| panic!("{error}: {:?}", self.line))
    }

    /// Sends a signal, and tells the exit code and what else stood on stdout.
    fn stop(mut self, signal: &str) -> (Option<i32>, String) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
        let code = self.child.wait().unwrap().code();
        let mut rest = String::new();
        self.out.read_to_string(&mut rest).unwrap();
        (code, rest)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn run(args: &[&str]) -> Output {
    command(args).output().unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn the_ready_line_is_one_line_with_its_keys_in_order() {
    let running = Running::start(&["--app", "k1:s1", "--app", "k2:s2"]);
    let ready = running.ready();
    let keys: Vec<&String> = ready.as_object().unwrap().keys().collect();
    let expected = ["ready", "version", "navi", "serverApi", "websocket", "tcp", "control", "apps"];
    assert_eq!(keys, expected);
    let socket = ready["tcp"].as_str().unwrap();
    assert_eq!(ready["navi"], format!("http://{socket}"));
    assert_eq!(ready["control"], format!("http://{socket}/control/v1"));
    let apps = serde_json::json!([{"appKey": "k1", "appSecret": "s1"}, {"appKey": "k2", "appSecret": "s2"}]);
    assert_eq!(ready["apps"], apps);
    assert!(running.line.starts_with(r#"{"ready":true,"version":"#) && running.line.ends_with("}\n"));
    TcpStream::connect(socket).unwrap();
}

#[cfg(unix)]
#[test]
fn signals_end_it_cleanly() {
    for signal in ["-INT", "-TERM"] {
        let running = Running::start(&[]);
        let stream = TcpStream::connect(running.ready()["tcp"].as_str().unwrap()).unwrap();
        assert_eq!(running.stop(signal), (Some(0), String::new()), "{signal}");
        let mut rest = Vec::new();
        assert_eq!((&stream).read_to_end(&mut rest).unwrap_or(0), 0);
    }
}

#[cfg(unix)]
#[test]
fn a_signal_ends_it_in_the_middle_of_long_work() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("world.yaml");
    std::fs::write(&file, "backlog: [{from: a, to: b, count: 1}]\n").unwrap();
    let running = Running::start(&["--world", file.to_str().unwrap()]);
    let socket = running.ready()["tcp"].as_str().unwrap().to_owned();
    let mut stream = TcpStream::connect(socket).unwrap();
    let push = r#"{"push": {"from": "a", "to": "b", "message": {"text": "m"}, "count": 100000}}"#;
    support::send_http(&mut stream, "POST", "/control/v1/apps/mock-app-key/act", &[], push);
    // Something of it is there: the act is under way.
    let until = std::time::Instant::now() + std::time::Duration::from_secs(20);
    let mailbox = || {
        let mut asking = TcpStream::connect(running.ready()["tcp"].as_str().unwrap()).unwrap();
        support::send_http(&mut asking, "GET", "/control/v1/apps/mock-app-key/state/mailboxes/b", &[], "");
        let mut text = String::new();
        asking.read_to_string(&mut text).unwrap();
        text
    };
    while mailbox().contains("\"count\":1,") {
        assert!(std::time::Instant::now() < until, "nothing is pushed");
    }
    let began = std::time::Instant::now();
    assert_eq!(running.stop("-TERM").0, Some(0));
    assert!(began.elapsed() < std::time::Duration::from_secs(5), "{:?}", began.elapsed());
}

#[test]
fn an_address_in_use_is_one_clear_line_and_exit_2() {
    let running = Running::start(&[]);
    let ready = running.ready();
    let output = run(&["--listen", ready["tcp"].as_str().unwrap()]);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0));
    let stderr = stderr(&output);
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    assert!(stderr.contains("cannot listen on 127.0.0.1:"), "{stderr}");
}

#[test]
fn what_is_not_there_yet_is_refused() {
    let output = run(&["--record", "somewhere"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("not implemented yet"));
}

#[test]
fn wrong_arguments_are_exit_2() {
    for args in
        [&["--app", "no-colon"][..], &["--nonsense"], &["--world", "/no/such/file"], &["--log", "a=b=c"]]
    {
        assert_eq!(run(args).status.code(), Some(2), "{args:?}");
    }
}

#[test]
fn a_world_file_fills_the_first_world_and_its_mistakes_have_a_place() {
    let folder = tempfile::tempdir().unwrap();
    let good = folder.path().join("good.yaml");
    std::fs::write(&good, "service:\n  appSecret: from-file\n  users: [ana]\n").unwrap();
    let running = Running::start(&["--world", good.to_str().unwrap()]);
    assert_eq!(running.ready()["apps"][0]["appSecret"], "from-file");

    let bad = folder.path().join("bad.yaml");
    std::fs::write(&bad, "service:\n  uzers: [ana]\n").unwrap();
    let output = run(&["--world", bad.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2));
    let stderr = stderr(&output);
    assert!(stderr.contains("bad.yaml:2:3: ") && stderr.lines().count() == 1, "{stderr}");
}

#[test]
fn help_names_every_flag() {
    let output = run(&["--help"]);
    assert_eq!(output.status.code(), Some(0));
    let help = String::from_utf8(output.stdout).unwrap();
    for flag in [
        "--listen",
        "--app",
        "--strict",
        "--world",
        "--record",
        "--tls",
        "--seed",
        "--log",
        "--control-token",
    ] {
        assert!(help.contains(flag), "{flag} is not in {help}");
    }
}
