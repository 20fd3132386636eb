//! `/push.json`, `/push/custom.json`, `/push/user.json`: notifications, and system messages, for users by id, by label or
//! for all.
//!
//! Assumed: `platform` narrows the audience only if it names one system; do-not-disturb is not asked; a notification goes
//! to the phones of users who are online too.

use serde_json::{Map, Value, json};
use wire::{body::UpStreamMessage, flags};

use crate::{
    core::{
        account::{Account, UserIx},
        bug::Bug,
    },
    doors::server_api::{
        Answer, Api, ApiError, Call,
        broadcast::{everybody, post_to_all, system},
        compose::checked,
        endpoints::{Row, Takes::Json},
        error,
        rate::{Rated, within_rates},
        user::LONGEST_ID,
    },
    outward::push::Notification,
};

/// Users of one call by their ids: with an audience, and without.
const MOST_NAMED: usize = 1000;
const MOST_USERS: usize = 100;
/// Labels of one condition.
const MOST_TAGS: usize = 20;
/// Conditions of one audience; the documentation gives no number.
const MOST_ITEMS: usize = 100;

pub(super) const ENDPOINTS: &[Row] = &[
    ("/push.json", Json, api_push),
    ("/push/custom.json", Json, api_push_custom),
    ("/push/user.json", Json, api_push_users),
];

/// A system message with its push, or without `message` a push alone.
fn api_push(api: &mut Api<'_>, call: &Call) -> Answer {
    let audience = audience(api, call)?;
    let shown = call.has("notification").then(|| notification(call)).transpose()?.unwrap_or_default();
    if !call.has("message") {
        if !call.has("notification") {
            return Err(error(1002, "one of `message` and `notification` is needed"));
        }
        return push_alone(api, call, &audience, &shown, &[Rated::BroadcastHour, Rated::BroadcastDay]);
    }
    let from = call.id("fromuserid")?;
    let message = pushed_message(api, call, &shown)?;
    within_rates(api, call.now, &[Rated::BroadcastHour, Rated::BroadcastDay], 1)?;
    let uid = post_to_all(api, call, from, audience, message);
    Ok(json!({"id": uid, "messageUID": uid}))
}

/// A push alone, for users whose labels fit several conditions.
fn api_push_custom(api: &mut Api<'_>, call: &Call) -> Answer {
    let audience = audience(api, call)?;
    let shown = notification(call)?;
    push_alone(api, call, &audience, &shown, &[Rated::BroadcastHour, Rated::BroadcastDay])
}

fn api_push_users(api: &mut Api<'_>, call: &Call) -> Answer {
    let ids = call.texts("userIds", MOST_USERS, LONGEST_ID)?;
    let shown = notification(call)?;
    let users: Vec<UserIx> = ids.iter().filter_map(|id| api.world.core.accounts.find(id)).collect();
    push_alone(api, call, &users, &shown, &[])
}

fn push_alone(
    api: &mut Api<'_>,
    call: &Call,
    to: &[UserIx],
    shown: &Notification,
    rates: &[Rated],
) -> Answer {
    within_rates(api, call.now, rates, 1)?;
    let id = api.world.core.ids.message_uid(call.now);
    for user in to {
        api.world.outward().record_notification(call.now, *user, id, shown);
    }
    Ok(json!({"id": id.as_str()}))
}

fn pushed_message(api: &Api<'_>, call: &Call, shown: &Notification) -> Result<UpStreamMessage, ApiError> {
    let message = call.json("message")?;
    let (name, content) = (message["objectName"].as_str(), message["content"].as_str());
    let (Some(name), Some(content)) = (name.filter(|name| !name.is_empty()), content) else {
        return Err(error(1002, "parameter `message` must have the texts `objectName` and `content`"));
    };
    // One SDK sends the content percent-encoded inside the JSON.
    let decoded = content.starts_with("%7B").then(|| {
        let mut pairs = url::form_urlencoded::parse(content.as_bytes());
        pairs.next().map(|(text, _)| text.into_owned()).unwrap_or_default()
    });
    let content = decoded.as_deref().unwrap_or(content);
    if name.len() > 32 || content.len() > api.world.core.limits.message_bytes {
        return Err(error(1005, "parameter `message` is too long"));
    }
    Ok(UpStreamMessage {
        session_id: flags::up::PERSIST | flags::up::COUNT,
        classname: name.to_owned(),
        content: checked(name, content)?.to_owned().into(),
        push_text: Some(shown.content.clone()),
        ..UpStreamMessage::default()
    })
}

