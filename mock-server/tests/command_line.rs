//! The command line as scripts see it: the ready line, exit codes, signals.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod support;

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    process::{Child, Command, Output, Stdio},
};

fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mock-server"));
    command
        .env_remove(TOKEN_VARIABLE)
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
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
        Self::of(&mut command(args))
    }

    fn of(command: &mut Command) -> Self {
        let mut child = command.spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        Self { child, line, out }
    }

    fn ready(&self) -> serde_json::Value {
        serde_json::from_str(&self.line).unwrap_or_else(|error| panic!("{error}: {:?}", self.line))
    }

    /// Ends it, and tells what stood on stderr.
    fn warnings(mut self) -> String {
        self.child.kill().unwrap();
        let mut text = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut text).unwrap();
        text
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
        let folder = tempfile::tempdir().unwrap();
        let running = Running::start(&full_world(&folder).each_ref().map(String::as_str));
        let (begun, _asking) = busy(&running);
        let pid = running.child.id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
        // Two of a kind at once may be one: so it is sent until it helps.
        assert_eq!(running.stop_again(signal), Some(code), "{signal}");
        assert!(begun.elapsed() < std::time::Duration::from_secs(20), "{:?}", begun.elapsed());
    }
}

#[cfg(unix)]
#[test]
fn a_stop_takes_no_longer_than_its_bound_whatever_the_server_is_busy_with() {
    let folder = tempfile::tempdir().unwrap();
    let [flag, file] = full_world(&folder);
    let running = Running::start(&["--bound", "stopTime=1", &flag, &file]);
    let (_, _asking) = busy(&running);
    let signalled = std::time::Instant::now();
    // In time, it says goodbye; otherwise it is ended.
    let code = running.stop("-TERM").0;
    assert!(matches!(code, Some(0 | 143)), "{code:?}");
    assert!(signalled.elapsed() < std::time::Duration::from_secs(10), "{:?}", signalled.elapsed());
}

/// Flags for a world with much in it.
#[cfg(unix)]
fn full_world(folder: &tempfile::TempDir) -> [String; 2] {
    let file = folder.path().join("world.yaml");
    std::fs::write(&file, "backlog: [{from: a, to: b, count: 30000, ageMs: 60000}]\n").unwrap();
    ["--world".to_owned(), file.to_str().unwrap().to_owned()]
}

/// Gives the server's thread work for longer than any test waits: many ask at once for all that a world holds, and each
/// answer is made in one go.
#[cfg(unix)]
fn busy(running: &Running) -> (std::time::Instant, Vec<TcpStream>) {
    let socket = running.ready()["tcp"].as_str().unwrap().to_owned();
    let begun = std::time::Instant::now();
    let ask = || {
        let mut stream = TcpStream::connect(&socket).unwrap();
        support::send_http(&mut stream, "GET", "/control/v1/apps/mock-app-key/state", &[], "");
        stream
    };
    let asking: Vec<TcpStream> = (0..400).map(|_| ask()).collect();
    // It is at work on them once one is answered.
    asking[0].set_read_timeout(Some(std::time::Duration::from_secs(20))).unwrap();
    (&asking[0]).read_exact(&mut [0; 1]).unwrap();
    (begun, asking)
}

