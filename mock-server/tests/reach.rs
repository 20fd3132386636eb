//! Which addresses answers name: the asker's own, a trusted proxy's, or the advertised one.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail as tests do")]

mod support;

use mock_server::{Config, Server};
use prost::Message;
use support::{APP, Native, Web, http, server, setup, socket};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use wire::{
    ClientFrame, Request, ServerFrame, Topic,
    body::{GetDownloadUrlInput, GetDownloadUrlOutput},
};

fn with(change: impl FnOnce(&mut Config)) -> Server {
    let mut config = Config { world: Some(setup()), ..Config::default() };
    change(&mut config);
    Server::start(config).unwrap()
}

fn navi(server: &Server, token: &str, headers: &[&str]) -> serde_json::Value {
    let app = format!("RC-Appkey: {APP}");
    let headers = [&[app.as_str()], headers].concat();
    http(server, "POST", "/v2/navi.json?cloud=0", &headers, &format!("token={token}&v=5.38.0")).json()
}

fn token(server: &Server, headers: &[&str]) -> String {
    let signature = format!("Signature: {}", service::signature_of("mock-secret", "1", "2"));
    let signed = ["App-Key: mock-app-key", "Nonce: 1", "Timestamp: 2", signature.as_str()];
    let answer =
        http(server, "POST", "/user/getToken.json", &[&signed, headers].concat(), "userId=u1&name=n");
    answer.json()["token"].as_str().unwrap_or_else(|| panic!("{}", answer.body)).to_owned()
}

fn download(answer: ServerFrame) -> String {
    let ServerFrame::QueryAck { status: 0, body, .. } = answer else { panic!("{answer:?}") };
    GetDownloadUrlOutput::decode(body).unwrap().download_url
}

fn asks_where() -> ClientFrame {
    let input = GetDownloadUrlInput { key: Some("a.jpg".into()), ..Default::default() };
    ClientFrame::Query(Request::new(Topic::QnUrl, "u1", 7, input.encode_to_vec().into()))
}

#[test]
fn everything_navi_names_is_where_the_asker_found_it() {
    let server = server();
    for (host, native) in [("10.0.2.2:8090", false), ("mock.example:8443", true), ("[::1]:8090", false)] {
        let negotiate = if native { "RC-Negotiate: conn=1,2" } else { "RC-Negotiate: conn=5" };
        let answer = navi(&server, "t", &[&format!("Host: {host}"), negotiate]);
        assert_eq!(
            (answer["server"].as_str(), answer["serverAddr"][0]["addr"].as_str()),
            (Some(host), Some(host))
        );
        assert_eq!(answer["serverAddr"][0]["protocol"], if native { 1 } else { 5 });
        assert_eq!(answer["uploadServer"], format!("http://{host}/files/{APP}"));
    }
    assert_eq!(navi(&server, "t", &["Host: mock.example"])["server"], "mock.example:80");
    let old = http(&server, "GET", &format!("/navi.js?appId={APP}&token=t"), &["Host: 10.0.2.2:8090"], "");
    assert!(old.body.contains("\"server\":\"10.0.2.2:8090\""), "{}", old.body);
}

#[test]
fn a_host_that_is_none_is_not_echoed() {
    let server = server();
    let own = server.addresses().websocket.clone();
    for host in ["a b", "a/b", "<script>", "a:b:c", "127.1", "x@y", "\"};alert(1)"] {
        let answer = navi(&server, "t", &[&format!("Host: {host}")]);
        assert_eq!(answer["server"], own.as_str(), "{host}");
    }
}

#[test]
fn a_token_names_the_host_that_the_apps_server_called() {
    let server = server();
    assert!(token(&server, &["Host: mock.internal:8090"]).ends_with("@http://mock.internal:8090"));
    assert!(token(&server, &[]).ends_with(&format!("@{}", server.addresses().navi)));
}

#[test]
fn proxies_are_believed_when_they_are_trusted() {
    let proxied = ["Host: a.example", "X-Forwarded-Host: b.example", "X-Forwarded-Proto: https"];
    let plain = navi(&server(), "t", &proxied);
    assert_eq!(
        (plain["server"].as_str(), plain["serverAddr"][0]["protocol"].as_i64()),
        (Some("a.example:80"), Some(5))
    );
    let server = with(|config| config.trust_proxy = true);
    let trusted = navi(&server, "t", &proxied);
    assert_eq!(
        (trusted["server"].as_str(), trusted["serverAddr"][0]["protocol"].as_i64()),
        (Some("b.example:443"), Some(6))
    );
    assert_eq!(trusted["uploadServer"], format!("https://b.example/files/{APP}"));
    assert!(token(&server, &proxied).ends_with("@https://b.example"));
}

#[test]
fn an_advertised_address_goes_before_everything() {
    let server = with(|config| {
        config.advertise = Some("mock.example:8443".parse().unwrap());
        config.trust_proxy = true;
    });
    assert_eq!(server.addresses().navi, "http://mock.example:8443");
    assert_eq!(server.addresses().tcp, "mock.example:8443");
    let hosts = ["Host: a.example", "X-Forwarded-Host: b.example"];
    let answer = navi(&server, "t", &hosts);
    assert_eq!(answer["server"], "mock.example:8443");
    assert_eq!(answer["uploadServer"], format!("http://mock.example:8443/files/{APP}"));
    assert!(token(&server, &hosts).ends_with("@http://mock.example:8443"));
}

#[test]
fn a_page_is_told_files_under_the_host_of_its_socket() {
    let server = server();
    let url = format!("ws://{}/websocket?appId={APP}&token=test:u1", server.addresses().websocket);
    let mut request = url.into_client_request().unwrap();
    request.headers_mut().insert("Host", "10.0.2.2:8090".parse().unwrap());
    let (web, _) = tokio_tungstenite::tungstenite::client(request, socket(&server)).unwrap();
    let mut web = Web(web);
    support::assert_accepted(&web.read(), "u1");
    web.send(&asks_where());
    assert_eq!(download(web.read()), format!("http://10.0.2.2:8090/files/{APP}/a.jpg"));
}

#[test]
fn a_native_client_is_told_files_under_the_host_that_it_asked_navi_by() {
    let server = server();
    let token = token(&server, &[]);
    let ask = |token: &str| {
        let mut native = Native::open(&server, token);
        support::assert_accepted(&native.read(), "u1");
        native.send(&asks_where());
        download(native.read())
    };
    // Who has not asked is told the address that it connected to.
    assert_eq!(ask(&token), format!("{}/files/{APP}/a.jpg", server.addresses().navi));
    navi(&server, &token, &["Host: 10.0.2.2:8090", "RC-Negotiate: conn=1,2"]);
    assert_eq!(ask(&token), format!("http://10.0.2.2:8090/files/{APP}/a.jpg"));
}
