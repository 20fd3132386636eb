//! The committed catalogue, ambiguities and API table are read whole, and agree with each other and with the program.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use harness::catalogue::{Side, Testable, ambiguities, api, catalogue};

#[test]
fn every_requirement_has_an_area_and_an_id_of_its_own() {
    let catalogue = catalogue();
    assert_eq!(catalogue.requirements.len(), 985);
    let ids: BTreeSet<&str> = catalogue.ids().collect();
    assert_eq!(ids.len(), 985);
    for requirement in &catalogue.requirements {
        assert!(catalogue.areas.contains_key(requirement.area()), "{}", requirement.id);
        assert!(!requirement.statement.is_empty(), "{}", requirement.id);
        // What is not testable whole says why.
        assert_eq!(requirement.testable == Testable::Yes, requirement.note.is_none(), "{}", requirement.id);
    }
    assert!(catalogue.requirements.iter().any(|requirement| requirement.side == Side::Both));
    assert!(catalogue.get("CONN-014").is_some());
    assert!(catalogue.get("CONN-999").is_none());
}

#[test]
fn every_type_a_method_or_callback_names_is_known() {
    let api = api();
    let documented = (
        api.methods.values().filter(|method| !method.beyond).count(),
        api.events.values().filter(|event| !event.beyond).count(),
    );
    assert_eq!(documented, (133, 114));
    let plain = ["string", "number", "boolean", "Map<string, string>", "Map<string, number>"];
    let methods = api.methods.iter().flat_map(|(name, method)| method.params.iter().map(move |p| (name, p)));
    let events = api.events.iter().flat_map(|(name, event)| event.params.iter().map(move |p| (name, p)));
    for (owner, (param, kind)) in methods.chain(events) {
        let kind = kind.element().unwrap_or_else(|| kind.clone());
        let known = plain.contains(&kind.name())
            || api.enums.contains_key(kind.name())
            || api.fields(kind.name()).is_some();
        assert!(known, "{owner}.{param}: {}", kind.name());
    }
    for (name, method) in &api.methods {
        for answer in &method.answers {
            assert!(api.events.contains_key(answer), "{name} is answered by {answer}, which is no callback");
        }
    }
    for (old, new) in &api.renamed {
        assert!(!api.methods.contains_key(old) && !api.events.contains_key(old), "{old}");
        assert!(api.methods.contains_key(new) || api.events.contains_key(new), "{new}");
    }
}

/// Documented, and not of the reference client: what a phone's push and its log need.
const NOT_OURS: &[&str] = &[
    "setDeviceToken",
    "changePushContentShowStatus",
    "changePushLanguage",
    "changePushReceiveStatus",
    "changeLogLevel",
];

/// Its table of calls is the one place where the reference client's methods stand; here it is held against the
/// documented ones.
#[test]
fn the_reference_client_has_the_documented_methods_and_callbacks_and_no_other() {
    let api = api();
    let methods: BTreeSet<String> = reference_client::Engine::methods().collect();
    let events: BTreeSet<&str> = reference_client::Engine::EVENTS.iter().copied().collect();
    assert_eq!(methods.len(), reference_client::Engine::methods().count(), "a method stands twice");
    for event in &events {
        assert!(api.events.contains_key(*event), "{event} is not documented");
    }
    for method in methods.iter().filter(|method| !method.starts_with("setOn")) {
        assert!(api.methods.contains_key(method), "{method} is not documented");
        for answer in &api.methods[method].answers {
            assert!(
                events.contains(answer.as_str()),
                "{method} is answered by {answer}, which cannot be fired"
            );
        }
    }
    let missing: Vec<&str> = api
        .methods
        .iter()
        .filter(|(name, method)| !method.beyond && !methods.contains(*name))
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!(missing, NOT_OURS);
}

#[test]
fn a_message_parameter_takes_the_fields_of_every_kind_of_message() {
    let fields = api().fields("Message").unwrap();
    for field in ["messageUId", "text", "remote", "originalMessage", "fields", "objectName"] {
        assert!(fields.contains_key(field), "{field}");
    }
    assert!(api().fields("TextMessage").unwrap().contains_key("targetId"));
    assert!(api().fields("NoSuchType").is_none());
}

#[test]
fn every_ambiguity_has_an_id_of_its_own_and_says_all_of_it() {
    let mut before = "";
    for ambiguity in ambiguities() {
        let id = ambiguity.id.as_str();
        let number = id.strip_prefix("AMB-").unwrap_or_default();
        assert!(number.len() == 2 && number.bytes().all(|byte| byte.is_ascii_digit()), "{id}");
        assert!(before < id, "{id} stands after {before}");
        before = id;
        assert!(ambiguity.question.ends_with(['?', '.']), "{id}: {}", ambiguity.question);
        assert!(ambiguity.question.contains('?'), "{id}: {}", ambiguity.question);
        assert!(ambiguity.reading.ends_with('.'), "{id}: {}", ambiguity.reading);
        for requirement in &ambiguity.requirements {
            assert!(catalogue().get(requirement).is_some(), "{id} bears on {requirement}, which is none");
        }
        let each: BTreeSet<&String> = ambiguity.requirements.iter().collect();
        assert_eq!(each.len(), ambiguity.requirements.len(), "{id}");
    }
    assert_eq!(ambiguities().len(), 81);
}

#[test]
fn every_ambiguity_that_is_cited_is_defined() {
    let defined: BTreeSet<&str> = ambiguities().iter().map(|ambiguity| ambiguity.id.as_str()).collect();
    let mut cited: BTreeMap<String, PathBuf> = BTreeMap::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("..")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let (path, kind) = (entry.path(), entry.file_type().unwrap());
            let name = entry.file_name();
            if kind.is_dir() {
                if ![".git", "node_modules", "target"].iter().any(|other| name == *other) {
                    folders.push(path);
                }
            } else if kind.is_file() && !path.ends_with("fixtures/ambiguities.yaml") {
                let text = fs::read(&path).unwrap();
                for id in ids(&String::from_utf8_lossy(&text)) {
                    cited.entry(id).or_insert_with(|| path.clone());
                }
            }
        }
    }
    assert!(cited.len() > 30, "{cited:?}");
    cited.retain(|id, _| !defined.contains(id.as_str()));
    assert!(cited.is_empty(), "not in fixtures/ambiguities.yaml: {cited:?}");
}

/// What a text cites as `AMB-` and a number.
fn ids(text: &str) -> impl Iterator<Item = String> {
    text.split("AMB-").skip(1).filter_map(|rest| {
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
        rest.starts_with(|c: char| c.is_ascii_digit()).then(|| format!("AMB-{}", &rest[..end]))
    })
}
