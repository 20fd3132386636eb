//! SEND: attached and sent, failures, sending again.

use prost::Message as _;
use reference_client::CallResult;
use serde_json::{Value, json};
use wire::{ClientFrame, Topic, body::UpStreamMessage};

use crate::rig::{Reply, Rig, seconds};

fn created(rig: &mut Rig, method: &str, args: Value) -> Value {
    let result = rig.call(method, args);
    let CallResult::Value(message) = result else { panic!("{result:?}") };
    message
}

fn text(rig: &mut Rig, text: &str) -> Value {
    created(
        rig,
        "createTextMessage",
        json!({"type": "private", "targetId": "bob", "channelId": "", "text": text}),
    )
}

fn custom(rig: &mut Rig, policy: &str) -> Value {
    let args = json!({"type": "private", "targetId": "bob", "channelId": "", "policy": policy,
        "messageIdentifier": "app:note", "fields": {"a": "1"}});
    created(rig, "createCustomMessage", args)
}

fn local(rig: &mut Rig) -> Vec<Value> {
    let args = json!({"type": "private", "targetId": "bob", "channelId": "", "sentTime": 0, "order": "before",
        "policy": "local", "count": 20});
    rig.accepted("loadMessages", args);
    rig.values("onMessagesLoaded", "messages").pop().unwrap().as_array().unwrap().clone()
}

fn last_publish(rig: &Rig) -> (Topic, UpStreamMessage) {
    let publish = rig.frames.iter().rev().find_map(|frame| match frame {
        ClientFrame::Publish(request) => Some(request),
        _ => None,
    });
    let request = publish.unwrap();
    (request.topic.clone(), UpStreamMessage::decode(request.body.clone()).unwrap())
}

fn connected() -> Rig {
    let mut rig = Rig::new();
    rig.connect();
    rig.events.clear();
    rig
}

#[test]
fn a_message_is_attached_then_sent() {
    let mut rig = connected();
    let message = text(&mut rig, "hello");
    rig.accepted("sendMessage", json!({"message": message}));
    assert_eq!(rig.story(), ["onMessageAttached", "onMessageSent 0"]);
    let attached = rig.values("onMessageAttached", "message").remove(0);
    let sent = rig.values("onMessageSent", "message").remove(0);
    assert_eq!((&attached["sentStatus"], &sent["sentStatus"]), (&json!("sending"), &json!("sent")));
    assert_eq!((&attached["messageId"], &sent["messageId"]), (&json!(1), &json!(1)));
    assert_eq!((&sent["messageUId"], &sent["senderUserId"]), (&json!("uid-1"), &json!("alice")));
    let (topic, up) = last_publish(&rig);
    assert_eq!((topic, up.session_id, up.classname.as_str()), (Topic::PpMsgP, 3, "RC:TxtMsg"));
    assert_eq!(local(&mut rig).len(), 1);
}

#[test]
fn a_refusal_passes_its_code_and_sending_again_adds_no_message() {
    let mut rig = connected();
    rig.script.publish = Reply::Status(405);
    let message = text(&mut rig, "hello");
    rig.accepted("sendMessage", json!({"message": message.clone()}));
    let failed = rig.values("onMessageSent", "message").remove(0);
    assert_eq!(
        (&failed["sentStatus"], rig.values("onMessageSent", "code")),
        (&json!("failed"), vec![json!(405)])
    );
    rig.script.publish = Reply::Accept;
    rig.accepted("sendMessage", json!({"message": failed}));
    let stored = local(&mut rig);
    assert_eq!((stored.len(), &stored[0]["sentStatus"]), (1, &json!("sent")));
    // By its number alone, too.
    rig.accepted("sendMessage", json!({"message": {"messageId": 1}}));
    assert_eq!(local(&mut rig).len(), 1);
    // A new message with the same content is another one (SEND-011).
    rig.accepted("sendMessage", json!({"message": message}));
    assert_eq!(local(&mut rig).len(), 2);
}

#[test]
fn a_missing_acknowledgement_fails_after_thirty_seconds() {
    let mut rig = connected();
    rig.script.publish = Reply::Silence;
    let message = text(&mut rig, "hello");
    rig.accepted("sendMessage", json!({"message": message}));
    rig.advance(seconds(29));
    assert_eq!(rig.story(), ["onMessageAttached"]);
    rig.advance(seconds(1));
    assert_eq!(rig.story(), ["onMessageAttached", "onMessageSent 30003"]);
    assert_eq!(local(&mut rig)[0]["sentStatus"], "failed");
    rig.advance(seconds(600));
    assert_eq!(rig.publishes(), 1, "no resending on its own");
}

#[test]
fn a_lost_connection_and_a_disconnect_end_what_is_under_way() {
    for leave in [false, true] {
        let mut rig = connected();
        rig.script.publish = Reply::Silence;
        let message = text(&mut rig, "hello");
        rig.accepted("sendMessage", json!({"message": message}));
        if leave {
            rig.accepted("disconnect", json!({"receivePush": false}));
        } else {
            rig.cut();
        }
        rig.advance(seconds(60));
        assert_eq!(rig.values("onMessageSent", "code"), [30_011]);
    }
}

