//! Each call with its one result; clearing, typing, default levels.
use super::*;

/// Good arguments of every call that asks the server, with its callback.
fn calls(message: &Value) -> Vec<(&'static str, Value, &'static str)> {
    let channel = json!({"targetId": "g", "channelId": "c"});
    let with = |name: &str, value: Value| {
        let mut args = channel.clone();
        args[name] = value;
        args
    };
    let mut clear = with("timestamp", json!(1));
    clear["policy"] = "remote".into();
    let uid = &message["messageUId"];
    vec![
        ("syncUltraGroupReadStatus", with("timestamp", json!(0)), "onUltraGroupReadStatusSynced"),
        ("sendUltraGroupTypingStatus", with("typingStatus", json!("text")), "onUltraGroupTypingStatusSent"),
        ("clearUltraGroupMessages", clear, "onUltraGroupMessagesCleared"),
        (
            "modifyUltraGroupMessage",
            json!({"messageUId": uid, "message": text("c", "x")}),
            "onUltraGroupMessageModified",
        ),
        (
            "recallUltraGroupMessage",
            json!({"message": message, "deleteRemote": false}),
            "onUltraGroupMessageRecalled",
        ),
        (
            "updateUltraGroupMessageExpansion",
            json!({"messageUId": uid, "expansion": {"k": "v"}}),
            "onUltraGroupMessageExpansionUpdated",
        ),
        (
            "removeUltraGroupMessageExpansionForKeys",
            json!({"messageUId": uid, "keys": ["k"]}),
            "onUltraGroupMessageExpansionForKeysRemoved",
        ),
        (
            "loadBatchRemoteUltraGroupMessages",
            json!({"messages": [message]}),
            "onBatchRemoteUltraGroupMessagesLoaded",
        ),
        (
            "changeUltraGroupDefaultNotificationLevel",
            json!({"targetId": "g", "level": "none"}),
            "onUltraGroupDefaultNotificationLevelChanged",
        ),
        (
            "loadUltraGroupDefaultNotificationLevel",
            json!({"targetId": "g"}),
            "onUltraGroupDefaultNotificationLevelLoaded",
        ),
        (
            "changeUltraGroupChannelDefaultNotificationLevel",
            with("level", json!("none")),
            "onUltraGroupChannelDefaultNotificationLevelChanged",
        ),
        (
            "loadUltraGroupChannelDefaultNotificationLevel",
            channel.clone(),
            "onUltraGroupChannelDefaultNotificationLevelLoaded",
        ),
        ("loadMessages", load("remote", "before", 0, 1), "onMessagesLoaded"),
    ]
}

#[test]
fn clearing_follows_its_policy() {
    for (policy, asked, left) in [("local", 0, 1), ("remote", 1, 2), ("local_remote", 1, 1)] {
        let mut rig = synced();
        arrive(&mut rig, vec![said("bob", "c", T + 1, "u1"), said("bob", "d", T + 2, "u2")]);
        let args = json!({"targetId": "g", "channelId": "c", "timestamp": T + 5, "policy": policy});
        rig.accepted("clearUltraGroupMessages", args.clone());
        let (_, _, told) = rig.events.last().unwrap();
        let mut expected = args;
        expected["code"] = 0.into();
        assert_eq!(Value::Object(told.clone()), expected);
        let sent: Vec<CleanHisMsgInput> = rig.asked(&Topic::CleanGMsg);
        assert_eq!(sent.len(), asked);
        if let Some(sent) = sent.first() {
            assert_eq!((sent.conversation_type(), sent.bus_channel(), sent.data_time()), (10, "c", T + 5));
        }
        let here =
            usize::from(!stored(&mut rig, "u1").is_null()) + usize::from(!stored(&mut rig, "u2").is_null());
        assert_eq!(here, left, "{policy}");
        rig.accepted("clearUltraGroupMessagesForAllChannel", json!({"targetId": "g", "timestamp": T + 5}));
        assert!(stored(&mut rig, "u1").is_null() && stored(&mut rig, "u2").is_null());
    }
}

