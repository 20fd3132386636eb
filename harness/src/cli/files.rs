//! Which scenario files are meant.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    fs,
    path::{Path, PathBuf},
};

use mock_server::yaml;

use super::Stop;
use crate::{
    plain::plain,
    scenario::{self, Diagnostic, Scenario},
    sequence::file,
};

/// Where scenarios are unless paths are given.
pub const DEFAULT: &str = "scenarios";

/// More folders and files than this below the paths that are given are no suite.
const MOST_FILES: usize = 100_000;

/// A scenario file that was read.
#[derive(Debug)]
pub struct Read {
    /// Its path as found.
    pub path: PathBuf,
    /// The scenario, or its mistakes. A file that cannot be read is a mistake like any other.
    pub scenario: Result<Scenario, Vec<Diagnostic>>,
}

/// What was found.
#[derive(Debug, Default)]
pub struct Found {
    /// Scenario files, sorted, each once.
    pub paths: Vec<PathBuf>,
    /// What was left out and might be missed, a sentence each.
    pub notes: Vec<String>,
}

/// Whether a name is that of a YAML file: `.yaml` or `.yml`, in any case.
#[must_use]
pub fn is_yaml(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    ["yaml", "yml"].iter().any(|yaml| extension.eq_ignore_ascii_case(yaml))
}

/// Every scenario file at or below the paths (default: `scenarios/`).
///
/// Fragments (`_…`), what is no YAML and folders of sequences (`snapshots`) are left out of folders; a file or folder that
/// is named is taken as it is, unless it is a sequence (`.snap`) and scenarios are named beside it, as
/// `scenarios/x/snapshots/later*` would. Links are followed; a file is taken once, however many ways lead to it.
///
/// # Errors
/// A path that is not there, sequences alone, or more files than any suite has.
pub fn find(paths: &[PathBuf]) -> Result<Found, Stop> {
    let default = [PathBuf::from(DEFAULT)];
    let paths = if paths.is_empty() { &default[..] } else { paths };
    let mut walk = Walk::default();
    let mut sequences = Vec::new();
    for path in paths {
        let meta = fs::metadata(path)
            .map_err(|error| Stop::usage(format!("{}: {error}", path.display()), paths_hint(path)))?;
        if meta.is_dir() {
            walk.folders.push_back(path.clone());
        } else if file::is_sequence(path) {
            sequences.push(path);
        } else {
            walk.files.push(path.clone());
        }
    }
    if let (Some(first), true) = (sequences.first(), sequences.len() == paths.len()) {
        let hint = format!("name the scenario, the .yaml file in the folder above `{}`", file::FOLDER);
        let message = format!("{}: a sequence, not a scenario", first.display());
        return Err(Stop::usage(message, Some(hint)));
    }
    walk.notes.extend(
        sequences.iter().map(|path| format!("{}: a sequence, not a scenario; left out", path.display())),
    );
    walk.run()?;
    Ok(Found { paths: walk.each_once(), notes: walk.notes })
}

