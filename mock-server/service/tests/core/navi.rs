//! Navigation answers.

use service::HttpRequest;

use crate::world::World;

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
