//! One sample run that all reporters are tested with: twenty scenarios, every verdict, made up but plausible.

use harness::{
    report::RequirementRow,
    verdict::{
        ClientInfo, Clock, Difference, Direction, Finding, FindingKind, LineKind, Mark, Place, RunResult,
        ScenarioResult, SequenceLine, TraceEntry, TraceKind, Verdict, baseline::EntryKind,
    },
};

const SEED: u64 = 7;
const STARTED_MS: i64 = 1_767_225_600_000;

pub(crate) fn reference() -> ClientInfo {
    ClientInfo { name: "reference".into(), version: "0.1.0".into(), clock: Clock::Virtual }
}

pub(crate) fn web() -> ClientInfo {
    ClientInfo { name: "web-sdk".into(), version: "5.9.3".into(), clock: Clock::Real }
}

/// A run in which nothing is red.
pub(crate) fn green() -> RunResult {
    run(reference(), |_| Verdict::Pass, 0)
}

/// A run with every verdict, a scenario that never reported and a stale baseline.
pub(crate) fn red() -> RunResult {
    let mut run = run(web(), verdict, 1);
    run.baseline_problems
        .push("web-sdk.yaml:14: `chatroom/joins` matches no scenario; did you mean `chatroom/join`?".into());
    run
}

/// `count` scenarios like those of [`red`], for timing.
pub(crate) fn many(count: usize) -> RunResult {
    let small = run(web(), verdict, 0);
    let mut run = RunResult::new(web(), SEED, STARTED_MS, count);
    for index in 0..count {
        let like = small.results[index % small.results.len()].clone();
        run.results.push(ScenarioResult { path: format!("scenarios/many/case-{index}.yaml"), ..like });
    }
    run
}

pub(crate) fn requirements() -> Vec<RequirementRow> {
    let row = |id: &str, statement: &str| RequirementRow {
        id: id.into(),
        statement: statement.into(),
        testable: true,
        uncovered_reason: None,
    };
    let mut rows = vec![
        row(
            "CONN-001",
            "connect fires onConnected exactly once, with the code and the user id of the token.",
        ),
        row("CONN-002", "After a connection is lost the client reconnects on its own."),
        row("CONN-003", "A token of another app key ends connecting with its own code."),
        row("CONN-004", "The time limit of connect is counted in seconds; 0 means no limit."),
        row(
            "KICK-001",
            "A second login on the same platform class kicks the first, which does not reconnect.",
        ),
        row("KICK-002", "A kicked client learns of it by the connection status."),
        row("RECV-001", "A message is delivered to the listener once."),
        row("RECV-002", "left counts down to 0 within a package."),
        row("RECV-003", "hasPackage tells whether another package follows."),
        row("OFFL-001", "Offline messages arrive in packages of at most 200."),
        row("OFFL-002", "A message sent while offline is kept for 7 days."),
        row("SEND-001", "A sent message gets its UID by the ack."),
        row("SEND-002", "Sending without a connection fails with its own code."),
        row("CHRM-001", "Joining a room fires onChatRoomJoined."),
        row("CHRM-002", "A room is rejoined after a reconnect."),
        row("CHRM-003", "Entries set with autoDelete go when their owner leaves."),
        row("RCLL-001", "A recalled message is replaced by a recall notification."),
    ];
    rows[3].uncovered_reason = Some("the unit is ambiguous in the documentation".into());
    rows.push(RequirementRow { testable: false, ..row("OFFL-003", "Push providers wake a killed app.") });
    rows
}

type Planned = (&'static str, &'static str, &'static [&'static str]);

const SCENARIOS: [Planned; 18] = [
    (
        "offline/packages",
        "A backlog of 450 messages arrives as packages of 200, 200 and 50",
        &["OFFL-001", "RECV-002", "RECV-003"],
    ),
    ("connect/once", "Connecting fires onConnected once", &["CONN-001"]),
    ("connect/wrong-app", "A token of another app is refused", &["CONN-003"]),
    ("connect/reconnect", "A lost connection is made again", &["CONN-002"]),
    ("kick/second-login", "A second login on a phone kicks the first one", &["KICK-001", "KICK-002"]),
    ("kick/no-reconnect", "The kicked phone stays away", &["KICK-001"]),
    ("message/receive", "A message arrives once", &["RECV-001"]),
    ("message/lost-ack", "A lost ack makes no second message", &["RECV-001", "SEND-001"]),
    ("message/offline-send", "Sending offline fails at once", &["SEND-002"]),
    ("offline/week", "A message waits for seven days", &["OFFL-002"]),
    ("chatroom/join", "Joining a room is confirmed", &["CHRM-001"]),
    ("chatroom/rejoin", "A room is joined again after a reconnect", &["CHRM-002"]),
    ("chatroom/entries", "Entries go with their owner", &["CHRM-003"]),
    ("ultragroup/channels", "Channels are listed", &["ULTR-001"]),
    ("recall/notify", "A recall replaces the message", &["RCLL-001"]),
    ("recall/twice", "Recalling twice fails", &["RCLL-001"]),
    ("media/upload", "A picture is uploaded before it is sent", &["SEND-001"]),
    ("message/order", "Ten messages keep their order", &["RECV-001"]),
];

