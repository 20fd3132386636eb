//! A command line: shown as a shell would take it, and run.

use std::{fmt, fs, io, path::Path, process::Command};

/// A command line, and what becomes of its output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    program: String,
    args: Vec<String>,
    then: Then,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Then {
    Nothing,
    /// What it prints goes into a file.
    Writes(&'static str),
    /// A file that it writes is printed, whatever its exit code.
    Shows(&'static str),
}

impl Line {
    pub(crate) fn new(program: &str, args: &[&str]) -> Self {
        Self { program: program.to_owned(), args: Vec::new(), then: Then::Nothing }.and(args)
    }

    /// The same with further arguments.
    pub(crate) fn and(mut self, args: impl IntoIterator<Item = impl ToString>) -> Self {
        self.args.extend(args.into_iter().map(|arg| arg.to_string()));
        self
    }

    pub(crate) fn writes(self, path: &'static str) -> Self {
        Self { then: Then::Writes(path), ..self }
    }

    pub(crate) fn shows(self, path: &'static str) -> Self {
        Self { then: Then::Shows(path), ..self }
    }

    /// Runs it in a folder; its exit code. A file that it is to write stays as it was if it fails.
    pub(crate) fn run(&self, folder: &Path) -> io::Result<u8> {
        let mut command = Command::new(&self.program);
        command.args(&self.args).current_dir(folder);
        let status = match self.then {
            Then::Nothing => command.status()?,
            Then::Writes(path) => {
                let output = command.stderr(std::process::Stdio::inherit()).output()?;
                if output.status.success() {
                    fs::write(folder.join(path), output.stdout)?;
                }
                output.status
            }
            Then::Shows(path) => {
                let path = folder.join(path);
                if let Some(parent) = path.parent() {
                    fs::create_dir_all(parent)?;
                }
                // That of a run before is none of this one's.
                fs::remove_file(&path).or_else(|error| match error.kind() {
                    io::ErrorKind::NotFound => Ok(()),
                    _ => Err(error),
                })?;
                let status = command.status()?;
                if let Ok(text) = fs::read_to_string(&path) {
                    print!("{text}");
                }
                status
            }
        };
        // Ended by a signal there is no code.
        Ok(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.program)?;
        for arg in &self.args {
            write!(f, " {}", Quoted(arg))?;
        }
        match self.then {
            Then::Nothing => Ok(()),
            Then::Writes(path) => write!(f, " > {path}"),
            Then::Shows(path) => write!(f, "; cat {path}"),
        }
    }
}

/// A word as a shell takes it for one.
struct Quoted<'a>(&'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_plain = |c: char| c.is_alphanumeric() || "-_./:=@%+,".contains(c);
        if !self.0.is_empty() && self.0.chars().all(is_plain) {
            return f.write_str(self.0);
        }
        write!(f, "'{}'", self.0.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_where_a_shell_needs_it() {
        let line = Line::new("cargo", &["plain-word", "", "two words", "it's", "a$b"]);
        assert_eq!(line.to_string(), r"cargo plain-word '' 'two words' 'it'\''s' 'a$b'");
    }

    #[test]
    fn the_output_is_written_and_a_failure_leaves_the_file_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let text = || fs::read_to_string(folder.path().join("out")).unwrap();
        let good = Line::new("cargo", &["--version"]).writes("out");
        assert_eq!(good.run(folder.path()).unwrap(), 0);
        assert!(text().starts_with("cargo "), "{}", text());
        let bad = Line::new("cargo", &["--no-such-option"]).writes("out");
        assert_ne!(bad.run(folder.path()).unwrap(), 0);
        assert!(text().starts_with("cargo "), "{}", text());
    }

    #[test]
    fn what_is_shown_is_this_run_s_and_its_folder_is_made() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("made")).unwrap();
        fs::write(folder.path().join("made/old"), "of before").unwrap();
        assert_eq!(Line::new("cargo", &["--version"]).shows("made/old").run(folder.path()).unwrap(), 0);
        assert!(!folder.path().join("made/old").exists());
        assert_eq!(Line::new("cargo", &["--version"]).shows("new/file").run(folder.path()).unwrap(), 0);
        assert!(folder.path().join("new").is_dir());
    }

    #[test]
    fn a_program_that_is_not_there_is_an_error() {
        assert!(Line::new("no-such-program-at-all", &[]).run(Path::new(".")).is_err());
    }
}
