//! `/user/conversation/tag/*`, `/tag/conversation/*`, `/conversation/attribute/get.json`: a user's tags, the conversations
//! that bear them, and all that is set on one conversation.

use serde_json::{Value, json};
use wire::body::SessionTagItem;

use crate::{
    core::account::UserIx,
    doors::server_api::{
        Answer, Api, ApiError, Call,
        endpoints::{
            Row,
            Takes::{Json, Query},
        },
        error,
        settings::kind_of,
        user::LONGEST_ID,
    },
    preferences::{
        conversation_tags::{MOST_TAGS, on_conversation},
        settings::Place,
    },
};

/// Conversations of one call. The documentation gives no number.
const MOST_CONVERSATIONS: usize = 100;

pub(super) const ENDPOINTS: &[Row] = &[
    ("/conversation/attribute/get.json", Query, api_conversation_attributes),
    ("/user/conversation/tag/set.json", Json, api_conversation_tags_set),
    ("/user/conversation/tag/del.json", Json, api_conversation_tags_remove),
    ("/user/conversation/tag/get.json", Query, api_conversation_tags),
    ("/tag/conversation/set.json", Json, api_tag_conversations),
    ("/tag/conversation/del.json", Json, api_untag_conversations),
    ("/tag/conversation/get.json", Query, api_tagged_conversations),
];

/// `tags` is a list of `{"tagId", "tagName"}`; known ids get the new name.
fn api_conversation_tags_set(api: &mut Api<'_>, call: &Call) -> Answer {
    let tags: Vec<SessionTagItem> =
        call.list("tags", MOST_TAGS)?.iter().map(tag).collect::<Result<_, _>>()?;
    let user = user(api, call)?;
    api.world
        .preferences()
        .add_tags(call.now, None, user, tags)
        .map(|_| json!({}))
        .map_err(|_| error(1005, format!("a user has at most {MOST_TAGS} tags")))
}

fn api_conversation_tags_remove(api: &mut Api<'_>, call: &Call) -> Answer {
    let ids = call.texts("tagIds", MOST_TAGS, LONGEST_ID)?;
    let user = user(api, call)?;
    api.world.preferences().remove_tags(call.now, None, user, &ids);
    Ok(json!({}))
}

fn api_conversation_tags(api: &mut Api<'_>, call: &Call) -> Answer {
    let user = user(api, call)?;
    let account = &api.world.core.accounts[user];
    Ok(json!({"data": {"userId": &*account.id, "tags": api.world.preferences.tags[user].to_json(None)}}))
}

fn api_tag_conversations(api: &mut Api<'_>, call: &Call) -> Answer {
    change_tagged(api, call, true)
}

fn api_untag_conversations(api: &mut Api<'_>, call: &Call) -> Answer {
    change_tagged(api, call, false)
}

fn change_tagged(api: &mut Api<'_>, call: &Call, on: bool) -> Answer {
    let tag = known_tag(api, call)?;
    let places: Vec<(Place, Vec<SessionTagItem>)> = call
        .list("conversations", MOST_CONVERSATIONS)?
        .iter()
        .map(|value| Ok((place(value)?, vec![on_conversation(&tag, None)])))
        .collect::<Result<_, ApiError>>()?;
    let user = user(api, call)?;
    api.world.preferences().tag_places(call.now, None, user, &places, on);
    Ok(json!({}))
}

fn api_tagged_conversations(api: &mut Api<'_>, call: &Call) -> Answer {
    let tag = known_tag(api, call)?;
    let user = user(api, call)?;
    let account = &api.world.core.accounts[user];
    let tagged =
        api.world.preferences.settings[user].tagged().into_iter().filter(|(_, tags)| tags.contains(&tag));
    let conversations: Vec<Value> =
        tagged.map(|((kind, target, _), _)| json!({"targetId": target, "conversationType": kind})).collect();
    Ok(json!({"data": {"userId": &*account.id, "tagId": tag, "conversations": conversations}}))
}

/// Tags, pin and do-not-disturb level of one conversation.
fn api_conversation_attributes(api: &mut Api<'_>, call: &Call) -> Answer {
    let target = call.id("targetId")?.to_owned();
    let kind = kind_of(call.number("conversationType", 1..=10)?)?;
    let user = user(api, call)?;
    let _account = &api.world.core.accounts[user];
    let place = (kind, target, String::new());
    let tags = api.world.preferences.settings[user].tags(&place);
    Ok(json!({"data": {
        "targetId": place.1, "conversationType": kind,
        "tags": api.world.preferences.tags[user].to_json(Some(&tags)),
        "top": {"top": api.world.preferences.settings[user].is_top(&place)}, "mute": {"mute": api.world.preferences.settings[user].level(&place)},
    }}))
}

pub(super) fn user(api: &mut Api<'_>, call: &Call) -> Result<UserIx, ApiError> {
    Ok(api.world.core.accounts.find_or_add(call.id("userId")?))
}

fn known_tag(api: &Api<'_>, call: &Call) -> Result<String, ApiError> {
    let tag = call.id("tagId")?;
    let user = api.world.core.accounts.find(call.id("userId")?);
    let known = user.is_some_and(|user| api.world.preferences.tags[user].contains(tag));
    if known { Ok(tag.to_owned()) } else { Err(error(1002, format!("the user has no tag `{tag}`"))) }
}

fn tag(value: &Value) -> Result<SessionTagItem, ApiError> {
    let text = |name: &str| value[name].as_str().filter(|text| !text.is_empty() && text.len() <= LONGEST_ID);
    match (text("tagId"), text("tagName")) {
        (Some(id), Some(name)) => Ok(SessionTagItem {
            tag_id: id.to_owned(),
            name: Some(name.to_owned()),
            ..SessionTagItem::default()
        }),
        _ => Err(error(1002, "parameter `tags`: an element has no `tagId` or no `tagName`")),
    }
}

fn place(value: &Value) -> Result<Place, ApiError> {
    let target = value["targetId"].as_str().filter(|id| !id.is_empty() && id.len() <= LONGEST_ID);
    // One SDK quotes numbers.
    let kind = value["conversationType"].as_i64();
    let kind = kind.or_else(|| value["conversationType"].as_str().and_then(|text| text.parse().ok()));
    match (target, kind) {
        (Some(target), Some(kind)) => Ok((kind_of(kind)?, target.to_owned(), String::new())),
        _ => Err(error(
            1002,
            "parameter `conversations`: an element has no `targetId` or no `conversationType`",
        )),
    }
}
