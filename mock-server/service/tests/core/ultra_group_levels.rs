//! Levels for all members of an ultra group, as old and new engines ask for them.

use prost::Message;
use wire::{
    Topic,
    body::{GroupUnpushQuery, GroupUnpushResult, GroupUnpushSet},
};

use crate::world::World;
use service::ConnId;

const WORLD: &str = r#"{"users": ["alice", "bob", "carol"], "switches": {"ultraGroup": true},
    "ultraGroups": {"u": {"members": ["alice", "bob"],
                          "channels": {"open": {}, "closed": {"type": "private", "members": ["bob"]}}}}}"#;

fn set(world: &mut World, conn: ConnId, group: &str, channel: Option<&str>, level: i32) -> u16 {
    let ask = GroupUnpushSet { bus_channel: channel.map(str::to_owned), unpush_level: level };
    world.query(conn, Topic::UgUnpushSet, group, &ask).0
}

fn get(world: &mut World, conn: ConnId, channel: Option<&str>) -> GroupUnpushResult {
    let ask = GroupUnpushQuery { bus_channel: channel.map(str::to_owned) };
    let (status, body) = world.query(conn, Topic::UgUnpushQuery, "u", &ask);
    assert_eq!(status, 0);
    GroupUnpushResult::decode(body).unwrap()
}

#[test]
fn an_empty_channel_is_the_whole_group() {
    let mut world = World::new(WORLD);
    let (alice, bob) = (world.settled("alice", "Web"), world.settled("bob", "Web"));
    // Engine 5.3.4 writes an empty channel, others none.
    assert_eq!(set(&mut world, alice, "u", Some(""), 5), 0);
    assert_eq!(set(&mut world, alice, "u", Some("open"), 1), 0);
    assert_eq!(set(&mut world, bob, "u", Some("RCDefault"), -1), 0);
    let levels = |world: &mut World, conn| {
        [None, Some(""), Some("open"), Some("RCDefault")].map(|channel| {
            let result = get(world, conn, channel);
            assert_eq!((result.group_id.as_str(), result.bus_channel.as_deref()), ("u", channel));
            result.unpush_level
        })
    };
    assert_eq!(levels(&mut world, alice), [5, 5, 1, -1]);
    assert_eq!(levels(&mut world, bob), [5, 5, 1, -1]);
    assert_eq!(world.api("/ultragroup/notdisturb/get.json", "groupId=u").1["unpushLevel"], 5);
    assert_eq!(world.api("/ultragroup/notdisturb/set.json", "groupId=u&unpushLevel=0").0, 200);
    assert_eq!(levels(&mut world, bob), [0, 0, 1, -1]);
}

#[test]
fn who_is_outside_and_what_is_no_level_is_refused_and_nothing_changes() {
    let mut world = World::new(WORLD);
    let (alice, carol) = (world.settled("alice", "Web"), world.settled("carol", "Web"));
    let before = world.service.state("ultragroups", None);
    let refused = [
        (alice, "u", None, 3, 24403),
        (alice, "u", Some("open"), -2, 24403),
        (alice, "u", Some("none"), 5, 24414),
        (alice, "u", Some("closed"), 5, 24416),
        (alice, "nowhere", None, 5, 24410),
        (carol, "u", None, 5, 24406),
    ];
    for (conn, group, channel, level, code) in refused {
        assert_eq!(set(&mut world, conn, group, channel, level), code, "{group} {channel:?} {level}");
    }
    assert!(before.is_some());
    assert_eq!(world.service.state("ultragroups", None), before);
}
