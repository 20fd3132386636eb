//! Numbers as people read them: the same words in every report.

use crate::verdict::{Outcome, RunResult, Totals, VerdictKind, baseline::Date};

/// Virtual time since the scenario's start: `t0+30.000s`, as in sequences.
pub(super) fn at(ms: i64) -> String {
    let sign = if ms < 0 { '-' } else { '+' };
    let ms = ms.unsigned_abs();
    format!("t0{sign}{}.{:03}s", ms / 1000, ms % 1000)
}

/// A stretch of virtual time in the largest unit that fits: `450 ms`, `30 s`, `1 h 05 min`.
pub(super) fn span(ms: u64) -> String {
    let seconds = ms / 1000;
    match ms {
        0..=999 => format!("{ms} ms"),
        _ if seconds < 60 => format!("{}.{} s", seconds, ms % 1000 / 100),
        _ if seconds < 3600 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        _ => format!("{} h {:02} min", seconds / 3600, seconds / 60 % 60),
    }
}

/// A stretch of wall time: `850 µs`, `12 ms`, `1.2 s`.
pub(super) fn wall(us: u64) -> String {
    match us {
        0..=999 => format!("{us} µs"),
        1_000..=999_999 => format!("{} ms", us / 1000),
        _ => format!("{}.{} s", us / 1_000_000, us % 1_000_000 / 100_000),
    }
}

/// A moment as ISO 8601, UTC, to the second and without a zone letter, as JUnit files want it.
pub(super) fn iso(ms: i64) -> String {
    let second = ms.div_euclid(1000).rem_euclid(86_400);
    let (hour, minute) = (second / 3600, second / 60 % 60);
    format!("{}T{hour:02}:{minute:02}:{:02}", Date::from_unix_ms(ms), second % 60)
}

/// `12 passed, 3 failed, …`: every kind, zeros too, so that nothing is left out in silence.
pub(super) fn totals(totals: &Totals) -> String {
    let parts: Vec<String> =
        ORDER.iter().map(|kind| format!("{} {}", totals.of(*kind), kind.words())).collect();
    parts.join(", ")
}

/// The order in which totals are told: the good one first, then as grave as they are.
pub(super) const ORDER: [VerdictKind; 7] = [
    VerdictKind::Pass,
    VerdictKind::Fail,
    VerdictKind::UnexpectedlyPassing,
    VerdictKind::Flaky,
    VerdictKind::CouldNotRun,
    VerdictKind::KnownFailing,
    VerdictKind::Unsupported,
];

/// Everything that keeps a run from conforming though no scenario shows it, one sentence each.
pub(super) fn troubles(run: &RunResult) -> Vec<String> {
    let totals = run.totals();
    let mut troubles: Vec<String> =
        run.faults.iter().map(|fault| format!("fault of the harness: {fault}")).collect();
    if let Some(why) = &run.not_started {
        troubles.push(format!("nothing was run: {why}"));
    }
    if run.failed_fast {
        troubles.push(format!(
            "ended by its first red case, as it was asked to: {} of {} planned scenarios were run",
            totals.reported, totals.planned
        ));
    } else if totals.planned != totals.reported {
        troubles
            .push(format!("{} of {} planned scenarios reported a result", totals.reported, totals.planned));
    }
    if run.interrupted {
        troubles.push("the run was interrupted".to_owned());
    }
    if run.not_started.is_some() || totals.planned == 0 && run.interrupted {
        // Said already.
    } else if totals.planned == 0 {
        troubles.push("nothing was selected".to_owned());
    } else if totals.judged() == 0 {
        troubles.push(format!(
            "nothing was judged: of {} scenarios {} are unsupported and {} could not run",
            totals.reported, totals.unsupported, totals.could_not_run
        ));
    }
    troubles.extend(run.missing.iter().cloned());
    troubles.extend(run.baseline_problems.iter().map(|problem| format!("baseline: {problem}")));
    troubles
}

/// `does not conform; also incomplete`.
pub(super) fn outcome(run: &RunResult) -> String {
    let all = Outcome::all(run);
    let words: Vec<&str> = all.iter().map(|outcome| outcome.words()).collect();
    match words.as_slice() {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [worst, others @ ..] => format!("{worst}; also {}", others.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!([at(0), at(30_120), at(-5)], ["t0+0.000s", "t0+30.120s", "t0-0.005s"]);
        assert_eq!(
            [span(450), span(1_500), span(90_000), span(3_900_000)],
            ["450 ms", "1.5 s", "1 min 30 s", "1 h 05 min"]
        );
        assert_eq!([wall(850), wall(12_345), wall(1_250_000)], ["850 µs", "12 ms", "1.2 s"]);
        assert_eq!(iso(1_767_225_599_999), "2025-12-31T23:59:59");
    }
}
