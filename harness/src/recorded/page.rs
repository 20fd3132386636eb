//! A recording as one page: lanes of clients and the service, each entry to be opened, a field to search in.

use std::{
    fmt::Write as _,
    io::{self, Write},
    time::Duration,
};

use indexmap::IndexSet;
use recording::{Decoder, End, Entry, Header};
use serde_json::Value;

use super::line;

/// Bytes of an entry's details that are shown; a page is for reading.
const MOST_DETAILS: usize = 64 * 1024;

/// Writes the page piece by piece, however long the recording is.
pub struct Page<'a> {
    out: &'a mut dyn Write,
    decoder: Decoder,
    lanes: IndexSet<String>,
    shown: u64,
}

impl<'a> Page<'a> {
    /// Begins the page of a recording called `name`.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn begin(out: &'a mut dyn Write, name: &str, header: &Header) -> io::Result<Self> {
        let (title, css) = (text(name), include_str!("../../templates/recording.css"));
        write!(
            out,
            "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title>\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<style>\n{css}</style></head><body>\n\
             <header><h1>{title}</h1><input id=\"find\" type=\"search\" placeholder=\"Only entries with … (client, topic, callback, text)\" \
             aria-label=\"Search\"><output id=\"count\"></output></header>\n<main>\n"
        )?;
        let client =
            if header.client.is_empty() { String::new() } else { format!(", client {}", header.client) };
        writeln!(
            out,
            "<p class=\"meta\">{} by {}{}; begins at {} unix ms, {}</p>",
            text(&header.app_key),
            text(&header.made_by),
            text(&client),
            header.start.0,
            header
                .proxy
                .as_ref()
                .map_or_else(|| format!("seed {}", header.seed), |proxy| text(&proxy.to_string()))
        )?;
        if header.proxy.is_some() {
            // Of its world nothing is known.
            return Ok(Self { out, decoder: Decoder::of(header), lanes: IndexSet::new(), shown: 0 });
        }
        let world = serde_json::to_string_pretty(&header.world.as_given()).unwrap_or_default();
        writeln!(
            out,
            "<details class=\"world\"><summary>The world</summary><pre>{}</pre></details>",
            text(&world)
        )?;
        Ok(Self { out, decoder: Decoder::of(header), lanes: IndexSet::new(), shown: 0 })
    }

    /// Takes in an entry that is not shown.
    pub fn pass(&mut self, entry: &Entry) {
        self.decoder.learn(entry);
    }

    /// Adds an entry; `only`: if it holds this text.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn entry(&mut self, entry: &Entry, only: Option<&str>) -> io::Result<()> {
        let told = self.decoder.decode(entry);
        let whole = line(entry.n, entry.after, &told, true);
        if only.is_some_and(|only| !whole.contains(only)) {
            return Ok(());
        }
        self.shown += 1;
        let who = told["conn"].as_str().or_else(|| told["client"].as_str()).unwrap_or_default();
        let lane = self.lanes.insert_full(lane_of(who).to_owned()).0;
        let short = line(entry.n, entry.after, &told, false);
        let what = said_of(&short, who);
        let mut details = serde_json::to_string_pretty(&told).unwrap_or_default();
        if details.len() > MOST_DETAILS {
            let end = (0..=MOST_DETAILS).rev().find(|end| details.is_char_boundary(*end)).unwrap_or(0);
            let _ = write!(details, "\n… {} bytes in all", details.len());
            details.replace_range(end..details.rfind("\n…").unwrap_or(end), "");
        }
        writeln!(
            self.out,
            "<details class=\"e {}\" style=\"--l:{lane}\"><summary><a id=\"n{n}\" href=\"#n{n}\">{n}</a><time>{}</time>\
             <span class=\"w\"><b>{}</b> {}</span></summary><pre>{}</pre></details>",
            class(&told),
            text(&instant_of(&short, entry.after)),
            text(who),
            text(&what),
            text(&details),
            n = entry.n,
        )
    }

    /// Ends the page, and says how the recording ended.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn end(self, end: &End, last: u64) -> io::Result<()> {
        let told = match end {
            End::Whole => format!("{} of {last} entries", self.shown),
            end => format!("{end}; {last} entries before it are intact, {} are shown", self.shown),
        };
        let (lanes, script) = (self.lanes.len().max(1), include_str!("../../templates/recording.js"));
        write!(
            self.out,
            "<p class=\"meta\">{}</p></main>\n<style>:root {{ --lanes: {lanes}; }}</style>\n<script>\n{script}</script></body></html>\n",
            text(&told)
        )
    }
}

