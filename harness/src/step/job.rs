//! What takes longer than a key: going somewhere, a run to a breakpoint, a search, playing. Each is done in slices, so that what is
//! seen stays up to date and a key can end it.

use std::{
    io::{BufRead, Seek},
    time::Duration,
};

use super::{model::Model, play::Pace};

/// Something that is done in slices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Job {
    /// Going to an entry, from one that is remembered.
    Go {
        /// Which; behind the end: the last one.
        to: u64,
        /// Where one was.
        from: u64,
    },
    /// A run to a breakpoint.
    Run {
        /// Where one was.
        from: u64,
    },
    /// A search for a text.
    Find {
        /// The next entry to look at.
        next: u64,
        /// Which way.
        forward: bool,
    },
}

/// A recording that plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Playing {
    /// The recording's time when it was started.
    from: Duration,
    /// The clock of whoever looks, then; `None`: it has not been looked at yet.
    since: Option<Duration>,
    /// The entry then.
    first: u64,
}

impl<R: BufRead + Seek> Model<R> {
    /// Whether there is something to do without a key.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.job.is_some() || self.playing.is_some() && self.pace == Pace::Virtual
    }

    /// Whether time alone makes something happen.
    #[must_use]
    pub fn is_playing(&self) -> bool {
        self.playing.is_some()
    }

    /// Does a slice of what there is to do, at most so many entries of it. `clock` is any that only goes forward.
    pub fn work(&mut self, most: usize, clock: Duration) {
        let done = match self.job.clone() {
            Some(Job::Go { to, from }) => self.go_on_to(to, from, most),
            Some(Job::Run { from }) => self.run_on(from, most),
            Some(Job::Find { next, forward }) => self.find_on(next, forward, most),
            None => self.play_on(most, clock),
        };
        if let Err(why) = done {
            (self.job, self.playing) = (None, None);
            self.say(why);
        }
    }

    /// Does all there is to do: for those who do not look meanwhile.
    pub fn finish(&mut self) {
        while self.is_busy() {
            self.work(usize::MAX, Duration::ZERO);
        }
    }

    /// Learns a little more of a recording while nobody asks for anything; `false`: all of it is known.
    pub fn learn(&mut self) -> bool {
        // What cannot be read is told to whoever goes there.
        self.source.end().is_none() && self.source.read_on().unwrap_or(false)
    }

    /// Begins to go to an entry.
    pub(super) fn go(&mut self, to: u64) {
        let from = match self.job {
            Some(Job::Go { from, .. }) => from,
            _ => self.at(),
        };
        self.playing = None;
        self.job = Some(Job::Go { to, from });
    }

    /// Begins to play, or stops.
    pub(super) fn play(&mut self) -> Result<(), String> {
        if self.playing.take().is_some() {
            self.say("paused");
            return Ok(());
        }
        let at = self.at();
        let next = self.source.page(at + 1)?;
        let Some(from) = next.and_then(|page| Some(page.entry(at + 1)?.after)) else {
            self.say("there is nothing behind the last entry");
            return Ok(());
        };
        self.job = None;
        self.playing = Some(Playing { from, since: None, first: at });
        let pace = self.pace;
        self.say(format!("plays {pace}; the space bar pauses"));
        Ok(())
    }

    fn go_on_to(&mut self, to: u64, from: u64, most: usize) -> Result<(), String> {
        self.world.jump(to.min(self.source.known()));
        // Where the end is known, it is known how near it is.
        let goal = if self.source.end().is_some() { to.min(self.source.known()) } else { to };
        for _ in 0..most {
            if self.at() == to {
                self.arrived(from, None);
                return Ok(());
            }
            if !self.step(goal)? {
                let last = self.at();
                let beyond = to != u64::MAX;
                self.arrived(from, beyond.then(|| format!("its last entry is {last}")));
                return Ok(());
            }
        }
        Ok(())
    }

    fn run_on(&mut self, from: u64, most: usize) -> Result<(), String> {
        for _ in 0..most {
            if !self.step(u64::MAX)? {
                self.arrived(from, Some("no breakpoint up to the last entry".to_owned()));
                return Ok(());
            }
            if let Some(stop) = self.stop()? {
                let at = self.at();
                self.arrived(from, Some(format!("entry {at}: {stop}")));
                return Ok(());
            }
        }
        Ok(())
    }

    fn play_on(&mut self, most: usize, clock: Duration) -> Result<(), String> {
        let Some(playing) = &mut self.playing else { return Ok(()) };
        let since = *playing.since.get_or_insert(clock);
        let (from, first) = (playing.from, playing.first);
        let reached = self.pace.reaches(from, clock.saturating_sub(since));
        for _ in 0..most {
            let next = self.at() + 1;
            let after = self.source.page(next)?.and_then(|page| Some(page.entry(next)?.after));
            if after.is_some_and(|after| reached.is_some_and(|reached| after > reached)) {
                return Ok(());
            }
            let goal = if reached.is_some() { next } else { u64::MAX };
            let stopped = match self.step(goal)? {
                true => self.stop()?.map(|stop| format!("entry {next}: {stop}")),
                false => Some("it is at its end".to_owned()),
            };
            if stopped.is_some() {
                self.arrived(first, stopped);
                return Ok(());
            }
        }
        Ok(())
    }

    /// Goes on by one entry, on the way to `goal`; `false`: there is none.
    fn step(&mut self, goal: u64) -> Result<bool, String> {
        let next = self.at() + 1;
        let Some(page) = self.source.page(next)? else { return Ok(false) };
        let Some(entry) = page.entry(next) else { return Ok(false) };
        if next == self.source.known() && self.source.end().is_none() {
            self.source.read_on()?;
        }
        let is_last = next == self.source.known() && self.source.end() == Some(&recording::End::Whole);
        self.world.go_on(entry, goal, is_last);
        Ok(true)
    }

    /// The breakpoint at which one is.
    fn stop(&mut self) -> Result<Option<String>, String> {
        if self.breaks.is_empty() {
            return Ok(None);
        }
        let at = self.at();
        let before = match at {
            0 | 1 => None,
            _ => self.source.page(at - 1)?.and_then(|page| Some(page.entry(at - 1)?.after)),
        };
        let Some(page) = self.source.page(at)? else { return Ok(None) };
        let Some(row) = page.row(at) else { return Ok(None) };
        let (user, differs) = (self.user(row), self.world.differences().contains_key(&at));
        let stops = |stop: &&super::breaks::Break| stop.stops(row, before, user.as_deref(), differs);
        Ok(self.breaks.iter().find(stops).map(ToString::to_string))
    }

    fn find_on(&mut self, next: u64, forward: bool, most: usize) -> Result<(), String> {
        let Some(text) = self.sought.clone() else {
            self.job = None;
            return Ok(());
        };
        let Some(page) = self.source.page(next)? else {
            self.job = None;
            let from = if forward { "behind" } else { "before" };
            self.say(format!("`{text}` is in no entry {from} this one"));
            return Ok(());
        };
        let mut rows = page.rows().iter();
        let has = |row: &&super::row::Row| row.whole().contains(&text);
        let found = if forward {
            rows.filter(|row| row.n >= next).take(most).find(has)
        } else {
            rows.by_ref().rev().filter(|row| row.n <= next).take(most).find(has)
        };
        self.job = Some(match found {
            Some(row) => Job::Go { to: row.n, from: self.at() },
            None if forward => {
                Job::Find { next: page.last().min(next.saturating_add(most as u64 - 1)) + 1, forward }
            }
            None => {
                let looked = page.first().max(next.saturating_sub(most as u64 - 1));
                Job::Find { next: looked - 1, forward }
            }
        });
        Ok(())
    }

    /// One is where one wanted to go: what differs on the way is told.
    fn arrived(&mut self, from: u64, message: Option<String>) {
        (self.job, self.playing) = (None, None);
        let (at, mut message) = (self.at(), message);
        if at > from {
            let differ = self.world.differences().range(from + 1..=at);
            let (count, first) = (differ.clone().count(), differ.map(|(n, _)| *n).next());
            if let Some(first) = first.filter(|first| count > 1 || *first != at) {
                let told = format!("{count} on the way differ, the first is {first}");
                message = Some(message.map_or(told.clone(), |message| format!("{message}; {told}")));
            }
        }
        self.message = message;
        self.scroll = 0;
        self.pick_again();
    }

    /// Another entry is about something else: what was named stays.
    fn pick_again(&mut self) {
        if let super::model::Pick::Concerned(which) = &mut self.pick {
            *which = 0;
        }
    }
}
