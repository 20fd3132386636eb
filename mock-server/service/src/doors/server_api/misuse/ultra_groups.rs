//! Wrong calls about ultra groups.

use crate::doors::server_api::misuse::{SETUP, World, good, long, many, refused};

fn message(rest: &str) -> String {
    format!("groupId=u1&msgUID=ABCD-EFGH-IJKL-MNOP&{rest}")
}

#[test]
fn wrong_calls_about_ultra_groups_are_told_and_the_world_stays() {
    let cases: Vec<(&str, String, (u16, i64))> = vec![
        ("/ultragroup/create.json", format!("userId=new&groupId={}&groupName=N", long(65)), (400, 1005)),
        ("/ultragroup/create.json", format!("userId=new&groupId=g&groupName={}", long(65)), (400, 1005)),
        ("/ultragroup/quit.json", "userId=carol&groupId=u1".into(), (200, 24406)),
        ("/ultragroup/quit.json", "userId=new&groupId=u1".into(), (200, 24406)),
        ("/ultragroup/channel/create.json", format!("groupId=u1&busChannel={}", long(21)), (400, 1005)),
        ("/ultragroup/channel/create.json", "groupId=u1&busChannel=a%20b".into(), (400, 1002)),
        ("/ultragroup/channel/create.json", "groupId=u1&busChannel=new&type=2".into(), (400, 1002)),
        ("/ultragroup/channel/del.json", "groupId=u1&busChannel=none".into(), (200, 24414)),
        ("/ultragroup/channel/del.json", "groupId=u1&busChannel=RCDefault".into(), (400, 1002)),
        ("/ultragroup/notdisturb/set.json", "groupId=u1&unpushLevel=3".into(), (400, 1002)),
        ("/ultragroup/notdisturb/set.json", "groupId=u1&unpushLevel=6".into(), (400, 1002)),
        ("/ultragroup/notdisturb/set.json", "groupId=u1&busChannel=none&unpushLevel=5".into(), (200, 24414)),
        ("/ultragroup/channel/get.json", "groupId=u1&page=0".into(), (400, 1002)),
        ("/ultragroup/channel/get.json", "groupId=u1&page=1&limit=101".into(), (400, 1002)),
        (
            "/ultragroup/channel/type/change.json",
            "groupId=u1&busChannel=RCDefault&type=1".into(),
            (400, 1002),
        ),
        ("/ultragroup/channel/type/change.json", "groupId=u1&busChannel=none&type=1".into(), (200, 24414)),
        (
            "/ultragroup/channel/private/users/add.json",
            "groupId=u1&busChannel=closed&userIds=bob,carol".into(),
            (200, 24406),
        ),
        (
            "/ultragroup/channel/private/users/add.json",
            format!("groupId=u1&busChannel=closed&{}", many("userIds", 21)),
            (400, 1005),
        ),
        (
            "/message/ultragroup/publish.json",
            r#"{"fromUserId":"new","toGroupIds":["u1","none"],"objectName":"RC:TxtMsg","content":"{}"}"#.into(),
            (200, 24410),
        ),
        (
            "/message/ultragroup/publish.json",
            r#"{"fromUserId":"new","toGroupIds":["u1"],"busChannel":"none","objectName":"RC:TxtMsg","content":"{}"}"#
                .into(),
            (200, 24414),
        ),
        (
            "/message/ultragroup/publish.json",
            r#"{"fromUserId":"new","toGroupIds":["a","b","c","d"],"objectName":"RC:TxtMsg","content":"{}"}"#.into(),
            (400, 1005),
        ),
        (
            "/ultragroup/channel/private/users/del.json",
            format!("groupId=u1&busChannel=closed&{}", many("userIds", 21)),
            (400, 1005),
        ),
        ("/ultragroup/userbanned/add.json", "groupId=u1&userIds=carol".into(), (200, 24406)),
        ("/ultragroup/userbanned/add.json", "groupId=u1&busChannel=none&userIds=alice".into(), (200, 24414)),
        ("/ultragroup/userbanned/get.json", "groupId=u1&pageSize=0".into(), (400, 1002)),
        ("/ultragroup/globalbanned/set.json", "groupId=u1&busChannel=none&status=true".into(), (200, 24414)),
        ("/ultragroup/banned/whitelist/add.json", "groupId=u1&userIds=new".into(), (200, 24406)),
        ("/ultragroup/usergroup/add.json", r#"{"groupId":"u1","userGroups":[]}"#.into(), (400, 1002)),
        ("/ultragroup/usergroup/add.json", r#"{"groupId":"u1","userGroups":["a"]}"#.into(), (400, 1002)),
        ("/ultragroup/usergroup/del.json", "groupId=u1&userGroupIds=press,none".into(), (400, 1002)),
        (
            "/ultragroup/usergroup/user/add.json",
            "groupId=u1&userGroupId=none&userIds=alice".into(),
            (400, 1002),
        ),
        (
            "/ultragroup/usergroup/user/add.json",
            "groupId=u1&userGroupId=press&userIds=alice,carol".into(),
            (200, 24406),
        ),
        (
            "/ultragroup/channel/usergroup/bind.json",
            "groupId=u1&busChannel=none&userGroupIds=press".into(),
            (200, 24414),
        ),
        ("/ultragroup/user/channel/query.json", "groupId=u1&userId=new".into(), (200, 24406)),
        ("/ultragroup/msg/modify.json", message("fromUserId=bob&content={}"), (400, 1002)),
        ("/ultragroup/msg/get.json", r#"groupId=u1&msgs=["x"]"#.into(), (400, 1002)),
        ("/ultragroup/message/expansion/set.json", message("userId=bob&extraKeyVal={}"), (400, 1002)),
        ("/ultragroup/message/expansion/delete.json", message("userId=bob&extraKey=[]"), (400, 1002)),
        ("/ultragroup/message/expansion/query.json", message("pageNo=1"), (400, 1002)),
        (
            "/ultragroup/hismsg/query.json",
            "groupId=u1&busChannel=open&startTime=1&endTime=1209600002".into(),
            (400, 1002),
        ),
        (
            "/ultragroup/hismsg/query.json",
            "groupId=u1&busChannel=open&startTime=1209600002&endTime=1".into(),
            (400, 1002),
        ),
        ("/ultragroup/hismsg/msgid/query.json", message("busChannel=open&prevNum=51"), (400, 1002)),
        ("/ultragroup/hismsg/msgid/query.json", message("busChannel=open"), (400, 1002)),
        (
            "/message/recall.json",
            "fromUserId=bob&conversationType=10&targetId=u1&messageUID=x&sentTime=1".into(),
            (400, 1002),
        ),
        (
            "/conversation/message/history/clean.json",
            "conversationType=10&fromUserId=new&targetId=u1".into(),
            (200, 24406),
        ),
        (
            "/v3/message/ultragroup/query.json",
            r#"{"userId":"new","targetId":"u1","startTime":"1","endTime":"2"}"#.into(),
            (200, 24406),
        ),
    ];
    refused(cases);
}

#[test]
fn limits_of_ultra_groups_are_told_and_the_world_stays() {
    let mut world = World::new(SETUP);
    for (path, body) in [
        ("/ultragroup/create.json", "userId=alice&groupId=u2&groupName=N"),
        ("/ultragroup/create.json", "userId=carol&groupId=u3&groupName=N"),
        ("/ultragroup/channel/create.json", "groupId=u1&busChannel=third"),
    ] {
        assert_eq!(world.call(path, body), (200, 200), "{path}");
    }
    let before = world.dump();
    for (path, body, answer) in [
        ("/ultragroup/create.json", "userId=alice&groupId=u4&groupName=N", (200, 24412)),
        ("/ultragroup/join.json", "userId=alice&groupId=u3", (200, 24412)),
        ("/ultragroup/channel/create.json", "groupId=u1&busChannel=fourth", (200, 24413)),
    ] {
        assert_eq!(world.call(path, body), answer, "{path}");
        assert!(world.dump() == before, "{path}");
    }
    // What exists already is no further one.
    assert_eq!(world.call("/ultragroup/channel/create.json", "groupId=u1&busChannel=third"), (200, 200));
    assert_eq!(world.call("/ultragroup/join.json", "userId=alice&groupId=u1"), (200, 200));
}

fn about_ultra_groups() -> impl Iterator<Item = (&'static str, String)> {
    good().into_iter().filter(|(path, _)| path.contains("ultragroup"))
}

#[test]
fn ultra_groups_that_do_not_exist_are_told_so() {
    for (path, body) in about_ultra_groups().filter(|(path, _)| !path.ends_with("create.json")) {
        let mut world = World::new(SETUP);
        let before = world.dump();
        let body = body.replace("groupId=u1", "groupId=none").replace("\"u1\"", "\"none\"");
        assert_eq!(world.call(path, &body), (200, 24410), "{path}");
        assert!(world.dump() == before, "{path}");
    }
}

#[test]
fn without_the_service_every_call_about_ultra_groups_is_refused() {
    for (path, body) in about_ultra_groups() {
        let mut world = World::new(r#"{"ultraGroups": {"u1": {"members": ["alice"]}}}"#);
        let before = world.dump();
        assert_eq!(world.call(path, &body), (430, 1009), "{path}");
        assert!(world.dump() == before, "{path}");
    }
}
