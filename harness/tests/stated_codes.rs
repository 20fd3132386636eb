//! What no document states is no expectation: every code that a scenario wants of a client is one that a requirement names, or
//! one that the scenario's own fault has the service answer with.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{collections::BTreeSet, path::Path};

use harness::{
    cli::files,
    scenario::{Matcher, Scenario, Step, StepAct, Value},
};
use serde_json::Value as Json;

/// Codes that requirements name, wherever they come up: success, a sender on a blacklist, a token of no use.
const STATED: [i64; 3] = [0, 405, 31004];

/// Codes of the wrapper itself, and the requirements that name them.
const OF_THE_WRAPPER: [(i64, &[&str]); 4] = [
    (1, &["ERR-002", "ERR-006", "INS-005"]),
    (2, &["ERR-003", "ENG-003"]),
    (3, &["ERR-004"]),
    (4, &["ERR-005"]),
];

/// What the service answers with is passed through.
const PASSED_THROUGH: &str = "ERR-007";

/// Numbers that a matcher takes, but for what it says `not` of.
fn numbers(matcher: &Matcher, into: &mut BTreeSet<i64>) {
    match matcher {
        Matcher::Equals(Value::Plain(json)) => into.extend(json.as_i64()),
        Matcher::OneOf(all) | Matcher::AllOf(all) | Matcher::List(all) | Matcher::Contains(all) => {
            all.iter().for_each(|one| numbers(one, into));
        }
        Matcher::Object(fields) | Matcher::Exactly(fields) => {
            fields.values().for_each(|one| numbers(one, into));
        }
        Matcher::Capture(_, is) => numbers(is, into),
        Matcher::Range(Value::Plain(low), Value::Plain(high)) => {
            into.extend(low.as_i64());
            into.extend(high.as_i64());
        }
        _ => {}
    }
}

/// What faults answer with.
fn answers(value: &Value, into: &mut BTreeSet<i64>) {
    match value {
        Value::Map(fields) => {
            for (name, value) in fields {
                if let (true, Value::Plain(Json::Number(code))) = (name == "answer", value) {
                    into.extend(code.as_i64());
                }
                answers(value, into);
            }
        }
        Value::List(items) => items.iter().for_each(|item| answers(item, into)),
        _ => {}
    }
}

/// Codes that steps want of clients, and those that the service is told to answer with.
fn gather(steps: &[Step], wanted: &mut BTreeSet<i64>, told: &mut BTreeSet<i64>) {
    for step in steps {
        match &step.act {
            StepAct::Call(call) => {
                // What gives a message is in the table with a code: a mapping is none.
                let is_code = |matcher: &&Matcher| {
                    !matches!(matcher, Matcher::Object(_) | Matcher::Exactly(_) | Matcher::AllOf(_))
                };
                let code =
                    harness::catalogue::api().method(&call.method).is_some_and(|m| m.returns == "code");
                let returned = call.returns.iter().filter(is_code);
                returned.filter(|_| code).for_each(|matcher| numbers(matcher, wanted));
                call.refused.iter().for_each(|matcher| numbers(matcher, wanted));
            }
            StepAct::Expect(expect) => {
                let codes = |name: &str| matches!(name, "code" | "errorEntries");
                for event in &expect.events {
                    event.args.iter().filter(|(name, _)| codes(name)).for_each(|(_, m)| numbers(m, wanted));
                }
            }
            StepAct::Service(act) => answers(&act.act, told),
            StepAct::Parallel(inner) | StepAct::Repeat { steps: inner, .. } => gather(inner, wanted, told),
            _ => {}
        }
    }
}

fn unstated(scenario: &Scenario) -> BTreeSet<i64> {
    let covers = |id: &str| scenario.covers.iter().any(|covered| covered.value == id);
    let mut strange = BTreeSet::new();
    for case in &scenario.cases {
        let (mut wanted, mut told) = (BTreeSet::new(), BTreeSet::new());
        gather(&case.steps, &mut wanted, &mut told);
        strange.extend(wanted.into_iter().filter(|code| {
            let of_wrapper =
                OF_THE_WRAPPER.iter().any(|(own, ids)| own == code && ids.iter().any(|id| covers(id)));
            let passed = covers(PASSED_THROUGH) && told.contains(code);
            !(STATED.contains(code) || of_wrapper || passed)
        }));
    }
    strange
}

fn suite() -> Vec<Scenario> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios");
    files::read(&[root]).unwrap().into_iter().map(|file| file.scenario.unwrap()).collect()
}

#[test]
fn scenarios_want_no_code_that_no_requirement_states() {
    let mut strange = Vec::new();
    for scenario in suite() {
        let codes = unstated(&scenario);
        if !codes.is_empty() {
            strange.push(format!("{}: {codes:?}", scenario.path()));
        }
    }
    assert!(
        strange.is_empty(),
        "write `code: {{not: 0}}`, or cover the requirement that states it:\n{}",
        strange.join("\n")
    );
}

#[test]
fn a_code_out_of_thin_air_is_found_and_one_that_a_fault_answers_is_not() {
    let scenario = |covers: &str, answer: i64, code: i64| {
        let text = format!(
            "scenario: x\ncovers: [{covers}]\nservice: {{users: [alice]}}\nclients: {{phone: {{user: alice}}}}\nsteps:\n\
             \x20 - service: {{fault: {{on: {{kind: query}}, effect: {{answer: {answer}}}}}}}\n\
             \x20 - expect: phone\n    in_order: [onBlacklistAdded: {{code: {code}}}]\n"
        );
        harness::scenario::parse(Path::new("x.yaml"), &text).unwrap()
    };
    assert_eq!(unstated(&scenario("ERR-007", 20604, 20604)), BTreeSet::new());
    assert_eq!(unstated(&scenario("ERR-007", 20604, 30003)), BTreeSet::from([30003]));
    assert_eq!(unstated(&scenario("BLK-010", 20604, 20604)), BTreeSet::from([20604]));
    assert_eq!(unstated(&scenario("BLK-010", 20604, 405)), BTreeSet::new());
    assert_eq!(unstated(&scenario("BLK-010", 20604, 1)), BTreeSet::from([1]));
}
