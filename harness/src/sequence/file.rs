//! Where the sequences of a scenario file are: `snapshots/NAME.snap` in the scenario's folder.

use std::path::{Path, PathBuf};

/// The folder for the sequences of the scenarios beside it.
pub(crate) const FOLDER: &str = "snapshots";

const REVIEWED: &str = "snap";
const PENDING: &str = "snap.new";

/// The reviewed sequences of a scenario file. Everything that asks for their place asks here.
pub(crate) fn reviewed(scenario: &Path) -> PathBuf {
    let name = former(scenario);
    scenario.with_file_name(FOLDER).join(name.file_name().unwrap_or_default())
}

/// What a run saw instead of the reviewed sequences, until somebody reviews it.
pub(crate) fn pending(reviewed: &Path) -> PathBuf {
    reviewed.with_extension(PENDING)
}

/// The reviewed sequences that a pending file would replace; `None`: it is no pending file.
pub(crate) fn replaced_by(pending: &Path) -> Option<PathBuf> {
    is(pending, PENDING).then(|| pending.with_extension(""))
}

/// Where the sequences were before they had a folder: beside the scenario.
pub(crate) fn former(scenario: &Path) -> PathBuf {
    scenario.with_extension(REVIEWED)
}

/// Whether a name is that of a reviewed sequence, or of one that waits for its review.
pub(crate) fn is_sequence(path: &Path) -> bool {
    is(path, REVIEWED) || is(path, PENDING)
}

fn is(path: &Path, ending: &str) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    name.strip_suffix(ending).is_some_and(|name| name.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequences_are_in_a_folder_beside_the_scenario() {
        for (scenario, at) in [
            ("scenarios/a/b.yaml", "scenarios/a/snapshots/b.snap"),
            ("b.yml", "snapshots/b.snap"),
            ("./b.c.yaml", "./snapshots/b.c.snap"),
            ("/x/b", "/x/snapshots/b.snap"),
        ] {
            let reviewed = reviewed(Path::new(scenario));
            assert_eq!(reviewed, Path::new(at));
            let pending = pending(&reviewed);
            assert_eq!(pending.to_str().unwrap(), format!("{at}.new"));
            assert_eq!(replaced_by(&pending), Some(reviewed.clone()));
            assert_eq!(replaced_by(&reviewed), None);
            assert!(is_sequence(&reviewed) && is_sequence(&pending) && !is_sequence(Path::new(scenario)));
        }
        assert!(!is_sequence(Path::new("snap")));
    }
}
