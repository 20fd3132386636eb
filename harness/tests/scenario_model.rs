//! Reading scenario files: the committed ones are right, and every mistake in a wrong one is named.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{fs, path::Path, time::Duration};

use harness::scenario::{self, Matcher, Matching, Step, StepAct, Value};
use serde_json::json;

#[test]
fn the_example_is_read_whole() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios/offline/packages-of-200.yaml");
    let text = fs::read_to_string(&path).unwrap();
    let scenario = scenario::parse(&path, &text).unwrap_or_else(|mistakes| {
        panic!("{}", mistakes.iter().map(|m| m.line()).collect::<Vec<_>>().join("\n"))
    });
    assert_eq!(scenario.title, "A backlog of 450 messages arrives as packages of 200, 200 and 50");
    assert_eq!(scenario.cases.len(), 1);
    let case = &scenario.cases[0];
    assert_eq!(case.worlds["main"].backlog[0].count, 450);
    assert_eq!(case.clients["phone"].user, "alice");
    assert_eq!(case.steps.len(), 3);
    let StepAct::Expect(expect) = &case.steps[1].act else { panic!("the second step expects") };
    assert_eq!(expect.events.len(), 4);
}

fn read(text: &str) -> scenario::Scenario {
    scenario::parse_with("s.yaml", text, &|path| match path {
        "_connected.yaml" => {
            Ok("- call: ${client}.connect\n  with: {token: \"${token}\", timeout: 10}\n".to_owned())
        }
        "_circle.yaml" => Ok("- include: _circle.yaml\n".to_owned()),
        _ => Err("no such file".to_owned()),
    })
    .unwrap_or_else(|mistakes| panic!("{}", mistakes.iter().map(|m| m.line()).collect::<Vec<_>>().join("\n")))
}

fn steps(steps: &str) -> Vec<Step> {
    let head = "scenario: x\nservice: {users: [alice, bob], tokens: {old: {user: alice, kind: expired}}}\n\
        clients: {phone: {user: alice}}\nsteps:\n";
    read(&format!("{head}{steps}")).cases.remove(0).steps
}

#[test]
fn a_matrix_multiplies_the_last_axis_fastest_and_keeps_kinds_of_values() {
    let scenario = read(
        "scenario: x\nmatrix:\n  n: [1, 2]\n  to: [{name: private, type: private}, {name: group, type: group}]\n\
         service: {users: [alice]}\nclients: {phone: {user: alice}}\nsteps:\n\
         \x20 - call: phone.createTextMessage\n    with: {type: \"${to.type}\", text: \"m${n}\"}\n    returns: \"${n}\"\n",
    );
    let labels: Vec<String> = scenario.cases.iter().map(|case| case.label()).collect();
    assert_eq!(labels, ["n=1,to=private", "n=1,to=group", "n=2,to=private", "n=2,to=group"]);
    let StepAct::Call(call) = &scenario.cases[3].steps[0].act else { panic!("it calls") };
    assert_eq!(call.with["type"], Value::Plain(json!("group")));
    assert_eq!(call.with["text"], Value::Plain(json!("m2")));
    assert_eq!(call.returns, Some(Matcher::Equals(Value::Plain(json!(2)))));
}

#[test]
fn pairs_of_a_chain_are_an_axis_that_later_axes_and_paths_can_name() {
    let scenario = read(
        "scenario: x\nmatrix:\n  pair: {pairs_of_chain: [{name: a, file: connected}, {name: b, file: connected}, {name: c}]}\n\
         \x20 outcome: [{name: yes, who: \"${pair.over.name}\"}, {name: no, who: \"${pair.under.name}\"}]\n\
         service: {users: [alice]}\nclients: {phone: {user: alice}}\nsteps:\n\
         \x20 - include: _${pair.over.file}.yaml\n    with: {client: phone, token: \"t-${outcome.who}\"}\n",
    );
    let told: Vec<String> = scenario
        .cases
        .iter()
        .map(|case| {
            let StepAct::Call(call) = &case.steps[0].act else { panic!("it calls") };
            format!("{} {:?}", case.label(), call.with["token"])
        })
        .collect();
    insta::assert_snapshot!(told.join("\n"));
    // The file that six cases include is one source.
    assert_eq!(scenario.sources.len(), 2);
}

