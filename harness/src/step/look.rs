//! What is seen: the model as a screen of some size, without a terminal.

use std::{
    io::{BufRead, Seek},
    rc::Rc,
};

use recording::End;

use super::{
    diagram::{Diagram, lane_width},
    job::Job,
    model::{Model, Panel, Pick},
    row::{Lane, Row},
    text::{Text, fit},
};

/// The smallest terminal in which there is something to see: columns and lines.
pub(super) const LEAST: (u16, u16) = (40, 10);
/// From this width on two panels stand beside each other.
const WIDE: u16 = 130;

/// How many of so many lines are entries' own.
pub(super) fn entries_seen(height: usize) -> usize {
    (height.saturating_sub(4) * 9 / 20).max(3)
}

/// A screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Screen {
    /// The first line: the recording, and where one is in it.
    pub title: String,
    /// The heads of the lanes.
    pub lanes: String,
    /// Entries.
    pub rows: Vec<Line>,
    /// Panels, from left to right.
    pub panels: Vec<Pane>,
    /// The last line.
    pub bottom: String,
    /// Whether that is typed: then the cursor stands behind it.
    pub is_typed: bool,
    /// Whether the keys are shown over all of it.
    pub help: bool,
}

/// An entry's line.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Line {
    /// All of it.
    pub text: String,
    /// One is here.
    pub is_current: bool,
    /// Something else is said now.
    pub differs: bool,
    /// Something that the service had no part in: a call, a callback.
    pub is_seen: bool,
}

/// A panel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pane {
    /// What stands above it.
    pub title: String,
    /// As many lines as it has room for, at most.
    pub lines: Vec<Text>,
}

/// What was seen last, so that it need not be made again.
#[derive(Debug, Default)]
pub(super) struct Look {
    rows: u64,
    panel: usize,
    cache: Vec<(Key, Rc<Seen>)>,
}

/// What a panel was made of.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Key {
    at: u64,
    panel: Panel,
    pick: Pick,
    client: Option<String>,
    differs: bool,
    width: usize,
}

/// A panel with all of its lines.
#[derive(Debug)]
pub(super) struct Seen {
    /// What it is of.
    pub about: String,
    /// Its lines.
    pub lines: Vec<Text>,
}

impl Look {
    /// Entries that are seen at once.
    #[must_use]
    pub(super) fn rows(&self) -> u64 {
        self.rows
    }

    /// Half the lines of a panel.
    #[must_use]
    pub(super) fn half(&self) -> isize {
        isize::try_from(self.panel / 2).unwrap_or(1).max(1)
    }
}

