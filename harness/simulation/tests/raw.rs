//! Raw connections: the protocol without an engine.

#![allow(clippy::unwrap_used, reason = "a test helper that fails fails its test")]

use bytes::{Bytes, BytesMut};
use simulation::Simulation;
use wire::{ClientFrame, Connect, ServerFrame, native};

fn simulation() -> (Simulation, String) {
    let setup: service::WorldSetup = serde_json::from_value(serde_json::json!({"users": ["u1"]})).unwrap();
    let mut simulation = Simulation::new(7, setup.start());
    simulation.add_world("app", &setup).unwrap();
    let now = simulation.now();
    let token = simulation.world_mut("app").unwrap().issue_token(now, "u1");
    (simulation, token)
}

fn frames(simulation: &Simulation) -> Vec<ServerFrame> {
    simulation.raw_frames("raw").unwrap().iter().map(|(_, frame)| frame.clone()).collect()
}

#[test]
fn a_websocket_is_greeted_by_its_query_and_answers_a_ping() {
    let (mut simulation, token) = simulation();
    let query = format!("appId=app&token={token}&protocolVer=4");
    simulation.open_raw("raw", "app", Some(&query)).unwrap();
    assert!(matches!(&frames(&simulation)[..], [ServerFrame::ConnAck(ack)] if ack.status == 0));
    simulation.send_raw("raw", Bytes::from_static(&[0xc0])).unwrap();
    assert_eq!(frames(&simulation).last(), Some(&ServerFrame::Pong));
    simulation.close_raw("raw").unwrap();
    assert!(simulation.world("app").unwrap().connections().is_empty());
}

#[test]
fn a_native_stream_may_be_cut_anywhere() {
    let (mut simulation, token) = simulation();
    let connect = Connect {
        version: 3,
        device_id: "d".into(),
        client_info: "Android--5.2.5".into(),
        app_key: "app".into(),
        token,
        ..Connect::default()
    };
    let mut bytes = BytesMut::new();
    native::encode_client(&ClientFrame::Connect(connect), &mut bytes);
    native::encode_client(&ClientFrame::Ping, &mut bytes);
    simulation.open_raw("raw", "app", None).unwrap();
    for byte in bytes {
        simulation.send_raw("raw", Bytes::copy_from_slice(&[byte])).unwrap();
    }
    let frames = frames(&simulation);
    assert!(matches!(&frames[..], [ServerFrame::ConnAck(ack), ServerFrame::Pong] if ack.status == 0));
}

#[test]
fn a_stranger_is_hung_up_on() {
    let (mut simulation, _) = simulation();
    simulation.open_raw("raw", "app", None).unwrap();
    simulation.send_raw("raw", Bytes::from_static(b"GET / HTTP/1.1\r\n\r\n")).unwrap();
    assert!(simulation.raw_closed("raw").unwrap());
    assert!(frames(&simulation).is_empty());
}
