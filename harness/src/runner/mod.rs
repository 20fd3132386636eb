//! Runs cases: each in worlds of its own, side by side, results in the order of the files.

mod case;
mod casting;
mod driver;
mod gather;
mod judge;
mod keep;
mod limit;
mod look;
mod needs;
mod often;
mod options;
mod quick;
mod raw;
mod sim;
mod snapshot;
mod trace;
mod weave;

use std::{
    collections::BTreeMap,
    num::NonZeroUsize,
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use case::{Left, Run, Stop};
pub(crate) use casting::{plan as planned, speaks_tcp};
pub(crate) use quick::{Judged, judge_case};

pub use driver::{Abilities, Driver, Fault, Look, Returned, Stage};
use gather::Gathered;
pub use limit::{CASE_LIMIT, CaseLimit, Interrupt};
use often::run_often;
pub use raw::RawView;
pub use sim::SimDriver;
pub use snapshot::Snapshots;

use crate::{
    bug::Bug,
    oracle,
    scenario::{Case, Scenario},
    sequence::{self, Entry},
    shell,
    verdict::{
        ClientInfo, Clock, Finding, FindingKind, LineKind, RunEvent, RunResult, ScenarioResult, SequenceLine,
        Shard, Verdict,
    },
};

/// How a run goes.
#[derive(Debug, Clone)]
pub struct Options {
    /// Seed of everything drawn.
    pub seed: u64,
    /// How often what failed is run again: what then passes is flaky.
    pub retries: u32,
    /// How often every case is run: what passes at times is flaky. At least once.
    pub repeat: u32,
    /// A case that is repeated ends with its first failure.
    pub until_fail: bool,
    /// Cases side by side; `None`: as many as the machine has cores, half as many more with a client in a process of its own,
    /// and 16 with one in real time, which waits rather than works.
    pub jobs: Option<NonZeroUsize>,
    /// With a client in real time: how many times as long is waited for what must come.
    pub slow: u32,
    /// What to do with sequences.
    pub snapshots: Snapshots,
    /// Keep the service's journal of every case, not only of those that did not pass.
    pub trace_all: bool,
    /// What the suite is, for reports ([`RunResult::suite_hash`]).
    pub suite_hash: Option<String>,
    /// Which part of the cases the scenarios hold, for reports.
    pub shard: Option<Shard>,
    /// Wall time of the start, unix milliseconds, for reports.
    pub started_ms: i64,
    /// How App Keys of cases begin. A client that keeps what it stores from run to run needs others in every run.
    pub app_keys: String,
    /// The folder that gets a recording of each world of each case.
    pub record: Option<PathBuf>,
    /// They are compressed.
    pub record_zst: bool,
    /// Deliberate bugs that every world and every reference client has: tests of the tests.
    pub bugs: Vec<Bug>,
    /// How long a case may take by the wall clock; one that takes longer could not run.
    pub case_limit: Duration,
    /// Asks for the end of the run: running cases are given up and have no result, no further one begins.
    pub interrupt: Interrupt,
    /// Enough has been seen: no further case begins, running ones end as they would.
    pub enough: Interrupt,
    /// The command that repeats a case, but for which case; empty: results do not tell one.
    pub again: String,
}

/// Cases side by side of a client in real time.
const REAL_TIME_JOBS: usize = 16;

/// The seed of reviewed sequences: with it, what happens at one instant happens in the order in which it was caused.
pub const DEFAULT_SEED: u64 = 1;

impl Options {
    /// Whether the seed draws the order of what happens at one instant: every seed but [`DEFAULT_SEED`] does.
    #[must_use]
    pub fn varies(&self) -> bool {
        self.seed != DEFAULT_SEED
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            seed: DEFAULT_SEED,
            retries: 0,
            repeat: 1,
            until_fail: false,
            jobs: None,
            slow: 1,
            snapshots: Snapshots::Ignore,
            trace_all: false,
            suite_hash: None,
            shard: None,
            started_ms: 0,
            app_keys: "case".to_owned(),
            record: None,
            record_zst: false,
            bugs: Vec::new(),
            case_limit: CASE_LIMIT,
            interrupt: Interrupt::default(),
            enough: Interrupt::default(),
            again: String::new(),
        }
    }
}

/// Makes drivers, one for each job.
pub type MakeDriver<'a> = &'a (dyn Fn() -> Result<Box<dyn Driver>, Fault> + Sync);

