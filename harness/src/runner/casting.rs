//! Who plays which part: a client that is of certain platforms alone takes the parts that it can play.
//!
//! A platform in a scenario binds only where a requirement that it covers speaks of platforms, or a step names one. Elsewhere a part is for any
//! device, and the client under test plays it as what it is. Parts that it cannot play - a phone beside a page, where it
//! is a page - the reference client plays, as long as one is left for the client under test.

use std::{borrow::Cow, collections::BTreeSet};

use super::driver::Abilities;
use crate::{
    catalogue::catalogue,
    scenario::{Case, Client, PLATFORMS, Scenario},
};

/// The client that plays what the one under test cannot.
const REFERENCE: &str = "reference";
/// Words by which a requirement speaks of platforms.
const OF_PLATFORMS: [&str; 11] = [
    "platform",
    "Android",
    "iOS",
    "HarmonyOS",
    "Web",
    "PC",
    "MiniProgram",
    "mini program",
    "mini-program",
    "mobile",
    "desktop",
];

/// The cases that a client is given: parts are cast, and cases that differ in nothing else any more are one.
pub(super) fn plan<'a>(scenarios: &'a [Scenario], can: &Abilities) -> Vec<(&'a Scenario, Cow<'a, Case>)> {
    let mut plan = Vec::new();
    for scenario in scenarios {
        let cast: Vec<Cow<'a, Case>> = scenario.cases.iter().map(|case| cast(scenario, case, can)).collect();
        // One that is played as it is written stands for those that only come to the same.
        let written: BTreeSet<String> = cast
            .iter()
            .filter(|case| matches!(case, Cow::Borrowed(_)))
            .map(|case| content(case, can))
            .collect();
        let mut seen = BTreeSet::new();
        for case in cast {
            let is_written = matches!(case, Cow::Borrowed(_));
            if is_written || !written.contains(&content(&case, can)) && seen.insert(content(&case, can)) {
                plan.push((scenario, case));
            }
        }
    }
    plan
}

/// Everything of a case but its name; a part's platform is the client's own where it names none.
fn content(case: &Case, can: &Abilities) -> String {
    let own = can.platforms.first();
    let clients: Vec<_> = case
        .clients
        .iter()
        .map(|(name, client)| {
            let mut client = client.clone();
            client.at = crate::scenario::Place::default();
            if client.client.is_none() && client.platform.is_none() {
                client.platform = own.cloned();
            }
            (name, client)
        })
        .collect();
    format!("{:?} {clients:?} {:?}", case.worlds, case.steps)
}

/// A case with its parts cast.
fn cast<'a>(scenario: &Scenario, case: &'a Case, can: &Abilities) -> Cow<'a, Case> {
    let fits = |client: &Client| {
        client.client.is_some()
            || client.platform.as_ref().is_none_or(|platform| can.platforms.contains(platform))
    };
    let (Some(own), false) = (can.platforms.first(), case.clients.values().all(fits)) else {
        return Cow::Borrowed(case);
    };
    let binding = is_about_platforms(scenario) || names_a_platform(case);
    let mut cast = case.clone();
    for (name, client) in &case.clients {
        if fits(client) {
            continue;
        }
        let Some(part) = cast.clients.get_mut(name) else { continue };
        if !binding && is_free(name, case, own, &fits) {
            part.platform = Some(own.clone());
        } else if can.beside.contains(REFERENCE) && client.platform.as_deref().is_some_and(speaks_tcp) {
            part.client = Some(REFERENCE.to_owned());
        }
    }
    let plays = |client: &Client| client.client.as_ref().is_none_or(|named| *named == can.client);
    // Without a part for the client under test, what is written tells what it lacks.
    if cast.clients.values().any(plays) { Cow::Owned(cast) } else { Cow::Borrowed(case) }
}

/// Whether the client of that name can be of the platform `own` without changing whom it meets: devices of one user throw
/// each other out by their class. Of several classes that a user has, the first one that does not fit becomes `own`, as
/// a whole.
fn is_free(name: &str, case: &Case, own: &str, fits: &dyn Fn(&Client) -> bool) -> bool {
    let client = &case.clients[name];
    let mut devices =
        case.clients.values().filter(|other| other.user == client.user && other.world == client.world);
    let taken = devices.clone().any(|other| {
        fits(other) && other.platform.as_deref().is_none_or(|platform| class(platform) == class(own))
    });
    let first = devices.find(|other| !fits(other)).and_then(|other| other.platform.as_deref());
    let mine = client.platform.as_deref();
    !taken && first.map(class) == mine.map(class)
}

/// Whether a step speaks of a platform by its name: what it wants of it is so for that platform alone.
fn names_a_platform(case: &Case) -> bool {
    let steps = format!("{:?}", case.steps);
    PLATFORMS.iter().any(|platform| steps.contains(&format!("\"{platform}\"")))
}

/// Whether a requirement that the scenario covers speaks of platforms.
fn is_about_platforms(scenario: &Scenario) -> bool {
    let speaks = |text: &str| OF_PLATFORMS.iter().any(|word| text.contains(word));
    scenario
        .covers
        .iter()
        .any(|id| catalogue().get(&id.value).is_some_and(|requirement| speaks(&requirement.statement)))
}

/// Over sockets the reference client speaks native frames alone: it is no page.
fn speaks_tcp(platform: &str) -> bool {
    !matches!(platform, "Web" | "MiniProgram")
}

/// The class within which devices of one user throw each other out (KICK).
fn class(platform: &str) -> &str {
    match platform {
        "Android" | "iOS" | "HarmonyOS" => "mobile",
        other => other,
    }
}
