//! A recorded world's set-up as the `service:` section of a scenario.

use serde_json::{Map, Value};
use service::{WorldSetup, setup::UserSetup};

/// What a set-up says beside what is so anyway.
pub(super) fn given(setup: &WorldSetup) -> Map<String, Value> {
    let mut value = setup.as_given();
    without_nothing(&mut value);
    let Value::Object(mut given) = value else { return Map::new() };
    given.shift_remove("appSecret");
    for (name, usual) in [("appLevel", "unset"), ("preset", "documented")] {
        if given.get(name).is_some_and(|value| value == usual) {
            given.shift_remove(name);
        }
    }
    if let Some(Value::Array(users)) = given.get_mut("users") {
        users.iter_mut().for_each(shortened);
    }
    given
}

/// A user that has nothing but an id is that id.
fn shortened(user: &mut Value) {
    let Value::Object(fields) = user else { return };
    fields.retain(|_, value| *value != Value::Bool(false));
    if fields.len() == 1
        && let Some(id) = fields.get("id").cloned()
    {
        *user = id;
    }
}

/// Takes out what says nothing: `null`, and what is empty, at any depth.
pub(super) fn without_nothing(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            // A room without properties is a room all the same.
            let keep = |name: &str| matches!(name, "chatrooms" | "channels" | "ultraGroups" | "groups");
            for (name, field) in fields.iter_mut() {
                match field {
                    Value::Object(inner) if keep(name) => inner.values_mut().for_each(without_nothing),
                    field => without_nothing(field),
                }
            }
            fields.retain(|name, field| name == "clearFaults" || !is_nothing(field));
        }
        Value::Array(items) => items.iter_mut().for_each(without_nothing),
        _ => {}
    }
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Object(fields) => fields.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}

/// Adds users that the set-up does not name: a world that is not strict takes them in on first sight.
pub(super) fn add_users<'a>(service: &mut Map<String, Value>, users: impl Iterator<Item = &'a str>) {
    let listed = service.entry("users").or_insert_with(|| Value::Array(Vec::new()));
    let Value::Array(listed) = listed else { return };
    for user in users {
        let known = listed.iter().any(|known| known == user || known["id"] == user);
        if !known {
            listed.push(
                serde_json::to_value(UserSetup { id: user.to_owned(), ..UserSetup::default() })
                    .unwrap_or_default(),
            );
        }
    }
    listed.iter_mut().for_each(|user| {
        without_nothing(user);
        shortened(user);
    });
}