/// Runs every case. `progress` hears of each case that begins, and of each result once it is final: when all cases of its
/// file are there and their sequences are compared.
///
/// # Errors
/// No driver can be made: nothing was run.
pub fn run(
    scenarios: &[Scenario],
    options: &Options,
    make: MakeDriver<'_>,
    progress: &(dyn Fn(&RunEvent) + Sync),
) -> Result<Ran, Fault> {
    let began = Instant::now();
    let first = make()?;
    let abilities = first.abilities().clone();
    let plan = casting::plan(scenarios, &abilities);
    let cases: Vec<(&Scenario, &Case)> = plan.iter().map(|(scenario, case)| (*scenario, &**case)).collect();
    let mut run = RunResult::new(client_info(&abilities), options.seed, options.started_ms, cases.len());
    run.suite_hash.clone_from(&options.suite_hash);
    run.shard = options.shard;
    progress(&run.started_event());
    let jobs = options.jobs.map_or_else(|| jobs_for(&abilities), NonZeroUsize::get);
    let next = AtomicUsize::new(0);
    let results = Mutex::new(Gathered::new(&cases));
    let faults = Mutex::new(Vec::new());
    let work = |mut driver: Box<dyn Driver>| {
        while !options.interrupt.is_set() && !options.enough.is_set() {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some((scenario, case)) = cases.get(index) else { return };
            let (path, title) = (scenario.path().to_owned(), scenario.title.clone());
            let client = Some(run.client.clone());
            progress(&RunEvent::ScenarioStarted { path, title, case: case.axes.clone(), client });
            // A panic is a fault of ours: this case's, and no reason to lose the others.
            let ran =
                catch_unwind(AssertUnwindSafe(|| run_often(scenario, case, index, options, driver.as_mut())));
            let panicked = ran.is_err();
            let result = ran.unwrap_or_else(|panic| {
                let said = panic_text(panic.as_ref());
                let reason = format!("fault of the harness: {said}");
                let fault = format!("{}: {said}", case_name(scenario.path(), &case.label()));
                faults.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(fault);
                let client = run.client.clone();
                let verdict = Verdict::CouldNotRun { reason };
                let mut result =
                    ScenarioResult::new(scenario.path(), scenario.title.clone(), client, verdict);
                result.case.clone_from(&case.axes);
                RanCase { result, sequence: String::new(), label: case.label(), recordings: Ok(Vec::new()) }
            });
            if let Err(why) = keep::recordings(options, &result) {
                faults.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(why);
            }
            // What was cut short has no result.
            if options.interrupt.is_set() && matches!(result.result.verdict, Verdict::CouldNotRun { .. }) {
                return;
            }
            // Nobody panics while holding it; were it so, the results are still whole.
            let mut results = results.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            for finished in results.add(index, result, options.snapshots) {
                progress(&RunEvent::ScenarioFinished(Box::new(finished.clone())));
            }
            drop(results);
            if panicked {
                // Nobody knows what it left behind.
                drop(driver);
                let Ok(fresh) = make() else { return };
                driver = fresh;
            }
        }
    };
    thread::scope(|scope| {
        for _ in 1..jobs.min(cases.len().max(1)) {
            scope.spawn(|| {
                // One driver works already: fewer jobs are no failure.
                if let Ok(driver) = make() {
                    work(driver);
                }
            });
        }
        work(first);
    });
    let results = results.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner).all();
    run.wall_us = micros(began.elapsed());
    run.interrupted = options.interrupt.is_set();
    run.failed_fast = options.enough.is_set() && results.len() < cases.len();
    run.faults = faults.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    let (cases, sequences) = results.into_iter().map(|case| (case.result, case.sequence)).unzip();
    run.results = cases;
    progress(&run.finished_event());
    Ok(Ran { run, sequences })
}

/// How many cases run side by side unless somebody says otherwise.
fn jobs_for(abilities: &Abilities) -> usize {
    let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    match abilities.patience {
        Some(_) => REAL_TIME_JOBS.max(cores),
        None if abilities.client == SimDriver::CLIENT => cores,
        // Process and harness wait for each other: with a job a core a third of the machine is idle.
        None => cores + cores.div_ceil(2),
    }
}

/// A case as `--case` names it: the path of its file as given, then its axes.
#[must_use]
pub fn case_name(path: &str, label: &str) -> String {
    if label.is_empty() { path.to_owned() } else { format!("{path}[{label}]") }
}

fn client_info(abilities: &Abilities) -> ClientInfo {
    let clock = if abilities.clock == "real" { Clock::Real } else { Clock::Virtual };
    ClientInfo { name: abilities.client.clone(), version: abilities.version.clone(), clock }
}

