//! The command line: what each command prints and which exit code it gives.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{ffi::OsString, fs, path::Path};

use harness::{
    cli::{exit, run_with},
    runner::DEFAULT_SEED,
};

/// Runs the program without a terminal; gives exit code, stdout and stderr. Reports go nowhere unless `args` say where.
fn harness(args: &[&str]) -> (u8, String, String) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let reports = tempfile::tempdir().unwrap();
    let nowhere = ["--reports", name(reports.path())];
    let wanted = args[0] == "run" && !args.contains(&"--reports");
    let more = if wanted { &nowhere[..] } else { &[] };
    let args = std::iter::once("harness").chain(args.iter().copied()).chain(more.iter().copied());
    let args = args.map(OsString::from);
    let code = run_with(args, &mut out, &mut err, false);
    (code, String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
}

const RIGHT: &str = "scenario: It connects\ncovers: [CONN-001]\nmatrix: {platform: [Android, Web]}\n\
    service: {users: [alice]}\nclients: {phone: {user: alice, platform: \"${platform}\"}}\n\
    steps: [{call: phone.connect, with: {token: $alice.token, timeout: 5}}]\n";

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

fn name(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn help_names_every_command() {
    let (code, out, _) = harness(&["--help"]);
    assert_eq!(code, exit::CONFORMS);
    insta::assert_snapshot!("help", out);
    let (code, out, _) = harness(&["run", "--help"]);
    assert_eq!(code, exit::CONFORMS);
    insta::assert_snapshot!("help_run", out);
}

#[test]
fn wrong_usage_is_exit_2() {
    assert_eq!(harness(&["rnu"]).0, exit::USAGE);
    assert_eq!(harness(&["run", "--shard", "5/4"]).0, exit::USAGE);
    let (code, _, err) = harness(&["lint", "no/such/folder"]);
    assert_eq!(code, exit::USAGE);
    assert!(err.starts_with("harness: no/such/folder: "), "{err}");
}

/// Runs a folder of scenarios with a seed; gives exit code, its sequences, and what stood on stderr.
fn sequences(seed: u64) -> (u8, String, String) {
    let folder = tempfile::tempdir().unwrap();
    let (file, reports) = (folder.path().join("sequences"), folder.path().join("reports"));
    let scenarios = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios/engine");
    let seed = seed.to_string();
    let args =
        ["run", name(&scenarios), "--seed", &seed, "--sequences", name(&file), "--reports", name(&reports)];
    let (code, _, err) = harness(&args);
    (code, fs::read_to_string(file).unwrap(), err)
}

#[test]
fn the_same_seed_is_the_same_run_and_another_seed_is_another() {
    let (seven, eight) = (sequences(7), sequences(8));
    assert_eq!((seven.0, eight.0), (exit::CONFORMS, exit::CONFORMS), "{} {}", seven.2, eight.2);
    assert_eq!(seven.1, sequences(7).1, "seed 7 twice");
    assert_ne!(seven.1, eight.1, "seeds 7 and 8");
    assert!(seven.2.contains("seed 7: ") && seven.2.contains("are not compared"), "{}", seven.2);
    let default = sequences(DEFAULT_SEED);
    assert_eq!((default.0, default.2.as_str()), (exit::CONFORMS, ""));
    assert_ne!(default.1, seven.1);
    let (code, _, err) = harness(&["run", "--seed", "7", "--accept", "../scenarios/engine"]);
    assert_eq!(code, exit::USAGE);
    assert!(err.contains("reviewed sequences are those of seed 1"), "{err}");
}

#[test]
fn numbers_out_of_range_are_mistakes_of_their_file() {
    let service = RIGHT.replace(
        "{users: [alice]}",
        "{users: [alice], start: -1, backlog: [{from: alice, to: alice, count: 4294967295}]}",
    );
    let push = "{service: {push: {from: alice, to: alice, message: {text: m}, count: 4294967295}}}";
    let steps = format!("steps: [{push}, {{advance: 9999999999h}}]\n");
    let act = RIGHT.split("steps:").next().unwrap().to_owned() + &steps;
    let folder = folder(&[("act.yaml", &act), ("service.yaml", &service)]);
    let (code, _, err) = harness(&["lint", name(folder.path())]);
    assert_eq!(code, exit::USAGE);
    for told in [
        "`start` is -1; 0 to 4102444800000 is possible",
        "`count` is 4294967295; at most 200000 is possible",
        "`count` is 4294967295; at most 100000 is possible",
        "`9999999999h` is too long",
    ] {
        assert!(err.contains(told), "{told} is not in {err}");
    }
}

#[test]
fn lint_names_every_mistake_of_every_file() {
    let wrong = RIGHT.replace("phone.connect", "phon.conect");
    let folder = folder(&[("a/right.yaml", RIGHT), ("b/wrong.yaml", &wrong), ("b/_fragment.yaml", "- no")]);
    let (code, out, err) = harness(&["lint", name(folder.path())]);
    assert_eq!((code, out.as_str()), (exit::USAGE, ""));
    assert!(err.contains("unknown client `phon`") && err.contains("did you mean `connect`?"), "{err}");
    assert!(err.ends_with("2 mistakes in 1 of 2 files\n"), "{err}");
    let (code, out, _) = harness(&["lint", "--format", "json", name(folder.path())]);
    assert_eq!(code, exit::USAGE);
    let codes: Vec<String> = out
        .lines()
        .map(|line| {
            serde_json::from_str::<serde_json::Value>(line).unwrap()["code"].as_str().unwrap().to_owned()
        })
        .collect();
    assert_eq!(codes, ["unknown_client", "unknown_method"]);
    let (code, out, err) = harness(&["lint", name(&folder.path().join("a"))]);
    assert_eq!((code, out.as_str(), err.as_str()), (exit::CONFORMS, "1 files, no mistakes\n", ""));
}

#[test]
fn list_shows_each_case() {
    let folder = folder(&[("right.yaml", RIGHT)]);
    let (code, out, _) = harness(&["list", name(folder.path())]);
    assert_eq!(code, exit::CONFORMS);
    let lines: Vec<&str> = out.lines().map(|line| line.rsplit_once('/').unwrap().1).collect();
    assert_eq!(
        lines,
        ["right.yaml [platform=Android]  It connects", "right.yaml [platform=Web]  It connects"]
    );
    assert_eq!(harness(&["list", "--filter", "Web", name(folder.path())]).1.lines().count(), 1);
    assert_eq!(harness(&["list", "--filter", "nothing", name(folder.path())]).0, exit::NOTHING_SELECTED);
}

#[test]
fn explain_knows_every_kind_of_name() {
    let mut shown = String::new();
    for name in [
        "AMB-13",
        "connect",
        "onMessageReceived",
        "BlacklistStatus",
        "no_kick",
        "multiDeviceSync",
        "exit-codes",
    ] {
        let (code, out, _) = harness(&["explain", name]);
        assert_eq!(code, exit::CONFORMS, "{name}");
        shown.push_str(&format!("$ harness explain {name}\n{out}\n"));
    }
    insta::assert_snapshot!("explain", shown);
    for name in [
        "CONN-014",
        "CONN",
        "areas",
        "ambiguities",
        "methods",
        "callbacks",
        "enums",
        "bugs",
        "acts",
        "faults",
        "switches",
    ] {
        let (code, out, _) = harness(&["explain", name]);
        assert_eq!(code, exit::CONFORMS, "{name}");
        assert!(!out.is_empty(), "{name}");
    }
    // Without a name it says what there is, and each of that can be explained.
    let (code, out, _) = harness(&["explain"]);
    assert_eq!(code, exit::CONFORMS);
    let named: Vec<&str> =
        out.lines().filter_map(|line| line.strip_prefix("  ")?.split(' ').next()).collect();
    assert_eq!(named.len(), 25, "{out}");
    for name in named {
        assert_eq!(harness(&["explain", name]).0, exit::CONFORMS, "{name}");
    }
    let (code, _, err) = harness(&["explain", "onConected"]);
    assert_eq!(code, exit::USAGE);
    assert_eq!(err, "harness: nothing is called `onConected`\n  did you mean `onConnected`?\n");
    // An id in two parts: the test that all cited ids are defined reads this file too.
    let (code, _, err) = harness(&["explain", concat!("AMB", "-131")]);
    assert_eq!(code, exit::USAGE);
    assert_eq!(err, concat!("harness: nothing is called `AMB", "-131`\n  did you mean `AMB-13`?\n"));
}

#[test]
fn requirements_show_what_covers_them() {
    let folder = folder(&[("right.yaml", RIGHT)]);
    let (code, out, _) = harness(&["requirements", "--area", "CONN", name(folder.path())]);
    assert_eq!(code, exit::CONFORMS);
    assert!(out.lines().nth(1).unwrap().ends_with("right.yaml"), "{out}");
    assert!(out.ends_with("36 requirements, 36 testable, 1 covered\n"), "{out}");
    let (_, out, _) =
        harness(&["requirements", "--uncovered", "--format", "json", "--area", "CONN", name(folder.path())]);
    assert_eq!(out.lines().count(), 35);
    assert_eq!(harness(&["requirements", "--area", "CON", name(folder.path())]).0, exit::USAGE);
}

#[test]
fn nothing_runs_when_a_file_is_wrong_or_none_is_selected() {
    let wrong = RIGHT.replace("phone.connect", "phone.conect");
    let folder = folder(&[("a/right.yaml", RIGHT), ("b/wrong.yaml", &wrong)]);
    let reports = folder.path().join("reports");
    let (code, _, err) = harness(&["run", "--reports", name(&reports), name(folder.path())]);
    assert_eq!(code, exit::USAGE);
    assert!(err.ends_with("harness: 1 scenario files are wrong; nothing was run\n"), "{err}");
    let right = folder.path().join("a");
    let none = harness(&["run", "--reports", name(&reports), "--filter", "nothing", name(&right)]);
    assert_eq!((none.0, none.2.as_str()), (exit::NOTHING_SELECTED, "harness: no scenario is selected\n"));
}

/// What `lint` says of files, a line each, and how long it took.
fn linted(files: &[(&str, &[u8])]) -> (Vec<String>, std::time::Duration) {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        fs::write(folder.path().join(name), bytes).unwrap();
    }
    let began = std::time::Instant::now();
    let (code, out, _) = harness(&["lint", "--format", "json", name(folder.path())]);
    let took = began.elapsed();
    assert_eq!(code, if out.is_empty() { exit::CONFORMS } else { exit::USAGE });
    let line = |line: &str| {
        let mistake: serde_json::Value = serde_json::from_str(line).unwrap();
        let path = mistake["path"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
        format!(
            "{path}:{}: {}: {}",
            mistake["line"],
            mistake["code"].as_str().unwrap(),
            mistake["message"].as_str().unwrap()
        )
    };
    (out.lines().map(line).collect(), took)
}

#[test]
fn a_file_that_comes_to_too_much_is_refused_before_it_is_built() {
    let level = |n: usize| match n {
        0 => "a0: &a0 [x,x,x,x,x,x,x,x,x]\n".to_owned(),
        n => format!("a{n}: &a{n} [{}]\n", vec![format!("*a{}", n - 1); 9].join(",")),
    };
    let bomb: String = (0..10).map(level).collect();
    let head = |rest: &str| {
        format!(
            "scenario: x\n{rest}\nservice: {{users: [alice]}}\nclients: {{page: {{user: alice}}}}\nsteps:\n"
        )
    };
    let axes = |n: usize, value: &str| -> String {
        (0..n).map(|n| format!("  x{n}: [{value}]\n")).collect::<String>()
    };
    let billion =
        head(&format!("matrix:\n{}", axes(9, "0, 1, 2, 3, 4, 5, 6, 7, 8, 9"))) + "  - advance: 1s\n";
    // Each axis is ten times the one before, and there is one case.
    let doubling: String = (1..12)
        .map(|n| format!("  x{n}: [[{}]]\n", vec![format!("\"${{x{}}}\"", n - 1); 10].join(",")))
        .collect();
    let doubling = head(&format!("matrix:\n  x0: [[a]]\n{doubling}")) + "  - advance: 1s\n";
    let texts: String =
        (1..12).map(|n| format!("  x{n}: [\"{}\"]\n", format!("${{x{}}}", n - 1).repeat(10))).collect();
    let texts = head(&format!("matrix:\n  x0: [a]\n{texts}")) + "  - advance: 1s\n";
    let repeats =
        head("") + "  - repeat: 4294967295\n    steps: [{repeat: 4294967295, steps: [{advance: 1s}]}]\n";
    let long = head("") + "  - let: {$x: {$repeat: xxxxxxxx, times: 4294967295}}\n";
    let deep = head("") + &format!("  - let: {{$x: {}1{}}}\n", "[".repeat(100), "]".repeat(100));
    let chain = head(&format!("matrix: {{p: {{pairs_of_chain: [{}]}}}}", vec!["a"; 50_000].join(",")))
        + "  - advance: 1s\n";
    let files: Vec<(&str, &[u8])> = vec![
        ("a-bomb.yaml", bomb.as_bytes()),
        ("b-billion.yaml", billion.as_bytes()),
        ("c-doubling.yaml", doubling.as_bytes()),
        ("d-texts.yaml", texts.as_bytes()),
        ("e-repeats.yaml", repeats.as_bytes()),
        ("f-long.yaml", long.as_bytes()),
        ("g-deep.yaml", deep.as_bytes()),
        ("h-chain.yaml", chain.as_bytes()),
    ];
    let (lines, took) = linted(&files);
    assert_eq!(
        lines,
        [
            "a-bomb.yaml:6: too_large: this comes to more than 200000 values (aliases count as what they stand for)",
            "b-billion.yaml:3: too_large: this matrix makes 1000000000 cases; a file has at most 1000",
            "c-doubling.yaml:1: too_large: the cases of this file come to more than 1000000 values",
            "d-texts.yaml:1: too_large: the cases of this file come to more than 67108864 bytes of text",
            "e-repeats.yaml:6: too_large: this case performs 4294967296 steps; a case has at most 1000000",
            "f-long.yaml:6: too_large: this case makes 34359738360 bytes of text; at most 268435456",
            "g-deep.yaml:6: too_large: more than 64 lists and mappings stand within each other",
            "h-chain.yaml:2: too_large: this matrix makes 1249975000 cases; a file has at most 1000",
        ]
    );
    // One second a file, also where code is not optimised.
    assert!(took.as_secs() < files.len() as u64, "{took:?}");
}

#[test]
fn a_fragment_that_includes_itself_many_times_is_refused() {
    let folder = folder(&[
        ("x.yaml", "scenario: x\nsteps: [{include: _x.yaml}]\n"),
        ("_x.yaml", &"- include: _x.yaml\n".repeat(20)),
    ]);
    let (code, _, err) = harness(&["lint", name(folder.path())]);
    assert_eq!(code, exit::USAGE);
    assert!(
        err.contains("the cases of this file come to more than 1000000 values"),
        "{}",
        &err[..err.len().min(2_000)]
    );
}

#[test]
fn a_file_that_is_no_utf8_is_one_mistake_and_the_others_are_looked_at() {
    let wrong = RIGHT.replace("phone.connect", "phon.connect");
    let utf16: Vec<u8> =
        [0xFF, 0xFE].into_iter().chain(RIGHT.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let latin = [RIGHT.as_bytes(), b"# caf\xe9\n"].concat();
    let (lines, _) = linted(&[
        ("latin.yaml", &latin),
        ("right.yaml", RIGHT.as_bytes()),
        ("utf16.yml", &utf16),
        ("wrong.YAML", wrong.as_bytes()),
    ]);
    assert_eq!(
        lines,
        [
            "latin.yaml:7: unreadable: line 7 is not UTF-8 (column 6): save the file as UTF-8",
            "utf16.yml:1: unreadable: this is UTF-16, not UTF-8: save it as UTF-8",
            "wrong.YAML:6: unknown_client: unknown client `phon`",
        ]
    );
}

#[test]
fn a_file_that_gives_no_text_does_not_stop_the_run_of_the_others() {
    let folder = folder(&[("right.yaml", RIGHT), ("a/_.txt", "")]);
    fs::write(folder.path().join("latin.yaml"), b"scenario: caf\xe9\n").unwrap();
    let reports = folder.path().join("a");
    let (code, out, err) = harness(&["run", "--accept", "--reports", name(&reports), name(folder.path())]);
    assert_eq!(code, exit::INCOMPLETE, "{out}{err}");
    assert!(
        out.contains("3 planned: 2 passed, 0 failed, 0 unexpectedly passing, 0 flaky, 1 could not run"),
        "{out}"
    );
    assert!(err.contains("latin.yaml:1:14") && err.contains("is not UTF-8"), "{err}");
    let junit = fs::read_to_string(reports.join("junit.xml")).unwrap();
    assert!(junit.contains("<error message=") && junit.contains("is not UTF-8"), "{junit}");
}

#[cfg(unix)]
#[test]
fn a_named_pipe_is_a_mistake_and_is_not_waited_for() {
    let folder = folder(&[("right.yaml", RIGHT)]);
    let pipe = folder.path().join("x.yaml");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let (code, _, err) = harness(&["lint", name(folder.path())]);
    assert_eq!(code, exit::USAGE);
    assert!(err.contains("this is a named pipe, no regular file"), "{err}");
    assert!(err.ends_with("1 mistakes in 1 of 2 files\n"), "{err}");
}

#[test]
fn sequences_on_the_command_line_are_no_scenarios() {
    let all = ["snapshots/later.snap", "snapshots/later.snap.new", "later.yaml"];
    let folder = folder(&[(all[0], "== \n"), (all[1], "== \n"), (all[2], RIGHT)]);
    let path = |file: &str| name(&folder.path().join(file)).to_owned();
    let all = all.map(path);
    let (code, out, err) = harness(&["lint", &all[0], &all[1], &all[2]]);
    assert_eq!((code, out.as_str()), (exit::CONFORMS, "1 files, no mistakes\n"));
    assert_eq!(err.matches("a sequence, not a scenario; left out").count(), 2, "{err}");
    let (code, _, err) = harness(&["lint", &all[0], &all[1]]);
    assert_eq!(code, exit::USAGE);
    assert!(err.contains("later.snap: a sequence, not a scenario\n"), "{err}");
    for command in ["lint", "list", "run"] {
        let empty = tempfile::tempdir().unwrap();
        assert_eq!(harness(&[command, name(empty.path())]).0, exit::NOTHING_SELECTED, "{command}");
    }
}

#[test]
fn reviewed_sequences_are_in_a_folder_and_where_they_were_before_is_told() {
    let folder = folder(&[("right.yaml", RIGHT)]);
    let (now, before) = (folder.path().join("snapshots/right.snap"), folder.path().join("right.snap"));
    let run = |more: &[&str]| harness(&[&["run", name(folder.path())], more].concat());
    // Without a review it does not conform; what was seen waits for one.
    assert_eq!(run(&[]).0, exit::FAILED);
    assert!(!now.exists() && now.with_extension("snap.new").exists());
    assert_eq!(harness(&["review", "--accept-all", name(folder.path())]).0, exit::CONFORMS);
    assert!(now.exists() && !now.with_extension("snap.new").exists());
    assert_eq!(run(&[]).0, exit::CONFORMS);
    // Of an earlier version: said with what to do, and neither accepted anew nor compared.
    fs::rename(&now, &before).unwrap();
    for more in [&[][..], &["--accept"]] {
        let (code, out, _) = run(more);
        assert_eq!(code, exit::FAILED, "{out}");
        assert!(out.contains(name(&now)) && out.contains(name(&before)), "{out}");
        assert!(out.contains("move it (of a whole folder: mkdir snapshots && mv *.snap snapshots)"), "{out}");
        assert!(!now.exists() && !now.with_extension("snap.new").exists());
    }
    fs::rename(&before, &now).unwrap();
    assert_eq!(run(&[]).0, exit::CONFORMS);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "a scenario and a folder of sequences");
}

#[test]
fn no_control_character_of_a_scenario_reaches_a_terminal() {
    let nasty = RIGHT
        .replace("It connects", "\"It \\e[2Jconnects \\u202E\"")
        .replace("Web]}", "Web], odd: [\"\\x9B\\e[1m\"]}");
    let folder =
        folder(&[("list.yaml", &nasty), ("lint\u{1b}[31m.yaml", "scenario: x\nst\u{9b}eps: \"\u{202e}\"\n")]);
    for command in ["lint", "list", "run", "requirements"] {
        let (_, out, err) = harness(&[command, name(folder.path())]);
        let acts = |c: char| c.is_control() && c != '\n' || c == '\u{202e}';
        for text in [out, err] {
            assert!(!text.contains(acts), "{command}: {:?}", text.lines().find(|line| line.contains(acts)));
        }
    }
    let (_, out, _) = harness(&["list", name(&folder.path().join("list.yaml"))]);
    assert!(out.contains("It \\u001b[2Jconnects \\u202e"), "{out}");
}

/// Notes how much had been written at each flush.
#[derive(Default)]
struct Flushed {
    text: Vec<u8>,
    flushes: Vec<usize>,
}

impl std::io::Write for Flushed {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.text.extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        self.flushes.push(self.text.len());
        Ok(())
    }
}

