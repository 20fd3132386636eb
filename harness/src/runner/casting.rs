//! Who plays which part: a client that is of certain platforms alone takes the parts that it can play.
//!
//! A platform in a scenario binds only where a requirement that it covers speaks of platforms, or a step names one. Elsewhere a part is for any
//! device, and the client under test plays it as what it is. Parts that it cannot play - a phone beside a page, where it
//! is a page - the reference client plays, as long as one is left for the client under test. A page it
//! plays as another device: over sockets it is none. So it does with parts beyond the number of devices that the client under
//! test brings: an app on a phone is one.

use std::{borrow::Cow, collections::BTreeSet};

use super::driver::Abilities;
use crate::{
    catalogue::catalogue,
    scenario::{Case, Client, PHONE, PLATFORMS, Scenario},
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
pub(crate) fn plan<'a>(scenarios: &'a [Scenario], can: &Abilities) -> Vec<(&'a Scenario, Cow<'a, Case>)> {
    let mut plan = Vec::new();
    for scenario in scenarios {
        let cast: Vec<(Cow<'a, Case>, String)> = scenario
            .cases
            .iter()
            .map(|case| {
                let case = lend(cast(scenario, case, can), can);
                let content = content(&case, can);
                (case, content)
            })
            .collect();
        // One that names this client stands for one that leaves the part to the client under test.
        let names_me = |case: &Case| {
            can.client != REFERENCE
                && case.clients.values().any(|client| client.client.as_ref() == Some(&can.client))
        };
        let named: BTreeSet<String> =
            cast.iter().filter(|(case, _)| names_me(case)).map(|(_, content)| content.clone()).collect();
        // One that is played as it is written stands for those that only come to the same.
        let is_written = |case: &Cow<'a, Case>| matches!(case, Cow::Borrowed(_));
        let mut seen: BTreeSet<String> =
            cast.iter().filter(|(case, _)| is_written(case)).map(|(_, content)| content.clone()).collect();
        for (case, content) in cast {
            if named.contains(&content) && !names_me(&case) {
                continue;
            }
            if is_written(&case) || seen.insert(content) {
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
            if client.client.as_ref() == Some(&can.client) && can.client != REFERENCE {
                client.client = None;
            }
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
    let lends = can.beside.contains(REFERENCE);
    let mut cast = case.clone();
    for (name, client) in &case.clients {
        if fits(client) {
            continue;
        }
        let binding = binding || means_another(scenario, case, name, own);
        let elsewhere = another_class(name, &cast);
        let Some(part) = cast.clients.get_mut(name) else { continue };
        if !binding && is_free(name, case, own, &fits) {
            part.platform = Some(own.clone());
        } else if lends && client.platform.as_deref().is_some_and(speaks_tcp) {
            part.client = Some(REFERENCE.to_owned());
        } else if let (true, false, Some(other)) = (lends, binding, elsewhere) {
            part.platform = Some(other.to_owned());
            part.client = Some(REFERENCE.to_owned());
        }
    }
    let plays = |client: &Client| client.client.as_ref().is_none_or(|named| *named == can.client);
    // Without a part for the client under test, what is written tells what it lacks.
    if cast.clients.values().any(plays) { Cow::Owned(cast) } else { Cow::Borrowed(case) }
}

/// A case in which the client under test plays no more parts than it has devices; the reference client plays the others where
/// it can, or nobody is cast, and what is written tells what is lacking.
fn lend<'a>(case: Cow<'a, Case>, can: &Abilities) -> Cow<'a, Case> {
    let mine = case.clients.iter().filter(|(_, client)| client.client.is_none());
    let beyond: Vec<String> =
        mine.skip(can.devices.unwrap_or(usize::MAX)).map(|(name, _)| name.clone()).collect();
    // Two devices of one user throw each other out by their platforms: without any in writing both are of one.
    let can_lend = |name: &String| {
        let client = &case.clients[name];
        match &client.platform {
            Some(platform) => speaks_tcp(platform),
            None => case.clients.values().filter(|other| other.user == client.user).count() == 1,
        }
    };
    if beyond.is_empty() || !can.beside.contains(REFERENCE) || !beyond.iter().all(can_lend) {
        return case;
    }
    let mut lent = case.into_owned();
    for name in beyond {
        if let Some(part) = lent.clients.get_mut(&name) {
            part.client = Some(REFERENCE.to_owned());
        }
    }
    Cow::Owned(lent)
}

/// Whether the client of that name can be of the platform `own` without changing whom it meets: devices of one user throw
/// each other out by their class. Of several classes that a user has, one becomes `own` as a whole: the one that `own` is of, or
/// else the first one that does not fit. Of several pages of a user that stand side by side (KICK-008) only the first does: no
/// two devices of another class can.
fn is_free(name: &str, case: &Case, own: &str, fits: &dyn Fn(&Client) -> bool) -> bool {
    let client = &case.clients[name];
    let devices =
        case.clients.values().filter(|other| other.user == client.user && other.world == client.world);
    let taken = devices.clone().any(|other| {
        fits(other) && other.platform.as_deref().is_none_or(|platform| class(platform) == class(own))
    });
    let unfit: Vec<&str> = devices
        .filter(|other| !fits(other))
        .filter_map(|other| other.platform.as_deref().map(class))
        .collect();
    let becomes = if unfit.contains(&class(own)) { Some(class(own)) } else { unfit.first().copied() };
    let first_page = case
        .clients
        .iter()
        .find(|(_, other)| other.user == client.user && is_page_beside_others(other, case));
    let beside = class(own) != class("Web")
        && is_page_beside_others(client, case)
        && first_page.is_some_and(|(first, _)| first != name);
    !taken && !beside && becomes.is_some() && becomes == client.platform.as_deref().map(class)
}

/// Whether it is a page in a world where a user may have several (KICK-008).
fn is_page_beside_others(client: &Client, case: &Case) -> bool {
    client.platform.as_deref() == Some("Web")
        && case.worlds.get(&client.world).is_some_and(|world| world.switches.multi_device_sync)
}

/// A platform on which the reference client throws out none of the part's user's other devices, and none throws it out.
fn another_class(name: &str, case: &Case) -> Option<&'static str> {
    let client = &case.clients[name];
    let others: Vec<&str> = case
        .clients
        .iter()
        .filter(|(other, _)| *other != name)
        .filter(|(_, other)| (&other.user, &other.world) == (&client.user, &client.world))
        .filter_map(|(_, other)| other.platform.as_deref().map(class))
        .collect();
    [PHONE, "PC"].into_iter().find(|platform| !others.contains(&class(platform)))
}

/// Whether a step speaks of a platform by its name: what it wants of it is so for that platform alone.
fn names_a_platform(case: &Case) -> bool {
    let steps = format!("{:?}", case.steps);
    PLATFORMS.iter().any(|platform| steps.contains(&format!("\"{platform}\"")))
}

/// Whether the scenario wants something else where that client is of the platform `own`: then it is not played as one.
fn means_another(scenario: &Scenario, case: &Case, name: &str, own: &str) -> bool {
    let is_own =
        |other: &&Case| other.clients.get(name).is_some_and(|client| client.platform.as_deref() == Some(own));
    let mut written = scenario.cases.iter().filter(is_own).peekable();
    written.peek().is_some()
        && !written.any(|other| (&other.steps, &other.worlds) == (&case.steps, &case.worlds))
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
pub(crate) fn speaks_tcp(platform: &str) -> bool {
    !matches!(platform, "Web" | "MiniProgram")
}

/// The class within which devices of one user throw each other out (KICK).
fn class(platform: &str) -> &str {
    match platform {
        "Android" | "iOS" | "HarmonyOS" => "mobile",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use std::{
        collections::{BTreeMap, BTreeSet},
        path::Path,
    };

    use super::{
        super::{Driver, SimDriver, needs::unsupported},
        Abilities, Client, Cow, class, is_page_beside_others, plan,
    };
    use crate::{cli::files, scenario::Scenario};

    fn suite() -> Vec<Scenario> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios");
        files::read(&[root]).unwrap().into_iter().map(|file| file.scenario.unwrap()).collect()
    }

    fn one(name: &str) -> BTreeSet<String> {
        BTreeSet::from([name.to_owned()])
    }

    /// A phone is one device: whom it meets is the reference client, and it has a part in every case that it had one in.
    #[test]
    fn a_client_with_one_device_plays_one_part_and_the_reference_client_the_others() {
        let suite = suite();
        let phone = Abilities {
            client: "phone".to_owned(),
            devices: Some(1),
            beside: one("reference"),
            ..Abilities::default()
        };
        let mut lent = 0;
        for (scenario, case) in plan(&suite, &phone) {
            let written = scenario.cases.iter().find(|other| other.axes == case.axes).unwrap();
            let parts = |case: &crate::scenario::Case| {
                case.clients.values().filter(|client| client.client.is_none()).count()
            };
            let place = format!("{} {}", scenario.path(), case.label());
            if matches!(case, Cow::Owned(_)) {
                lent += 1;
                assert!(parts(written) > 1 && parts(&case) == 1, "{place}");
            }
        }
        assert!(lent > 100, "{lent}");
    }

    #[test]
    fn a_client_of_any_platform_plays_every_case_as_it_is_written() {
        let suite = suite();
        let planned = plan(&suite, &Abilities { client: "reference".to_owned(), ..Abilities::default() });
        assert_eq!(planned.len(), suite.iter().map(|scenario| scenario.cases.len()).sum::<usize>());
        assert!(planned.iter().all(|(_, case)| matches!(case, Cow::Borrowed(_))));
    }

    fn of(platform: &str) -> Abilities {
        Abilities {
            client: "mine".to_owned(),
            platforms: one(platform),
            beside: one("reference"),
            ..SimDriver::default().abilities().clone()
        }
    }

    /// Whom a device throws out stays as it was written, every part that was cast can be played, and the client under
    /// test has one of them.
    #[test]
    fn a_client_of_one_platform_is_given_parts_it_can_play_and_meets_whom_it_would() {
        let suite = suite();
        for own in ["Web", "PC", "Android"] {
            let (mut became, mut lent) = (0, 0);
            for (scenario, case) in plan(&suite, &of(own)) {
                let Cow::Owned(case) = case else { continue };
                let written = scenario.cases.iter().find(|other| other.axes == case.axes).unwrap();
                let class_of = |part: &Client| class(part.platform.as_deref().unwrap_or(own)).to_owned();
                let mut plays = false;
                for (name, part) in &case.clients {
                    let place = format!("{own}: {} {} {name}", scenario.path(), case.label());
                    let before = &written.clients[name];
                    plays |= part.client.is_none();
                    became += usize::from(part.platform != before.platform);
                    lent += usize::from(part.client != before.client);
                    for (other, meets) in &case.clients {
                        if (&part.user, &part.world) == (&meets.user, &meets.world) {
                            let (own_was, other_was) = (class_of(before), class_of(&written.clients[other]));
                            let are_pages = is_page_beside_others(before, written)
                                && is_page_beside_others(&written.clients[other], written)
                                && name != other;
                            // Pages stand side by side: as other devices they have to be of two classes. Where there are more
                            // than classes, some stay pages, and the case is not for this client.
                            if are_pages
                                && own != "Web"
                                && [part, meets].iter().any(|one| class_of(one) == "Web")
                            {
                                continue;
                            }
                            let was = own_was == other_was && !(are_pages && own != "Web");
                            assert_eq!(class_of(part) == class_of(meets), was, "{place} beside {other}");
                        }
                    }
                }
                assert!(plays, "{own}: {} {}", scenario.path(), case.label());
            }
            assert!(became > 10 && lent > 10, "{own}: {became} have another platform, {lent} are lent");
        }
    }

    /// How much of the suite is for any client: one that can do all that the protocol of adapters has, on one platform.
    #[test]
    fn a_desktop_client_can_run_most_of_the_suite() {
        let suite = suite();
        let mut desktop = of("PC");
        for beyond_the_protocol in ["raw_connection", "network_state", "lifecycle", "attempts"] {
            desktop.capabilities.remove(beyond_the_protocol);
        }
        let (mut all, mut kick, mut real_clients, mut lacks) = (0, 0, 0, BTreeMap::new());
        for (scenario, case) in plan(&suite, &desktop) {
            if let Some((what, _)) = unsupported(scenario, &case, &desktop) {
                *lacks.entry(what).or_insert(0) += 1;
                continue;
            }
            all += 1;
            kick += usize::from(scenario.path().contains("/kick/"));
            real_clients += usize::from(scenario.path().contains("/real-clients/"));
        }
        let counted =
            format!("{all} in all, {kick} of kick, {real_clients} of real-clients; lacks {lacks:?}");
        println!("{counted}");
        // Of kick the rest is about phones, mini programs, and pages that stand side by side.
        assert!(all >= 1_550 && kick >= 15 && real_clients >= 70, "{counted}");
    }
}