#[test]
fn messages_of_a_channel_are_deleted_by_a_topic_of_their_own() {
    let mut rig = synced();
    arrive(&mut rig, vec![said("bob", "c", T + 1, "u1")]);
    let message = stored(&mut rig, "u1");
    let args = json!({"type": "ultra_group", "targetId": "g", "channelId": "c", "messages": [message]});
    let mut elsewhere = args.clone();
    elsewhere["channelId"] = "d".into();
    assert_eq!(rig.call("deleteMessages", elsewhere), CallResult::Code(1));
    rig.accepted("deleteMessages", args);
    let sent: Vec<DeleteMsgInput> = rig.asked(&Topic::DelUgMsg);
    assert_eq!((sent[0].r#type(), sent[0].bus_channel()), (10, "c"));
    assert!(stored(&mut rig, "u1").is_null());
}

#[test]
fn typing_is_told_in_batches() {
    let mut rig = synced();
    let args = json!({"targetId": "g", "channelId": "c", "typingStatus": "text"});
    rig.accepted("sendUltraGroupTypingStatus", args.clone());
    rig.script.publish = Reply::Status(24_406);
    rig.accepted("sendUltraGroupTypingStatus", args);
    assert_eq!(rig.values("onUltraGroupTypingStatusSent", "code"), [0, 24_406]);
    let sent: Vec<OperateStatus> = rig.asked(&Topic::Operate);
    assert_eq!((sent[0].target_id(), sent[0].bus_channel(), sent[0].r#type()), ("g", "c", 10));
    let info = |user: &str| OperateInfo {
        target_id: Some("g".into()),
        bus_channel: Some("c".into()),
        user_id: Some(user.into()),
        op_type: Some(0),
        optime: Some(T),
    };
    let summary = |channel: &str, count: i32| OperateSummary {
        target_id: Some("g".into()),
        bus_channel: Some(channel.into()),
        count: Some(count),
        op_type: Some(0),
    };
    let notify = |bits: i64| OperateStatusNotify {
        r#type: Some(10),
        notify_type: Some(bits),
        info: vec![info("bob"), info("carol")],
        summary: vec![summary("c", 7), summary("d", 9)],
    };
    for bits in [1, 2, 3, 0] {
        rig.push(Topic::SOpNtf, false, 3, notify(bits).encode_to_vec());
    }
    let told = rig.values("onUltraGroupTypingStatusChanged", "info");
    let brief = |entry: &Value| {
        (entry["channelId"].clone(), entry["userId"].clone(), entry["userNums"].as_i64().unwrap())
    };
    let batches: Vec<Vec<_>> =
        told.iter().map(|batch| batch.as_array().unwrap().iter().map(brief).collect()).collect();
    let entry = |channel: &str, user: &str, number: i64| (json!(channel), json!(user), number);
    assert_eq!(
        batches,
        [
            vec![entry("c", "bob", 2), entry("c", "carol", 2)],
            vec![entry("c", "", 7), entry("d", "", 9)],
            vec![entry("c", "bob", 7), entry("c", "carol", 7), entry("d", "", 9)],
        ]
    );
}

#[test]
fn default_levels_are_the_servers() {
    let mut rig = synced();
    for (channel, set, load) in [
        (None, "changeUltraGroupDefaultNotificationLevel", "loadUltraGroupDefaultNotificationLevel"),
        (
            Some("c"),
            "changeUltraGroupChannelDefaultNotificationLevel",
            "getUltraGroupChannelDefaultNotificationLevel",
        ),
    ] {
        let mut args = json!({"targetId": "g"});
        if let Some(channel) = channel {
            args["channelId"] = channel.into();
        }
        rig.script.query = Reply::Accept;
        let result =
            GroupUnpushResult { group_id: "g".into(), bus_channel: channel.map(Into::into), unpush_level: 5 };
        rig.will_answer(Topic::UgUnpushQuery, &result);
        rig.events.clear();
        rig.accepted(load, args.clone());
        args["level"] = "mention_users".into();
        rig.accepted(set, args.clone());
        rig.script.query = Reply::Status(24_410);
        rig.accepted(set, args.clone());
        rig.accepted(load, args.clone());
        let told: Vec<_> =
            rig.events.iter().map(|(_, _, told)| (told["code"].clone(), told["level"].clone())).collect();
        let expected = [(0, "blocked"), (0, "mention_users"), (24_410, "mention_users"), (24_410, "none")];
        assert_eq!(told, expected.map(|(code, level)| (json!(code), json!(level))));
        assert!(rig.events.iter().all(|(_, _, told)| told.get("channelId") == args.get("channelId")));
        args["level"] = "loud".into();
        assert_eq!(rig.call(set, args), CallResult::Code(1));
    }
    let set: Vec<GroupUnpushSet> = rig.asked(&Topic::UgUnpushSet);
    assert_eq!((set[0].bus_channel.as_deref(), set[2].bus_channel.as_deref()), (None, Some("c")));
    assert_eq!(set[0].unpush_level, 2);
}

#[test]
fn every_call_ends_once_whatever_becomes_of_it() {
    let mut rig = synced();
    let message = sent(&mut rig);
    for (method, args, event) in calls(&message) {
        rig.events.clear();
        (rig.script.publish, rig.script.query) = (Reply::Silence, Reply::Silence);
        rig.accepted(method, args.clone());
        assert!(rig.events.is_empty(), "{method}");
        rig.advance(seconds(30));
        (rig.script.publish, rig.script.query) = (Reply::Status(24_402), Reply::Status(24_402));
        rig.accepted(method, args);
        assert_eq!(rig.values(event, "code"), [30_003, 24_402], "{method}");
        assert_eq!(rig.events.len(), 2, "{method}");
    }
    rig.events.clear();
    (rig.script.publish, rig.script.query) = (Reply::Silence, Reply::Silence);
    for (method, args, _) in calls(&message) {
        rig.accepted(method, args);
    }
    rig.accepted("disconnect", json!({"receivePush": true}));
    for (method, args, event) in calls(&message) {
        rig.accepted(method, args);
        assert_eq!(rig.values(event, "code"), [30_011, 30_001], "{method}");
    }
}

#[test]
fn a_call_without_its_arguments_is_refused_and_asks_nothing() {
    let mut rig = synced();
    let message = sent(&mut rig);
    let frames = rig.frames.len();
    for (method, args, _) in calls(&message) {
        for name in args.as_object().unwrap().keys().filter(|name| *name != "channelId") {
            let mut wrong = args.clone();
            wrong[name] = Value::Null;
            assert_eq!(rig.call(method, wrong), CallResult::Code(1), "{method} without {name}");
        }
        if args.get("channelId").is_some() {
            let mut wrong = args;
            wrong["channelId"] = "123456789012345678901".into();
            assert_eq!(rig.call(method, wrong), CallResult::Code(1), "{method} with a long channel");
        }
    }
    for (method, args) in [
        ("loadConversationsForAllChannel", json!({"type": "group", "targetId": "g"})),
        ("loadConversationsForAllChannel", json!({"type": "ultra_group", "targetId": ""})),
        ("loadUltraGroupUnreadCount", json!({"targetId": ""})),
        ("clearUltraGroupMessagesForAllChannel", json!({"targetId": "g", "timestamp": -1})),
        ("syncUltraGroupReadStatus", json!({"targetId": "g", "channelId": "c", "timestamp": -1})),
    ] {
        assert_eq!(rig.call(method, args), CallResult::Code(1), "{method}");
    }
    let mut unsent = text("c", "x");
    unsent["sentStatus"] = "failed".into();
    let recall = json!({"message": unsent, "deleteRemote": false});
    assert_eq!(rig.call("recallUltraGroupMessage", recall), CallResult::Code(1));
    let asked = rig.frames[frames..].iter().filter(|frame| !matches!(frame, ClientFrame::Ping)).count();
    assert_eq!((asked, rig.events.len()), (0, 0));
}
