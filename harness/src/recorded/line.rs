//! An entry as a line: when, which way, whose, what.

use std::time::Duration;

use serde::{Serialize, Serializer};
use serde_json::Value;

/// Longest line, characters: what is longer is cut where nobody asked for all of it.
const LONGEST: usize = 220;

/// An entry as people read it. `told` is what [`recording::Decoder`] tells of it; `whole` leaves nothing out.
#[must_use]
pub fn line(n: u64, after: Duration, told: &Value, whole: bool) -> String {
    let text = |key: &str| told[key].as_str().unwrap_or_default();
    let rest = |aside: &[&str]| {
        let rest = Rest { told, aside };
        // Writing to memory cannot fail, and every key is a text.
        let text = serde_json::to_string(&rest).unwrap_or_default();
        if text == "{}" { String::new() } else { format!(" {text}") }
    };
    let is = text("is");
    let (way, who, what) = match is {
        "up" | "down" => {
            let way = if is == "up" { "->" } else { "<-" };
            (
                way,
                text("conn"),
                format!("{}{}", frame(told), rest(&["conn", "frame", "topic", "target", "id"])),
            )
        }
        "call" => ("..", text("client"), format!("call {}{}", text("method"), rest(&["client", "method"]))),
        "callback" => ("..", text("client"), format!("{}{}", text("name"), rest(&["client", "name"]))),
        "step" => ("..", text("client"), format!("step {}{}", text("name"), rest(&["client", "name"]))),
        "request" => ("->", "", format!("{} {}{}", text("method"), text("path"), rest(&["method", "path"]))),
        "open" | "closed" | "poll" | "garbage" | "note" => {
            ("->", text("conn"), format!("{is}{}", rest(&["conn"])))
        }
        "close" | "downRaw" | "pollAnswered" => ("<-", text("conn"), format!("{is}{}", rest(&["conn"]))),
        "response" | "webhook" => ("<-", "", format!("{is}{}", rest(&[]))),
        _ => ("--", "", format!("{is}{}", rest(&[]))),
    };
    let line = format!("{n:>6} {:>12} {way} {who:<12} {what}", instant(after));
    if whole { line } else { shortened(line) }
}

/// A line as it is where nobody asked for all of it.
#[must_use]
pub fn shortened(mut line: String) -> String {
    // No text has more characters than bytes.
    if line.len() > LONGEST
        && let Some((at, _)) = line.char_indices().nth(LONGEST)
    {
        line.truncate(at);
        line.push('…');
    }
    line
}

/// What of an entry is not told in words.
struct Rest<'a> {
    told: &'a Value,
    aside: &'a [&'a str],
}

impl Serialize for Rest<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let fields = self.told.as_object().into_iter().flatten();
        let is_told = |key: &str, value: &Value| key == "is" || self.aside.contains(&key) || value.is_null();
        to.collect_map(fields.filter(|(key, value)| !is_told(key, value)))
    }
}

/// `PUBLISH ppMsgP -> bob #1`.
fn frame(told: &Value) -> String {
    let mut words = told["frame"].as_str().unwrap_or("frame").to_owned();
    if let Some(topic) = told["topic"].as_str() {
        words.push_str(&format!(" {topic}"));
    }
    if let Some(target) = told["target"].as_str() {
        words.push_str(&format!(" ({target})"));
    }
    if let Some(id) = told["id"].as_u64() {
        words.push_str(&format!(" #{id}"));
    }
    words
}

/// `+1:02:03.004`: hours only where there are some.
pub(crate) fn instant(after: Duration) -> String {
    let (seconds, millis) = (after.as_secs(), after.subsec_millis());
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match (hours, minutes) {
        (0, 0) => format!("+{seconds}.{millis:03}"),
        (0, _) => format!("+{minutes}:{seconds:02}.{millis:03}"),
        _ => format!("+{hours}:{minutes:02}:{seconds:02}.{millis:03}"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_frame_and_a_callback_read_as_sentences_do() {
        let told = json!({"is": "up", "conn": "phone/1", "frame": "PUBLISH", "topic": "ppMsgP", "target": "bob", "id": 1, "qos": 1, "body": null});
        assert_eq!(
            line(7, Duration::from_millis(61_002), &told, true),
            "     7    +1:01.002 -> phone/1      PUBLISH ppMsgP (bob) #1 {\"qos\":1}"
        );
        let told = json!({"is": "callback", "client": "phone", "name": "onConnected", "args": {"code": 0}});
        assert_eq!(
            line(8, Duration::from_secs(90_000), &told, true),
            "     8 +25:00:00.000 .. phone        onConnected {\"args\":{\"code\":0}}"
        );
    }

    #[test]
    fn what_is_long_is_cut_unless_all_of_it_is_wanted() {
        let told = json!({"is": "note", "conn": "c", "text": "é".repeat(1_000)});
        assert!(line(1, Duration::ZERO, &told, false).chars().count() <= LONGEST + 1);
        assert!(line(1, Duration::ZERO, &told, true).chars().count() > 1_000);
    }
}
