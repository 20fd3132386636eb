//! Whether a client can run a case at all. What it lacks is said; nothing is skipped in silence.

use std::time::Duration;

use super::driver::Abilities;
use crate::scenario::{Case, Client, EventMatch, Matcher, Order, Scenario, Step, StepAct};

/// Declared by clients whose attempts to connect are visible, refused ones too.
pub(super) const ATTEMPTS: &str = "attempts";

/// What virtual time is needed for, real time gives to who has patience.
const VIRTUAL_TIME: &str = "virtual_time";

/// The client that the simulation runs.
const REFERENCE: &str = "reference";

/// The first thing the case needs and the client lacks.
pub(super) fn unsupported(scenario: &Scenario, case: &Case, can: &Abilities) -> Lack {
    let lacks = |what: &str, how: String| Some((what.to_owned(), format!("{} {how}", can.client)));
    if let Some(need) = scenario.needs.iter().find(|need| !can.capabilities.contains(need.value.as_str())) {
        return lacks(&need.value, format!("has no {}", need.value.replace('_', " ")));
    }
    // What the author did not think of: the case itself tells. Where time has to pass, a client in real time waits.
    let has =
        |need: &str| can.capabilities.contains(need) || (need == VIRTUAL_TIME && can.patience.is_some());
    if let Some(need) = case.uses().into_iter().find(|need| !has(need)) {
        return lacks(need, format!("has no {}", need.replace('_', " ")));
    }
    // Clients a scenario names itself stand beside the one under test, in a run over sockets.
    let mut others = case.clients.values().filter_map(|client| client.client.as_deref());
    if let Some(other) = others.find(|other| can.client == REFERENCE && *other != REFERENCE) {
        let reason = format!("the simulation hosts no {other}: run the scenario with `--client {other}`");
        return Some((other.to_owned(), reason));
    }
    let mut mine = case.clients.iter().filter(|(_, client)| client.client.is_none());
    if !can.platforms.is_empty()
        && let Some((name, platform)) = mine.find_map(|(name, client)| {
            Some((name, client.platform.as_ref().filter(|p| !can.platforms.contains(*p))?))
        })
    {
        return lacks(platform, format!("cannot be {platform} (client `{name}`)"));
    }
    let parts = case.clients.values().filter(|client| client.client.is_none()).count();
    if let Some(devices) = can.devices.filter(|devices| *devices < parts) {
        return lacks("devices", format!("brings {devices} devices at once, and the case needs {parts}"));
    }
    if let Some((name, client)) = case.clients.iter().find(|(_, client)| is_another(client, can)) {
        let other = client.client.as_deref().unwrap_or_default();
        return lacks(other, format!("cannot stand beside {other} (client `{name}`)"));
    }
    // A scenario whose clients are all named and others proves nothing of this one.
    let is_mine = |client: &Client| client.client.as_ref().is_none_or(|named| *named == can.client);
    if !case.clients.is_empty() && !case.clients.values().any(is_mine) {
        let named: Vec<_> = case.clients.values().filter_map(|client| client.client.as_deref()).collect();
        return Some((
            "a part in it".to_owned(),
            format!("the scenario is about {} alone", named.join(", ")),
        ));
    }
    if case.clients.is_empty() && can.patience.is_some() {
        return Some(("a part in it".to_owned(), "the scenario is about the service alone".to_owned()));
    }
    if let Some(lack) = can.patience.and_then(|patience| out_of_time(case, patience, &can.client)) {
        return Some(lack);
    }
    // What a client of another make is asked for is no matter of this one's.
    let mine = |name: &str| case.clients.get(name).is_none_or(is_mine);
    steps(&case.steps, can, &mine)
}

/// What a case wants that a client in real time cannot give: more waiting than there is patience for, or a callback at an
/// exact instant.
fn out_of_time(case: &Case, patience: Duration, client: &str) -> Lack {
    let wanted = waits(&case.steps);
    if wanted > patience {
        let time = words(wanted);
        let reason = format!("{client} runs in real time: the case needs {time} of it (`--patience {time}`)");
        return Some(("patience".to_owned(), reason));
    }
    exact(&case.steps).then(|| {
        let reason =
            format!("{client} runs in real time: the case judges when a callback comes to the millisecond");
        ("an exact instant".to_owned(), reason)
    })
}

/// How much time a case lets pass, whatever happens in it.
fn waits(steps: &[Step]) -> Duration {
    let each = steps.iter().map(|step| match &step.act {
        StepAct::Advance(time) => *time,
        StepAct::None(quiet) => quiet.lasting.unwrap_or_default(),
        StepAct::Parallel(inner) => waits(inner),
        StepAct::Repeat { times, steps } => waits(steps).saturating_mul(*times),
        _ => Duration::ZERO,
    });
    each.fold(Duration::ZERO, Duration::saturating_add)
}

fn exact(steps: &[Step]) -> bool {
    steps.iter().any(|step| match &step.act {
        StepAct::Expect(expect) => expect.events.iter().any(|event| event.time.is_some()),
        StepAct::Parallel(inner) | StepAct::Repeat { steps: inner, .. } => exact(inner),
        _ => false,
    })
}

