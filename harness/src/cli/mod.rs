//! The command line.

pub mod exit;
pub mod files;

mod areas;
mod baseline;
mod cases;
mod changed;
mod check_adapter;
mod clients;
mod dial;
mod diff;
mod diff_recordings;
mod explain;
mod lint;
mod list;
mod mutants;
mod not_started;
mod out;
mod play;
mod progress;
mod proxy;
mod replay;
mod report;
mod requirements;
mod review;
mod run;
mod scenario_from;
mod scrub;
mod select;
mod settings;
mod show;
mod signals;
mod tested;
mod texts;
mod turns;

use std::{
    ffi::OsString,
    io::{self, IsTerminal, Write},
    process::ExitCode,
};

use clap::{Parser, Subcommand, ValueEnum};

pub use dial::DialArgs;
pub use run::RunArgs;
pub use select::Selection;

pub use crate::verdict::Shard;

use crate::{
    plain::{Plain, plain},
    report::TerminalOptions,
    runner::Interrupt,
};
use out::Out;

/// Runs scenarios against an IM client and judges its callback sequence.
#[derive(Debug, Parser)]
#[command(name = "harness", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs scenarios and judges them.
    Run(RunArgs),
    /// Lists scenarios and their cases.
    List(list::ListArgs),
    /// Names every mistake in scenario files.
    Lint(lint::LintArgs),
    /// Tries the suite with deliberate bugs of service and client; 0: all were noticed, 1: some live.
    Mutants(mutants::MutantsArgs),
    /// Prints the JSON Schema of the scenario format, or of the adapter protocol.
    Schema(SchemaArgs),
    /// Explains a requirement, ambiguity, method, callback, enum, bug, act, capability or exit code.
    Explain(explain::ExplainArgs),
    /// Shows the requirement catalogue and which scenarios cover it.
    Requirements(requirements::RequirementsArgs),
    /// Shows the clients that can be tested, and what each needs.
    Clients(clients::ClientsArgs),
    /// Talks to an adapter and tells whether it keeps to the protocol.
    CheckAdapter(check_adapter::CheckAdapterArgs),
    /// Tells where two clients, two runs, or two recordings differ; 0: nowhere, 1: somewhere.
    Diff(diff::DiffArgs),
    /// Merges runs (shards, other clients) into one report.
    Report(report::ReportArgs),
    /// Accepts or refuses changed sequences.
    Review(review::ReviewArgs),
    /// Proposes a client's known deviations: what is red in a run, to be given reasons.
    Baseline(baseline::BaselineArgs),
    /// Shows a recording as text.
    Show(show::ShowArgs),
    /// Does recordings again and tells where something else is said; 0: nowhere, 1: somewhere.
    Replay(replay::ReplayArgs),
    /// Makes a scenario of a recording: a first draft, with what must come of it.
    ScenarioFrom(scenario_from::ScenarioFromArgs),
    /// Stands between clients and any server, and records their sessions.
    Proxy(proxy::ProxyArgs),
    /// Writes a recording anew with pseudonyms for whatever could tell of people, so that it can be shared.
    Scrub(scrub::ScrubArgs),
    /// Loads a server with many simulated clients; rates, latencies, memory.
    Load(crate::load::Args),
}

/// Arguments of `harness schema`.
#[derive(Debug, clap::Args)]
struct SchemaArgs {
    /// Which one.
    #[arg(value_enum, default_value_t)]
    of: SchemaOf,
}

/// What has a JSON Schema.
#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum SchemaOf {
    /// Scenario files.
    #[default]
    Scenario,
    /// Messages between the harness and adapters.
    Adapter,
}

/// How results are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// JSON, one object a line where there are many.
    Json,
}

/// Why a command ends early: what to say, and the exit code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stop {
    /// One line.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// One of [`exit`].
    pub code: u8,
}

impl Stop {
    /// Wrong usage or a wrong file.
    #[must_use]
    pub fn usage(message: impl Into<String>, hint: Option<String>) -> Self {
        Self { message: message.into(), hint, code: exit::USAGE }
    }
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self { message: error.to_string(), hint: None, code: exit::HARNESS_FAULT }
    }
}

/// The program: reads the arguments, writes to stdout and stderr, gives the exit code.
#[must_use]
pub fn main() -> ExitCode {
    let mut out = io::BufWriter::new(io::stdout());
    let terminal = io::stdin().is_terminal();
    ExitCode::from(run_watching(std::env::args_os(), &mut out, &mut io::stderr(), terminal, true))
}

