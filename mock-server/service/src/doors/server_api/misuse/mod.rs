//! What is wrong with a call is told by its code, and a refused call leaves the world as it was: everything the world
//! holds is compared before and after.

mod extreme;
mod good;
mod rooms;
mod ultra_groups;
mod wrong;

use std::fmt::Write as _;

use good::good;

use crate::{Endpoints, HttpId, HttpRequest, Input, Output, Service, WorldSetup};
use crate::{core::signature::signature_of, doors::server_api::Format};

/// A world with something of everything, so that a refused call would have something to spoil.
const SETUP: &str = r#"{
    "users": ["alice", "bob", {"id": "carol", "bannedMinutes": 10}],
    "groups": {"g1": ["alice", "bob"], "full": ["alice", "bob", "carol"]},
    "blacklists": {"alice": ["bob", "x"]}, "whitelists": {"alice": ["bob", "x"]},
    "backlog": [{"from": "bob", "to": "alice", "count": 2, "text": "m{n}"}],
    "chatrooms": {"r": {"entries": {"k": "v"}}},
    "ultraGroups": {"u1": {"members": ["alice", "bob"], "channels": {"open": {}, "closed": {"type": "private",
        "members": ["alice"]}}}},
    "switches": {"ultraGroup": true, "roamingHistory": true, "messageLog": true, "chatroomEntries": true, "chatroomKeepAlive": true,
        "chatroomWhiteLists": true, "chatroomGlobalMute": true, "chatroomBroadcast": true, "chatroomHistory": true},
    "limits": {"blacklist": 2, "whitelist": 2, "groupMembers": 3, "chatroomsKeptAlive": 2, "ultraGroupsOfUser": 2,
        "ultraGroupChannels": 3}
}"#;

struct World {
    service: Service,
    now: wire::UnixMillis,
}

impl World {
    fn new(setup: &str) -> Self {
        let setup: WorldSetup = serde_json::from_str(setup).unwrap();
        let now = setup.start();
        let service = Service::new("app", &setup, 1, Endpoints::default(), now).unwrap();
        let mut world = Self { service, now };
        for (path, body) in [
            (
                "/user/conversation/tag/set.json",
                r#"{"userId":"alice","tags":[{"tagId":"t1","tagName":"work"}]}"#,
            ),
            ("/user/tag/set.json", r#"{"userId":"alice","tags":["vip"]}"#),
        ] {
            assert_eq!(world.call(path, body), (200, 200), "{path}");
        }
        if world.service.world.core.switches.chatroom_keep_alive {
            assert_eq!(world.call("/chatroom/keepalive/add.json", "chatroomId=kept"), (200, 200));
        }
        if world.service.world.core.switches.ultra_group {
            let groups = r#"{"groupId":"u1","userGroups":[{"userGroupId":"press"}]}"#;
            assert_eq!(world.call("/ultragroup/usergroup/add.json", groups), (200, 200));
        }
        world
    }

    fn call(&mut self, path: &str, body: &str) -> (u16, i64) {
        self.request(request(path, body))
    }

    fn request(&mut self, request: HttpRequest) -> (u16, i64) {
        self.service.handle(self.now, Input::Http { id: HttpId(1), request: Box::new(request) });
        while let Some(output) = self.service.poll_output() {
            if let Output::Respond { response: Some(response), .. } = output {
                let body: serde_json::Value = serde_json::from_slice(&response.body).unwrap();
                return (response.status, body["code"].as_i64().unwrap());
            }
        }
        panic!("no answer");
    }

    /// Everything but the journal and the counters of rates.
    fn dump(&self) -> String {
        let s = &self.service;
        let mut dump = String::new();
        let parts: [&dyn std::fmt::Debug; 17] = [
            &s.world.core.accounts,
            &s.world.core.tokens,
            &s.world.mail.groups,
            &s.world.chatrooms,
            &s.world.ultra_groups,
            &s.world.mail.archive,
            &s.world.mail.conversations,
            &s.world.core.connections,
            &s.world.outward,
            &s.world.preferences,
            &s.world.mail.mailboxes,
            &s.world.mail.receipts,
            &s.world.files,
            &s.world.message_log,
            &s.api.repeats,
            &s.world.core.switches,
            &s.next_deadline(),
        ];
        for part in parts {
            writeln!(dump, "{part:?}").unwrap();
        }
        dump
    }
}

/// A signed request; what begins with a brace is JSON, and the endpoints that are read have a query.
fn request(path: &str, body: &str) -> HttpRequest {
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let kind = if body.starts_with('{') || body.starts_with('[') {
        "application/json"
    } else {
        "application/x-www-form-urlencoded"
    };
    let get = crate::doors::server_api::endpoints::find(&Format::of(path).0)
        .is_some_and(|(_, takes, _)| takes.method() == "GET");
    HttpRequest {
        method: if get { "GET" } else { "POST" }.into(),
        path: path.into(),
        query: if get { body.to_owned() } else { String::new() },
        headers: vec![
            header("app-key", "app"),
            header("nonce", "42"),
            header("timestamp", "1767225600"),
            header("signature", &signature_of("mock-secret", "42", "1767225600")),
            header("content-type", kind),
        ],
        body: if get { String::new() } else { body.to_owned() }.into(),
        ..HttpRequest::default()
    }
}

fn long(count: usize) -> String {
    "x".repeat(count)
}

fn many(name: &str, count: usize) -> String {
    (0..count).map(|n| format!("{name}=u{n}")).collect::<Vec<_>>().join("&")
}

const TEXT: &str = "objectName=RC:TxtMsg&content=%7B%22content%22%3A%22x%22%7D";

/// Each call is answered as it says, and leaves its world as it was.
fn refused<'a>(cases: impl IntoIterator<Item = (&'a str, String, (u16, i64))>) {
    for (path, body, answer) in cases {
        let mut world = World::new(SETUP);
        let before = world.dump();
        let shown: String = body.chars().take(120).collect();
        assert_eq!(world.call(path, &body), answer, "{path} {shown}");
        assert!(world.dump() == before, "{path} {shown}");
    }
}

