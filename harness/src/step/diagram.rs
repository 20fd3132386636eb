//! Arrows between the lanes of clients and that of the service.

use super::{
    row::{Lane, Row, Way},
    text::fit,
};

/// Columns of a lane.
#[must_use]
pub(super) const fn lane_width() -> usize {
    8
}

/// Where in its columns a lane's line is.
const MIDDLE: usize = 3;

/// Lanes side by side; the last one is the service's.
#[derive(Debug)]
pub(super) struct Diagram<'a> {
    lanes: &'a [Lane],
}

impl<'a> Diagram<'a> {
    /// Of these lanes.
    #[must_use]
    pub(super) fn new(lanes: &'a [Lane]) -> Self {
        Self { lanes }
    }

    /// What stands above them.
    #[must_use]
    pub(super) fn heads(&self) -> String {
        let head = |lane: &Lane| {
            let name = fit(lane.title(), lane_width() - 1);
            let wide = unicode_width::UnicodeWidthStr::width(name.as_str());
            let room = lane_width() - wide;
            // In the middle, above the line.
            let before = (MIDDLE + 1).saturating_sub(wide.div_ceil(2)).min(room);
            format!("{}{name}{}", " ".repeat(before), " ".repeat(room - before))
        };
        self.lanes.iter().map(head).collect()
    }

    /// An entry's arrow, and whose it is where its lane is not there.
    #[must_use]
    pub(super) fn row(&self, row: &Row) -> (String, String) {
        let middle = |at: usize| at * lane_width() + MIDDLE;
        let mut cells: Vec<char> = vec![' '; self.lanes.len() * lane_width()];
        (0..self.lanes.len()).for_each(|at| cells[middle(at)] = '│');
        let service = self.lanes.len().saturating_sub(1);
        let Some(at) = self.lanes.iter().position(|lane| *lane == row.lane) else {
            return (told(&cells), format!("{}: ", row.lane.title()));
        };
        let (from, to) = (middle(at), middle(service));
        match row.way() {
            _ if at == service => cells[to] = '■',
            Way::Here => {
                cells[from] = match row.text("is") {
                    Some("callback") => '◆',
                    Some("call") => '◇',
                    _ => '■',
                }
            }
            way => {
                cells[from + 1..to].fill('─');
                (cells[from], cells[to]) = if way == Way::Up { ('●', '▶') } else { ('◀', '●') };
            }
        }
        (told(&cells), String::new())
    }
}

/// Behind the service's lane comes the text.
fn told(cells: &[char]) -> String {
    let all: String = cells.iter().collect();
    format!("{} ", all.trim_end())
}
