//! What stands in the panels.

use std::io::{BufRead, Seek};

use recording::{Decoder, Entry, Said};

use super::{
    compare::Differs,
    look::Seen,
    model::{Model, Panel},
    row::Row,
    text::{Page, Tone, fit, hex},
};
use crate::recorded::{apart, instant, line};

/// Callbacks that are told, the last ones first.
const MOST_CALLBACKS: usize = 500;
/// Characters of what differs, in one line.
const MOST_OF_LINE: usize = 140;
/// Pages that are looked through for them.
const MOST_PAGES: usize = 200;

impl<R: BufRead + Seek> Model<R> {
    pub(super) fn seen(&mut self, panel: Panel, width: usize) -> Result<Seen, String> {
        let mut page = Page::new(width);
        let about = match panel {
            Panel::Entry => self.entry_in_words(&mut page)?,
            Panel::Bytes => self.entry_in_bytes(&mut page)?,
            Panel::Callbacks => self.callbacks(&mut page, width)?,
            Panel::State => {
                let looked = self.looked_at()?;
                page.outline(0, &looked.value);
                looked.title
            }
            Panel::Stops => self.stops(&mut page),
        };
        Ok(Seen { about, lines: page.into_lines() })
    }

    fn entry_in_words(&mut self, page: &mut Page) -> Result<String, String> {
        let at = self.at();
        let Some(around) = self.source.page(at)? else {
            let header = self.source.header();
            page.put(Tone::Plain, 0, &format!("App Key {}, by {}", header.app_key, header.made_by));
            if !header.client.is_empty() {
                page.put(Tone::Plain, 0, &format!("client {}", header.client));
            }
            page.put(Tone::Plain, 0, &format!("begins at {} unix ms, seed {}", header.start.0, header.seed));
            return Ok("the recording".to_owned());
        };
        let (Some(row), Some(entry)) = (around.row(at), around.entry(at)) else { return Ok(String::new()) };
        let who = self.user(row).map_or_else(String::new, |user| format!(" of {user}"));
        if let Some(differs) = self.world.differences().get(&at) {
            tell_difference(page, differs, entry, row, &around.decoder(at));
        }
        page.outline(0, &row.told);
        if let Some(now) = self.world.differences().get(&at).and_then(|differs| differs.now.as_ref()) {
            page.put(Tone::Head, 0, "this build's service says instead:");
            page.outline(2, &around.decoder(at).said(now));
        }
        let says = self.world.says();
        if !says.is_empty() {
            page.put(Tone::Head, 0, "the recording tells nothing of what was said; this build then says:");
            let mut decoder = around.decoder(at + 1);
            says.iter().for_each(|said| page.outline(2, &decoder.said(said)));
        }
        Ok(format!("{at}, {}{who}", instant(row.after)))
    }

    fn entry_in_bytes(&mut self, page: &mut Page) -> Result<String, String> {
        let at = self.at();
        let around = self.source.page(at)?;
        let row = around.as_deref().and_then(|around| around.row(at));
        let Some((row, raw)) = row.and_then(|row| Some((row, row.raw.as_ref()?))) else {
            page.put(Tone::Plain, 0, "no bytes went over a connection");
            return Ok(at.to_string());
        };
        if let Some(clear) = &row.clear {
            page.put(Tone::Head, 0, "without the native pad and length: header, body");
            hex(page, clear);
            page.put(Tone::Head, 0, "as it goes over the connection");
        }
        hex(page, raw);
        let what = if row.text("frame").is_some() { "frame" } else { "body" };
        Ok(format!("{at}, {what} of {} bytes", raw.len()))
    }

    /// The last ones first.
    fn callbacks(&mut self, page: &mut Page, width: usize) -> Result<String, String> {
        let (mut n, mut told, mut looked) = (self.at(), 0, 0);
        while let Some(last) = self.source.last_seen_page(n) {
            if told == MOST_CALLBACKS || looked == MOST_PAGES {
                page.put(Tone::Head, 0, &format!("… and those before entry {last}"));
                break;
            }
            looked += 1;
            let Some(around) = self.source.page(last)? else { break };
            for row in around.rows().iter().rev().filter(|row| row.n <= last) {
                let client = row.text("client").filter(|_| row.text("name").or(row.text("method")).is_some());
                let is_wanted = matches!(row.text("is"), Some("call" | "callback"))
                    && client
                        .is_some_and(|client| self.client.as_deref().is_none_or(|wanted| wanted == client));
                if is_wanted && told < MOST_CALLBACKS {
                    told += 1;
                    let (time, client) = (instant(row.after), client.unwrap_or_default());
                    let text = format!("{:>5} {time} {client} {}", row.n, row.brief());
                    page.put(Tone::Plain, 0, &fit(&text, 2 * width.saturating_sub(4)));
                }
            }
            n = around.first() - 1;
        }
        if told == 0 {
            page.put(Tone::Plain, 0, "none so far");
        }
        Ok(format!("so far, of {} (c)", self.client.as_deref().unwrap_or("all")))
    }

    fn stops(&self, page: &mut Page) -> String {
        for (at, stop) in self.breaks.iter().enumerate() {
            let sign = if at == self.chosen { '>' } else { ' ' };
            page.put(Tone::Plain, 0, &format!("{sign} {stop}"));
        }
        if self.breaks.is_empty() {
            page.put(Tone::Plain, 0, &format!("no breakpoint; b sets one: {}", super::breaks::HOW));
        }
        let ranges = self.marks.ranges();
        if !ranges.is_empty() {
            page.put(Tone::Head, 0, "marked entries; w writes them");
            let range = |(first, last): (u64, u64)| {
                if first == last { first.to_string() } else { format!("{first}-{last}") }
            };
            let all: Vec<String> = ranges.into_iter().map(range).collect();
            page.put(Tone::Plain, 0, &all.join(", "));
        }
        "J K choose, x removes".to_owned()
    }
}

fn tell_difference(page: &mut Page, differs: &Differs, entry: &Entry, row: &Row, decoder: &Decoder) {
    page.put(Tone::Differs, 0, "DIFFERS: this build's service says something else than was recorded");
    let shown = |said: &Said| {
        let told = decoder.clone().said(said);
        let line = line(entry.n, entry.after, &told, false);
        // All of it stands below.
        let line: String = line.trim_start().chars().take(MOST_OF_LINE).collect();
        (line, told)
    };
    let mut put = |what: &str, text: &str| page.put(Tone::Differs, 0, &format!("{what} {text}"));
    if let Some(recorded) = &differs.recorded {
        let (text, _) = shown(recorded);
        put("recorded", &text);
        match &differs.now {
            None => put("now     ", "nothing in its place"),
            Some(now) => {
                let (text, told) = shown(now);
                put("now     ", &text);
                if let Some(apart) = apart(&row.told, &told) {
                    put("at      ", &apart);
                }
            }
        }
    }
    for more in &differs.more {
        put("besides ", &shown(more).0);
    }
}
