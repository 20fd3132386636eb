//! `harness check-adapter`: whether an adapter keeps to the protocol, found out by talking to it.
//!
//! Every message it says is held against the JSON Schema of the protocol (`harness/adapters/protocol.schema.json`). The
//! last checks run two small cases with a server of ours: they look at the client behind the adapter, as far as it is mapped.

mod cases;
mod session;

use std::sync::Arc;

use serde_json::{Value, json};

use super::{Command, abilities::strange_names, process::Adapter};
use crate::{
    dial::Exchange,
    runner::{CaseLimit, Fault},
};
use session::{Session, problems};

/// JSON Schema of both directions, as committed.
pub const SCHEMA: &str = include_str!("../../../adapters/protocol.schema.json");

/// Requests that are sent before any reply is read.
const FLOOD: u64 = 500;
/// Longer than any line may be, bytes.
const TOO_LONG: usize = (1 << 20) + 1;

/// What one check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// As it should be.
    Good,
    /// Not as it should be: what was seen.
    Bad(String),
    /// Cannot be looked at with this client: why.
    Unsupported(String),
}

/// One check and its finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What an adapter should do.
    pub what: &'static str,
    /// Whether it does.
    pub found: Found,
}

type Checked = Result<(), String>;

/// Looks at one thing in a conversation with a running adapter.
type Talk = fn(&mut Session) -> Checked;

/// Checks on one running adapter, in this order.
const TALKS: &[(&str, Talk)] = &[
    ("makes a client", makes_a_client),
    ("says `unsupported` to a method that does not exist", unknown_method),
    ("says `unsupported` to a message that does not exist", unknown_message),
    ("ignores fields that it does not know", unknown_fields),
    ("answers `tick` with a time that is not beyond the one asked for", ticks),
    ("answers `fence` with the counts of every client", fences),
    ("goes on after a line that is no JSON", no_json),
    ("goes on after a line of more than 1 MiB", long_line),
    ("answers 500 requests sent at once, each once and in order", flood),
    ("drops a client and makes it anew with what it had stored", destroys),
    ("is empty after `reset`", resets),
    (LEAVES, leaves),
];

/// Checks that a client in real time is spared.
const IN_VIRTUAL_TIME: &[&str] = &[
    "answers `tick` with a time that is not beyond the one asked for",
    "answers `fence` with the counts of every client",
];

/// The talk after which an adapter is gone.
const LEAVES: &str = "leaves with exit code 0 within 3 s of `bye`";

/// Talks to an adapter and tells what it does well and what not.
///
/// # Errors
/// It does not start or says no hello: nothing can be checked.
pub fn check(command: &Command) -> Result<Vec<Check>, Fault> {
    check_at(command, None)
}

/// As [`check`], of an adapter that dials in.
///
/// # Errors
/// As there, and nobody dials in.
pub fn check_at(command: &Command, exchange: Option<&Arc<Exchange>>) -> Result<Vec<Check>, Fault> {
    let (adapter, hello) = start(command, exchange)?;
    let mut checks =
        vec![Check { what: "says a hello with names that are documented", found: found(greets(&hello)) }];
    let mut session = Session::new(adapter, &hello);
    let mut broken = false;
    // One that dialled in does not come back once it has left.
    let (last, talks): (Vec<_>, Vec<_>) =
        TALKS.iter().partition(|(what, _)| command.dials_in() && *what == LEAVES);
    for (what, look) in talks {
        if broken {
            // What comes next is asked of a new one.
            drop(session);
            session = Session::new(start(command, exchange)?.0, &hello);
        }
        let found = match (session.is_real(), IN_VIRTUAL_TIME.contains(&what)) {
            (true, true) => Found::Unsupported("its client is in real time: nobody asks for that".to_owned()),
            _ => found(look(&mut session)),
        };
        broken = matches!(found, Found::Bad(_));
        checks.push(Check { what, found });
    }
    drop(session);
    let found = if command.dials_in() {
        Found::Unsupported("it dialled in: a link has no input that could end".to_owned())
    } else {
        found(input_ends(command))
    };
    checks.push(Check { what: "leaves when its input ends", found });
    checks.extend(cases::check(command, exchange)?);
    for (what, look) in last {
        let mut session = Session::new(start(command, exchange)?.0, &hello);
        checks.push(Check { what, found: self::found(look(&mut session)) });
    }
    Ok(checks)
}

fn start(command: &Command, exchange: Option<&Arc<Exchange>>) -> Result<(Adapter, Value), Fault> {
    Adapter::start(command, &Arc::default(), &CaseLimit::default(), exchange)
}