impl<R: BufRead + Seek> Model<R> {
    /// What is seen on a terminal of so many columns and lines, at least 40 by 10.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn screen(&mut self, width: u16, height: u16) -> Result<Screen, String> {
        let (width, height) = (usize::from(width.max(LEAST.0)), usize::from(height.max(LEAST.1)));
        // The title, the lanes' heads, the panel's head and the last line are one line each.
        let rows = entries_seen(height);
        (self.look.rows, self.look.panel) = (rows as u64, height - 4 - rows);
        let (lanes, rows) = self.rows(width, rows)?;
        let beside = match self.panel {
            Panel::State => Panel::Entry,
            _ => Panel::State,
        };
        let panels = if width >= usize::from(WIDE) {
            let left = width / 2;
            vec![self.pane(self.panel, left - 1, true)?, self.pane(beside, width - left, false)?]
        } else {
            vec![self.pane(self.panel, width, true)?]
        };
        let (bottom, is_typed) = self.bottom();
        let title = self.title(width);
        Ok(Screen { title, lanes, rows, panels, bottom: fit(&bottom, width), is_typed, help: self.help })
    }

    fn title(&self, width: usize) -> String {
        let name = std::path::Path::new(&self.name).file_name().unwrap_or_default().to_string_lossy();
        let (name, known) = (fit(&name, width / 3), self.source.known());
        let of = match self.source.end() {
            Some(_) => known.to_string(),
            None => match self.size {
                Some(size) => {
                    format!("{known}+ (read {}%)", self.source.offset().saturating_mul(100) / size.max(1))
                }
                None => format!("{known}+"),
            },
        };
        let doing = match (&self.job, &self.playing) {
            (Some(Job::Go { to: u64::MAX, .. }), _) => "  going to the end, Esc ends it".to_owned(),
            (Some(Job::Go { to, .. }), _) => format!("  going to {to}, Esc ends it"),
            (Some(Job::Run { .. }), _) => "  running, Esc ends it".to_owned(),
            (Some(Job::Find { next, .. }), _) => format!("  searching, at {next}, Esc ends it"),
            (None, Some(_)) => "  playing".to_owned(),
            (None, None) => String::new(),
        };
        let differ = match self.world.differences().len() {
            0 => String::new(),
            count => format!("  {count} differ"),
        };
        let marked = match self.marks.count() {
            0 => String::new(),
            count => format!("  {count} marked"),
        };
        let broken = match self.source.end() {
            None | Some(End::Whole) => "",
            Some(End::Cut | End::Open) => "  CUT",
            Some(End::Ended(_)) => "  NOT ALL OF IT",
            Some(End::Damaged(_)) => "  DAMAGED",
        };
        let told = format!("{name}  entry {} of {of}{broken}{differ}{marked}{doing}", self.at());
        fit(&crate::plain::plain(&told), width)
    }

    fn bottom(&self) -> (String, bool) {
        if let Some(prompt) = &self.prompt {
            return (format!("{}{}", prompt.ask.says(), prompt.text), true);
        }
        let told = self.message.as_deref().unwrap_or("");
        let told = match (told, self.damage()) {
            ("", Some(damage)) if self.at() == self.source.known() => format!("it ends here: {damage}"),
            (told, _) => told.to_owned(),
        };
        (crate::plain::plain(&told).into_owned(), false)
    }

    /// The entries around the one that one is at.
    fn rows(&mut self, width: usize, count: usize) -> Result<(String, Vec<Line>), String> {
        let (at, count) = (self.at(), count as u64);
        // What is behind is read a little ahead.
        let _ = self.source.page(at + count)?;
        let known = self.source.known();
        let ended = self.damage();
        let last = known + u64::from(ended.is_some());
        let first = at.saturating_sub(count / 2).min((last + 1).saturating_sub(count)).max(u64::from(at > 0));
        let digits = known.to_string().len().max(3);
        let mut pages = Vec::new();
        for n in first.max(1)..=(first + count - 1).min(known) {
            if pages.last().is_none_or(|page: &Rc<super::page::Page>| page.last() < n) {
                pages.extend(self.source.page(n)?);
            }
        }
        let seen: Vec<&Row> = pages
            .iter()
            .flat_map(|page| page.rows())
            .filter(|row| row.n >= first && row.n < first + count)
            .collect();
        let head = 3 + digits + 12;
        let lanes = self.chosen_lanes(&seen, (width - head) * 11 / 20 / lane_width());
        let diagram = Diagram::new(&lanes);
        let mut lines = Vec::new();
        for n in first..first + count {
            let mark = |mark: bool, sign| if mark { sign } else { ' ' };
            let (is_current, differs) = (n == at, self.world.differences().contains_key(&n));
            let signs: String =
                [mark(is_current, '>'), mark(self.marks.has(n), '*'), mark(differs, '!')].iter().collect();
            let text = if n == 0 {
                format!("{signs}{n:>digits$} the beginning")
            } else if let Some(row) = seen.iter().find(|row| row.n == n) {
                let time = crate::recorded::instant(row.after);
                let (arrow, whose) = diagram.row(row);
                format!("{signs}{n:>digits$} {time:>10} {arrow}{whose}{}", row.brief())
            } else if n == known + 1
                && let Some(ended) = &ended
            {
                format!("{signs}{:>digits$} {ended}", "")
            } else {
                continue;
            };
            let is_seen =
                seen.iter().any(|row| row.n == n && matches!(row.text("is"), Some("call" | "callback")));
            let text = fit(&crate::plain::plain(&text).replace(['\n', '\t'], " "), width);
            lines.push(Line { text, is_current, differs, is_seen });
        }
        let all = self.source.lanes().iter().filter(|lane| **lane != Lane::Service).count();
        let aside = match all.saturating_sub(lanes.len() - 1) {
            0 => String::new(),
            many => format!(" {many} lanes aside"),
        };
        let heads = fit(&format!("{aside:head$}{}", diagram.heads()), width);
        Ok((crate::plain::plain(&heads).into_owned(), lines))
    }

    /// Lanes that are shown: all of them, or if they are too many those of the entries that are seen, nearest first. The service
    /// comes last. `most` has room for it.
    fn chosen_lanes(&self, seen: &[&Row], most: usize) -> Vec<Lane> {
        let most = most.max(2);
        let all = self.source.lanes().iter().filter(|lane| **lane != Lane::Service);
        let mut lanes: Vec<Lane> = all.cloned().collect();
        lanes.sort_by_key(|lane| *lane == Lane::Http);
        if lanes.len() >= most {
            let at = self.at();
            let mut near: Vec<&&Row> = seen.iter().filter(|row| row.lane != Lane::Service).collect();
            near.sort_by_key(|row| row.n.abs_diff(at));
            let mut concerned: Vec<&Lane> = Vec::new();
            for row in near {
                if concerned.len() + 1 < most && !concerned.contains(&&row.lane) {
                    concerned.push(&row.lane);
                }
            }
            let beyond = concerned.iter().filter(|lane| !lanes.contains(lane)).map(|lane| (*lane).clone());
            let beyond: Vec<Lane> = beyond.collect();
            lanes.retain(|lane| concerned.contains(&lane));
            lanes.extend(beyond);
        }
        lanes.push(Lane::Service);
        lanes
    }

    /// A panel, `width` columns wide; the lines of the one that is scrolled begin where it was scrolled to.
    fn pane(&mut self, panel: Panel, width: usize, is_chosen: bool) -> Result<Pane, String> {
        let key = Key {
            at: self.at(),
            panel,
            pick: self.pick.clone(),
            client: self.client.clone(),
            differs: self.world.differences().contains_key(&self.at()),
            width,
        };
        let cached = self
            .look
            .cache
            .iter()
            .find(|(known, _)| *known == key && panel != Panel::Stops)
            .map(|(_, seen)| Rc::clone(seen));
        let seen = match cached {
            Some(seen) => seen,
            None => {
                let seen = Rc::new(self.seen(panel, width)?);
                self.look.cache.retain(|(known, _)| known.panel != panel);
                self.look.cache.push((key, Rc::clone(&seen)));
                seen
            }
        };
        let room = self.look.panel;
        if is_chosen {
            self.scroll = self.scroll.min(seen.lines.len().saturating_sub(room));
        }
        let from = if is_chosen { self.scroll } else { 0 };
        let lines: Vec<Text> = seen.lines.iter().skip(from).take(room).cloned().collect();
        let name = |one: Panel| {
            let number = Panel::ALL.iter().position(|known| *known == one).unwrap_or(0) + 1;
            if one == panel {
                format!("[{number} {}]", one.title())
            } else {
                format!(" {number} {} ", one.title())
            }
        };
        let mut title = if is_chosen { Panel::ALL.map(name).concat() } else { name(panel) };
        title.push_str(&format!(" {}", seen.about));
        let last = (from + lines.len()).min(seen.lines.len());
        if seen.lines.len() > room {
            let place = format!(" {}-{last}/{}", from + 1, seen.lines.len());
            title = format!("{}{place}", fit(&title, width.saturating_sub(place.len())));
        }
        Ok(Pane { title: fit(&crate::plain::plain(&title), width), lines })
    }
}
