//! Unmodified vendor SDKs, installed by name from their package registry, against our server in virtual time.
//!
//! Needs Node.js and npm. Every scenario of `scenarios/real-clients` must pass with each SDK generation; elsewhere a
//! scenario may be unsupported, with a reason, but none may fail.

use std::{num::NonZeroUsize, path::PathBuf, time::Duration};

use harness::{
    adapter::{
        AdapterDriver, Command,
        check::{Found, check},
    },
    cli::files,
    runner::{self, Driver, Fault, Options},
    scenario::{Case, Scenario, Step, StepAct},
    verdict::{ScenarioResult, Verdict, baseline::Baseline},
};

fn scenarios(folder: &str) -> Vec<Scenario> {
    let path = PathBuf::from("../scenarios").join(folder);
    let read = files::read(&[path]).expect("the folder is there");
    read.into_iter().map(|file| file.scenario.expect("committed scenarios are right")).collect()
}

/// What clients without ultra groups take no part in.
const ULTRA_GROUPS: &[&str] = &[
    "ultra-group-changes-between-pages",
    "ultra-group-channel-lists-between-pages",
    "ultra-group-channels-between-pages",
    "ultra-group-history-between-pages",
    "ultra-group-levels-between-pages",
    "ultra-group-messages-between-pages",
    "ultra-group-returns-between-pages",
    "ultra-group-typing-between-pages",
    "ultra-group-unread-between-pages",
];

const NO_ULTRA_GROUPS: Lacks<'_> = Lacks { scenarios: ULTRA_GROUPS, names: &["ultragroup"] };

/// What a generation has not.
#[derive(Default)]
struct Lacks<'a> {
    /// Scenarios that it takes no part in.
    scenarios: &'a [&'a str],
    /// Capabilities, methods and callbacks, by which it is unsupported in rows of matrices that have it in a role.
    names: &'a [&'a str],
}

/// Every case of `scenarios/real-clients` that this client takes part in passes, but for what the SDK itself does
/// otherwise: those must fail, or the list is stale; and but for what it has no call for.
fn passes(client: &str, deviations: &[&str], lacks: &Lacks<'_>) {
    let real = scenarios("real-clients");
    let ran = run(client, &real);
    // Cases that differ in platforms alone are one to a client of one platform.
    let case_of = |result: &ScenarioResult| {
        let scenario = real.iter().find(|scenario| scenario.path() == result.path);
        let cases = scenario.map_or(&[][..], |scenario| &scenario.cases);
        cases.iter().find(|case| case.axes == result.case).expect("it was planned")
    };
    // A case whose clients are all named, and others, is about those.
    let takes_part = |case: &Case| {
        case.clients.values().any(|one| one.client.as_deref().is_none_or(|named| named == client))
    };
    for result in &ran {
        let case = case_of(result);
        // By file, or by case: `file[axis=value]`.
        let is_in = |list: &[&str]| {
            list.iter().any(|name| {
                result.path.ends_with(&format!("/{name}.yaml"))
                    || result.name().ends_with(&format!("/{name}"))
            })
        };
        // What a generation lacks it lacks in the rows of matrices, too, in which it is the one under test.
        let is_row =
            case.axes.values().any(|value| value == "tested" || value.contains("the one under test"));
        let lacks_it = is_row
            && matches!(&result.verdict, Verdict::Unsupported { what, .. } if lacks.names.contains(&what.as_str()));
        if is_in(deviations) {
            let failed = matches!(result.verdict, Verdict::Fail { .. } | Verdict::KnownFailing { .. });
            assert!(failed, "{client}: {} is listed as a deviation: {:?}", result.name(), result.verdict);
        } else if takes_part(case) && !is_in(lacks.scenarios) && !lacks_it {
            // What it is known to do otherwise stands in its baseline, case by case and with a reason.
            let well = matches!(result.verdict, Verdict::Pass | Verdict::KnownFailing { .. });
            assert!(well, "{client}: {}: {:?}", result.name(), result.verdict);
        } else {
            assert!(
                matches!(result.verdict, Verdict::Unsupported { .. }),
                "{client}: {} is about other clients, or lacking: {:?}",
                result.name(),
                result.verdict
            );
        }
    }
}

