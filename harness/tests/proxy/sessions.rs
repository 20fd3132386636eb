//! Raw clients of every transport.

use std::{io::Write, net::SocketAddr, thread};

use harness::proxy::{Config, Proxy};
use prost::Message as _;
use recording::{Said, What};
use serde_json::{Value, json};
use service::{Input, Taken};
use wire::{
    ClientFrame, Request, ServerFrame, Topic,
    body::{GetQNupTokenInput, GetQNupTokenOutput, NotifyMsg, SyncRequestMsg},
};

use super::{
    APP, assert_same,
    clients::{Answer, Native, Page, Web, http, socket, text},
    config, proxy, recorded, service, shown,
};

/// A token of the Server API, asked for by way of the proxy.
fn token(at: SocketAddr, user: &str) -> String {
    let form = format!("userId={user}&name={user}");
    let nonce =
        ["RC-Nonce: 14314", "RC-Timestamp: 1408706337", "Content-Type: application/x-www-form-urlencoded"];
    let signature = format!("RC-Signature: {}", service::signature_of("sesame", "14314", "1408706337"));
    let key = format!("RC-App-Key: {APP}");
    let headers = [&nonce[..], &[key.as_str(), signature.as_str()]].concat();
    let answer = http(at, "POST", "/user/getToken.json", &headers, form.as_bytes());
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()["token"].as_str().unwrap().to_owned()
}

fn navi_v2(at: SocketAddr, token: &str, conn: &str) -> Answer {
    let token: String = url::form_urlencoded::byte_serialize(token.as_bytes()).collect();
    let (key, conn) = (format!("RC-Appkey: {APP}"), format!("RC-Negotiate: conn={conn};rtc=4"));
    let headers =
        [&key, &conn, "Content-Type: application/x-www-form-urlencoded", "Accept-Encoding: gzip, br"];
    let body = format!("token={token}&v=5.38.0&platfrom=browser");
    http(at, "POST", "/v2/navi.json?cloud=0", &headers, body.as_bytes())
}

#[test]
fn clients_of_every_transport_are_recorded_as_the_server_met_them() {
    let (service, folder) = (service(None), tempfile::tempdir().unwrap());
    let proxy = proxy(&service, folder.path());
    let at = proxy.listens();
    let real = service.listens().to_string();

    // Tokens and navigation, in both forms, name the proxy alone.
    let (alice, bob) = (token(at, "alice"), token(at, "bob"));
    assert!(alice.ends_with(&format!("@http://{at}")), "{alice}");
    let old =
        http(at, "GET", &format!("/navi.js?appId={APP}&token={alice}&callBack=getServerEndpoint"), &[], b"");
    assert!(old.text().starts_with("getServerEndpoint({") && old.text().ends_with("});"), "{old:?}");
    for answer in [&old, &navi_v2(at, &alice, "5"), &navi_v2(at, &bob, "1,2")] {
        let text = answer.text();
        assert!(text.contains(&at.to_string()) && !text.contains(&real), "{text}");
    }

    // One user on a page, the other on a desktop; then one polls.
    let mut web = Web::login(at, &alice, "alice");
    let mut native = Native::login(at, &format!("{}@", bob.split('@').next().unwrap()), "bob");
    web.send(&text("bob", 1, "from a page"));
    web.until(|frame| matches!(frame, ServerFrame::PubAck { id: 1, status: 0, .. }));
    let is_ours = |frame: &ServerFrame| matches!(frame, ServerFrame::Publish { .. });
    native.until(is_ours);
    native.send(&text("alice", 2, "from a desktop"));
    native.until(|frame| matches!(frame, ServerFrame::PubAck { id: 2, .. }));
    web.until(is_ours);
    web.ask(Topic::PullMsg, "alice", 7, &SyncRequestMsg { sync_time: Some(0), ..Default::default() });
    web.close();
    native.send(&ClientFrame::Disconnect { status: 4 });
    while native.next().is_some() {}

    let mut page = Page::login(at, &alice, "alice");
    let pull = json!({"syncTime": 0, "ispolling": false, "isPullSend": true, "sendBoxSyncTime": 0});
    let pulled = page.frame(80, "pullMsg", "alice", &pull);
    assert!(pulled.to_string().contains("from a desktop"), "{pulled}");
    let message = json!({"sessionId": 3, "configFlag": 0, "classname": "RC:TxtMsg", "content": "{\"content\":\"polled\"}"});
    let sent = page.frame(50, "ppMsgP", "bob", &message);
    assert_eq!(sent[0]["status"], 0, "{sent}");

    let kept = proxy.stop();
    assert_eq!(kept.len(), 1, "{kept:?}");
    let entries = assert_same(&service, folder.path());
    assert_eq!(kept[0].entries, entries.len() as u64);
    let shown = shown(&kept[0].path);
    assert!(shown.contains(&format!("taken by a proxy in front of http://{real}")), "{shown}");
    assert!(
        shown.contains("from a page") && shown.contains("from a desktop") && shown.contains("polled"),
        "{shown}"
    );
}

