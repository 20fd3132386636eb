//! The armed faults of a world: which of them a frame or request meets.

use serde_json::{Value, json};
use wire::Topic;

use crate::core::fault::{Direction, Effect, Fault, FaultKind};

#[derive(Debug, Clone)]
struct Armed {
    id: u64,
    fault: Fault,
    /// Fitting frames seen so far.
    seen: u32,
    /// Those it acted on.
    fired: u32,
}

impl Armed {
    /// It will act no more: all it was to act on has come by.
    fn is_spent(&self) -> bool {
        let on = &self.fault.on;
        on.times > 0 && self.seen >= on.times.saturating_add(on.nth.max(1) - 1)
    }

    fn to_json(&self) -> Value {
        json!({
            "id": self.id, "on": self.fault.on, "effect": self.fault.effect, "seen": self.seen,
            "fired": self.fired, "spent": self.is_spent(),
        })
    }
}

/// What a fault sees of a frame or request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Passing<'a> {
    pub(crate) kind: FaultKind,
    pub(crate) direction: Direction,
    pub(crate) topic: Option<&'a Topic>,
    pub(crate) user: Option<&'a str>,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Faults {
    armed: Vec<Armed>,
    next_id: u64,
}

impl Faults {
    pub(crate) fn arm(&mut self, fault: Fault) -> u64 {
        self.next_id += 1;
        self.armed.push(Armed { id: self.next_id, fault, seen: 0, fired: 0 });
        self.next_id
    }

    pub(crate) fn disarm(&mut self, id: u64) -> bool {
        let before = self.armed.len();
        self.armed.retain(|armed| armed.id != id);
        self.armed.len() < before
    }

    pub(crate) fn clear(&mut self) {
        self.armed.clear();
    }

    pub(crate) fn len(&self) -> usize {
        self.armed.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.armed.is_empty()
    }

    /// What is armed, in the order it was.
    pub(crate) fn list(&self) -> impl Iterator<Item = Value> {
        self.armed.iter().map(Armed::to_json)
    }

    /// Counts the passing frame at every fault it fits and gives the first effect that is due.
    pub(crate) fn meet(&mut self, passing: &Passing<'_>) -> Option<(u64, Effect)> {
        let mut due = None;
        for armed in &mut self.armed {
            let on = &armed.fault.on;
            let fits = on.direction == passing.direction
                && on.kind.is_none_or(|kind| kind == passing.kind)
                && on.topic.as_deref().is_none_or(|topic| passing.topic.is_some_and(|t| t.as_str() == topic))
                && on.user.as_deref().is_none_or(|user| passing.user == Some(user));
            if !fits {
                continue;
            }
            armed.seen = armed.seen.saturating_add(1);
            let since = armed.seen.checked_sub(on.nth.max(1));
            let acts = since.is_some_and(|since| on.times == 0 || since < on.times);
            if acts && due.is_none() {
                armed.fired = armed.fired.saturating_add(1);
                due = Some((armed.id, armed.fault.effect.clone()));
            }
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::fault::Trigger;

    fn ping() -> Passing<'static> {
        Passing { kind: FaultKind::Ping, direction: Direction::Up, topic: None, user: Some("a") }
    }

    #[test]
    fn nth_and_times_bound_what_a_fault_acts_on() {
        let mut faults = Faults::default();
        let on = Trigger { kind: Some(FaultKind::Ping), nth: 2, times: 2, ..Trigger::default() };
        faults.arm(Fault { on, effect: Effect::Drop });
        let acted: Vec<bool> = (0..5).map(|_| faults.meet(&ping()).is_some()).collect();
        assert_eq!(acted, [false, true, true, false, false]);
    }

    #[test]
    fn a_fault_tells_what_it_saw_and_did_and_when_it_is_spent() {
        let mut faults = Faults::default();
        let on = Trigger { kind: Some(FaultKind::Ping), nth: 2, times: 1, ..Trigger::default() };
        faults.arm(Fault { on, effect: Effect::Drop });
        let told = |faults: &Faults| {
            let row = faults.list().next().unwrap();
            (row["seen"].as_u64().unwrap(), row["fired"].as_u64().unwrap(), row["spent"].as_bool().unwrap())
        };
        assert_eq!(told(&faults), (0, 0, false));
        faults.meet(&ping());
        assert_eq!(told(&faults), (1, 0, false));
        faults.meet(&ping());
        assert_eq!(told(&faults), (2, 1, true));
        faults.meet(&ping());
        assert_eq!(told(&faults), (3, 1, true));
    }

    #[test]
    fn every_given_field_must_fit() {
        let mut faults = Faults::default();
        let on = Trigger { user: Some("b".into()), times: 0, ..Trigger::default() };
        faults.arm(Fault { on, effect: Effect::Drop });
        assert_eq!(faults.meet(&ping()), None);
    }
}
