//! Numbers at the ends of their ranges, and lists without end: every endpoint answers, at once and without overflow.

use serde_json::Value;

use crate::core::caps;
use crate::doors::server_api::{
    endpoints::{Takes, find},
    misuse::{SETUP, World, good, many},
};

const NUMBERS: [&str; 15] = [
    "-9223372036854775808",
    "-9223372036854775809",
    "-2147483649",
    "-1",
    "0",
    "1",
    "2147483647",
    "4294967295",
    "4294967296",
    "1767225600000",
    "9223372036854775807",
    "18446744073709551615",
    "1e308",
    "NaN",
    "99999999999999999999999999999999",
];

/// Fields of the good calls with other values, and fields that many endpoints know.
fn varied(body: &str, number: &str) -> Vec<String> {
    if let Ok(Value::Object(fields)) = serde_json::from_str::<Value>(body) {
        let value: Value = serde_json::from_str(number).unwrap_or_else(|_| number.into());
        let with = |name: &str| {
            let mut fields = fields.clone();
            fields.insert(name.to_owned(), value.clone());
            Value::Object(fields).to_string()
        };
        return fields.keys().map(|name| with(name)).chain(KNOWN.iter().map(|name| with(name))).collect();
    }
    let parts: Vec<&str> = body.split('&').filter(|part| !part.is_empty()).collect();
    let replaced = |at: usize| {
        let fields = parts.iter().enumerate().map(|(index, part)| {
            let name = part.split('=').next().unwrap_or_default();
            if index == at { format!("{name}={number}") } else { (*part).to_owned() }
        });
        fields.collect::<Vec<_>>().join("&")
    };
    let added = KNOWN.iter().map(|name| format!("{name}={number}&{body}"));
    (0..parts.len()).map(replaced).chain(added).collect()
}

/// Parameters that are numbers, of any endpoint.
const KNOWN: [&str; 22] = [
    "time",
    "minute",
    "page",
    "pageNo",
    "pageSize",
    "size",
    "num",
    "offset",
    "count",
    "limit",
    "startTime",
    "endTime",
    "msgTimestamp",
    "sentTime",
    "destroyTime",
    "destroyType",
    "period",
    "msgRandom",
    "prevNum",
    "lastNum",
    "maxMember",
    "order",
];

#[test]
fn every_endpoint_answers_numbers_at_the_ends_of_their_ranges() {
    for (path, body) in good() {
        // One world for all: what one call leaves behind must not trip the next.
        let mut world = World::new(SETUP);
        for number in NUMBERS {
            for body in varied(&body, number) {
                let (_, code) = world.call(path, &body);
                assert!(code > 0, "{path} {body}");
            }
        }
        world.now = wire::UnixMillis::LAST;
        while world.service.next_deadline().is_some_and(|at| at <= world.now) {
            assert!(world.service.on_deadline(world.now) > 0);
        }
    }
}

#[test]
fn a_call_with_more_fields_than_are_looked_at_is_refused_at_every_endpoint() {
    let form = many("userId", caps::FIELDS + 1);
    let list: Vec<String> = (0..=caps::FIELDS).map(|n| format!("u{n}")).collect();
    let json = serde_json::json!({ "userId": list }).to_string();
    for (path, _) in good() {
        let mut world = World::new(SETUP);
        let before = world.dump();
        let takes = find(path).map(|(_, takes, _)| *takes);
        for (body, kind) in [(&form, Takes::Form), (&json, Takes::Json)] {
            let (status, code) = world.call(path, body);
            // What comes in another form than an endpoint takes may be refused for that.
            let refused = if takes == Some(kind) { (status, code) == (400, 1005) } else { code != 200 };
            assert!(refused || takes == Some(Takes::Query), "{path}: {status} {code}");
            assert!(world.dump() == before, "{path}");
        }
    }
}
