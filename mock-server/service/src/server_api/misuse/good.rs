//! A call of each endpoint that is good as it stands.

use super::TEXT;

/// Paths with forms, queries or JSON bodies.
pub(super) fn good() -> Vec<(&'static str, String)> {
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
        (
            "/push.json",
            r#"{"platform":["ios","android"],"fromuserid":"bob","audience":{"is_to_all":true},"message":{"objectName":"RC:TxtMsg","content":"{}"}}"#.into(),
        ),
        (
            "/push/custom.json",
            r#"{"platform":["ios"],"audience":{"tagItems":[{"tags":["a"]}]},"notification":{"alert":"x"}}"#.into(),
        ),
        ("/push/user.json", r#"{"userIds":["alice"],"notification":{"pushContent":"x"}}"#.into()),
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
    ]
    .into_iter()
    .chain(super::chatroom::good())
    .collect()
}