/// A client's lane holds all of its connections: `phone` of `phone/2`.
fn lane_of(who: &str) -> &str {
    who.split('/').next().unwrap_or_default()
}

/// What a line says behind its number, time, way and name.
fn said_of(line: &str, who: &str) -> String {
    let rest = [" -> ", " <- ", " .. ", " -- "].iter().find_map(|way| {
        let at = line.find(way)?;
        Some(format!("{}{}", way.trim(), &line[at + way.len() - 1..]))
    });
    let rest = rest.unwrap_or_else(|| line.to_owned());
    let (way, rest) = rest.split_at(2.min(rest.len()));
    let rest = rest.trim_start();
    let rest = rest.strip_prefix(who).unwrap_or(rest);
    format!("{way} {}", rest.trim_start())
}

/// The time of a line: its second word.
fn instant_of(line: &str, after: Duration) -> String {
    line.split_whitespace().nth(1).map_or_else(|| format!("{after:?}"), str::to_owned)
}

fn class(told: &Value) -> &'static str {
    match told["is"].as_str().unwrap_or_default() {
        "up" | "open" | "closed" | "poll" | "request" | "garbage" => "up",
        "down" | "close" | "downRaw" | "pollAnswered" | "response" | "webhook" => "down",
        "callback" => "callback",
        "call" | "step" => "call",
        _ => "act",
    }
}

/// A text in HTML: what is markup there is none, and control characters are shown as what they are.
fn text(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for sign in text.chars() {
        match sign {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            '\n' | '\t' => safe.push(sign),
            sign if sign.is_control() => safe.push('\u{fffd}'),
            // What turns the order of text around is told, not done.
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                let _ = write!(safe, "\\u{:04x}", u32::from(sign));
            }
            sign => safe.push(sign),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use recording::{Seen, What};
    use serde_json::json;

    use super::*;

    fn page(text: &str, only: Option<&str>) -> String {
        let header: Header = serde_json::from_value(json!({
            "recording": 1, "madeBy": "test", "appKey": text, "start": 0, "seed": 1, "world": {},
            "endpoints": {"navi": "", "websocket": "", "tcp": "", "tls": false},
        }))
        .unwrap();
        let args = json!({"message": {"text": text}}).as_object().unwrap().clone();
        let seen = Seen::Callback { client: text.to_owned(), name: "onMessageReceived".to_owned(), args };
        let entry = Entry { n: 1, after: Duration::from_secs(61), what: What::Seen(seen) };
        let mut out = Vec::new();
        let mut page = Page::begin(&mut out, text, &header).unwrap();
        page.entry(&entry, only).unwrap();
        page.end(&End::Whole, 1).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn what_a_message_says_is_no_markup() {
        let page = page("<img src=x onerror='alert(1)'>\"</pre>", None);
        assert!(!page.contains("<img") && !page.contains("'alert"), "{page}");
        assert!(page.contains("&lt;img src=x onerror=&#39;alert(1)&#39;&gt;"));
        assert!(page.contains("+1:01.000") && page.contains("1 of 1 entries"));
    }

    #[test]
    fn only_what_is_asked_for_is_on_it() {
        assert!(page("hello", Some("onMessageReceived")).contains("1 of 1 entries"));
        assert!(page("hello", Some("onConnected")).contains("0 of 1 entries"));
    }

    #[test]
    fn what_is_too_long_is_cut_between_signs_and_says_how_long_it_is() {
        let page = page(&"é".repeat(100_000), None);
        assert!(page.contains("bytes in all"));
    }
}
