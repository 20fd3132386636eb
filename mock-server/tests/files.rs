//! The file server over real HTTP, on the one port: a token, an upload, and downloads of the whole and of a part.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail as tests do")]

mod support;

use mock_server::Server;
use prost::Message;
use support::{Web, http, server};
use wire::{
    ClientFrame, Request, ServerFrame, Topic,
    body::{GetDownloadUrlInput, GetDownloadUrlOutput, GetQNupTokenInput, GetQNupTokenOutput},
};

fn ask<A: Message + Default>(web: &mut Web, topic: Topic, body: &impl Message) -> A {
    web.send(&ClientFrame::Query(Request::new(topic, "alice", 7, body.encode_to_vec().into())));
    loop {
        match web.read() {
            ServerFrame::QueryAck { id: 7, status, body, .. } => {
                assert_eq!(status, 0);
                return A::decode(body).unwrap();
            }
            ServerFrame::Publish { .. } => {}
            other => panic!("{other:?}"),
        }
    }
}

fn post(server: &Server, target: &str, token: &str, file: &str) -> support::Answer {
    post_as(server, target, token, file, "")
}

/// With a `Content-Type` line for the file's part, or none.
fn post_as(server: &Server, target: &str, token: &str, file: &str, kind: &str) -> support::Answer {
    let field = |name: &str, value: &str, more: &str| {
        format!("--xyz\r\nContent-Disposition: form-data; name=\"{name}\"\r\n{more}\r\n{value}\r\n")
    };
    let body = format!("{}{}--xyz--\r\n", field("token", token, ""), field("file", file, kind));
    http(server, "POST", target, &["Content-Type: multipart/form-data; boundary=xyz"], &body)
}

#[test]
fn a_file_goes_up_with_a_token_and_comes_down_whole_or_in_parts() {
    let server = server();
    let mut web = Web::login(&server, "alice");
    let input = GetQNupTokenInput { r#type: Some(4), key: Some("a b/c.txt".into()), ..Default::default() };
    let allowed: GetQNupTokenOutput = ask(&mut web, Topic::QnTkn, &input);
    let navi = http(&server, "GET", "/navi.js?appId=mock-app-key&token=t", &[], "");
    assert!(navi.body.contains("/files/mock-app-key\""), "{}", navi.body);

    assert_eq!(post(&server, "/files/mock-app-key", "no token", "0123456789").status, 401);
    let stored = post(&server, "/files/mock-app-key", &allowed.token, "0123456789");
    assert_eq!((stored.status, stored.json()["key"].as_str()), (200, Some("a b/c.txt")));
    assert_eq!(stored.header("access-control-allow-origin"), Some("*"));

    let input = GetDownloadUrlInput { key: Some("a b/c.txt".into()), ..Default::default() };
    let address: GetDownloadUrlOutput = ask(&mut web, Topic::QnUrl, &input);
    let path = address.download_url.strip_prefix(server.addresses().navi.as_str()).unwrap();
    let whole = http(&server, "GET", path, &[], "");
    assert_eq!((whole.status, whole.body.as_str()), (200, "0123456789"));
    let part = http(&server, "GET", path, &["Range: bytes=3-5"], "");
    assert_eq!((part.status, part.body.as_str()), (206, "345"));
    assert_eq!(part.header("content-range"), Some("bytes 3-5/10"));
    assert_eq!(http(&server, "GET", path, &["Range: bytes=10-"], "").status, 416);
    assert_eq!(http(&server, "GET", "/files/mock-app-key/other", &[], "").status, 404);
}

/// Uploads a file under that name and gives the path where it can be read.
fn stored(server: &Server, web: &mut Web, key: &str, kind: &str) -> String {
    let input = GetQNupTokenInput { r#type: Some(4), key: Some(key.into()), ..Default::default() };
    let allowed: GetQNupTokenOutput = ask(web, Topic::QnTkn, &input);
    assert_eq!(post_as(server, "/files/mock-app-key", &allowed.token, "0123456789", kind).status, 200);
    let input = GetDownloadUrlInput { key: Some(key.into()), ..Default::default() };
    let address: GetDownloadUrlOutput = ask(web, Topic::QnUrl, &input);
    address.download_url.strip_prefix(server.addresses().navi.as_str()).unwrap().to_owned()
}

#[test]
fn a_file_keeps_its_type() {
    let server = server();
    let mut web = Web::login(&server, "alice");
    for (key, said, expected) in [
        ("a", "Content-Type: application/pdf\r\n", "application/pdf"),
        ("b.pdf", "", "application/pdf"),
        ("c.pdf", "content-type: application/octet-stream\r\n", "application/pdf"),
        ("d.jpg", "Content-Type: image/png\r\n", "image/png"),
        ("e", "", "application/octet-stream"),
    ] {
        let path = stored(&server, &mut web, key, said);
        let whole = http(&server, "GET", &path, &[], "");
        assert_eq!(
            (whole.header("content-type"), whole.body.as_str()),
            (Some(expected), "0123456789"),
            "{key}"
        );
        assert_eq!(whole.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(whole.head.to_lowercase().matches("content-type:").count(), 1, "{}", whole.head);
        let part = http(&server, "GET", &path, &["Range: bytes=3-5"], "");
        assert_eq!((part.status, part.header("content-type")), (206, Some(expected)));
    }
}

#[test]
fn a_page_that_was_uploaded_is_no_page_of_ours() {
    let server = server();
    let mut web = Web::login(&server, "alice");
    let path = stored(&server, &mut web, "page.html", "Content-Type: text/html\r\n");
    let page = http(&server, "GET", &path, &[], "");
    assert_eq!(page.header("content-type"), Some("text/html"));
    assert_eq!(page.header("content-security-policy"), Some("sandbox"));
}

#[test]
fn a_head_tells_of_a_file_without_sending_it() {
    let server = server();
    let mut web = Web::login(&server, "alice");
    let path = stored(&server, &mut web, "a.pdf", "");
    let head = http(&server, "HEAD", &path, &[], "");
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    assert_eq!(
        (head.header("content-length"), head.header("content-type")),
        (Some("10"), Some("application/pdf"))
    );
    assert_eq!(head.header("accept-ranges"), Some("bytes"));
    assert_eq!(http(&server, "HEAD", "/files/mock-app-key/nothing", &[], "").status, 404);
    assert_eq!(http(&server, "DELETE", &path, &[], "").status, 405);
}
