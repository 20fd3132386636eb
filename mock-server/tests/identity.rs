//! Whose tokens are whose: a token means nothing outside the world that issued it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail as tests do")]

mod support;

use mock_server::{Clock, Config, Server};
use support::{APP, Native, Web, control, setup};
use wire::{ServerFrame, code};

fn with_seed(seed: Option<u64>) -> Server {
    Server::start(Config { world: Some(setup()), seed, ..Config::default() }).unwrap()
}

fn issue(server: &Server, app_key: &str, user: &'static str) -> String {
    server.with_world(app_key, move |service, now| service.issue_token(now, user)).unwrap()
}

/// The token without the address behind it, which differs from server to server.
fn opaque(token: &str) -> &str {
    token.split('@').next().unwrap()
}

/// Every transport refuses the token as one that was never issued.
fn assert_unknown(server: &Server, token: &str) {
    let token = opaque(token);
    let ServerFrame::ConnAck(ack) = Web::open(server, token, "").read() else { panic!("no CONNACK") };
    assert_eq!(ack.status, code::connack::TOKEN);
    let ServerFrame::ConnAck(ack) = Native::open(server, token).read() else { panic!("no CONNACK") };
    assert_eq!(ack.status, code::connack::TOKEN);
}

#[test]
fn a_restart_forgets_every_token() {
    let old = with_seed(None);
    let alices = issue(&old, APP, "u1");
    drop(old);
    let server = with_seed(None);
    let bobs = issue(&server, APP, "u2");
    assert_ne!(opaque(&alices), opaque(&bobs));
    assert_unknown(&server, &alices);
    support::assert_accepted(&Web::open(&server, opaque(&bobs), "").read(), "u2");
}

#[test]
fn a_replaced_world_forgets_every_token_under_a_page_that_is_connected() {
    for seed in [None, Some(7)] {
        let server = with_seed(seed);
        let alices = issue(&server, APP, "u1");
        let mut page = Web::open(&server, opaque(&alices), "");
        support::assert_accepted(&page.read(), "u1");
        assert_eq!(control(&server, "PUT", &format!("/apps/{APP}"), "users: [u1, u2]").0, 200);
        assert_eq!(page.next(), None);
        let bobs = issue(&server, APP, "u2");
        assert_ne!(opaque(&alices), opaque(&bobs), "seed {seed:?}");
        // The page comes back by itself.
        assert_unknown(&server, &alices);
    }
}

#[test]
fn a_deleted_world_does_not_come_back_with_its_tokens() {
    let server = with_seed(Some(7));
    let path = format!("/apps/{APP}");
    let first = issue(&server, APP, "u1");
    assert_eq!(control(&server, "DELETE", &path, "").0, 200);
    assert_eq!(control(&server, "PUT", &path, "users: [u1]").0, 201);
    assert_ne!(opaque(&first), opaque(&issue(&server, APP, "u1")));
}

#[test]
fn two_app_keys_share_no_tokens() {
    for seed in [None, Some(7)] {
        let server = with_seed(seed);
        assert_eq!(control(&server, "PUT", "/apps/other", "users: [u1]").0, 201);
        let (one, other) = (issue(&server, APP, "u1"), issue(&server, "other", "u1"));
        assert_ne!(opaque(&one), opaque(&other), "seed {seed:?}");
        assert_unknown(&server, &other);
    }
}

#[test]
fn a_seed_that_was_asked_for_tells_tokens_beforehand() {
    let first = |server: &Server| opaque(&issue(server, APP, "u1")).to_owned();
    assert_eq!(first(&with_seed(Some(7))), first(&with_seed(Some(7))));
    assert_ne!(first(&with_seed(Some(7))), first(&with_seed(Some(8))));

    let server = with_seed(None);
    let put = |app: &str| {
        assert!(control(&server, "PUT", &format!("/apps/{app}?seed=3"), "users: [u1]").0 < 300);
        opaque(&issue(&server, app, "u1")).to_owned()
    };
    let named = put(APP);
    assert_eq!(named, put(APP));
    assert_ne!(named, put("other"));

    let in_process = |app: &str| {
        server.put_world(app, setup(), 3, Clock::Wall).unwrap();
        opaque(&issue(&server, app, "u1")).to_owned()
    };
    assert_eq!(in_process(APP), named);
    assert_ne!(in_process("third"), named);
}

#[test]
fn sessions_and_message_uids_are_new_after_a_restart() {
    let session = || {
        let server = with_seed(None);
        let ServerFrame::ConnAck(ack) = Web::open(&server, "test:u1", "").read() else {
            panic!("no CONNACK")
        };
        ack.accepted.unwrap().session_id
    };
    assert_ne!(session(), session());
}

#[test]
fn a_world_that_is_replaced_keeps_its_app_secret_unless_it_names_another() {
    let server = with_seed(None);
    let secret =
        |server: &Server| server.with_world(APP, |service, _| service.app_secret().to_owned()).unwrap();
    let mut named = setup();
    named.app_secret = Some("of-its-own".to_owned());
    server.put_world(APP, named, 7, Clock::Wall).unwrap();
    server.put_world(APP, service::setup::WorldSetup::default(), 7, Clock::Wall).unwrap();
    assert_eq!(secret(&server), "of-its-own");
    assert!(server.remove_world(APP).unwrap());
    server.put_world(APP, service::setup::WorldSetup::default(), 7, Clock::Wall).unwrap();
    assert_eq!(secret(&server), mock_server::DEFAULT_APP_SECRET);
}