fn run(client: ClientInfo, verdict: fn(&str) -> Verdict, unreported: usize) -> RunResult {
    let mut run = RunResult::new(client.clone(), SEED, STARTED_MS, SCENARIOS.len() + 2 + unreported);
    run.suite = "0.1.0".into();
    run.wall_us = 184_000;
    for (path, title, covers) in SCENARIOS {
        run.results.push(result(path, title, covers, &client, verdict(path)));
    }
    for conversation in ["private", "group"] {
        let verdict = verdict(if conversation == "group" { "message/send-group" } else { "message/send" });
        let mut result =
            result("message/send", "A sent message gets its UID", &["SEND-001"], &client, verdict);
        result.case.insert("type".into(), conversation.into());
        run.results.push(result);
    }
    run
}

fn result(path: &str, title: &str, covers: &[&str], client: &ClientInfo, verdict: Verdict) -> ScenarioResult {
    let mut result = ScenarioResult::new(format!("scenarios/{path}.yaml"), title, client.clone(), verdict);
    result.covers = covers.iter().map(ToString::to_string).collect();
    result.seed = SEED;
    result.again = format!("harness run --seed {SEED} --client web-sdk --case scenarios/{path}.yaml");
    result.wall_us = 4_200;
    result.virtual_ms = 35_120;
    if matches!(result.verdict, Verdict::Unsupported { .. }) {
        return result;
    }
    result.sequence = sequence();
    result.trace = trace();
    if path == "kick/second-login" && !result.verdict.findings().is_empty() {
        mark_difference(&mut result);
    }
    if let Verdict::CouldNotRun { .. } = result.verdict {
        result.log = vec!["fatal: \u{1b}[31mout of memory\u{1b}[0m".into(), "]]> & <tag>".into()];
    }
    result
}

fn verdict(path: &str) -> Verdict {
    match path {
        "kick/second-login" => Verdict::Fail { findings: vec![kicked(), late()] },
        "offline/packages" => Verdict::Fail { findings: vec![one_short()] },
        "message/lost-ack" => Verdict::Flaky { attempts: 3, failed: 1, findings: vec![twice()] },
        "connect/wrong-app" => Verdict::UnexpectedlyPassing {
            entry: "connect/wrong-app".into(),
            reason: "reports the code of an expired token".into(),
        },
        "media/upload" => Verdict::CouldNotRun {
            reason: "the adapter ended with signal 6 while call 8 (sendMediaMessage) was under way".into(),
        },
        "recall/twice" => Verdict::KnownFailing {
            kind: EntryKind::Failing,
            findings: vec![Finding::new(FindingKind::ReturnCode, "25101", "0")],
            reason: "recalling twice is accepted".into(),
            issue: Some("https://tracker.example/7".into()),
        },
        "ultragroup/channels" | "chatroom/entries" => Verdict::Unsupported {
            what: path.split('/').next().unwrap_or(path).into(),
            reason: "the adapter declares no such capability".into(),
        },
        _ => Verdict::Pass,
    }
}

fn kicked() -> Finding {
    Finding {
        requirements: vec!["KICK-002".into()],
        client: Some("old".into()),
        place: Some(Place {
            file: "scenarios/kick/second-login.yaml".into(),
            line: 21,
            column: 9,
            snippet: "20 |   - expect: old\n21 |       - onConnectionStatusChanged: {status: kicked_offline_by_other_client}".into(),
        }),
        at_ms: Some(5_120),
        hint: Some("The service wrote DISCONNECT with reason 2; the client treated it as a lost connection.".into()),
        ..Finding::new(
            FindingKind::Expectation,
            "onConnectionStatusChanged {status: kicked_offline_by_other_client}",
            "onConnectionStatusChanged {status: suspended}",
        )
    }
}

