//! What a case uses of a client, found in the case itself: an author who forgets a `needs:` makes nothing fail.
//!
//! Private conversations are what every client has. Groups in a set-up are not used by being there: cases of one matrix
//! share their set-up, and only some of them speak in a group.

use std::collections::BTreeSet;

use serde_json::Value as Json;
use service::setup::{BacklogConversation, WorldSetup};

use super::{ApiBody, Case, EventMatch, Matcher, NetworkChange, Step, StepAct, Value};

/// Arguments and fields whose value is a kind of conversation.
const KINDS_OF_CONVERSATION: &[&str] = &["type", "conversationType", "conversationTypes", "conversation"];

/// The capability that a kind of conversation asks for, by the spellings of the engine and of the service.
fn capability(kind: &str) -> Option<&'static str> {
    match kind {
        "group" => Some("group"),
        "chatroom" => Some("chatroom"),
        "system" => Some("system"),
        "ultra_group" | "ultraGroup" => Some("ultragroup"),
        _ => None,
    }
}

/// The capability that a path of the Server API asks for: who is sent something in a group is in one.
fn capability_of_path(path: &str) -> Option<&'static str> {
    let mut parts =
        path.trim_start_matches('/').split('/').skip_while(|part| matches!(*part, "v3" | "message"));
    match (path.contains("/message/"), parts.next()?) {
        (_, "group") => Some("group"),
        (_, "chatroom") => Some("chatroom"),
        (_, "ultragroup") => Some("ultragroup"),
        (true, "system") => Some("system"),
        _ => None,
    }
}

impl Case {
    /// Capabilities (of [`NEEDS`](super::NEEDS)) that the case uses, whatever its scenario's `needs:` says.
    #[must_use]
    pub fn uses(&self) -> BTreeSet<&'static str> {
        let mut used = BTreeSet::new();
        let mut mine = self.clients.values().filter(|client| client.client.is_none());
        let users: Vec<_> = mine.by_ref().map(|client| (&client.world, &client.user)).collect();
        if users.iter().enumerate().any(|(n, user)| users[..n].contains(user)) {
            used.insert("several_devices");
        }
        // Without a client nobody is there to be told of conversations.
        if !self.clients.is_empty() {
            self.worlds.iter().for_each(|(world, setup)| backlog(setup, world, &users, &mut used));
        }
        steps(&self.steps, !self.clients.is_empty(), &mut used);
        used
    }
}

fn backlog(setup: &WorldSetup, world: &str, users: &[(&String, &String)], used: &mut BTreeSet<&'static str>) {
    for waiting in &setup.backlog {
        let kind = match waiting.conversation {
            BacklogConversation::Private => None,
            BacklogConversation::Group => Some("group"),
            BacklogConversation::Chatroom => Some("chatroom"),
            BacklogConversation::UltraGroup => Some("ultragroup"),
            BacklogConversation::System => Some("system"),
        };
        used.extend(kind);
        let waits_for_one = users.iter().any(|(in_world, user)| *in_world == world && **user == waiting.to);
        if waits_for_one && matches!(kind, None | Some("system")) {
            used.insert("offline_messages");
        }
    }
}

fn steps(list: &[Step], has_clients: bool, used: &mut BTreeSet<&'static str>) {
    for step in list {
        match &step.act {
            StepAct::Call(call) => {
                call.with.iter().for_each(|(name, value)| given(name, value, used));
                call.returns.iter().chain(&call.refused).for_each(|matcher| expected("", matcher, used));
            }
            StepAct::Expect(expect) => events(&expect.events, used),
            StepAct::None(quiet) => events(&quiet.of, used),
            StepAct::Service(act) => given("", &act.act, used),
            StepAct::Api(api) if has_clients => {
                if let Value::Plain(Json::String(path)) = &api.path {
                    used.extend(capability_of_path(path));
                }
                if let ApiBody::Json(json) = &api.body {
                    given("", json, used);
                }
            }
            StepAct::Advance(_) | StepAct::AdvanceService(_) => drop(used.insert("virtual_time")),
            StepAct::Background(_) | StepAct::Foreground(_) => drop(used.insert("lifecycle")),
            StepAct::Restart(_) | StepAct::Reinstall(_) => drop(used.insert("restart")),
            StepAct::Network(network) => {
                used.insert(match network.change {
                    NetworkChange::Offline | NetworkChange::Online | NetworkChange::Change => "network_state",
                    _ => "network",
                });
            }
            StepAct::Wire(_) => drop(used.insert("raw_connection")),
            StepAct::Parallel(inner) | StepAct::Repeat { steps: inner, .. } => {
                steps(inner, has_clients, used)
            }
            _ => {}
        }
    }
}

