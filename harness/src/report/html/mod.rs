//! One HTML page for everything: no other file, no network, readable without scripts.
//!
//! [`page`] and its neighbours turn runs into what the templates show; the templates in `harness/templates` hold the
//! markup. Nothing is decided in a template.

mod clients;
mod diagram;
mod page;
mod requirements;
mod scenarios;

use askama::Template as _;

use super::ReportError;
use crate::verdict::RunResult;

/// A requirement as the report needs it: a row of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequirementRow {
    /// `CONN-014`; the letters before the dash are its area.
    pub id: String,
    /// What must be so.
    pub statement: String,
    /// Whether it can be tested from outside.
    pub testable: bool,
    /// Why no scenario covers it, if somebody said so.
    pub uncovered_reason: Option<String>,
}

/// The page of one or several runs: the same suite against several clients makes a matrix with a column for each.
///
/// # Errors
/// Only if a template fails, which would be a fault of the harness.
pub fn html(runs: &[RunResult], requirements: &[RequirementRow]) -> Result<String, ReportError> {
    let page = page::Page::new(runs, requirements);
    page.render().map_err(|error| ReportError::Render { what: "HTML", why: error.to_string() })
}
