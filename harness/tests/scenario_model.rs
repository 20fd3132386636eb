//! Reading scenario files: the committed ones are right, and every mistake in a wrong one is named.

use std::{fs, path::Path};

use harness::scenario::{self, StepAct};

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
