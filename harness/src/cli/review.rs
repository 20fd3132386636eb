//! `harness review`: accepts or refuses changed sequences.
//!
//! A run that sees a sequence other than the accepted one (`snapshots/NAME.snap`) writes `NAME.snap.new` beside it.
//! Accepting moves the new one over the old, refusing deletes it.

use std::{
    fs,
    io::{BufRead, Write},
    path::{Path, PathBuf},
};

use clap::Args;
use similar::TextDiff;

use super::{Stop, exit, files::DEFAULT};
use crate::sequence::file;

/// Arguments of `harness review`.
#[derive(Debug, Args)]
pub(super) struct ReviewArgs {
    /// Files or folders; `scenarios/` if none is given.
    paths: Vec<PathBuf>,
    /// Accepts every changed sequence without asking.
    #[arg(long, conflicts_with = "reject_all")]
    accept_all: bool,
    /// Refuses every changed sequence without asking.
    #[arg(long)]
    reject_all: bool,
}

/// What becomes of a changed sequence.
enum Choice {
    Accept,
    Refuse,
    Skip,
    Quit,
}

pub(super) fn run(
    args: &ReviewArgs,
    out: &mut dyn Write,
    terminal: bool,
    answers: &mut dyn BufRead,
) -> Result<u8, Stop> {
    let default = [PathBuf::from(DEFAULT)];
    let mut pending: Vec<Pending> = Vec::new();
    for path in if args.paths.is_empty() { &default[..] } else { &args.paths } {
        collect(path, &mut pending)?;
    }
    pending.sort();
    if pending.is_empty() {
        writeln!(out, "nothing to review")?;
        return Ok(exit::CONFORMS);
    }
    let (mut accepted, mut refused, mut left) = (0, 0, 0);
    let mut quit = false;
    for Pending { new, old } in &pending {
        show(old, new, out)?;
        let choice = match () {
            () if quit => Choice::Quit,
            () if args.accept_all => Choice::Accept,
            () if args.reject_all => Choice::Refuse,
            () if terminal => ask(out, answers)?,
            () => Choice::Skip,
        };
        let failed = |error: std::io::Error| Stop::usage(format!("{}: {error}", new.display()), None);
        match choice {
            Choice::Accept => {
                fs::rename(new, old).map_err(failed)?;
                accepted += 1;
            }
            Choice::Refuse => {
                fs::remove_file(new).map_err(failed)?;
                refused += 1;
            }
            Choice::Skip => left += 1,
            Choice::Quit => (quit, left) = (true, left + 1),
        }
    }
    writeln!(out, "{accepted} accepted, {refused} refused, {left} left")?;
    let asked = terminal || args.accept_all || args.reject_all;
    if !asked {
        let hint = "run it in a terminal, or with --accept-all or --reject-all".to_owned();
        return Err(Stop::usage("no terminal to ask in", Some(hint)));
    }
    Ok(exit::CONFORMS)
}

/// A sequence that waits for its review, and the accepted one that it would replace.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Pending {
    new: PathBuf,
    old: PathBuf,
}

fn collect(path: &Path, pending: &mut Vec<Pending>) -> Result<(), Stop> {
    let failed = |error: std::io::Error| Stop::usage(format!("{}: {error}", path.display()), None);
    if fs::metadata(path).map_err(failed)?.is_dir() {
        for entry in fs::read_dir(path).map_err(failed)? {
            collect(&entry.map_err(failed)?.path(), pending)?;
        }
    } else if let Some(old) = file::replaced_by(path) {
        pending.push(Pending { new: path.to_owned(), old });
    }
    Ok(())
}

fn show(old: &Path, new: &Path, out: &mut dyn Write) -> Result<(), Stop> {
    // A sequence that is new has no accepted one: everything in it is an addition.
    let before = fs::read_to_string(old).unwrap_or_default();
    let after =
        fs::read_to_string(new).map_err(|error| Stop::usage(format!("{}: {error}", new.display()), None))?;
    let diff = TextDiff::from_lines(before.as_str(), after.as_str());
    let (old, new) = (old.display().to_string(), new.display().to_string());
    writeln!(out, "{}", diff.unified_diff().context_radius(3).header(&old, &new))?;
    Ok(())
}

fn ask(out: &mut dyn Write, answers: &mut dyn BufRead) -> Result<Choice, Stop> {
    loop {
        write!(out, "accept? [y]es, [n]o (delete it), [s]kip, [q]uit: ")?;
        out.flush()?;
        let mut answer = String::new();
        if answers.read_line(&mut answer)? == 0 {
            return Ok(Choice::Quit);
        }
        match answer.trim() {
            "y" | "yes" => return Ok(Choice::Accept),
            "n" | "no" => return Ok(Choice::Refuse),
            "s" | "skip" | "" => return Ok(Choice::Skip),
            "q" | "quit" => return Ok(Choice::Quit),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a.yaml", "b.yaml", "c.yaml"] {
            let old = file::reviewed(&folder.path().join(name));
            fs::create_dir_all(old.parent().unwrap()).unwrap();
            fs::write(&old, "one\ntwo\n").unwrap();
            fs::write(file::pending(&old), "one\nthree\n").unwrap();
        }
        folder
    }

    fn review(folder: &Path, accept_all: bool, terminal: bool, answers: &str) -> (Result<u8, Stop>, String) {
        let args = ReviewArgs { paths: vec![folder.to_owned()], accept_all, reject_all: false };
        let mut out = Vec::new();
        let code = run(&args, &mut out, terminal, &mut answers.as_bytes());
        (code, String::from_utf8(out).unwrap())
    }

    #[test]
    fn each_answer_does_what_it_says() {
        let folder = folder();
        let (code, out) = review(folder.path(), false, true, "y\nwhat\nn\ns\n");
        assert_eq!(code, Ok(exit::CONFORMS));
        assert!(out.contains("-two\n+three\n"), "{out}");
        assert!(out.ends_with("1 accepted, 1 refused, 1 left\n"), "{out}");
        let read = |name: &str| fs::read_to_string(folder.path().join(file::FOLDER).join(name)).ok();
        assert_eq!(read("a.snap").as_deref(), Some("one\nthree\n"));
        assert_eq!((read("a.snap.new"), read("b.snap.new")), (None, None));
        assert_eq!(read("b.snap").as_deref(), Some("one\ntwo\n"));
        assert!(read("c.snap.new").is_some());
    }

    #[test]
    fn without_a_terminal_it_shows_and_changes_nothing() {
        let folder = folder();
        let (code, out) = review(folder.path(), false, false, "");
        assert_eq!(code.unwrap_err().code, exit::USAGE);
        assert!(out.ends_with("0 accepted, 0 refused, 3 left\n"), "{out}");
    }

    #[test]
    fn all_can_be_accepted_at_once() {
        let folder = folder();
        let (code, _) = review(folder.path(), true, false, "");
        assert_eq!(code, Ok(exit::CONFORMS));
        let (code, out) = review(folder.path(), false, false, "");
        assert_eq!((code, out.as_str()), (Ok(exit::CONFORMS), "nothing to review\n"));
    }
}
