//! Long work from outside: others go on meanwhile, who goes away takes it along, and what is too much is told.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod support;

use std::{
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    thread,
    time::{Duration, Instant},
};

use mock_server::Server;
use serde_json::{Value, json};
use service::signature_of;
use support::{APP, Web, control, http, send_http, server, socket};

/// Nothing here takes longer.
const LIMIT: Duration = Duration::from_secs(60);
/// A hundred years of it are millions of deadlines: more than any advance may run.
const YEARS: &str = r#"{"ms": 2000000000000}"#;

/// A world with rooms that are kept: each is looked after every hour, for ever.
fn kept_rooms(server: &Server, app_key: &str) {
    let rooms: serde_json::Map<String, Value> = (0..20).map(|n| (format!("r{n}"), json!({}))).collect();
    let setup = json!({"users": ["u1"], "chatrooms": rooms, "switches": {"chatroomKeepAlive": true}});
    assert!(control(server, "PUT", &format!("/apps/{app_key}"), &setup.to_string()).0 < 300);
    for room in rooms.keys() {
        let signature = format!("Signature: {}", signature_of("mock-secret", "1", "1"));
        let app = format!("App-Key: {app_key}");
        let headers = [
            app.as_str(),
            "Nonce: 1",
            "Timestamp: 1",
            &signature,
            "Content-Type: application/x-www-form-urlencoded",
        ];
        let body = format!("chatroomId={room}");
        let answer = http(server, "POST", "/chatroom/keepalive/add.json", &headers, &body);
        assert_eq!(answer.status, 200, "{}", answer.body);
    }
}

/// Works, while another client has one round trip after the other; tells how many, and the longest.
fn beside<T: Send>(server: &Server, work: impl FnOnce() -> T + Send) -> (T, usize, Duration) {
    beside_counted(server, |_| work())
}

/// The same; the work is told how many there were so far.
fn beside_counted<T: Send>(
    server: &Server,
    work: impl FnOnce(&AtomicUsize) -> T + Send,
) -> (T, usize, Duration) {
    let (done, trips) = (AtomicBool::new(false), AtomicUsize::new(0));
    thread::scope(|scope| {
        let pings = scope.spawn(|| {
            let mut web = Web::login(server, "u1");
            let (mut count, mut longest) = (0, Duration::ZERO);
            while !done.load(Ordering::Relaxed) {
                let began = Instant::now();
                web.ping();
                (count, longest) = (count + 1, longest.max(began.elapsed()));
                trips.store(count, Ordering::Relaxed);
            }
            (count, longest)
        });
        let outcome = work(&trips);
        done.store(true, Ordering::Relaxed);
        let (count, longest) = pings.join().unwrap();
        (outcome, count, longest)
    })
}

fn now(server: &Server, app_key: &str) -> i64 {
    control(server, "GET", &format!("/apps/{app_key}/clock"), "").1["now"].as_i64().unwrap()
}

/// Waits until the time of a world has come far, and gives it.
fn far(server: &Server, app_key: &str, from: i64) -> i64 {
    let until = Instant::now() + LIMIT;
    loop {
        let now = now(server, app_key);
        if now > from + 30 * 24 * 3_600_000 {
            return now;
        }
        assert!(Instant::now() < until, "the time does not move");
    }
}

