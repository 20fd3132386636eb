//! Judging callbacks: what must come, in which order, and what must not.

use std::{collections::BTreeSet, time::Duration};

use indexmap::IndexMap;
use serde_json::{Map, Value as Json};
use simulation::Event;

use super::{
    case::{Run, Stop},
    needs::words,
};
use crate::{
    catalogue::api,
    scenario::{Call, EventMatch, Expect, Matcher, Matching, NoMatch, Order, Place, Quiet, Scope, Times},
    verdict::FindingKind,
};

/// How far a client's callbacks have been looked at: everything before was expected, or skipped by what was.
#[derive(Debug, Clone, Default)]
pub(super) struct Cursor {
    /// Callbacks of this client that lie behind.
    passed: usize,
    /// Those of them that were expected: none is looked at twice.
    met: BTreeSet<usize>,
}

impl Cursor {
    /// The first callback that an expectation looks at, when `acted` of this client's had come at the last step that did
    /// something. What came since then and was skipped by an expectation that met something else is there for the next:
    /// no order is meant between two steps that only look.
    fn from(&self, acted: usize) -> usize {
        self.passed.min(acted)
    }

    fn pass(&mut self, hits: &[usize]) {
        self.met.extend(hits);
        self.passed = hits.iter().map(|last| last + 1).fold(self.passed, usize::max);
    }
}

/// A successful match: the callbacks that were met, and what they captured.
struct Matched {
    hits: Vec<usize>,
    captures: Map<String, Json>,
}

/// What stands in the way of a match.
struct Missing {
    what: String,
    near: Option<String>,
}

type Outcome = Result<Result<Matched, Missing>, Stop>;

/// How long what is to come at once may take with a client in real time, which may have to wait for a processor: nobody
/// else sees what it does by itself. Measured: with twenty processes waiting for two processors, 250 ms were not enough in
/// one of a hundred.
pub(super) const AT_ONCE: Duration = Duration::from_secs(5);

