//! Wrong calls about rooms, beside those that stand with the others.

use crate::doors::server_api::misuse::{SETUP, TEXT, World, good, long, many, refused};

fn pairs(count: usize) -> String {
    let pairs: Vec<String> = (0..count).map(|n| format!("\"k{n}\":\"v\"")).collect();
    format!("{{{}}}", pairs.join(","))
}

#[test]
fn wrong_calls_about_rooms_are_told_and_the_world_stays() {
    let publish = |rest: &str| format!("fromUserId=new&{rest}&{TEXT}");
    let entry = |rest: &str| format!("chatroomId=r&userId=new&{rest}");
    let cases: Vec<(&str, String, (u16, i64))> = vec![
        ("/chatroom/create.json", "chatroom=r".into(), (400, 1002)),
        ("/chatroom/create.json", format!("chatroom[a]=A&chatroom[{}]=B", long(65)), (400, 1005)),
        ("/chatroom/create_new.json", format!("chatroomId={}", long(65)), (400, 1005)),
        ("/chatroom/create_new.json", "chatroomId=new&destroyType=2".into(), (400, 1002)),
        ("/chatroom/create_new.json", "chatroomId=new&destroyTime=59".into(), (400, 1002)),
        ("/chatroom/create_new.json", "chatroomId=new&destroyType=1&destroyTime=10081".into(), (400, 1002)),
        ("/chatroom/create_new.json", format!("chatroomId=new&{}", many("whiteUserIds", 21)), (400, 1005)),
        ("/chatroom/create_new.json", "chatroomId=new&whiteUserIds=new&entryInfo=[]".into(), (400, 1002)),
        ("/chatroom/create_new.json", format!("chatroomId=new&entryInfo={}", pairs(21)), (400, 1005)),
        ("/chatroom/destroy.json", format!("chatroomId=r&{}", many("chatroomId", 100)), (400, 1005)),
        ("/chatroom/destroy/set.json", "chatroomId=r&destroyTime=soon".into(), (400, 1002)),
        ("/chatroom/query.json", many("chatroomId", 21), (400, 1005)),
        ("/chatroom/user/query.json", "chatroomId=r&count=-1&order=1".into(), (400, 1002)),
        ("/chatroom/user/query.json", "chatroomId=r&count=1&order=3".into(), (400, 1002)),
        ("/chatroom/users/exist.json", format!("chatroomId=r&{}", many("userId", 1001)), (400, 1005)),
        ("/chatroom/keepalive/add.json", "chatroomId=r&chatroomId=two".into(), (403, 1016)),
        ("/chatroom/keepalive/remove.json", "chatroomId=kept&chatroomId=r".into(), (200, 1015)),
        ("/chatroom/entry/set.json", entry("key=a%20b&value=v"), (400, 1002)),
        ("/chatroom/entry/set.json", entry(&format!("key={}&value=v", long(129))), (400, 1005)),
        ("/chatroom/entry/set.json", entry(&format!("key=a&value={}", long(4097))), (400, 1002)),
        (
            "/chatroom/entry/set.json",
            entry("key=a&value=v&objectName=RC:chrmKVNotiMsg&content=["),
            (400, 1002),
        ),
        ("/chatroom/entry/batch/set.json", "chatroomId=r&entryOwnerId=new&entryInfo=x".into(), (400, 1002)),
        ("/chatroom/entry/batch/set.json", "chatroomId=r&entryOwnerId=new&entryInfo={}".into(), (400, 1005)),
        (
            "/chatroom/entry/batch/set.json",
            format!("chatroomId=r&entryOwnerId=new&entryInfo={}", pairs(21)),
            (400, 1005),
        ),
        ("/chatroom/entry/remove.json", entry("key=none"), (200, 23427)),
        ("/chatroom/entry/query.json", format!("chatroomId=r&{}", many("keys", 101)), (400, 1005)),
        ("/chatroom/user/gag/add.json", "userId=new&chatroomId=r&minute=0".into(), (400, 1002)),
        ("/chatroom/user/gag/add.json", "userId=new&chatroomId=r&minute=43201".into(), (400, 1002)),
        ("/chatroom/user/gag/add.json", format!("{}&chatroomId=r&minute=1", many("userId", 21)), (400, 1005)),
        ("/chatroom/ban/query.json", "page=0".into(), (400, 1002)),
        ("/chatroom/user/ban/add.json", "userId=new&minute=43201".into(), (400, 1002)),
        ("/chatroom/user/ban/remove.json", many("userId", 21), (400, 1005)),
        ("/chatroom/user/block/add.json", "userId=new&chatroomId=r&minute=x".into(), (400, 1002)),
        ("/chatroom/user/block/rollback.json", format!("{}&chatroomId=r", many("userId", 21)), (400, 1005)),
        ("/chatroom/whitelist/add.json", many("objectnames", 21), (400, 1005)),
        ("/chatroom/user/whitelist/add.json", format!("{}&chatroomId=r", many("userId", 6)), (400, 1005)),
        ("/chatroom/message/priority/add.json", many("objectName", 21), (400, 1005)),
        ("/message/chatroom/publish.json", publish(&many("toChatroomId", 11)), (400, 1005)),
        ("/message/chatroom/publish.json", publish("toChatroomId=r&toChatroomId=none"), (200, 23410)),
        ("/message/chatroom/publish.json", publish("toChatroomId=r&msgRandom=x"), (400, 1002)),
        (
            "/message/chatroom/publish.json",
            "fromUserId=new&toChatroomId=r&objectName=RC:TxtMsg&content=null".into(),
            (400, 1002),
        ),
        (
            "/message/chatroom/broadcast.json",
            format!("fromUserId=new&objectName={}&content=%7B%7D", long(33)),
            (400, 1005),
        ),
        (
            "/message/recall.json",
            "fromUserId=bob&conversationType=4&targetId=r&messageUID=x&sentTime=1".into(),
            (400, 1002),
        ),
        (
            "/v3/message/chatroom/query.json",
            r#"{"userId":"new","targetId":"r","startTime":2,"endTime":-1}"#.into(),
            (400, 1002),
        ),
        (
            "/v3/message/chatroom/query.json",
            r#"{"userId":"new","targetId":"r","startTime":1,"endTime":2,"pageSize":101}"#.into(),
            (400, 1002),
        ),
        (
            "/conversation/message/history/clean.json",
            "conversationType=4&fromUserId=new&targetId=r&msgTimestamp=-1".into(),
            (400, 1002),
        ),
    ];
    refused(cases);
}