fn audience(api: &Api<'_>, call: &Call) -> Result<Vec<UserIx>, ApiError> {
    let Value::Object(audience) = call.json("audience")? else {
        return Err(error(1002, "parameter `audience` must be a JSON object"));
    };
    let platforms = call.texts("platform", 3, 16)?;
    let one = match platforms.as_slice() {
        [one] => Some(system(one)?),
        many => many.iter().map(|name| system(name)).collect::<Result<Vec<_>, _>>().map(|_| None)?,
    };
    let everybody = || everybody(api, one);
    if audience.get("is_to_all") == Some(&Value::Bool(true)) {
        return Ok(everybody());
    }
    let named = texts(&audience, "userid", MOST_NAMED)?;
    if !named.is_empty() {
        return Ok(named.iter().filter_map(|id| api.world.core.accounts.find(id)).collect());
    }
    let (all_of, any_of) = (texts(&audience, "tag", MOST_TAGS)?, texts(&audience, "tag_or", MOST_TAGS)?);
    let items = items(&audience)?;
    if all_of.is_empty() && any_of.is_empty() && items.is_empty() {
        return Err(error(
            1002,
            "parameter `audience` names nobody: `is_to_all`, `userid` or labels are needed",
        ));
    }
    let fits = |account: &Account| {
        let has = |tag: &String| account.tags.contains(tag);
        all_of.iter().all(has)
            && (any_of.is_empty() || any_of.iter().any(has))
            && Item::all_fit(&items, &account.tags)
    };
    let all = api.world.core.has(Bug::IgnoresLabels);
    Ok(everybody().into_iter().filter(|user| all || fits(&api.world.core.accounts[*user])).collect())
}

fn notification(call: &Call) -> Result<Notification, ApiError> {
    let Value::Object(shown) = call.json("notification")? else {
        return Err(error(1002, "parameter `notification` must be a JSON object"));
    };
    let text = |name: &str| shown.get(name).and_then(Value::as_str);
    let content = text("alert").or_else(|| text("pushContent")).filter(|text| !text.is_empty());
    let content = content.ok_or_else(|| error(1002, "parameter `notification` has no text to show"))?;
    Ok(Notification { title: text("title").unwrap_or_default().to_owned(), content: content.to_owned() })
}

/// A condition on a user's labels.
struct Item {
    tags: Vec<String>,
    /// All of them, or any.
    all: bool,
    not: bool,
    /// Beside the conditions before it, or instead of them.
    and: bool,
}

impl Item {
    fn all_fit(items: &[Self], tags: &[String]) -> bool {
        let fits = |item: &Self| {
            let has = |tag: &String| tags.contains(tag);
            let fits = if item.all { item.tags.iter().all(has) } else { item.tags.iter().any(has) };
            fits != item.not
        };
        let mut items = items.iter();
        let first = items.next().is_none_or(fits);
        items.fold(first, |so_far, item| if item.and { so_far && fits(item) } else { so_far || fits(item) })
    }
}

fn items(audience: &Map<String, Value>) -> Result<Vec<Item>, ApiError> {
    let list = audience.get("tagItems").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    if list.len() > MOST_ITEMS {
        let count = list.len();
        let text = format!(
            "parameter `audience`: `tagItems` has {count} elements; at most {MOST_ITEMS} are allowed"
        );
        return Err(error(1005, text));
    }
    list.iter()
        .map(|item| {
            let Value::Object(fields) = item else {
                return Err(error(1002, "parameter `audience`: `tagItems` must be a list of objects"));
            };
            let is_or = |name: &str| {
                fields.get(name).and_then(Value::as_str).is_some_and(|text| text.eq_ignore_ascii_case("OR"))
            };
            Ok(Item {
                tags: texts(fields, "tags", MOST_TAGS)?,
                all: !is_or("tagsOperator"),
                not: fields.get("isNot") == Some(&Value::Bool(true)),
                and: !is_or("itemsOperator"),
            })
        })
        .collect()
}

fn texts(object: &Map<String, Value>, name: &str, most: usize) -> Result<Vec<String>, ApiError> {
    let list = match object.get(name) {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(list)) => list,
        Some(_) => {
            return Err(error(1002, format!("parameter `audience`: `{name}` must be a list of texts")));
        }
    };
    if list.len() > most {
        return Err(error(1005, format!("parameter `audience`: `{name}` has more than {most} elements")));
    }
    let texts: Option<Vec<String>> = list.iter().map(|text| text.as_str().map(str::to_owned)).collect();
    texts.ok_or_else(|| error(1002, format!("parameter `audience`: `{name}` must be a list of texts")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_on_labels_are_read_from_left_to_right() {
        let tags = ["a".to_owned(), "b".to_owned()];
        let fits = |value: Value| {
            let audience = json!({ "tagItems": value });
            Item::all_fit(&items(audience.as_object().unwrap()).unwrap(), &tags)
        };
        assert!(fits(json!([{"tags": ["a", "b"], "tagsOperator": "AND"}])));
        assert!(!fits(json!([{"tags": ["a", "c"], "tagsOperator": "AND"}])));
        assert!(fits(json!([{"tags": ["a", "c"], "tagsOperator": "OR"}])));
        assert!(fits(json!([{"tags": ["c"], "isNot": true}])));
        assert!(!fits(json!([{"tags": ["a"]}, {"tags": ["b"], "isNot": true, "itemsOperator": "AND"}])));
        assert!(fits(json!([{"tags": ["c"]}, {"tags": ["b"], "itemsOperator": "OR"}])));
    }
}