fn events(events: &[EventMatch], used: &mut BTreeSet<&'static str>) {
    for event in events {
        event.args.iter().for_each(|(name, matcher)| expected(name, matcher, used));
    }
}

/// A kind of conversation by its name, below `field`.
fn named(field: &str, text: &str, used: &mut BTreeSet<&'static str>) {
    if KINDS_OF_CONVERSATION.contains(&field) {
        used.extend(capability(text));
    }
}

fn given(field: &str, value: &Value, used: &mut BTreeSet<&'static str>) {
    match value {
        Value::Plain(Json::String(text)) => named(field, text, used),
        Value::List(items) => items.iter().for_each(|item| given(field, item, used)),
        Value::Map(map) => map.iter().for_each(|(name, value)| given(name, value, used)),
        _ => {}
    }
}

fn expected(field: &str, matcher: &Matcher, used: &mut BTreeSet<&'static str>) {
    match matcher {
        Matcher::Equals(value) => given(field, value, used),
        Matcher::Object(fields) | Matcher::Exactly(fields) => {
            fields.iter().for_each(|(name, matcher)| expected(name, matcher, used));
        }
        Matcher::List(items) | Matcher::Contains(items) | Matcher::AllOf(items) => {
            items.iter().for_each(|item| expected(field, item, used));
        }
        Matcher::Capture(_, matcher) => expected(field, matcher, used),
        // Of several one is enough, and what must not come need not be known.
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use crate::scenario::parse_with;

    fn uses(matrix: &str, top: &str, steps: &str) -> Vec<Vec<&'static str>> {
        let text = format!(
            "scenario: x\n{matrix}\nservice: {{users: [alice, bob], groups: {{g1: [alice, bob]}}{top}}}\n\
            clients: {{phone: {{user: alice}}}}\nsteps:\n{steps}\n"
        );
        let scenario = parse_with("s.yaml", &text, &|_| Err(String::new()))
            .unwrap_or_else(|mistakes| panic!("{}", mistakes[0].line()));
        scenario.cases.iter().map(|case| case.uses().into_iter().collect()).collect()
    }

    #[test]
    fn each_case_of_a_matrix_uses_its_own_conversation() {
        let matrix =
            "matrix: {to: [{name: private, id: bob}, {name: group, id: g1}, {name: ultra_group, id: u}]}";
        let steps = "  - call: phone.createTextMessage\n    with: {type: \"${to.name}\", targetId: \"${to.id}\", channelId: '', text: hi}";
        assert_eq!(uses(matrix, "", steps), [vec![], vec!["group"], vec!["ultragroup"]]);
    }

    #[test]
    fn acts_requests_callbacks_and_what_waits_are_looked_at() {
        for (top, steps, used) in [
            (
                "",
                "  - service: {push: {from: bob, to: g1, conversation: group, message: {text: hi}}}",
                vec!["group"],
            ),
            (
                "",
                "  - expect: phone\n    in_order: [onMessageReceived: {message: {conversationType: system}}]",
                vec!["system"],
            ),
            ("", "  - api: {path: /message/chatroom/publish.json, form: {}}", vec!["chatroom"]),
            ("", "  - api: {path: /v3/message/group/query.json, form: {}}", vec!["group"]),
            ("", "  - api: {path: /message/private/publish.json, form: {}}", vec![]),
            (
                ", backlog: [{from: bob, to: alice}]",
                "  - advance: 1s",
                vec!["offline_messages", "virtual_time"],
            ),
            (
                ", backlog: [{from: bob, to: g1, conversation: group}]",
                "  - restart: phone",
                vec!["group", "restart"],
            ),
            (
                "",
                "  - repeat: 2\n    steps: [{network: {client: phone, do: offline}}, {network: {client: phone, do: cut}}]",
                vec!["network", "network_state"],
            ),
        ] {
            assert_eq!(uses("", top, steps), [used], "{top} {steps}");
        }
    }

    #[test]
    fn a_user_with_two_clients_has_several_devices() {
        let text = "scenario: x\nservice: {users: [alice]}\nclients: {a: {user: alice}, b: {user: alice, platform: Web}}\n\
            steps: [{background: a}]\n";
        let scenario = parse_with("s.yaml", text, &|_| Err(String::new())).unwrap();
        let used: Vec<_> = scenario.cases[0].uses().into_iter().collect();
        assert_eq!(used, ["lifecycle", "several_devices"]);
    }
}