/// Runs them, judged with the client's known deviations; results are in the order of the cases.
fn run(client: &str, scenarios: &[Scenario]) -> Vec<ScenarioResult> {
    let command = Command::named(client).expect("a known client");
    let make = || -> Result<Box<dyn Driver>, Fault> { Ok(Box::new(AdapterDriver::start(&command)?)) };
    // Days of virtual time are many ticks of a real SDK, and a busy machine is no reason to fail.
    let case_limit = std::time::Duration::from_secs(600);
    let options = Options { jobs: Some(NonZeroUsize::MIN), case_limit, ..Options::default() };
    let mut run = runner::run(scenarios, &options, &make, &|_| {}).expect("the adapter starts").run;
    let path = format!("../fixtures/baselines/{client}.yaml");
    if let Ok(text) = std::fs::read_to_string(&path) {
        Baseline::read(&path, &text).expect("committed baselines are right").apply(&mut run);
        assert!(run.baseline_problems.is_empty(), "{}", run.baseline_problems.join("\n"));
    }
    run.results
}

#[test]
fn web_sdk_4_6_4_passes_what_it_supports() {
    passes("web-sdk@4.6.4", &[], &NO_ULTRA_GROUPS);
}

#[test]
fn web_sdk_5_38_0_passes_what_it_supports() {
    passes("web-sdk@5.38.0", &[], &Lacks::default());
}

/// Generations in between, and one before: the service must suit every SDK that is in use.
#[test]
fn other_versions_pass_too() {
    passes("web-sdk@5.28.0", &[], &Lacks::default());
    // Engine 5.7.3 asks anew for a room's messages when it is back, from 0 and for as many as it joined with: what was said
    // meanwhile does not come. It counts what was said in ultra groups twice: with the list, and with the pull behind it.
    let returns = [
        "chatroom-returns-between-pages",
        "chatroom-returns-between-clients[pair=the reference to the one under test]",
        "ultra-group-returns-between-pages",
        "ultra-group-returns-between-clients[pair=the reference to the one under test]",
    ];
    passes("web-sdk@5.7.3", &returns, &Lacks::default());
    // Engine 5.3 knows nothing of channels that are closed or deleted: its list keeps them.
    passes("web-sdk@5.3.4", &["ultra-group-channel-lists-between-pages"], &Lacks::default());
    nothing_is_red("web-sdk@5.3.4", "ultragroup", 25);
    // Engine 4.2 tells every refused login as 30002, and takes a connect after one for a second connect (33006). Typing is a
    // message like any other to it, and the one mute that it knows is the number that levels use for `mention`.
    let deviations = [
        "wrong-token",
        "second-page-kicks-the-first",
        "typing-between-clients[pair=the reference to the one under test]",
        "one-user-on-page-and-phone[page=tested]",
    ];
    let lacks = [
        "typing-between-pages",
        "chatroom-between-pages",
        "chatroom-entries-between-pages",
        "chatroom-returns-between-pages",
    ];
    let names = [
        "ultragroup",
        "sendTypingStatus",
        "addChatRoomEntries",
        "onChatRoomMemberChanged",
        "onChatRoomStatusChanged",
    ];
    let lacks = Lacks { scenarios: &[&lacks, ULTRA_GROUPS].concat(), names: &names };
    passes("web-sdk@4.2.6", &deviations, &lacks);
}

/// The answer to a tag put on a conversation is nothing to some and wanted with a version by others.
#[test]
fn tags_suit_every_generation_that_has_them() {
    for client in ["4.5.1", "4.6.4", "5.3.4", "5.7.3", "5.28.0", "5.38.0"] {
        nothing_is_red(&format!("web-sdk@{client}"), "tags", 2);
    }
}

