//! Whether a client can run a case at all. What it lacks is said; nothing is skipped in silence.

use super::driver::Abilities;
use crate::scenario::{Case, EventMatch, Matcher, Scenario, Step, StepAct};

/// Declared by clients whose attempts to connect are visible, refused ones too.
pub(super) const ATTEMPTS: &str = "attempts";

/// The first thing the case needs and the client lacks.
pub(super) fn unsupported(scenario: &Scenario, case: &Case, can: &Abilities) -> Option<(String, String)> {
    let lacks = |what: &str, how: String| Some((what.to_owned(), format!("{} {how}", can.client)));
    if let Some(need) = scenario.needs.iter().find(|need| !can.capabilities.contains(need.value.as_str())) {
        return lacks(&need.value, format!("has no {}", need.value.replace('_', " ")));
    }
    if !can.platforms.is_empty()
        && let Some((name, client)) =
            case.clients.iter().find(|(_, client)| !can.platforms.contains(&client.platform))
    {
        return lacks(&client.platform, format!("cannot be {} (client `{name}`)", client.platform));
    }
    steps(&case.steps, can).map(|reason| ("step".to_owned(), reason))
}

fn steps(list: &[Step], can: &Abilities) -> Option<String> {
    list.iter().find_map(|step| match &step.act {
        StepAct::Call(call) if !can.methods.contains(&call.method) => {
            Some(format!("{} has no method `{}`", can.client, call.method))
        }
        StepAct::Expect(expect) => expect.events.iter().find_map(|event| unknown(event, can)),
        // That a callback the client does not have stays away proves nothing.
        StepAct::None(quiet)
            if !quiet.of.is_empty() && quiet.of.iter().all(|of| !can.events.contains(&of.name)) =>
        {
            Some(format!("{} has no callback `{}`", can.client, quiet.of[0].name))
        }
        StepAct::Background(_) | StepAct::Foreground(_) => lacking("lifecycle", can),
        StepAct::Restart(_) | StepAct::Reinstall(_) => lacking("restart", can),
        StepAct::Network(_) => lacking("network", can),
        StepAct::Attempts(_) if !can.capabilities.contains(ATTEMPTS) => {
            Some(format!("attempts of {} to connect cannot be seen", can.client))
        }
        StepAct::Wire(_) => lacking("raw_connection", can),
        StepAct::Parallel(inner) | StepAct::Repeat { steps: inner, .. } => steps(inner, can),
        _ => None,
    })
}

fn lacking(need: &str, can: &Abilities) -> Option<String> {
    (!can.capabilities.contains(need)).then(|| format!("{} has no {}", can.client, need.replace('_', " ")))
}

fn unknown(event: &EventMatch, can: &Abilities) -> Option<String> {
    if !can.events.contains(&event.name) {
        return Some(format!("{} has no callback `{}`", can.client, event.name));
    }
    event.args.iter().find_map(|(name, matcher)| untold(&format!("{}.{name}", event.name), matcher, can))
}

/// An argument, or a field below it, that the client never tells.
fn untold(path: &str, matcher: &Matcher, can: &Abilities) -> Option<String> {
    if can.unknown_args.contains(path) {
        return Some(format!("{} does not tell `{path}`", can.client));
    }
    match matcher {
        Matcher::Object(fields) | Matcher::Exactly(fields) => {
            fields.iter().find_map(|(name, matcher)| untold(&format!("{path}.{name}"), matcher, can))
        }
        _ => None,
    }
}
