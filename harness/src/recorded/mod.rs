//! Recordings, for people: a line an entry, and what a replay finds.

mod aside;
mod beside;
mod elsewhere;
mod line;
pub mod meaning;
mod page;
mod replayed;
mod unpacked;

pub use aside::Aside;
pub use beside::{Beside, beside};
pub use elsewhere::replayed_by_meaning;
pub(crate) use elsewhere::{Names, rewrite_body};
pub(crate) use line::instant;
pub use line::{line, shortened};
pub use page::Page;
pub(crate) use replayed::apart;
pub use replayed::{Outcome, replayed};
pub(crate) use unpacked::packed;

use std::{
    io::{BufRead, Read as _},
    path::{Path, PathBuf},
};

use recording::{End, Entry, Header, Reader};

/// A recording on disk.
pub type FileReader = Reader<Box<dyn BufRead>>;

/// Opens a recording, compressed (`zstd`) or not: its first bytes tell.
///
/// # Errors
/// It is none that can be read: a sentence that names the file.
pub fn open(path: &Path) -> Result<FileReader, String> {
    let said = |why: String| format!("{}: {why}", path.display());
    let input = unpacked::open(path).map_err(|error| said(error.to_string()))?;
    Reader::open(input).map_err(|error| said(error.to_string()))
}

/// Reads a whole recording, as far as it is intact, and what ended it.
///
/// # Errors
/// It cannot be read, or has more entries than `most`: a sentence that names the file.
pub fn read_all(path: &Path, most: usize) -> Result<(Header, Vec<Entry>, End), String> {
    let said = |why: String| format!("{}: {why}", path.display());
    let (mut reader, mut entries) = (open(path)?, Vec::new());
    while let Some(entry) = reader.next_entry().map_err(|error| said(error.to_string()))? {
        if entries.len() == most {
            return Err(said(format!("it has more than {most} entries")));
        }
        entries.push(entry);
    }
    let end = reader.end().cloned().unwrap_or(End::Whole);
    Ok((reader.header().clone(), entries, end))
}

/// Whether a file begins as recordings do; one that cannot be read does not.
#[must_use]
pub fn is_one(path: &Path) -> bool {
    let mut begin = Vec::new();
    let read = unpacked::open(path).and_then(|input| input.take(13).read_to_end(&mut begin));
    read.is_ok() && begin == b"{\"recording\":"
}

/// The recordings that paths name: files, and what folders hold of them, at any depth, in the order of their names.
///
/// # Errors
/// A path is not there, or a folder has none: a sentence.
pub fn find(paths: &[PathBuf]) -> Result<Vec<PathBuf>, String> {
    let mut found = Vec::new();
    for path in paths {
        if !path.is_dir() {
            path.metadata().map_err(|error| format!("{}: {error}", path.display()))?;
            found.push(path.clone());
            continue;
        }
        let before = found.len();
        gather(path, &mut found).map_err(|error| format!("{}: {error}", path.display()))?;
        if found.len() == before {
            return Err(format!("{}: it holds no recording (`*.jsonl`, `*.jsonl.zst`)", path.display()));
        }
        found[before..].sort();
    }
    Ok(found)
}

/// Folders are not followed through links: no loop has an end.
fn gather(folder: &Path, found: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            gather(&entry.path(), found)?;
        } else if is_called_one(&entry.path()) {
            found.push(entry.path());
        }
    }
    Ok(())
}

fn is_called_one(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    [".jsonl", ".jsonl.zst"].iter().any(|ending| name.ends_with(ending))
}
