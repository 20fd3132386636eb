//! The committed catalogue and API table are read whole, and agree with each other and with the program.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeSet;

use harness::catalogue::{Side, Testable, api, catalogue};

#[test]
fn every_requirement_has_an_area_and_an_id_of_its_own() {
    let catalogue = catalogue();
    assert_eq!(catalogue.requirements.len(), 966);
    let ids: BTreeSet<&str> = catalogue.ids().collect();
    assert_eq!(ids.len(), 966);
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

#[test]
fn a_message_parameter_takes_the_fields_of_every_kind_of_message() {
    let fields = api().fields("Message").unwrap();
    for field in ["messageUId", "text", "remote", "originalMessage", "fields", "objectName"] {
        assert!(fields.contains_key(field), "{field}");
    }
    assert!(api().fields("TextMessage").unwrap().contains_key("targetId"));
    assert!(api().fields("NoSuchType").is_none());
}
