//! Two recordings beside each other, in words: the first difference with what led to it, or all of them.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::BufRead,
};

use recording::{Decoder, End, Reader};
use serde_json::{Value, json};

use super::{
    line,
    meaning::{Compared, Difference, How, Rules, Session, compare},
};

/// So many entries of each side are told that led to a difference.
const LED_TO_IT: usize = 6;

/// Two recordings, compared.
#[derive(Debug)]
pub struct Beside {
    pub(crate) a: Session,
    b: Session,
    /// What came of it.
    pub compared: Compared,
    /// What a reader should know of the comparison: a sentence each.
    pub notes: Vec<String>,
    /// Why it proves less than it seems to: a sentence for each recording that is cut, damaged, or tells only what was done.
    pub partly: Vec<String>,
}

/// Compares two recordings by meaning.
///
/// # Errors
/// One cannot be read: a sentence.
pub fn beside<A: BufRead, B: BufRead>(
    a: &mut Reader<A>,
    b: &mut Reader<B>,
    mut rules: Rules,
) -> Result<Beside, String> {
    rules.any_instant |= [a.header(), b.header()].iter().any(|header| header.offset.is_some());
    let (mut one, mut other) = (Session::read(a, &rules)?, Session::read(b, &rules)?);
    let (mut notes, mut partly) = (Vec::new(), Vec::new());
    if one.apps != other.apps {
        let without = if one.apps { "+" } else { "-" };
        notes.push(format!("{without} does not tell what apps called and were told: that is not compared"));
        one.without_apps();
        other.without_apps();
    }
    for (sign, session) in [("-", &one), ("+", &other)] {
        if session.end != End::Whole {
            partly.push(format!("{sign} {}; it was compared up to entry {}", session.end, session.entries));
        } else if session.too_long {
            partly.push(format!(
                "{sign} is longer than what is compared: it was compared up to entry {}",
                session.entries
            ));
        } else if !session.header.said {
            partly.push(format!(
                "{sign} holds what was done alone (--record-inputs): what was said is not compared"
            ));
        }
    }
    let compared = compare(&one, &other, &rules);
    Ok(Beside { a: one, b: other, compared, notes, partly })
}

impl Difference {
    /// In a sentence.
    #[must_use]
    pub fn words(&self) -> String {
        let Self { lane, what, again, .. } = self;
        let how = match (&self.how, self.a) {
            (How::Missing, Some(_)) => "- alone has it".to_owned(),
            (How::Missing, None) => "+ alone has it".to_owned(),
            (How::Order, _) => "it stands elsewhere".to_owned(),
            (How::Field(path, a, b, None), _) => {
                format!("{path} is {} in -, {} in +", shown(a.as_ref()), shown(b.as_ref()))
            }
            (How::Field(path, a, b, Some(why)), _) => {
                let why = if why.is_empty() { String::new() } else { format!(": {why}") };
                format!("{path} names {} in -, {} in +{why}", shown(a.as_ref()), shown(b.as_ref()))
            }
        };
        let again = match again {
            0 => String::new(),
            1 => " (and once more)".to_owned(),
            more => format!(" (and {more} times more)"),
        };
        format!("{lane}: {what}: {how}{again}")
    }

    /// For machines.
    #[must_use]
    pub fn json(&self) -> Value {
        let mut value = json!({
            "lane": self.lane, "what": self.what, "a": self.a, "b": self.b, "differs": self.how.word(), "again": self.again,
        });
        if let How::Field(path, a, b, why) = &self.how {
            value["path"] = path.as_str().into();
            value["values"] = json!({"a": a, "b": b});
            if let Some(why) = why {
                value["names"] = why.as_str().into();
            }
        }
        value
    }
}

/// A value as far as it fits into a sentence.
fn shown(value: Option<&Value>) -> String {
    const MOST: usize = 80;
    let Some(value) = value else { return "absent".to_owned() };
    let text = value.to_string();
    if text.chars().count() <= MOST {
        return text;
    }
    let head: String = text.chars().take(MOST).collect();
    format!("{head}…")
}

impl Beside {
    /// The first recording is cut or was not gone on with, and the second, read again here, was made from it: what follows in the
    /// second at the instant of the cut, or later, is no difference, for nobody knows.
    ///
    /// # Errors
    /// It cannot be read: a sentence.
    pub(crate) fn up_to_the_cut(&mut self, b: &mut Reader<impl BufRead>) -> Result<(), String> {
        let mut late = None;
        while late.is_none()
            && let Some(entry) = b.next_entry().map_err(|error| error.to_string())?
        {
            late = (entry.after >= self.a.until).then_some(entry.n);
        }
        let is_known = |difference: &Difference| {
            difference.a.is_some() || difference.b.is_none_or(|n| late.is_none_or(|late| n < late))
        };
        self.compared.differences.retain(is_known);
        Ok(())
    }

    /// The differences in words, each in some lines: the first with what led to it, `all` of them, or it alone. The recordings are
    /// read again for that.
    ///
    /// # Errors
    /// One cannot be read: a sentence.
    pub fn told<A: BufRead, B: BufRead>(
        &self,
        all: bool,
        a: &mut Reader<A>,
        b: &mut Reader<B>,
    ) -> Result<Vec<Vec<String>>, String> {
        let most = if all { self.compared.differences.len() } else { 1 };
        let wanted = &self.compared.differences[..most.min(self.compared.differences.len())];
        let Some(first) = wanted.first() else { return Ok(Vec::new()) };
        let led = (
            self.a.led_to(&first.whose.0, led_until(first.a, first.at.0), LED_TO_IT),
            self.b.led_to(&first.whose.1, led_until(first.b, first.at.1), LED_TO_IT),
        );
        let (mut left, mut right) = led.clone();
        left.extend(wanted.iter().filter_map(|one| one.a));
        right.extend(wanted.iter().filter_map(|one| one.b));
        let lines = (in_words(a, left)?, in_words(b, right)?);
        let text = |lines: &BTreeMap<u64, String>, n: Option<u64>| {
            n.map_or_else(|| "nothing".to_owned(), |n| lines.get(&n).cloned().unwrap_or_default())
        };
        Ok(wanted
            .iter()
            .enumerate()
            .map(|(at, one)| {
                let mut told = vec![one.words()];
                if at == 0 {
                    for (sign, led, lines) in [("-", &led.0, &lines.0), ("+", &led.1, &lines.1)] {
                        told.push(format!("  led to it in {sign}"));
                        told.extend(led.iter().map(|n| format!("  {}", text(lines, Some(*n)))));
                    }
                    told.push("  then".to_owned());
                }
                told.push(format!("- {}", text(&lines.0, one.a)));
                told.push(format!("+ {}", text(&lines.1, one.b)));
                told
            })
            .collect())
    }
}

/// What stands before an entry led to it; where there is none, all up to where its session stood.
fn led_until(entry: Option<u64>, stood: u64) -> u64 {
    entry.unwrap_or(stood + 1)
}

/// Entries in words, by their numbers.
fn in_words(
    reader: &mut Reader<impl BufRead>,
    wanted: BTreeSet<u64>,
) -> Result<BTreeMap<u64, String>, String> {
    let (mut decoder, mut found) = (Decoder::of(reader.header()), BTreeMap::new());
    let last = wanted.last().copied().unwrap_or(0);
    while reader.last() < last
        && let Some(entry) = reader.next_entry().map_err(|error| error.to_string())?
    {
        if wanted.contains(&entry.n) {
            found.insert(entry.n, line(entry.n, entry.after, &decoder.decode(&entry), false));
        } else {
            decoder.learn(&entry);
        }
    }
    Ok(found)
}