#[test]
fn others_go_on_during_an_advance_and_it_ends_with_who_asked_for_it() {
    let server = server();
    kept_rooms(&server, "kept");
    let begun = now(&server, "kept");
    let path = "/control/v1/apps/kept/clock/advance";
    let ((), _, longest) = beside_counted(&server, |trips| {
        let mut asking = socket(&server);
        send_http(&mut asking, "POST", path, &[], YEARS);
        far(&server, "kept", begun);
        // It has not ended: what others do now they do beside it.
        let (before, until) = (trips.load(Ordering::Relaxed), Instant::now() + LIMIT);
        while trips.load(Ordering::Relaxed) < before + 4 {
            assert!(Instant::now() < until, "nobody else has the turn");
            thread::yield_now();
        }
        // The client goes away; another control call has the turn at once, for it no longer waits for the first.
        drop(asking);
        let gone = Instant::now();
        let (status, clock) = control(&server, "POST", "/apps/kept/clock/advance", r#"{"ms": 3600000}"#);
        assert_eq!(status, 200, "{clock}");
        assert!(clock["now"].as_i64().unwrap() < begun + 2_000_000_000_000, "{clock}");
        assert!(gone.elapsed() < Duration::from_secs(10), "{:?}", gone.elapsed());
    });
    assert!(longest < Duration::from_secs(2), "the longest round trip {longest:?}");
    // A wall clock goes on by itself, but not by years.
    let stopped = now(&server, "kept");
    assert!(now(&server, "kept") - stopped < 60_000);
}

#[test]
fn a_world_can_be_deleted_while_its_time_is_moved() {
    let server = server();
    kept_rooms(&server, "kept");
    let begun = now(&server, "kept");
    thread::scope(|scope| {
        let advance = scope.spawn(|| control(&server, "POST", "/apps/kept/clock/advance", YEARS));
        far(&server, "kept", begun);
        assert_eq!(control(&server, "DELETE", "/apps/kept", "").0, 200);
        let (status, answer) = advance.join().unwrap();
        assert_eq!((status, answer["error"]["code"].as_str()), (404, Some("not_found")), "{answer}");
        assert!(answer["error"]["message"].as_str().unwrap().contains("its time had come to"), "{answer}");
    });
}

#[test]
fn others_go_on_while_many_messages_are_pushed() {
    let server = server();
    let push = |count: u32| {
        let push = json!({"push": {"from": "a", "to": "u2", "message": {"text": "m {n}"}, "count": count}});
        control(&server, "POST", &format!("/apps/{APP}/act"), &push.to_string())
    };
    let ((status, outcome), pings, longest) = beside(&server, || push(20_000));
    assert_eq!((status, outcome["messageUIds"].as_array().map(Vec::len)), (200, Some(20_000)));
    assert!(pings > 3 && longest < Duration::from_secs(2), "{pings} round trips, the longest {longest:?}");
    let (status, answer) = push(u32::MAX);
    assert_eq!((status, answer["error"]["code"].as_str()), (400, Some("invalid")), "{answer}");
    assert_eq!(answer["error"]["message"], "`count` is 4294967295; at most 100000 is possible");
}

#[test]
fn others_go_on_while_a_world_with_a_large_backlog_is_made() {
    let server = server();
    let put = |count: u32| {
        let setup = json!({"backlog": [{"from": "a", "to": "b", "count": count}]});
        control(&server, "PUT", "/apps/large", &setup.to_string())
    };
    let ((status, _), pings, longest) = beside(&server, || put(20_000));
    assert_eq!(status, 201);
    assert!(pings > 3 && longest < Duration::from_secs(2), "{pings} round trips, the longest {longest:?}");
    let waiting = control(&server, "GET", "/apps/large/state/mailboxes/b", "").1;
    assert_eq!(waiting["count"], 20_000, "{}", waiting["last"]);
    let (status, answer) = put(1_000_000);
    assert_eq!(status, 400, "{answer}");
    let message = answer["error"]["message"].as_str().unwrap();
    assert!(message.contains("`count` is 1000000; at most 200000 is possible"), "{message}");
}

#[test]
fn numbers_out_of_range_are_told_by_name_value_and_limit() {
    let server = server();
    let advance = format!("/apps/{APP}/clock/advance");
    for (body, told) in [
        (r#"{"ms": -1}"#, "`ms` is -1; a whole number from 0 to"),
        (r#"{"ms": 18446744073709551615}"#, "`ms` is 18446744073709551615;"),
        (r#"{"ms": 1.5}"#, "`ms` is 1.5;"),
        (r#"{"ms": "NaN"}"#, "`ms` is \"NaN\";"),
        (r#"{"ms": 3162240000000}"#, "beyond the end of time"),
        (r#"{"to": 9223372036854775807}"#, "`to` is 9223372036854775807;"),
        (r#"{"to": -9223372036854775808}"#, "`to` is -9223372036854775808;"),
        (r#"{"to": 4294967296000}"#, "`to` is 4294967296000; a whole number from 0 to 4294967295999"),
        (r#"{"to": 0}"#, "0ms is in the past"),
    ] {
        let (status, answer) = control(&server, "POST", &advance, body);
        assert_eq!(status, 400, "{body}: {answer}");
        let message = answer["error"]["message"].as_str().unwrap();
        assert!(message.contains(told), "{body}: {message}");
    }
    for start in [i64::MIN, -1, 4_102_444_800_001, i64::MAX] {
        let (status, answer) = control(&server, "PUT", "/apps/new", &json!({ "start": start }).to_string());
        let message = answer["error"]["message"].as_str().unwrap_or_default();
        let told = format!("`start` is {start}; 0 to 4102444800000 is possible");
        assert!(status == 400 && message.contains(&told), "{start}: {answer}");
    }
    let act = format!("/apps/{APP}/act");
    for minutes in [0u32, 43_201, u32::MAX] {
        let ban = json!({"ban": {"user": "u1", "minutes": minutes}}).to_string();
        let (status, answer) = control(&server, "POST", &act, &ban);
        assert!(status == 400 && answer.to_string().contains(&format!("not {minutes}")), "{answer}");
    }
    for after in ["-1", "18446744073709551616", "NaN"] {
        let (status, answer) = control(&server, "GET", &format!("/apps/{APP}/journal?after={after}"), "");
        assert!(status == 400 && answer.to_string().contains("`after`"), "{answer}");
    }
}
