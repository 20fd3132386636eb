//! UGMOD, UGEXP, UGRECALL: changes of messages and channels, made here and told by the server.
use super::*;

#[test]
fn a_modified_message_is_changed_here_and_told_elsewhere_once() {
    let mut rig = synced();
    let mine = sent(&mut rig);
    let uid = mine["messageUId"].as_str().unwrap();
    let modify = |message: Value| json!({"messageUId": uid, "message": message});
    rig.script.query = Reply::Status(20_114);
    rig.accepted("modifyUltraGroupMessage", modify(text("c", "second")));
    assert_eq!(stored(&mut rig, uid)["text"], "first");
    rig.script.query = Reply::Accept;
    rig.accepted("modifyUltraGroupMessage", modify(text("c", "second")));
    assert_eq!(rig.values("onUltraGroupMessageModified", "code"), [20_114, 0]);
    assert_eq!(stored(&mut rig, uid)["text"], "second");
    let asked: Vec<MsgChangeReq> = rig.asked(&Topic::ModifyMsg);
    assert_eq!((asked[1].target_id(), asked[1].bus_channel(), asked[1].msg_uid()), ("g", "c", uid));
    assert_eq!(asked[1].content(), r#"{"content":"second"}"#);
    // Another type, another kind of conversation: nothing is asked (UGMOD-004, UGMOD-007).
    let mut location = text("c", "");
    location["messageType"] = "location".into();
    location["longitude"] = 1.into();
    location["latitude"] = 1.into();
    let mut private = text("", "x");
    private["conversationType"] = "private".into();
    for wrong in [location, private, Value::Null] {
        assert_eq!(rig.call("modifyUltraGroupMessage", modify(wrong)), CallResult::Code(1));
    }
    // The list tells of our own change, too: nothing is as it was not.
    let mut fresh = said("alice", "c", T, uid);
    fresh.content = json!({"content": "second"}).to_string().into();
    rig.events.clear();
    for content in ["second", "third", "third"] {
        fresh.content = json!({"content": content}).to_string().into();
        rig.will_answer(Topic::QryMsg, &MsgQueryAck { list: vec![fresh.clone()], ..Default::default() });
        changed(&mut rig, vec![change(2, uid, T + 10)]);
    }
    let told = rig.values("onRemoteUltraGroupMessageModified", "messages");
    assert_eq!((told.len(), &told[0][0]["text"], rig.events.len()), (1, &json!("third"), 1));
    assert_eq!(stored(&mut rig, uid)["text"], "third");
}

#[test]
fn expansions_have_calls_of_their_own() {
    let mut rig = synced();
    let mine = sent(&mut rig);
    let uid = mine["messageUId"].as_str().unwrap();
    let update = json!({"messageUId": uid, "expansion": {"k": "v", "l": "w"}});
    rig.accepted("updateUltraGroupMessageExpansion", update.clone());
    rig.accepted("removeUltraGroupMessageExpansionForKeys", json!({"messageUId": uid, "keys": ["l"]}));
    assert_eq!(stored(&mut rig, uid)["expansion"], json!({"k": "v"}));
    let asked: Vec<MsgChangeReq> = rig.asked(&Topic::UpMsgEx);
    assert_eq!(
        asked.iter().map(|ask| ask.content().to_owned()).collect::<Vec<_>>(),
        [
            json!({"mid": uid, "put": {"k": "v", "l": "w"}}).to_string(),
            json!({"mid": uid, "del": ["l"]}).to_string(),
        ]
    );
    rig.script.query = Reply::Status(22_202);
    rig.accepted("updateUltraGroupMessageExpansion", update);
    assert_eq!(rig.values("onUltraGroupMessageExpansionUpdated", "code"), [0, 22_202]);
    assert_eq!(rig.values("onUltraGroupMessageExpansionUpdated", "messageUId"), [uid, uid]);
    assert_eq!(rig.values("onUltraGroupMessageExpansionForKeysRemoved", "keys"), [json!(["l"])]);
    let pairs: serde_json::Map<_, _> = (0..21).map(|n| (format!("k{n}"), json!("v"))).collect();
    for (method, wrong) in [
        ("updateUltraGroupMessageExpansion", json!({"messageUId": uid, "expansion": pairs})),
        ("updateUltraGroupMessageExpansion", json!({"messageUId": "unknown", "expansion": {"k": "v"}})),
        ("removeUltraGroupMessageExpansionForKeys", json!({"messageUId": uid, "keys": []})),
        // The calls of other conversations do not reach ultra groups (AMB-07).
        ("updateMessageExpansion", json!({"messageUId": uid, "expansion": {"k": "v"}})),
    ] {
        assert_eq!(rig.call(method, wrong), CallResult::Code(1), "{method}");
    }
    rig.script.query = Reply::Accept;
    rig.events.clear();
    let mut fresh = said("alice", "c", T, uid);
    fresh.content = json!({"content": "first"}).to_string().into();
    for pairs in [json!({"k": {"v": "v"}}), json!({"k": {"v": "new"}}), json!({})] {
        fresh.extra_content = Some(pairs.to_string());
        rig.will_answer(Topic::QryMsg, &MsgQueryAck { list: vec![fresh.clone()], ..Default::default() });
        changed(&mut rig, vec![change(1, uid, T + 10)]);
    }
    let told = rig.values("onRemoteUltraGroupMessageExpansionUpdated", "messages");
    let pairs: Vec<&Value> = told.iter().map(|messages| &messages[0]["expansion"]).collect();
    assert_eq!((pairs, rig.events.len()), (vec![&json!({"k": "new"}), &json!({})], 2));
}

#[test]
fn a_recall_leaves_a_notice_or_nothing() {
    for delete in [false, true] {
        let mut rig = synced();
        let mine = sent(&mut rig);
        let uid = mine["messageUId"].as_str().unwrap().to_owned();
        let call = json!({"message": mine, "deleteRemote": delete});
        rig.script.publish = Reply::Status(25_101);
        rig.accepted("recallUltraGroupMessage", call.clone());
        rig.script.publish = Reply::Accept;
        rig.accepted("recallUltraGroupMessage", call);
        assert_eq!(rig.values("onUltraGroupMessageRecalled", "code"), [25_101, 0]);
        assert_eq!(rig.values("onUltraGroupMessageRecalled", "deleteRemote"), [delete, delete]);
        let asked: Vec<UpStreamMessage> = rig.asked(&Topic::RecallMsg);
        let content: Value = serde_json::from_slice(&asked[1].content).unwrap();
        assert_eq!((asked[1].bus_channel(), &content["channelId"]), ("c", &json!("c")));
        assert_eq!((&content["conversationType"], &content["isDelete"]), (&json!(10), &json!(delete)));
        let left = stored(&mut rig, &uid);
        assert_eq!(left.is_null(), delete);
        // Our own recall is no news; another's is, once.
        arrive(&mut rig, vec![said("bob", "c", T + 20, "his")]);
        rig.events.clear();
        let his = MsgChange { is_del: Some(delete), ..change(3, "his", T + 30) };
        changed(&mut rig, vec![change(3, &uid, T + 25), his.clone()]);
        changed(&mut rig, vec![MsgChange { time: T + 31, ..his }]);
        let told = rig.values("onRemoteUltraGroupMessageRecalled", "messages");
        assert_eq!((told.len(), uids(&told[0])), (1, vec!["his"]));
        assert_eq!((&told[0][0]["messageType"], &told[0][0]["deleted"]), (&json!("recall"), &json!(delete)));
        assert_eq!(stored(&mut rig, "his").is_null(), delete);
        assert_eq!(unread(&mut rig, "c"), 0);
    }
}

#[test]
fn an_installation_hears_of_recalls_that_it_missed() {
    // Also where its last session heard of no change.
    for (heard, from) in [(true, T + 2), (false, T)] {
        let mut rig = synced();
        arrive(&mut rig, vec![said("bob", "c", T + 1, "u1")]);
        if heard {
            changed(&mut rig, vec![change(4, "", T + 2)]);
        }
        let mut again = rig_over(rig.engine.into_store());
        again.will_answer(Topic::PullUgMsg, &package(Vec::new(), T + 90));
        again.will_answer(
            Topic::PullUgSes,
            &RelationsOutput { is_finished: Some(true), ..Default::default() },
        );
        again.will_answer(Topic::PullUgMsg, &package(Vec::new(), T + 90));
        let list = vec![change(3, "u1", T + 50)];
        again.will_answer(
            Topic::QryMsgChange,
            &MsgChangeList { list, sync_time: T + 50, ..Default::default() },
        );
        again.connect();
        assert_eq!(again.asked::<QueryMsgChange>(&Topic::QryMsgChange)[0].sync_time(), from);
        assert_eq!(stored(&mut again, "u1")["messageType"], "recall");
    }
}

#[test]
fn a_channel_that_is_closed_to_the_user_leaves_the_list() {
    for (sub, operator, stays) in
        [(1, "", 0), (2, "", 1), (3, "", 1), (4, "alice", 1), (5, "bob", 1), (5, "alice", 0), (6, "", 0)]
    {
        let mut rig = synced();
        arrive(&mut rig, vec![said("bob", "c", T + 1, "u1")]);
        let told = MsgChange {
            sub_change_type: Some(sub),
            operator_id: Some(operator.into()),
            ..change(4, "", T + 2)
        };
        changed(&mut rig, vec![told]);
        rig.accepted("getConversationsForAllChannel", json!({"type": "ultra_group", "targetId": "g"}));
        let list = rig.values("onConversationsLoadedForAllChannel", "conversations").pop().unwrap();
        assert_eq!(list.as_array().unwrap().len(), stays, "{sub} {operator}");
    }
}
