//! Recordings of cases, as files.

use std::{
    fs,
    path::{Path, PathBuf},
};

use recording::ended;

use super::{Options, RanCase, case_name};
use crate::recorded::packed;

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
        // It is all there: whatever is cut off is missed.
        let bytes = &ended(bytes).map_err(|why| format!("no recording of {case}: {why}"))?;
        let mut path = folder.join(file_name(&case, world));
        let written = if options.record_zst {
            path.as_mut_os_string().push(".zst");
            write(&path, &packed(bytes))
        } else {
            write(&path, bytes)
        };
        written.map_err(|error| format!("--record {}: {error}", path.display()))?;
    }
    Ok(())
}

fn write(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, bytes)
}

/// Where a case's recording is: as its file is below `scenarios/`, with its axes. No two cases have the same place.
fn file_name(case: &str, world: usize) -> PathBuf {
    let case = case.rsplit_once("scenarios/").map_or(case, |(_, case)| case);
    let (path, axes) = case.split_once(".yaml").unwrap_or((case, ""));
    let mut place: PathBuf = path.split('/').filter(|part| !part.is_empty()).map(fit).collect();
    let name = place.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
    let which = if world == 0 { String::new() } else { format!(".world{}", world + 1) };
    let mut name = format!("{name}{}", fit(axes));
    if name.len() > LONGEST {
        // What is cut off still tells one from another.
        let sum = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        name.truncate(LONGEST - 17);
        name.push_str(&format!("~{sum:016x}"));
    }
    place.set_file_name(format!("{name}{which}.jsonl"));
    place
}

/// A text as a part of a path: `%` and two digits stand for what may not be in one.
fn fit(text: &str) -> String {
    let mut name = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => name.push(char::from(byte)),
            b'-' | b'_' | b'.' | b'=' | b',' | b'+' | b'[' | b']' | b' ' => name.push(char::from(byte)),
            other => name.push_str(&format!("%{other:02X}")),
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_case_is_found_again_by_the_place_of_its_recording() {
        let name = |case, world| file_name(case, world).display().to_string();
        assert_eq!(
            name("a/scenarios/send/five.yaml[platform=Web,gap=1 s]", 0),
            "send/five[platform=Web,gap=1 s].jsonl"
        );
        assert_eq!(name("scenarios/x.yaml", 1), "x.world2.jsonl");
    }

    #[test]
    fn no_two_cases_share_a_recording() {
        let long = "x".repeat(300);
        let cases = [
            "x/y_z.yaml".to_owned(),
            "x_y/z.yaml".to_owned(),
            "x/a.yaml[k=a/b]".to_owned(),
            "x/a.yaml[k=a b]".to_owned(),
            "x/a.yaml[k=a_b]".to_owned(),
            "x/a.yaml[k=a\nb]".to_owned(),
            format!("x/a.yaml[k={long}1]"),
            format!("x/a.yaml[k={long}2]"),
        ];
        let names: BTreeSet<_> = cases.iter().map(|case| file_name(case, 0)).collect();
        assert_eq!(names.len(), cases.len(), "{names:?}");
        assert!(names.iter().all(|name| name.file_name().is_some_and(|name| name.len() < 255)));
    }
}
