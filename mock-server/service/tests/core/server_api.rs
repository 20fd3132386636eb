//! The Server API: signatures, errors, effects.

use service::Login;

use crate::world::{World, signed};

#[test]
fn a_token_is_issued_and_connects() {
    let mut world = World::new("{}");
    let (status, answer) = world.api("/user/getToken.json", "userId=alice&name=Alice&portraitUri=");
    assert_eq!((status, answer["code"].as_i64(), answer["userId"].as_str()), (200, Some(200), Some("alice")));
    let token = answer["token"].as_str().unwrap();
    assert!(token.ends_with("@http://127.0.0.1:9"), "{token}");
    world.open(Login { token: token.into(), ..Login::default() });
    assert_eq!(world.service.connections()[0].user, "alice");
    assert_eq!(world.api("/user/checkOnline.json", "userId=alice").1["status"], "1");
}

#[test]
fn what_is_wrong_with_a_request_is_said() {
    let mut world = World::new("{}");
    let mut fails = |request: service::HttpRequest| {
        let response = world.http(request);
        let body: serde_json::Value = serde_json::from_slice(&response.body).unwrap();
        (response.status, body["code"].as_i64().unwrap())
    };
    let mut wrong = signed("/user/getToken.json", "userId=alice");
    wrong.headers[3].1 = "0".repeat(40);
    assert_eq!(fails(wrong), (401, 1004));
    let mut unsigned = signed("/user/getToken.json", "userId=alice");
    unsigned.headers.truncate(1);
    assert_eq!(fails(unsigned), (401, 1004));
    let mut other = signed("/user/getToken.json", "userId=alice");
    other.headers[0].1 = "another".into();
    assert_eq!(fails(other), (401, 1001));
    assert_eq!(fails(signed("/user/getToken.json", "name=Alice")), (400, 1002));
    assert_eq!(fails(signed("/user/getToken.json", "userId=alice")), (400, 1002));
    let mut nobody = signed("/user/getToken.json", "userId=alice&name=Alice");
    nobody.headers.remove(0);
    assert_eq!(fails(nobody), (401, 1001));
    assert_eq!(fails(signed("/user/getToken.json", &format!("userId={}", "a".repeat(65)))), (400, 1005));
    assert_eq!(fails(signed("/user/block.json", "userId=a&minute=43201")), (400, 1002));
    assert_eq!(fails(signed("/no/such.json", "")), (404, 404));
    let mut get = signed("/user/getToken.json", "userId=alice");
    get.method = "GET".into();
    assert_eq!(fails(get), (405, 405));
}

#[test]
fn published_messages_ignore_the_blacklist_unless_told_to_verify() {
    let mut world = World::new(r#"{"users": ["alice"], "blacklists": {"alice": ["bob"]}}"#);
    let publish = |extra: &str| {
        format!(
            "fromUserId=bob&toUserId=alice&objectName=RC:TxtMsg&content=%7B%22content%22%3A%22x%22%7D{extra}"
        )
    };
    let (_, answer) = world.api("/message/private/publish.json", &publish("&verifyBlacklist=1"));
    assert_eq!(answer["messageUIDs"].as_array().map(Vec::len), Some(0));
    let (_, answer) = world.api("/message/private/publish.json", &publish(""));
    assert_eq!(answer["messageUIDs"][0]["userId"], "alice");
    let (status, answer) = world.api(
        "/message/private/publish.json",
        "fromUserId=bob&toUserId=alice&objectName=RC:TxtMsg&content=null",
    );
    assert_eq!((status, answer["code"].as_i64()), (400, Some(1002)));
    assert_eq!(world.service.state("mailboxes", Some("alice")).unwrap()["count"], 1);
}

#[test]
fn a_development_environment_holds_so_many_users() {
    let mut world = World::new(r#"{"limits": {"registeredUsers": 2}}"#);
    for (user, code) in [("a", 200), ("b", 200), ("c", 2007), ("a", 200)] {
        assert_eq!(
            world.api("/user/getToken.json", &format!("userId={user}&name=n")).1["code"],
            code,
            "{user}"
        );
    }
}

#[test]
fn blacklist_endpoints_agree_with_the_client_side() {
    let mut world = World::new(r#"{"limits": {"blacklist": 3}}"#);
    assert_eq!(world.api("/user/blacklist/add.json", "userId=a&blackUserId=x&blackUserId=y").1["code"], 200);
    assert_eq!(world.api("/user/blacklist/add.json", "userId=a&blackUserId=z,w").0, 400);
    assert_eq!(world.api("/user/blacklist/query.json", "userId=a").1["users"], serde_json::json!(["x", "y"]));
    assert_eq!(world.api("/user/blacklist/query.json", "userId=a&size=1").1["next"], "1");
    world.api("/user/blacklist/remove.json", "userId=a&blackUserId=x");
    assert_eq!(world.api("/user/blacklist/query.json", "userId=a").1["users"], serde_json::json!(["y"]));
}

#[test]
fn a_push_shows_the_senders_name_as_it_is_now() {
    let mut world = World::new(r#"{"users": [{"id": "bob", "name": "Bob"}, "alice"]}"#);
    let alice = world.settled("alice", "Android");
    let bob = world.settled("bob", "Android");
    world.frame(alice, wire::ClientFrame::Disconnect { status: 3 });
    world.send_text(bob, "alice", "1");
    world.api("/user/refresh.json", "userId=bob&name=Robert");
    world.send_text(bob, "alice", "2");
    let pushes = world.service.state("pushes", Some("alice")).unwrap();
    assert_eq!((&pushes[0]["title"], &pushes[1]["title"]), (&"Bob".into(), &"Robert".into()));
}
