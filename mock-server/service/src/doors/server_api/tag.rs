//! `/user/tag/*`: labels that an app's server puts on users, for pushes to all who bear them.

use serde_json::{Map, Value, json};

use crate::doors::server_api::{
    Answer, Api, ApiError, Call,
    endpoints::{
        Row,
        Takes::{Form, Json},
    },
    error,
    user::LONGEST_ID,
};

/// Labels of a user, and the bytes of each.
const MOST_TAGS: usize = 20;
const LONGEST_TAG: usize = 40;
/// Users of one call that sets, and of one that asks.
const MOST_SET: usize = 1000;
const MOST_ASKED: usize = 50;

pub(super) const ENDPOINTS: &[Row] = &[
    ("/user/tag/set.json", Json, api_tags_set),
    ("/user/tag/batch/set.json", Json, api_tags_set_batch),
    ("/user/tags/get.json", Form, api_tags),
];

/// The labels given are all that the user has afterwards; an empty list takes all away.
fn api_tags_set(api: &mut Api<'_>, call: &Call) -> Answer {
    let user = call.id("userId")?.to_owned();
    let tags = tags(call)?;
    set_tags(api, &[user], &tags)
}

fn api_tags_set_batch(api: &mut Api<'_>, call: &Call) -> Answer {
    let users = call.texts("userIds", MOST_SET, LONGEST_ID)?;
    let tags = tags(call)?;
    set_tags(api, &users, &tags)
}

fn set_tags(api: &mut Api<'_>, users: &[String], tags: &[String]) -> Answer {
    for id in users {
        let user = api.world.core.accounts.find_or_add(id);
        api.world.core.accounts[user].tags = tags.to_vec();
    }
    Ok(json!({}))
}

fn api_tags(api: &mut Api<'_>, call: &Call) -> Answer {
    let of = |id: &str| -> Value {
        let user = api.world.core.accounts.find(id);
        user.map_or_else(|| json!([]), |user| json!(api.world.core.accounts[user].tags))
    };
    let asked = call.ids("userIds", MOST_ASKED)?;
    let result: Map<String, Value> = asked.into_iter().map(|id| (id.to_owned(), of(id))).collect();
    Ok(json!({"result": result}))
}

fn tags(call: &Call) -> Result<Vec<String>, ApiError> {
    if call.json("tags")? == json!([]) {
        return Ok(Vec::new());
    }
    let mut tags: Vec<String> = Vec::new();
    for tag in call.texts("tags", MOST_TAGS, LONGEST_TAG)? {
        if tag.is_empty() {
            return Err(error(1002, "parameter `tags` has an empty text"));
        }
        if !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    Ok(tags)
}
