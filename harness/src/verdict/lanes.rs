//! What each client of a case said, free of what another run, clock or neighbour makes different.

use std::{collections::BTreeMap, sync::LazyLock};

use indexmap::IndexMap;
use regex::{Captures, Regex};

use super::{LineKind, SequenceLine};

/// More lines than this are not made of one folded line: it stays as it is.
const MOST_UNFOLDED: usize = 10_000;

/// A line of a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Said {
    /// When, for people: milliseconds since the case began.
    pub(crate) at_ms: i64,
    pub(crate) text: String,
}

/// A pattern of ours.
#[allow(clippy::expect_used, reason = "a constant; every test of this module compiles all of them")]
fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the pattern is right")
}

static FOLDED: LazyLock<Regex> = LazyLock::new(|| regex(r"^(call )?(\S+) ×(\d+)"));
static SPAN: LazyLock<Regex> = LazyLock::new(|| regex(r"(\d+)\.\.(\d+)"));
static INSTANT: LazyLock<Regex> = LazyLock::new(|| regex(r"\bt0[+-]\d+\.\d{3}s(\.\.t0[+-]\d+\.\d{3}s)?"));
static NAMED: LazyLock<Regex> = LazyLock::new(|| regex(r"\b(msg|local|token|file)#(\d+)"));

/// The lines of each client by its name in the scenario, in order; what the scenario itself did is left out.
///
/// Folded runs are written out, because what comes at one instant of a virtual clock comes at several of a real one. Names
/// of identities (`msg#3`) are counted by client. Without `times`, instants are all alike.
pub(crate) fn lanes(sequence: &[SequenceLine], times: bool) -> IndexMap<&str, Vec<Said>> {
    let mut lanes: IndexMap<&str, Vec<Said>> = IndexMap::new();
    for line in sequence.iter().filter(|line| line.kind != LineKind::Step) {
        let lane = lanes.entry(line.client.as_str()).or_default();
        lane.extend(unfolded(&line.text).into_iter().map(|text| Said { at_ms: line.at_ms, text }));
    }
    for lane in lanes.values_mut() {
        let mut names: BTreeMap<String, BTreeMap<String, usize>> = BTreeMap::new();
        for said in lane {
            let named = NAMED.replace_all(&said.text, |found: &Captures<'_>| {
                let known = names.entry(found[1].to_owned()).or_default();
                let next = known.len() + 1;
                format!("{}#{}", &found[1], known.entry(found[2].to_owned()).or_insert(next))
            });
            said.text =
                if times { named.into_owned() } else { INSTANT.replace_all(&named, "t0").into_owned() };
        }
    }
    lanes
}

/// Of several attempts at one case, the number of one that another agrees with in what each client said, in order and
/// without times: the one with whom most agree. `None`: no two agree, the case is not stable.
pub(crate) fn agreed(attempts: &[&[SequenceLine]]) -> Option<usize> {
    let texts = |sequence: &&[SequenceLine]| -> Vec<(String, Vec<String>)> {
        let mut said: Vec<(String, Vec<String>)> = lanes(sequence, false)
            .into_iter()
            .map(|(client, said)| (client.to_owned(), said.into_iter().map(|said| said.text).collect()))
            .collect();
        // Which client spoke first says nothing.
        said.sort();
        said
    };
    let all: Vec<_> = attempts.iter().map(texts).collect();
    let agree = |n: usize| all.iter().filter(|other| **other == all[n]).count();
    (0..all.len()).filter(|n| agree(*n) > 1).max_by_key(|n| (agree(*n), std::cmp::Reverse(*n)))
}

/// `×3 left=2..0` as three lines; every other line as it is.
fn unfolded(text: &str) -> Vec<String> {
    let Some(count) = FOLDED.captures(text).and_then(|found| found[3].parse::<usize>().ok()) else {
        return vec![text.to_owned()];
    };
    if !(2..=MOST_UNFOLDED).contains(&count) {
        return vec![text.to_owned()];
    }
    let one = text.replacen(&format!(" ×{count}"), "", 1);
    // An instant's digits are no span: `t0+0.001s..t0+0.004s`.
    (0..count)
        .map(|n| {
            let value = |found: &Captures<'_>| {
                let (from, to) = (found[1].parse::<i64>(), found[2].parse::<i64>());
                match (from, to, i64::try_from(n), i64::try_from(count - 1)) {
                    (Ok(from), Ok(to), Ok(n), Ok(last)) if (to - from) % last == 0 => {
                        (from + (to - from) / last * n).to_string()
                    }
                    _ => found[0].to_owned(),
                }
            };
            SPAN.replace_all(&one, value).into_owned()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(client: &str, kind: LineKind, text: &str) -> SequenceLine {
        SequenceLine { order: 0, at_ms: 0, client: client.into(), kind, text: text.into(), mark: None }
    }

    #[test]
    fn a_folded_run_is_what_it_was_made_of() {
        let folded = "onMessageReceived ×3 message={messageUId: msg#4..6, text: \"m 0..2\", sentTime: t0+0.005s..t0+0.007s} left=2..0";
        let sequence = [line("a", LineKind::Callback, folded)];
        let lines = lanes(&sequence, false);
        let texts: Vec<&str> = lines["a"].iter().map(|said| said.text.as_str()).collect();
        assert_eq!(
            texts,
            [
                "onMessageReceived message={messageUId: msg#1, text: \"m 0\", sentTime: t0} left=2",
                "onMessageReceived message={messageUId: msg#2, text: \"m 1\", sentTime: t0} left=1",
                "onMessageReceived message={messageUId: msg#3, text: \"m 2\", sentTime: t0} left=0",
            ]
        );
    }

    #[test]
    fn names_are_counted_by_client_and_steps_are_nobodys() {
        let lines = [
            line("a", LineKind::Callback, "onA msg#1"),
            line("", LineKind::Step, "service kick"),
            line("b", LineKind::Callback, "onB msg#2 msg#1 msg#2 at=t0+1.000s"),
        ];
        let lanes = lanes(&lines, true);
        assert_eq!(lanes.keys().copied().collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(lanes["b"][0].text, "onB msg#1 msg#2 msg#1 at=t0+1.000s");
    }

    #[test]
    fn attempts_agree_whatever_the_time_and_who_spoke_first() {
        let said = |first: &str, second: &str, ms: i64| {
            let line = |client: &str| line(client, LineKind::Callback, &format!("on{client}"));
            vec![line(first), SequenceLine { at_ms: ms, ..line(second) }]
        };
        let (ab, ba, other) = (said("a", "b", 1), said("b", "a", 2), said("a", "c", 1));
        assert_eq!(agreed(&[&other, &ab, &ba]), Some(1));
        assert_eq!(agreed(&[&other, &ab]), None);
        assert_eq!(agreed(&[&ab]), None);
    }
}
