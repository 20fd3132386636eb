//! What a service does that no client hears of: notifications of phones, calls of the app's own server, answers of the Server API.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use service::Service;

use super::yaml;

/// What there is to see of it in the end.
pub(super) fn looked(service: &Service, users: &[String]) -> Value {
    let pushes: Map<String, Value> =
        users.iter().filter_map(|user| Some((user.clone(), service.state("pushes", Some(user))?))).collect();
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    let mut answers = Vec::new();
    for entry in service.journal().after(0) {
        let told = entry.to_json();
        let of = match told["kind"].as_str() {
            Some("callback") => json!({"kind": "callback", "url": {"contains": address(&told["url"])}}),
            Some("http") if is_call(&told) => {
                answers.push(told["status"].clone());
                json!({"kind": "http", "path": told["path"], "status": told["status"]})
            }
            _ => continue,
        };
        *counts.entry(of.to_string()).or_default() += 1;
    }
    let mut members = Map::new();
    for kind in ["chatrooms", "groups", "ultragroups"] {
        // All of a kind: a mapping by id, or a list of those with ids.
        for (id, state) in by_id(&service.state(kind, None).unwrap_or_default()) {
            if let Some(listed) = state.get("members") {
                members.insert(format!("{kind} {id}"), listed.clone());
            }
        }
    }
    json!({"pushes": pushes, "counts": counts, "members": members, "answers": answers})
}

/// What calls of the Server API were answered with: statuses, in order.
pub(super) fn answers(looked: &Value) -> Vec<u64> {
    looked["answers"].as_array().into_iter().flatten().filter_map(Value::as_u64).collect()
}

fn by_id(states: &Value) -> Vec<(String, Value)> {
    match states {
        Value::Object(states) => states.iter().map(|(id, state)| (id.clone(), state.clone())).collect(),
        Value::Array(states) => {
            let of = |state: &Value| Some((state["id"].as_str()?.to_owned(), state.clone()));
            states.iter().filter_map(of).collect()
        }
        _ => Vec::new(),
    }
}

/// An address without its query, which has a signature of its own every time.
fn address(url: &Value) -> &str {
    url.as_str().unwrap_or_default().split('?').next().unwrap_or_default()
}

fn is_call(told: &Value) -> bool {
    let path = told["path"].as_str().unwrap_or_default();
    path.ends_with(".json") && !path.contains("navi") && !path.contains("getToken")
}

/// A step for each thing seen, that expects it; by what the thing is.
pub(super) fn expected(looked: &Value) -> BTreeMap<String, String> {
    let mut steps = BTreeMap::new();
    for (user, pushes) in looked["pushes"].as_object().into_iter().flatten() {
        let listed: Vec<Value> = pushes.as_array().into_iter().flatten().map(telling).collect();
        let user = yaml::scalar(user);
        let step = format!("- state: {{kind: pushes, id: {user}, expect: {}}}", yaml::flow(&listed.into()));
        steps.insert(format!("pushes of {user}"), step);
    }
    for (of, members) in looked["members"].as_object().into_iter().flatten() {
        let (kind, id) = of.split_once(' ').unwrap_or_default();
        let (id, members) = (yaml::scalar(id), yaml::flow(members));
        let step = format!("- state: {{kind: {kind}, id: {id}, expect: {{members: {members}}}}}");
        steps.insert(format!("members of {of}"), step);
    }
    for (of, count) in looked["counts"].as_object().into_iter().flatten() {
        let parsed: Value = serde_json::from_str(of).unwrap_or_default();
        steps.insert(of.clone(), counted(&parsed, count.as_u64().unwrap_or_default()));
    }
    steps
}

/// A step that expects nothing of what is so named; `None`: what is named is always there.
pub(super) fn none_of(name: &str) -> Option<String> {
    serde_json::from_str(name).ok().map(|of| counted(&of, 0))
}

fn counted(of: &Value, count: u64) -> String {
    format!("- journal: {{of: {}, count: {count}}}", yaml::flow(of))
}

/// Of a notification: whether it went out, and what it says.
fn telling(push: &Value) -> Value {
    let fields = push.as_object().into_iter().flatten();
    let told = fields
        .filter(|(name, value)| matches!(name.as_str(), "sent" | "content" | "title") && !value.is_null());
    told.map(|(name, value)| (name.clone(), value.clone())).collect::<Map<String, Value>>().into()
}
