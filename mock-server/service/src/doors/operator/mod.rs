//! What whoever runs the server does with a world: set it up, act upon it, look into it.

pub mod act;
pub(crate) mod bulk;
pub(crate) mod carry_out;
pub(crate) mod mistakes;
pub(crate) mod populate;
pub mod setup;
pub(crate) mod tokens;
pub(crate) mod view;
