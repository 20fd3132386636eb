//! What must hold for every frame and every byte string.

#![allow(clippy::unwrap_used, reason = "a test helper that fails fails its test")]

use bytes::{Bytes, BytesMut};
use proptest::{collection::vec, prelude::*};
use wire::{
    Accepted, ClientFrame, ConnAck, ConnAckLayout, Connect, FrameError, Header, Request, ServerFrame, Topic,
    UnixMillis, native, websocket,
};

const MAX: usize = 1 << 16;

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-zA-Z0-9_]{0,12}", "\\PC{0,8}", Just("😀用户".to_owned())]
}

fn bytes() -> impl Strategy<Value = Bytes> {
    vec(any::<u8>(), 0..300).prop_map(Bytes::from)
}

fn topic() -> impl Strategy<Value = Topic> {
    prop_oneof![
        (0..Topic::KNOWN.len()).prop_map(|index| Topic::KNOWN[index].clone()),
        "[a-z]{1,3}X[a-z]{0,3}".prop_map(|name| Topic::Other(name.into())),
    ]
}

fn request() -> impl Strategy<Value = Request> {
    (0..4u8, any::<bool>(), any::<bool>(), topic(), text(), any::<u16>(), bytes()).prop_map(
        |(qos, dup, retain, topic, target, id, body)| Request {
            qos,
            dup,
            retain,
            topic,
            target,
            id,
            body,
            signature: [0; 8],
        },
    )
}

/// Types that neither side sends.
fn unknown() -> impl Strategy<Value = (Header, Bytes)> {
    (prop_oneof![Just(0u8), 8..12u8, Just(15u8)], any::<bool>(), bytes())
        .prop_map(|(kind, dup, body)| (Header { kind, dup, qos: 1, retain: false }, body))
}

fn client_frame() -> impl Strategy<Value = ClientFrame> {
    prop_oneof![
        request().prop_map(ClientFrame::Publish),
        request().prop_map(ClientFrame::Query),
        any::<u16>().prop_map(|id| ClientFrame::PubAck { id }),
        any::<u16>().prop_map(|id| ClientFrame::QueryCon { id }),
        Just(ClientFrame::Ping),
        any::<u8>().prop_map(|status| ClientFrame::Disconnect { status }),
        unknown().prop_map(|(header, body)| ClientFrame::Unknown { header, body }),
        (text(), text(), text(), bytes()).prop_map(|(device_id, app_key, token, rest)| {
            ClientFrame::Connect(Connect {
                version: 3,
                flags: 0xC6,
                keep_alive: 10,
                device_id,
                client: "client".into(),
                client_info: "PC--1".into(),
                app_key,
                token,
                rest,
            })
        }),
    ]
}

fn time() -> impl Strategy<Value = UnixMillis> {
    (0..i64::from(u32::MAX) * 1000).prop_map(UnixMillis)
}

fn server_frame() -> impl Strategy<Value = ServerFrame> {
    prop_oneof![
        (text(), text(), time()).prop_map(|(user_id, session_id, time)| ServerFrame::ConnAck(ConnAck {
            status: 0,
            accepted: Some(Accepted { user_id, session_id, time }),
            layout: ConnAckLayout::V3,
        })),
        (1..=255u8).prop_map(|status| ServerFrame::ConnAck(ConnAck {
            status,
            accepted: None,
            layout: ConnAckLayout::V3
        })),
        (any::<bool>(), 0..4u8, any::<u32>(), topic(), text(), any::<u16>(), bytes()).prop_map(
            |(dup, qos, seconds, topic, target, id, body)| ServerFrame::Publish {
                dup,
                qos,
                seconds,
                topic,
                target,
                id,
                body
            }
        ),
        (any::<u16>(), any::<u16>(), time(), text()).prop_map(|(id, status, time, message_uid)| {
            ServerFrame::PubAck { id, status, time, message_uid }
        }),
        (any::<u16>(), 0..4u8, any::<u32>(), any::<u16>(), bytes()).prop_map(
            |(id, qos, seconds, status, body)| ServerFrame::QueryAck { id, qos, seconds, status, body }
        ),
        Just(ServerFrame::Pong),
        (any::<u8>(), bytes()).prop_map(|(status, rest)| ServerFrame::Disconnect { status, rest }),
        unknown().prop_map(|(header, body)| ServerFrame::Unknown { header, body }),
    ]
}

