//! Which name of the one session stands for which of the other: bound at the first place where both stand, held to ever after.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::node::{Slot, as_slot, kinds, plain};

/// At one pair of entries so many places are told.
const PLACES: usize = 24;

/// What kind of thing, in which lane where each lane counts its own, and its name.
type Thing = (String, usize, String);

/// The names of two sessions, as far as they are bound.
#[derive(Debug, Default)]
pub(crate) struct Bound {
    /// Of the first session's things: the second's name, and the entry of the first in which it was bound.
    forward: BTreeMap<Thing, (String, u64)>,
    backward: BTreeMap<Thing, (String, u64)>,
    /// Ids that both have stand for themselves.
    common: BTreeSet<String>,
}

/// A place at which two entries differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// Where: `body.fields.status`.
    pub(crate) path: String,
    /// What stands there; `None`: nothing.
    pub(crate) a: Option<Value>,
    pub(crate) b: Option<Value>,
    /// What is wrong with a name, where both have one.
    pub(crate) names: Option<String>,
    /// What counts as the same difference again.
    pub(crate) again: String,
}

impl Bound {
    pub(crate) fn new(a: &BTreeSet<String>, b: &BTreeSet<String>) -> Self {
        Self { common: a.intersection(b).cloned().collect(), ..Self::default() }
    }

    /// The name that the second session has for a thing of the first.
    pub(crate) fn known(&self, kind: &str, name: &str) -> Option<&str> {
        self.known_in(usize::MAX, kind, name)
    }

    /// The same of a thing that each lane counts by itself.
    pub(crate) fn known_in(&self, lane: usize, kind: &str, name: &str) -> Option<&str> {
        let thing = (kind.to_owned(), lane, name.to_owned());
        self.forward.get(&thing).map(|(other, _)| other.as_str())
    }

    /// Compares what two entries mean, and binds the names in them. `lane`: theirs; `n`: the entry's number in the first.
    pub(crate) fn places(&mut self, (a, b): (&Value, &Value), lane: usize, n: u64) -> Vec<Place> {
        let mut found = Vec::new();
        self.walk((Some(a), Some(b)), "", (lane, n), &mut found);
        found
    }

    fn walk(
        &mut self,
        (a, b): (Option<&Value>, Option<&Value>),
        path: &str,
        at: (usize, u64),
        found: &mut Vec<Place>,
    ) {
        if found.len() >= PLACES {
            return;
        }
        let under = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
        match (a, b) {
            (Some(a), Some(b)) => match (as_slot(a), as_slot(b), a, b) {
                (Some(one), Some(other), ..) if one.kind == other.kind => {
                    if let Err(why) = self.bind(one, other, at) {
                        found.push(Place { names: Some(why), ..place(path, Some(a), Some(b)) });
                    }
                }
                (None, None, Value::Object(one), Value::Object(other)) => {
                    let mut met = BTreeSet::new();
                    for (key, value) in one {
                        // Keys may be names, too.
                        let there = if other.contains_key(key) {
                            Some(key.as_str())
                        } else {
                            self.known("name", key)
                        };
                        let there = there.filter(|key| other.contains_key(*key)).map(str::to_owned);
                        self.walk(
                            (Some(value), there.as_ref().map(|key| &other[key])),
                            &under(key),
                            at,
                            found,
                        );
                        met.extend(there);
                    }
                    for (key, value) in other.iter().filter(|(key, _)| !met.contains(*key)) {
                        self.walk((None, Some(value)), &under(key), at, found);
                    }
                }
                (None, None, Value::Array(one), Value::Array(other)) => {
                    for index in 0..one.len().max(other.len()) {
                        self.walk((one.get(index), other.get(index)), &under(&index.to_string()), at, found);
                    }
                }
                _ if a == b => {}
                _ => found.push(place(path, Some(a), Some(b))),
            },
            (a, b) => found.push(place(path, a, b)),
        }
    }

