//! The terminal: a bar while it runs if somebody watches, then failures, one block each, then the totals.
//!
//! Without a terminal (CI) it is quiet: one line for each red scenario as it ends, the blocks and totals at the end.

use std::{
    collections::BTreeMap,
    io::{self, IsTerminal, Write},
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressStyle};

use super::text;
use crate::{
    plain::plain,
    verdict::{Finding, Outcome, RunEvent, RunResult, ScenarioResult, Verdict, VerdictKind, name_of},
};

/// After how long without a bar a line says that a case still runs; again after twice as long, and so on.
const LONG: Duration = Duration::from_secs(10);

/// How the terminal reporter behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TerminalOptions {
    /// ANSI colours.
    pub colour: bool,
    /// A progress bar on stderr.
    pub progress: bool,
}

impl TerminalOptions {
    /// What suits the surroundings: colours on a terminal unless `NO_COLOR` is set to something, a bar on a terminal
    /// unless `CI` is set.
    #[must_use]
    pub fn detect() -> Self {
        let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        Self {
            colour: io::stdout().is_terminal() && !set("NO_COLOR"),
            progress: io::stderr().is_terminal() && !set("CI"),
        }
    }
}

/// The terminal reporter; takes events, writes to any writer.
#[derive(Debug)]
pub struct Terminal<W> {
    out: W,
    options: TerminalOptions,
    bar: Option<ProgressBar>,
    /// Several clients have their turn, one after another.
    several: bool,
    /// Cases that run now: since when, and after how long that is worth a line.
    running: BTreeMap<String, (Instant, Duration)>,
}

impl<W: Write> Terminal<W> {
    /// Onto a writer, stdout as a rule.
    pub fn new(out: W, options: TerminalOptions) -> Self {
        Self { out, options, bar: None, several: false, running: BTreeMap::new() }
    }

    /// Several clients will have their turn: each is named as it begins.
    pub fn of_several(&mut self) {
        self.several = true;
    }

    /// Takes an event as it happens: moves the bar, says which scenario turned red.
    ///
    /// # Errors
    /// The writer's.
    pub fn event(&mut self, event: &RunEvent) -> io::Result<()> {
        if let (RunEvent::RunStarted { client, planned, .. }, true) = (event, self.several) {
            let client = client.to_string();
            writeln!(self.out, "{}: {planned} cases", self.paint("1", &client))?;
            self.out.flush()?;
        }
        match event {
            RunEvent::RunStarted { planned, .. } if self.options.progress => {
                let style = ProgressStyle::with_template("{bar:32.green/black.bright} {pos}/{len} {msg}")
                    .unwrap_or_else(|_| ProgressStyle::default_bar());
                let bar = ProgressBar::new(*planned as u64).with_style(style);
                bar.enable_steady_tick(Duration::from_millis(100));
                self.bar = Some(bar);
            }
            RunEvent::ScenarioStarted { path, case, .. } => {
                self.running.insert(name_of(path, case), (Instant::now(), LONG));
                self.tick(Instant::now())?;
            }
            RunEvent::ScenarioFinished(result) => {
                self.running.remove(&result.name());
                self.finished(result)?;
                self.tick(Instant::now())?;
            }
            RunEvent::RunFinished { .. } => {
                self.running.clear();
                if let Some(bar) = self.bar.take() {
                    bar.finish_and_clear();
                }
            }
            RunEvent::RunStarted { .. } => {}
        }
        Ok(())
    }

    /// Time has passed: shows what runs longest, or says which cases run for long.
    ///
    /// # Errors
    /// The writer's.
    pub fn tick(&mut self, now: Instant) -> io::Result<()> {
        if let Some(bar) = &self.bar {
            let longest = self.running.iter().min_by_key(|(_, (since, _))| *since);
            let text = longest.map_or_else(String::new, |(name, (since, _))| {
                match now.saturating_duration_since(*since).as_secs() {
                    0 => name.clone(),
                    seconds => format!("{name} ({seconds} s)"),
                }
            });
            bar.set_message(text);
            return Ok(());
        }
        let mut long = false;
        for (name, (since, due)) in &mut self.running {
            let lasted = now.saturating_duration_since(*since);
            if lasted >= *due {
                *due = lasted * 2;
                long = true;
                writeln!(self.out, "still running after {} s: {name}", lasted.as_secs())?;
            }
        }
        if long { self.out.flush() } else { Ok(()) }
    }