/// A poll that waits is answered when something comes.
#[test]
fn a_poll_waits_and_brings_what_comes() {
    let (service, folder) = (service(None), tempfile::tempdir().unwrap());
    let proxy = proxy(&service, folder.path());
    let at = proxy.listens();
    let page = Page::login(at, "test:alice", "alice");
    let polls = thread::spawn(move || page.poll());
    let mut bob = Web::login(at, "test:bob", "bob");
    bob.send(&text("alice", 1, "for a poll"));
    let signals = polls.join().unwrap();
    assert_eq!(signals[0]["topic"], "s_ntf", "{signals}");
    drop(proxy.stop());
    let entries = recorded(folder.path());
    let at =
        entries.iter().position(|entry| matches!(&entry.what, What::Taken(Taken::Input(Input::Poll { .. }))));
    let pushed = entries.iter().position(|entry| match &entry.what {
        What::Said(Said::Down { raw, .. }) => match wire::websocket::decode_server(raw.clone(), false) {
            Ok(ServerFrame::Publish { topic: Topic::SNtf, body, .. }) => {
                NotifyMsg::decode(body).unwrap().r#type == 1
            }
            _ => false,
        },
        _ => false,
    });
    assert!(at.is_some() && pushed > at, "{at:?} {pushed:?}");
}

