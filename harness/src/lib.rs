//! Runs YAML scenarios against any IM client and judges its callback sequence.
//!
//! A scenario ([`scenario`]) is checked against the requirement catalogue and the API table ([`catalogue`]), run by
//! the [`runner`] in a simulation or through an [`adapter`], leaves a canonical callback [`sequence`], is watched by
//! the [`oracle`], and ends in a [`verdict`] that the reporters ([`report`]) write down.

pub mod adapter;
pub mod bug;
pub mod catalogue;
pub mod cli;
pub mod dial;
pub mod draft;
pub mod load;
pub mod mutants;
pub mod oracle;
mod plain;
pub mod played;
pub mod proxy;
pub mod recorded;
pub mod report;
pub mod runner;
pub mod scenario;
pub mod sequence;
pub mod shell;
pub mod step;
pub mod verdict;
