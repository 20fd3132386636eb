//! RECON and KICK: the ladder to the millisecond, the heartbeat, the network, and what ends reconnecting.

use reference_client::EngineInput;
use serde_json::json;
use wire::{ClientFrame, ServerFrame};

use crate::rig::{Reply, Rig, seconds};

const LADDER: [i64; 9] = [0, 250, 500, 1000, 2000, 4000, 8000, 16_000, 32_000];

fn connected() -> Rig {
    let mut rig = Rig::new();
    rig.connect();
    rig.advance(seconds(5));
    rig
}

/// Times between the beginnings of attempts.
fn gaps(at: &[i64]) -> Vec<i64> {
    let before = std::iter::once(&0).chain(at);
    at.iter().zip(before).map(|(at, before)| at - before).collect()
}

#[test]
fn the_ladder_is_climbed_to_the_millisecond_and_never_ends() {
    let mut rig = connected();
    rig.script.open = Reply::Refuse;
    rig.script.navi = Reply::Refuse;
    let lost = rig.now;
    rig.cut();
    rig.advance(seconds(2 * 3600));
    let gaps = gaps(&rig.attempts_since(lost));
    assert_eq!(gaps[..9], LADDER);
    assert!(gaps[9..].iter().all(|gap| *gap == 64_000));
    assert_eq!(gaps.len(), 9 + (7_200_000 - 63_750) / 64_000);
}

#[test]
fn a_delay_counts_from_the_failure_before_it() {
    let mut rig = connected();
    rig.script.open = Reply::Silence;
    let lost = rig.now;
    rig.cut();
    rig.advance(seconds(35));
    // Each attempt takes ten seconds to fail.
    assert_eq!(rig.attempts_since(lost), [0, 10_250, 20_750, 31_750]);
}

#[test]
fn foreground_and_a_network_change_begin_the_ladder_anew() {
    for input in [EngineInput::Foreground, EngineInput::Network { available: true }] {
        let mut rig = connected();
        rig.script.open = Reply::Refuse;
        rig.cut();
        rig.advance(seconds(20));
        let again = rig.now;
        rig.input(input);
        rig.advance(seconds(2));
        assert_eq!(rig.attempts_since(again), [0, 250, 750, 1750]);
    }
}

#[test]
fn a_success_begins_the_ladder_anew_and_a_greeting_alone_does_not() {
    let mut rig = connected();
    rig.script.open = Reply::Refuse;
    rig.cut();
    rig.advance(seconds(3));
    rig.script.open = Reply::Accept;
    rig.advance(seconds(60));
    assert_eq!(rig.statuses().last().unwrap(), "connected");
    assert_eq!(rig.values("onConnected", "code").len(), 1);
    let lost = rig.now;
    rig.cut();
    rig.advance(seconds(1));
    assert_eq!(rig.attempts_since(lost), [0]);
    // Greeted and hung up on, in the same instant.
    rig.script.pong = false;
    rig.script.query = Reply::Silence;
    rig.script.answer_pulls = false;
    let lost = rig.now;
    rig.cut();
    for _ in 0..2 {
        rig.cut();
        let due = rig.engine.next_deadline().unwrap();
        rig.advance(due.since(rig.now));
    }
    assert_eq!(rig.attempts_since(lost), [0, 250, 750]);
}

#[test]
fn without_a_network_nothing_is_tried() {
    let mut rig = connected();
    rig.input(EngineInput::Network { available: false });
    let from = rig.now;
    rig.advance(seconds(600));
    assert!(rig.attempts_since(from).is_empty());
    assert_eq!(rig.statuses(), ["connecting", "connected", "network_unavailable"]);
    let back = rig.now;
    rig.input(EngineInput::Network { available: true });
    rig.advance(seconds(1));
    assert_eq!(rig.attempts_since(back), [0]);
    assert_eq!(rig.statuses()[3..], ["connecting", "connected"]);
}

