//! What is said when: answers as long after their questions as they were, and what the service said by itself once it is time and what came
//! before it has come.

use service::{ConnId, Output};
use wire::UnixMillis;

use super::{
    player::{Due, GRACE, Player},
    script::{Say, Told, Why},
};

impl Player {
    /// Whether all that clients asked before an entry has been asked and answered again, or is no longer waited for.
    fn is_settled(&mut self, now: UnixMillis, n: u64) -> bool {
        while let Some((_, line, place)) = self.script.asked.get(self.settled)
            && self.is_done(now, *line, *place)
        {
            self.settled += 1;
        }
        let open = self.script.asked[self.settled..].iter().take_while(|(asked, ..)| *asked < n);
        open.into_iter().all(|(_, line, place)| self.is_done(now, *line, *place))
    }

    fn is_done(&self, now: UnixMillis, line: usize, place: usize) -> bool {
        let asked = &self.script.lines[line].asked[place];
        if now >= self.at(asked.after) + GRACE {
            return true;
        }
        self.is_answered(line, place)
    }

    fn is_answered(&self, line: usize, place: usize) -> bool {
        let (asked, state) = (&self.script.lines[line].asked[place], &self.lines[line]);
        state.made.contains(&place) && asked.answers.iter().all(|answer| state.said.contains(answer))
    }

    /// The next thing that a line's service says by itself.
    fn next_of(&self, line: usize) -> Option<(usize, &Told)> {
        let state = &self.lines[line];
        let told = self.line(line).told.iter().enumerate().skip(state.next);
        told.into_iter().find(|(place, told)| told.why == Why::Itself && !state.said.contains(place))
    }

    /// The next of them for which it is time, whose line is open, and before which nothing is waited for.
    fn ready(&mut self, now: UnixMillis) -> Option<(ConnId, usize, usize)> {
        for line in 0..self.lines.len() {
            let Some(conn) = self.lines[line].on else { continue };
            let Some((place, told)) = self.next_of(line) else { continue };
            let (n, after) = (told.n, told.after);
            self.lines[line].next = place;
            let greeted = self.live.get(&conn).is_some_and(|live| live.greeted);
            if n < self.until && greeted && self.at(after) <= now && self.is_settled(now, n) {
                return Some((conn, line, place));
            }
        }
        None
    }

    /// Says all that can be said now.
    pub(super) fn go_on(&mut self, now: UnixMillis) {
        loop {
            let due = self.due.first_key_value().filter(|((at, _), _)| *at <= now).map(|(key, _)| *key);
            if let Some(key) = due
                && let Some(due) = self.due.remove(&key)
            {
                self.happen(now, due);
                continue;
            }
            if let Some(place) = self.held.iter().position(|held| self.waits_until(now, held).is_none()) {
                let held = self.held.remove(place);
                self.happen(now, held);
                continue;
            }
            match self.ready(now) {
                Some((conn, line, place)) => self.say(conn, line, place, None),
                None => return,
            }
        }
    }

    /// Until when an answer waits for what was asked on its connection after its own request and before it was given; `None`: it does
    /// not wait.
    pub(super) fn waits_until(&self, now: UnixMillis, due: &Due) -> Option<UnixMillis> {
        let Due::Say { conn, line, place, .. } = due else { return None };
        let own = self.live.get(conn).is_some_and(|live| live.line == *line);
        let told = self.line(*line).told.get(*place).filter(|_| own)?;
        let Why::Answer(asked) = told.why else { return None };
        let later = self.line(*line).asked.iter().enumerate().skip(asked + 1);
        let later = later.take_while(|(_, other)| other.n < told.n);
        let missing = later.filter(|(place, _)| !self.lines[*line].made.contains(place));
        missing.map(|(_, other)| self.at(other.after) + GRACE).filter(|until| *until > now).max()
    }

    fn happen(&mut self, now: UnixMillis, due: Due) {
        if self.waits_until(now, &due).is_some() {
            self.held.push(due);
            return;
        }
        match due {
            Due::Say { conn, line, place, id } => {
                // What was said before it in the recording is said before it, if it is said at all.
                let own = self.live.get(&conn).is_some_and(|live| live.line == line);
                if own && let Some(Why::Answer(asked)) = self.line(line).told.get(place).map(|told| told.why)
                {
                    self.say_before(now, conn, line, (asked, place));
                }
                self.say(conn, line, place, id);
            }
            Due::Respond { id, response } => self.out.push_back(Output::Respond { id, response }),
            Due::Poll { conn, poll } => {
                if self.live.get(&conn).is_some_and(|live| live.polls == poll) {
                    self.out.push_back(Output::AnswerPoll { conn });
                }
            }
        }
    }

    /// What the service said by itself between a request and its answer, as far as it is time for it.
    fn say_before(&mut self, now: UnixMillis, conn: ConnId, line: usize, (asked, answer): (usize, usize)) {
        let since = self.line(line).asked[asked].n;
        for place in 0..answer {
            let told = &self.line(line).told[place];
            let between = told.why == Why::Itself
                && (since..self.until).contains(&told.n)
                && self.at(told.after) <= now;
            if between && !self.lines[line].said.contains(&place) && !matches!(told.what, Say::Close(_)) {
                self.say(conn, line, place, None);
            }
        }
    }

    /// When what a line says next by itself may be said at the latest.
    pub(super) fn line_due(&self, line: usize) -> Option<UnixMillis> {
        let conn = self.lines[line].on?;
        self.live.get(&conn).filter(|live| live.greeted)?;
        let (_, told) = self.next_of(line).filter(|(_, told)| told.n < self.until)?;
        let before = self.script.asked[self.settled..].iter().take_while(|(asked, ..)| *asked < told.n);
        let open = before.filter(|(_, line, place)| !self.is_answered(*line, *place));
        let patience = open.map(|(_, line, place)| self.at(self.line(*line).asked[*place].after) + GRACE);
        patience.chain([self.at(told.after)]).max()
    }
}