    fn finished(&mut self, result: &ScenarioResult) -> io::Result<()> {
        let kind = result.verdict.kind();
        if kind.is_red() {
            let line = format!("{} {}", self.word(kind), plain(&result.name()));
            match &self.bar {
                Some(bar) => bar.println(line),
                None => {
                    writeln!(self.out, "{line}")?;
                    // Who waits for it sees it now.
                    self.out.flush()?;
                }
            }
        }
        if let Some(bar) = &self.bar {
            bar.inc(1);
        }
        Ok(())
    }

    /// Writes what a finished run comes to: a block for each red scenario, the totals, the outcome.
    ///
    /// # Errors
    /// The writer's.
    pub fn summary(&mut self, run: &RunResult) -> io::Result<()> {
        for result in run.results.iter().filter(|result| result.verdict.kind().is_red()) {
            self.block(result)?;
        }
        if run.results.iter().any(|result| result.verdict.kind().is_red()) {
            writeln!(self.out)?;
        }
        self.quiet_verdicts(run)?;
        for trouble in text::troubles(run) {
            let word = self.paint("31;1", "!");
            writeln!(self.out, "{word} {}", plain(&trouble))?;
        }
        let client = run.client.to_string();
        let client = plain(&client);
        writeln!(
            self.out,
            "{client}, {} clock, seed {}, {}",
            run.client.clock.word(),
            run.seed,
            text::wall(run.wall_us)
        )?;
        writeln!(self.out, "{} planned: {}", run.planned, text::totals(&run.totals()))?;
        let outcome = run.outcome();
        let colour = if outcome.code() == 0 { "32;1" } else { "31;1" };
        let words = self.paint(colour, &text::outcome(run));
        writeln!(self.out, "{words} (exit code {})", outcome.code())?;
        self.out.flush()
    }

    /// Writes what several clients come to beside each other: every number, the outcomes, and the exit code of all.
    ///
    /// # Errors
    /// The writer's.
    pub fn side_by_side(&mut self, runs: &[RunResult]) -> io::Result<()> {
        let columns: Vec<String> = runs.iter().map(|run| plain(&run.client.name).into_owned()).collect();
        let numbers = |of: &dyn Fn(&RunResult) -> String| runs.iter().map(of).collect::<Vec<_>>();
        let mut rows: Vec<(&str, Vec<String>)> = vec![("", columns)];
        rows.push(("planned", numbers(&|run| run.planned.to_string())));
        for kind in text::ORDER {
            rows.push((kind.words(), numbers(&|run| run.totals().of(kind).to_string())));
        }
        rows.push(("exit code", numbers(&|run| run.exit_code().to_string())));
        let wide = |text: &str| text.chars().count();
        let head = rows.iter().map(|(head, _)| wide(head)).max().unwrap_or(0);
        writeln!(self.out)?;
        for (name, cells) in &rows {
            write!(self.out, "{name:head$}")?;
            for (cell, (column, exit)) in cells.iter().zip(rows[0].1.iter().zip(&rows[rows.len() - 1].1)) {
                write!(self.out, "  {cell:>width$}", width = wide(column).max(wide(exit)))?;
            }
            writeln!(self.out)?;
        }
        let worst = Outcome::worst(runs);
        let conform = runs.iter().filter(|run| run.exit_code() == 0).count();
        let colour = if worst.code() == 0 { "32;1" } else { "31;1" };
        let words = self.paint(colour, &format!("{conform} of {} clients conform", runs.len()));
        writeln!(self.out, "{words}; the worst: {} (exit code {})", worst.words(), worst.code())?;
        self.out.flush()
    }

    /// Names the cases that took longest by the wall clock, at most so many.
    ///
    /// # Errors
    /// The writer's.
    pub fn slowest(&mut self, runs: &[RunResult], most: usize) -> io::Result<()> {
        let mut cases: Vec<(&RunResult, &ScenarioResult)> =
            runs.iter().flat_map(|run| run.results.iter().map(move |result| (run, result))).collect();
        cases.sort_by_key(|(_, result)| std::cmp::Reverse(result.wall_us));
        for (run, result) in cases.into_iter().take(most) {
            let whose = if runs.len() > 1 { format!("  {}", run.client.name) } else { String::new() };
            let line = format!("{:>8}  {}{whose}", text::wall(result.wall_us), result.name());
            writeln!(self.out, "{}", plain(&line))?;
        }
        self.out.flush()
    }

