//! The description of the control API. `openapi.json` beside this file has the calls and their answers; what calls take is
//! worked out from the types that read it, so that it cannot say anything else.

use schemars::generate::SchemaSettings;
use serde_json::{Value, json};
use service::{StateKind, act::Act, fault::Fault, journal, setup::WorldSetup};

use super::{journal::Await, time::Advance};

const WRITTEN: &str = include_str!("openapi.json");

/// The whole description.
pub(super) fn document() -> Value {
    // A test reads what was written.
    let mut document: Value = serde_json::from_str(WRITTEN).unwrap_or_default();
    let schemas = &mut document["components"]["schemas"];
    let mut generator = SchemaSettings::draft2020_12()
        .with(|settings| settings.definitions_path = "/components/schemas".into())
        .into_generator();
    generator.subschema_for::<WorldSetup>();
    generator.subschema_for::<Act>();
    generator.subschema_for::<Fault>();
    generator.subschema_for::<Advance>();
    generator.subschema_for::<Await>();
    for (name, schema) in generator.take_definitions(true) {
        schemas[name] = schema;
    }
    let kinds = StateKind::ALL.iter().map(|(_, name, meaning)| format!("`{name}`: {}", meaning.trim()));
    schemas["StateKind"] = json!({
        "enum": StateKind::ALL.iter().map(|(_, name, _)| *name).collect::<Vec<_>>(),
        "description": kinds.collect::<Vec<_>>().join(" "),
    });
    schemas["Entry"]["properties"]["kind"]["enum"] = json!(journal::KINDS);
    document
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use service::{bug::Bug, limits::Limits, switch::Switches};

    use super::*;
    use crate::control::routes::ROUTES;

    fn keys(value: &Value) -> BTreeSet<&str> {
        value
            .as_object()
            .unwrap_or_else(|| panic!("{value} is no object"))
            .keys()
            .map(String::as_str)
            .collect()
    }

    fn words(value: &Value) -> BTreeSet<&str> {
        let list = value.as_array().unwrap_or_else(|| panic!("{value} is no list"));
        list.iter().map(|word| word.as_str().unwrap()).collect()
    }

    /// Names of an enum's values, whichever way its schema tells them.
    fn variants(schema: &Value) -> BTreeSet<&str> {
        if let Some(name) = schema["const"].as_str() {
            return BTreeSet::from([name]);
        }
        if schema["enum"].is_array() {
            return words(&schema["enum"]);
        }
        match schema["oneOf"].as_array() {
            Some(several) => several.iter().flat_map(variants).collect(),
            None => words(&schema["required"]),
        }
    }

    fn examples<'a>(document: &'a Value, path: &str, method: &str, kind: &str) -> Vec<&'a Value> {
        let examples = &document["paths"][path][method]["requestBody"]["content"][kind]["examples"];
        examples.as_object().unwrap().values().map(|example| &example["value"]).collect()
    }

    #[test]
    fn calls_and_their_parameters_are_those_that_are_answered() {
        let document = document();
        let mut described = BTreeSet::new();
        for (path, calls) in document["paths"].as_object().unwrap() {
            let here = calls["parameters"].as_array().into_iter().flatten();
            for (method, call) in calls.as_object().unwrap().iter().filter(|(name, _)| *name != "parameters")
            {
                let own = call["parameters"].as_array().into_iter().flatten();
                let all: Vec<&Value> = here.clone().chain(own).collect();
                let named = |place: &str| {
                    let of_place = all.iter().filter(|parameter| parameter["in"] == place);
                    of_place.map(|parameter| parameter["name"].as_str().unwrap()).collect::<Vec<_>>()
                };
                let in_path: Vec<String> = named("path").iter().map(|name| format!("{{{name}}}")).collect();
                assert!(in_path.iter().all(|name| path.contains(name)), "{method} {path}: {in_path:?}");
                described.insert((method.to_uppercase(), path.clone(), named("query").join(",")));
            }
        }
        let answered = ROUTES.iter();
        let answered = answered.map(|r| (r.method.to_owned(), r.path.to_owned(), r.query.join(",")));
        assert_eq!(described, answered.collect());
    }

    #[test]
    fn every_reference_leads_somewhere() {
        fn look(document: &Value, value: &Value) {
            if let Some(to) = value["$ref"].as_str() {
                assert!(document.pointer(&to[1..]).is_some(), "{to}");
            }
            match value {
                Value::Object(fields) => fields.values().for_each(|value| look(document, value)),
                Value::Array(items) => items.iter().for_each(|value| look(document, value)),
                _ => {}
            }
        }
        let document = document();
        look(&document, &document);
    }

    #[test]
    fn what_is_described_is_what_there_is() {
        let document = document();
        let schemas = &document["components"]["schemas"];
        let properties = |name: &str| keys(&schemas[name]["properties"]);
        assert_eq!(properties("Switches"), Switches::NAMES.iter().copied().collect());
        let limits = serde_json::to_value(Limits::default()).unwrap();
        assert_eq!(properties("Limits"), keys(&limits));
        let setup = serde_json::to_value(WorldSetup::default()).unwrap();
        assert_eq!(properties("WorldSetup"), keys(&setup));
        assert_eq!(variants(&schemas["Bug"]), Bug::ALL.iter().map(|(_, name)| *name).collect());
        let kinds: BTreeSet<&str> = StateKind::ALL.iter().map(|(_, name, _)| *name).collect();
        assert_eq!(variants(&schemas["StateKind"]), kinds);
        for kind in journal::KINDS {
            assert!(words(&schemas["Entry"]["properties"]["kind"]["enum"]).contains(kind));
        }
        for name in ["resetChatroom", "setAppLevel"] {
            assert!(variants(&schemas["Act"]).contains(name), "{name}");
        }
        for name in ["upload", "download"] {
            assert!(variants(&schemas["FaultKind"]).contains(name), "{name}");
        }
    }

    /// Nothing of what calls take is without an example: each is sent to a server by a test.
    #[test]
    fn every_field_act_and_fault_has_an_example() {
        let document = document();
        let schemas = &document["components"]["schemas"];
        let app = "/apps/{appKey}";
        let setups = examples(&document, app, "put", "application/json");
        let given: BTreeSet<&str> = setups.iter().flat_map(|setup| keys(setup)).collect();
        assert_eq!(given, keys(&schemas["WorldSetup"]["properties"]));
        let acts = examples(&document, &format!("{app}/act"), "post", "application/json");
        let given: BTreeSet<&str> = acts.iter().flat_map(|act| keys(act)).collect();
        assert_eq!(given, variants(&schemas["Act"]));
        let faults = examples(&document, &format!("{app}/faults"), "post", "application/json");
        let effect = |fault: &Value| match &fault["effect"] {
            Value::String(name) => name.clone(),
            other => keys(other).into_iter().next().unwrap().to_owned(),
        };
        let given: BTreeSet<String> = faults.iter().map(|fault| effect(fault)).collect();
        assert_eq!(given, variants(&schemas["Effect"]).into_iter().map(str::to_owned).collect());
        let advances = examples(&document, &format!("{app}/clock/advance"), "post", "application/json");
        let given: BTreeSet<&str> = advances.iter().flat_map(|advance| keys(advance)).collect();
        assert_eq!(given, keys(&schemas["Advance"]["properties"]));
        let awaited = examples(&document, &format!("{app}/await"), "post", "application/json");
        let given: BTreeSet<&str> = awaited.iter().flat_map(|body| keys(body)).collect();
        assert_eq!(given, keys(&schemas["Await"]["properties"]));
    }
}
