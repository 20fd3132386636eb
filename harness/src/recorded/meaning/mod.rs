//! What recordings mean, apart from what differs by nature between two sessions, and where two of them differ.

mod align;
mod body;
mod bound;
mod building;
mod compare;
mod fields;
mod means;
mod modes;
mod node;
mod rules;
mod session;

pub use compare::{Compared, Difference, How, compare};
pub use modes::Rules;
pub use rules::{RULES, Rule, Usual};
pub use session::{MOST, Session};

pub(crate) use body::{body, opaque};
pub(crate) use bound::Bound;
pub(crate) use means::{Means, means_of};
pub(crate) use rules::Of;