/// [`find`] for whoever wants the paths alone.
///
/// # Errors
/// As there.
pub fn scenarios(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Stop> {
    Ok(find(paths)?.paths)
}

fn paths_hint(path: &Path) -> Option<String> {
    (path == Path::new(DEFAULT))
        .then(|| "run it where the folder `scenarios` is, or say where they are".to_owned())
}

/// A walk through folders. What lies in them is taken before what links lead to, so that a file that is found twice
/// keeps the name it has without the link.
#[derive(Default)]
struct Walk {
    folders: VecDeque<PathBuf>,
    /// Links to folders, looked at when all else has been.
    links: VecDeque<PathBuf>,
    seen: BTreeSet<PathBuf>,
    files: Vec<PathBuf>,
    notes: Vec<String>,
}

impl Walk {
    fn run(&mut self) -> Result<(), Stop> {
        while let Some(folder) = self.folders.pop_front().or_else(|| self.links.pop_front()) {
            let real = fs::canonicalize(&folder).map_err(|error| unreadable(&folder, &error))?;
            if self.seen.insert(real.clone()) {
                self.folder(&folder)?;
            } else if fs::canonicalize(folder.parent().unwrap_or(Path::new("")))
                .is_ok_and(|at| at.starts_with(&real))
            {
                self.notes.push(format!("{}: leads back to {}; left out", folder.display(), real.display()));
            }
            if self.files.len() + self.seen.len() + self.folders.len() + self.links.len() > MOST_FILES {
                let message = format!("there are more than {MOST_FILES} files and folders below the paths");
                return Err(Stop::usage(
                    message,
                    Some("name the folder that holds the scenarios".to_owned()),
                ));
            }
        }
        Ok(())
    }

    fn folder(&mut self, folder: &Path) -> Result<(), Stop> {
        for path in inside(folder)? {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if path.is_dir() {
                if name.starts_with('.') {
                    continue;
                }
                if name == file::FOLDER {
                    self.sequences(&path)?;
                    continue;
                }
                if path.is_symlink() { self.links.push_back(path) } else { self.folders.push_back(path) }
            } else if is_yaml(&path) && !name.starts_with('_') {
                self.files.push(path);
            }
        }
        Ok(())
    }

    /// A folder of sequences: a scenario that somebody put there is not passed over in silence.
    fn sequences(&mut self, folder: &Path) -> Result<(), Stop> {
        for path in inside(folder)?.iter().filter(|path| is_yaml(path) || path.is_dir()) {
            self.notes.push(format!("{}: in a folder of sequences; left out", path.display()));
        }
        Ok(())
    }

    /// The files, sorted, each once: of several names the one that is no link, or else the first.
    fn each_once(&mut self) -> Vec<PathBuf> {
        self.files.sort_by_key(|path| (path.is_symlink(), path.clone()));
        let mut real = BTreeSet::new();
        // What is not there any more is told of when it is read.
        self.files.retain(|path| real.insert(fs::canonicalize(path).unwrap_or_else(|_| path.clone())));
        let mut files = std::mem::take(&mut self.files);
        files.sort();
        files
    }
}

/// What lies in a folder, sorted.
fn inside(folder: &Path) -> Result<Vec<PathBuf>, Stop> {
    let mut inside = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| unreadable(folder, &error))? {
        inside.push(entry.map_err(|error| unreadable(folder, &error))?.path());
    }
    inside.sort();
    Ok(inside)
}

fn unreadable(folder: &Path, error: &std::io::Error) -> Stop {
    Stop::usage(format!("{}: {error}", folder.display()), None)
}

/// Reads each file, in silence about what was left out.
///
/// # Errors
/// As [`find`]; mistakes in a file, and files that cannot be read, are no error here.
pub fn read(paths: &[PathBuf]) -> Result<Vec<Read>, Stop> {
    Ok(read_all(find(paths)?.paths))
}

/// [`read`] that tells `err` what was left out.
///
/// # Errors
/// As there, or the writer's.
pub fn read_telling(paths: &[PathBuf], err: &mut dyn std::io::Write) -> Result<Vec<Read>, Stop> {
    let found = find(paths)?;
    for note in &found.notes {
        writeln!(err, "harness: {}", plain(note))?;
    }
    Ok(read_all(found.paths))
}

