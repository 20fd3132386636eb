//! In which order a bug meets its cases: those that should notice it first.

use std::collections::BTreeMap;

use super::plain::{Plain, Planned};
use crate::bug::Bug;

/// The numbers of the cases that come to a bug. First those whose scenario names it, then those that prove what it breaks, then
/// those of the same area; of each file one after the other, and those that come to little before those that come to much.
pub(super) fn of(bug: Bug, cases: &[Planned<'_>], plain: &[Plain]) -> Vec<usize> {
    let name = bug.to_string();
    let area = |id: &str| id.split('-').next().unwrap_or_default().to_owned();
    let broken = bug.breaks();
    let far = |planned: &Planned<'_>| {
        let scenario = planned.scenario;
        let covers = |wanted: &dyn Fn(&str) -> bool| scenario.covers.iter().any(|id| wanted(&id.value));
        if scenario.breaks_when.iter().any(|named| named.value == name) {
            0
        } else if broken.is_some_and(|broken| covers(&|id| id == broken)) {
            1
        } else if broken.is_some_and(|broken| covers(&|id| area(id) == area(broken))) {
            2
        } else {
            3
        }
    };
    let mut of_file: BTreeMap<&str, usize> = BTreeMap::new();
    let mut reached: Vec<(u8, usize, usize, usize)> = Vec::new();
    for (index, (planned, plain)) in cases.iter().zip(plain).enumerate() {
        if plain.asked.contains(&bug) {
            let nth = of_file.entry(planned.scenario.path()).or_default();
            reached.push((far(planned), *nth, plain.asked.len(), index));
            *nth += 1;
        }
    }
    reached.sort_unstable();
    reached.into_iter().map(|(.., index)| index).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use reference_client::bug::Bug as ClientBug;

    use super::*;
    use crate::{mutants::plain, scenario};

    const STEPS: &str = "clients: {a: {user: alice}}\nservice: {users: [alice]}\nsteps: [{advance: 1s}]\n";

    #[test]
    fn who_names_a_bug_comes_before_who_proves_what_it_breaks_and_who_is_not_concerned_does_not_come() {
        let scenario = |path: &str, head: &str| {
            scenario::parse(Path::new(path), &format!("scenario: It is so\n{head}\n{STEPS}")).unwrap()
        };
        let scenarios = [
            scenario("other.yaml", "covers: [ENG-001]"),
            scenario("near.yaml", "covers: [CONV-001]"),
            scenario("proves.yaml", "covers: [CONV-016]"),
            scenario("passes-by.yaml", "covers: [CONV-016]"),
            scenario("names.yaml", "breaks_when: [client:pins_after_cut]"),
        ];
        let cases = plain::cases(&scenarios);
        let bug = Bug::Client(ClientBug::PinsAfterCut);
        let came = |asked: Vec<Bug>| Plain { asked, passes: true, wrong: None };
        let plain: Vec<Plain> = (0..5).map(|n| came(if n == 3 { Vec::new() } else { vec![bug] })).collect();
        assert_eq!(of(bug, &cases, &plain), [4, 2, 1, 0]);
    }
}