#[test]
fn json_tells_of_each_event_as_it_happens() {
    let folder = folder(&[("a.yaml", RIGHT), ("b.yaml", RIGHT)]);
    let reports = folder.path().join("reports");
    let args = [
        "harness",
        "run",
        "--accept",
        "--jobs",
        "1",
        "--format",
        "json",
        "--reports",
        name(&reports),
        name(folder.path()),
    ];
    let mut out = Flushed::default();
    let code = run_with(args.map(OsString::from), &mut out, &mut Vec::new(), false);
    let text = String::from_utf8(out.text).unwrap();
    assert_eq!(code, exit::CONFORMS, "{text}");
    let events: Vec<String> = text
        .lines()
        .map(|line| {
            let event: serde_json::Value = serde_json::from_str(line).unwrap();
            event["event"].as_str().unwrap().to_owned()
        })
        .collect();
    let begun = "scenarioStarted";
    let done = "scenarioFinished";
    assert_eq!(
        events,
        ["runStarted", begun, begun, done, done, begun, begun, done, done, "runFinished"],
        "verdicts are told once they are final: when the file's cases are there"
    );
    // Each line is flushed when it is written.
    let ends: Vec<usize> = text.match_indices('\n').map(|(at, _)| at + 1).collect();
    assert!(ends.iter().all(|end| out.flushes.contains(end)), "{:?}", out.flushes);
    assert_eq!(harness::report::read_json_lines(&text).unwrap()[0].results.len(), 4);
}

#[test]
fn exit_codes_are_what_other_teams_scripts_hold_on_to() {
    let codes: Vec<u8> = exit::ALL.iter().map(|(code, _)| *code).collect();
    assert_eq!(codes, [0, 1, 2, 3, 4, 5, 6, 130]);
}