fn read_all(paths: Vec<PathBuf>) -> Vec<Read> {
    // A scenario's sequences stand in a file of its name: two scenarios cannot share it.
    let mut sequences: BTreeMap<PathBuf, PathBuf> = BTreeMap::new();
    let mut all = Vec::with_capacity(paths.len());
    for path in paths {
        let name = path.to_string_lossy();
        let scenario = match yaml::read_file(&path) {
            Err(error) => Err(vec![scenario::unreadable(&name, &error)]),
            Ok(text) => match sequences.get(&file::reviewed(&path)) {
                Some(other) => {
                    let message =
                        format!("its sequences would stand in the same file as those of {}", other.display());
                    Err(vec![scenario::wrong_file(&name, &text, message, "give one of them another name")])
                }
                None => scenario::parse(&path, &text),
            },
        };
        sequences.entry(file::reviewed(&path)).or_insert_with(|| path.clone());
        all.push(Read { path, scenario });
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn touch(folder: &Path, names: &[&str]) {
        for name in names {
            let path = folder.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
    }

    fn names(folder: &Path, found: &Found) -> Vec<String> {
        let name = |path: &PathBuf| path.strip_prefix(folder).unwrap().to_string_lossy().into_owned();
        found.paths.iter().map(name).collect()
    }

    #[test]
    fn every_spelling_of_yaml_is_taken_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        touch(
            folder.path(),
            &[
                "a.yaml",
                "b.yml",
                "c.YAML",
                "d.YML",
                "_e.yml",
                "a.snap",
                "snapshots/a.snap",
                "snapshots/a.snap.new",
                "f.json",
                ".g/h.yaml",
                "x.yaml/i.yaml",
            ],
        );
        let found = find(&[folder.path().to_owned()]).unwrap();
        assert_eq!(names(folder.path(), &found), ["a.yaml", "b.yml", "c.YAML", "d.YML", "x.yaml/i.yaml"]);
    }

    #[test]
    fn sequences_that_a_pattern_brings_along_are_left_out_and_said() {
        let folder = tempfile::tempdir().unwrap();
        let all = ["later.yaml", "snapshots/later.snap", "snapshots/later.snap.new"];
        touch(folder.path(), &all);
        let all = all.map(|name| folder.path().join(name));
        let found = find(&all).unwrap();
        assert_eq!(names(folder.path(), &found), ["later.yaml"]);
        assert!(
            found.notes[0].ends_with("later.snap: a sequence, not a scenario; left out"),
            "{:?}",
            found.notes
        );
        let alone = find(&all[1..]).unwrap_err();
        assert!(alone.message.ends_with("later.snap: a sequence, not a scenario"), "{}", alone.message);
        assert_eq!(alone.code, super::super::exit::USAGE);
    }

    #[test]
    fn a_scenario_among_sequences_is_left_out_and_said_unless_its_folder_is_named() {
        let folder = tempfile::tempdir().unwrap();
        touch(folder.path(), &["a.yaml", "snapshots/a.snap", "snapshots/b.yaml", "snapshots/more/c.yaml"]);
        let found = find(&[folder.path().to_owned()]).unwrap();
        assert_eq!(names(folder.path(), &found), ["a.yaml"]);
        for (note, name) in found.notes.iter().zip(["b.yaml", "more"]) {
            assert!(note.ends_with(&format!("{name}: in a folder of sequences; left out")), "{note}");
        }
        assert_eq!(found.notes.len(), 2, "{:?}", found.notes);
        let named = folder.path().join("snapshots");
        let found = find(std::slice::from_ref(&named)).unwrap();
        assert_eq!(names(&named, &found), ["b.yaml", "more/c.yaml"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_loop_of_links_is_said_and_each_file_is_taken_once() {
        use std::os::unix::fs::symlink;
        let folder = tempfile::tempdir().unwrap();
        touch(folder.path(), &["b/case.yaml"]);
        symlink("..", folder.path().join("b/again")).unwrap();
        symlink("b", folder.path().join("a")).unwrap();
        symlink("b/case.yaml", folder.path().join("0.yaml")).unwrap();
        let found = find(&[folder.path().to_owned(), folder.path().join("b/case.yaml")]).unwrap();
        assert_eq!(names(folder.path(), &found), ["b/case.yaml"]);
        assert_eq!(found.notes.len(), 1, "{:?}", found.notes);
        assert!(found.notes[0].contains("b/again: leads back to "), "{:?}", found.notes);
    }

    #[test]
    fn two_scenarios_cannot_share_their_sequences() {
        let folder = tempfile::tempdir().unwrap();
        touch(folder.path(), &["a.yaml", "a.yml"]);
        let all = read(&[folder.path().to_owned()]).unwrap();
        let said = all[1].scenario.as_ref().unwrap_err()[0].line();
        assert!(said.contains("its sequences would stand in the same file as those of"), "{said}");
    }
}
