//! Scrubbing: of secrets that stand in every field nothing is left in any encoding, and what is left can still be read.

use std::collections::BTreeMap;

use bytes::BytesMut;
use harness::{
    cli::exit,
    proxy::{Config, Proxy, scrub::scrub},
};
use recording::{FORMAT, Header, Reader, Said, What, Writer};
use serde_json::json;
use service::{ConnId, Endpoints, Input, Taken, Transport, WorldSetup};
use wire::{ClientFrame, ServerFrame, Topic, UnixMillis, native, reflect, websocket};

use super::{
    APP,
    clients::{Native, Page, Web, text},
    config, entries,
    planted::{CHINESE, MARK, Secrets, assert_gone, assert_planted, connection, others, requests},
    program::program,
    service, shown,
};

#[test]
fn nothing_is_left_of_secrets_in_every_field() {
    let mut secrets = Secrets::default();
    let user = secrets.next();
    let world: WorldSetup =
        serde_json::from_value(json!({"users": [user], "appSecret": secrets.next()})).unwrap();
    let header = Header {
        recording: FORMAT,
        made_by: secrets.next(),
        app_key: secrets.next(),
        client: secrets.next(),
        start: UnixMillis(1_700_000_000_000),
        offset: Some(0),
        seed: 7,
        said: true,
        proxy: None,
        ends: false,
        from: 1,
        open: Vec::new(),
        endpoints: Endpoints { navi: secrets.next(), ..Endpoints::default() },
        world,
    };
    let mut all = Vec::new();
    for (n, transport) in [Transport::WebSocket, Transport::Tcp, Transport::Comet].into_iter().enumerate() {
        all.extend(connection(ConnId(n as u64 + 1), transport, &mut secrets));
    }
    all.extend(requests(&mut secrets));
    all.extend(others(&mut secrets));
    let mut before = Vec::new();
    let mut writer = Writer::begin(&header, &mut before);
    all.iter().for_each(|what| writer.add(header.start, what, &mut before));
    assert_planted(&before, &secrets);

    let mut after = Vec::new();
    let scrubbed = scrub(&mut Reader::open(&*before).unwrap(), &mut after).unwrap();
    assert_eq!((scrubbed.entries, scrubbed.left_out), (all.len() as u64 - 1, 1));
    assert_gone(&after);
    println!("{} secrets in {} entries", secrets.0, all.len());

    // What was a frame is one, and each answer still has what its reader wants.
    let told = entries(&after);
    let mut asked = BTreeMap::new();
    let mut read = 0;
    for (entry, was) in told.iter().zip(&all) {
        match (&entry.what, was) {
            (What::Taken(Taken::Input(Input::Frame { frame: ClientFrame::Query(query), .. })), _) => {
                asked.insert(query.id, query.topic.clone());
                assert_eq!(query.signature, [0; 8]);
                if let Some(message) = query.topic.request() {
                    assert_eq!(reflect::missing(message, &query.body), Ok(vec![]), "{}", query.topic);
                }
            }
            (What::Said(Said::Down { conn, raw }), What::Said(Said::Down { .. })) => {
                let frame = match conn.0 {
                    2 => native::decode_server(&mut BytesMut::from(&raw[..]), usize::MAX).unwrap().unwrap(),
                    _ => websocket::decode_server(raw.clone(), false).unwrap(),
                };
                let (message, body) = match &frame {
                    ServerFrame::QueryAck { id, body, .. } => (asked.get(id).and_then(Topic::answer), body),
                    ServerFrame::Publish { dup, topic, body, .. } => (topic.push(*dup), body),
                    _ => continue,
                };
                let Some(message) = message else { continue };
                let judged = reflect::judge(message, body).unwrap();
                assert_eq!((judged.missing, judged.unknown), (vec![], vec![]), "{message}");
                read += 1;
            }
            _ => {}
        }
    }
    assert!(read > 300, "{read} bodies could be read");
}

/// With `--scrub` what passes stays as it is, and what is recorded tells who talked to whom, and no more.
#[test]
fn a_session_is_recorded_with_pseudonyms() {
    let (service, folder) = (service(None), tempfile::tempdir().unwrap());
    let config = Config { scrub: true, ..config(&service.addresses().navi, folder.path()) };
    let proxy = Proxy::start(config).unwrap();
    let at = proxy.listens();
    let mut web = Web::login(at, "test:alice", "alice");
    let mut native = Native::login(at, "test:bob", "bob");
    let said = format!("{MARK} {CHINESE}");
    web.send(&text("bob", 1, &said));
    web.until(|frame| matches!(frame, ServerFrame::PubAck { id: 1, status: 0, .. }));
    native.until(|frame| matches!(frame, ServerFrame::Publish { .. }));
    native.send(&text("alice", 2, &said));
    native.until(|frame| matches!(frame, ServerFrame::PubAck { id: 2, .. }));
    let mut page = Page::login(at, "test:bob", "bob");
    let pulled = page.frame(80, "pullMsg", "bob", &json!({"syncTime": 0}));
    assert!(pulled.to_string().contains(MARK), "{pulled}");
    let kept = proxy.stop();
    assert_eq!(kept[0].path, folder.path().join("app-1.jsonl"));
    let bytes = std::fs::read(&kept[0].path).unwrap();
    assert_gone(&bytes);
    let shown = shown(&kept[0].path);
    for word in ["alice", "bob", APP, "127.0.0.2", "127.0.0.1"] {
        assert!(!shown.contains(word), "{word}: {shown}");
    }
    // Both said the same; both are named as they were before.
    assert!(shown.contains("ppMsgP") && shown.contains("RC:TxtMsg") && shown.contains("scrubbed"), "{shown}");
    assert!(
        shown.matches(r#""content":"text-1""#).count() + shown.matches(r#"\"content\":\"text-1\""#).count()
            >= 2,
        "{shown}"
    );
}

#[test]
fn a_recording_that_is_there_can_be_scrubbed() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out.jsonl");
    let (from, out) = ("../fixtures/recordings/web-sdk@5.38.0/recall.jsonl", out.to_str().unwrap());
    let (code, told) = program(&["scrub", from, "-o", out]);
    assert_eq!(code, exit::CONFORMS, "{told}");
    assert!(told.contains(" entries in "), "{told}");
    let (_, shown) = program(&["show", out]);
    assert!(shown.contains("recallMsg") && shown.contains("scrubbed"), "{shown}");
    for word in ["ann", "ben", "case-0"] {
        assert!(!shown.contains(&format!("\"{word}\"")), "{word}: {shown}");
    }
    let (code, told) = program(&["replay", out]);
    assert_eq!(code, exit::INCOMPLETE);
    assert!(told.contains("it was scrubbed"), "{told}");
    // What is there is not written over.
    let (code, told) = program(&["scrub", from, "-o", out]);
    assert_eq!(code, exit::USAGE, "{told}");
}
