//! UGHIST: what is read from the server, and what need not be.
use super::*;

fn page(list: &[DownStreamMessage], more: bool) -> HistoryMsgOuput {
    HistoryMsgOuput { list: list.to_vec(), has_msg: i32::from(more), ..Default::default() }
}

fn loaded(rig: &mut Rig, args: Value) -> Vec<String> {
    rig.events.clear();
    rig.accepted("loadMessages", args);
    assert_eq!(rig.values("onMessagesLoaded", "code"), [0]);
    let messages = &rig.values("onMessagesLoaded", "messages")[0];
    uids(messages).into_iter().map(str::to_owned).collect()
}

#[test]
fn history_asks_for_what_is_missing_and_for_nothing_else() {
    let mut rig = synced();
    let asked = |rig: &Rig| -> Vec<(i64, i32, i32)> {
        let asked: Vec<HistoryMsgInput> = rig.asked(&Topic::QryUgMsg);
        assert!(asked.iter().all(|ask| (ask.target_id(), ask.bus_channel()) == ("g", "c")));
        asked.iter().map(|ask| (ask.time(), ask.count(), ask.order())).collect()
    };
    let live: Vec<_> = (5..8).map(|n| said("bob", "c", T + n, &format!("u{n}"))).collect();
    arrive(&mut rig, live);
    // All there: no request (UGHIST-003).
    assert_eq!(loaded(&mut rig, load("local_remote", "before", 0, 3)), ["u7", "u6", "u5"]);
    assert_eq!(loaded(&mut rig, load("local_remote", "after", T + 5, 10)), ["u6", "u7"]);
    assert!(asked(&rig).is_empty());
    // Two are missing: two are asked for, and are here from then on (UGHIST-001).
    let old: Vec<_> = (1..5).map(|n| said("bob", "c", T + n, &format!("u{n}"))).collect();
    rig.will_answer(Topic::QryUgMsg, &page(&old[2..], true));
    assert_eq!(loaded(&mut rig, load("local_remote", "before", 0, 5)), ["u7", "u6", "u5", "u4", "u3"]);
    assert_eq!(asked(&rig), [(T + 5, 2, 0)]);
    assert_eq!(loaded(&mut rig, load("local", "before", 0, 20)), ["u7", "u6", "u5", "u4", "u3"]);
    assert_eq!(loaded(&mut rig, load("local_remote", "before", T + 6, 3)), ["u5", "u4", "u3"]);
    assert_eq!(asked(&rig).len(), 1);
    // The rest of it, and then nothing is left to ask for.
    rig.will_answer(Topic::QryUgMsg, &page(&old[..2], false));
    for _ in 0..2 {
        assert_eq!(loaded(&mut rig, load("local_remote", "before", T + 5, 20)), ["u4", "u3", "u2", "u1"]);
    }
    assert_eq!(asked(&rig)[1..], [(T + 3, 18, 0)]);
    assert_eq!(loaded(&mut rig, load("local_remote", "after", 0, 3)), ["u1", "u2", "u3"]);
    assert_eq!(asked(&rig).len(), 2);
    // What is here is known to be unread or not; fetched messages do not count.
    assert_eq!(unread(&mut rig, "c"), 3);
    // `remote` asks the server, whatever is here.
    rig.will_answer(Topic::QryUgMsg, &page(&old[3..], true));
    assert_eq!(loaded(&mut rig, load("remote", "before", T + 5, 1)), ["u4"]);
    assert_eq!(asked(&rig).len(), 3);
}

#[test]
fn history_of_a_gap_between_two_sessions() {
    let mut rig = synced();
    arrive(&mut rig, vec![said("bob", "c", T + 1, "u1")]);
    let mut again = rig_over(rig.engine.into_store());
    again.will_answer(Topic::PullUgMsg, &package(Vec::new(), T + 10));
    let info = vec![listed("c", said("bob", "c", T + 4, "u4"), 4, T + 4)];
    again.will_answer(
        Topic::PullUgSes,
        &RelationsOutput { info, is_finished: Some(true), ..Default::default() },
    );
    again.will_answer(Topic::PullUgMsg, &package(Vec::new(), T + 10));
    again.connect();
    assert_eq!(unread(&mut again, "c"), 4);
    assert_eq!(loaded(&mut again, load("local", "before", 0, 20)), ["u4", "u1"]);
    let all: Vec<_> = (1..5).map(|n| said("bob", "c", T + n, &format!("u{n}"))).collect();
    again.will_answer(Topic::QryUgMsg, &page(&all, false));
    assert_eq!(loaded(&mut again, load("local_remote", "before", 0, 20)), ["u4", "u3", "u2", "u1"]);
    assert_eq!(again.asked::<HistoryMsgInput>(&Topic::QryUgMsg)[0].time(), T + 11);
    assert_eq!(loaded(&mut again, load("local", "before", 0, 20)), ["u4", "u3", "u2", "u1"]);
    assert_eq!(unread(&mut again, "c"), 4);
}

#[test]
fn a_refused_history_gives_what_is_here() {
    let mut rig = synced();
    arrive(&mut rig, vec![said("bob", "c", T + 1, "u1")]);
    rig.script.query = Reply::Status(24_416);
    for (policy, here) in [("local_remote", vec!["u1"]), ("remote", vec![])] {
        rig.events.clear();
        rig.accepted("loadMessages", load(policy, "before", 0, 20));
        assert_eq!(rig.values("onMessagesLoaded", "code"), [24_416]);
        assert_eq!(uids(&rig.values("onMessagesLoaded", "messages")[0]), here);
    }
}

#[test]
fn a_batch_names_what_the_server_has_not() {
    let mut rig = synced();
    let stub = |uid: &str, channel: &str| json!({"conversationType": "ultra_group", "targetId": "g", "channelId": channel, "messageUId": uid, "sentTime": T});
    rig.will_answer(
        Topic::QryMsg,
        &MsgQueryAck { list: vec![said("bob", "c", T, "u1")], ..Default::default() },
    );
    let method = "loadBatchRemoteUltraGroupMessages";
    rig.accepted(method, json!({"messages": [stub("u1", "c"), stub("u2", "c")]}));
    rig.script.query = Reply::Status(24_406);
    rig.accepted("getBatchRemoteUltraGroupMessages", json!({"messages": [stub("u1", "c")]}));
    let event = "onBatchRemoteUltraGroupMessagesLoaded";
    assert_eq!(rig.values(event, "code"), [0, 24_406]);
    let (matched, others) = (rig.values(event, "matchedMessages"), rig.values(event, "notMatchedMessages"));
    assert_eq!((uids(&matched[0]), uids(&others[0])), (vec!["u1"], vec!["u2"]));
    assert_eq!((&matched[0][0]["text"], uids(&others[1])), (&json!("u1"), vec!["u1"]));
    let asked: Vec<MsgQuery> = rig.asked(&Topic::QryMsg);
    assert_eq!((asked[0].target_id(), asked[0].query.len()), ("g", 2));
    let many: Vec<Value> = (0..21).map(|n| stub(&format!("u{n}"), "c")).collect();
    let mut private = stub("u1", "c");
    private["conversationType"] = "private".into();
    for wrong in [json!([]), json!(many), json!([private]), json!([stub("u1", "c"), stub("u2", "d")])] {
        assert_eq!(rig.call(method, json!({"messages": wrong})), CallResult::Code(1));
    }
}