proptest! {
    #[test]
    fn what_is_written_reads_back_over_websocket(up in client_frame(), down in server_frame()) {
        let mut out = BytesMut::new();
        websocket::encode_client(&up, &mut out);
        prop_assert_eq!(websocket::decode_client(out.split().freeze()), Ok(up));
        websocket::encode_server(&down, &mut out);
        prop_assert_eq!(websocket::decode_server(out.freeze(), false), Ok(down));
    }

    #[test]
    fn how_a_native_stream_is_cut_into_chunks_never_matters(
        ups in vec(client_frame(), 1..6), downs in vec(server_frame(), 1..6), cut in 1usize..64
    ) {
        let (mut up_bytes, mut down_bytes) = (BytesMut::new(), BytesMut::new());
        ups.iter().for_each(|frame| native::encode_client(frame, &mut up_bytes));
        downs.iter().for_each(|frame| native::encode_server(frame, &mut down_bytes));
        let (mut buffer, mut got) = (BytesMut::new(), Vec::new());
        for chunk in up_bytes.chunks(cut) {
            buffer.extend_from_slice(chunk);
            while let Some(frame) = native::decode_client(&mut buffer, MAX).unwrap() { got.push(frame); }
        }
        prop_assert_eq!(&got, &ups);
        prop_assert!(buffer.is_empty());
        let mut got = Vec::new();
        for chunk in down_bytes.chunks(cut) {
            buffer.extend_from_slice(chunk);
            while let Some(frame) = native::decode_server(&mut buffer, MAX).unwrap() { got.push(frame); }
        }
        prop_assert_eq!(&got, &downs);
    }

    #[test]
    fn garbage_never_panics(garbage in vec(any::<u8>(), 0..400), v4 in any::<bool>()) {
        let message = Bytes::from(garbage.clone());
        let _ = websocket::decode_client(message.clone());
        let _ = websocket::decode_server(message.clone(), v4);
        let mut stream = BytesMut::from(&garbage[..]);
        while let Ok(Some(_)) = native::decode_client(&mut stream, MAX) {}
        let mut stream = BytesMut::from(&garbage[..]);
        while let Ok(Some(_)) = native::decode_server(&mut stream, MAX) {}
        for name in ["UpStreamMessage", "DownStreamMessages", "SyncRequestMsg"] {
            let _ = wire::reflect::judge(name, &message);
        }
    }

    #[test]
    fn a_cut_frame_asks_for_more_and_leaves_the_buffer_alone(frame in client_frame(), part in 0.0..1.0f64) {
        let mut whole = BytesMut::new();
        native::encode_client(&frame, &mut whole);
        let cut = (whole.len() as f64 * part) as usize;
        let mut buffer = BytesMut::from(&whole[..cut]);
        prop_assert_eq!(native::decode_client(&mut buffer, MAX), Ok(None));
        prop_assert_eq!(&buffer[..], &whole[..cut]);
    }

    #[test]
    fn decode_then_encode_gives_the_same_bytes(garbage in vec(any::<u8>(), 1..120)) {
        // Only where the decoder keeps everything: trailing bytes behind fixed layouts are the documented loss.
        if let Ok(frame @ ClientFrame::Unknown { .. }) = websocket::decode_client(garbage.clone().into()) {
            let mut out = BytesMut::new();
            websocket::encode_client(&frame, &mut out);
            prop_assert_eq!(&out[..], &garbage[..]);
        }
    }
}

#[test]
fn a_bad_check_byte_is_named() {
    let mut out = BytesMut::new();
    native::encode_client(&ClientFrame::PubAck { id: 7 }, &mut out);
    out[1] ^= 0x20;
    let expected = out[1] ^ 0x20;
    assert_eq!(
        native::decode_client(&mut out.clone(), MAX),
        Err(FrameError::Check { found: out[1], expected })
    );
}

#[test]
fn a_body_over_the_limit_is_refused_before_it_is_waited_for() {
    let mut head = BytesMut::from(&[0x34, 0x34 ^ 0xFF ^ 0xFF ^ 0x7F, 0xFF, 0xFF, 0x7F][..]);
    let size = 0x7F | (0x7F << 7) | (0x7F << 14);
    assert_eq!(native::decode_client(&mut head, MAX), Err(FrameError::TooLarge { size, max: MAX }));
}

#[test]
fn a_length_of_five_bytes_is_refused() {
    let mut head = BytesMut::from(&[0x34, 0x34, 0xFF, 0xFF, 0xFF, 0xFF, 0x01][..]);
    assert_eq!(native::decode_client(&mut head, MAX), Err(FrameError::Length));
}
