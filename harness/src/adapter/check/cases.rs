//! Two small cases with the client behind the adapter: it connects, and it is told what it is sent.

use std::{num::NonZeroUsize, path::Path, sync::Arc};

use super::{Check, Found};
use crate::{
    adapter::{AdapterDriver, Command},
    dial::Exchange,
    runner::{self, Driver, Fault, Interrupt, Options},
    scenario,
    verdict::{Finding, Verdict},
};

const CASES: &[(&str, &str)] = &[
    (
        "connects a client, and tells of it once",
        "
scenario: A client connects
covers: [CONN-002]
service: {users: [alice]}
clients: {one: {user: alice}}
steps:
  - call: one.connect
    with: {token: $alice.token, timeout: 0}
  - expect: one
    in_order: [onConnected: {code: 0}]
  - none: one
    of: [onConnected]
    for: 30s
",
    ),
    (
        "tells of a message that was sent to its client",
        "
scenario: A message arrives
covers: [RECV-001]
service: {users: [alice, bob]}
clients: {one: {user: alice}, other: {user: bob, client: reference}}
steps:
  - call: one.connect
    with: {token: $alice.token, timeout: 0}
  - call: other.connect
    with: {token: $bob.token, timeout: 0}
  - call: other.createTextMessage
    with: {type: private, targetId: alice, channelId: '', text: hello}
    save_as: $message
  - call: other.sendMessage
    with: {message: $message}
  - expect: one
    in_order: [onMessageReceived: {message: {text: hello}}]
",
    ),
];

/// Runs them.
pub(super) fn check(command: &Command, exchange: Option<&Arc<Exchange>>) -> Result<Vec<Check>, Fault> {
    let make = || -> Result<Box<dyn Driver>, Fault> {
        Ok(Box::new(AdapterDriver::start_with(command, &Interrupt::default(), exchange.cloned())?))
    };
    let mut checks = Vec::new();
    for (what, text) in CASES {
        let parsed = scenario::parse(Path::new("check-adapter.yaml"), text).map_err(|mistakes| {
            let lines: Vec<String> = mistakes.iter().map(scenario::Diagnostic::line).collect();
            Fault(format!("a case of the check is wrong: {}", lines.join("; ")))
        })?;
        let options = Options { jobs: Some(NonZeroUsize::MIN), ..Options::default() };
        let ran = runner::run(&[parsed], &options, &make, &|_| {})?;
        let found = ran.run.results.into_iter().next().map_or_else(
            || Found::Bad("it was not run".to_owned()),
            |result| match result.verdict {
                Verdict::Pass => Found::Good,
                Verdict::Unsupported { reason, .. } => Found::Unsupported(reason),
                Verdict::CouldNotRun { reason } => Found::Bad(reason),
                Verdict::Fail { findings } => Found::Bad(told(&findings)),
                other => Found::Bad(format!("the case is {}", other.kind().words())),
            },
        );
        checks.push(Check { what, found });
    }
    Ok(checks)
}

fn told(findings: &[Finding]) -> String {
    let each = findings.iter().map(|finding| format!("wanted {}, seen {}", finding.expected, finding.seen));
    each.collect::<Vec<_>>().join("; ")
}
