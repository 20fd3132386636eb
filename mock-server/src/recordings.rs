//! The folder of recordings: whose it is, and which file is of which world.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    path::{Path, PathBuf},
};

/// The file by which a folder is claimed. The claim ends with the process, however that ends.
const LOCK: &str = ".lock";
/// How the files of recordings end.
const ENDING: &str = "jsonl";
/// How they end when somebody has compressed them.
const COMPRESSED: &str = ".jsonl.zst";

/// Files that hold tokens and secrets are their owner's alone, where a system has owners.
#[must_use]
pub fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// A folder of recordings, made if need be, that no other server writes into as long as this lives: two that did would make
/// none of either's worlds.
///
/// # Errors
/// It cannot be made, or another server has it: a sentence.
pub fn claim(folder: &Path) -> Result<File, String> {
    let said = |why: &dyn std::fmt::Display| format!("recordings in {}: {why}", folder.display());
    fs::create_dir_all(folder).map_err(|error| said(&error))?;
    let lock = OpenOptions::new().write(true).create(true).truncate(false).open(folder.join(LOCK));
    let lock = lock.map_err(|error| said(&error))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => {
            Err(said(&"another server records there; give each a folder of its own"))
        }
        // A file system without locks: nobody can tell.
        Err(TryLockError::Error(error)) if error.kind() == std::io::ErrorKind::Unsupported => Ok(lock),
        Err(TryLockError::Error(error)) => Err(said(&error)),
    }
}

/// Where the recording of a world is that goes on.
#[must_use]
pub fn path_of(folder: &Path, app_key: &str) -> PathBuf {
    folder.join(format!("{}.{ENDING}", file_name(app_key)))
}

/// An App Key as the name of a file: `%` and two digits stand for whatever may not be in one, and for dots, which part the name from
/// what follows.
pub(crate) fn file_name(app_key: &str) -> String {
    let mut name = String::new();
    for byte in app_key.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => name.push(char::from(byte)),
            other => name.push_str(&format!("%{other:02X}")),
        }
    }
    name
}

/// The recording of an earlier world of that App Key gets a number: `KEY.1.jsonl` is the oldest.
///
/// # Errors
/// It cannot be renamed.
pub fn set_aside(folder: &Path, app_key: &str) -> std::io::Result<()> {
    let path = path_of(folder, app_key);
    if !path.exists() {
        return Ok(());
    }
    let name = file_name(app_key);
    let numbered = |n: u64| folder.join(format!("{name}.{n}.{ENDING}"));
    let free = (1..).map(numbered).find(|path| !path.exists());
    // Of all numbers one is free.
    free.map_or(Ok(()), |free| fs::rename(&path, free))
}

/// What cannot be gone on with as a whole is kept as it is, beside what goes on: `KEY.damaged-1.jsonl`.
///
/// # Errors
/// It cannot be copied.
pub(crate) fn keep_damaged(folder: &Path, app_key: &str) -> std::io::Result<PathBuf> {
    let name = file_name(app_key);
    let numbered = |n: u64| folder.join(format!("{name}.damaged-{n}.{ENDING}"));
    // Of all numbers one is free.
    let free = (1..).map(numbered).find(|path| !path.exists()).unwrap_or_else(|| numbered(0));
    fs::copy(path_of(folder, app_key), &free)?;
    Ok(free)
}

/// The recordings of worlds that go on, in a folder that need not be there.
///
/// # Errors
/// The folder cannot be read, or a recording in it is compressed.
pub(crate) fn to_resume(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    if !folder.exists() {
        return Ok(found);
    }
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if name.starts_with('.') && name.ends_with(".new") {
            // Of a world that was still being made when the server ended: nobody was ever told of it.
            fs::remove_file(&path)?;
            continue;
        }
        let is_current = name.strip_suffix(&format!(".{ENDING}")).is_some_and(|key| !key.contains('.'));
        if is_current && path.is_file() {
            found.push(path);
            continue;
        }
        // It would be left out without a word, and a world without a past made in its place.
        let compressed = name.strip_suffix(COMPRESSED).filter(|key| !key.contains('.'));
        if compressed.is_some_and(|key| !folder.join(format!("{key}.{ENDING}")).exists()) {
            let why =
                format!("{name} is compressed: `zstd -d` it, so that its world goes on, or put it elsewhere");
            return Err(std::io::Error::other(why));
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn app_keys_are_names_of_files_and_earlier_worlds_keep_theirs() {
        assert_eq!(file_name("mock-app_1"), "mock-app_1");
        assert_eq!(file_name("../a.b/é"), "%2E%2E%2Fa%2Eb%2F%C3%A9");
        let folder = tempfile::tempdir().unwrap();
        for (n, text) in ["first", "second"].into_iter().enumerate() {
            fs::write(path_of(folder.path(), "k"), text).unwrap();
            set_aside(folder.path(), "k").unwrap();
            assert_eq!(fs::read_to_string(folder.path().join(format!("k.{}.jsonl", n + 1))).unwrap(), text);
        }
        fs::write(path_of(folder.path(), "k"), "third").unwrap();
        assert_eq!(to_resume(folder.path()).unwrap(), [path_of(folder.path(), "k")]);
    }
}