#[test]
fn a_fragment_takes_the_place_of_its_include_and_knows_its_own_file() {
    let scenario = read(
        "scenario: x\nservice: {users: [alice]}\nclients: {phone: {user: alice}}\nsteps:\n\
         \x20 - include: _connected.yaml\n    with: {client: phone, token: $alice.token}\n  - advance: 5s\n",
    );
    let case = &scenario.cases[0];
    assert_eq!(case.steps.len(), 2);
    assert_eq!(case.steps[0].at.describe(&scenario.sources), "_connected.yaml:1:3");
    assert_eq!(case.steps[1].act, StepAct::Advance(Duration::from_secs(5)));
    let circle = scenario::parse_with("s.yaml", "scenario: x\nsteps: [{include: _circle.yaml}]", &|_| {
        Ok("- include: _circle.yaml\n".to_owned())
    });
    let mistakes = circle.unwrap_err();
    assert!(mistakes[0].to_string().contains("does it include itself?"), "{}", mistakes[0]);
}

#[test]
fn a_fragment_includes_from_its_own_folder_and_else_from_the_scenarios() {
    let files = |path: &str| {
        Ok(match path {
            "../../_all.yaml" => "- include: b/_one.yaml\n- include: ${given}\n- include: /abs/_four.yaml\n",
            "../../b/_one.yaml" => "- include: _two.yaml\n- include: ../_three.yaml\n",
            // Not looked for while the fragment's own folder has one.
            "_two.yaml" => "- advance: 9s\n",
            "../../b/_two.yaml" => "- advance: 2s\n",
            "../../b/../_three.yaml" => "- advance: 3s\n",
            "_given.yaml" => "- advance: 7s\n",
            "/abs/_four.yaml" => "- advance: 4s\n",
            _ => return Err("no such file".to_owned()),
        }
        .to_owned())
    };
    let text = |steps: &str| {
        format!(
            "scenario: x\nservice: {{users: [alice]}}\nclients: {{phone: {{user: alice}}}}\nsteps:\n{steps}"
        )
    };
    let steps = text("  - include: ../../_all.yaml\n    with: {given: _given.yaml}\n");
    let scenario = scenario::parse_with("a/b/c/s.yaml", &steps, &files)
        .unwrap_or_else(|mistakes| panic!("{:?}", mistakes.iter().map(|m| m.line()).collect::<Vec<_>>()));
    let acts: Vec<&StepAct> = scenario.cases[0].steps.iter().map(|step| &step.act).collect();
    let seconds = [2, 3, 7, 4].map(|seconds| StepAct::Advance(Duration::from_secs(seconds)));
    assert_eq!(acts, seconds.iter().collect::<Vec<_>>());
    let place = scenario.cases[0].steps[0].at.describe(&scenario.sources);
    assert_eq!(place, "a/b/c/../../b/_two.yaml:1:3");
    let missing = scenario::parse_with("a/s.yaml", &text("  - include: _none.yaml\n"), &files).unwrap_err();
    assert!(missing[0].line().contains("cannot read `_none.yaml`: no such file"), "{}", missing[0].line());
}

#[test]
fn references_find_fields_and_add_time() {
    let steps = steps(
        "  - let: {$m1: {sentTime: 5000, ids: [7, 8]}}\n  - let:\n      $a: $m1.sentTime + 1s\n      $b: $m1.ids.1\n\
         \x20     $c: \"id ${m1.ids.0}!\"\n      $d: $$5\n      $e: {$repeat: ab, times: 3}\n      $f: $token.old\n",
    );
    let StepAct::Let(lets) = &steps[1].act else { panic!("it names") };
    let scope = |name: &str| match name {
        "m1" => Some(json!({"sentTime": 5000, "ids": [7, 8]})),
        "token" => Some(json!({"old": "t0"})),
        _ => None,
    };
    let values: Vec<serde_json::Value> = lets.values().map(|value| value.resolve(&scope).unwrap()).collect();
    assert_eq!(values, [json!(6000), json!(8), json!("id 7!"), json!("$5"), json!("ababab"), json!("t0")]);
    let nothing = |_: &str| None;
    let error = lets["a"].resolve(&nothing).unwrap_err();
    assert_eq!(error.to_string(), "`$m1.sentTime` has no value yet");
}

/// The matcher of a `returns:` in YAML.
fn matcher(text: &str) -> Matcher {
    let mut steps = steps(&format!("  - call: phone.connect\n    returns: {text}\n"));
    match steps.remove(0).act {
        StepAct::Call(call) => call.returns.unwrap(),
        _ => panic!("it calls"),
    }
}

