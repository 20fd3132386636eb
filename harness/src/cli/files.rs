//! Which scenario files are meant.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::Stop;
use crate::scenario::{self, Diagnostic, Scenario};

/// Where scenarios are unless paths are given.
pub const DEFAULT: &str = "scenarios";

/// A scenario file that was read.
#[derive(Debug)]
pub struct Read {
    /// Its path as found.
    pub path: PathBuf,
    /// The scenario, or its mistakes.
    pub scenario: Result<Scenario, Vec<Diagnostic>>,
}

/// Every scenario file at or below the paths (default: `scenarios/`), sorted, each once.
///
/// Fragments (`_…`) and what is no `.yaml` are left out of folders; a file that is named is taken as it is.
///
/// # Errors
/// A path that is not there.
pub fn scenarios(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Stop> {
    let default = [PathBuf::from(DEFAULT)];
    let paths = if paths.is_empty() { &default[..] } else { paths };
    let mut found = Vec::new();
    for path in paths {
        let meta = fs::metadata(path)
            .map_err(|error| Stop::usage(format!("{}: {error}", path.display()), paths_hint(path)))?;
        if meta.is_dir() {
            walk(path, &mut found)?;
        } else {
            found.push(path.clone());
        }
    }
    found.sort();
    found.dedup();
    Ok(found)
}

fn paths_hint(path: &Path) -> Option<String> {
    (path == Path::new(DEFAULT))
        .then(|| "run it where the folder `scenarios` is, or say where they are".to_owned())
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) -> Result<(), Stop> {
    let unreadable = |error: std::io::Error| Stop::usage(format!("{}: {error}", folder.display()), None);
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if path.is_dir() {
            if !name.starts_with('.') {
                walk(&path, found)?;
            }
        } else if name.ends_with(".yaml") && !name.starts_with('_') {
            found.push(path);
        }
    }
    Ok(())
}

/// Reads each file.
///
/// # Errors
/// A file that cannot be read; mistakes in it are no error here.
pub fn read(paths: &[PathBuf]) -> Result<Vec<Read>, Stop> {
    scenarios(paths)?
        .into_iter()
        .map(|path| {
            let text = fs::read_to_string(&path)
                .map_err(|error| Stop::usage(format!("{}: {error}", path.display()), None))?;
            let scenario = scenario::parse(&path, &text);
            Ok(Read { path, scenario })
        })
        .collect()
}
