//! Settings of a user: versions, what is newer than one, refusals, quiet hours (TOP, DND, QUIET).

use bytes::Bytes;
use prost::Message;
use wire::{
    ServerFrame, Topic,
    body::{
        AddUnpushPeriodInput, Nothing, QueryUnpushPeriodOutput, SessionReq, SessionState, SessionStateItem,
        SessionStateModifyReq, SessionStateModifyResp, SessionStates, TypeUnpushInput,
    },
};

use crate::world::{Seen, World};

const ALICE: &str = r#"{"users": ["alice"]}"#;
const SILENT: i32 = 1;
const TOP: i32 = 2;

fn state(kind: i32, target: &str, item: i32, value: &str) -> SessionState {
    SessionState {
        r#type: kind,
        channel_id: target.into(),
        state_item: vec![SessionStateItem {
            session_state_type: item,
            value: value.into(),
            ..SessionStateItem::default()
        }],
        ..SessionState::default()
    }
}

fn set(
    world: &mut World,
    conn: service::ConnId,
    known: i64,
    state: Vec<SessionState>,
) -> (u16, SessionStateModifyResp) {
    let ask = SessionStateModifyReq { version: Some(known), state, ..SessionStateModifyReq::default() };
    let (status, body) = world.query(conn, Topic::SetSeAtt, "alice", &ask);
    (status, if status == 0 { SessionStateModifyResp::decode(body).unwrap() } else { Default::default() })
}

fn since(world: &mut World, conn: service::ConnId, version: i64) -> SessionStates {
    let (status, body) = world.query(conn, Topic::PullSeAtts, "alice", &SessionReq { time: Some(version) });
    assert_eq!(status, 0);
    SessionStates::decode(body).unwrap()
}

#[test]
fn versions_grow_within_a_millisecond_and_a_pull_gives_what_is_newer() {
    let mut world = World::new(ALICE);
    let phone = world.settled("alice", "Android");
    let versions: Vec<i64> = ["bob", "carol", "dan"]
        .map(|target| set(&mut world, phone, 0, vec![state(1, target, TOP, "1")]).1.version)
        .into();
    assert_eq!(versions, [world.now.0, world.now.0 + 1, world.now.0 + 2]);
    for (asked, expected) in [
        (0, &["bob", "carol", "dan"][..]),
        (versions[0] - 1, &["bob", "carol", "dan"]),
        (versions[0], &["carol", "dan"]),
        (versions[1], &["dan"]),
        (versions[2], &[]),
        // Never told a lower version than the one it knows.
        (versions[2] + 5, &[]),
    ] {
        let newer = since(&mut world, phone, asked);
        let targets: Vec<&str> = newer.state.iter().map(|state| &*state.channel_id).collect();
        assert_eq!((targets, newer.version), (expected.to_vec(), versions[2].max(asked)), "since {asked}");
    }
}

#[test]
fn a_changed_conversation_is_given_whole() {
    let mut world = World::new(ALICE);
    let phone = world.settled("alice", "Android");
    let (_, pinned) = set(&mut world, phone, 0, vec![state(1, "bob", TOP, "1")]);
    world.advance(10);
    set(&mut world, phone, pinned.version, vec![state(1, "bob", SILENT, "5")]);
    let newer = since(&mut world, phone, pinned.version);
    let items: Vec<(i32, &str)> =
        newer.state[0].state_item.iter().map(|item| (item.session_state_type, &*item.value)).collect();
    assert_eq!(items, [(TOP, "1"), (SILENT, "5")]);
}

#[test]
fn who_knew_everything_before_knows_everything_after() {
    let mut world = World::new(ALICE);
    let phone = world.settled("alice", "Android");
    let (_, first) = set(&mut world, phone, 0, vec![state(1, "bob", TOP, "1")]);
    let knows = |world: &mut World, version: i64| {
        set(world, phone, version, vec![state(1, "bob", TOP, "0")]).1.update_version
    };
    assert_eq!(first.update_version, Some(true));
    assert_eq!(knows(&mut world, first.version - 1), Some(false));
    let newest = since(&mut world, phone, 0).version;
    assert_eq!(knows(&mut world, newest), Some(true));
}