fn micros(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// A run and the canonical sequence of each of its cases.
#[derive(Debug)]
pub struct Ran {
    /// What reports are made of.
    pub run: RunResult,
    /// A text a case, in the order of the results; empty where nothing ran.
    pub sequences: Vec<String>,
}

/// A case that was run.
#[derive(Debug)]
pub struct RanCase {
    /// What reports show of it.
    pub result: ScenarioResult,
    /// Its canonical sequence.
    pub sequence: String,
    /// The case's label, by which its sequence is kept.
    pub label: String,
    /// A recording of each of its worlds, if [`Options::record`] asks for them; or why there is none.
    pub recordings: Result<Vec<Vec<u8>>, Fault>,
}

/// Runs one case and judges it, snapshot aside.
pub fn run_case(
    scenario: &Scenario,
    case: &Case,
    index: usize,
    options: &Options,
    driver: &mut dyn Driver,
) -> RanCase {
    let began = Instant::now();
    // The App Key keeps cases apart, the seed makes them the same in every order and on every machine.
    let app_key = format!("{}-{index}", options.app_keys);
    *driver.limit() = CaseLimit::begin(options.case_limit, options.interrupt.clone());
    // Without what leads to the folder: from wherever it is run, a case draws the same.
    let path = scenario.path().rsplit_once("scenarios/").map_or(scenario.path(), |(_, path)| path);
    let seed = seed_of(options.seed, path, &case.label());
    let (outcome, mut left, events) = match Run::begin(scenario, case, seed, options, &app_key, driver) {
        Ok(mut run) => {
            let outcome = run.misbehave(&options.bugs).and_then(|()| run.steps());
            let events = run.driver.events().to_vec();
            let keep = options.trace_all || outcome.is_err();
            (outcome, run.finish(keep), events)
        }
        Err(stop) => (Err(stop), Left::default(), Vec::new()),
    };
    let ran = !matches!(outcome, Err(Stop::Unsupported { .. }));
    let (outcome, later) = waited(outcome, case, &left, &events, driver);
    driver.limit().end();
    let recordings = options.record.as_ref().map(|_| driver.recordings());
    driver.end();
    let log = driver.take_log();
    let mut verdict = verdict_of(outcome);
    if ran {
        let waited = later.is_some();
        watch(case, &left, later.as_deref().unwrap_or(&events), waited, &mut verdict);
    }
    let after = events.iter().map(|event| event.after.as_slice());
    let (orders, trace) = weave::weave(&left.stamps, after, std::mem::take(&mut left.written));
    let lines = if ran { sequence_of(case, &left, &events, &orders) } else { Vec::new() };
    let client = client_info(driver.abilities());
    let mut result = ScenarioResult::new(scenario.path(), scenario.title.clone(), client, verdict);
    result.case.clone_from(&case.axes);
    result.covers = scenario.covers.iter().map(|id| id.value.clone()).collect();
    result.seed = seed;
    if !options.again.is_empty() {
        let case = case_name(scenario.path(), &case.label());
        result.again = format!("{} --case {}", options.again, shell::quote(&case));
    }
    result.virtual_ms = u64::try_from(left.virtual_ms).unwrap_or_default();
    result.trace = trace;
    result.log = log;
    let sequence = sequence::text(&lines);
    result.sequence = lines;
    result.wall_us = micros(began.elapsed());
    RanCase { result, sequence, label: case.label(), recordings: recordings.unwrap_or(Ok(Vec::new())) }
}

/// What a case came to by its steps alone.
fn verdict_of(outcome: Result<(), Stop>) -> Verdict {
    match outcome {
        Ok(()) => Verdict::Pass,
        Err(Stop::Found(finding)) => Verdict::Fail { findings: vec![*finding] },
        Err(Stop::Unsupported { what, reason }) => Verdict::Unsupported { what, reason },
        Err(Stop::Broken(reason) | Stop::Fault(Fault(reason))) => Verdict::CouldNotRun { reason },
    }
}

/// A case whose steps went well waits for what is owed.
fn waited(
    outcome: Result<(), Stop>,
    case: &Case,
    left: &Left,
    events: &[simulation::Event],
    driver: &mut dyn Driver,
) -> (Result<(), Stop>, Option<Vec<simulation::Event>>) {
    match outcome {
        Ok(()) => match wait(case, left, events, driver) {
            Ok(later) => (Ok(()), later),
            // The oracle has not seen what it must see: nothing is proven.
            Err(fault) => (Err(Stop::Fault(fault)), None),
        },
        stopped => (stopped, None),
    }
}

/// What a case brings, judged by nothing but its own steps.
#[derive(Debug)]
pub(crate) struct HeardCase {
    /// Why it did not come to its end.
    pub outcome: Result<(), String>,
    /// The callbacks of all clients, in order.
    pub events: Vec<simulation::Event>,
    /// How many there were when each step began.
    pub begun: Vec<usize>,
    /// What the main world says in the end, by [`Look`]; `null`: it did not come so far.
    pub looked: serde_json::Value,
}

/// Runs a case's steps and hears what comes: no oracle, no sequence, no record of it.
pub(crate) fn hear(
    scenario: &Scenario,
    case: &Case,
    options: &Options,
    driver: &mut dyn Driver,
    look: Look,
) -> HeardCase {
    *driver.limit() = CaseLimit::begin(options.case_limit, options.interrupt.clone());
    let seed = seed_of(options.seed, scenario.path(), &case.label());
    let app_key = &options.app_keys;
    let (outcome, begun, events, looked) = match Run::begin(scenario, case, seed, options, app_key, driver) {
        Ok(mut run) => {
            let outcome = run.misbehave(&options.bugs).and_then(|()| run.steps());
            let events = run.driver.events().to_vec();
            let looked = run.driver.look(app_key, look).unwrap_or_default();
            (outcome, run.finish(false).begun, events, looked)
        }
        Err(stop) => (Err(stop), Vec::new(), Vec::new(), serde_json::Value::Null),
    };
    driver.limit().end();
    driver.end();
    let outcome = outcome.map_err(|stop| match stop {
        Stop::Found(finding) => format!("expected {}; seen {}", finding.expected, finding.seen),
        Stop::Unsupported { reason, .. } => reason,
        Stop::Broken(reason) | Stop::Fault(Fault(reason)) => reason,
    });
    HeardCase { outcome, events, begun, looked }
}

/// Calls that have not ended by the end of the steps are given the time they may take; what comes then is looked at by
/// the oracle alone. `None`: nothing was waited for, or the clock is not ours.
///
/// # Errors
/// The client broke meanwhile, or the case's time is over.
fn wait(
    case: &Case,
    left: &Left,
    events: &[simulation::Event],
    driver: &mut dyn Driver,
) -> Result<Option<Vec<simulation::Event>>, Fault> {
    let users = users(case);
    let owed = oracle::awaits(&watched(left, events, &users, false));
    if !owed || driver.abilities().clock != "virtual" {
        return Ok(None);
    }
    driver.advance(oracle::LONGEST_WAIT)?;
    Ok(Some(driver.events().to_vec()))
}

/// What a panic said.
pub(crate) fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "a panic".to_owned())
}

