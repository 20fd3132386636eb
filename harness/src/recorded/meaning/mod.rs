//! What recordings mean, apart from what differs by nature between two sessions, and where two of them differ.

mod align;
mod bound;
mod compare;
mod fields;
mod node;
mod rules;
mod session;

pub use compare::{Compared, Difference, How, compare};
pub use rules::{RULES, Rule, Rules, Usual};
pub use session::{MOST, Session};

pub(crate) use bound::Bound;
pub(crate) use rules::Of;
pub(crate) use session::{Means, body, means_of, opaque};
