//! `/user/tag/*`: labels that an app's server puts on users, for pushes to all who bear them.

use serde_json::{Map, Value, json};

use crate::{
    doors::server_api::{
        Answer, ApiError, Call,
        endpoints::{
            Row,
            Takes::{Form, Json},
        },
        error,
        user::LONGEST_ID,
    },
    service::Service,
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
fn api_tags_set(service: &mut Service, call: &Call) -> Answer {
    let user = call.id("userId")?.to_owned();
    let tags = tags(call)?;
    set_tags(service, &[user], &tags)
}

fn api_tags_set_batch(service: &mut Service, call: &Call) -> Answer {
    let users = call.texts("userIds", MOST_SET, LONGEST_ID)?;
    let tags = tags(call)?;
    set_tags(service, &users, &tags)
}

fn set_tags(service: &mut Service, users: &[String], tags: &[String]) -> Answer {
    for id in users {
        let user = service.core.accounts.find_or_add(id);
        service.core.accounts[user].tags = tags.to_vec();
    }
    Ok(json!({}))
}

fn api_tags(service: &mut Service, call: &Call) -> Answer {
    let of = |id: &str| -> Value {
        let user = service.core.accounts.find(id);
        user.map_or_else(|| json!([]), |user| json!(service.core.accounts[user].tags))
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
