//! Who plays which part: a client that is of certain platforms alone takes the parts that it can play.
//!
//! A platform in a scenario binds only where a requirement that it covers speaks of platforms. Elsewhere a part is for any
//! device, and the client under test plays it as what it is. Parts that it cannot play - a phone beside a page, where it
//! is a page - the reference client plays, as long as one is left for the client under test.

use std::{borrow::Cow, collections::BTreeSet};

use super::driver::Abilities;
use crate::{
    catalogue::catalogue,
    scenario::{Case, Client, Scenario},
};

/// The client that plays what the one under test cannot.
const REFERENCE: &str = "reference";
/// Words by which a requirement speaks of platforms.
const OF_PLATFORMS: [&str; 10] = [
    "platform",
    "Android",
    "iOS",
    "HarmonyOS",
    "Web",
    "PC",
    "MiniProgram",
    "mini program",
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
    let binding = is_about_platforms(scenario);
    let mut cast = case.clone();
    let names: Vec<String> = cast.clients.keys().cloned().collect();
    for name in &names {
        if fits(&cast.clients[name]) {
            continue;
        }
        let (user, world) = (cast.clients[name].user.clone(), cast.clients[name].world.clone());
        // Devices of one user throw each other out by their class.
        let alone = cast.clients.iter().all(|(other, client)| {
            other == name
                || client.user != user
                || client.world != world
                || client.platform.as_deref().is_some_and(|platform| class(platform) != class(own))
        });
        if let Some(client) = cast.clients.get_mut(name) {
            if !binding && alone {
                client.platform = Some(own.clone());
            } else if can.beside.contains(REFERENCE) && client.platform.as_deref().is_some_and(speaks_tcp) {
                client.client = Some(REFERENCE.to_owned());
            }
        }
    }
    let plays = |client: &Client| client.client.as_ref().is_none_or(|named| *named == can.client);
    // Without a part for the client under test, what is written tells what it lacks.
    if cast.clients.values().any(plays) { Cow::Owned(cast) } else { Cow::Borrowed(case) }
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
