//! UGREAD: what is read here and elsewhere.
use super::*;

#[test]
fn what_is_read_is_read_whatever_the_time() {
    let mut rig = rig();
    start(&mut rig, vec![listed("c", said("bob", "c", T - 1, "u0"), 4, T - 1)]);
    rig.connect();
    arrive(&mut rig, vec![said("bob", "c", T + 1, "u1"), said("bob", "d", T + 2, "u2")]);
    assert_eq!(unread(&mut rig, "c"), 5);
    let args = json!({"targetId": "g", "channelId": "c", "timestamp": 1});
    rig.script.publish = Reply::Status(24_406);
    rig.accepted("syncUltraGroupReadStatus", args.clone());
    assert_eq!(rig.values("onUltraGroupReadStatusSynced", "code"), [24_406]);
    assert_eq!(unread(&mut rig, "c"), 5);
    rig.script.publish = Reply::Accept;
    rig.events.clear();
    rig.accepted("syncUltraGroupReadStatus", args);
    let (_, name, told) = &rig.events[0];
    assert_eq!(*name, "onUltraGroupReadStatusSynced");
    assert_eq!(
        Value::Object(told.clone()),
        json!({"code": 0, "targetId": "g", "channelId": "c", "timestamp": 1})
    );
    assert_eq!(rig.events.len(), 1);
    let sent: Vec<SessionMsgReadInput> = rig.asked(&Topic::UpdUgRTime);
    assert_eq!((sent[1].r#type(), sent[1].channel_id(), sent[1].bus_channel()), (10, "g", "c"));
    assert!(sent[1].msg_time() >= T + 2);
    assert_eq!((unread(&mut rig, "c"), unread(&mut rig, "d")), (0, 1));
    assert_eq!(stored(&mut rig, "u1")["receivedStatus"], "read");
}

#[test]
fn another_device_that_reads_is_believed_also_for_what_comes_later() {
    let mut rig = synced();
    arrive(&mut rig, vec![said("bob", "c", T + 1, "u1")]);
    let body = SessionMsgReadInput {
        r#type: Some(10),
        msg_time: Some(T + 5),
        channel_id: Some("g".into()),
        bus_channel: Some("c".into()),
    };
    rig.events.clear();
    rig.push(Topic::UpdUgRTime, true, 1, body.encode_to_vec());
    assert!(rig.events.is_empty());
    rig.server(ServerFrame::PubAck { id: 1, status: 0, time: rig.now, message_uid: String::new() });
    assert_eq!(rig.values("onUltraGroupReadTimeReceived", "timestamp"), [T + 5]);
    assert_eq!(rig.values("onConversationReadStatusSyncMessageReceived", "type"), ["ultra_group"]);
    arrive(&mut rig, vec![said("bob", "c", T + 4, "u2"), said("bob", "c", T + 6, "u3")]);
    assert_eq!(unread(&mut rig, "c"), 1);
}
