//! Whatever a server sends, at whatever time: the engine stays up, and its deadlines do not run in circles.

use std::time::Duration;

use bytes::Bytes;
use proptest::prelude::*;
use prost::Message as _;
use reference_client::EngineInput;
use serde_json::json;
use wire::{
    Accepted, ConnAck, ConnAckLayout, Header, ServerFrame, Topic, UnixMillis,
    body::{DownStreamMessages, NotifyMsg},
};

use crate::rig::{Rig, START, text_at};

#[derive(Debug, Clone)]
enum Happening {
    Frame(ServerFrame),
    Cut,
    Wait(u64),
    Network(bool),
    Foreground,
    Send,
    Connect,
    Disconnect,
}

fn topic() -> impl Strategy<Value = Topic> {
    prop_oneof![
        Just(Topic::SMsg),
        Just(Topic::SNtf),
        Just(Topic::PpMsgP),
        Just(Topic::PgMsgP),
        Just(Topic::RecallMsg),
        Just(Topic::SCmd),
        Just(Topic::SOpNtf),
        Just(Topic::UgMsg),
        Just(Topic::UpdUgRTime),
        "[a-z_]{0,8}".prop_map(|name| Topic::from(name.as_str())),
    ]
}

fn body() -> impl Strategy<Value = Bytes> {
    let time = any::<i64>();
    let message = (time, "[a-c]", any::<i32>(), any::<i64>(), "RC:(TxtMsg|RcCmd|Odd)", ".{0,12}").prop_map(
        |(time, uid, kind, status, classname, content)| wire::body::DownStreamMessage {
            r#type: kind,
            status,
            classname,
            content: content.into_bytes().into(),
            ..text_at(time, &uid)
        },
    );
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..40).prop_map(Bytes::from),
        (message.clone()).prop_map(|message| message.encode_to_vec().into()),
        (prop::collection::vec(message, 0..4), time, any::<Option<bool>>()).prop_map(
            |(list, sync_time, finished)| {
                DownStreamMessages { list, sync_time, finished, ..DownStreamMessages::default() }
                    .encode_to_vec()
                    .into()
            }
        ),
        (any::<i32>(), time).prop_map(|(kind, time)| {
            NotifyMsg { r#type: kind, time: Some(time), ..NotifyMsg::default() }.encode_to_vec().into()
        }),
    ]
}

fn frame() -> impl Strategy<Value = ServerFrame> {
    prop_oneof![
        (any::<u8>(), any::<bool>(), any::<i64>()).prop_map(|(status, accepted, time)| {
            let accepted = accepted.then(|| Accepted {
                user_id: "alice".into(),
                session_id: String::new(),
                time: UnixMillis(time),
            });
            ServerFrame::ConnAck(ConnAck { status: status % 24, accepted, layout: ConnAckLayout::V3 })
        }),
        (any::<bool>(), 0..4_u8, topic(), 0..6_u16, body()).prop_map(|(dup, qos, topic, id, body)| {
            ServerFrame::Publish { dup, qos, seconds: 0, topic, target: "bob".into(), id, body }
        }),
        (0..6_u16, any::<u16>(), any::<i64>()).prop_map(|(id, status, time)| {
            let message_uid = format!("uid-{id}");
            ServerFrame::PubAck { id, status: status % 2, time: UnixMillis(time), message_uid }
        }),
        (0..6_u16, 0..2_u8, any::<bool>(), body()).prop_map(|(id, qos, ok, body)| {
            ServerFrame::QueryAck { id, qos, seconds: 0, status: u16::from(!ok), body }
        }),
        Just(ServerFrame::Pong),
        any::<u8>().prop_map(|status| ServerFrame::Disconnect { status: status % 12, rest: Bytes::new() }),
        (any::<u8>(), body()).prop_map(|(kind, body)| {
            ServerFrame::Unknown {
                header: Header { kind: kind % 16, dup: false, qos: 0, retain: false },
                body,
            }
        }),
    ]
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        8 => frame().prop_map(Happening::Frame),
        1 => Just(Happening::Cut),
        2 => (0..100_000_u64).prop_map(Happening::Wait),
        1 => any::<bool>().prop_map(Happening::Network),
        1 => Just(Happening::Foreground),
        2 => Just(Happening::Send),
        1 => Just(Happening::Connect),
        1 => Just(Happening::Disconnect),
    ]
}

proptest! {
    #[test]
    fn no_frame_at_no_time_brings_the_engine_down(happenings in prop::collection::vec(happening(), 0..40)) {
        let mut rig = Rig::new();
        rig.script.addresses["ugMsg"] = 1.into();
        rig.connect();
        let message = json!({"conversationType": "private", "targetId": "bob", "messageType": "text", "text": "x"});
        let (mut calls, mut sends) = (1, 0);
        for happening in happenings {
            match happening {
                Happening::Frame(frame) => rig.server(frame),
                Happening::Cut => rig.cut(),
                Happening::Wait(millis) => rig.advance(Duration::from_millis(millis)),
                Happening::Network(available) => rig.input(EngineInput::Network { available }),
                Happening::Foreground => rig.input(EngineInput::Foreground),
                Happening::Send => {
                    sends += 1;
                    rig.accepted("sendMessage", json!({"message": message}));
                }
                Happening::Connect => {
                    calls += 1;
                    rig.connect();
                }
                Happening::Disconnect => rig.accepted("disconnect", json!({"receivePush": true})),
            }
        }
        rig.accepted("disconnect", json!({"receivePush": true}));
        // Every accepted call has had its one result (ERR-008), and no state was told twice in a row (CONN-022).
        prop_assert_eq!(rig.values("onConnected", "code").len(), calls);
        prop_assert_eq!(rig.values("onMessageSent", "code").len(), sends);
        let statuses = rig.statuses();
        prop_assert!(statuses.windows(2).all(|pair| pair[0] != pair[1]), "{:?}", statuses);
        prop_assert!(rig.now >= START);
    }
}
