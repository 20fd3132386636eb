//! What is wrong with a call is told by its code, and a refused call leaves the world as it was: everything the world
//! holds is compared before and after.

use std::fmt::Write as _;

use super::{Format, signature_of};
use crate::{Endpoints, HttpId, HttpRequest, Input, Output, Service, WorldSetup};

/// A world with something of everything, so that a refused call would have something to spoil.
const SETUP: &str = r#"{
    "users": ["alice", "bob", {"id": "carol", "bannedMinutes": 10}],
    "groups": {"g1": ["alice", "bob"], "full": ["alice", "bob", "carol"]},
    "blacklists": {"alice": ["bob", "x"]}, "whitelists": {"alice": ["bob", "x"]},
    "backlog": [{"from": "bob", "to": "alice", "count": 2, "text": "m{n}"}],
    "chatrooms": {"r": {"entries": {"k": "v"}}},
    "switches": {"roamingHistory": true, "messageLog": true, "chatroomEntries": true, "chatroomHistory": true,
                 "chatroomWhiteLists": true, "chatroomGlobalMute": true, "chatroomBroadcast": true,
                 "chatroomKeepAlive": true},
    "limits": {"blacklist": 2, "whitelist": 2, "groupMembers": 3}
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
        let parts: [&dyn std::fmt::Debug; 15] = [
            &s.accounts,
            &s.tokens,
            &s.groups,
            &s.rooms,
            &s.archive,
            &s.conversations,
            &s.connections,
            &s.pushes,
            &s.receipts,
            &s.files,
            &s.message_log,
            &s.api_repeats,
            &s.switches,
            &s.app_level,
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
    let get = super::READ_BY_GET.contains(&Format::of(path).0.as_str());
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

/// A call that is good as it stands, and one of each endpoint.
fn good() -> Vec<(&'static str, String)> {
    let text = |rest: &str| format!("{rest}&{TEXT}");
    let template = r#"{"fromUserId":"bob","toUserId":["alice"],"objectName":"RC:TxtMsg","content":"{\"content\":\"{a}\"}","values":[{"{a}":"1"}],"pushContent":["p"]}"#;
    [
        ("/user/getToken.json", "userId=new&name=New".to_owned()),
        ("/user/refresh.json", "userId=alice&name=A".into()),
        ("/user/info.json", "userId=alice".into()),
        ("/user/query.json", "page=1".into()),
        ("/user/token/expire.json", "userId=alice&time=1".into()),
        ("/user/checkOnline.json", "userId=alice".into()),
        ("/user/block.json", "userId=alice&minute=1".into()),
        ("/user/unblock.json", "userId=alice".into()),
        ("/user/block/query.json", "page=1&size=5".into()),
        ("/user/deactivate.json", "userId=alice".into()),
        ("/user/deactivate/query.json", "pageNo=1&pageSize=50".into()),
        ("/user/reactivate.json", "userId=alice".into()),
        ("/user/activate.json", "userId=alice".into()),
        ("/user/delusers.json", "userId=alice".into()),
        ("/user/tag/set.json", r#"{"userId":"alice","tags":["a"]}"#.into()),
        ("/user/tag/batch/set.json", r#"{"userIds":["alice"],"tags":["a"]}"#.into()),
        ("/user/tags/get.json", "userIds=alice".into()),
        ("/user/remarks/set.json", r#"userId=alice&remarks=[{"id":"bob","remark":"B"}]"#.into()),
        ("/user/remarks/del.json", "userId=alice&targetId=bob".into()),
        ("/user/remarks/get.json", "userId=alice&page=1&size=50".into()),
        ("/user/blacklist/add.json", "userId=bob&blackUserId=alice".into()),
        ("/user/blacklist/remove.json", "userId=alice&blackUserId=bob".into()),
        ("/user/blacklist/query.json", "userId=alice&size=1".into()),
        ("/user/whitelist/add.json", "userId=bob&whiteUserId=alice".into()),
        ("/user/whitelist/remove.json", "userId=alice&whiteUserId=bob".into()),
        ("/user/whitelist/query.json", "userId=alice".into()),
        ("/user/whitesetting/set.json", "userId=alice&whiteSetting=1".into()),
        ("/user/whitesetting/query.json", "userId=alice".into()),
        ("/user/chat/fb/set.json", "userId=alice&state=1&type=PERSON".into()),
        ("/user/chat/fb/querylist.json", "num=200&offset=0&type=PERSON".into()),
        ("/user/group/query.json", "userId=alice".into()),
        ("/user/blockPushPeriod/set.json", "userId=alice&startTime=22:00:00&period=60".into()),
        ("/user/blockPushPeriod/get.json", "userId=alice".into()),
        ("/user/blockPushPeriod/delete.json", "userId=alice".into()),
        ("/message/private/publish.json", text("fromUserId=bob&toUserId=alice")),
        ("/message/private/publish_template.json", template.into()),
        ("/message/system/publish.json", text("fromUserId=bob&toUserId=alice")),
        ("/message/system/publish_template.json", template.into()),
        ("/message/group/publish.json", text("fromUserId=bob&toGroupId=g1")),
        ("/statusmessage/private/publish.json", text("fromUserId=bob&toUserId=alice")),
        ("/statusmessage/group/publish.json", text("fromUserId=bob&toGroupId=g1")),
        ("/message/broadcast.json", text("fromUserId=bob")),
        ("/message/online/broadcast.json", text("fromUserId=bob")),
        ("/message/history.json", "date=2026010108".into()),
        ("/message/history/delete.json", "date=2026010108".into()),
        (
            "/conversation/message/history/clean.json",
            "conversationType=1&fromUserId=alice&targetId=bob".into(),
        ),
        (
            "/v3/message/private/query.json",
            r#"{"userId":"alice","targetId":"bob","startTime":"1","endTime":"2"}"#.into(),
        ),
        (
            "/v3/message/group/query.json",
            r#"{"userId":"alice","targetId":"g1","startTime":1,"endTime":2}"#.into(),
        ),
        ("/group/create.json", "userId=alice&groupId=g2&groupName=n".into()),
        ("/group/join.json", "userId=carol&groupId=g1".into()),
        ("/group/quit.json", "userId=alice&groupId=g1".into()),
        ("/group/dismiss.json", "userId=alice&groupId=g1".into()),
        ("/group/refresh.json", "groupId=g1&groupName=n".into()),
        ("/group/sync.json", "userId=alice&group[g1]=n".into()),
        ("/group/user/query.json", "groupId=g1".into()),
        ("/group/remarks/set.json", "userId=alice&groupId=g1&remark=r".into()),
        ("/group/remarks/del.json", "userId=alice&groupId=g1".into()),
        ("/group/remarks/get.json", "userId=alice&groupId=g1".into()),
        ("/group/user/gag/add.json", "userId=alice&groupId=g1&minute=1".into()),
        ("/group/user/gag/rollback.json", "userId=alice&groupId=g1".into()),
        ("/group/user/gag/list.json", "groupId=g1".into()),
        ("/group/ban/add.json", "groupId=g1".into()),
        ("/group/ban/rollback.json", "groupId=g1".into()),
        ("/group/ban/query.json", "groupId=g1".into()),
        ("/group/user/ban/whitelist/add.json", "userId=alice&groupId=g1".into()),
        ("/group/user/ban/whitelist/rollback.json", "userId=alice&groupId=g1".into()),
        ("/group/user/ban/whitelist/query.json", "groupId=g1".into()),
        (
            "/conversation/notification/set.json",
            "conversationType=1&requestId=alice&targetId=bob&isMuted=1".into(),
        ),
        ("/conversation/notification/get.json", "conversationType=1&requestId=alice&targetId=bob".into()),
        (
            "/conversation/type/notification/set.json",
            "conversationType=1&requestId=alice&unpushLevel=5".into(),
        ),
        ("/conversation/type/notification/get.json", "conversationType=1&requestId=alice".into()),
        ("/conversation/top/set.json", "userId=alice&conversationType=1&targetId=bob&setTop=true".into()),
        ("/conversation/attribute/get.json", "userId=alice&targetId=bob&conversationType=1".into()),
        (
            "/user/conversation/tag/set.json",
            r#"{"userId":"alice","tags":[{"tagId":"t2","tagName":"w"}]}"#.into(),
        ),
        ("/user/conversation/tag/del.json", r#"{"userId":"alice","tagIds":["t1"]}"#.into()),
        ("/user/conversation/tag/get.json", "userId=alice".into()),
        (
            "/tag/conversation/set.json",
            r#"{"userId":"alice","tagId":"t1","conversations":[{"targetId":"bob","conversationType":1}]}"#
                .into(),
        ),
        (
            "/tag/conversation/del.json",
            r#"{"userId":"alice","tagId":"t1","conversations":[{"targetId":"bob","conversationType":1}]}"#
                .into(),
        ),
        ("/tag/conversation/get.json", "userId=alice&tagId=t1".into()),
        ("/chatroom/create.json", "chatroom[r2]=n".into()),
        ("/chatroom/create_new.json", "chatroomId=r2".into()),
        ("/chatroom/destroy.json", "chatroomId=r".into()),
        ("/chatroom/destroy/set.json", "chatroomId=r".into()),
        ("/chatroom/get.json", "chatroomId=r".into()),
        ("/chatroom/query.json", "chatroomId=r".into()),
        ("/chatroom/user/query.json", "chatroomId=r&count=1&order=1".into()),
        ("/chatroom/user/exist.json", "chatroomId=r&userId=alice".into()),
        ("/chatroom/users/exist.json", "chatroomId=r&userId=alice".into()),
        ("/chatroom/keepalive/add.json", "chatroomId=r".into()),
        ("/chatroom/keepalive/remove.json", "chatroomId=r".into()),
        ("/chatroom/keepalive/query.json", "page=1".into()),
        ("/chatroom/whitelist/add.json", "objectnames=RC:TxtMsg".into()),
        ("/chatroom/whitelist/delete.json", "objectnames=RC:TxtMsg".into()),
        ("/chatroom/whitelist/query.json", "page=1".into()),
        ("/chatroom/user/whitelist/add.json", "chatroomId=r&userId=alice".into()),
        ("/chatroom/user/whitelist/remove.json", "chatroomId=r&userId=alice".into()),
        ("/chatroom/user/whitelist/query.json", "chatroomId=r".into()),
        ("/chatroom/message/priority/add.json", "objectName=RC:TxtMsg".into()),
        ("/chatroom/message/priority/remove.json", "objectName=RC:TxtMsg".into()),
        ("/chatroom/message/priority/query.json", "page=1".into()),
        ("/chatroom/message/stopDistribution.json", "chatroomId=r".into()),
        ("/chatroom/message/resumeDistribution.json", "chatroomId=r".into()),
        ("/chatroom/user/gag/add.json", "chatroomId=r&userId=alice&minute=1".into()),
        ("/chatroom/user/gag/rollback.json", "chatroomId=r&userId=alice".into()),
        ("/chatroom/user/gag/list.json", "chatroomId=r".into()),
        ("/chatroom/ban/add.json", "chatroomId=r".into()),
        ("/chatroom/ban/rollback.json", "chatroomId=r".into()),
        ("/chatroom/ban/query.json", "page=1".into()),
        ("/chatroom/ban/check.json", "chatroomId=r".into()),
        ("/chatroom/user/ban/whitelist/add.json", "chatroomId=r&userId=alice".into()),
        ("/chatroom/user/ban/whitelist/rollback.json", "chatroomId=r&userId=alice".into()),
        ("/chatroom/user/ban/whitelist/query.json", "chatroomId=r".into()),
        ("/chatroom/user/ban/add.json", "userId=alice&minute=1".into()),
        ("/chatroom/user/ban/remove.json", "userId=alice".into()),
        ("/chatroom/user/ban/query.json", "page=1".into()),
        ("/chatroom/user/block/add.json", "chatroomId=r&userId=alice&minute=1".into()),
        ("/chatroom/user/block/rollback.json", "chatroomId=r&userId=alice".into()),
        ("/chatroom/user/block/list.json", "chatroomId=r".into()),
        ("/chatroom/entry/set.json", "chatroomId=r&userId=alice&key=k&value=w".into()),
        ("/chatroom/entry/remove.json", "chatroomId=r&userId=alice&key=k".into()),
        ("/chatroom/entry/query.json", "chatroomId=r".into()),
        ("/chatroom/entry/batch/set.json", r#"chatroomId=r&entryOwnerId=alice&entryInfo={"a":"1"}"#.into()),
        ("/message/chatroom/publish.json", text("fromUserId=bob&toChatroomId=r")),
        ("/message/chatroom/broadcast.json", text("fromUserId=bob")),
        (
            "/v3/message/chatroom/query.json",
            r#"{"userId":"alice","targetId":"r","startTime":"1","endTime":"2"}"#.into(),
        ),
    ]
    .into()
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
    for (path, body) in good().into_iter().filter(|(_, body)| !body.starts_with('{')) {
        let parts: Vec<&str> = body.split('&').collect();
        for (index, part) in parts.iter().enumerate() {
            if optional.iter().any(|known| part.starts_with(known))
                || (path.contains("gag") && part.starts_with("groupId"))
                || (path == "/group/ban/query.json")
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
fn what_is_too_much_unknown_or_malformed_is_told_and_the_world_stays() {
    let text = |rest: &str| format!("{rest}&{TEXT}");
    let publish =
        |content: &str| format!("fromUserId=new&toUserId=newer&objectName=RC:TxtMsg&content={content}");
    let template = |values: &str, push: &str| {
        format!(
            r#"{{"fromUserId":"new","toUserId":["newer"],"objectName":"RC:TxtMsg","content":"{{\"content\":\"{{a}}\"}}","values":{values},"pushContent":{push}}}"#
        )
    };
    let tags = |count: usize| -> String {
        let list: Vec<String> = (0..count).map(|n| format!("\"t{n}\"")).collect();
        format!(r#"{{"userId":"new","tags":[{}]}}"#, list.join(","))
    };
    let cases: Vec<(&str, String, (u16, i64))> = vec![
        ("/chatroom/create.json", format!("chatroom[{}]=n", long(65)), (400, 1005)),
        ("/chatroom/create.json", "chatroom=n".into(), (400, 1002)),
        ("/chatroom/create_new.json", "chatroomId=new&destroyTime=59".into(), (400, 1002)),
        ("/chatroom/create_new.json", "chatroomId=new&destroyType=1&destroyTime=10081".into(), (400, 1002)),
        ("/chatroom/create_new.json", "chatroomId=new&entryInfo=[]".into(), (400, 1002)),
        ("/chatroom/create_new.json", format!("chatroomId=new&{}", many("whiteUserIds", 21)), (400, 1005)),
        ("/chatroom/destroy/set.json", "chatroomId=nowhere".into(), (200, 23410)),
        ("/chatroom/destroy/set.json", "chatroomId=r&destroyType=0&destroyTime=1441".into(), (400, 1002)),
        ("/chatroom/get.json", "chatroomId=nowhere".into(), (200, 23410)),
        ("/chatroom/user/query.json", "chatroomId=r&count=1&order=3".into(), (400, 1002)),
        ("/chatroom/user/whitelist/add.json", format!("chatroomId=r&{}", many("userId", 6)), (400, 1005)),
        ("/chatroom/user/whitelist/add.json", "chatroomId=nowhere&userId=new".into(), (200, 23410)),
        ("/chatroom/message/priority/add.json", many("objectName", 21), (400, 1005)),
        ("/chatroom/user/gag/add.json", "chatroomId=r&userId=new&minute=0".into(), (400, 1002)),
        ("/chatroom/user/gag/add.json", "chatroomId=nowhere&userId=new&minute=1".into(), (200, 23410)),
        ("/chatroom/user/gag/add.json", format!("chatroomId=r&minute=1&{}", many("userId", 21)), (400, 1005)),
        ("/chatroom/ban/add.json", "chatroomId=nowhere".into(), (200, 23410)),
        ("/chatroom/user/ban/add.json", "userId=new&minute=43201".into(), (400, 1002)),
        ("/chatroom/user/block/add.json", "chatroomId=r&userId=new&minute=43201".into(), (400, 1002)),
        ("/chatroom/user/block/add.json", "chatroomId=nowhere&userId=new&minute=1".into(), (200, 23410)),
        ("/chatroom/entry/set.json", "chatroomId=r&userId=new&key=a%20b&value=v".into(), (400, 1002)),
        (
            "/chatroom/entry/set.json",
            format!("chatroomId=r&userId=new&key={}&value=v", long(129)),
            (400, 1005),
        ),
        (
            "/chatroom/entry/set.json",
            format!("chatroomId=r&userId=new&key=k&value={}", long(4097)),
            (400, 1002),
        ),
        (
            "/chatroom/entry/set.json",
            "chatroomId=r&userId=new&key=k&value=v&objectName=RC:chrmKVNotiMsg&content=x".into(),
            (400, 1002),
        ),
        ("/chatroom/entry/batch/set.json", "chatroomId=r&entryOwnerId=new&entryInfo={}".into(), (400, 1005)),
        ("/chatroom/entry/remove.json", "chatroomId=r&userId=new&key=nothing".into(), (200, 23427)),
        ("/message/chatroom/publish.json", text("fromUserId=new&toChatroomId=nowhere"), (200, 23410)),
        (
            "/message/chatroom/publish.json",
            text(&format!("fromUserId=new&{}", many("toChatroomId", 11))),
            (400, 1005),
        ),
        ("/user/getToken.json", format!("userId={}&name=n", long(65)), (400, 1005)),
        ("/user/getToken.json", format!("userId=new&name={}", long(129)), (400, 1005)),
        ("/user/getToken.json", format!("userId=new&name=n&portraitUri={}", long(1025)), (400, 1005)),
        ("/user/refresh.json", format!("userId=new&name={}", long(129)), (400, 1005)),
        ("/user/info.json", "userId=nobody".into(), (400, 1002)),
        ("/user/query.json", "page=0".into(), (400, 1002)),
        ("/user/query.json", "pageSize=101".into(), (400, 1002)),
        ("/user/query.json", "order=2".into(), (400, 1002)),
        ("/user/token/expire.json", format!("{}&time=1", many("userId", 21)), (400, 1005)),
        ("/user/token/expire.json", "userId=new&time=soon".into(), (400, 1002)),
        ("/user/block.json", "userId=new&minute=0".into(), (400, 1002)),
        ("/user/block.json", "userId=new&minute=43201".into(), (400, 1002)),
        ("/user/block.json", format!("{}&minute=1", many("userId", 21)), (400, 1005)),
        ("/user/unblock.json", many("userId", 21), (400, 1005)),
        ("/user/deactivate.json", many("userId", 101), (400, 1005)),
        ("/user/reactivate.json", many("userId", 101), (400, 1005)),
        ("/user/delusers.json", many("userId", 101), (400, 1005)),
        ("/user/deactivate/query.json", "pageSize=51".into(), (400, 1002)),
        ("/user/tag/set.json", tags(21), (400, 1005)),
        ("/user/tag/set.json", format!(r#"{{"userId":"new","tags":["{}"]}}"#, long(41)), (400, 1005)),
        ("/user/tag/set.json", r#"{"userId":"new","tags":[1]}"#.into(), (400, 1002)),
        ("/user/tag/set.json", r#"{"userId":"new","tags":"a"}"#.into(), (400, 1002)),
        ("/user/tags/get.json", many("userIds", 51), (400, 1005)),
        ("/user/remarks/set.json", "userId=new&remarks=[".into(), (400, 1002)),
        ("/user/remarks/set.json", "userId=new&remarks=[{}]".into(), (400, 1002)),
        (
            "/user/remarks/set.json",
            format!("userId=new&remarks=[{}]", vec![r#"{"id":"a","remark":"b"}"#; 101].join(",")),
            (400, 1005),
        ),
        ("/user/remarks/get.json", "userId=new&size=51".into(), (400, 1002)),
        ("/user/blacklist/add.json", "userId=alice&blackUserId=new".into(), (400, 1005)),
        ("/user/blacklist/add.json", format!("userId=new&{}", many("blackUserId", 21)), (400, 1005)),
        ("/user/blacklist/add.json", format!("userId=new&blackUserId={}", long(65)), (400, 1005)),
        ("/user/blacklist/query.json", "userId=new&size=1001".into(), (400, 1002)),
        ("/user/blacklist/query.json", "userId=new&pageToken=x".into(), (400, 1002)),
        ("/user/whitelist/add.json", "userId=alice&whiteUserId=new".into(), (400, 1005)),
        ("/user/whitelist/remove.json", format!("userId=new&{}", many("whiteUserId", 21)), (400, 1005)),
        ("/user/whitesetting/set.json", "userId=new&whiteSetting=2".into(), (400, 1002)),
        ("/user/chat/fb/set.json", "userId=new&state=2&type=PERSON".into(), (400, 1002)),
        ("/user/chat/fb/set.json", "userId=new&state=1&type=GROUP".into(), (400, 1002)),
        ("/user/chat/fb/set.json", format!("{}&state=1&type=PERSON", many("userId", 1001)), (400, 1005)),
        ("/user/blockPushPeriod/set.json", "userId=new&startTime=25:00:00&period=1".into(), (400, 1002)),
        ("/user/blockPushPeriod/set.json", "userId=new&startTime=22:00:00&period=1440".into(), (400, 1002)),
        (
            "/user/blockPushPeriod/set.json",
            "userId=new&startTime=22:00:00&period=1&level=3".into(),
            (400, 1002),
        ),
        ("/message/private/publish.json", publish("null"), (400, 1002)),
        ("/message/private/publish.json", publish("%7B"), (400, 1002)),
        ("/message/private/publish.json", publish("[1]"), (400, 1002)),
        (
            "/message/private/publish.json",
            publish(&format!("%7B%22content%22%3A%22{}%22%7D", long(128 * 1024))),
            (400, 1005),
        ),
        (
            "/message/private/publish.json",
            format!("fromUserId=new&toUserId=newer&objectName={}&content=%7B%7D", long(33)),
            (400, 1005),
        ),
        (
            "/message/private/publish.json",
            text(&format!("fromUserId=new&{}", many("toUserId", 1001))),
            (400, 1005),
        ),
        ("/message/private/publish.json", text("fromUserId=new&toUserId=newer&pushExt=x"), (400, 1002)),
        ("/message/private/publish.json", text("fromUserId=new&toUserId=newer&msgRandom=x"), (400, 1002)),
        (
            "/message/private/publish.json",
            text("fromUserId=new&toUserId=newer&expansion=true&extraContent=[]"),
            (400, 1002),
        ),
        (
            "/message/private/publish.json",
            text(&format!(
                "fromUserId=new&toUserId=newer&expansion=true&extraContent={{\"{}\":\"v\"}}",
                long(33)
            )),
            (400, 1002),
        ),
        (
            "/message/system/publish.json",
            text(&format!("fromUserId=new&{}", many("toUserId", 101))),
            (400, 1005),
        ),
        (
            "/message/group/publish.json",
            text("fromUserId=new&toGroupId=a&toGroupId=b&toGroupId=c&toGroupId=d"),
            (400, 1005),
        ),
        (
            "/message/group/publish.json",
            text("fromUserId=new&toGroupId=g1&toGroupId=full&toUserId=alice"),
            (400, 1002),
        ),
        ("/message/private/publish_template.json", template("[]", "[\"p\"]"), (400, 1002)),
        ("/message/private/publish_template.json", template("[{},{}]", "[\"p\"]"), (400, 1002)),
        ("/message/private/publish_template.json", template("[1]", "[\"p\"]"), (400, 1002)),
        ("/message/private/publish_template.json", template("[{}]", "[\"p\",\"q\"]"), (400, 1002)),
        ("/message/private/publish_template.json", template(r#"[{"\"":"x"}]"#, "[\"p\"]"), (400, 1002)),
        ("/message/discussion/publish.json", text("fromUserId=new&toDiscussionId=d"), (430, 1009)),
        ("/message/broadcast.json", text("fromUserId=new&os=Linux"), (400, 1002)),
        (
            "/message/broadcast/recall.json",
            "fromUserId=bob&messageUID=ABCD-EFGH-IJKL-MNOP".into(),
            (400, 1002),
        ),
        (
            "/message/recall.json",
            "fromUserId=bob&conversationType=1&targetId=alice&messageUID=x&sentTime=1".into(),
            (400, 1002),
        ),
        (
            "/message/recall.json",
            "fromUserId=bob&conversationType=5&targetId=alice&messageUID=x&sentTime=1".into(),
            (400, 1002),
        ),
        (
            "/message/expansion/set.json",
            "msgUID=x&userId=new&conversationType=1&targetId=newer&extraKeyVal={}".into(),
            (400, 1002),
        ),
        (
            "/message/expansion/set.json",
            "msgUID=x&userId=new&conversationType=1&targetId=newer&extraKeyVal=x".into(),
            (400, 1002),
        ),
        (
            "/message/expansion/delete.json",
            "msgUID=x&userId=new&conversationType=1&targetId=newer&extraKey={}".into(),
            (400, 1002),
        ),
        ("/message/expansion/query.json", "msgUID=x".into(), (400, 1002)),
        ("/message/history.json", "date=2026013108x".into(), (400, 1002)),
        ("/message/history/delete.json", "date=2026131308".into(), (400, 1002)),
        (
            "/conversation/message/history/clean.json",
            "conversationType=2&fromUserId=new&targetId=newer".into(),
            (400, 1002),
        ),
        (
            "/v3/message/private/query.json",
            r#"{"userId":"new","targetId":"newer","startTime":2,"endTime":1}"#.into(),
            (400, 1002),
        ),
        ("/group/create.json", format!("userId=new&groupId={}&groupName=n", long(65)), (400, 1005)),
        ("/group/create.json", format!("{}&groupId=g9&groupName=n", many("userId", 1001)), (400, 1005)),
        (
            "/group/create.json",
            "userId=a&userId=b&userId=c&userId=d&groupId=g9&groupName=n".into(),
            (405, 405),
        ),
        ("/group/create.json", "userId=new&groupId=g9&groupName=n&maxMember=0".into(), (400, 1002)),
        (
            "/group/create.json",
            "userId=new&groupId=g9&groupName=n&bindNotifyMsg=true&fromUserId=newer".into(),
            (400, 1002),
        ),
        ("/group/join.json", "userId=new&groupId=full".into(), (405, 405)),
        (
            "/group/quit.json",
            "userId=alice&groupId=g1&bindNotifyMsg=true&fromUserId=newer&objectName=RC:GrpNtf&content=x"
                .into(),
            (400, 1002),
        ),
        ("/group/dismiss.json", "userId=alice&groupId=g1&bindNotifyMsg=true".into(), (400, 1002)),
        ("/group/refresh.json", "groupId=none&groupName=n".into(), (400, 1002)),
        ("/group/sync.json", "userId=new&group[g1]=n&group[full]=n".into(), (405, 405)),
        ("/group/sync.json", format!("userId=new&group[{}]=n", long(65)), (400, 1005)),
        ("/group/remarks/set.json", "userId=new&groupId=none&remark=r".into(), (400, 1002)),
        ("/group/user/gag/add.json", "userId=new&groupId=none&minute=1".into(), (400, 1002)),
        ("/group/user/gag/add.json", "userId=new&groupId=g1&minute=43201".into(), (400, 1002)),
        ("/group/user/gag/add.json", format!("{}&groupId=g1&minute=1", many("userId", 21)), (400, 1005)),
        ("/group/user/gag/list.json", "groupId=none".into(), (400, 1002)),
        ("/group/ban/add.json", "groupId=g1&groupId=none".into(), (400, 1002)),
        ("/group/user/ban/whitelist/add.json", "userId=new&groupId=none".into(), (400, 1002)),
        (
            "/conversation/notification/set.json",
            "conversationType=4&requestId=new&targetId=newer&isMuted=1".into(),
            (400, 1002),
        ),
        (
            "/conversation/notification/set.json",
            "conversationType=1&requestId=new&targetId=newer&unpushLevel=3".into(),
            (400, 1002),
        ),
        (
            "/conversation/type/notification/set.json",
            "conversationType=1&requestId=new&unpushLevel=6".into(),
            (400, 1002),
        ),
        (
            "/conversation/top/set.json",
            "userId=new&conversationType=1&targetId=newer&setTop=maybe".into(),
            (400, 1002),
        ),
        ("/user/conversation/tag/set.json", r#"{"userId":"new","tags":[{"tagId":"t"}]}"#.into(), (400, 1002)),
        (
            "/tag/conversation/set.json",
            r#"{"userId":"alice","tagId":"none","conversations":[{"targetId":"bob","conversationType":1}]}"#
                .into(),
            (400, 1002),
        ),
        (
            "/tag/conversation/set.json",
            r#"{"userId":"alice","tagId":"t1","conversations":[{"targetId":"bob","conversationType":4}]}"#
                .into(),
            (400, 1002),
        ),
        (
            "/tag/conversation/set.json",
            r#"{"userId":"alice","tagId":"t1","conversations":[{}]}"#.into(),
            (400, 1002),
        ),
        ("/tag/conversation/get.json", "userId=new&tagId=t1".into(), (400, 1002)),
    ];
    for (path, body, answer) in cases {
        let mut world = World::new(SETUP);
        let before = world.dump();
        let shown: String = body.chars().take(120).collect();
        assert_eq!(world.call(path, &body), answer, "{path} {shown}");
        assert!(world.dump() == before, "{path} {shown}");
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
    world.service.limits.api_timestamp_minutes = 5;
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