#[test]
fn every_endpoint_takes_a_good_call_in_json_and_in_xml() {
    for (path, body) in good() {
        assert_eq!(World::new(SETUP).call(path, &body), (200, 200), "{path} {body}");
        let mut world = World::new(SETUP);
        let xml = request(&path.replace(".json", ".xml"), &body);
        world.service.handle(world.now, Input::Http { id: HttpId(1), request: Box::new(xml) });
        let answers = std::iter::from_fn(|| world.service.poll_output());
        let mut bodies = answers.filter_map(|output| match output {
            Output::Respond { response, .. } => response,
            _ => None,
        });
        let response = bodies.next().unwrap();
        assert!(response.content_type.starts_with("application/xml"), "{path}");
        assert!(String::from_utf8_lossy(&response.body).contains("<code>200</code>"), "{path}");
    }
}

#[test]
fn unsigned_and_wrongly_sent_calls_change_nothing_at_any_endpoint() {
    for (path, body) in good() {
        let mut world = World::new(SETUP);
        let before = world.dump();
        let mut refused = |what: &str, change: &dyn Fn(&mut HttpRequest), answer: (u16, i64)| {
            let mut wrong = request(path, &body);
            change(&mut wrong);
            assert_eq!(world.request(wrong), answer, "{path}: {what}");
            assert!(world.dump() == before, "{path}: {what}");
        };
        let without = |name: &'static str| {
            move |request: &mut HttpRequest| request.headers.retain(|(known, _)| known != name)
        };
        refused("no App Key", &without("app-key"), (401, 1001));
        refused("no nonce", &without("nonce"), (401, 1004));
        refused("no timestamp", &without("timestamp"), (401, 1004));
        refused("no signature", &without("signature"), (401, 1004));
        refused("another App Key", &|request| request.headers[0].1 = "other".into(), (401, 1001));
        refused("another timestamp", &|request| request.headers[2].1 = "1767225601".into(), (401, 1004));
        refused("a wrong signature", &|request| request.headers[3].1 = "0".repeat(40), (401, 1004));
        refused("another method", &|request| request.method = "PUT".into(), (405, 405));
        refused("another path", &|request| request.path.push('x'), (404, 404));
    }
}

#[test]
fn each_parameter_that_is_needed_is_missed_and_the_world_stays() {
    // Without them the rest of the good call still makes sense, or the default is asked for.
    let optional = [
        "page",
        "size",
        "pageNo",
        "pageSize",
        "num",
        "offset",
        "name=A",
        "isMuted",
        "userId=alice&groupId=g1&minute=1",
    ];
    for (path, body) in good().into_iter().filter(|(_, body)| !body.is_empty() && !body.starts_with('{')) {
        let parts: Vec<&str> = body.split('&').collect();
        for (index, part) in parts.iter().enumerate() {
            if optional.iter().any(|known| part.starts_with(known))
                || (path.contains("gag") && part.starts_with("groupId"))
                || (path == "/group/ban/query.json")
                || (path.contains("notdisturb") && part.starts_with("busChannel"))
            {
                continue;
            }
            let rest: Vec<&str> =
                parts.iter().enumerate().filter(|(at, _)| *at != index).map(|(_, part)| *part).collect();
            let mut world = World::new(SETUP);
            let before = world.dump();
            let code = if rest.is_empty() { 1003 } else { 1002 };
            assert_eq!(world.call(path, &rest.join("&")), (400, code), "{path} without {part}");
            assert!(world.dump() == before, "{path} without {part}");
        }
    }
    for (path, body) in good().into_iter().filter(|(_, body)| body.starts_with('{')) {
        let whole: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&body).unwrap();
        // One SDK leaves the texts of pushes out.
        for name in whole.keys().filter(|name| *name != "pushContent") {
            let mut rest = whole.clone();
            rest.remove(name);
            let mut world = World::new(SETUP);
            let before = world.dump();
            let body = serde_json::Value::Object(rest).to_string();
            assert_eq!(world.call(path, &body), (400, 1002), "{path} without {name}");
            assert!(world.dump() == before, "{path} without {name}");
        }
        for body in ["{", "[]", "{\"userId\": }"] {
            let mut world = World::new(SETUP);
            let before = world.dump();
            assert_eq!(world.call(path, body), (400, 1002), "{path} {body}");
            assert!(world.dump() == before, "{path} {body}");
        }
    }
}

