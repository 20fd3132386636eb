//! Calls about chatrooms: good ones, and wrong ones with what they are told.

use super::{TEXT, long, many};

/// A call of each endpoint that is good as it stands.
pub(super) fn good() -> Vec<(&'static str, String)> {
    let text = |rest: &str| format!("{rest}&{TEXT}");
    [
        ("/chatroom/create.json", "chatroom[r2]=n".to_owned()),
        ("/chatroom/create_new.json", "chatroomId=r2".into()),
        ("/chatroom/destroy.json", "chatroomId=r".into()),
        ("/chatroom/destroy/set.json", "chatroomId=r".into()),
        ("/chatroom/get.json", "chatroomId=r".into()),
        ("/chatroom/query.json", "chatroomId=r".into()),
        ("/chatroom/user/query.json", "chatroomId=r&count=1&order=1".into()),
        ("/chatroom/user/exist.json", "chatroomId=r&userId=alice".into()),
        ("/chatroom/users/exist.json", "chatroomId=r&userId=alice".into()),
        ("/chatroom/keepalive/add.json", "chatroomId=r".into()),
        ("/chatroom/keepalive/remove.json", "chatroomId=kept".into()),
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

/// Too much, unknown or malformed: the status and the code.
pub(super) fn wrong() -> Vec<(&'static str, String, (u16, i64))> {
    let text = |rest: &str| format!("{rest}&{TEXT}");
    vec![
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
    ]
}
