//! What changed since a revision, as Git has it.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use super::Stop;
use crate::scenario::Scenario;

/// Files that changed.
#[derive(Debug)]
pub(super) struct Changed(BTreeSet<PathBuf>);

impl Changed {
    /// Whether the scenario's file is among them, or one that it includes.
    pub(super) fn touch(&self, scenario: &Scenario) -> bool {
        scenario.sources.iter().any(|source| {
            let path = Path::new(&source.path);
            self.0.contains(&fs::canonicalize(path).unwrap_or_else(|_| path.to_owned()))
        })
    }
}

/// What differs between a revision and the files as they are, those that Git does not know yet among it, in the repository
/// that `path` lies in.
///
/// # Errors
/// There is no Git, no repository, or no such revision.
pub(super) fn since(rev: &str, path: &Path) -> Result<Changed, Stop> {
    let folder = if path.is_dir() { path } else { path.parent().unwrap_or(Path::new("")) };
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let git = |args: &[&str]| -> Result<Vec<u8>, Stop> {
        let told = |why: String| Stop::usage(format!("--changed-since {rev}: {why}"), None);
        let output = Command::new("git")
            .arg("-C")
            .arg(folder)
            .args(args)
            .stdin(Stdio::null())
            .output()
            .map_err(|error| told(format!("`git` does not start: {error}")))?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        let said = String::from_utf8_lossy(&output.stderr);
        Err(told(said.lines().next().unwrap_or("git failed and said nothing").to_owned()))
    };
    if rev.starts_with('-') {
        return Err(Stop::usage(format!("--changed-since {rev}: a revision begins with no dash"), None));
    }
    let top = git(&["rev-parse", "--show-toplevel"])?;
    let top = PathBuf::from(String::from_utf8_lossy(&top).trim_end_matches(['\n', '\r']));
    let top = fs::canonicalize(&top).unwrap_or(top);
    let mut changed = git(&["diff", "--name-only", "--no-renames", "-z", rev, "--"])?;
    // Paths of the first are those from the top on; these are told from there too.
    changed.extend(git(&["ls-files", "--others", "--exclude-standard", "--full-name", "-z", ":/"])?);
    let names = changed.split(|byte| *byte == 0).filter(|name| !name.is_empty());
    Ok(Changed(names.map(|name| top.join(&*String::from_utf8_lossy(name))).collect()))
}
