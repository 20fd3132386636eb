//! Recordings, for people: a line an entry, and what a replay finds.

mod line;
mod replayed;

pub use line::line;
pub use replayed::{Outcome, replayed};

use std::{
    fs::File,
    io::BufReader,
    path::{Path, PathBuf},
};

use recording::Reader;

/// A recording on disk.
pub type FileReader = Reader<BufReader<File>>;

/// Opens a recording.
///
/// # Errors
/// It is none that can be read: a sentence that names the file.
pub fn open(path: &Path) -> Result<FileReader, String> {
    let said = |why: String| format!("{}: {why}", path.display());
    let file = File::open(path).map_err(|error| said(error.to_string()))?;
    Reader::open(BufReader::with_capacity(1 << 18, file)).map_err(|error| said(error.to_string()))
}

/// The recordings that paths name: files, and what folders hold of them, in the order of their names.
///
/// # Errors
/// A path is not there, or a folder has none: a sentence.
pub fn find(paths: &[PathBuf]) -> Result<Vec<PathBuf>, String> {
    let mut found = Vec::new();
    for path in paths {
        let said = |why: &dyn std::fmt::Display| format!("{}: {why}", path.display());
        if !path.is_dir() {
            path.metadata().map_err(|error| said(&error))?;
            found.push(path.clone());
            continue;
        }
        let before = found.len();
        for entry in std::fs::read_dir(path).map_err(|error| said(&error))? {
            let path = entry.map_err(|error| said(&error))?.path();
            if path.extension().is_some_and(|ending| ending == "jsonl") {
                found.push(path);
            }
        }
        if found.len() == before {
            return Err(said(&"it holds no recording (`*.jsonl`)"));
        }
        found[before..].sort();
    }
    Ok(found)
}
