//! A recording replayed to the service: the same all along, or where it first is not, and what led to it.

use std::collections::VecDeque;

use recording::{
    Decoder, End, Entry, Said,
    replay::{Difference, Replay},
};
use serde_json::Value;

use super::{FileReader, line};

/// How many entries are told that led to a difference.
const LED_TO_IT: usize = 12;

/// What came of it.
#[derive(Debug)]
pub struct Outcome {
    /// Entries that were done again and compared.
    pub entries: u64,
    /// What ended the recording.
    pub end: End,
    /// Whether it tells what was said: without that it is done again, and nothing is compared.
    pub compared: bool,
    /// The first difference, in lines.
    pub difference: Option<Vec<String>>,
}

/// Replays a recording to the service of this build.
///
/// # Errors
/// It cannot be read, or its world cannot be made: a sentence.
pub fn replayed(reader: &mut FileReader) -> Result<Outcome, String> {
    let compared = reader.header().said;
    let mut replay = Replay::begin(reader.header()).map_err(|mistakes| mistakes.join("; "))?;
    // What led to it is put into words in the end: the decoder stays behind by as much.
    let (mut decoder, mut led) = (Decoder::of(reader.header()), VecDeque::new());
    while let Some(entry) = reader.next_entry().map_err(|error| error.to_string())? {
        if let Err(found) = replay.check(entry.clone()) {
            let difference = Some(told(&found, &entry, &mut decoder, &led));
            return Ok(Outcome { entries: entry.n, end: End::Whole, compared, difference });
        }
        if led.len() == LED_TO_IT
            && let Some(oldest) = led.pop_front()
        {
            decoder.learn(&oldest);
        }
        led.push_back(entry);
    }
    let entries = reader.last();
    let end = reader.end().cloned().unwrap_or(End::Whole);
    // What follows the last whole line of one that is cut nobody knows.
    let more = if end == End::Whole { replay.end(entries + 1).err() } else { None };
    let difference = more.map(|found| {
        let after = replay.now().since(reader.header().start);
        let mut lines = vec![format!("after entry {entries}, the last one, more is said than was recorded")];
        lines.extend(in_words(&led, &mut decoder));
        lines.push(format!("  now       {}", spoken(found.now.as_ref(), &mut decoder, entries + 1, after)));
        lines
    });
    Ok(Outcome { entries, end, compared, difference })
}

fn in_words(led: &VecDeque<Entry>, decoder: &mut Decoder) -> Vec<String> {
    let one =
        |entry: &Entry| format!("  led to it {}", line(entry.n, entry.after, &decoder.decode(entry), false));
    led.iter().map(one).collect()
}

fn told(found: &Difference, entry: &Entry, decoder: &mut Decoder, led: &VecDeque<Entry>) -> Vec<String> {
    let mut lines = vec![format!("entry {} is not said again", found.n)];
    lines.extend(in_words(led, decoder));
    // Both are decoded from the same state: neither must know what the other has used up.
    let mut again = decoder.clone();
    let recorded = found.recorded.as_ref().map(|said| decoder.said(said));
    let now = found.now.as_ref().map(|said| again.said(said));
    let shown = |value: &Option<Value>| {
        value.as_ref().map_or_else(|| "nothing".to_owned(), |value| line(entry.n, entry.after, value, true))
    };
    lines.push(format!("  recorded  {}", shown(&recorded)));
    lines.push(format!("  now       {}", shown(&now)));
    if let (Some(recorded), Some(now)) = (&recorded, &now) {
        lines.extend(apart(recorded, now).map(|at| format!("  at        {at}")));
    }
    lines
}

fn spoken(said: Option<&Said>, decoder: &mut Decoder, n: u64, after: std::time::Duration) -> String {
    said.map_or_else(|| "nothing".to_owned(), |said| line(n, after, &decoder.said(said), true))
}

/// The first place at which two values differ, and both there; `None`: they differ in bytes that nothing is made of.
pub(crate) fn apart(a: &Value, b: &Value) -> Option<String> {
    fn walk(a: &Value, b: &Value, path: &str) -> Option<String> {
        match (a, b) {
            (Value::Object(a), Value::Object(b)) => {
                let keys = a.keys().chain(b.keys().filter(|key| !a.contains_key(*key)));
                keys.into_iter().find_map(|key| {
                    let none = Value::Null;
                    let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                    walk(a.get(key).unwrap_or(&none), b.get(key).unwrap_or(&none), &path)
                })
            }
            (Value::Array(one), Value::Array(other)) if one.len() == other.len() => {
                one.iter().zip(other).enumerate().find_map(|(at, (a, b))| walk(a, b, &format!("{path}.{at}")))
            }
            _ => (a != b).then(|| format!("{path}: {a} was recorded, {b} is said now")),
        }
    }
    walk(a, b, "")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_first_field_that_differs_is_named() {
        let (a, b) = (json!({"x": 1, "body": {"list": [1, 2]}}), json!({"x": 1, "body": {"list": [1, 3]}}));
        assert_eq!(apart(&a, &b).unwrap(), "body.list.1: 2 was recorded, 3 is said now");
        assert_eq!(apart(&a, &a), None);
    }
}
