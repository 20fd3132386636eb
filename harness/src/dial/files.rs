//! Files that are served to pages at the dial address.

use std::{
    fs,
    path::{Component, Path, PathBuf},
};

/// Larger files are not served, bytes.
const MOST: u64 = 32 << 20;

/// What is served, and as what: by the ends of names.
const TYPES: &[(&str, &str)] = &[
    ("html", "text/html; charset=utf-8"),
    ("js", "text/javascript; charset=utf-8"),
    ("mjs", "text/javascript; charset=utf-8"),
    ("cjs", "text/javascript; charset=utf-8"),
    ("json", "application/json"),
    ("map", "application/json"),
    ("css", "text/css; charset=utf-8"),
    ("wasm", "application/wasm"),
];

/// What is served below (or at) a path: a folder, a file, or a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mount {
    /// The files of a folder, below a path that ends with `/`.
    Folder(String, PathBuf),
    /// One file at a path.
    File(String, PathBuf),
    /// A JSON text at a path.
    Json(String, String),
}

/// A file's bytes and media type; `None`: it is not served.
pub(super) fn find(mounts: &[Mount], path: &str) -> Option<(Vec<u8>, &'static str)> {
    mounts.iter().find_map(|mount| match mount {
        Mount::Json(at, text) if at == path => Some((text.clone().into_bytes(), "application/json")),
        Mount::File(at, file) if at == path => read(file),
        Mount::Folder(at, folder) => read(&folder.join(below(path.strip_prefix(at.as_str())?)?)),
        _ => None,
    })
}

/// A path that stays below where it begins. Nothing is decoded: names of modules need no escapes.
fn below(path: &str) -> Option<&Path> {
    let relative = Path::new(path);
    let stays = relative.components().all(|part| matches!(part, Component::Normal(_)));
    (stays && !path.contains(['\\', ':', '%'])).then_some(relative)
}

fn read(file: &Path) -> Option<(Vec<u8>, &'static str)> {
    let extension = file.extension()?.to_str()?;
    let (_, media) = TYPES.iter().find(|(end, _)| *end == extension)?;
    let found = fs::metadata(file).ok()?;
    if !found.is_file() || found.len() > MOST {
        return None;
    }
    Some((fs::read(file).ok()?, media))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_served_from_below_their_folder_alone() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("inner");
        fs::create_dir(&inner).unwrap();
        for (name, text) in [("inner/a.mjs", "a"), ("inner/secret.pem", "s"), ("outer.mjs", "o")] {
            fs::write(folder.path().join(name), text).unwrap();
        }
        let mounts = [
            Mount::Folder("/in/".to_owned(), inner),
            Mount::File("/one".to_owned(), folder.path().join("outer.mjs")),
            Mount::Json("/j".to_owned(), "{}".to_owned()),
        ];
        let served = |path: &str| find(&mounts, path).map(|(bytes, _)| String::from_utf8(bytes).unwrap());
        assert_eq!(served("/in/a.mjs").as_deref(), Some("a"));
        assert_eq!(served("/one").as_deref(), Some("o"));
        assert_eq!(served("/j").as_deref(), Some("{}"));
        for path in [
            "/in/../outer.mjs",
            "/in//a.mjs/",
            "/in/secret.pem",
            "/in/",
            "/in/%2e%2e/outer.mjs",
            "/outer.mjs",
        ] {
            assert_eq!(served(path), None, "{path}");
        }
    }
}
