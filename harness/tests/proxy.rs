//! `harness proxy` between clients and a mock server that stands for somebody else's: another address, another App Key, a recording of
//! its own. What the proxy recorded is what that server took in and said.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

#[path = "proxy/clients.rs"]
mod clients;
#[path = "proxy/elsewhere.rs"]
mod elsewhere;
#[path = "native_client/peer.rs"]
#[allow(dead_code, reason = "another test takes the rest")]
mod peer;
#[path = "proxy/planted.rs"]
mod planted;
#[path = "proxy/program.rs"]
mod program;
#[path = "proxy/real.rs"]
mod real;
#[path = "proxy/scrubbed.rs"]
mod scrubbed;
#[path = "proxy/sessions.rs"]
mod sessions;

use std::{
    net::SocketAddr,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use harness::proxy::{Config, Proxy, place::Place};
use mock_server::{App, Record, Server, Tls};
use recording::{End, Entry, Reader, Said, What};
use service::{Input, Taken};

/// The App Key of the server that is somebody else's.
const APP: &str = "somebody-elses";
/// Longer than anything takes on a busy machine, and an end to what never comes.
const LIMIT: Duration = Duration::from_secs(60);
/// How often something is looked at that tells nobody when it changes.
const LOOK: Duration = Duration::from_millis(20);

/// Somebody else's server.
fn service(tls: Option<&Path>) -> Server {
    // Linux has more loopback addresses than one: nothing of the proxy's own address helps to find it.
    let ip = if cfg!(target_os = "linux") { [127, 0, 0, 2] } else { [127, 0, 0, 1] };
    let setup = serde_json::json!({"users": ["alice", "bob"], "groups": {"g": ["alice", "bob"]}});
    Server::start(mock_server::Config {
        listen: SocketAddr::from((ip, 0)),
        apps: vec![App { key: APP.to_owned(), secret: "sesame".to_owned() }],
        strict: false,
        world: Some(serde_json::from_value(setup).unwrap()),
        tls: tls.map(|_| Tls::SelfSigned),
        tls_cert_out: tls.map(Path::to_path_buf),
        record: Some(Record::InMemory { client: String::new() }),
        ..mock_server::Config::default()
    })
    .unwrap()
}

fn config(upstream: &str, folder: &Path) -> Config {
    Config {
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        upstream: Place::read(upstream, false).unwrap().place,
        upstream_ca: Vec::new(),
        record: folder.to_path_buf(),
        record_limit: 1 << 30,
        scrub: false,
        tls: None,
        tls_names: Vec::new(),
    }
}

fn proxy(service: &Server, folder: &Path) -> Proxy {
    Proxy::start(config(&service.addresses().navi, folder)).unwrap()
}

/// All entries of a recording, which is whole, or goes on.
fn entries(bytes: &[u8]) -> Vec<Entry> {
    let mut reader = Reader::open(bytes).unwrap();
    let mut all = Vec::new();
    while let Some(entry) = reader.next_entry().unwrap() {
        all.push(entry);
    }
    assert!(matches!(reader.end(), Some(End::Whole | End::Open)), "{:?}", reader.end());
    all
}

fn recorded(folder: &Path) -> Vec<Entry> {
    entries(&std::fs::read(folder.join(format!("{APP}.jsonl"))).unwrap())
}

/// What a recording tells, connection by connection in the order in which they were opened, and of HTTP by itself; numbers,
/// addresses of clients, and what the world does by itself aside.
#[derive(Debug, Default, PartialEq)]
struct Told {
    http: Vec<String>,
    conns: Vec<Conn>,
}

#[derive(Debug, Default, PartialEq)]
struct Conn {
    polls: bool,
    up: Vec<String>,
    down: Vec<String>,
}

fn told(entries: &[Entry]) -> Told {
    let (mut told, mut ids) = (Told::default(), Vec::new());
    for entry in entries {
        match &entry.what {
            What::Taken(Taken::Input(Input::Http { request, .. })) => {
                // The proxy asks on a connection of its own.
                let mut request = request.clone();
                request.headers.retain(|(name, _)| name != "connection");
                request.headers.sort();
                // Which the server answers without asking its world.
                if request.method != "OPTIONS" {
                    told.http.push(format!("{request:?}"));
                }
            }
            What::Said(Said::Response { answer: Some(answer), .. }) if answer.status != 204 => {
                told.http.push(format!("{} {} {:?}", answer.status, answer.content_type, answer.body));
            }
            What::Taken(Taken::Input(Input::Open { conn, login })) => {
                let login = service::Login { address: String::new(), ..(**login).clone() };
                let polls = login.transport == service::Transport::Comet;
                ids.push(*conn);
                told.conns.push(Conn { polls, up: vec![format!("{login:?}")], down: Vec::new() });
            }
            What::Taken(Taken::Input(
                Input::Frame { conn, .. }
                | Input::Poll { conn }
                | Input::Closed { conn }
                | Input::Garbage { conn, .. },
            )) => {
                let at = ids.iter().position(|id| id == conn).unwrap();
                told.conns[at].up.push(match &entry.what {
                    What::Taken(Taken::Input(Input::Frame { frame, .. })) => format!("{frame:?}"),
                    What::Taken(Taken::Input(Input::Poll { .. })) => "poll".to_owned(),
                    What::Taken(Taken::Input(Input::Closed { .. })) => "closed".to_owned(),
                    // Its words are the server's own.
                    _ => "garbage".to_owned(),
                });
            }
            What::Said(
                Said::Down { conn, .. }
                | Said::DownRaw { conn, .. }
                | Said::Close { conn, .. }
                | Said::PollAnswered { conn },
            ) => {
                let at = ids.iter().position(|id| id == conn).unwrap();
                let polls = told.conns[at].polls;
                told.conns[at].down.push(match &entry.what {
                    // In JSON, with fields that its reader cannot do without.
                    What::Said(Said::Down { raw, .. }) if polls => format!("frame {:#04x}", raw[0]),
                    What::Said(Said::Down { raw, .. }) => format!("{raw:?}"),
                    What::Said(Said::DownRaw { raw, .. }) => format!("raw {raw:?}"),
                    What::Said(Said::Close { .. }) => "close".to_owned(),
                    _ => "poll answered".to_owned(),
                });
            }
            _ => {}
        }
    }
    // Requests that are under way at the same time have connections of their own: the proxy may hear of one first, and the server
    // of the other. Whether a poll was answered with nothing a client that has gone does not hear.
    told.http.sort();
    for conn in told.conns.iter_mut().filter(|conn| conn.polls) {
        conn.down.retain(|said| said != "poll answered");
        conn.up.sort();
        conn.down.sort();
    }
    told
}

/// The proxy's recording tells of the session what the server's own does; that one may hear of an end a moment later.
fn assert_same(service: &Server, folder: &Path) -> Vec<Entry> {
    let recorded = recorded(folder);
    let proxys = told(&recorded);
    let until = Instant::now() + LIMIT;
    loop {
        let servers = told(&entries(&service.recording(APP).unwrap().unwrap()));
        if proxys == servers {
            return recorded;
        }
        if Instant::now() > until {
            assert_eq!(proxys.http, servers.http, "over HTTP");
            for (n, (proxys, servers)) in proxys.conns.iter().zip(&servers.conns).enumerate() {
                assert_eq!(proxys.up, servers.up, "what client {n} said");
                assert_eq!(proxys.down, servers.down, "what client {n} was told");
            }
            panic!("connections: {} and {}", proxys.conns.len(), servers.conns.len());
        }
        thread::sleep(LOOK);
    }
}

/// Waits until the proxy has recorded that so many clients are gone.
fn wait_for_ends(folder: &Path, ends: usize) {
    let until = Instant::now() + LIMIT;
    let is_end = |entry: &Entry| {
        matches!(entry.what, What::Taken(Taken::Input(Input::Closed { .. })) | What::Said(Said::Close { .. }))
    };
    while recorded(folder).iter().filter(|entry| is_end(entry)).count() < ends {
        assert!(Instant::now() < until, "fewer than {ends} clients have ended");
        thread::sleep(LOOK);
    }
}

/// What `harness show` says of a recording.
fn shown(file: &Path) -> String {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let args = ["harness", "show", file.to_str().unwrap()].map(Into::into);
    harness::cli::run_with(args, &mut out, &mut err, false);
    String::from_utf8([out, err].concat()).unwrap()
}
