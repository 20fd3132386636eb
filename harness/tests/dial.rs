//! Adapters that dial in: who is let in, what becomes of a link that is lost, and of one that does what it should not.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]

#[path = "dial/clients.rs"]
mod clients;

use std::{
    net::SocketAddr,
    num::NonZeroUsize,
    path::Path,
    process::{Child, Command as Process},
    sync::Arc,
    time::Duration,
};

use harness::{
    adapter::{
        AdapterDriver, Command,
        check::{Found, check_at},
    },
    dial::{DEVICE, Exchange, Mount, Terms},
    runner::{self, Driver, Fault, Interrupt, Options},
    scenario,
    verdict::Verdict,
};
use tokio_tungstenite::tungstenite::{Message, client, protocol::CloseFrame};

/// A client connects, twice: as two cases.
const TWO: &str = "
scenario: A client connects
covers: [CONN-002]
matrix: {round: [1, 2]}
service: {users: [alice]}
clients: {one: {user: alice}}
steps:
  - call: one.connect
    with: {token: $alice.token, timeout: 0}
  - expect: one
    in_order: [onConnected: {code: 0}]
    within: 10s
";

fn exchange(wait: Duration, grace: Duration) -> Arc<Exchange> {
    let terms = Terms {
        address: SocketAddr::from(([127, 0, 0, 1], 0)),
        wait,
        grace,
        advertise: None,
        mounts: vec![Mount::Json("/sdk.json".to_owned(), "{}".to_owned())],
        codes: false,
    };
    Arc::new(Exchange::open(terms).unwrap())
}

/// An adapter of `tests/dial/adapter.mjs`, ended with the test.
struct Dialling(Child);

impl Dialling {
    fn start(exchange: &Exchange, how: &str) -> Self {
        let url = exchange.offer(DEVICE);
        Self(Process::new("node").args(["tests/dial/adapter.mjs", &url, how]).spawn().unwrap())
    }

    /// Its exit code, once the run is over.
    fn code(mut self, exchange: Arc<Exchange>) -> Option<i32> {
        drop(exchange);
        self.0.wait().unwrap().code()
    }
}