fn fits(text: &str, value: serde_json::Value) -> bool {
    let scope = |name: &str| (name == "now").then(|| json!(1000));
    matcher(text).check(Some(&value), &Matching { scope: &scope, index: 2 }).is_ok()
}

#[test]
fn matchers_match_what_they_say_and_nothing_else() {
    for (text, right, wrong) in [
        ("0", json!(0.0), json!(1)),
        ("any", json!(null), serde_json::Value::Null),
        ("absent", json!(null), json!(0)),
        ("{a: 1}", json!({"a": 1, "b": 2}), json!({"a": 2})),
        ("{a: absent}", json!({"b": 2}), json!({"a": 2})),
        ("{exactly: {a: 1}}", json!({"a": 1, "b": null}), json!({"a": 1, "b": 2})),
        ("[1, any]", json!([1, 2]), json!([1])),
        ("{range: [1, 3]}", json!(3), json!(4)),
        ("{range: [$now - 1s, $now + 1s]}", json!(2000), json!(2001)),
        ("199..0", json!(197), json!(199)),
        ("1..200", json!(3), json!(1)),
        ("{regex: '^a.c$'}", json!("abc"), json!("abcd")),
        ("{not: 5}", json!(4), json!(5)),
        ("{gt: 1, lte: 3}", json!(3), json!(1)),
        ("{one_of: [1, a]}", json!("a"), json!("b")),
        ("{all_of: [{gt: 1}, {lt: 3}]}", json!(2), json!(3)),
        ("{contains: {id: 2}}", json!([{"id": 1}, {"id": 2}]), json!([{"id": 1}])),
        ("{contains: bc}", json!("abcd"), json!("acbd")),
        ("{length: {gte: 2}}", json!("你好"), json!("你")),
        ("{capture: $x, is: {gt: 0}}", json!(1), json!(0)),
        ("\"any\"", json!("any"), json!("other")),
    ] {
        assert!(fits(text, right.clone()), "{text} matches {right}");
        if text != "any" {
            assert!(!fits(text, wrong.clone()), "{text} does not match {wrong}");
        }
    }
}

#[test]
fn a_mismatch_says_where_and_captures_come_back_only_from_a_match() {
    let matcher = matcher("{message: {text: {capture: $t}, sentTime: {gt: 5}}}");
    let scope = |_: &str| None;
    let with = Matching { scope: &scope, index: 0 };
    let captures = matcher.check(Some(&json!({"message": {"text": "hi", "sentTime": 6}})), &with).unwrap();
    assert_eq!(captures["t"], json!("hi"));
    let error = matcher.check(Some(&json!({"message": {"text": "hi", "sentTime": 5}})), &with).unwrap_err();
    assert_eq!(error.to_string(), "`message.sentTime`: expected more than 5, got 5");
    let error = matcher.check(Some(&json!({"message": {}})), &with).unwrap_err();
    assert_eq!(error.to_string(), "`message.text`: expected any value, got nothing");
}

#[test]
fn every_kind_of_step_is_read() {
    let steps = steps(
        "  - mark: cut\n  - network: {client: phone, do: half_open}\n  - background: phone\n  - foreground: phone\n\
         \x20 - restart: phone\n  - reinstall: phone\n  - service: {kick: {user: alice}}\n\
         \x20 - api: {path: /user/getToken.json, form: {userId: alice}, sign: wrong, expect: {status: 401}}\n\
         \x20 - state: {kind: users, id: alice, expect: {online: false}}\n\
         \x20 - journal: {of: {kind: frame}, count: {gte: 1}, since: $cut}\n\
         \x20 - attempts: phone\n    since: $cut + 1s\n    at: [0, 50ms, 1s]\n    tolerance: 5ms\n\
         \x20 - wire: raw\n    open: {transport: websocket, query: {token: $alice.token}}\n\
         \x20 - wire: raw\n    send: {PUBLISH: {topic: ppMsgP, target: bob}}\n\
         \x20 - wire: raw\n    send: PINGREQ\n  - wire: raw\n    expect: {frame: PINGRESP}\n    within: 1s\n\
         \x20 - wire: raw\n    closed: true\n  - parallel: [{background: phone}]\n\
         \x20 - repeat: 3\n    steps: [{let: {$n: $i}}]\n  - none: phone\n    until: fence\n",
    );
    assert_eq!(steps.len(), 19);
    let StepAct::Attempts(attempts) = &steps[10].act else { panic!("attempts") };
    assert_eq!(attempts.at, [0, 50, 1000].map(Duration::from_millis));
}