#[test]
fn what_is_not_enabled_is_told_so() {
    for (path, body) in [
        ("/message/history.json", "date=2026010108"),
        ("/message/history/delete.json", "date=2026010108"),
        ("/conversation/message/history/clean.json", "conversationType=1&fromUserId=new&targetId=newer"),
        (
            "/v3/message/private/query.json",
            r#"{"userId":"new","targetId":"newer","startTime":1,"endTime":2}"#,
        ),
    ] {
        let mut world = World::new("{}");
        let before = world.dump();
        assert_eq!(world.call(path, body), (430, 1009), "{path}");
        assert!(world.dump() == before, "{path}");
    }
}

#[test]
fn what_is_over_a_rate_is_refused_for_all_receivers_and_free_again_after_its_window() {
    let setup = r#"{"groups": {"g1": ["a"], "g2": ["a"]}, "users": ["a", "b"], "limits": {"apiPrivatePerMinute": 2,
        "apiGroupPerSecond": 1, "apiSystemPerSecond": 2, "apiBroadcastsPerHour": 1, "apiBroadcastsPerDay": 2}}"#;
    let text = |rest: &str| format!("{rest}&{TEXT}");
    let cases: Vec<(&str, String, String, i64)> = vec![
        (
            "/message/private/publish.json",
            "fromUserId=b&toUserId=a".into(),
            "fromUserId=new&toUserId=a&toUserId=b".into(),
            60_000,
        ),
        (
            "/message/group/publish.json",
            "fromUserId=b&toGroupId=g1".into(),
            "fromUserId=new&toGroupId=g2&toGroupId=g1".into(),
            1_000,
        ),
        (
            "/message/system/publish.json",
            "fromUserId=b&toUserId=a".into(),
            "fromUserId=new&toUserId=a&toUserId=b".into(),
            1_000,
        ),
        ("/message/broadcast.json", "fromUserId=b".into(), "fromUserId=new".into(), 3_600_000),
    ];
    for (path, first, second, window) in cases {
        let mut world = World::new(setup);
        assert_eq!(world.call(path, &text(&first)), (200, 200), "{path}");
        let before = world.dump();
        assert_eq!(world.call(path, &text(&second)), (429, 1008), "{path}");
        assert!(world.dump() == before, "{path}");
        world.now = wire::UnixMillis(world.now.0 + window);
        assert_eq!(world.call(path, &text(&second)), (200, 200), "{path}");
    }
    // Two broadcasts a day are allowed, whatever the hours say.
    let mut world = World::new(setup);
    for (hours, answer) in [(0, (200, 200)), (1, (200, 200)), (1, (429, 1008)), (22, (200, 200))] {
        world.now = wire::UnixMillis(world.now.0 + hours * 3_600_000);
        assert_eq!(world.call("/message/broadcast.json", &text("fromUserId=b")), answer);
    }
}

#[test]
fn an_old_timestamp_is_refused_where_the_world_has_a_window() {
    let mut world = World::new(SETUP);
    world.service.world.core.limits.api_timestamp_minutes = 5;
    let mut at = |minutes: i64, milliseconds: bool| {
        let seconds = world.now.0 / 1000 + minutes * 60;
        let stamp = if milliseconds { seconds * 1000 } else { seconds }.to_string();
        let mut request = request("/user/info.json", "userId=alice");
        request.headers[3].1 = signature_of("mock-secret", "42", &stamp);
        request.headers[2].1 = stamp;
        world.request(request)
    };
    for milliseconds in [false, true] {
        assert_eq!(at(-5, milliseconds), (200, 200));
        assert_eq!(at(5, milliseconds), (200, 200));
        assert_eq!(at(-6, milliseconds), (401, 1004));
        assert_eq!(at(6, milliseconds), (401, 1004));
    }
    let mut wordy = request("/user/info.json", "userId=alice");
    wordy.headers[2].1 = "today".into();
    wordy.headers[3].1 = signature_of("mock-secret", "42", "today");
    assert_eq!(world.request(wordy), (401, 1004));
}