impl Run<'_> {
    /// Waits until the callbacks are there, at most as long as the step allows.
    pub(super) fn expect(&mut self, expect: &Expect, at: Place) -> Result<(), Stop> {
        let patience = self.driver.abilities().patience;
        let within = expect.within.or(patience.map(|_| AT_ONCE));
        // Longer than there is patience for nobody waits with a client in real time.
        let beyond = within.filter(|within| patience.is_some_and(|patience| *within > patience.max(AT_ONCE)));
        let within =
            within.map(|within| beyond.and(patience).map_or(within, |patience| patience.max(AT_ONCE)));
        let until = within.map(|within| self.driver.now() + within.saturating_mul(self.slow));
        self.driver.settle()?;
        let mut rested = false;
        loop {
            let missing = match self.try_expect(expect)? {
                Ok(matched) => {
                    self.keep(matched.captures);
                    self.cursor(&expect.client).pass(&matched.hits);
                    return Ok(());
                }
                Err(missing) => missing,
            };
            let more = match until {
                Some(until) => self.driver.step(until)?,
                // What is still on its way may bring it.
                None if !rested => {
                    rested = true;
                    self.driver.rest()?;
                    true
                }
                None => false,
            };
            if more {
                continue;
            }
            // The last step may have brought it.
            if until.is_some()
                && let Ok(matched) = self.try_expect(expect)?
            {
                self.keep(matched.captures);
                self.cursor(&expect.client).pass(&matched.hits);
                return Ok(());
            }
            if let Some(beyond) = beyond {
                return Err(impatient(&self.driver.abilities().client, beyond));
            }
            let seen = missing.near.unwrap_or_else(|| self.seen_since(&expect.client));
            let expected = format!("{}: {}", expect.client, missing.what);
            return Err(self.found_at(&expect.client, at, expected, seen));
        }
    }

    /// A call must have been turned down: by the code it returned or, if it took the call, by one of the callbacks that answer
    /// it. Documents that say *refused* leave open which (AMB-39, AMB-44).
    pub(super) fn refused(
        &mut self,
        call: &Call,
        matcher: &Matcher,
        returned: &Json,
        at: Place,
    ) -> Result<(), Stop> {
        let taken = returned.is_null() || returned.as_i64() == Some(0);
        let has_code =
            |name: &&String| api().events.get(*name).is_some_and(|e| e.params.contains_key("code"));
        let answers = api().method(&call.method).map_or(&[][..], |method| &method.answers);
        let answers: Vec<String> = answers.iter().filter(has_code).cloned().collect();
        if !taken || answers.is_empty() {
            return self.check(matcher, Some(returned), FindingKind::ReturnCode, at, &call.method);
        }
        let answer = |name| {
            let args = IndexMap::from_iter([("code".to_owned(), matcher.clone())]);
            EventMatch { at, name, args, times: Times::ONCE, time: None, save_as: None }
        };
        let events = answers.into_iter().map(answer).collect();
        let (client, within) = (call.client.clone(), call.within);
        self.expect(&Expect { client, order: Order::OneOf, events, within }, at)
    }

    /// Callbacks that the client fired and no expectation has passed, by name.
    fn seen_since(&mut self, client: &str) -> String {
        let passed = self.cursor(client).passed;
        let names: Vec<&str> = self
            .driver
            .events()
            .iter()
            .filter(|e| e.client == client)
            .skip(passed)
            .map(|e| e.name.as_str())
            .collect();
        if names.is_empty() { "no further callback".to_owned() } else { shorten(&names.join(", ")) }
    }

    fn try_expect(&mut self, expect: &Expect) -> Outcome {
        let cursor = self.cursor(&expect.client).clone();
        let acted = self.driver.events()[..self.acted].iter().filter(|e| e.client == expect.client).count();
        let from = cursor.from(acted);
        let events: Vec<&Event> = self.driver.events().iter().filter(|e| e.client == expect.client).collect();
        let base = |name: &str| self.lookup(name);
        let mut finder = Finder { events: &events, met: &cursor.met, captures: Map::new(), base: &base };
        let outcome = match expect.order {
            Order::InOrder => finder.in_order(&expect.events, from),
            Order::AnyOrder => finder.any_order(&expect.events, from),
            Order::OneOf => finder.one_of(&expect.events, from),
        };
        match outcome {
            Ok(Ok(hits)) => Ok(Ok(Matched { hits, captures: finder.captures })),
            Ok(Err(missing)) => Ok(Err(missing)),
            Err(unresolved) => Err(self.unresolved(&unresolved)),
        }
    }

    /// Nothing of it may come, for as long as the step says.
    pub(super) fn none(&mut self, quiet: &Quiet, at: Place) -> Result<(), Stop> {
        match quiet.lasting {
            Some(lasting) => self.driver.advance(lasting)?,
            None => self.driver.rest()?,
        }
        // Since the last expectation, or the last step that did something, whichever is later.
        let before = self.driver.events()[..self.acted].iter().filter(|e| e.client == quiet.client).count();
        let passed = self.cursor(&quiet.client).passed.max(before);
        let events: Vec<&Event> =
            self.driver.events().iter().filter(|e| e.client == quiet.client).skip(passed).collect();
        let base = |name: &str| self.lookup(name);
        let met = BTreeSet::new();
        let mut finder = Finder { events: &events, met: &met, captures: Map::new(), base: &base };
        let mut unwanted = None;
        for event in &events {
            let hit = quiet.of.is_empty()
                || finder.matches_any(&quiet.of, event).map_err(|unresolved| self.unresolved(&unresolved))?;
            if hit {
                unwanted = Some((*event).clone());
                break;
            }
        }
        match unwanted {
            None => Ok(()),
            Some(event) => {
                let names: Vec<&str> = quiet.of.iter().map(|of| of.name.as_str()).collect();
                let what = if names.is_empty() { "callback".to_owned() } else { names.join(" or ") };
                let expected = format!("{}: no {what}", quiet.client);
                Err(self.found_at(&quiet.client, at, expected, describe(&event)))
            }
        }
    }
}

/// What did not come while there was patience may still come.
fn impatient(client: &str, within: Duration) -> Stop {
    let time = words(within);
    let reason = format!(
        "{client} runs in real time: what the case waits for may take {time} of it (`--patience {time}`)"
    );
    Stop::Unsupported { what: "patience".to_owned(), reason }
}

/// Looks for events; names captured on the way are known to what follows.
struct Finder<'a> {
    events: &'a [&'a Event],
    /// Those that an earlier step has met.
    met: &'a BTreeSet<usize>,
    captures: Map<String, Json>,
    base: &'a dyn Fn(&str) -> Option<Json>,
}