    fn bind(&mut self, a: Slot<'_>, b: Slot<'_>, (lane, n): (usize, u64)) -> Result<(), String> {
        let scope = if let "frame" | "local" = a.kind { lane } else { usize::MAX };
        let thing = |slot: Slot<'_>| (slot.kind.to_owned(), scope, slot.name.to_owned());
        if a.kind == "name" && (self.common.contains(a.name) || self.common.contains(b.name)) {
            return if a.name == b.name { Ok(()) } else { Err(String::new()) };
        }
        if a.begins && b.begins {
            self.unbind(&thing(a), &thing(b));
        }
        match (self.forward.get(&thing(a)), self.backward.get(&thing(b))) {
            (None, None) => {
                self.forward.insert(thing(a), (b.name.to_owned(), n));
                self.backward.insert(thing(b), (a.name.to_owned(), n));
                Ok(())
            }
            (Some((name, _)), _) if name == b.name => Ok(()),
            (Some((_, since)), None) => Err(format!("the one of entry {since}, and another")),
            (None, Some((_, since))) => Err(format!("another, and the one of entry {since}")),
            (Some((_, since)), Some((_, other))) => {
                Err(format!("the one of entry {since}, and that of entry {other}"))
            }
        }
    }

    fn unbind(&mut self, a: &Thing, b: &Thing) {
        if let Some((name, _)) = self.forward.remove(a) {
            self.backward.remove(&(b.0.clone(), b.1, name));
        }
        if let Some((name, _)) = self.backward.remove(b) {
            self.forward.remove(&(a.0.clone(), a.1, name));
        }
    }
}

fn place(path: &str, a: Option<&Value>, b: Option<&Value>) -> Place {
    let side = |value: Option<&Value>| value.map_or_else(|| "nothing".to_owned(), kinds);
    // Numbers of items are no places of their own.
    let general: Vec<&str> = path.split('.').filter(|step| step.parse::<usize>().is_err()).collect();
    let again = format!("{} {} {}", general.join("."), side(a), side(b));
    Place { path: path.to_owned(), a: a.map(plain), b: b.map(plain), names: None, again }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{
        super::{node::slot, rules::Of},
        *,
    };

    fn uid(name: &str) -> Value {
        json!({"uid": slot(Of::MessageUids, name, false)})
    }

    #[test]
    fn what_was_announced_is_what_must_be_recalled() {
        let mut bound = Bound::default();
        assert_eq!(bound.places((&uid("A"), &uid("X")), 0, 4), []);
        assert_eq!(bound.places((&uid("B"), &uid("Y")), 0, 5), []);
        assert_eq!(bound.places((&uid("A"), &uid("X")), 1, 6), []);
        let wrong = bound.places((&uid("A"), &uid("Y")), 1, 7);
        assert_eq!(wrong[0].path, "uid");
        assert_eq!(wrong[0].names.as_deref(), Some("the one of entry 4, and that of entry 5"));
        assert_eq!(
            bound.places((&uid("C"), &uid("X")), 0, 8)[0].names.as_deref(),
            Some("another, and the one of entry 4")
        );
    }

    #[test]
    fn numbers_of_frames_begin_anew_with_each_question() {
        let id = |name: &str, begins| json!({"id": slot(Of::FrameIds, name, begins)});
        let mut bound = Bound::default();
        for (a, b) in [("up 1", "up 7"), ("up 1", "up 8"), ("up 2", "up 7")] {
            assert_eq!(bound.places((&id(a, true), &id(b, true)), 0, 1), []);
            assert_eq!(bound.places((&id(a, false), &id(b, false)), 0, 2), []);
        }
        assert_eq!(bound.places((&id("up 2", false), &id("up 8", false)), 0, 3).len(), 1);
    }

    #[test]
    fn names_that_both_have_stand_for_themselves_and_others_for_each_other() {
        let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
        let mut bound = Bound::new(&set(&["ann", "ben"]), &set(&["ann", "user-1"]));
        let who = |name: &str| json!({"to": slot(Of::Names, name, false)});
        assert_eq!(bound.places((&who("ben"), &who("user-1")), 0, 1), []);
        assert_eq!(bound.places((&who("ann"), &who("user-1")), 0, 2).len(), 1);
        // Keys are names, too.
        assert_eq!(bound.places((&json!({"ben": 1}), &json!({"user-1": 1})), 0, 3), []);
    }
}