    fn block(&mut self, result: &ScenarioResult) -> io::Result<()> {
        let (word, title) = (self.word(result.verdict.kind()), self.paint("1", &result.title));
        writeln!(self.out, "\n{word} {title}")?;
        writeln!(self.out, "    {}  {}", plain(&result.name()), self.paint("2", &result.covers.join(" ")))?;
        match &result.verdict {
            Verdict::CouldNotRun { reason } => writeln!(self.out, "    {}", plain(reason))?,
            Verdict::UnexpectedlyPassing { entry, reason } => {
                let (entry, reason) = (plain(entry), plain(reason));
                writeln!(
                    self.out,
                    "    baseline entry `{entry}` says it fails ({reason}): remove the entry"
                )?;
            }
            Verdict::Flaky { attempts, failed, .. } => {
                writeln!(self.out, "    failed {failed} of {attempts} attempts with the same seed")?;
            }
            _ => {}
        }
        for finding in result.verdict.findings() {
            self.finding(finding)?;
        }
        if let Some(difference) = &result.first_difference {
            writeln!(self.out, "    first difference")?;
            for line in &difference.before {
                writeln!(self.out, "        {}", self.paint("2", line))?;
            }
            for line in &difference.expected {
                writeln!(self.out, "      {}", self.paint("31", &format!("- {line}")))?;
            }
            for line in &difference.seen {
                writeln!(self.out, "      {}", self.paint("32", &format!("+ {line}")))?;
            }
        }
        if result.again.is_empty() {
            return Ok(());
        }
        let again = format!("again: {}", result.again);
        writeln!(self.out, "    {}", self.paint("2", &again))
    }

    fn finding(&mut self, finding: &Finding) -> io::Result<()> {
        let place = finding.place.as_ref().map(|place| format!(" at {place}"));
        let client = finding.client.as_ref().map(|client| format!(", {client}"));
        let time = finding.at_ms.map(|ms| format!(", {}", text::at(ms)));
        let known = finding.known.as_ref().map(|reason| format!(" (known: {reason})"));
        let head: String = [place, client, time, known].into_iter().flatten().collect();
        writeln!(self.out, "    {}{}", self.paint("1", finding.kind.word()), plain(&head))?;
        if let Some(place) = finding.place.as_ref().filter(|place| !place.snippet.is_empty()) {
            for line in place.snippet.lines() {
                writeln!(self.out, "      {}", self.paint("2", &format!("| {line}")))?;
            }
        }
        self.aligned("expected", &finding.expected)?;
        self.aligned("seen", &finding.seen)?;
        finding.hint.as_ref().map_or(Ok(()), |hint| self.aligned("hint", hint))
    }

    fn aligned(&mut self, label: &str, text: &str) -> io::Result<()> {
        for (index, line) in text.lines().enumerate() {
            let label = if index == 0 { label } else { "" };
            writeln!(self.out, "      {label:<9} {}", plain(line))?;
        }
        Ok(())
    }

    /// Known failures and what is unsupported: a line each kind of reason, so that nothing is skipped in silence.
    fn quiet_verdicts(&mut self, run: &RunResult) -> io::Result<()> {
        let mut reasons: BTreeMap<(VerdictKind, &str), usize> = BTreeMap::new();
        for result in &run.results {
            match &result.verdict {
                Verdict::Unsupported { what, .. } => {
                    *reasons.entry((VerdictKind::Unsupported, what)).or_default() += 1
                }
                Verdict::KnownFailing { reason, .. } => {
                    *reasons.entry((VerdictKind::KnownFailing, reason)).or_default() += 1;
                }
                _ => {}
            }
        }
        for ((kind, why), count) in reasons {
            let word = self.word(kind);
            writeln!(self.out, "{word} {count}: {}", plain(why))?;
        }
        Ok(())
    }

    fn word(&self, kind: VerdictKind) -> String {
        let colour = match kind {
            VerdictKind::Pass => "32",
            VerdictKind::Fail | VerdictKind::UnexpectedlyPassing | VerdictKind::Flaky => "31;1",
            VerdictKind::CouldNotRun => "35;1",
            VerdictKind::KnownFailing => "33",
            VerdictKind::Unsupported => "36",
        };
        self.paint(colour, &kind.words().to_uppercase())
    }

    /// A text in a colour: what is in it itself acts on nothing.
    fn paint(&self, code: &str, text: &str) -> String {
        let text = plain(text);
        if self.options.colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.into_owned() }
    }
}