#[test]
fn one_wrong_state_refuses_them_all() {
    let mut world = World::new(ALICE);
    let phone = world.settled("alice", "Android");
    let wrong = [
        state(1, "", TOP, "1"),
        state(4, "room", TOP, "1"),
        state(2, "bob", TOP, "1"),
        state(1, "bob", TOP, "2"),
        state(1, "bob", TOP, ""),
        state(1, "bob", SILENT, "3"),
        state(1, "bob", SILENT, "-2"),
        state(1, "bob", SILENT, "mute"),
    ];
    for wrong in wrong {
        let named = format!("{wrong:?}");
        let (status, _) = set(&mut world, phone, 0, vec![state(1, "carol", TOP, "1"), wrong]);
        assert_eq!(status, 26010, "{named}");
    }
    assert_eq!(set(&mut world, phone, 0, Vec::new()).0, 26010);
    for (kind, level) in [(4, 5), (1, 3), (1, 6), (0, 5)] {
        let ask =
            TypeUnpushInput { r#type: Some(kind), unpush_level: Some(level), ..TypeUnpushInput::default() };
        assert_eq!(world.query(phone, Topic::SetTypeUnpush, "alice", &ask).0, 26010, "{kind} {level}");
    }
    assert!(since(&mut world, phone, 0).state.is_empty());
    for level in ["-1", "0", "1", "2", "4", "5"] {
        for kind in [1, 3, 6, 10] {
            assert_eq!(
                set(&mut world, phone, 0, vec![state(kind, "x", SILENT, level)]).0,
                0,
                "{kind} {level}"
            );
        }
    }
}

#[test]
fn other_devices_are_told_of_a_change_and_the_own_is_not() {
    let mut world = World::new(ALICE);
    let phone = world.settled("alice", "Android");
    let page = world.settled("alice", "Web");
    world.out.clear();
    set(&mut world, phone, 0, vec![state(1, "bob", TOP, "1")]);
    let told = |seen: &[Seen]| {
        let notices = seen
            .iter()
            .filter(|seen| matches!(seen, Seen::Frame(ServerFrame::Publish { topic: Topic::SCmd, .. })));
        notices.count()
    };
    assert_eq!((told(&world.seen(phone)), told(&world.seen(page))), (0, 1));
}

#[test]
fn quiet_hours_are_of_a_day_and_the_latest_count() {
    let mut world = World::new(ALICE);
    let phone = world.settled("alice", "Android");
    let ask = |start: &str, span: i32, level: i32| AddUnpushPeriodInput {
        start_time: start.into(),
        span_minutes: span,
        level: Some(level),
        timezone: None,
    };
    let kept = |world: &mut World| {
        let (_, body): (u16, Bytes) =
            world.query(phone, Topic::QryUnpush, "alice", &Nothing { nothing: None });
        let kept = QueryUnpushPeriodOutput::decode(body).unwrap();
        (kept.is_unpush, kept.start_time().to_owned(), kept.span_minutes(), kept.level())
    };
    let none = (0, String::new(), 0, 0);
    assert_eq!(kept(&mut world), none);
    let cases = [
        (ask("23:00:00", 1, 5), 0),
        (ask("00:00:00", 1439, 1), 0),
        (ask("00:00:00", 1440, 1), 26010),
        (ask("00:00:00", 0, 1), 26010),
        (ask("00:00:00", -5, 1), 26010),
        (ask("24:00:00", 60, 1), 26010),
        (ask("00:00", 60, 1), 26010),
        (ask("00:00:00", 60, 2), 26010),
    ];
    let mut before = none.clone();
    for (ask, status) in cases {
        let named = format!("{ask:?}");
        assert_eq!(world.query(phone, Topic::AddUnpush, "alice", &ask).0, status, "{named}");
        if status == 0 {
            before = (1, ask.start_time.clone(), ask.span_minutes, ask.level());
        }
        assert_eq!(kept(&mut world), before, "{named}");
    }
    assert_eq!(world.query(phone, Topic::DelUnpush, "alice", &Nothing { nothing: None }).0, 0);
    assert_eq!(kept(&mut world), none);
}