#[test]
fn rooms_that_do_not_exist_are_told_so() {
    for (path, body) in [
        ("/chatroom/destroy/set.json", "chatroomId=none"),
        ("/chatroom/get.json", "chatroomId=none"),
        ("/chatroom/entry/set.json", "chatroomId=none&userId=new&key=a&value=v"),
        ("/chatroom/entry/query.json", "chatroomId=none"),
        ("/chatroom/user/gag/add.json", "chatroomId=none&userId=new&minute=1"),
        ("/chatroom/ban/add.json", "chatroomId=none"),
        ("/chatroom/user/ban/whitelist/add.json", "chatroomId=none&userId=new"),
        ("/chatroom/user/block/add.json", "chatroomId=none&userId=new&minute=1"),
        ("/chatroom/user/whitelist/add.json", "chatroomId=none&userId=new"),
        ("/chatroom/message/stopDistribution.json", "chatroomId=none"),
    ] {
        let mut world = World::new(SETUP);
        let before = world.dump();
        assert_eq!(world.call(path, body), (200, 23410), "{path}");
        assert!(world.dump() == before, "{path}");
    }
}

#[test]
fn services_of_rooms_that_are_not_enabled_are_told_so() {
    let services = ["entry/", "keepalive/", "/chatroom/whitelist/", "/chatroom/user/whitelist/", "priority/"];
    let others = [
        "/chatroom/user/ban/add.json",
        "/chatroom/user/ban/remove.json",
        "/message/chatroom/broadcast.json",
        "/v3/message/chatroom/query.json",
    ];
    let off = good()
        .into_iter()
        .filter(|(path, _)| services.iter().any(|service| path.contains(service)) || others.contains(path));
    for (path, body) in off {
        let mut world = World::new(r#"{"chatrooms": {"r": {}}, "users": ["alice"]}"#);
        let before = world.dump();
        assert_eq!(world.call(path, &body), (430, 1009), "{path}");
        assert!(world.dump() == before, "{path}");
    }
}
