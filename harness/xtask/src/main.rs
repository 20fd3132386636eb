//! The daily commands of this repository, by short names: `cargo xtask scenario NAME`, `cargo xtask ci` …
//!
//! Each is a line or two that could be typed as well. It is printed before it is run.

mod line;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Parser, Subcommand};

use line::Line;

/// Where `watch` has the sequence written.
const SEQUENCE: &str = "target/xtask/sequence.txt";

/// The daily commands of this repository; each prints what it runs.
#[derive(Debug, Parser)]
#[command(name = "xtask", bin_name = "cargo xtask", arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Runs scenarios against the reference client
    Scenario {
        /// A file or folder, or what the path, title or axes of a case contain
        name: String,
        /// Further options of `harness run`, such as `--seed 7`
        #[arg(last = true)]
        more: Vec<String>,
    },
    /// Runs scenarios and shows their sequences: every call and callback in its order
    Watch {
        /// A file or folder, or what the path, title or axes of a case contain
        name: String,
        /// Further options of `harness run`
        #[arg(last = true)]
        more: Vec<String>,
    },
    /// Accepts or refuses sequences that have changed
    Review {
        /// Files or folders; all scenarios if none is given
        paths: Vec<PathBuf>,
        /// Further options of `harness review`, such as `--accept-all`
        #[arg(last = true)]
        more: Vec<String>,
    },
    /// Writes the committed JSON Schemas anew: of scenarios, and of the adapter protocol
    Schema,
    /// Runs scenarios against a client: a name of `harness clients`, or an adapter's command line
    Client {
        /// `web-sdk@5.38.0`, or a command in words as a shell parts them
        client: String,
        /// A file or folder, or what the path, title or axes of a case contain; everything if none is given
        name: Option<String>,
        /// Further options of `harness run`, such as `--no-baseline`
        #[arg(last = true)]
        more: Vec<String>,
    },
    /// Runs everything that must hold
    Ci,
}

impl Task {
    /// What it runs, in order.
    fn lines(&self, root: &Path) -> Vec<Line> {
        match self {
            Self::Scenario { name, more } => vec![harness(&["run"]).and(chosen(root, name)).and(more)],
            Self::Watch { name, more } => {
                let run = harness(&["run", "--sequences", SEQUENCE]).and(chosen(root, name)).and(more);
                vec![run.shows(SEQUENCE)]
            }
            Self::Review { paths, more } => {
                vec![harness(&["review"]).and(paths.iter().map(|path| path.display().to_string())).and(more)]
            }
            Self::Schema => vec![
                harness(&["schema"]).writes("scenarios/schema.json"),
                harness(&["schema", "adapter"]).writes("harness/adapters/protocol.schema.json"),
            ],
            Self::Client { client, name, more } => {
                let cases = name.iter().flat_map(|name| chosen(root, name));
                vec![harness(&["run", "--client", client]).and(cases).and(more)]
            }
            Self::Ci => vec![Line::new("bash", &[".ci/run"])],
        }
    }
}

/// A command of the harness, built before if need be.
fn harness(args: &[&str]) -> Line {
    Line::new("cargo", &["run", "--quiet", "--package", "harness", "--"]).and(args)
}

/// A path that is there is taken as one; anything else is looked for in cases.
fn chosen(root: &Path, name: &str) -> Vec<String> {
    if root.join(name).exists() {
        vec![name.to_owned()]
    } else {
        vec!["--filter".to_owned(), name.to_owned()]
    }
}

fn main() -> ExitCode {
    // Where this crate is, two folders below the root, stands since it was built.
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for line in Cli::parse().task.lines(&root) {
        eprintln!("+ {line}");
        match line.run(&root) {
            Ok(0) => {}
            Ok(code) => return ExitCode::from(code),
            Err(error) => {
                eprintln!("xtask: {line}: {error}");
                return ExitCode::FAILURE;
            }
        }
    }
    ExitCode::SUCCESS
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(words: &[&str]) -> Vec<String> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let words = std::iter::once("xtask").chain(words.iter().copied());
        Cli::try_parse_from(words).unwrap().task.lines(&root).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_command_line_is_well_formed() {
        use clap::CommandFactory as _;
        Cli::command().debug_assert();
    }

    const HARNESS: &str = "cargo run --quiet --package harness --";

    #[test]
    fn a_scenario_is_chosen_by_its_path_or_by_a_part_of_its_name() {
        assert_eq!(shown(&["scenario", "scenarios/kick"]), [format!("{HARNESS} run scenarios/kick")]);
        assert_eq!(
            shown(&["scenario", "a wrong token"]),
            [format!("{HARNESS} run --filter 'a wrong token'")]
        );
        let seeded = shown(&["scenario", "kick/", "--", "--seed", "7"]);
        assert_eq!(seeded, [format!("{HARNESS} run --filter kick/ --seed 7")]);
    }

    #[test]
    fn watching_shows_the_sequence() {
        let line = format!("{HARNESS} run --sequences {SEQUENCE} --filter kick; cat {SEQUENCE}");
        assert_eq!(shown(&["watch", "kick"]), [line]);
    }

    #[test]
    fn review_takes_paths_and_options() {
        assert_eq!(shown(&["review"]), [format!("{HARNESS} review")]);
        let all = shown(&["review", "scenarios/kick", "--", "--accept-all"]);
        assert_eq!(all, [format!("{HARNESS} review scenarios/kick --accept-all")]);
    }

    #[test]
    fn both_schemas_are_written_where_they_are_committed() {
        let [scenario, adapter] = &shown(&["schema"])[..] else { panic!("two schemas") };
        for line in [scenario, adapter] {
            let path = line.rsplit_once(" > ").unwrap().1;
            assert!(Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path).is_file(), "{path}");
        }
        assert_eq!(*scenario, format!("{HARNESS} schema > scenarios/schema.json"));
    }

    #[test]
    fn a_client_runs_everything_or_what_is_chosen() {
        assert_eq!(shown(&["client", "web-sdk@5.38.0"]), [format!("{HARNESS} run --client web-sdk@5.38.0")]);
        let own = shown(&["client", "node my.mjs", "connect", "--", "--no-baseline"]);
        assert_eq!(own, [format!("{HARNESS} run --client 'node my.mjs' --filter connect --no-baseline")]);
    }

    #[test]
    fn ci_is_the_script() {
        assert_eq!(shown(&["ci"]), ["bash .ci/run"]);
    }
}