#[test]
fn what_nobody_understands_passes_and_is_kept() {
    let (service, folder) = (service(None), tempfile::tempdir().unwrap());
    let proxy = proxy(&service, folder.path());
    let at = proxy.listens();
    let mut web = Web::login(at, "test:alice", "alice");
    // A topic that nobody knows, with a body that is no protobuf: the server refuses it, the session goes on.
    let strange =
        Request::new(Topic::from("noSuchTopic"), "alice", 9, bytes::Bytes::from_static(b"\xFF\xFF\xFF"));
    web.send(&ClientFrame::Query(strange));
    let answer = web.until(|frame| matches!(frame, ServerFrame::QueryAck { id: 9, .. }));
    assert!(matches!(answer, ServerFrame::QueryAck { status, .. } if status != 0), "{answer:?}");
    web.0.send(tokio_tungstenite::tungstenite::Message::Text("a text".into())).unwrap();
    web.0.send(tokio_tungstenite::tungstenite::Message::Ping(bytes::Bytes::from_static(b"p"))).unwrap();
    web.send(&ClientFrame::Ping);
    web.until(|frame| *frame == ServerFrame::Pong);
    // Bytes that are no frame: the server says goodbye, and the client hears it.
    web.send_bytes(&[0x50, 0]);
    while web.next().is_some() {}

    let mut native = Native::login(at, "test:bob", "bob");
    native.stream.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    while native.next().is_some() {}
    drop(proxy.stop());
    let entries = assert_same(&service, folder.path());
    let errors: Vec<&str> = entries
        .iter()
        .filter_map(|entry| match &entry.what {
            What::Taken(Taken::Input(Input::Garbage { error, .. })) => Some(error.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(errors.len(), 2, "{errors:?}");
    assert!(errors[0].ends_with("in base64: UAA=") && errors[1].contains("R0VUIC8g"), "{errors:?}");
    let noted = entries.iter().any(|entry| {
        matches!(&entry.what, What::Taken(Taken::Note { text, .. }) if text == "a text message: a text")
    });
    assert!(noted);
}

#[test]
fn files_and_whatever_else_is_http_pass_untouched() {
    let (service, folder) = (service(None), tempfile::tempdir().unwrap());
    let proxy = proxy(&service, folder.path());
    let at = proxy.listens();
    let mut web = Web::login(at, "test:alice", "alice");
    let input = GetQNupTokenInput { r#type: Some(4), key: Some("a.bin".into()), ..Default::default() };
    let allowed = GetQNupTokenOutput::decode(web.ask(Topic::QnTkn, "alice", 3, &input)).unwrap();
    let navi: Value = navi_v2(at, "test:alice", "5").json();
    let upload =
        navi["uploadServer"].as_str().unwrap().strip_prefix(&format!("http://{at}")).unwrap().to_owned();
    // Longer than what a recording keeps of a body, and of every byte.
    let file: Vec<u8> = (0..5 << 20).map(|n: u32| (n % 251) as u8).collect();
    let part = |name: &str| format!("--xyz\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n");
    let mut body = format!("{}{}\r\n{}", part("token"), allowed.token, part("file")).into_bytes();
    body.extend(&file);
    body.extend(b"\r\n--xyz--\r\n");
    let stored = http(at, "POST", &upload, &["Content-Type: multipart/form-data; boundary=xyz"], &body);
    assert_eq!((stored.status, &stored.json()["key"]), (200, &json!("a.bin")), "{stored:?}");
    let loaded = http(at, "GET", &format!("{upload}/a.bin"), &[], b"");
    assert_eq!(loaded.status, 200);
    assert!(loaded.body == file, "the file came back otherwise");
    let none = http(at, "GET", "/no/such/thing?x=%2F", &["X-Odd: 1"], b"");
    let direct = http(service.listens(), "GET", "/no/such/thing?x=%2F", &["X-Odd: 1"], b"");
    assert_eq!((none.status, &none.body), (direct.status, &direct.body));
    assert_eq!(http(at, "HEAD", "/ping", &[], b"").status, 200);
    drop(proxy.stop());
    let told = recorded(folder.path()).into_iter().filter_map(|entry| match entry.what {
        What::Taken(Taken::Input(Input::Http { request, .. })) => Some(*request),
        _ => None,
    });
    let told: Vec<_> = told.collect();
    let upload =
        told.iter().find(|request| request.method == "POST" && request.path.starts_with("/files")).unwrap();
    assert_eq!(
        upload.header("x-harness-proxy"),
        Some(format!("a body of {} bytes is not kept", body.len()).as_str())
    );
    assert!(upload.body.is_empty());
    let strange = told.iter().find(|request| request.path == "/no/such/thing").unwrap();
    assert_eq!((strange.query.as_str(), strange.header("x-odd")), ("x=%2F", Some("1")));
    assert_eq!(strange.header("host"), Some(service.listens().to_string().as_str()));
}

/// The first proxy speaks TLS to the second, which speaks TLS to the server: both sides of both, with certificates that are made on
/// the way, and clients of every transport.
#[test]
fn tls_is_spoken_on_both_sides() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let service = service(Some(&at("service.pem")));
    let second = Proxy::start(Config {
        upstream_ca: vec![at("service.pem")],
        tls: Some(at("second.pem")),
        ..config(&service.addresses().navi, &at("second"))
    })
    .unwrap();
    let first = Proxy::start(Config {
        upstream_ca: vec![at("second.pem")],
        ..config(&second.place().to_string(), &at("first"))
    })
    .unwrap();
    assert!(service.addresses().navi.starts_with("https://") && second.place().tls);
    let client = first.listens();
    let alice = token(client, "alice");
    let navi = navi_v2(client, &alice, "5").json();
    let expected = json!([{"addr": client.to_string(), "protocol": 5, "weight": 10}]);
    assert_eq!(navi["serverAddr"], expected);
    navi_v2(client, "test:bob", "1,2");
    let mut web = Web::login(client, &alice, "alice");
    let mut native = Native::login(client, "test:bob", "bob");
    web.send(&text("bob", 1, "through two tunnels"));
    web.until(|frame| matches!(frame, ServerFrame::PubAck { id: 1, status: 0, .. }));
    native.until(|frame| matches!(frame, ServerFrame::Publish { .. }));
    web.close();
    native.send(&ClientFrame::Disconnect { status: 4 });
    while native.next().is_some() {}
    let mut page = Page::login(client, &alice, "alice");
    page.frame(80, "pullMsg", "alice", &json!({"syncTime": 0}));
    drop((first.stop(), second.stop()));
    assert_same(&service, &at("second"));
    let shown = shown(&at("first").join(format!("{APP}.jsonl")));
    assert!(shown.contains("through two tunnels"), "{shown}");

    // A certificate of an unknown authority is not trusted, and whoever asks is told what to do.
    let distrusts = Proxy::start(config(&service.addresses().navi, &at("third"))).unwrap();
    let refused = http(distrusts.listens(), "GET", "/ping", &[], b"");
    assert_eq!(refused.status, 502);
    assert!(refused.text().contains("--upstream-ca FILE"), "{refused:?}");
    let mut native = socket(distrusts.listens());
    native.write_all(&[0x14]).unwrap();
}

#[test]
fn a_service_that_is_not_there_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let gone = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap()
    };
    let proxy = Proxy::start(config(&format!("http://{gone}"), folder.path())).unwrap();
    let answer = navi_v2(proxy.listens(), "t", "5");
    assert_eq!(answer.status, 502);
    let why = answer.json()["errorMessage"].as_str().unwrap().to_owned();
    assert!(why.starts_with(&format!("harness proxy: http://{gone}: ")), "{why}");
    assert!(answer.head.to_ascii_lowercase().contains("access-control-allow-origin: *"), "{answer:?}");
    drop(proxy.stop());
    let entries = recorded(folder.path());
    assert!(matches!(&entries[1].what, What::Said(Said::Response { answer: None, .. })), "{entries:?}");
}
