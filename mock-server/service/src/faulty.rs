//! The armed faults of a world: which of them a frame or request meets.

use wire::Topic;

use crate::fault::{Direction, Effect, Fault, FaultKind};

#[derive(Debug)]
struct Armed {
    id: u64,
    fault: Fault,
    /// Fitting frames seen so far.
    seen: u32,
}

/// What a fault sees of a frame or request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Passing<'a> {
    pub(crate) kind: FaultKind,
    pub(crate) direction: Direction,
    pub(crate) topic: Option<&'a Topic>,
    pub(crate) user: Option<&'a str>,
}

#[derive(Debug, Default)]
pub(crate) struct Faults {
    armed: Vec<Armed>,
    next_id: u64,
}

impl Faults {
    pub(crate) fn arm(&mut self, fault: Fault) -> u64 {
        self.next_id += 1;
        self.armed.push(Armed { id: self.next_id, fault, seen: 0 });
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
                due = Some((armed.id, armed.fault.effect.clone()));
            }
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::Trigger;

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
    fn every_given_field_must_fit() {
        let mut faults = Faults::default();
        let on = Trigger { user: Some("b".into()), times: 0, ..Trigger::default() };
        faults.arm(Fault { on, effect: Effect::Drop });
        assert_eq!(faults.meet(&ping()), None);
    }
}
