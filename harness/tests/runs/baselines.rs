//! What is proposed holds in the very next run: nothing is red, nothing stale.

use std::fs;

use harness::cli::exit;

use super::{ADAPTER, ITS_NAME, harness, run, team, write};

#[test]
fn what_is_proposed_holds_in_the_next_run() {
    let folder = team();
    let path = folder.path();
    // `word=b*` fails, and as a pattern it would be about `word=bo` too, which passes.
    let text = "scenario: A word is no pattern\ncovers: [SEND-001]\nmatrix:\n  \
        word: [{name: 'b*', who: bob}, {name: bo, who: alice}]\nservice: {users: [alice]}\nclients: {page: {user: alice, platform: Web}}\nsteps:\n  \
        - call: page.connect\n    with: {token: $alice.token, timeout: 10}\n  - expect: page\n    \
        in_order: [onConnected: {userId: \"${word.who}\"}]\n";
    write(path, "scenarios/a/starred.yaml", text);
    let propose = |more: &[&str]| {
        let args = ["baseline", "--write", "--seed", "2", "--jobs", "1", "--client", ADAPTER];
        let (code, out, err) = harness(path, &[&args[..], more].concat());
        assert_eq!(code, exit::CONFORMS, "{out}{err}");
        fs::read_to_string(path.join(format!("fixtures/baselines/{ITS_NAME}.yaml"))).unwrap()
    };
    let written = propose(&[]);
    for args in [
        &["--client", ADAPTER][..],
        &["--client", ADAPTER, "--retries", "1"],
        &["--client", ADAPTER, "scenarios/a"],
    ] {
        let (code, out, err) = run(path, args);
        assert_eq!(code, exit::CONFORMS, "{written}\n{out}{err}");
        assert!(!out.contains("baseline:"), "{out}");
    }
    // Of a part of a matrix nothing is said of the rest.
    let written = propose(&["--filter", "starred"]);
    assert!(written.contains("[word=b") && !written.contains("a/bob"), "{written}");
    let (code, out, _) = run(path, &["--client", ADAPTER, "--filter", "starred"]);
    assert_eq!(code, exit::CONFORMS, "{written}\n{out}");
}

#[test]
fn an_entry_past_its_day_is_an_error_that_names_itself_and_an_unknown_one_the_nearest() {
    let folder = team();
    let path = folder.path();
    let entries = "baseline: 1\nentries:\n  - {scenario: a/bob, reason: r, owner: chat team, issue: '42', until: 2020-01-31}\n  \
        - {scenario: a/bobb, reason: r}\n  - {scenario: 'b/**', reason: r}\n";
    write(path, &format!("fixtures/baselines/{ITS_NAME}.yaml"), entries);
    let (code, out, _) = run(path, &["--client", ADAPTER]);
    assert_eq!(code, exit::STALE_BASELINE, "{out}");
    let file = format!("baseline: fixtures/baselines/{ITS_NAME}.yaml");
    assert!(
        out.contains(&format!("{file}:3: `a/bob` expired on 2020-01-31; owner: chat team; issue: 42")),
        "{out}"
    );
    assert!(out.contains(&format!("{file}:4: `a/bobb` matches no scenario; did you mean `a/bob`?")), "{out}");
    // All that the pattern is about is unsupported: that makes it no lie.
    assert!(!out.contains("b/**"), "{out}");
}

#[test]
fn a_client_in_real_time_goes_by_its_twins_file_and_its_own_beside_it() {
    let folder = team();
    let path = folder.path();
    let args = ["--client", ADAPTER, "--name", "x+real", "scenarios/a"];
    assert_eq!(run(path, &args).0, exit::FAILED);
    let known = "baseline: 1\nentries:\n  - {scenario: a/bob, reason: r}\n";
    write(path, "fixtures/baselines/x.yaml", known);
    let (code, out, err) = run(path, &args);
    assert_eq!(code, exit::CONFORMS, "{out}{err}");
    // Its own counts where both speak of the same cases: here it says something that does not hold.
    let own = "baseline: 1\nentries:\n  - {scenario: a/bob, kind: could-not-run, reason: r}\n";
    write(path, "fixtures/baselines/x+real.yaml", own);
    assert_ne!(run(path, &args).0, exit::CONFORMS);
    let own = "baseline: 1\nentries:\n  - {scenario: a/right, kind: flaky, reason: r}\n";
    write(path, "fixtures/baselines/x+real.yaml", own);
    let (code, out, err) = run(path, &args);
    assert_eq!(code, exit::CONFORMS, "{out}{err}");
}
