//! `harness replay --step`: going through a recording by hand.
//!
//! [`Model`] is where one is and what one wants to see; [`Model::press`] takes a key, [`Model::work`] does a slice of what takes
//! longer, [`Model::screen`] is what is seen. None of them knows a terminal or a clock: that is [`shell`] alone.

mod breaks;
mod compare;
mod concerned;
mod diagram;
mod export;
mod job;
mod kept;
mod keys;
mod look;
mod marks;
mod model;
mod page;
mod panels;
mod play;
mod prompt;
mod row;
pub mod shell;
mod source;
mod text;
mod view;
mod world;

pub use compare::Differs;
pub use export::{Export, drafts};
pub use look::Screen;
pub use marks::Marks;
pub use model::{Model, Panel, Pick};
pub use play::Pace;
pub use source::Source;
pub use view::draw;
pub use world::World;