fn late() -> Finding {
    Finding {
        requirements: vec!["KICK-001".into()],
        client: Some("old".into()),
        at_ms: Some(6_120),
        known: Some("reconnects once".into()),
        ..Finding::new(FindingKind::Oracle, "no connection after a kick", "conn#3 opened by old")
    }
}

fn one_short() -> Finding {
    Finding {
        requirements: vec!["OFFL-001".into()],
        client: Some("phone".into()),
        at_ms: Some(120),
        ..Finding::new(
            FindingKind::Expectation,
            "onMessageReceived ×200 {left: 199..0, offline: true, hasPackage: true}",
            "onMessageReceived ×199 {left: 198..0, offline: true, hasPackage: true}\nonMessageReceived ×51 {left: 50..0, offline: true, hasPackage: false}",
        )
    }
}

fn twice() -> Finding {
    Finding::new(FindingKind::Oracle, "msg#1 delivered once", "msg#1 delivered twice <&>")
}

fn line(order: u32, at_ms: i64, client: &str, kind: LineKind, text: &str) -> SequenceLine {
    SequenceLine { order, at_ms, client: client.into(), kind, text: text.into(), mark: None }
}

fn sequence() -> Vec<SequenceLine> {
    use LineKind::{Call, Callback, Return, Step};
    vec![
        line(1, 0, "old", Call, "connect {token: $alice.token, timeout: 10}"),
        line(2, 0, "old", Return, "connect -> 0"),
        line(7, 40, "old", Callback, "onConnected {code: 0, userId: alice}"),
        line(8, 5_000, "", Step, "advance 5s"),
        line(9, 5_000, "new", Call, "connect {token: $alice.token, timeout: 10}"),
        line(10, 5_000, "new", Return, "connect -> 0"),
        line(13, 5_040, "new", Callback, "onConnected {code: 0, userId: alice}"),
        line(
            15,
            5_120,
            "old",
            Callback,
            "onConnectionStatusChanged {status: kicked_offline_by_other_client}",
        ),
    ]
}

fn mark_difference(result: &mut ScenarioResult) {
    let last = result.sequence.len() - 1;
    result.sequence[last].mark = Some(Mark::Missing);
    let seen = line(16, 5_120, "old", LineKind::Callback, "onConnectionStatusChanged {status: suspended}");
    result.sequence.push(SequenceLine { mark: Some(Mark::Unexpected), ..seen });
    result.first_difference = Some(Difference {
        before: vec!["t0+5.040s  new  onConnected {code: 0, userId: alice}".into()],
        expected: vec![
            "t0+5.120s  old  onConnectionStatusChanged {status: kicked_offline_by_other_client}".into(),
        ],
        seen: vec!["t0+5.120s  old  onConnectionStatusChanged {status: suspended}".into()],
    });
}

fn entry(order: u32, at_ms: i64, client: &str, direction: Direction, text: &str, detail: &str) -> TraceEntry {
    let connection = if client == "new" { "conn#2" } else { "conn#1" };
    TraceEntry {
        order,
        at_ms,
        client: (!client.is_empty()).then(|| client.to_owned()),
        connection: connection.into(),
        direction,
        kind: TraceKind::Frame,
        text: text.into(),
        detail: detail.into(),
    }
}

fn trace() -> Vec<TraceEntry> {
    use Direction::{ToClient, ToService, Within};
    let mut trace = vec![
        entry(3, 10, "old", ToService, "GET /navi.json", ""),
        entry(4, 20, "old", ToClient, "200 navi", "{\n  \"code\": 200,\n  \"server\": \"127.0.0.1\"\n}"),
        entry(5, 30, "old", ToService, "CONNECT alice Android", "clientId: device-1\nkeepAlive: 180 s"),
        entry(6, 40, "old", ToClient, "CONNACK accepted", "userId: alice"),
        entry(11, 5_030, "new", ToService, "CONNECT alice iOS", "clientId: device-2"),
        entry(12, 5_040, "new", ToClient, "CONNACK accepted", "userId: alice"),
        entry(14, 5_120, "old", ToClient, "DISCONNECT other client", "reason: 2"),
        entry(17, 5_130, "", Within, "conn#1 closed", ""),
    ];
    trace[0].kind = TraceKind::Http;
    trace[1].kind = TraceKind::Http;
    trace[7].kind = TraceKind::Connection;
    trace
}