/// A duration as one writes it: the largest unit that it has none smaller than.
pub(super) fn words(time: Duration) -> String {
    let ms = time.as_millis();
    let units = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1_000, "s"), (1, "ms")];
    let (unit, name) = units.into_iter().find(|(unit, _)| ms.is_multiple_of(*unit)).unwrap_or((1, "ms"));
    format!("{}{name}", ms / unit)
}

/// Whether a client of a mixed scenario is not the one under test.
fn is_another(client: &Client, can: &Abilities) -> bool {
    client.client.as_ref().is_some_and(|other| *other != can.client && !can.beside.contains(other))
}

type Lack = Option<(String, String)>;

fn steps(list: &[Step], can: &Abilities, mine: &dyn Fn(&str) -> bool) -> Lack {
    list.iter().find_map(|step| match &step.act {
        StepAct::Call(call) if mine(&call.client) && !can.methods.contains(&call.method) => {
            let reason = format!("{} has no such method: {}", can.client, call.method);
            Some((call.method.clone(), reason))
        }
        StepAct::Expect(expect) if mine(&expect.client) => {
            // What may stay away need not be known.
            let events: Vec<_> = expect.events.iter().filter(|event| event.times.least > 0).collect();
            let lacks: Vec<_> = events.iter().filter_map(|event| unknown(event, can)).collect();
            let enough = expect.order == Order::OneOf && lacks.len() < events.len();
            lacks.into_iter().next().filter(|_| !enough)
        }
        // That a callback the client does not have stays away proves nothing.
        StepAct::None(quiet)
            if mine(&quiet.client)
                && !quiet.of.is_empty()
                && quiet.of.iter().all(|of| !can.events.contains(&of.name)) =>
        {
            no_callback(&quiet.of[0].name, can)
        }
        StepAct::Attempts(_) if !can.capabilities.contains(ATTEMPTS) => {
            let reason = format!("attempts of {} to connect cannot be seen", can.client);
            Some((ATTEMPTS.to_owned(), reason))
        }
        StepAct::Parallel(inner) | StepAct::Repeat { steps: inner, .. } => steps(inner, can, mine),
        _ => None,
    })
}

fn no_callback(name: &str, can: &Abilities) -> Lack {
    Some((name.to_owned(), format!("{} has no such callback: {name}", can.client)))
}

fn unknown(event: &EventMatch, can: &Abilities) -> Lack {
    if !can.events.contains(&event.name) {
        return no_callback(&event.name, can);
    }
    event.args.iter().find_map(|(name, matcher)| untold(&format!("{}.{name}", event.name), matcher, can))
}

/// An argument, or a field below it, that the client never tells.
fn untold(path: &str, matcher: &Matcher, can: &Abilities) -> Lack {
    if can.unknown_args.contains(path) {
        return Some((path.to_owned(), format!("{} does not tell `{path}`", can.client)));
    }
    match matcher {
        Matcher::Object(fields) | Matcher::Exactly(fields) => {
            fields.iter().find_map(|(name, matcher)| untold(&format!("{path}.{name}"), matcher, can))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::{num::NonZeroUsize, path::Path};

    use super::super::{Driver, Fault, Options, SimDriver, run};
    use crate::{cli::files, verdict::Verdict};

    /// Scenarios some of whose cases are about groups: a client that has none is judged by the others, and none of those
    /// shows it a group.
    #[test]
    fn a_client_without_groups_is_asked_for_none() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios");
        let mut scenarios: Vec<_> =
            files::read(&[root]).unwrap().into_iter().map(|file| file.scenario.unwrap()).collect();
        scenarios.retain(|scenario| {
            let groups = scenario.cases.iter().filter(|case| case.uses().contains("group")).count();
            groups > 0 && groups < scenario.cases.len()
        });
        assert!(scenarios.len() > 20, "{} scenarios", scenarios.len());
        let options = Options { jobs: Some(NonZeroUsize::MIN), trace_all: true, ..Options::default() };
        let make = || -> Result<Box<dyn Driver>, Fault> { Ok(Box::new(SimDriver::without("group"))) };
        let ran = run(&scenarios, &options, &make, &|_| {}).unwrap();
        let (mut judged, mut spared) = (0, 0);
        for result in &ran.run.results {
            match &result.verdict {
                Verdict::Unsupported { what, .. } => {
                    spared += 1;
                    assert_eq!(what, "group", "{}", result.name());
                    continue;
                }
                Verdict::Pass => judged += 1,
                other => panic!("{}: {other:?}", result.name()),
            }
            let shown =
                result.sequence.iter().map(|line| &line.text).chain(result.trace.iter().map(|e| &e.text));
            for text in shown {
                let of_group = ["conversationType: group", "type: group", "PUBLISH pgMsgP"];
                assert!(!of_group.iter().any(|word| text.contains(word)), "{}: {text}", result.name());
            }
        }
        assert!(judged > 20 && spared > 20, "{judged} judged, {spared} spared");
    }
}
