//! Who may use the control API: by host, by origin, by token, by where the caller is.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod support;

use std::io::{Read, Write};

use mock_server::{Config, Server};
use support::{http, server, socket};

fn with(change: impl FnOnce(&mut Config)) -> Server {
    let mut config = Config::default();
    change(&mut config);
    Server::start(config).unwrap()
}

/// The status of a look at the root, and the error's code.
fn look(server: &Server, headers: &[&str]) -> (u16, String) {
    let answer = http(server, "GET", "/control/v1/", headers, "");
    (answer.status, answer.json()["error"]["code"].as_str().unwrap_or_default().to_owned())
}

fn refused(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

#[test]
fn a_name_that_resolves_here_lets_nobody_in() {
    let server = server();
    for host in ["evil.example", "evil.example:8090", "localhost.evil.example", "a b", "\u{e9}.example"] {
        let (host, origin) = (format!("Host: {host}"), format!("Origin: http://{host}"));
        assert_eq!(look(&server, &[&host, &origin]), refused(403, "host"), "{host}");
        assert_eq!(look(&server, &[&host]), refused(403, "host"), "{host}");
    }
    let answer = http(&server, "GET", "/control/v1/", &["Host: evil.example:8090"], "");
    let message = answer.json()["error"]["message"].as_str().unwrap().to_owned();
    assert!(
        message.contains("--allow-host evil.example") && !message.contains("allow-host evil.example:"),
        "{message}"
    );
    assert_eq!(answer.header("access-control-allow-origin"), None);
    for host in ["localhost", "LOCALHOST:1", "page.localhost", "127.0.0.1:8090", "[::1]", "192.168.1.5"] {
        assert_eq!(look(&server, &[&format!("Host: {host}")]).0, 200, "{host}");
    }
}

#[test]
fn allowed_and_advertised_names_are_let_in() {
    let server = with(|config| {
        config.allow_hosts = vec!["mock.example".parse().unwrap()];
        config.advertise = Some("https://told.example".parse().unwrap());
    });
    assert_eq!(look(&server, &["Host: Mock.example:8090", "Origin: http://mock.example:8090"]).0, 200);
    assert_eq!(look(&server, &["Host: told.example", "Origin: https://told.example"]).0, 200);
    assert_eq!(look(&server, &["Host: localhost:1", "Origin: http://localhost:1"]).0, 200);
    assert_eq!(look(&server, &["Host: other.example"]), refused(403, "host"));
}

#[test]
fn a_request_names_one_host() {
    let server = server();
    let ask = |head: &str| {
        let mut stream = socket(&server);
        stream.write_all(head.as_bytes()).unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        text.split(' ').nth(1).unwrap().to_owned()
    };
    for path in ["/control/v1/", "/navi.js?appId=k", "/"] {
        assert_eq!(ask(&format!("GET {path} HTTP/1.1\r\nConnection: close\r\n\r\n")), "400", "{path}");
        let two = "Host: localhost\r\nHost: localhost\r\nConnection: close";
        assert_eq!(ask(&format!("GET {path} HTTP/1.1\r\n{two}\r\n\r\n")), "400", "{path}");
        assert_eq!(ask(&format!("GET {path} HTTP/1.0\r\n\r\n")), "200", "{path}");
    }
}

#[test]
fn pages_of_other_origins_are_refused_unless_they_are_allowed() {
    let server = server();
    for origin in ["http://evil.example", "null", "http://localhost:2", "https://localhost:1", "file://"] {
        let seen = look(&server, &["Host: localhost:1", &format!("Origin: {origin}")]);
        assert_eq!(seen, refused(403, "origin"), "{origin}");
    }
    let server = with(|config| config.allow_origins = vec!["http://localhost:3000".parse().unwrap()]);
    let answer = http(&server, "GET", "/control/v1/", &["Origin: http://localhost:3000"], "");
    assert_eq!(
        (answer.status, answer.header("access-control-allow-origin")),
        (200, Some("http://localhost:3000"))
    );
    assert_eq!(answer.header("vary"), Some("Origin"));
    assert_eq!(look(&server, &["Origin: http://localhost:3001"]), refused(403, "origin"));
    let same = http(&server, "GET", "/control/v1/", &[], "");
    assert_eq!(same.header("access-control-allow-origin"), None);
}

#[test]
fn an_allowed_page_may_ask_beforehand_without_the_token() {
    let server = with(|config| {
        config.allow_origins = vec!["http://localhost:3000".parse().unwrap()];
        config.control_token = Some("secret".to_owned());
    });
    let asks = "Access-Control-Request-Method: PUT";
    let answer = http(&server, "OPTIONS", "/control/v1/apps/k", &["Origin: http://localhost:3000", asks], "");
    assert_eq!(
        (answer.status, answer.header("access-control-allow-origin")),
        (204, Some("http://localhost:3000"))
    );
    assert!(answer.header("access-control-allow-headers").unwrap().contains("Authorization"));
    assert!(answer.header("access-control-allow-methods").unwrap().contains("DELETE"));
    assert_eq!(http(&server, "OPTIONS", "/control/v1/apps/k", &["Origin: http://a", asks], "").status, 403);
    // The page can read why it was refused.
    let answer = http(&server, "GET", "/control/v1/", &["Origin: http://localhost:3000"], "");
    assert_eq!(
        (answer.status, answer.header("access-control-allow-origin")),
        (401, Some("http://localhost:3000"))
    );
}

#[test]
fn bearers_of_the_token_are_let_in_and_nobody_else() {
    let server = with(|config| config.control_token = Some("secret".to_owned()));
    for wrong in
        ["X: y", "Authorization: Bearer wrong", "Authorization: Bearer secre", "Authorization: secret"]
    {
        assert_eq!(look(&server, &[wrong]), refused(401, "unauthorized"), "{wrong}");
    }
    assert_eq!(look(&server, &["Authorization: Bearer secret"]).0, 200);
}

#[test]
fn a_proxy_beside_us_does_not_make_strangers_neighbours() {
    let server = server();
    for said in [
        "X-Forwarded-For: 203.0.113.9",
        "X-Forwarded-For: 127.0.0.1, 203.0.113.9",
        "Forwarded: for=203.0.113.9",
    ] {
        assert_eq!(look(&server, &[said]), refused(403, "forbidden"), "{said}");
    }
    assert_eq!(look(&server, &["X-Forwarded-For: 127.0.0.1, ::1"]).0, 200);
}

#[test]
fn a_trusted_proxy_cannot_be_made_to_name_a_host_for_a_page() {
    let server = with(|config| config.trust_proxy = true);
    let evil = ["Host: evil.example", "X-Forwarded-Host: localhost", "Origin: http://localhost"];
    assert_eq!(look(&server, &evil), refused(403, "host"));
    assert_eq!(look(&server, &["Host: localhost", "X-Forwarded-Host: evil.example"]), refused(403, "host"));
    let good = ["Host: localhost", "X-Forwarded-Host: page.localhost", "X-Forwarded-Proto: https"];
    assert_eq!(look(&server, &[&good[..], &["Origin: https://page.localhost"]].concat()).0, 200);
}

#[test]
fn a_look_without_a_body_is_a_look() {
    let server = server();
    let answer = http(&server, "HEAD", "/control/v1/", &[], "");
    assert_eq!((answer.status, answer.body.as_str()), (200, ""));
    assert_eq!(http(&server, "HEAD", "/control/v1/nothing", &[], "").status, 404);
}