impl Drop for Dialling {
    fn drop(&mut self) {
        // Gone already is as good.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn run(exchange: &Arc<Exchange>) -> Result<Vec<Verdict>, Fault> {
    let scenarios = [scenario::parse(Path::new("scenarios/made/up.yaml"), TWO).expect("it is right")];
    let command = Command::named(DEVICE).unwrap();
    let make = || -> Result<Box<dyn Driver>, Fault> {
        let exchange = Some(Arc::clone(exchange));
        Ok(Box::new(AdapterDriver::start_with(&command, &Interrupt::default(), exchange)?))
    };
    let options = Options { jobs: Some(NonZeroUsize::MIN), ..Options::default() };
    let ran = runner::run(&scenarios, &options, &make, &|_| {})?;
    Ok(ran.run.results.into_iter().map(|result| result.verdict).collect())
}

const LONG: Duration = Duration::from_secs(120);
const GRACE: Duration = Duration::from_secs(10);

#[test]
fn one_adapter_serves_case_after_case_and_hears_that_the_run_is_over() {
    let exchange = exchange(LONG, GRACE);
    let adapter = Dialling::start(&exchange, "plain");
    assert_eq!(run(&exchange).unwrap(), [Verdict::Pass, Verdict::Pass]);
    // Another driver of the same run takes it over.
    assert_eq!(run(&exchange).unwrap(), [Verdict::Pass, Verdict::Pass]);
    assert_eq!(adapter.code(exchange), Some(0));
}

#[test]
fn a_link_that_is_lost_comes_back_and_the_case_goes_on() {
    let exchange = exchange(LONG, GRACE);
    let adapter = Dialling::start(&exchange, "loses");
    assert_eq!(run(&exchange).unwrap(), [Verdict::Pass, Verdict::Pass]);
    assert_eq!(adapter.code(exchange), Some(0));
}

#[test]
fn an_adapter_that_does_not_come_back_leaves_cases_that_could_not_run() {
    let exchange = exchange(Duration::from_secs(20), Duration::from_millis(500));
    let _adapter = Dialling::start(&exchange, "leaves");
    let verdicts = run(&exchange).unwrap();
    let [Verdict::CouldNotRun { reason: first }, Verdict::CouldNotRun { reason: second }] = &verdicts[..]
    else {
        panic!("{verdicts:?}")
    };
    assert!(first.contains("its link was lost, and it did not come back within 500ms"), "{first}");
    assert!(second.contains("no client has dialled in as dial@device within 20 s"), "{second}");
}

#[test]
fn what_may_not_be_sent_ends_the_case_and_the_adapter_begins_anew() {
    for (how, why) in [
        ("long", "a line of more than 1048576 bytes"),
        ("binary", "a binary frame of 2 bytes"),
        ("errs", "I cannot"),
    ] {
        let exchange = exchange(LONG, GRACE);
        let adapter = Dialling::start(&exchange, how);
        let verdicts = run(&exchange).unwrap();
        let [Verdict::CouldNotRun { reason }, Verdict::Pass] = &verdicts[..] else {
            panic!("{how}: {verdicts:?}")
        };
        assert!(reason.contains(why), "{how}: {reason}");
        assert_eq!(adapter.code(exchange), Some(0), "{how}");
    }
}

#[test]
fn nobody_comes_and_that_is_said() {
    let exchange = exchange(Duration::from_millis(200), GRACE);
    let fault = run(&exchange).unwrap_err();
    assert!(fault.0.contains("no client has dialled in as dial@device within"), "{fault}");
}

#[test]
fn an_adapter_that_dials_in_keeps_to_the_protocol() {
    let exchange = exchange(LONG, GRACE);
    let adapter = Dialling::start(&exchange, "plain");
    let checks = check_at(&Command::named(DEVICE).unwrap(), Some(&exchange)).unwrap();
    let bad: Vec<_> = checks.iter().filter(|check| matches!(check.found, Found::Bad(_))).collect();
    assert!(bad.is_empty(), "{bad:?}");
    assert!(checks.iter().filter(|check| check.found == Found::Good).count() >= 10, "{checks:?}");
    assert_eq!(adapter.code(exchange), Some(0));
}

/// How a WebSocket that is not let in is closed.
fn refused(url: &str) -> CloseFrame {
    let address = url.trim_start_matches("ws://").split('/').next().unwrap();
    let stream = std::net::TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let (mut socket, _) = client(url, stream).unwrap();
    loop {
        match socket.read().unwrap() {
            Message::Close(Some(frame)) => return frame,
            Message::Ping(_) | Message::Pong(_) => {}
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_wrong_token_and_a_used_one_are_refused_with_the_reason() {
    let exchange = exchange(LONG, GRACE);
    let url = exchange.offer(DEVICE);
    let base = url.split('?').next().unwrap();
    for (url, why) in [
        (format!("{base}?token=guessed"), "none of this run"),
        (base.to_owned(), "?token="),
        (format!("{base}?resume=guessed&received=0"), "none of this run"),
    ] {
        let frame = refused(&url);
        assert_eq!(u16::from(frame.code), 4003, "{url}");
        assert!(frame.reason.contains(why), "{url}: {}", frame.reason);
    }
    let address = base.trim_start_matches("ws://").split('/').next().unwrap();
    let stream = std::net::TcpStream::connect(address).unwrap();
    let (mut first, _) = client(&url, stream).unwrap();
    let Message::Text(welcome) = first.read().unwrap() else { panic!("no welcome") };
    assert!(welcome.contains("\"resume\":"), "{welcome}");
    assert!(refused(&url).reason.contains("was used"));
}
