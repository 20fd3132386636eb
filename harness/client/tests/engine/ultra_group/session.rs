//! The start of a session, pulls, counts, outages, sending.
use super::*;

#[test]
fn a_session_begins_with_the_servers_time_and_its_list() {
    let mut rig = rig();
    rig.will_answer(Topic::PullUgMsg, &package(vec![said("bob", "c", T - 5, "old")], T));
    for (channel, version, finished) in [("a", T - 20, None), ("b", T + 3, Some(true))] {
        let info = vec![listed(channel, said("bob", channel, version, channel), 2, version)];
        rig.will_answer(
            Topic::PullUgSes,
            &RelationsOutput { info, is_finished: finished, ..Default::default() },
        );
    }
    idle(&mut rig);
    rig.connect();
    let times = |pulls: Vec<UltraGrpPullMsg>| pulls.iter().map(|pull| pull.sync_time).collect::<Vec<_>>();
    assert_eq!(times(rig.asked(&Topic::PullUgMsg)), [0, T + 3]);
    let pages: Vec<UltraGrpPullSes> = rig.asked(&Topic::PullUgSes);
    assert_eq!(pages.iter().map(|page| page.sync_time).collect::<Vec<_>>(), [0, T - 20]);
    let changes: Vec<QueryMsgChange> = rig.asked(&Topic::QryMsgChange);
    assert_eq!(changes[0].sync_time(), T + 3);
    // No message of the time before is handed over (OFFL-021), but what is unread is known.
    assert!(rig.values("onMessageReceived", "message").is_empty());
    assert_eq!((unread(&mut rig, "a"), unread(&mut rig, "b"), unread(&mut rig, "c")), (2, 2, 0));
    rig.accepted("loadConversationsForAllChannel", json!({"type": "ultra_group", "targetId": "g"}));
    let list = &rig.values("onConversationsLoadedForAllChannel", "conversations")[0];
    assert_eq!((&list[0]["channelId"], &list[1]["channelId"]), (&json!("b"), &json!("a")));
    assert_eq!(list[0]["lastMessage"]["messageUId"], "b");
}

#[test]
fn an_app_without_ultra_groups_asks_nothing() {
    let mut rig = Rig::new();
    rig.connect();
    notice(&mut rig, 6, T + 1);
    assert!(rig.asked::<UltraGrpPullMsg>(&Topic::PullUgMsg).is_empty());
}

#[test]
fn messages_are_pulled_handed_over_and_counted_by_channel() {
    let mut rig = synced();
    let mention = json!({"content": "@", "mentionedInfo": {"type": 2, "userIdList": ["alice"]}});
    let mut named = said("bob", "d", T + 2, "u2");
    named.content = mention.to_string().into();
    arrive(&mut rig, vec![said("bob", "c", T + 1, "u1"), named, said("alice", "c", T + 3, "u3")]);
    let got = rig.values("onMessageReceived", "message");
    assert_eq!(uids(&Value::from(got.clone())), ["u1", "u2", "u3"]);
    assert_eq!((&got[0]["targetId"], &got[0]["channelId"]), (&json!("g"), &json!("c")));
    assert_eq!((&got[2]["direction"], &got[2]["senderUserId"]), (&json!("send"), &json!("alice")));
    assert_eq!(rig.values("onMessageReceived", "offline"), [false, false, false]);
    assert_eq!((unread(&mut rig, "c"), unread(&mut rig, "d")), (1, 1));
    let group = json!({"targetId": "g"});
    assert_eq!(count(&mut rig, "loadUltraGroupUnreadCount", group.clone()), 2);
    assert_eq!(count(&mut rig, "getUltraGroupUnreadMentionedCount", group), 1);
    assert_eq!(count(&mut rig, "loadUltraGroupAllUnreadMentionedCount", json!({})), 1);
    assert_eq!(count(&mut rig, "loadUltraGroupUnreadCount", json!({"targetId": "other"})), 0);
    // A notice of what is here already asks for nothing.
    let pulls = rig.asked::<UltraGrpPullMsg>(&Topic::PullUgMsg).len();
    notice(&mut rig, 6, T + 3);
    assert_eq!(rig.asked::<UltraGrpPullMsg>(&Topic::PullUgMsg).len(), pulls);
}