fn users(case: &Case) -> BTreeMap<String, String> {
    case.clients.iter().map(|(name, client)| (name.clone(), client.user.clone())).collect()
}

fn watched<'a>(
    left: &'a Left,
    events: &'a [simulation::Event],
    users: &'a BTreeMap<String, String>,
    waited: bool,
) -> oracle::Watched<'a> {
    let (calls, begun, disturbed) = (&left.done, &left.begun, left.disturbed);
    oracle::Watched { events, calls, users, begun, disturbed, waited }
}

/// What the oracle saw joins the findings.
fn watch(case: &Case, left: &Left, events: &[simulation::Event], waited: bool, verdict: &mut Verdict) {
    let users = users(case);
    let watched = watched(left, events, &users, waited);
    let broken: Vec<Finding> = oracle::judge(&watched)
        .into_iter()
        .map(|broken| Finding {
            at_ms: Some(left.virtual_ms),
            ..Finding::new(FindingKind::Oracle, broken.rule, broken.seen)
        })
        .collect();
    match verdict {
        Verdict::Fail { findings } => findings.extend(broken),
        Verdict::Pass if !broken.is_empty() => *verdict = Verdict::Fail { findings: broken },
        _ => {}
    }
}

fn sequence_of(
    case: &Case,
    left: &Left,
    events: &[simulation::Event],
    orders: &weave::Orders,
) -> Vec<SequenceLine> {
    let fired = events.iter().zip(&orders.events).enumerate().map(|(index, (event, order))| Entry {
        order: *order,
        // The last step that began before it.
        step: left.begun.partition_point(|begun| *begun <= index).saturating_sub(1),
        at: event.at,
        client: event.client.clone(),
        kind: LineKind::Callback,
        name: event.name.clone(),
        args: event.args.clone(),
        returned: None,
    });
    // What was done stands before what it caused; `canonical` keeps this order.
    let done =
        left.done.iter().zip(&orders.done).map(|(entry, order)| Entry { order: *order, ..entry.clone() });
    let entries: Vec<Entry> = done.chain(fired).collect();
    let clients: Vec<String> = case.clients.keys().cloned().collect();
    sequence::canonical(&entries, &clients, left.start, &left.aliases)
}

/// FNV-1a over the run's seed and the case's name, which is the same wherever the run is started.
fn seed_of(seed: u64, path: &str, label: &str) -> u64 {
    let path = path.rsplit_once("scenarios/").map_or(path, |(_, path)| path);
    let bytes = seed.to_le_bytes().into_iter().chain(path.bytes()).chain([0]).chain(label.bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
