//! Clients under test: who they are, and what holds for each.

use std::{num::NonZeroUsize, path::PathBuf, time::Duration};

use super::{
    RunArgs, Stop,
    run::REFERENCE,
    settings::{Settings, known_client},
};
use crate::{
    adapter::{Command, PATIENCE},
    runner::CASE_LIMIT,
    scenario::nearest,
    shell::quote,
};

/// A client under test.
#[derive(Debug)]
pub(super) struct Tested {
    /// As it was asked for.
    given: String,
    /// How it is started; `None`: the one that runs inside this process.
    pub(super) command: Option<Command>,
    /// The file of its known deviations, if somebody said which.
    pub(super) baseline: Option<PathBuf>,
    /// Only these areas; empty: all.
    pub(super) areas: Vec<String>,
    /// Not what contains one of these.
    pub(super) exclude: Vec<String>,
    pub(super) patience: Duration,
    pub(super) slow: u32,
    pub(super) retries: u32,
    pub(super) jobs: Option<NonZeroUsize>,
}

/// How a client is started, by its name in harness.toml or elsewhere, or by its command; `None`: the one that runs inside this
/// process.
///
/// # Errors
/// There is no such client.
pub(super) fn command_of(given: &str, settings: &Settings) -> Result<Option<Command>, Stop> {
    match settings.named.get(given) {
        Some(named) => Ok(named.command.clone()),
        None => known_client(given).map_err(|error| unknown(given, settings, error)),
    }
}

fn unknown(given: &str, settings: &Settings, error: String) -> Stop {
    let near = nearest(given, settings.named.keys().map(String::as_str));
    let hint = near.map_or_else(
        || "`harness clients` shows the ones that are known".to_owned(),
        |near| format!("did you mean `{near}`?"),
    );
    Stop::usage(error, Some(hint))
}

impl Tested {
    /// All that a run is of, in their order: those of `--client`, or with `--dial` the one that dials in, or the file's, or the
    /// reference client.
    ///
    /// # Errors
    /// There is no such client, one comes twice, or an option is of one client alone.
    pub(super) fn all(args: &RunArgs, settings: &Settings) -> Result<Vec<Self>, Stop> {
        let default = [args.dial.client().unwrap_or(REFERENCE).to_owned()];
        let given = match (&args.client[..], &settings.clients[..]) {
            ([], clients) if clients.is_empty() || args.dial.dial.is_some() => &default[..],
            ([], clients) => clients,
            (clients, _) => clients,
        };
        let all: Vec<Self> =
            given.iter().map(|client| Self::of(client, args, settings)).collect::<Result<_, _>>()?;
        for (n, client) in all.iter().enumerate() {
            if all[..n].iter().any(|other| other.name() == client.name()) {
                let hint = "a client is run once; `name` in harness.toml tells commands apart".to_owned();
                return Err(Stop::usage(format!("the client {} comes twice", client.name()), Some(hint)));
            }
        }
        if all.len() > 1 {
            let hint = "`[client.NAME]` in harness.toml has both for each client".to_owned();
            for (option, given) in [("--name", args.name.is_some()), ("--baseline", args.baseline.is_some())]
            {
                if given {
                    let message = format!("{option} is of one client, and {} are run", all.len());
                    return Err(Stop::usage(message, Some(hint)));
                }
            }
        }
        Ok(all)
    }

    fn of(given: &str, args: &RunArgs, settings: &Settings) -> Result<Self, Stop> {
        let named = settings.named.get(given);
        let command = match (named, &args.name) {
            (Some(named), None) => Ok(named.command.clone()),
            (Some(_), Some(_)) => Err(format!("`{given}` has its name by harness.toml")),
            (None, None) => known_client(given),
            (None, Some(name)) => known_client(given).and_then(|command| match command {
                None => Err("`--name` is for clients given as a command".to_owned()),
                Some(command) => command.called(name).map(Some),
            }),
        };
        let command = command.map_err(|error| unknown(given, settings, error))?;
        // What is run many times anyway is not retried as well.
        let retries = if args.repeat > 1 { 0 } else { named.and_then(|named| named.retries).unwrap_or(0) };
        Ok(Self {
            given: given.to_owned(),
            command,
            baseline: args.baseline.clone().or_else(|| named.and_then(|named| named.baseline.clone())),
            areas: named.map_or_else(Vec::new, |named| named.areas.clone()),
            exclude: named.map_or_else(Vec::new, |named| named.exclude.clone()),
            patience: args.patience.or_else(|| named?.patience).unwrap_or(PATIENCE),
            slow: args.slow.or_else(|| named?.slow).unwrap_or(1),
            retries: args.retries.unwrap_or(retries),
            jobs: args.jobs.or_else(|| named?.jobs),
        })
    }

    /// What it is called in reports, and its baseline file.
    pub(super) fn name(&self) -> &str {
        self.command.as_ref().map_or(REFERENCE, |command| command.name.as_str())
    }

    /// The command that repeats a case of its run, but for which case.
    pub(super) fn again(&self, args: &RunArgs, settings: &Settings) -> String {
        let mut words = format!("harness run --seed {}", args.seed);
        let mut add = |option: &str, value: &str| {
            words.push_str(&format!(" {option} {}", quote(value)));
        };
        if let Some(path) = &args.config {
            add("--config", &path.display().to_string());
        }
        if self.given != REFERENCE || !settings.clients.is_empty() {
            add("--client", &self.given);
        }
        if let Some(name) = &args.name {
            add("--name", name);
        }
        if let Some(path) = &args.baseline {
            add("--baseline", &path.display().to_string());
        }
        if args.case_limit != CASE_LIMIT {
            add("--case-limit", &format!("{}ms", args.case_limit.as_millis()));
        }
        if let Some(patience) = args.patience {
            add("--patience", &format!("{}ms", patience.as_millis()));
        }
        if let Some(slow) = args.slow {
            add("--slow", &slow.to_string());
        }
        for bug in &args.bug {
            add("--bug", &bug.to_string());
        }
        args.dial.again(&mut add);
        if args.no_baseline {
            words.push_str(" --no-baseline");
        }
        words
    }
}
