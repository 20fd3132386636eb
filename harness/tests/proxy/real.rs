//! The vendor's own clients, unmodified and installed from npm, in real time. They need Node.js and npm.

use super::{APP, LIMIT, assert_same, peer::Peer, proxy, service, shown, wait_for_ends};

const PRIVATE: i32 = 1;

/// Two of them talk to each other through the proxy; what it recorded is what the server met. `ends` of them say when they go.
fn talk(ends: usize, start: impl Fn(&str, &str) -> Peer, others: impl Fn(&str, &str) -> Peer) -> String {
    let (service, folder) = (service(None), tempfile::tempdir().unwrap());
    let proxy = proxy(&service, folder.path());
    let navi = proxy.place().to_string();
    let (mut alice, mut bob) = (start(&navi, "alice"), others(&navi, "bob"));
    alice.connect();
    bob.connect();
    alice.send(PRIVATE, "bob", "from alice");
    assert_eq!(bob.event("message", LIMIT)["text"], "from alice");
    bob.send(PRIVATE, "alice", "from bob");
    assert_eq!(alice.event("message", LIMIT)["text"], "from bob");
    alice.end();
    bob.end();
    wait_for_ends(folder.path(), ends);
    drop(proxy.stop());
    assert_same(&service, folder.path());
    shown(&folder.path().join(format!("{APP}.jsonl")))
}

#[test]
fn web_sdks_talk_through_the_proxy() {
    let shown = talk(
        2,
        |navi, user| Peer::page(navi, user, "4.6.4", &[]),
        |navi, user| Peer::page(navi, user, "5.38.0", &[]),
    );
    assert!(shown.contains("/navi.js") && shown.contains("/v2/navi.json"), "{shown}");
    assert!(shown.contains("from alice") && shown.contains("from bob"), "{shown}");
}

#[cfg_attr(
    not(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"), target_env = "gnu")),
    ignore = "not run: the vendor's native client is driven on Linux x86-64 and arm64 with glibc only"
)]
#[test]
fn the_native_client_and_one_that_polls_talk_through_the_proxy() {
    let shown =
        talk(1, Peer::native, |navi, user| Peer::page(navi, user, "4.6.4", &["--transport", "comet"]));
    assert!(shown.contains("tcp") && shown.contains("comet"), "{shown}");
}
