//! The service's journal as a report shows it.

use std::collections::BTreeMap;

use serde_json::Value as Json;
use wire::UnixMillis;

use super::weave::Written;
use crate::verdict::{Direction, TraceEntry, TraceKind};

/// Whose each connection is.
#[derive(Debug, Default)]
pub(super) struct Owners(BTreeMap<u64, String>);

impl Owners {
    /// By what clients were called when they presented themselves: `phone/2` is the second connection of `phone`.
    pub(super) fn of(entries: &[Json]) -> Self {
        let opened = entries.iter().filter(|entry| entry["kind"] == "open").filter_map(|entry| {
            let (client, _) = entry["label"].as_str()?.rsplit_once('/')?;
            Some((entry["conn"].as_u64()?, client.to_owned()))
        });
        Self(opened.collect())
    }
}

/// One journal entry of the world with that number.
pub(super) fn entry(world: usize, entry: &Json, start: UnixMillis, owners: &Owners) -> Written {
    let n = entry["n"].as_u64().unwrap_or_default();
    Written { world, n, entry: shown(entry, start, owners) }
}

fn shown(entry: &Json, start: UnixMillis, owners: &Owners) -> TraceEntry {
    let text = |name: &str| entry[name].as_str().unwrap_or_default();
    let conn = entry["conn"].as_u64();
    let (kind, direction) = match text("kind") {
        "frame" if text("direction") == "up" => (TraceKind::Frame, Direction::ToService),
        "frame" => (TraceKind::Frame, Direction::ToClient),
        "http" => (TraceKind::Http, Direction::ToService),
        "act" => (TraceKind::Act, Direction::Within),
        "fault" => (TraceKind::Fault, Direction::Within),
        _ => (TraceKind::Connection, Direction::Within),
    };
    let short = match kind {
        TraceKind::Frame => format!("{} {}", text("frame"), text("topic")),
        TraceKind::Http => format!("{} {} -> {}", text("method"), text("path"), entry["status"]),
        TraceKind::Act => entry["act"].to_string(),
        TraceKind::Fault => entry["effect"].to_string(),
        TraceKind::Connection => text("kind").to_owned(),
    };
    TraceEntry {
        // Its place among callbacks is found when all is known.
        order: 0,
        at_ms: entry["at"].as_i64().unwrap_or_default() - start.0,
        client: conn.and_then(|conn| owners.0.get(&conn)).cloned(),
        connection: conn.map(|conn| format!("conn#{conn}")).unwrap_or_default(),
        direction,
        kind,
        text: short.trim_end().to_owned(),
        detail: entry.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;

    use super::super::{Driver, Fault, Options, SimDriver, run};
    use crate::verdict::{Direction, ScenarioResult, TraceKind};

    const TALK: &str = "scenario: x\nservice: {users: [alice, bob]}\n\
        clients: {one: {user: alice}, two: {user: bob, platform: Web}}\nsteps:\n\
        \x20 - call: one.connect\n    with: {token: $alice.token, timeout: 0}\n\
        \x20 - call: two.connect\n    with: {token: $bob.token, timeout: 0}\n\
        \x20 - call: one.createTextMessage\n    with: {type: private, targetId: bob, channelId: '', text: hi}\n    save_as: $m\n\
        \x20 - call: one.sendMessage\n    with: {message: $m}\n";

    fn traced(text: &str) -> ScenarioResult {
        let scenario = crate::scenario::parse_with("s.yaml", text, &|_| Err(String::new()))
            .unwrap_or_else(|mistakes| panic!("{}", mistakes[0].line()));
        let options = Options { jobs: Some(NonZeroUsize::MIN), trace_all: true, ..Options::default() };
        let make = || -> Result<Box<dyn Driver>, Fault> { Ok(Box::<SimDriver>::default()) };
        run(&[scenario], &options, &make, &|_| {}).unwrap().run.results.remove(0)
    }

    /// The place of the only line that fits.
    fn line(result: &ScenarioResult, client: &str, begins: &str) -> u32 {
        let mut found =
            result.sequence.iter().filter(|line| line.client == client && line.text.starts_with(begins));
        let first = found.next().unwrap_or_else(|| panic!("no {begins} in {:#?}", result.sequence));
        assert!(found.next().is_none(), "{begins}");
        first.order
    }

    /// The place of the last frame that fits.
    fn frame(result: &ScenarioResult, client: &str, direction: Direction, begins: &str) -> u32 {
        let mut found = result.trace.iter().rev().filter(|entry| {
            entry.kind == TraceKind::Frame
                && entry.client.as_deref() == Some(client)
                && entry.direction == direction
                && entry.text.starts_with(begins)
        });
        let first = found.next().unwrap_or_else(|| panic!("no {begins} in {:#?}", result.trace));
        first.order
    }

    #[test]
    fn a_callback_stands_below_the_frame_that_brought_it_and_a_call_above_the_one_it_sent() {
        let result = traced(TALK);
        let (up, down) = (Direction::ToService, Direction::ToClient);
        let order = [
            line(&result, "one", "call sendMessage"),
            frame(&result, "one", up, "PUBLISH ppMsgP"),
            frame(&result, "two", down, "PUBLISH s_ntf"),
            frame(&result, "two", up, "QUERY pullMsg"),
            frame(&result, "two", down, "QUERYACK"),
            line(&result, "two", "onMessageReceived"),
        ];
        assert!(order.is_sorted_by(|a, b| a < b), "{order:?}");
        assert!(frame(&result, "one", down, "PUBACK") < line(&result, "one", "onMessageSent"));
        assert!(frame(&result, "two", down, "CONNACK") < line(&result, "two", "onConnected"));
        // One counter: no two things have one place.
        let lines = result.sequence.iter().map(|line| line.order);
        let mut orders: Vec<u32> = lines.chain(result.trace.iter().map(|entry| entry.order)).collect();
        orders.sort_unstable();
        assert!(orders.windows(2).all(|pair| pair[0] < pair[1]), "{orders:?}");
    }

    #[test]
    fn every_frame_belongs_to_a_client() {
        let result = traced(TALK);
        let frames: Vec<_> = result.trace.iter().filter(|entry| entry.kind == TraceKind::Frame).collect();
        assert!(!frames.is_empty());
        let lost: Vec<_> = frames.iter().filter(|entry| entry.client.is_none()).collect();
        assert!(lost.is_empty(), "{lost:#?}");
    }
}
