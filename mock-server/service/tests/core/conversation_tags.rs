//! Conversation tags: made by clients or by the app's server, told to the user's other devices.

use prost::Message;
use wire::{
    ServerFrame, Topic,
    body::{
        NotifyMsg, PullUserSettingInput, PullUserSettingOutput, SessionReq, SessionState, SessionStateItem,
        SessionStateModifyReq, SessionStates, SessionTagAddInput, SessionTagDelInput, SessionTagItem,
        UserSettingNotification,
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
