//! The program itself: its ready line, what survives a kill, and what other commands say of its recordings.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use harness::cli::{exit, run_with};
use recording::{End, Reader};
use serde_json::Value;
use wire::ServerFrame;

use super::{
    APP,
    clients::{Web, text},
    service,
};

/// Ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn start(args: &[&str]) -> (Running, Value) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_harness"))
        .arg("proxy")
        .args(args)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let running = Running(child);
    (running, serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}")))
}

pub(crate) fn program(args: &[&str]) -> (u8, String) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let args = std::iter::once("harness").chain(args.iter().copied()).map(Into::into);
    let code = run_with(args, &mut out, &mut err, false);
    (code, String::from_utf8([out, err].concat()).unwrap())
}

fn name(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn what_passed_survives_a_kill_and_is_no_recording_of_a_world() {
    let (service, folder) = (service(None), tempfile::tempdir().unwrap());
    let record = folder.path().join("recorded");
    let navi = service.addresses().navi.clone();
    let (mut running, ready) = start(&["--upstream", &navi, "--record", name(&record), "--tls"]);
    assert_eq!((&ready["ready"], ready["upstream"].as_str()), (&true.into(), Some(navi.as_str())), "{ready}");
    assert_eq!(ready["tlsCert"].as_str(), Some(name(&record.join("proxy-ca.pem"))));
    assert!(ready["navi"].as_str().unwrap().starts_with("https://127.0.0.1:"), "{ready}");
    let pem = std::fs::read_to_string(record.join("proxy-ca.pem")).unwrap();
    assert!(pem.starts_with("-----BEGIN CERTIFICATE-----") && !pem.contains("PRIVATE"), "{pem}");

    // A second one is told that the folder is taken.
    let (code, told) = program(&["proxy", "--upstream", &navi, "--record", name(&record)]);
    assert_eq!(code, exit::USAGE);
    assert!(told.contains("another server records there"), "{told}");

    let mut web = Web::login(ready["websocket"].as_str().unwrap().parse().unwrap(), "test:alice", "alice");
    web.send(&text("bob", 1, "the last words"));
    web.until(|frame| matches!(frame, ServerFrame::PubAck { id: 1, .. }));
    running.0.kill().unwrap();
    running.0.wait().unwrap();

    let file = record.join(format!("{APP}.jsonl"));
    let bytes = std::fs::read(&file).unwrap();
    let mut reader = Reader::open(&*bytes).unwrap();
    while reader.next_entry().unwrap().is_some() {}
    // Nobody was there to say that it ends there.
    assert_eq!((reader.end(), reader.last()), (Some(&End::Open), 4));
    assert_eq!(reader.header().proxy.as_ref().unwrap().upstream, navi);
    let (code, shown) = program(&["show", name(&file)]);
    assert_eq!(code, exit::INCOMPLETE);
    assert!(shown.contains("the last words") && shown.contains("cut, or still being written"), "{shown}");

    // It cannot be done again byte for byte: it is compared by meaning, with a world that is made of what it shows.
    let (code, told) = program(&["replay", name(&file)]);
    assert_eq!(code, exit::INCOMPLETE, "{told}");
    assert!(told.contains("a world made from what it shows: 1 users"), "{told}");
    assert!(told.starts_with("PARTLY") && told.contains("the same up to entry 4"), "{told}");
    let resumed = mock_server::Server::start(mock_server::Config {
        record: Some(mock_server::Record::To { folder: record, limit: 1 << 20, outputs: true }),
        resume: true,
        apps: Vec::new(),
        ..mock_server::Config::default()
    });
    let why = resumed.err().map(|error| error.to_string()).unwrap_or_default();
    assert!(why.contains("taken by a proxy"), "{why}");
}

#[test]
fn addresses_that_are_none_are_refused() {
    for (upstream, why) in [
        ("nav.example", "expected an address such as"),
        ("ftp://nav.example", "expected an address such as"),
        ("https://nav.example/navi.js", "is a path, and clients choose that"),
    ] {
        let (code, told) = program(&["proxy", "--upstream", upstream, "--record", "never"]);
        assert_eq!(code, exit::USAGE);
        assert!(told.contains(why), "{told}");
    }
    assert!(!Path::new("never").exists());
}
