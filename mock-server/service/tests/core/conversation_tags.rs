//! Conversation tags: made by clients or by the app's server, told to the user's other devices.

use prost::Message;
use wire::{
    ServerFrame, Topic,
    body::{
        NotifyMsg, PullUserSettingInput, PullUserSettingOutput, SessionReq, SessionState, SessionStateItem,
        SessionStateModifyReq, SessionStateModifyResp, SessionStates, SessionTagAddInput, SessionTagDelInput,
        SessionTagItem, UserSettingNotification,
    },
};

use crate::world::{Seen, World};

fn tag(id: &str, name: Option<&str>) -> SessionTagItem {
    SessionTagItem { tag_id: id.into(), name: name.map(str::to_owned), ..SessionTagItem::default() }
}

fn made(tags: Vec<SessionTagItem>) -> SessionTagAddInput {
    SessionTagAddInput { tags, ..SessionTagAddInput::default() }
}

/// A change of the tags of the private conversation with `target`.
fn on(target: &str, tags: &[&str]) -> SessionStateModifyReq {
    let item = SessionStateItem {
        session_state_type: 3,
        value: "[]".into(),
        tags: tags.iter().map(|id| tag(id, None)).collect(),
        ..SessionStateItem::default()
    };
    let state =
        SessionState { r#type: 1, channel_id: target.into(), state_item: vec![item], ..Default::default() };
    SessionStateModifyReq { state: vec![state], ..SessionStateModifyReq::default() }
}

/// What a connection was told to ask for since the last call: `us` or the number of an `s_cmd`.
fn told(world: &mut World, conn: service::ConnId) -> Vec<String> {
    let frames = world.seen(conn).into_iter();
    frames
        .filter_map(|seen| match seen {
            Seen::Frame(ServerFrame::Publish { topic: Topic::SUs, body, .. }) => {
                UserSettingNotification::decode(body).unwrap();
                Some("us".to_owned())
            }
            Seen::Frame(ServerFrame::Publish { topic: Topic::SCmd, body, .. }) => {
                Some(NotifyMsg::decode(body).unwrap().r#type.to_string())
            }
            _ => None,
        })
        .collect()
}

fn settings(world: &mut World, conn: service::ConnId, version: i64) -> PullUserSettingOutput {
    let ask = PullUserSettingInput { version: Some(version), ..PullUserSettingInput::default() };
    PullUserSettingOutput::decode(world.query(conn, Topic::PullUs, "me", &ask).1).unwrap()
}

fn tags_of(world: &mut World, conn: service::ConnId) -> Vec<String> {
    let body = world.query(conn, Topic::PullSeAtts, "me", &SessionReq { time: Some(0) }).1;
    let states = SessionStates::decode(body).unwrap().state;
    let items = states.into_iter().flat_map(|state| state.state_item);
    items
        .filter(|item| item.session_state_type == 3)
        .flat_map(|item| item.tags)
        .map(|tag| tag.tag_id)
        .collect()
}

#[test]
fn tags_of_a_client_reach_its_other_devices_and_the_apps_server() {
    let mut world = World::new(r#"{"users": ["alice"], "switches": {"multiDeviceSync": true}}"#);
    let phone = world.settled("alice", "Android");
    let page = world.settled("alice", "Web");
    assert_eq!(settings(&mut world, phone, 0).items.len(), 0);
    told(&mut world, page);
    assert_eq!(world.query(phone, Topic::AddSeTag, "me", &made(vec![tag("t", Some("work"))])).0, 0);
    assert_eq!(world.query(phone, Topic::AddTag, "me", &on("bob", &["t"])).0, 0);
    assert_eq!(told(&mut world, page), ["us", "3"]);
    assert!(told(&mut world, phone).is_empty());
    let given = settings(&mut world, page, 0);
    assert_eq!((given.items[0].key.as_str(), given.items[0].tags[0].name()), ("Tag", "work"));
    assert!(settings(&mut world, page, given.version).items.is_empty());
    assert_eq!(tags_of(&mut world, page), ["t"]);
    let known = world.service.state("users", Some("alice")).unwrap();
    assert_eq!(known["settings"]["conversations"][0]["tags"], serde_json::json!(["t"]));
    // A tag that is removed is on no conversation any more.
    let removal = SessionTagDelInput { tags: vec![tag("t", None)], ..SessionTagDelInput::default() };
    assert_eq!(world.query(page, Topic::DelSeTag, "me", &removal).0, 0);
    assert_eq!(told(&mut world, phone), ["3", "us"]);
    // Who removed it knows of the tag, and hears of the conversation.
    assert_eq!(told(&mut world, page), ["3"]);
    assert!(tags_of(&mut world, phone).is_empty());
    assert!(settings(&mut world, phone, 0).items[0].tags.is_empty());
}

#[test]
fn what_cannot_be_tagged_is_refused_and_changes_nothing() {
    let mut world = World::new(r#"{"users": ["alice"]}"#);
    let phone = world.settled("alice", "Android");
    let before = world.service.state("users", Some("alice"));
    let twenty_one = (0..21).map(|n| tag(&format!("t{n}"), Some("x"))).collect();
    assert_eq!(world.query(phone, Topic::AddSeTag, "me", &made(twenty_one)).0, 26004);
    for wrong in [vec![], vec![tag("", Some("x"))], vec![tag("t", None)]] {
        assert_eq!(world.query(phone, Topic::AddSeTag, "me", &made(wrong)).0, 26010);
    }
    for wrong in [on("bob", &["unknown"]), on("", &["t"]), on("bob", &[]), SessionStateModifyReq::default()] {
        assert_eq!(world.query(phone, Topic::AddTag, "me", &wrong).0, 26010);
    }
    assert_eq!(world.service.state("users", Some("alice")), before);
    assert!(settings(&mut world, phone, 0).items.is_empty());
}

#[test]
fn tags_of_the_apps_server_reach_the_client() {
    let mut world = World::new(r#"{"users": ["alice"]}"#);
    let phone = world.settled("alice", "Android");
    told(&mut world, phone);
    let tags = r#"{"userId": "alice", "tags": [{"tagId": "t", "tagName": "work"}]}"#;
    assert_eq!(world.api("/user/conversation/tag/set.json", tags).0, 200);
    let places =
        r#"{"userId": "alice", "tagId": "t", "conversations": [{"targetId": "bob", "conversationType": 1}]}"#;
    assert_eq!(world.api("/tag/conversation/set.json", places).0, 200);
    assert_eq!(told(&mut world, phone), ["us", "3"]);
    assert_eq!(tags_of(&mut world, phone), ["t"]);
    assert_eq!(world.api("/tag/conversation/del.json", places).0, 200);
    assert_eq!(told(&mut world, phone), ["3"]);
    assert!(tags_of(&mut world, phone).is_empty());
}

#[test]
fn putting_tags_on_conversations_is_answered_with_the_version_it_made() {
    let mut world = World::new(r#"{"users": ["alice"], "switches": {"multiDeviceSync": true}}"#);
    let phone = world.settled("alice", "Android");
    let page = world.settled("alice", "Web");
    assert_eq!(world.query(phone, Topic::AddSeTag, "me", &made(vec![tag("t", Some("work"))])).0, 0);
    let mut change = |topic: Topic, mut ask: SessionStateModifyReq, version: i64| {
        ask.version = Some(version);
        let (status, body) = world.query(phone, topic, "me", &ask);
        assert_eq!(status, 0);
        SessionStateModifyResp::decode(body).unwrap()
    };
    let first = change(Topic::AddTag, on("bob", &["t"]), 0);
    assert_eq!((first.version > 0, first.update_version), (true, Some(true)));
    let second = change(Topic::AddTag, on("carol", &["t"]), first.version);
    assert_eq!((second.version > first.version, second.update_version), (true, Some(true)));
    // Who knew less than there was must still ask for the rest.
    let third = change(Topic::DelTag, on("carol", &["t"]), first.version);
    assert_eq!((third.version > second.version, third.update_version), (true, Some(false)));
    // 5.28.0 names no conversation: nothing changes, and it is no mistake.
    let fourth = change(Topic::DelTag, SessionStateModifyReq::default(), third.version);
    assert_eq!((fourth.version, fourth.update_version), (third.version, Some(true)));
    let body = world.query(page, Topic::PullSeAtts, "me", &SessionReq { time: Some(0) }).1;
    assert_eq!(SessionStates::decode(body).unwrap().version, third.version);
}

#[test]
fn a_conversation_stays_pinned_within_its_tag_until_it_is_said_otherwise() {
    let mut world = World::new(r#"{"users": ["alice"], "switches": {"multiDeviceSync": true}}"#);
    let phone = world.settled("alice", "Android");
    let page = world.settled("alice", "Web");
    let tags = vec![tag("t", Some("work")), tag("u", Some("play"))];
    assert_eq!(world.query(phone, Topic::AddSeTag, "me", &made(tags)).0, 0);
    let pinned = |top: Option<bool>, id: &str| {
        let mut ask = on("bob", &[id]);
        ask.state[0].state_item[0].tags[0].is_top = top;
        ask
    };
    let pins = |world: &mut World| -> Vec<(String, Option<bool>)> {
        let body = world.query(page, Topic::PullSeAtts, "me", &SessionReq { time: Some(0) }).1;
        let states = SessionStates::decode(body).unwrap().state;
        let items = states.into_iter().flat_map(|state| state.state_item).flat_map(|item| item.tags);
        items.map(|tag| (tag.tag_id, tag.is_top)).collect()
    };
    for (ask, seen) in [
        (pinned(None, "t"), vec![("t", None)]),
        (pinned(Some(true), "t"), vec![("t", Some(true))]),
        (pinned(None, "u"), vec![("t", Some(true)), ("u", None)]),
        (pinned(None, "t"), vec![("t", Some(true)), ("u", None)]),
        (pinned(Some(false), "t"), vec![("t", Some(false)), ("u", None)]),
    ] {
        assert_eq!(world.query(phone, Topic::AddTag, "me", &ask).0, 0);
        let seen: Vec<(String, Option<bool>)> =
            seen.into_iter().map(|(id, top)| (id.to_owned(), top)).collect();
        assert_eq!(pins(&mut world), seen);
    }
    // The other tag goes; this one stays as it was.
    let removal = SessionTagDelInput { tags: vec![tag("u", None)], ..SessionTagDelInput::default() };
    assert_eq!(world.query(phone, Topic::DelSeTag, "me", &removal).0, 0);
    assert_eq!(pins(&mut world), [("t".to_owned(), Some(false))]);
}
