//! Scenarios that are made of recordings: of each bug that the suite knows, one that notices it.

use std::{collections::BTreeMap, path::Path};

use harness::{
    draft::{self, Draft, Wanted},
    runner::{self, Options, SimDriver},
    scenario::{self, Scenario},
};
use recording::{Entry, Header, Reader, Seen, What};
use service::bug::Bug;

/// What a scenario's first case leaves as a recording, with a bug on; `None`: the reference client cannot run it.
fn recorded(scenario: &Scenario, bug: Bug) -> Option<(Header, Vec<Entry>)> {
    let options = Options { record: Some("nowhere".into()), bugs: vec![bug], ..Options::default() };
    let ran = runner::run_case(scenario, scenario.cases.first()?, 0, &options, &mut SimDriver::default());
    let tape = ran.recordings.ok()?.into_iter().next()?;
    let mut reader = Reader::open(&tape[..]).ok()?;
    let header = reader.header().clone();
    let mut entries = Vec::new();
    while let Some(entry) = reader.next_entry().unwrap() {
        entries.push(entry);
    }
    Some((header, entries))
}

/// The scenarios of the suite by the bugs that they notice.
fn by_bug() -> BTreeMap<&'static str, Vec<(Bug, Scenario)>> {
    let mut found: BTreeMap<&'static str, Vec<(Bug, Scenario)>> = BTreeMap::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios");
    let mut folders = vec![root];
    while let Some(folder) = folders.pop() {
        let mut inside: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        inside.sort();
        for path in inside {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                folders.push(path);
            } else if name.ends_with(".yaml") && !name.starts_with('_') {
                let text = std::fs::read_to_string(&path).unwrap();
                let Ok(scenario) = scenario::parse(&path, &text) else { continue };
                for named in &scenario.breaks_when {
                    if let Some((bug, name)) = Bug::ALL.iter().find(|(_, name)| *name == named.value) {
                        found.entry(name).or_default().push((*bug, scenario.clone()));
                    }
                }
            }
        }
    }
    found
}

fn good(draft: &Draft) -> bool {
    draft.passes && draft.notices.iter().all(|(_, noticed)| *noticed) && !draft.notices.is_empty()
}

#[test]
fn survey() {
    let frames_alone = std::env::var("FRAMES").is_ok();
    let mut all = 0;
    let mut fine = 0;
    let only = std::env::var("ONLY").unwrap_or_default();
    for (name, of) in by_bug() {
        if !only.is_empty() && !only.split(',').any(|one| one == name) {
            continue;
        }
        all += 1;
        let mut best = String::from("no recording");
        let mut ok = false;
        for (bug, scenario) in of.iter().take(3) {
            let Some((header, mut entries)) = recorded(scenario, *bug) else { continue };
            if frames_alone {
                entries.retain(|entry| !matches!(&entry.what, What::Seen(Seen::Call { .. } | Seen::Callback { .. })));
            }
            let began = std::time::Instant::now();
            let made = draft::draft(&header, &entries, &Wanted { name: "x".into(), bug: Some(*bug), ..Wanted::default() });
            let took = began.elapsed().as_millis();
            match made {
                Ok(draft) if good(&draft) => {
                    best = format!("{} steps, {took} ms, {}", draft.steps, scenario.path());
                    ok = true;
                    break;
                }
                Ok(draft) => best = format!("BAD passes {} notices {:?} {} {:?}", draft.passes, draft.notices, scenario.path(), draft.notes),
                Err(why) => best = format!("ERR {why} {}", scenario.path()),
            }
        }
        fine += u32::from(ok);
        println!("{name}: {best}");
    }
    println!("{fine} of {all}");
}
