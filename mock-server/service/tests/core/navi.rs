//! Navigation answers.

use prost::Message;
use service::{HttpRequest, Login, Transport};
use wire::{
    ClientFrame, Request, ServerFrame, Topic,
    body::{GetDownloadUrlInput, GetDownloadUrlOutput},
};

use crate::world::{Seen, World, signed};

#[test]
fn old_sdks_get_a_script_text_and_new_ones_json() {
    let mut world = World::new("{}");
    let get = HttpRequest {
        method: "GET".into(),
        path: "/navi.js".into(),
        query: "appId=app&token=x&callBack=getServerEndpoint&v=4.6.4&r=1".into(),
        ..HttpRequest::default()
    };
    let text = String::from_utf8(world.http(get).body.to_vec()).unwrap();
    assert!(text.starts_with("getServerEndpoint({") && text.ends_with("});"), "{text}");

    let post = |negotiate: &str| HttpRequest {
        method: "POST".into(),
        path: "/v2/navi.json".into(),
        headers: vec![("rc-negotiate".into(), negotiate.into())],
        body: "token=x&v=5.38.0&platfrom=browser".into(),
        ..HttpRequest::default()
    };
    for (negotiate, kind) in [("conn=5;rtc=4", 5), ("conn=1,2;rtc=4;log=2", 1)] {
        let json: serde_json::Value = serde_json::from_slice(&world.http(post(negotiate)).body).unwrap();
        assert_eq!(json["serverAddr"][0]["protocol"], kind);
        assert_eq!((json["code"].as_i64(), json["logSwitch"].as_i64()), (Some(200), Some(0)));
        assert!(json.get("openAnti").is_none(), "it would change the obfuscation of native clients");
        // The native client modifies no message that is older, and without the key none.
        assert_eq!(json["msgModifyMinute"], 10 * 365 * 24 * 60);
    }
}

#[test]
fn a_callback_that_is_no_name_is_not_echoed() {
    let mut world = World::new("{}");
    let get = HttpRequest {
        method: "GET".into(),
        path: "/navi.js".into(),
        query: "callBack=alert(1)//".into(),
        ..HttpRequest::default()
    };
    assert!(world.http(get).body.starts_with(b"getServerEndpoint("));
}

/// The navi answer to somebody who reached the service by that origin.
fn navi_by(world: &mut World, origin: &str, token: &str) -> serde_json::Value {
    let post = HttpRequest {
        method: "POST".into(),
        path: "/v2/navi.json".into(),
        headers: vec![("rc-negotiate".into(), "conn=1,2".into())],
        body: format!("token={token}&v=5.38.0").into(),
        origin: origin.into(),
        ..HttpRequest::default()
    };
    serde_json::from_slice(&world.http(post).body).unwrap()
}

#[test]
fn addresses_are_the_askers_own_or_else_the_configured_ones() {
    let mut world = World::new("{}");
    for (origin, server, kind, upload) in [
        ("http://10.0.2.2:8090", "10.0.2.2:8090", 1, "http://10.0.2.2:8090/files/app"),
        ("https://mock.example", "mock.example:443", 2, "https://mock.example/files/app"),
        ("", "127.0.0.1:9", 1, "http://127.0.0.1:9/files/app"),
        ("nonsense", "127.0.0.1:9", 1, "http://127.0.0.1:9/files/app"),
    ] {
        let answer = navi_by(&mut world, origin, "x");
        assert_eq!(answer["server"], server);
        assert_eq!(answer["serverAddr"][0]["addr"], server);
        assert_eq!(answer["serverAddr"][0]["protocol"], kind);
        assert_eq!(answer["uploadServer"], upload);
    }
}

#[test]
fn a_native_client_reads_files_where_it_asked_navi_and_a_page_where_its_socket_is() {
    let mut world = World::new(r#"{"users": ["alice"]}"#);
    let token = world.service.issue_token(world.now, "alice");
    navi_by(&mut world, "http://10.0.2.2:8090", &token);
    for (transport, origin, expected) in [
        (Transport::Tcp, "http://127.0.0.1:9", "http://10.0.2.2:8090/files/app/k"),
        (Transport::WebSocket, "http://page.localhost:9", "http://page.localhost:9/files/app/k"),
        (Transport::WebSocket, "", "http://127.0.0.1:9/files/app/k"),
    ] {
        let conn =
            world.open(Login { transport, token: token.clone(), origin: origin.into(), ..Login::default() });
        let asked = GetDownloadUrlInput { key: Some("k".into()), ..Default::default() };
        let asked = Request::new(Topic::QnUrl, "alice", 7, asked.encode_to_vec().into());
        world.frame(conn, ClientFrame::Query(asked));
        let answer = world.seen(conn).into_iter().find_map(|seen| match seen {
            Seen::Frame(ServerFrame::QueryAck { body, .. }) => Some(body),
            _ => None,
        });
        let answer = GetDownloadUrlOutput::decode(answer.unwrap()).unwrap();
        assert_eq!(answer.download_url, expected, "{transport:?} {origin}");
    }
}

#[test]
fn a_token_names_where_the_apps_server_called() {
    let mut world = World::new("{}");
    let call = HttpRequest {
        origin: "http://mock.internal:8090".into(),
        ..signed("/user/getToken.json", "userId=u1&name=n")
    };
    let answer: serde_json::Value = serde_json::from_slice(&world.http(call).body).unwrap();
    assert!(answer["token"].as_str().unwrap().ends_with("@http://mock.internal:8090"), "{answer}");
}

#[test]
fn the_journal_shows_the_begin_of_a_token_only() {
    let mut world = World::new(r#"{"users": ["alice"]}"#);
    let token = world.service.issue_token(world.now, "alice");
    navi_by(&mut world, "", &token);
    let entries = world.service.journal().after(0).map(|entry| entry.to_json().to_string());
    let journal: String = entries.collect();
    assert!(journal.contains(&format!("token={}...&v=5.38.0", &token[..4])), "{journal}");
    assert!(!journal.contains(&token[..8]), "{journal}");
}