/// The program on given arguments (the first is its name) and writers. Signals end it as the platform has it.
pub fn run_with(
    args: impl IntoIterator<Item = OsString>,
    out: &mut (dyn Write + Send),
    err: &mut (dyn Write + Send),
    terminal: bool,
) -> u8 {
    run_watching(args, out, err, terminal, false)
}

/// As [`run_with`]; with `watch`, the first signal of a run asks for its end.
fn run_watching(
    args: impl IntoIterator<Item = OsString>,
    out: &mut (dyn Write + Send),
    err: &mut (dyn Write + Send),
    terminal: bool,
    watch: bool,
) -> u8 {
    // Whoever reads may go away at any moment: no command has to think of it.
    let (mut out, mut err) = (Out::new(out), Out::new(err));
    let args: Vec<OsString> = args.into_iter().collect();
    let code = match Cli::try_parse_from(&args) {
        Err(error) => {
            let wanted = !error.use_stderr();
            let text = error.render();
            // Kept by the writer.
            let text = text.to_string();
            let _ = if wanted { write!(out, "{text}") } else { write!(err, "{}", plain(&text)) };
            if !wanted {
                not_started::refused(&args, &text);
            }
            if wanted { exit::CONFORMS } else { exit::USAGE }
        }
        Ok(cli) => match dispatch(cli.command, &mut out, &mut err, terminal, watch) {
            Ok(code) => code,
            Err(stop) => {
                let hint = stop.hint.map_or_else(String::new, |hint| format!("\n  {hint}"));
                let _ = writeln!(err, "harness: {}", plain(&format!("{}{hint}", stop.message)));
                stop.code
            }
        },
    };
    out.code(code, &mut err)
}

fn dispatch(
    command: Command,
    out: &mut (dyn Write + Send),
    err: &mut dyn Write,
    terminal: bool,
    watch: bool,
) -> Result<u8, Stop> {
    let interrupt = || if watch { signals::watch() } else { Interrupt::default() };
    match command {
        // It has colours of its own; its reporter looks after the rest.
        Command::Run(args) => run::run(&args, out, err, TerminalOptions::detect(), &interrupt()),
        Command::List(args) => list::run(&args, &mut Plain::new(out), err),
        Command::Lint(args) => lint::run(&args, &mut Plain::new(out), err),
        Command::Mutants(args) => mutants::run(&args, &mut Plain::new(out), err, &interrupt()),
        Command::Schema(args) => {
            match args.of {
                SchemaOf::Scenario => out.write_all(schema_text().as_bytes())?,
                SchemaOf::Adapter => out.write_all(crate::adapter::check::SCHEMA.as_bytes())?,
            }
            Ok(exit::CONFORMS)
        }
        Command::Explain(args) => explain::run(&args, &mut Plain::new(out)),
        Command::Requirements(args) => requirements::run(&args, &mut Plain::new(out), err),
        Command::Clients(args) => clients::run(&args, &mut Plain::new(out)),
        Command::CheckAdapter(args) => {
            if watch {
                signals::end_at_once();
            }
            check_adapter::run(&args, &mut Plain::new(out))
        }
        Command::Diff(args) => diff::run(&args, &mut Plain::new(out), err),
        Command::Report(args) => report::run(&args, out, err, TerminalOptions::detect()),
        Command::Review(args) => review::run(&args, &mut Plain::new(out), terminal, &mut io::stdin().lock()),
        Command::Baseline(args) => baseline::run(&args, &mut Plain::new(out), err, &interrupt()),
        Command::Show(args) => show::run(&args, &mut Plain::new(out)),
        Command::Replay(args) => {
            let is_terminal = terminal && io::stdout().is_terminal();
            replay::run(&args, &mut Plain::new(out), err, is_terminal, &interrupt)
        }
        Command::ScenarioFrom(args) => scenario_from::run(&args, &mut Plain::new(out), err),
        Command::Proxy(args) => {
            let stop = "stopping: what is recorded is whole. Once more ends at once";
            let interrupt = if watch { signals::watch_saying(stop) } else { Interrupt::default() };
            proxy::run(&args, out, err, &interrupt)
        }
        Command::Scrub(args) => scrub::run(&args, &mut Plain::new(out)),
        Command::Load(args) => match crate::load::run(&args, &mut Plain::new(out)) {
            Ok(()) => Ok(exit::CONFORMS),
            Err(error) => Err(Stop { message: error.to_string(), hint: None, code: exit::INCOMPLETE }),
        },
    }
}

/// What `harness schema` prints, and what `scenarios/schema.json` holds.
#[must_use]
pub fn schema_text() -> String {
    format!("{:#}\n", crate::scenario::schema())
}
