//! What the exit code of `harness` says. Of several clients it is the worst: the order is that of [`Outcome`](crate::verdict::Outcome).

/// Everything conforms.
pub const CONFORMS: u8 = 0;
/// An expectation failed.
pub const FAILED: u8 = 1;
/// Wrong usage, or a file that is wrong.
pub const USAGE: u8 = 2;
/// Not everything that was planned could be run.
pub const INCOMPLETE: u8 = 3;
/// A client's baseline no longer says what is so.
pub const STALE_BASELINE: u8 = 4;
/// A fault of the harness itself, or a report that it could not write.
pub const HARNESS_FAULT: u8 = 5;
/// Nothing was selected.
pub const NOTHING_SELECTED: u8 = 6;
/// Interrupted; the report is written all the same.
pub const INTERRUPTED: u8 = 130;

/// Every code with its meaning, for `harness explain exit-codes`.
pub const ALL: &[(u8, &str)] = &[
    (CONFORMS, "everything conforms"),
    (FAILED, "an expectation failed; of `harness diff`: the two differ"),
    (USAGE, "wrong usage, or a file that is wrong"),
    (INCOMPLETE, "not everything that was planned could be run; with `--dial` also: nobody dialled in"),
    (STALE_BASELINE, "a client's baseline no longer says what is so"),
    (HARNESS_FAULT, "a fault of the harness itself, or a report that it could not write"),
    (NOTHING_SELECTED, "nothing was selected"),
    (INTERRUPTED, "interrupted; the report is written all the same"),
];
