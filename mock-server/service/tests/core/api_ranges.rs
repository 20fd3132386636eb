//! Two times that a query of the Server API names, in either order.

use serde_json::{Value, json};

use crate::world::World;

const WORLD: &str = r#"{"users": ["alice", "bob"], "groups": {"g": ["alice", "bob"]}, "chatrooms": {"r": {}},
    "ultraGroups": {"u": {"members": ["alice", "bob"], "channels": {"c": {}}}}, "preset": "everything"}"#;

fn push(world: &mut World, conversation: &str, to: &str, channel: &str) -> i64 {
    for n in 1..=4 {
        let push = json!({"from": "bob", "to": to, "conversation": conversation, "channel": channel,
            "message": {"text": format!("{n}")}});
        world.act(&json!({"push": push}).to_string());
        world.advance(1000);
    }
    world.now.0
}

/// The texts of a query's rows.
fn texts(rows: &Value) -> Vec<String> {
    let text = |row: &Value| {
        let content: Value = serde_json::from_str(row["content"].as_str().unwrap()).unwrap();
        content["content"].as_str().unwrap().to_owned()
    };
    rows["data"].as_array().unwrap().iter().map(text).collect()
}

#[test]
fn a_history_is_read_from_its_first_time_to_its_second_whichever_is_later() {
    for (path, conversation, to, channel) in [
        ("/v3/message/private/query.json", "private", "alice", ""),
        ("/v3/message/group/query.json", "group", "g", ""),
        ("/v3/message/chatroom/query.json", "chatroom", "r", ""),
        ("/v3/message/ultragroup/query.json", "ultraGroup", "u", "c"),
    ] {
        let mut world = World::new(WORLD);
        let start = world.now.0 - 1;
        let end = push(&mut world, conversation, to, channel);
        let target = if conversation == "private" { "bob" } else { to };
        let mut read = |from: i64, until: i64, size: i64| {
            let asked = json!({"userId": "alice", "targetId": target, "busChannel": channel, "startTime": from,
                "endTime": until, "pageSize": size});
            let (status, rows) = world.api(path, &asked.to_string());
            assert_eq!(status, 200, "{path} {rows}");
            texts(&rows)
        };
        assert_eq!(read(start, end, 100), ["1", "2", "3", "4"], "{path}");
        assert_eq!(read(start, end, 2), ["1", "2"], "{path}");
        assert_eq!(read(end, start, 100), ["4", "3", "2", "1"], "{path}");
        assert_eq!(read(end, start, 2), ["4", "3"], "{path}");
    }
}

#[test]
fn the_older_query_of_a_channel_reads_both_ways_within_fourteen_days() {
    let mut world = World::new(WORLD);
    let start = world.now.0 - 1;
    let end = push(&mut world, "ultraGroup", "u", "c");
    let mut read = |from: i64, until: i64| {
        let asked = format!("groupId=u&busChannel=c&startTime={from}&endTime={until}");
        world.api("/ultragroup/hismsg/query.json", &asked)
    };
    assert_eq!(texts(&read(start, end).1), ["1", "2", "3", "4"]);
    assert_eq!(texts(&read(end, start).1), ["4", "3", "2", "1"]);
    let days = 14 * 24 * 3600 * 1000;
    for (from, until) in [(start, start + days + 1), (start + days + 1, start)] {
        let (status, answer) = read(from, until);
        assert_eq!((status, answer["code"].as_i64()), (400, Some(1002)));
        assert!(answer["errorMessage"].as_str().unwrap().contains("milliseconds apart"), "{answer}");
    }
}

#[test]
fn a_page_backwards_goes_on_from_where_the_last_one_ended() {
    let mut world = World::new(WORLD);
    let start = world.now.0 - 1;
    let mut from = push(&mut world, "private", "alice", "");
    let mut read = Vec::new();
    for _ in 0..4 {
        let asked =
            json!({"userId": "alice", "targetId": "bob", "startTime": from, "endTime": start, "pageSize": 1});
        let (_, rows) = world.api("/v3/message/private/query.json", &asked.to_string());
        read.extend(texts(&rows));
        from = rows["data"][0]["msgTime"].as_i64().unwrap();
    }
    assert_eq!(read, ["4", "3", "2", "1"]);
    let asked = json!({"userId": "alice", "targetId": "bob", "startTime": from, "endTime": start, "includeStart": true});
    assert_eq!(texts(&world.api("/v3/message/private/query.json", &asked.to_string()).1), ["1"]);
}