#[test]
fn bounds_are_set_by_name_and_an_unknown_one_is_exit_2() {
    let running = Running::start(&["--max-worlds", "3", "--max-memory", "1G", "--bound", "output=2M"]);
    let mut stream = TcpStream::connect(running.ready()["tcp"].as_str().unwrap()).unwrap();
    std::io::Write::write_all(
        &mut stream,
        b"GET /control/v1/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
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
fn recordings_that_cannot_be_written_are_one_clear_line_and_exit_2() {
    for option in ["--record", "--resume"] {
        // A folder cannot be where a file is.
        let output = run(&[option, "Cargo.toml"]);
        let stderr = stderr(&output);
        assert_eq!((output.status.code(), stderr.lines().count()), (Some(2), 1), "{stderr}");
        assert!(stderr.contains("recordings in Cargo.toml"), "{stderr}");
    }
    assert_eq!(run(&["--record", "a", "--resume", "b"]).status.code(), Some(2));
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
fn presets_are_told_apart() {
    let running = Running::start(&["--preset", "everything"]);
    let ready = running.ready();
    let mut stream = TcpStream::connect(ready["tcp"].as_str().unwrap()).unwrap();
    let request = "GET /control/v1/apps/mock-app-key/state/switches/ultraGroup HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    std::io::Write::write_all(&mut stream, request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.contains(r#""value":true"#), "{answer}");
    let output = run(&["--preset", "everthing"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("did you mean `everything`?"), "{}", stderr(&output));
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
        "--preset",
        "--control-token-file",
        "--advertise",
        "--trust-proxy",
        "--allow-host",
        "--allow-origin",
        "--tls-cert-out",
        "--max-worlds",
        "--max-connections",
        "--max-memory",
        "--bound",
    ] {
        assert!(help.contains(flag), "{flag} is not in {help}");
    }
}

#[test]
fn every_form_of_listen_is_taken_and_a_wrong_one_is_told_them() {
    for (listen, begin) in [
        ("localhost:0", "http://127.0.0.1:"),
        (":0", "http://127.0.0.1:"),
        ("0", "http://127.0.0.1:"),
        ("127.0.0.1:0", "http://127.0.0.1:"),
    ] {
        let running = Running::start(&["--listen", listen]);
        assert!(running.ready()["navi"].as_str().unwrap().starts_with(begin), "{}", running.line);
    }
    for wrong in ["localhost", "host:1", "http://localhost:1", "127.0.0.1"] {
        let output = run(&["--listen", wrong]);
        assert_eq!(output.status.code(), Some(2), "{wrong}");
        assert!(stderr(&output).contains("localhost:8090, :8090 or 8090"), "{}", stderr(&output));
    }
}

#[test]
fn an_advertised_address_stands_in_the_ready_line() {
    let running = Running::start(&["--advertise", "mock.example:8443"]);
    let ready = running.ready();
    assert_eq!(ready["tcp"], "mock.example:8443");
    assert_eq!(ready["control"], "http://mock.example:8443/control/v1");
    assert_eq!(run(&["--advertise", "a b"]).status.code(), Some(2));
}

/// Asks the control API of a running server, with a token or none: the status.
fn control(running: &Running, token: Option<&str>) -> String {
    let stream = TcpStream::connect(running.ready()["tcp"].as_str().unwrap()).unwrap();
    let bearer = token.map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default();
    let head = format!("GET /control/v1/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{bearer}\r\n");
    (&stream).write_all(head.as_bytes()).unwrap();
    let mut answer = String::new();
    (&stream).read_to_string(&mut answer).unwrap();
    answer.split(' ').nth(1).unwrap().to_owned()
}

const TOKEN_VARIABLE: &str = "MOCK_SERVER_CONTROL_TOKEN";

#[test]
fn the_control_token_comes_from_a_file_or_the_environment() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    std::fs::write(&file, "of-the-file\nsecond line\n").unwrap();
    let path = file.to_str().unwrap();

    let running = Running::start(&["--control-token-file", path]);
    assert_eq!(
        (control(&running, Some("of-the-file")), control(&running, None)),
        ("200".into(), "401".into())
    );
    let running = Running::of(command(&[]).env(TOKEN_VARIABLE, "of-the-environment"));
    assert_eq!(control(&running, Some("of-the-environment")), "200");
    assert_eq!(control(&running, Some("of-the-file")), "401");
    // An option goes before the environment, and an empty variable is none.
    let running = Running::of(command(&["--control-token", "own"]).env(TOKEN_VARIABLE, "other"));
    assert_eq!(control(&running, Some("own")), "200");
    assert_eq!(control(&Running::of(command(&[]).env(TOKEN_VARIABLE, "")), None), "200");

    std::fs::write(&file, "\n").unwrap();
    for args in [
        &["--control-token-file", path][..],
        &["--control-token-file", "/no/such/file"],
        &["--control-token", "a b"],
        &["--control-token", ""],
        &["--control-token", "a", "--control-token-file", path],
    ] {
        let output = run(args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(stderr(&output).contains("--control-token"), "{}", stderr(&output));
    }
}

#[test]
fn off_loopback_the_default_secret_is_warned_of_or_refused() {
    // A port that is taken on loopback cannot be opened to everybody: what is said is said before.
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let listen = format!("0.0.0.0:{}", taken.local_addr().unwrap().port());
    let warned = |args: &[&str]| {
        let output = run(&[args, &["--listen", &listen]].concat());
        assert_eq!(output.status.code(), Some(2));
        let said = stderr(&output);
        said.lines()
            .filter(|line| line.contains("warning: "))
            .map(str::to_owned)
            .collect::<Vec<_>>()
            .join("\n")
    };
    let said = warned(&[]);
    assert!(
        said.contains("App Secret is the default one") && said.contains("control API has no token"),
        "{said}"
    );
    assert_eq!(said.lines().count(), 2, "{said}");
    let own = ["--app", "k:s", "--strict", "--control-token", "t"];
    assert_eq!(warned(&own), "");
    let output = run(&["--strict", "--listen", "0.0.0.0:0"]);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0));
    assert!(stderr(&output).contains("--app KEY:SECRET"), "{}", stderr(&output));
    assert_eq!(Running::start(&["--strict"]).warnings(), "");
}

#[test]
fn a_certificate_that_cannot_be_written_is_exit_2() {
    for args in [&["--tls", "--tls-cert-out", "/no/such/folder/x.pem"][..], &["--tls-cert-out", "x.pem"]] {
        let output = run(args);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{args:?}");
        let stderr = stderr(&output);
        assert!(stderr.contains("--tls-cert-out") && stderr.lines().count() == 1, "{stderr}");
    }
}

#[test]
fn a_log_in_a_pipe_has_no_colours_and_tells_of_logins_navi_and_tokens_without_them() {
    let running = Running::start(&["--log", "mock_server=debug", "--seed", "7"]);
    let ready = running.ready();
    let socket = ready["tcp"].as_str().unwrap().to_owned();
    let ask = |head: String, body: &str| {
        let stream = TcpStream::connect(&socket).unwrap();
        let length = body.len();
        let head = format!(
            "{head}\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
        );
        (&stream).write_all(head.as_bytes()).unwrap();
        let mut answer = String::new();
        (&stream).read_to_string(&mut answer).unwrap();
        answer
    };
    let signature = service::signature_of("mock-secret", "1", "2");
    let signed = format!("App-Key: mock-app-key\r\nNonce: 1\r\nTimestamp: 2\r\nSignature: {signature}");
    let issued = ask(format!("POST /user/getToken.json HTTP/1.1\r\n{signed}"), "userId=ana&name=n");
    let token = issued.split("\"token\":\"").nth(1).unwrap().split('@').next().unwrap();
    ask(format!("GET /navi.js?appId=mock-app-key&token={token} HTTP/1.1"), "");
    let url = format!("ws://{socket}/websocket?appId=mock-app-key&token={token}");
    let (mut web, _) =
        tokio_tungstenite::tungstenite::client(url, TcpStream::connect(&socket).unwrap()).unwrap();
    web.read().unwrap();
    let log = running.warnings();
    for told in [
        "a token, asked for",
        "a token, answered",
        "navi, asked",
        "navi, answered",
        "a login ",
        "a login, answered",
    ] {
        assert!(log.contains(told), "{told} is not in {log}");
    }
    assert!(log.contains(&format!("{}...", &token[..4])) && log.contains("user=\"ana\""), "{log}");
    assert!(!log.contains(&token[..8]) && !log.contains('\u{1b}'), "{log}");
}
