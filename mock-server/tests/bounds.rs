//! Bounds in bytes and numbers: what one client can make the server keep, and what it is told when it wants more.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod support;

use std::{
    io::{Read, Write},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use mock_server::{Bounds, Config, ConnState, Server};
use prost::Message as _;
use serde_json::{Value, json};
use support::{APP, Native, Web, control, http, native_bytes, send_http, socket};
use wire::{
    ClientFrame, Request, ServerFrame, Topic,
    body::{DownStreamMessages, GetQNupTokenInput, GetQNupTokenOutput, SyncRequestMsg},
    code::connack,
};

const LIMIT: Duration = Duration::from_secs(10);

/// A server with so many messages of a kilobyte waiting for `u1`.
fn with_backlog(bounds: Bounds, count: u32) -> Server {
    let world = json!({
        "users": ["u1", "u2", "u3"],
        "limits": {"package": 50},
        "backlog": [{"from": "u2", "to": "u1", "count": count, "text": format!("{{n}} {}", "x".repeat(1000))}],
    });
    let world = Some(serde_json::from_value(world).unwrap());
    Server::start(Config { world, bounds, ..Config::default() }).unwrap()
}

fn pull(id: u16) -> ClientFrame {
    let body = SyncRequestMsg { sync_time: Some(0), ..SyncRequestMsg::default() }.encode_to_vec();
    ClientFrame::Query(Request::new(Topic::PullMsg, "u1", id, body.into()))
}

fn counters(server: &Server) -> Value {
    control(server, "GET", "/", "").1["counters"].take()
}

/// Waits until the counters are as `look` wants them.
fn wait_counted(server: &Server, look: impl Fn(&Value) -> bool) {
    let begun = Instant::now();
    loop {
        let counters = counters(server);
        if look(&counters) {
            return;
        }
        assert!(begun.elapsed() < LIMIT, "{counters}");
        thread::yield_now();
    }
}

fn wait_closed(server: &Server, user: &'static str) {
    let closed = move |_: &service::Service, states: &[ConnState]| {
        states.iter().any(|state| state.closed && state.user == user).then_some(())
    };
    server.wait(APP, LIMIT, closed).unwrap();
}

fn wait_read(server: &Server, user: &'static str, frames: u64) {
    let read = move |_: &service::Service, states: &[ConnState]| {
        states.iter().any(|state| state.read >= frames && state.user == user).then_some(())
    };
    server.wait(APP, LIMIT, read).unwrap();
}

fn journal(server: &Server) -> String {
    let entries = server.with_world(APP, |service, _| {
        service.journal().after(0).map(|entry| entry.to_json().to_string()).collect::<Vec<_>>()
    });
    entries.unwrap().join("\n")
}

fn push(server: &Server, to: &str, text: &str) {
    let act = json!({"push": {"from": "u3", "to": to, "message": {"text": text}}});
    let act = serde_json::from_value(act).unwrap();
    server.with_world(APP, move |service, now| service.act(now, &act).map(drop)).unwrap().unwrap();
}

#[test]
fn who_pipelines_pulls_and_never_reads_is_held_and_then_cut() {
    let bounds = Bounds { output: 256 << 10, unread_time: Duration::from_secs(2), ..Bounds::default() };
    let server = with_backlog(bounds, 50);
    let mut greedy = Native::login(&server, "u1");
    let pulls: Vec<u8> = (1..=2000).flat_map(|id| native_bytes(&pull(id)).to_vec()).collect();
    greedy.stream.write_all(&pulls).unwrap();
    // What it asked for is 2,000 × 50 kB; what is made of it is what the socket takes and one answer beyond the bound.
    wait_read(&server, "u1", 6);
    let held = counters(&server)["bytes"]["outputs"].as_u64().unwrap();
    assert!(held <= (256 << 10) + (60 << 10), "{held}");
    let mut other = Native::login(&server, "u2");
    other.ping();
    wait_closed(&server, "u1");
    let counters = counters(&server);
    assert_eq!((&counters["cut"]["unreadTime"], &counters["bytes"]["outputs"]), (&json!(1), &json!(0)));
    assert!(journal(&server).contains("cut by the bound `unreadTime`"));
    let read = server.connections(APP).unwrap()[0].read;
    assert!(read < 2000, "{read}");
}

#[test]
fn who_reads_slowly_gets_every_answer_in_order() {
    for web in [false, true] {
        let server = with_backlog(Bounds { output: 64 << 10, ..Bounds::default() }, 50);
        let ids = 1..=400;
        let answers: Vec<u16> = if web {
            let mut client = Web::login(&server, "u1");
            ids.clone().for_each(|id| client.send(&pull(id)));
            ids.clone().map(|_| answered(client.read())).collect()
        } else {
            let mut client = Native::login(&server, "u1");
            let pulls: Vec<u8> = ids.clone().flat_map(|id| native_bytes(&pull(id)).to_vec()).collect();
            client.stream.write_all(&pulls).unwrap();
            ids.clone().map(|_| answered(client.read())).collect()
        };
        assert_eq!(answers, ids.collect::<Vec<u16>>(), "web: {web}");
    }
}

fn answered(frame: ServerFrame) -> u16 {
    let ServerFrame::QueryAck { id, status: 0, body, .. } = frame else { panic!("no answer: {frame:?}") };
    assert_eq!(DownStreamMessages::decode(body).unwrap().list.len(), 50);
    id
}

#[test]
fn what_others_push_to_who_never_reads_ends_at_the_hard_bound() {
    let bounds = Bounds { output: 32 << 10, output_hard: 256 << 10, ..Bounds::default() };
    let server = with_backlog(bounds, 0);
    let _deaf = Native::login(&server, "u1");
    let mut other = Native::login(&server, "u2");
    // Sockets take some megabytes before anything waits.
    let mut sender = Native::login(&server, "u3");
    for _ in 0..400 {
        send_status(&mut sender, &"x".repeat(100_000));
        if server.connections(APP).unwrap()[0].closed {
            break;
        }
    }
    wait_closed(&server, "u1");
    assert_eq!(counters(&server)["cut"]["outputHard"], 1);
    assert!(journal(&server).contains("cut by the bound `outputHard`"));
    other.ping();
}

/// A message that is pushed whole, whether or not the client has pulled: what is stored is only announced.
fn send_status(sender: &mut Native, text: &str) {
    let up = wire::body::UpStreamMessage {
        classname: "x:status".to_owned(),
        content: text.to_owned().into(),
        ..Default::default()
    };
    sender.send(&ClientFrame::Publish(Request::new(Topic::PpMsgS, "u1", 1, up.encode_to_vec().into())));
    assert!(matches!(sender.read(), ServerFrame::PubAck { status: 0, .. }));
}

#[test]
fn all_outputs_together_have_a_bound_and_the_largest_is_cut() {
    let bounds = Bounds { output: 512 << 10, outputs: 700 << 10, ..Bounds::default() };
    let backlog =
        ["u1", "u2", "u3"].map(|to| json!({"from": "u4", "to": to, "count": 50, "text": "x".repeat(1000)}));
    let world = serde_json::from_value(json!({"backlog": backlog})).unwrap();
    let server = Server::start(Config { world: Some(world), bounds, ..Config::default() }).unwrap();
    let deaf = ["u1", "u2", "u3"].map(|user| {
        let mut client = Native::login(&server, user);
        let pulls: Vec<u8> = (1..=600).flat_map(|id| native_bytes(&pull(id)).to_vec()).collect();
        client.stream.write_all(&pulls).unwrap();
        client
    });
    let cut =
        |_: &service::Service, states: &[ConnState]| states.iter().any(|state| state.closed).then_some(());
    server.wait(APP, LIMIT, cut).unwrap();
    Native::login(&server, "u4").ping();
    let counters = counters(&server);
    assert!(counters["bytes"]["outputs"].as_u64().unwrap() <= 700 << 10, "{counters}");
    assert!(counters["cut"]["outputs"].as_u64().unwrap() >= 1, "{counters}");
    drop(deaf);
}

#[test]
fn one_flooder_does_not_keep_others_waiting() {
    let server = with_backlog(Bounds::default(), 0);
    let mut flooder = Native::login(&server, "u1");
    let mut other = Native::login(&server, "u2");
    let over = Arc::new(AtomicBool::new(false));
    let mut reader = flooder.stream.try_clone().unwrap();
    let reading = thread::spawn(move || while reader.read(&mut [0; 65_536]).is_ok_and(|read| read > 0) {});
    let writing = thread::spawn({
        let over = over.clone();
        move || {
            let pings = native_bytes(&ClientFrame::Ping).repeat(20_000);
            while !over.load(Ordering::Relaxed) && flooder.stream.write_all(&pings).is_ok() {}
            let _ = flooder.stream.shutdown(std::net::Shutdown::Both);
        }
    });
    wait_read(&server, "u1", 20_000);
    let read = || server.connections(APP).unwrap()[0].read;
    let mut passed = Vec::new();
    for _ in 0..50 {
        let before = read();
        other.ping();
        passed.push(read() - before);
    }
    over.store(true, Ordering::Relaxed);
    writing.join().unwrap();
    reading.join().unwrap();
    passed.sort_unstable();
    let median = passed[passed.len() / 2];
    // The ping and the two looks take a handful of turns of 64; a whole read is 21,000 frames.
    assert!(median < 3_000, "frames of the flooder between a ping and its answer: {passed:?}");
}

#[test]
fn the_journal_keeps_bytes_not_entries() {
    let server = with_backlog(Bounds::default(), 0);
    let body = "x".repeat(1 << 20);
    for _ in 0..20 {
        let answer = http(&server, "POST", "/no/such/path", &["App-Key: mock-app-key"], &body);
        assert!(answer.status >= 400);
    }
    let counters = counters(&server);
    assert!(counters["bytes"]["journal"].as_u64().unwrap() < 100_000, "{counters}");
    let page = control(&server, "GET", &format!("/apps/{APP}/journal"), "").1;
    let entry = page["entries"].as_array().unwrap().iter().find(|entry| entry["kind"] == "http").unwrap();
    assert_eq!(entry["body"]["bytes"], 1 << 20);
    assert_eq!(entry["body"]["sha1"].as_str().unwrap().len(), 40);
}

#[test]
fn pages_of_the_journal_end_by_their_bytes_and_say_how_to_go_on() {
    let server = with_backlog(Bounds { journal_page: 100 << 10, ..Bounds::default() }, 0);
    for n in 0..40 {
        push(&server, "u1", &format!("{n} {}", "x".repeat(20_000)));
    }
    let last = server.with_world(APP, |service, _| service.journal().last()).unwrap();
    let (mut after, mut seen, mut pages) = (0, Vec::new(), 0);
    loop {
        let answer = http(
            &server,
            "GET",
            &format!("/control/v1/apps/{APP}/journal?limit=10000&after={after}"),
            &[],
            "",
        );
        assert!(answer.body.len() < 150 << 10, "{}", answer.body.len());
        let page = answer.json();
        seen.extend(page["entries"].as_array().unwrap().iter().map(|entry| entry["n"].as_u64().unwrap()));
        after = page["next"].as_u64().unwrap();
        pages += 1;
        if page["more"] == false {
            break;
        }
    }
    assert_eq!(seen, (1..=last).collect::<Vec<u64>>());
    assert!(pages > 5, "{pages}");
}

#[test]
fn streams_of_the_journal_are_counted_and_each_keeps_little_for_who_does_not_read() {
    let server = with_backlog(Bounds { streams: 1, ..Bounds::default() }, 0);
    for n in 0..100 {
        push(&server, "u1", &format!("{n} {}", "x".repeat(60_000)));
    }
    let path = format!("/control/v1/apps/{APP}/journal/stream?after=0");
    let mut slow = socket(&server);
    send_http(&mut slow, "GET", &path, &[], "");
    slow.read_exact(&mut [0; 15]).unwrap();
    let refused = http(&server, "GET", &path, &[], "");
    assert_eq!((refused.status, refused.json()["error"]["code"].as_str()), (503, Some("busy")));
    let mut text = vec![0; 5_500_000];
    slow.read_exact(&mut text).unwrap();
    let text = String::from_utf8_lossy(&text);
    let ids: Vec<u64> = text
        .lines()
        .filter_map(|line| line.strip_prefix("id: "))
        .map(|id| id.trim().parse().unwrap())
        .collect();
    assert_eq!(ids, (1..=ids.len() as u64).collect::<Vec<_>>());
    assert_eq!(counters(&server)["refused"]["streams"], 1);
}

#[test]
fn an_await_finds_its_entry_behind_many_others_and_among_those_to_come() {
    let server = with_backlog(Bounds::default(), 0);
    for n in 0..50 {
        push(&server, "u1", &format!("{n} {}", "x".repeat(20_000)));
    }
    let (_client, path) = (Native::login(&server, "u2"), format!("/apps/{APP}/await"));
    let wanted = json!({"match": {"kind": "open", "user": "u2"}}).to_string();
    assert_eq!(control(&server, "POST", &path, &wanted).1["entry"]["user"], "u2");
    let wanted = json!({"match": {"kind": "open", "user": "u3"}, "timeoutMs": 10_000}).to_string();
    thread::scope(|scope| {
        let waiting = scope.spawn(|| control(&server, "POST", &path, &wanted).1);
        let _late = Native::login(&server, "u3");
        assert_eq!(waiting.join().unwrap()["entry"]["user"], "u3");
    });
}

#[test]
fn bodies_in_flight_have_a_bound_together() {
    let server = with_backlog(Bounds { bodies: 1 << 20, ..Bounds::default() }, 0);
    let part = "x".repeat(600 << 10);
    let begin = || {
        let mut stream = socket(&server);
        let head = "POST /x HTTP/1.1\r\nHost: h\r\nApp-Key: mock-app-key\r\nContent-Length: 1000000\r\n\r\n";
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(part.as_bytes()).unwrap();
        stream
    };
    let first = begin();
    wait_counted(&server, |counters| counters["bytes"]["bodies"].as_u64().unwrap() >= 600 << 10);
    let mut second = begin();
    let mut head = [0; 12];
    second.read_exact(&mut head).unwrap();
    assert_eq!(&head, b"HTTP/1.1 503");
    assert_eq!(counters(&server)["refused"]["bodies"], 1);
    drop(first);
    wait_counted(&server, |counters| counters["bytes"]["bodies"] == 0);
    let answer = http(&server, "POST", "/x", &["App-Key: mock-app-key"], &part);
    assert!(answer.status != 503, "{}", answer.body);
}

#[test]
fn a_body_that_says_it_is_too_large_is_refused_before_it_comes() {
    let server = with_backlog(Bounds { body: 1000, ..Bounds::default() }, 0);
    let mut stream = socket(&server);
    stream.write_all(b"POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 1001\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    assert!(text.starts_with("HTTP/1.1 413") && text.contains("the bound `body`"), "{text}");
}

#[test]
fn files_of_a_world_have_a_bound_together() {
    let world = json!({"users": ["u1"], "limits": {"filesBytes": 15}});
    let world = Some(serde_json::from_value(world).unwrap());
    let server = Server::start(Config { world, ..Config::default() }).unwrap();
    let mut web = Web::login(&server, "u1");
    let mut upload = |key: &str, file: &str| {
        let input = GetQNupTokenInput { r#type: Some(4), key: Some(key.to_owned()), ..Default::default() };
        web.send(&ClientFrame::Query(Request::new(Topic::QnTkn, "u1", 7, input.encode_to_vec().into())));
        let ServerFrame::QueryAck { body, .. } = web.read() else { panic!("no token") };
        let token = GetQNupTokenOutput::decode(body).unwrap().token;
        let field = |name: &str, value: &str| {
            format!("--xyz\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
        };
        let body = format!("{}{}--xyz--\r\n", field("token", &token), field("file", file));
        http(
            &server,
            "POST",
            "/files/mock-app-key",
            &["Content-Type: multipart/form-data; boundary=xyz"],
            &body,
        )
    };
    assert_eq!(upload("a", "0123456789").status, 200);
    let refused = upload("b", "0123456789");
    assert_eq!(refused.status, 507);
    assert!(refused.body.contains("filesBytes"), "{}", refused.body);
    assert_eq!(upload("a", "012345678901234").status, 200, "in the place of the first");
    let counters = counters(&server);
    assert_eq!((&counters["bytes"]["files"], &counters["refused"]["files"]), (&json!(15), &json!(1)));
}

#[test]
fn unknown_app_keys_take_each_others_place_and_never_that_of_a_world_in_use() {
    let server = with_backlog(Bounds { max_worlds: 4, ..Bounds::default() }, 0);
    let login = |app: &str| {
        let mut native = Native::on(socket(&server));
        let connect = wire::Connect { app_key: app.to_owned(), ..support::connect("test:u1") };
        native.send(&ClientFrame::Connect(connect));
        let ServerFrame::ConnAck(ack) = native.read() else { panic!("no CONNACK") };
        (native, ack.status)
    };
    let (_kept, status) = login("used");
    assert_eq!(status, connack::ACCEPTED);
    for n in 0..50 {
        let navi = http(&server, "GET", &format!("/navi.js?appId=never-{n}&token=t"), &[], "");
        assert_eq!(navi.status, 200);
    }
    assert_eq!(counters(&server)["worlds"], 4);
    for known in [APP, "used", "never-49"] {
        server.now(known).unwrap();
    }
    let (_second, _) = login("used-2");
    let (_third, _) = login("used-3");
    let (mut refused, status) = login("used-4");
    assert_eq!((status, refused.next()), (connack::UNAVAILABLE, None));
    let navi = http(&server, "GET", "/navi.js?appId=one-more&token=t", &[], "");
    assert_eq!((navi.status, navi.header("retry-after")), (503, Some("1")));
    assert!(navi.body.contains("maxWorlds"), "{}", navi.body);
    let (status, answer) = control(&server, "PUT", "/apps/one-more", "{}");
    assert_eq!(status, 503, "{answer}");
    assert!(answer["error"]["message"].as_str().unwrap().contains("maxWorlds"), "{answer}");
    assert_eq!(control(&server, "PUT", "/apps/used", "{}").0, 200, "one that is there");
}

#[test]
fn clients_beyond_the_most_are_refused_and_the_control_api_stays_in_reach() {
    let server = with_backlog(Bounds { max_connections: 2, ..Bounds::default() }, 0);
    let (mut one, mut two) = (Native::login(&server, "u1"), Web::login(&server, "u2"));
    let mut third = Native::open(&server, "test:u3");
    let ServerFrame::ConnAck(ack) = third.read() else { panic!("no CONNACK") };
    assert_eq!((ack.status, third.next()), (connack::UNAVAILABLE, None));
    let polling = http(&server, "GET", &format!("/websocket?appId={APP}&token=test%3Au3"), &[], "");
    assert_eq!(polling.status, 503, "{}", polling.body);
    assert!(counters(&server)["refused"]["maxConnections"].as_u64().unwrap() >= 2);
    one.ping();
    two.ping();
    drop(two);
    // Its socket is gone a moment after its world has heard of it.
    wait_counted(&server, |counters| counters["clients"] == 1);
    Native::login(&server, "u3").ping();
}

#[test]
fn without_memory_nothing_new_begins() {
    let server = with_backlog(Bounds { max_memory: 1, ..Bounds::default() }, 0);
    assert_eq!(counters(&server)["bounds"]["maxMemory"], 1);
    let mut native = Native::open(&server, "test:u3");
    let ServerFrame::ConnAck(ack) = native.read() else { panic!("no CONNACK") };
    assert_eq!(ack.status, connack::UNAVAILABLE);
    let navi = http(&server, "GET", "/navi.js?appId=one-more&token=t", &[], "");
    assert_eq!(navi.status, 503, "{}", navi.body);
    let upload = http(&server, "POST", "/files/mock-app-key", &[], &"x".repeat(100_000));
    assert_eq!(upload.status, 503, "{}", upload.body);
    assert_eq!(http(&server, "GET", &format!("/navi.js?appId={APP}&token=t"), &[], "").status, 200);
}

#[test]
fn a_polling_client_that_others_write_to_and_that_does_not_poll_ends_at_the_hard_bound() {
    let server = with_backlog(Bounds { output_hard: 256 << 10, ..Bounds::default() }, 0);
    let login = format!("/websocket?appId={APP}&token=test%3Au1&sdkVer=4.6.4&pid=1");
    let opened = http(&server, "GET", &login, &[], "").json();
    let session = opened["sessionid"].as_str().unwrap();
    let mut sender = Native::login(&server, "u3");
    for _ in 0..4 {
        send_status(&mut sender, &"x".repeat(100_000));
    }
    wait_closed(&server, "u1");
    let counters = counters(&server);
    assert_eq!((&counters["cut"]["outputHard"], &counters["bytes"]["outputs"]), (&json!(1), &json!(0)));
    let poll = http(&server, "GET", &format!("/pullmsg.js?sessionid={session}"), &[], "");
    assert_eq!(poll.status, 403);
    assert!(journal(&server).contains("cut by the bound `outputHard`"));
}

#[test]
fn nothing_holds_on_to_a_world_that_is_replaced() {
    let server = with_backlog(Bounds::default(), 50);
    // Somebody who never reads, who polls, who has logged in to poll, who streams and reads nothing, who waits for an
    // entry, and who waits for a link that is stalled.
    let mut deaf = Native::login(&server, "u1");
    let pulls: Vec<u8> = (1..=400).flat_map(|id| native_bytes(&pull(id)).to_vec()).collect();
    deaf.stream.write_all(&pulls).unwrap();
    let login = format!("/websocket?appId={APP}&token=test%3Au2&sdkVer=4.6.4&pid=1");
    http(&server, "GET", &login, &[], "");
    let opened = http(&server, "GET", &login, &[], "").json();
    let mut polling = socket(&server);
    let poll = format!("/pullmsg.js?sessionid={}", opened["sessionid"].as_str().unwrap());
    send_http(&mut polling, "GET", &poll, &[], "");
    let mut stream = socket(&server);
    send_http(&mut stream, "GET", &format!("/control/v1/apps/{APP}/journal/stream?after=0"), &[], "");
    let mut waiting = socket(&server);
    let wanted = r#"{"match": {"kind": "never"}, "timeoutMs": 60000}"#;
    send_http(&mut waiting, "POST", &format!("/control/v1/apps/{APP}/await"), &[], wanted);
    server.link(APP, "stalled", mock_server::LinkState::Stall).unwrap();
    let mut stalled = socket(&server);
    let label = ["X-Harness-Connection: stalled/1"];
    send_http(&mut stalled, "GET", &format!("/navi.js?appId={APP}&token=t"), &label, "");
    wait_read(&server, "u1", 10);
    wait_read(&server, "u2", 1);
    assert_eq!(control(&server, "PUT", &format!("/apps/{APP}"), "{}").0, 200);
    wait_counted(&server, |counters| counters["worldsInMemory"] == 1);
    drop((deaf, polling, stream, waiting, stalled));
}
