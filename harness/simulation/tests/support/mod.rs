//! What the model checks have in common: their configuration, what may happen to a connection, and the search for bugs.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test helper that fails fails its test")]

use proptest::{
    prelude::*,
    test_runner::{RngAlgorithm, RngSeed, TestError, TestRng, TestRunner},
};
use serde_json::{Map, Value, json};
use simulation::LinkState;

/// The same sessions at every run; `PROPTEST_RNG_SEED=N` tries others.
pub(crate) fn config(cases: u32) -> ProptestConfig {
    let config = ProptestConfig { cases, max_shrink_iters: 20_000, ..ProptestConfig::default() };
    match config.rng_seed {
        RngSeed::Random => ProptestConfig { rng_seed: RngSeed::Fixed(1), ..config },
        RngSeed::Fixed(_) => config,
    }
}

/// The shortest of `cases` sessions that shows the bug, within so many tries to shorten it, and what it shows.
///
/// A model that agrees with anything proves nothing: services with bugs must be found out.
pub(crate) fn found<S: Strategy>(
    bug: &str,
    (cases, shrinks): (u32, u32),
    sessions: &S,
    run: impl Fn(S::Value, &str) -> Result<(), TestCaseError>,
) -> Option<(String, S::Value)> {
    // An unknown bug would fail every session.
    let _: service::bug::Bug = serde_json::from_value(json!(bug)).unwrap();
    let config = ProptestConfig {
        cases,
        max_shrink_iters: shrinks,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    match runner.run(sessions, |session| run(session, bug)) {
        Err(TestError::Fail(reason, session)) => Some((reason.to_string(), session)),
        _ => None,
    }
}

/// A frame at which a connection may break: whether it goes up, and its kind. Only what there is: a fault that waits for a
/// query going down would test nothing.
pub(crate) fn frame() -> impl Strategy<Value = (bool, &'static str)> {
    prop_oneof![
        Just((true, "publish")),
        Just((true, "pubAck")),
        Just((true, "query")),
        Just((false, "publish")),
        Just((false, "pubAck")),
        Just((false, "queryAck")),
        Just((false, "connAck"))
    ]
}

pub(crate) fn link() -> impl Strategy<Value = LinkState> {
    prop_oneof![
        Just(LinkState::Up),
        Just(LinkState::Offline),
        Just(LinkState::Refuse),
        Just(LinkState::Stall),
        Just(LinkState::HalfOpen)
    ]
}

pub(crate) fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        other => panic!("{other}"),
    }
}
