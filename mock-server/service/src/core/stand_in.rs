//! Somebody who speaks in a world's stead.

use serde_json::Value;
use wire::UnixMillis;

use crate::core::io::{ConnView, Input, Output};

/// Says what a world would say, to clients that it chooses: a recording that is played to them, say. What it does not want is the world's own.
///
/// It is as pure as a world is, and obeys the same order: after each call that takes `&mut self` whoever runs the world drains its
/// outputs.
pub trait StandIn: std::fmt::Debug + Send {
    /// Takes an input; `false`: it is for the world.
    fn takes(&mut self, now: UnixMillis, input: &Input) -> bool;

    /// When [`on_deadline`](Self::on_deadline) must be called at the latest.
    fn next_deadline(&self) -> Option<UnixMillis>;

    /// Does what is due by now.
    fn on_deadline(&mut self, now: UnixMillis);

    /// The next thing that it wants done.
    fn poll_output(&mut self) -> Option<Output>;

    /// Open connections that it has taken.
    fn connections(&self) -> Vec<ConnView>;

    /// Whoever runs the session tells it something about it, in words that the two have agreed upon.
    fn hears(&mut self, now: UnixMillis, what: &Value);

    /// What whoever looks into the world is to know of it.
    fn told(&self) -> Value;

    /// The same one again, for worlds that are copied.
    fn boxed(&self) -> Box<dyn StandIn>;
}

impl Clone for Box<dyn StandIn> {
    fn clone(&self) -> Self {
        self.boxed()
    }
}
