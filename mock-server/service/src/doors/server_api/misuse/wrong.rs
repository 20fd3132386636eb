//! Calls with too much, with what nobody knows, or with what cannot be read.

use crate::doors::server_api::misuse::{TEXT, long, many, refused};

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
        (
            "/push.json",
            r#"{"platform":["ios"],"audience":{},"notification":{"alert":"x"}}"#.into(),
            (400, 1002),
        ),
        (
            "/push.json",
            r#"{"platform":["linux"],"audience":{"is_to_all":true},"notification":{"alert":"x"}}"#.into(),
            (400, 1002),
        ),
        ("/push.json", r#"{"platform":["ios"],"audience":{"is_to_all":true}}"#.into(), (400, 1002)),
        (
            "/push.json",
            r#"{"platform":["ios"],"fromuserid":"new","audience":{"is_to_all":true},"message":{"objectName":"RC:TxtMsg","content":"x"}}"#.into(),
            (400, 1002),
        ),
        ("/push/user.json", r#"{"userIds":[],"notification":{"pushContent":"x"}}"#.into(), (400, 1002)),
        ("/push/user.json", r#"{"userIds":["alice"],"notification":{}}"#.into(), (400, 1002)),
        ("/message/history.json", "date=2026013108x".into(), (400, 1002)),
        ("/message/history/delete.json", "date=2026131308".into(), (400, 1002)),
        (
            "/conversation/message/history/clean.json",
            "conversationType=2&fromUserId=new&targetId=newer".into(),
            (400, 1002),
        ),
        (
            "/v3/message/private/query.json",
            r#"{"userId":"new","targetId":"newer","startTime":2,"endTime":-1}"#.into(),
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
    refused(cases);
}
