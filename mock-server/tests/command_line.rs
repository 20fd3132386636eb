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

#[cfg(unix)]
impl Running {
    /// Sends a signal until the process has ended; its exit code.
    fn stop_again(mut self, signal: &str) -> Option<i32> {
        let pid = self.child.id().to_string();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            let _ = Command::new("kill").args([signal, &pid]).status();
        }
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
fn a_second_signal_ends_it_at_once_whatever_it_is_busy_with() {
    for (signal, code) in [("-INT", 130), ("-TERM", 143)] {
        let running = Running::start(&[]);
        let begun = busy(&running);
        let pid = running.child.id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
        // Two of a kind at once may be one: so it is sent until it helps.
        assert_eq!(running.stop_again(signal), Some(code), "{signal}");
        assert!(begun.elapsed() < std::time::Duration::from_secs(20), "{:?}", begun.elapsed());
    }
}

#[cfg(unix)]
#[test]
fn a_server_that_is_too_busy_to_stop_is_stopped() {
    let running = Running::start(&["--bound", "stopTime=1"]);
    let begun = busy(&running);
    assert_eq!(running.stop("-TERM").0, Some(143));
    assert!(begun.elapsed() < std::time::Duration::from_secs(20), "{:?}", begun.elapsed());
}

/// Gives the server's thread work for longer than any test waits: a world full of messages.
#[cfg(unix)]
fn busy(running: &Running) -> std::time::Instant {
    use std::io::Write;
    let backlog = serde_json::json!({"from": "a", "to": "b", "count": 10_000}).to_string();
    let body = format!(r#"{{"backlog": [{}]}}"#, vec![backlog; 400].join(","));
    let mut stream = TcpStream::connect(running.ready()["tcp"].as_str().unwrap()).unwrap();
    let length = body.len();
    let head =
        format!("PUT /control/v1/apps/busy HTTP/1.1\r\nHost: h\r\nContent-Length: {length}\r\n\r\n{body}");
    stream.write_all(head.as_bytes()).unwrap();
    // It has begun when it no longer answers.
    let limit = std::time::Duration::from_millis(300);
    for _ in 0..100 {
        let mut other = TcpStream::connect(running.ready()["tcp"].as_str().unwrap()).unwrap();
        other.set_read_timeout(Some(limit)).unwrap();
        other.write_all(b"GET /ping HTTP/1.1\r\nHost: h\r\n\r\n").unwrap();
        if other.read(&mut [0; 1]).is_err() {
            return std::time::Instant::now();
        }
    }
    panic!("the server is not busy");
}

#[test]
fn bounds_are_set_by_name_and_an_unknown_one_is_exit_2() {
    let running = Running::start(&["--max-worlds", "3", "--max-memory", "1G", "--bound", "output=2M"]);
    let mut stream = TcpStream::connect(running.ready()["tcp"].as_str().unwrap()).unwrap();
    std::io::Write::write_all(
        &mut stream,
        b"GET /control/v1/ HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
    )
    .unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let body: serde_json::Value = serde_json::from_str(text.split_once("\r\n\r\n").unwrap().1).unwrap();
    let bounds = &body["counters"]["bounds"];
    assert_eq!(
        (&bounds["maxWorlds"], &bounds["maxMemory"], &bounds["output"]),
        (&serde_json::json!(3), &serde_json::json!(1 << 30), &serde_json::json!(2 << 20))
    );
    let output = run(&["--bound", "outputs"]);
    assert_eq!(output.status.code(), Some(2));
    let output = run(&["--bound", "nonsense=1"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("outputHard"), "{}", stderr(&output));
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
        "--max-worlds",
        "--max-connections",
        "--max-memory",
        "--bound",
    ] {
        assert!(help.contains(flag), "{flag} is not in {help}");
    }
}
