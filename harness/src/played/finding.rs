//! Which recorded connection a new one is, and which recorded request a new one is.

use service::Login;
use wire::{ClientFrame, UnixMillis};

use super::{
    asked,
    player::{GRACE, Player},
    script::Line,
};
use crate::recorded::meaning::opaque;

impl Player {
    /// Which recorded connection a new one is: the first of its token that nobody has had; one that broke goes on if it went
    /// on in the recording.
    pub(super) fn line_for(&self, now: UnixMillis, login: &Login) -> Option<usize> {
        let token = opaque(&login.token);
        let client = |login: &Login| login.label.rsplit_once('/').map(|(client, _)| client.to_owned());
        let mine = client(login);
        let is_mine = |line: &Line| {
            let theirs = client(&line.login);
            opaque(&line.login.token) == token
                && (!self.by_label || mine.is_none() || theirs.is_none() || mine == theirs)
        };
        let all: Vec<usize> = (0..self.lines.len()).filter(|line| is_mine(self.line(*line))).collect();
        let free = |line: &&usize| self.lines[**line].on.is_none();
        let goes_on = |line: &&usize| {
            let ended = self.line(**line).ended;
            self.lines[**line].begun && ended.is_none_or(|ended| self.at(ended) > now + GRACE)
        };
        let is_due =
            |line: &&usize| !self.lines[**line].begun && self.at(self.line(**line).after) <= now + GRACE;
        let broken = || all.iter().filter(free).find(goes_on);
        let new = || all.iter().filter(free).find(|line| !self.lines[**line].begun);
        let last = || all.iter().rev().find(free);
        all.iter().filter(free).find(is_due).or_else(broken).or_else(new).or_else(last).copied()
    }

    /// The recorded request that this one is: its line, its place there, and whether it is the first time that it is made. Of those of
    /// its own connection the nearest in meaning that is not made again yet, then one of another connection of the same
    /// user, then one that was made before; what lies ahead comes last.
    pub(super) fn same(
        &self,
        now: UnixMillis,
        own: usize,
        frame: &ClientFrame,
    ) -> Option<(usize, usize, bool)> {
        let user = &self.line(own).user;
        let lines = self.script.lines.iter().enumerate();
        let lines = lines.filter(|(number, line)| *number == own || line.user == *user);
        let asked = lines.flat_map(|(number, line)| {
            line.asked.iter().enumerate().map(move |(place, asked)| (number, place, asked))
        });
        let ranked = asked.filter_map(|(number, place, recorded)| {
            let alike = asked::alike(frame, &recorded.frame, user)?;
            let is_new = !self.lines[number].made.contains(&place);
            let is_near = self.at(recorded.after) <= now + GRACE;
            // Of those made before the last one, of the others the first.
            let order = if is_new { recorded.n } else { u64::MAX - recorded.n };
            let rank = (is_near, is_new, number == own, alike, std::cmp::Reverse(order));
            Some((rank, (number, place, is_new)))
        });
        ranked.max_by_key(|(rank, _)| *rank).map(|(_, found)| found)
    }
}
