//! Services that are not all at one address, that end connections, and recordings that are as long as they may be.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener},
    sync::mpsc::{Receiver, channel},
    thread,
};

use harness::proxy::{Config, Proxy};
use recording::{End, Reader, Said, What};
use serde_json::json;
use service::{Close, Input, Taken};
use wire::{ClientFrame, ServerFrame};

use super::{
    APP, LIMIT,
    clients::{Native, Page, Web, http, text},
    config, recorded, service, wait_for_ends,
};

/// A server that gives everybody the same answer, and tells what it was asked.
fn answering(answer: impl Fn(SocketAddr) -> String + Send + 'static) -> (SocketAddr, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = listener.local_addr().unwrap();
    let (asked, heard) = channel();
    // It ends with the test: who asks is the test alone.
    thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            stream.set_read_timeout(Some(LIMIT)).unwrap();
            let (mut request, mut chunk) = (Vec::new(), [0; 4096]);
            loop {
                let text = String::from_utf8_lossy(&request).into_owned();
                let whole = text.split_once("\r\n\r\n").is_some_and(|(head, body)| {
                    let length = head
                        .to_ascii_lowercase()
                        .split("content-length: ")
                        .nth(1)
                        .map_or(0, |rest| rest.split("\r\n").next().unwrap().parse::<usize>().unwrap());
                    body.len() >= length
                });
                if whole {
                    let _ = asked.send(text);
                    break;
                }
                match stream.read(&mut chunk) {
                    Ok(0) | Err(_) => break,
                    Ok(read) => request.extend_from_slice(&chunk[..read]),
                }
            }
            let _ = stream.write_all(answer(at).as_bytes());
        }
    });
    (at, heard)
}

