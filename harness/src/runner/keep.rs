//! Recordings of cases, as files.

use std::{fs, path::Path};

use super::{Options, RanCase, case_name};

/// Longest name of a file, without its ending: file systems take 255 bytes.
const LONGEST: usize = 200;

/// Writes the recordings of a case, if they are wanted: a file a world.
///
/// # Errors
/// There is none, or it cannot be written: a sentence.
pub(super) fn recordings(options: &Options, ran: &RanCase) -> Result<(), String> {
    let Some(folder) = &options.record else { return Ok(()) };
    let case = case_name(&ran.result.path, &ran.label);
    let recordings = ran.recordings.as_ref().map_err(|fault| format!("no recording of {case}: {fault}"))?;
    for (world, bytes) in recordings.iter().enumerate() {
        let path = folder.join(file_name(&case, world));
        write(&path, bytes).map_err(|error| format!("--record {}: {error}", path.display()))?;
    }
    Ok(())
}

fn write(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, bytes)
}

/// A name by which a case is found again: its path below `scenarios/`, without separators, and its axes.
fn file_name(case: &str, world: usize) -> String {
    let case = case.rsplit_once("scenarios/").map_or(case, |(_, case)| case);
    let mut name: String = case
        .replacen(".yaml", "", 1)
        .chars()
        .map(|c| if c.is_alphanumeric() || "-_.=,+[]".contains(c) { c } else { '_' })
        .collect();
    while name.len() > LONGEST {
        name.pop();
    }
    let which = if world == 0 { String::new() } else { format!(".world{}", world + 1) };
    format!("{name}{which}.jsonl")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_is_found_again_by_the_name_of_its_recording() {
        let name = |case| file_name(case, 0);
        assert_eq!(
            name("a/scenarios/send/five.yaml[platform=Web,gap=1 s]"),
            "send_five[platform=Web,gap=1_s].jsonl"
        );
        assert_eq!(file_name("scenarios/x.yaml", 1), "x.world2.jsonl");
        assert!(name(&"é".repeat(1_000)).len() < 255);
    }
}