fn found(checked: Checked) -> Found {
    checked.map_or_else(Found::Bad, |()| Found::Good)
}

fn greets(hello: &Value) -> Checked {
    let mut wrong = problems("fromAdapter", &json!({"hello": hello}));
    wrong.extend(strange_names(hello));
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("; ")) }
}

fn create(session: &mut Session, store: &str) -> Checked {
    let platform = session.platform();
    let body = json!({
        "client": "one", "appKey": "check", "user": "alice", "platform": platform, "seed": 1,
        // Nobody listens there: nothing connects before it is told to.
        "options": {"naviServer": "http://127.0.0.1:9"}, "epoch": 1_767_225_600_000_i64, "store": store,
    });
    session.expect("create", body, "result").map(|_| ())
}

fn makes_a_client(session: &mut Session) -> Checked {
    create(session, "empty")
}

fn unknown_method(session: &mut Session) -> Checked {
    create_if_gone(session)?;
    let body = json!({"client": "one", "method": "frobnicate", "args": {}});
    session.expect("call", body, "unsupported").map(|_| ())
}

fn unknown_message(session: &mut Session) -> Checked {
    session.expect("frobnicate", json!({}), "unsupported").map(|_| ())
}

fn unknown_fields(session: &mut Session) -> Checked {
    if session.is_real() {
        return session
            .expect("destroy", json!({"client": "nobody", "colour": "green"}), "result")
            .map(|_| ());
    }
    session.expect("fence", json!({"frames": [], "colour": "green"}), "fenced").map(|_| ())
}

fn ticks(session: &mut Session) -> Checked {
    let mut before = 0;
    for to in [0, 1, 1_000] {
        let reply = session.expect("tick", json!({"to": to}), "ticked")?;
        let reached = reply["to"].as_u64().unwrap_or_default();
        if reached > to || reached < before {
            return Err(format!("asked for {to} it reached {reached}, and {before} before that"));
        }
        before = reached;
    }
    Ok(())
}

fn fences(session: &mut Session) -> Checked {
    create_if_gone(session)?;
    let reply = session.expect("fence", json!({"frames": []}), "fenced")?;
    let clients = reply["clients"].as_array().map_or(&[][..], Vec::as_slice);
    let named: Vec<&str> = clients.iter().filter_map(|client| client["client"].as_str()).collect();
    if named == ["one"] {
        Ok(())
    } else {
        Err(format!("there is the client `one`, and it told of {named:?}"))
    }
}

/// A fresh adapter (the one before broke) has no client yet.
fn create_if_gone(session: &mut Session) -> Checked {
    if session.is_fresh() { create(session, "empty") } else { Ok(()) }
}

fn no_json(session: &mut Session) -> Checked {
    session.line("this is no JSON")?;
    session.line("17")?;
    session.answers()
}

fn long_line(session: &mut Session) -> Checked {
    session.line(&"x".repeat(TOO_LONG))?;
    session.answers()
}

fn flood(session: &mut Session) -> Checked {
    let mut ids = Vec::new();
    for _ in 0..FLOOD {
        ids.push(session.ask_anything()?);
    }
    for id in ids {
        let reply = session.reply()?;
        if reply["id"] != id {
            return Err(format!("request {id} should have been answered next, and {} was", reply["id"]));
        }
    }
    Ok(())
}

fn destroys(session: &mut Session) -> Checked {
    create_if_gone(session)?;
    session.expect("destroy", json!({"client": "one", "keepStore": true}), "result")?;
    create(session, "kept")
}

fn resets(session: &mut Session) -> Checked {
    session.expect("reset", json!({}), "resetDone")?;
    if session.is_real() {
        // What is left of it nobody can ask for; that it can be made anew is seen.
        return create(session, "empty");
    }
    let reply = session.expect("fence", json!({}), "fenced")?;
    if reply["clients"].as_array().is_some_and(Vec::is_empty) {
        Ok(())
    } else {
        Err(format!("it still has clients: {}", reply["clients"]))
    }
}

fn leaves(session: &mut Session) -> Checked {
    session.ask("bye", json!({}))?;
    session.left()
}

fn input_ends(command: &Command) -> Checked {
    let (mut adapter, _) = start(command, None).map_err(|fault| fault.0)?;
    adapter.close_input();
    adapter.end().map(|_| ()).ok_or_else(|| "it is still there 3 s later, and was ended".to_owned())
}
