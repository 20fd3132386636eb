//! What is kept as it is: the words of `allowed.txt`, and texts of shapes that hold no word. What is neither is replaced.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};

use service::{HttpPath, nearest_endpoint};

const TEXT: &str = include_str!("allowed.txt");

static WORDS: LazyLock<BTreeMap<&str, BTreeSet<&str>>> = LazyLock::new(|| {
    let mut sections: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut section = "";
    for line in TEXT.lines().filter(|line| !line.starts_with('#')) {
        match line.strip_suffix(':') {
            Some(name) => section = name,
            None => sections.entry(section).or_default().extend(line.split_whitespace()),
        }
    }
    sections
});

fn has(section: &str, word: &str) -> bool {
    WORDS.get(section).is_some_and(|words| words.contains(word))
}

/// The name of one of the vendor's messages.
pub(super) fn object_name(text: &str) -> bool {
    has("object-names", text)
}

/// A key of a JSON object.
pub(super) fn key(text: &str) -> bool {
    has("keys", text)
}

/// Whether the numbers under a key are the protocol's.
pub(super) fn has_numbers(key: &str) -> bool {
    has("numbers", key)
}

/// A key of a query or a form.
pub(super) fn query_key(text: &str) -> bool {
    has("query", text)
}

/// The name of a platform, or none.
pub(super) fn platform(text: &str) -> bool {
    text.is_empty() || has("platforms", text)
}

/// An HTTP method.
pub(super) fn method(text: &str) -> bool {
    has("methods", text)
}

/// A topic that SDKs are known to ask.
pub(super) fn topic(topic: &wire::Topic) -> bool {
    match topic {
        wire::Topic::Other(name) => has("topics", name),
        _ => true,
    }
}

/// A version of a program: three short numbers with dots, no more.
pub(super) fn version(text: &str) -> bool {
    let parts: Vec<&str> = text.split('.').collect();
    let is_short =
        |part: &&str| (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    text.is_empty() || parts.len() == 3 && parts[0].len() <= 2 && parts.iter().all(is_short)
}

/// A number that a protocol counts with, or a time in milliseconds.
pub(super) fn number(text: &str) -> bool {
    !text.is_empty() && text.len() <= 16 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The path of an endpoint, exactly.
pub(super) fn path(text: &str) -> bool {
    HttpPath::of(text) == HttpPath::Navi
        || ["/websocket", "/pullmsg.js", "/ping"].contains(&text)
        || nearest_endpoint(text).is_some_and(|(_, endpoint)| endpoint == text)
}

/// The media type that a header names, without what stands behind it.
pub(super) fn media_type(text: &str) -> Option<&'static str> {
    let named = text.split(';').next().unwrap_or_default().trim();
    WORDS.get("media")?.iter().find(|known| known.eq_ignore_ascii_case(named)).copied()
}

/// `RC-Negotiate: conn=5;rtc=4;log=2;iptype=v4,v6`.
pub(super) fn negotiated(text: &str) -> bool {
    text.split(';').all(|part| {
        let Some((name, values)) = part.trim().split_once('=') else { return false };
        let is_known = |value: &str| {
            matches!(value, "v4" | "v6") || (value.len() <= 2 && value.bytes().all(|b| b.is_ascii_digit()))
        };
        matches!(name, "conn" | "rtc" | "log" | "iptype") && values.split(',').all(is_known)
    })
}

/// A time of a day, `HH:MM:SS`.
pub(super) fn time_of_day(text: &str) -> bool {
    let parts: Vec<&str> = text.split(':').collect();
    parts.len() == 3
        && parts.iter().all(|part| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit()))
}

/// What kind of thing a field holds, for its pseudonym: by the field's name.
pub(super) fn kind(field: &str) -> &'static str {
    let name = field.to_ascii_lowercase();
    let has = |parts: &[&str]| parts.iter().any(|part| name.contains(part));
    if has(&["token"]) {
        "token"
    } else if has(&["msgid", "msguid", "messageuid", "originalid", "msgids"]) {
        "uid"
    } else if has(&["userid", "operatorid", "sender", "subuser", "users"]) {
        "user"
    } else if has(&["groupid", "chrmid", "chatroom"]) {
        "group"
    } else if has(&["targetid", "channelid", "conversationid", "businessid"]) {
        "target"
    } else if has(&["buschannel"]) {
        "channel"
    } else if has(&["sessionid"]) {
        "session"
    } else if has(&["device"]) {
        "device"
    } else if has(&["server", "addr", "host"]) {
        "host"
    } else if has(&["appkey", "appid", "app-key"]) {
        "app"
    } else {
        "text"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_words_of_the_protocol_pass() {
        for section in ["object-names", "keys", "numbers", "query", "platforms", "media", "methods", "topics"]
        {
            assert!(WORDS.get(section).is_some_and(|words| words.len() > 5), "{section}");
        }
        assert!(object_name("RC:TxtMsg") && !object_name("RC:Secret") && !object_name("App:Mine"));
        assert!(
            version("5.38.0")
                && version("")
                && !version("192.168.1.5")
                && !version("192.168.1")
                && !version("5.x.1")
        );
        assert!(
            path("/v2/navi.json")
                && path("/user/getToken.json")
                && !path("/user/getToke.json")
                && !path("/alice")
        );
        assert!(
            negotiated("conn=5;rtc=4;log=2;iptype=v4,v6")
                && !negotiated("conn=5;rtc=secret")
                && !negotiated("x=1")
        );
        assert_eq!(media_type("Application/JSON; charset=alice"), Some("application/json"));
        assert_eq!(media_type("x-alice/y"), None);
        assert!(topic(&"pullMsg".into()) && !topic(&"alicesTopic".into()));
        assert!(time_of_day("22:00:00") && !time_of_day("alice"));
        assert!(number("1796078908233") && !number("+1") && !number(""));
    }

    #[test]
    fn fields_tell_what_they_hold() {
        for (field, expected) in [
            ("fromUserId", "user"),
            ("targetId", "target"),
            ("messageUId", "uid"),
            ("busChannel", "channel"),
            ("content", "text"),
        ] {
            assert_eq!(kind(field), expected);
        }
    }
}