fn whole(body: &str) -> String {
    format!(
        "HTTP/1.1 200 OK\r\nX-Odd-Case: Kept\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}

#[test]
fn servers_that_navigation_names_are_found_behind_the_proxy() {
    let (service, folder) = (service(None), tempfile::tempdir().unwrap());
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (files, uploaded) = answering(|at| {
        format!(
            "HTTP/1.1 302 Found\r\nLocation: http://{at}/there\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        )
    });
    let (real, upstream) = (service.listens().to_string(), service.listens());
    let answer = json!({
        "code": 200, "userId": "alice", "uploadServer": format!("http://{files}/up"),
        "serverAddr": [
            {"addr": real, "protocol": 5, "weight": 5},
            {"addr": gone.to_string(), "protocol": 5, "weight": 10},
            {"addr": real, "protocol": 1, "weight": 5},
            {"addr": gone.to_string(), "protocol": 1, "weight": 10},
        ],
    });
    let (navi, asked) = answering(move |_| whole(&answer.to_string()));
    let proxy = Proxy::start(config(&format!("http://{navi}"), folder.path())).unwrap();
    let at = proxy.listens();

    let key = format!("RC-Appkey: {APP}");
    let headers =
        [key.as_str(), "Content-Type: application/x-www-form-urlencoded", "Origin: http://page.example"];
    let answer = http(
        at,
        "POST",
        "/v2/navi.json",
        &headers,
        format!("token=test%3Aalice%40{at}%3Bb.example").as_bytes(),
    );
    assert!(answer.head.contains("\r\nX-Odd-Case: Kept"), "{}", answer.head);
    let answer = answer.json();
    let own = at.to_string();
    let kinds =
        json!([{"addr": own, "protocol": 5, "weight": 10}, {"addr": own, "protocol": 1, "weight": 10}]);
    assert_eq!(answer["serverAddr"], kinds);
    let upload = answer["uploadServer"].as_str().unwrap();
    assert_eq!(upload, format!("http://{at}/~proxy/1/up"));
    // The service sees itself, and nothing of the proxy.
    let asked = asked.recv_timeout(LIMIT).unwrap();
    assert!(asked.contains(&format!("Host: {navi}\r\n")) && !asked.contains(&own), "{asked}");
    assert!(asked.contains("RC-Appkey: ") && asked.contains("Origin: http://page.example"), "{asked}");
    let token: String =
        url::form_urlencoded::byte_serialize(format!("test:alice@http://{navi};b.example").as_bytes())
            .collect();
    assert!(asked.ends_with(&format!("\r\n\r\ntoken={token}")), "{asked}");

    // The heaviest is not there; the other one is, on both transports.
    let mut web = Web::login(at, "test:alice", "alice");
    let mut native = Native::login(at, &format!("test:alice@http://{at}"), "alice");
    web.send(&ClientFrame::Ping);
    web.until(|frame| *frame == ServerFrame::Pong);
    native.send(&ClientFrame::Ping);
    native.until(|frame| *frame == ServerFrame::Pong);
    let mut page = Page::login(at, "test:alice", "alice");
    let pulled = page.frame(80, "pullMsg", "alice", &json!({"syncTime": 0}));
    assert_eq!(pulled[0]["status"], 0, "{pulled}");
    let met: Vec<(String, String)> = recorded(folder.path())
        .into_iter()
        .filter_map(|entry| match entry.what {
            What::Taken(Taken::Input(Input::Open { login, .. })) => Some((login.token, login.origin)),
            _ => None,
        })
        .collect();
    let (plain, named) = ("test:alice".to_owned(), format!("test:alice@http://{navi}"));
    let real = format!("http://{upstream}");
    assert_eq!(met, [(plain.clone(), real.clone()), (named, real.clone()), (plain, real)]);

    let moved = http(at, "POST", "/~proxy/1/up?n=1", &["Content-Type: text/plain"], b"a file");
    assert!(
        moved.head.to_ascii_lowercase().contains(&format!("location: http://{at}/~proxy/1/there")),
        "{moved:?}"
    );
    let uploaded = uploaded.recv_timeout(LIMIT).unwrap();
    assert!(
        uploaded.starts_with("POST /up?n=1 HTTP/1.1\r\n") && uploaded.ends_with("\r\n\r\na file"),
        "{uploaded}"
    );
    assert!(uploaded.contains(&format!("Host: {files}\r\n")), "{uploaded}");
}

#[test]
fn a_service_that_breaks_off_is_heard_of_on_both_sides() {
    let (service, folder) = (service(None), tempfile::tempdir().unwrap());
    let proxy = super::proxy(&service, folder.path());
    let at = proxy.listens();
    let mut web = Web::login(at, "test:alice", "alice");
    let mut native = Native::login(at, "test:bob", "bob");
    assert_eq!(service.cut(APP, "").unwrap(), 2);
    assert!(web.next().is_none() && native.next().is_none());
    wait_for_ends(folder.path(), 2);
    let hows: Vec<Close> = recorded(folder.path())
        .into_iter()
        .filter_map(|entry| match entry.what {
            What::Said(Said::Close { how, .. }) => Some(how),
            _ => None,
        })
        .collect();
    assert_eq!(hows.len(), 2, "{hows:?}");
}

#[test]
fn a_session_outlives_its_recording() {
    let (service, folder) = (service(None), tempfile::tempdir().unwrap());
    let limit = Config { record_limit: 4096, ..config(&service.addresses().navi, folder.path()) };
    let proxy = Proxy::start(limit).unwrap();
    let mut web = Web::login(proxy.listens(), "test:alice", "alice");
    for id in 1..=60 {
        web.send(&text("bob", id, "one of many"));
        web.until(|frame| matches!(frame, ServerFrame::PubAck { id: acked, .. } if *acked == id));
    }
    let kept = proxy.stop();
    let bytes = std::fs::read(&kept[0].path).unwrap();
    assert!((3000..=4096).contains(&bytes.len()), "{}", bytes.len());
    let mut reader = Reader::open(&*bytes).unwrap();
    while reader.next_entry().unwrap().is_some() {}
    let full = End::Ended("it is as long as --record-limit allows (4096 bytes)".to_owned());
    assert_eq!((reader.end(), reader.last()), (Some(&full), kept[0].entries));
}