type Found<T> = Result<T, crate::scenario::Unresolved>;

impl Finder<'_> {
    /// Each after the one before; gives those that were met.
    fn in_order(&mut self, wanted: &[EventMatch], mut from: usize) -> Found<Result<Vec<usize>, Missing>> {
        let mut met = Vec::new();
        for event in wanted {
            match self.run(event, from, &[])? {
                Ok(hits) => {
                    from = hits.last().map_or(from, |last| last + 1);
                    met.extend(hits);
                }
                Err(missing) => return Ok(Err(missing)),
            }
        }
        Ok(Ok(met))
    }

    /// All of them, each event used once.
    fn any_order(&mut self, wanted: &[EventMatch], from: usize) -> Found<Result<Vec<usize>, Missing>> {
        let mut used: Vec<usize> = Vec::new();
        for event in wanted {
            match self.run(event, from, &used)? {
                Ok(hits) => used.extend(hits),
                Err(missing) => return Ok(Err(missing)),
            }
        }
        Ok(Ok(used))
    }

    fn one_of(&mut self, wanted: &[EventMatch], from: usize) -> Found<Result<Vec<usize>, Missing>> {
        let (mut words, mut near) = (Vec::new(), None);
        for event in wanted {
            match self.run(event, from, &[])? {
                Ok(hits) => return Ok(Ok(hits)),
                Err(missing) => {
                    words.push(missing.what);
                    near = near.or(missing.near);
                }
            }
        }
        Ok(Err(Missing { what: words.join(" or "), near }))
    }

    /// As many fitting events as are wanted, from an index on.
    fn run(
        &mut self,
        wanted: &EventMatch,
        from: usize,
        used: &[usize],
    ) -> Found<Result<Vec<usize>, Missing>> {
        let mut hits = Vec::new();
        let mut near = None;
        for (index, event) in self.events.iter().enumerate().skip(from) {
            if wanted.times.most.is_some_and(|most| hits.len() >= most as usize) {
                break;
            }
            if used.contains(&index) || self.met.contains(&index) || event.name != wanted.name {
                continue;
            }
            match self.fits(wanted, event, hits.len())? {
                Ok(captures) => {
                    self.captures.extend(captures);
                    if let Some(name) = &wanted.save_as {
                        self.captures.insert(name.clone(), Json::Object(event.args.clone()));
                    }
                    hits.push(index);
                }
                Err(why) => near = near.or(Some(format!("{} ({why})", describe(event)))),
            }
        }
        if hits.len() >= wanted.times.least as usize {
            return Ok(Ok(hits));
        }
        let times = match (wanted.times.least, hits.len()) {
            (1, _) => String::new(),
            (least, seen) => format!(" ×{least}, of which {seen} came"),
        };
        Ok(Err(Missing { what: format!("{}{times}", self.words(wanted)), near }))
    }

    fn words(&self, wanted: &EventMatch) -> String {
        let scope = Layered { first: &self.captures, then: self.base };
        let with = Matching { scope: &scope, index: 0 };
        let args: Vec<_> =
            wanted.args.iter().map(|(name, m)| format!("{name}: {}", m.words(&with))).collect();
        format!("{}({})", wanted.name, args.join(", "))
    }

    fn fits(
        &self,
        wanted: &EventMatch,
        event: &Event,
        index: usize,
    ) -> Found<Result<Map<String, Json>, String>> {
        let scope = Layered { first: &self.captures, then: self.base };
        let with = Matching { scope: &scope, index: index as i64 };
        let mut captures = Map::new();
        let time = wanted.time.as_ref().map(|matcher| (matcher, Json::from(event.at.0)));
        let args = wanted.args.iter().map(|(name, matcher)| (name.as_str(), matcher, event.args.get(name)));
        let time = time.as_ref().map(|(matcher, at)| ("at", *matcher, Some(at)));
        for (name, matcher, seen) in args.chain(time) {
            match matcher.check(seen, &with) {
                Ok(more) => captures.extend(more),
                Err(NoMatch::Mismatch(mismatch)) => return Ok(Err(format!("{name}: {mismatch}"))),
                Err(NoMatch::Unresolved(unresolved)) => return Err(unresolved),
            }
        }
        Ok(Ok(captures))
    }

    fn matches_any(&mut self, wanted: &[EventMatch], event: &Event) -> Found<bool> {
        for one in wanted.iter().filter(|one| one.name == event.name) {
            if self.fits(one, event, 0)?.is_ok() {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

struct Layered<'a> {
    first: &'a Map<String, Json>,
    then: &'a dyn Fn(&str) -> Option<Json>,
}

impl Scope for Layered<'_> {
    fn lookup(&self, name: &str) -> Option<Json> {
        self.first.get(name).cloned().or_else(|| (self.then)(name))
    }
}

fn describe(event: &Event) -> String {
    shorten(&format!("{}{}", event.name, Json::Object(event.args.clone())))
}

/// Keeps what is shown to a person to a few lines.
pub(super) fn shorten(text: &str) -> String {
    const MOST: usize = 400;
    if text.chars().count() <= MOST {
        return text.to_owned();
    }
    let head: String = text.chars().take(MOST).collect();
    format!("{head}…")
}

#[cfg(test)]
mod tests {
    use wire::UnixMillis;

    use super::*;
    use crate::scenario::Times;

    fn came(names: &[&str]) -> Vec<Event> {
        let event = |(index, name): (usize, &&str)| Event {
            n: index as u64 + 1,
            at: UnixMillis(0),
            client: "phone".to_owned(),
            name: (*name).to_owned(),
            args: Map::new(),
            after: Vec::new(),
        };
        names.iter().enumerate().map(event).collect()
    }

    fn wanted(names: &[&str]) -> Vec<EventMatch> {
        let once = |name: &&str| EventMatch {
            at: Place::default(),
            name: (*name).to_owned(),
            args: indexmap::IndexMap::new(),
            times: Times::ONCE,
            time: None,
            save_as: None,
        };
        names.iter().map(once).collect()
    }

    /// One `in_order` step after the other over what came, `acted` of which came before the last step that did
    /// something; tells whether each was met.
    fn steps(names: &[&str], acted: usize, mut cursor: Cursor, steps: &[&[&str]]) -> Vec<bool> {
        let events = came(names);
        let events: Vec<&Event> = events.iter().collect();
        let mut met = Vec::new();
        for step in steps {
            let mut finder =
                Finder { events: &events, met: &cursor.met, captures: Map::new(), base: &|_| None };
            let hits = finder.in_order(&wanted(step), cursor.from(acted)).expect("nothing to resolve");
            met.push(hits.is_ok());
            if let Ok(hits) = hits {
                cursor.pass(&hits);
            }
        }
        met
    }

    #[test]
    fn what_one_expectation_passes_over_is_there_for_the_next() {
        let came = ["onMessageReceived", "onChatRoomJoined"];
        assert_eq!(
            steps(&came, 0, Cursor::default(), &[&["onChatRoomJoined"], &["onMessageReceived"]]),
            [true, true]
        );
    }

    #[test]
    fn no_callback_is_met_twice() {
        let came = ["onMessageReceived", "onChatRoomJoined"];
        let steps = steps(&came, 0, Cursor::default(), &[&["onMessageReceived"], &["onMessageReceived"]]);
        assert_eq!(steps, [true, false]);
    }

    #[test]
    fn within_one_step_order_is_meant() {
        let came = ["onMessageReceived", "onChatRoomJoined"];
        let steps = steps(&came, 0, Cursor::default(), &[&["onChatRoomJoined", "onMessageReceived"]]);
        assert_eq!(steps, [false]);
    }

    #[test]
    fn what_came_before_something_was_done_and_was_passed_is_gone() {
        // The message came and was passed over before the last call; the answer after it.
        let came = ["onMessageReceived", "onConnected", "onMessageSent"];
        let mut cursor = Cursor::default();
        cursor.pass(&[1]);
        assert_eq!(steps(&came, 2, cursor, &[&["onMessageReceived"], &["onMessageSent"]]), [false, true]);
    }

    #[test]
    fn what_nothing_has_passed_is_there_however_much_was_done_since() {
        let came = ["onConnected", "onMessageReceived", "onMessageSent"];
        let mut cursor = Cursor::default();
        cursor.pass(&[0]);
        assert_eq!(steps(&came, 3, cursor, &[&["onMessageReceived", "onMessageSent"]]), [true]);
    }
}