#[test]
fn two_missed_pongs_are_a_loss() {
    let mut rig = connected();
    rig.script.pong = false;
    let pings = |rig: &Rig| rig.frames.iter().filter(|frame| **frame == ClientFrame::Ping).count();
    // Connected at 0, ping and pong at 0; pings at 15 s and 30 s, lost at 45 s.
    rig.advance(seconds(39));
    assert_eq!((pings(&rig), rig.connects()), (3, 1));
    rig.advance(seconds(2));
    assert_eq!(rig.connects(), 2);
    assert_eq!(rig.statuses(), ["connecting", "connected", "suspend", "connecting", "connected"]);
}

#[test]
fn a_kick_or_a_ban_is_final() {
    for (status, state) in [
        (1, "kicked_offline_by_other_client"),
        (2, "conn_user_blocked"),
        (5, "conn_user_blocked"),
        (7, "token_incorrect"),
        (9, "unconnected"),
    ] {
        let mut rig = connected();
        rig.server(ServerFrame::Disconnect { status, rest: bytes::Bytes::new() });
        rig.advance(seconds(600));
        rig.input(EngineInput::Network { available: true });
        rig.input(EngineInput::Foreground);
        rig.advance(seconds(600));
        assert_eq!(rig.statuses(), ["connecting", "connected", state]);
        assert_eq!((rig.connects(), rig.values("onConnected", "code").len()), (1, 1));
        rig.connect();
        assert_eq!(rig.values("onConnected", "code"), [0, 0]);
    }
}

#[test]
fn a_redirect_while_connected_asks_navi_at_once() {
    let mut rig = connected();
    rig.server(ServerFrame::Disconnect { status: 6, rest: bytes::Bytes::new() });
    rig.advance(seconds(0));
    assert_eq!((rig.navi.len(), rig.connects()), (2, 2));
}

#[test]
fn a_fatal_answer_to_a_reconnect_ends_it_without_on_connected() {
    let mut rig = connected();
    rig.script.greet = Reply::Status(4);
    rig.cut();
    rig.advance(seconds(600));
    assert_eq!(rig.connects(), 2);
    assert_eq!(rig.statuses().last().unwrap(), "token_incorrect");
    assert_eq!(rig.values("onConnected", "code"), [0]);
}

#[test]
fn a_device_that_gives_way_says_so_and_stops() {
    let options = json!({"naviServer": "http://navi.test", "kickReconnectDevice": true});
    let mut rig = Rig::with("Android", options);
    rig.connect();
    rig.script.greet = Reply::Status(13);
    rig.cut();
    rig.advance(seconds(600));
    let marks: Vec<&str> = rig
        .frames
        .iter()
        .filter_map(|frame| match frame {
            ClientFrame::Connect(connect) => std::str::from_utf8(&connect.rest[2..]).ok(),
            _ => None,
        })
        .collect();
    assert_eq!(
        marks,
        ["session:reconnect=0,kickReconnectDevice=1", "session:reconnect=1,kickReconnectDevice=1"]
    );
    assert_eq!(rig.statuses().last().unwrap(), "kicked_offline_by_other_client");
}

#[test]
fn disconnect_says_what_becomes_of_pushes_and_is_final() {
    for (receive_push, status, state) in [(true, 2, "unconnected"), (false, 4, "sign_out")] {
        let mut rig = connected();
        rig.accepted("disconnect", json!({"receivePush": receive_push}));
        assert_eq!(rig.frames.last().unwrap(), &ClientFrame::Disconnect { status });
        rig.input(EngineInput::Network { available: true });
        rig.advance(seconds(600));
        assert_eq!(rig.statuses(), ["connecting", "connected", state]);
        assert_eq!(rig.connects(), 1);
    }
}

#[test]
fn disconnect_cancels_an_attempt_that_is_due() {
    let mut rig = connected();
    rig.script.open = Reply::Refuse;
    rig.cut();
    rig.advance(seconds(10));
    let from = rig.now;
    rig.accepted("disconnect", json!({"receivePush": true}));
    rig.advance(seconds(600));
    assert!(rig.attempts_since(from).is_empty());
    assert_eq!(rig.engine.next_deadline(), None);
}