#[test]
fn without_a_connection_a_message_is_kept_and_fails() {
    let mut rig = Rig::new();
    let message = text(&mut rig, "before any login");
    rig.accepted("sendMessage", json!({"message": message}));
    assert_eq!(rig.story(), ["onMessageSent 30001"]);
    let mut rig = connected();
    rig.accepted("disconnect", json!({"receivePush": true}));
    rig.events.clear();
    let message = text(&mut rig, "after");
    rig.accepted("sendMessage", json!({"message": message}));
    assert_eq!(rig.story(), ["onMessageAttached", "onMessageSent 30001"]);
    assert_eq!(rig.publishes(), 0);
}

#[test]
fn results_come_to_their_own_messages_whatever_the_order() {
    let mut rig = connected();
    rig.script.publish = Reply::Silence;
    for n in ["a", "b", "c"] {
        let message = text(&mut rig, n);
        rig.accepted("sendMessage", json!({"message": message}));
    }
    let ids: Vec<u16> = rig
        .frames
        .iter()
        .filter_map(|frame| match frame {
            ClientFrame::Publish(request) => Some(request.id),
            _ => None,
        })
        .collect();
    for (id, status) in ids.into_iter().zip([0, 405, 0]).rev() {
        let (time, message_uid) = (rig.now, format!("for {id}"));
        rig.server(wire::ServerFrame::PubAck { id, status, time, message_uid });
    }
    assert_eq!(rig.values("onMessageSent", "code"), [0, 405, 0]);
    let texts: Vec<Value> =
        rig.values("onMessageSent", "message").iter().map(|message| message["text"].clone()).collect();
    assert_eq!(texts, ["c", "b", "a"]);
}

#[test]
fn policies_of_custom_messages() {
    for (policy, topic, flags, stored) in [
        ("command", Topic::PpMsgP, 0, false),
        ("normal", Topic::PpMsgP, 3, true),
        ("status", Topic::PpMsgS, 0, false),
        ("storage", Topic::PpMsgP, 1, true),
    ] {
        let mut rig = connected();
        let message = custom(&mut rig, policy);
        rig.accepted("sendMessage", json!({"message": message}));
        let (sent_to, up) = last_publish(&rig);
        assert_eq!((sent_to, up.session_id), (topic, flags), "{policy}");
        assert_eq!(rig.values("onMessageAttached", "message").len(), usize::from(stored), "{policy}");
        assert_eq!(rig.values("onMessageSent", "code"), [0]);
        assert_eq!(local(&mut rig).len(), usize::from(stored), "{policy}");
    }
}

#[test]
fn wrong_arguments_send_nothing() {
    let mut rig = connected();
    let text = json!({"type": "private", "targetId": "", "channelId": "", "text": "x"});
    assert_eq!(created(&mut rig, "createTextMessage", text), Value::Null);
    let nowhere = json!({"type": "invalid", "targetId": "bob", "channelId": "", "text": "x"});
    assert_eq!(created(&mut rig, "createTextMessage", nowhere), Value::Null);
    let policy = json!({"type": "private", "targetId": "bob", "policy": "loud", "messageIdentifier": "a"});
    assert_eq!(created(&mut rig, "createCustomMessage", policy), Value::Null);
    for message in [
        Value::Null,
        json!({}),
        json!({"messageId": 99}),
        json!({"conversationType": "private", "targetId": "", "messageType": "text", "text": "x"}),
        json!({"conversationType": "system", "targetId": "bob", "messageType": "text", "text": "x"}),
        json!({"conversationType": "private", "targetId": "bob", "messageType": "image"}),
    ] {
        assert_eq!(rig.call("sendMessage", json!({"message": message})), CallResult::Code(1));
    }
    assert_eq!((rig.story().len(), rig.publishes()), (0, 0));
}

#[test]
fn a_group_message_may_be_for_some_members_only() {
    let mut rig = connected();
    let args = json!({"type": "group", "targetId": "team", "channelId": "", "text": "psst"});
    let message = created(&mut rig, "createTextMessage", args);
    let method = "sendGroupMessageToDesignatedUsers";
    rig.accepted(method, json!({"message": message.clone(), "userIds": ["bob", "carol"]}));
    let (topic, up) = last_publish(&rig);
    assert_eq!((topic, up.user_id), (Topic::PgMsgP, vec!["bob".to_owned(), "carol".to_owned()]));
    assert_eq!(
        rig.story(),
        ["onGroupMessageToDesignatedUsersAttached", "onGroupMessageToDesignatedUsersSent 0"]
    );
    assert_eq!(rig.call(method, json!({"message": message, "userIds": []})), CallResult::Code(1));
}
