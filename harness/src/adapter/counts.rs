//! What a fence compares: the frames that a client and the server have sent and received on each connection.

use std::collections::BTreeMap;

use mock_server::ConnState;
use serde_json::{Value, json};

/// What the server says of every connection. A client that was made anew numbers from 1 again: the latest of a number counts.
pub(super) fn frames_of(server: &[ConnState]) -> Vec<Value> {
    let latest: BTreeMap<&str, &ConnState> =
        server.iter().map(|state| (state.label.as_str(), state)).collect();
    latest.into_values().filter_map(frame_counts).collect()
}

/// What the server says of a connection, for the adapter's fence: its label is `client/number`.
fn frame_counts(state: &ConnState) -> Option<Value> {
    let (client, n) = state.label.rsplit_once('/')?;
    let n: u64 = n.parse().ok()?;
    Some(json!({"client": client, "conn": n, "written": state.written, "closed": state.closed}))
}

/// Whether a reference client has read what the server wrote to it.
pub(super) fn is_caught_up(view: &Value, frames: &[Value]) -> bool {
    let conns = view["conns"].as_array().map_or(&[][..], Vec::as_slice);
    frames.iter().filter(|frame| frame["client"] == view["client"]).all(|frame| {
        let conn = conns.iter().find(|conn| conn["n"] == frame["conn"]);
        conn.is_some_and(|conn| match frame["closed"] == true {
            true => conn["closed"] == true,
            false => conn["received"].as_u64() >= frame["written"].as_u64(),
        })
    })
}

/// Whether the server has read what the clients sent, on every connection that is open on both sides.
pub(super) fn agree(clients: &[Value], server: &[ConnState]) -> bool {
    clients.iter().all(|client| {
        let conns = client["conns"].as_array().map_or(&[][..], Vec::as_slice);
        conns.iter().all(|conn| {
            let label = format!("{}/{}", client["client"].as_str().unwrap_or_default(), conn["n"]);
            let known = server.iter().rfind(|state| state.label == label);
            match known {
                Some(state) if !state.closed && conn["closed"] != true => {
                    Some(state.read) == conn["sent"].as_u64()
                }
                Some(state) => state.closed && conn["closed"] == true,
                // Never accepted: only its end counts.
                None => conn["closed"] == true,
            }
        })
    })
}