/// What becomes of channels and user groups, newer SDKs tell by events that the documented engine has no callbacks for; the
/// adapter notes them.
#[test]
fn imlib_next_hears_of_channels_and_user_groups() {
    let heard = |scenario: &str| {
        let ran =
            run("web-sdk@5.38.0", &scenarios(&format!("real-clients/ultragroup-channels/{scenario}.yaml")));
        assert_eq!(ran.len(), 1);
        assert_eq!(ran[0].verdict, Verdict::Pass, "{scenario}");
        ran[0].log.join("\n")
    };
    let log = heard("ultra-group-channels-between-pages");
    for told in [
        r#"ULTRA_GROUP_CHANNEL_TYPE_CHANGE [{"targetId":"town","channelId":"sports","changeType":6,"channelType":1}]"#,
        r#"ULTRA_GROUP_CHANNEL_TYPE_CHANGE [{"targetId":"town","channelId":"sports","changeType":3,"channelType":0}]"#,
        r#"ULTRA_GROUP_CHANNEL_USER_KICKED [{"targetId":"town","channelId":"sports","userId":"ben","channelType":1}]"#,
        r#"ULTRA_GROUP_CHANNEL_DELETE [{"targetId":"town","channelId":"sports","channelType":0,"#,
        r#"USER_GROUP_STATUS {"userAdded":[{"conversation":{"conversationType":10,"targetId":"town"},"userGroupIds":["press"]}]}"#,
        r#"USER_GROUP_STATUS {"userRemoved":[{"#,
        r#"USER_GROUP_STATUS {"userGroupDisband":[{"#,
        r#"USER_GROUP_STATUS {"userGroupBindChannel":[{"conversation":{"conversationType":10,"targetId":"town","channelId":"sports"},"channelType":1,"#,
        r#"USER_GROUP_STATUS {"userGroupUnBindChannel":[{"#,
    ] {
        assert!(log.contains(told), "not heard: {told}\n{log}");
    }
    let log = heard("ultra-group-channel-lists-between-pages");
    assert!(log.contains(r#""channelId":"sports","userId":"ben","channelType":1}"#), "{log}");
}

#[test]
fn web_sdk_4_6_4_passes_without_websocket() {
    passes("web-sdk@4.6.4+comet", &[], &NO_ULTRA_GROUPS);
    nothing_is_red("web-sdk@4.6.4+comet", "chatroom", 60);
}

#[test]
fn the_web_sdk_adapter_keeps_to_the_protocol() {
    for client in ["web-sdk@4.6.4", "web-sdk@5.38.0"] {
        let checks = check(&Command::named(client).expect("a known client")).expect("it starts");
        for check in checks {
            assert_eq!(check.found, Found::Good, "{client}: {}", check.what);
        }
    }
}

#[test]
fn nothing_is_red_in_the_whole_suite_with_imlib_v4() {
    nothing_is_red("web-sdk@4.6.4", "", 350);
}

#[test]
fn nothing_is_red_in_the_whole_suite_with_imlib_next() {
    nothing_is_red("web-sdk@5.38.0", "", 350);
}

/// A day of virtual time is 5,760 pings of a real SDK, one after the other. What waits for longer than this is run by hand:
/// `harness run --client web-sdk@5.38.0` leaves nothing out.
const LONGEST_WAIT: Duration = Duration::from_secs(12 * 3_600);

/// How long a case lets time pass.
fn waits(steps: &[Step]) -> Duration {
    let each = steps.iter().map(|step| match &step.act {
        StepAct::Advance(time) | StepAct::AdvanceService(time) => *time,
        StepAct::None(quiet) => quiet.lasting.unwrap_or_default(),
        StepAct::Parallel(inner) => waits(inner),
        StepAct::Repeat { times, steps } => waits(steps).saturating_mul(*times),
        _ => Duration::ZERO,
    });
    each.sum()
}

/// Every scenario of a folder passes, is unsupported, or deviates as the baseline knows, and `least` pass; what is
/// unsupported says why.
fn nothing_is_red(client: &str, folder: &str, least: usize) {
    let mut all = scenarios(folder);
    for scenario in &mut all {
        scenario.cases.retain(|case| waits(&case.steps) <= LONGEST_WAIT);
    }
    let ran = run(client, &all);
    let red: Vec<String> = ran
        .iter()
        .filter(|case| case.verdict.kind().is_red())
        .map(|case| format!("{}: {:#?}", case.name(), case.verdict))
        .collect();
    assert!(red.is_empty(), "{client}:\n{}", red.join("\n"));
    let passed = ran.iter().filter(|case| case.verdict == Verdict::Pass).count();
    assert!(passed >= least, "{client}: only {passed} of {} passed", ran.len());
    for case in &ran {
        if let Verdict::Unsupported { reason, .. } = &case.verdict {
            assert!(!reason.is_empty(), "{client}: {} says no reason", case.name());
        }
    }
}