#[test]
fn no_count_is_told_above_999() {
    for (all, told) in [(998, 998), (999, 999), (1000, 999)] {
        let mut rig = rig();
        start(&mut rig, vec![listed("c", said("bob", "c", T - 1, "u"), all, T - 1)]);
        rig.connect();
        assert_eq!(count(&mut rig, "loadUltraGroupUnreadCount", json!({"targetId": "g"})), told);
        assert_eq!(count(&mut rig, "loadUltraGroupAllUnreadCount", json!({})), told);
    }
}

#[test]
fn an_outage_loses_nothing_and_counts_nothing_twice() {
    let mut rig = synced();
    arrive(&mut rig, vec![said("bob", "c", T + 1, "u1")]);
    let missed = vec![said("bob", "c", T + 2, "u2"), said("bob", "c", T + 3, "u3")];
    let read =
        RelationInfo { read_msg_time: Some(T + 2), ..listed("c", said("bob", "c", T + 3, "u3"), 1, T + 3) };
    rig.will_answer(
        Topic::PullUgSes,
        &RelationsOutput { info: vec![read], is_finished: Some(true), ..Default::default() },
    );
    rig.will_answer(Topic::PullUgMsg, &package(missed, T + 3));
    rig.will_answer(Topic::QryMsgChange, &MsgChangeList { sync_time: T + 3, ..Default::default() });
    rig.cut();
    rig.advance(seconds(1));
    let got = Value::from(rig.values("onMessageReceived", "message"));
    assert_eq!(uids(&got), ["u1", "u2", "u3"]);
    assert_eq!(unread(&mut rig, "c"), 1);
}

#[test]
fn a_lost_answer_is_asked_for_again_and_a_refusal_waits_for_a_notice() {
    let mut rig = rig();
    rig.script.query = Reply::Silence;
    rig.connect();
    rig.advance(seconds(30));
    assert_eq!(rig.asked::<UltraGrpPullMsg>(&Topic::PullUgMsg).len(), 2);
    rig.script.query = Reply::Status(24_401);
    rig.advance(seconds(60));
    assert_eq!(rig.asked::<UltraGrpPullMsg>(&Topic::PullUgMsg).len(), 3);
    rig.script.query = Reply::Accept;
    start(&mut rig, Vec::new());
    notice(&mut rig, 6, T + 1);
    assert_eq!(rig.asked::<UltraGrpPullMsg>(&Topic::PullUgMsg).len(), 5);
}

#[test]
fn own_messages_of_another_device_are_pulled() {
    let mut rig = synced();
    rig.push(Topic::UgMsg, true, 1, UpStreamMessage::default().encode_to_vec());
    rig.will_answer(Topic::PullUgMsg, &package(vec![said("alice", "c", T + 1, "u1")], T + 1));
    let time = wire::UnixMillis(T + 1);
    rig.server(ServerFrame::PubAck { id: 1, status: 0, time, message_uid: "u1".into() });
    assert_eq!(rig.values("onMessageReceived", "message")[0]["direction"], "send");
}

#[test]
fn a_message_without_a_channel_goes_where_the_app_has_it_go() {
    for (driven, channel) in [(0, ""), (2, "RCDefault"), (3, "RCDefault")] {
        let mut rig = rig();
        rig.script.addresses["ugDriven"] = driven.into();
        start(&mut rig, Vec::new());
        rig.connect();
        rig.accepted("sendMessage", json!({"message": text("", "hi")}));
        let sent: Vec<UpStreamMessage> = rig.asked(&Topic::UgMsg);
        assert_eq!(sent[0].bus_channel(), channel);
        assert_eq!(rig.values("onMessageSent", "message")[0]["channelId"], channel);
    }
}
