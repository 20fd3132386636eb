//! `/user/blacklist/*`, `/user/whitelist/*`, `/user/whitesetting/*`: whom a user refuses or alone accepts.

use std::sync::Arc;

use indexmap::IndexSet;
use serde_json::{Value, json};

use crate::{
    core::account::UserIx,
    doors::server_api::{
        Answer, Api, Call,
        endpoints::{Row, Takes::Form},
        error,
        user::LONGEST_ID,
    },
};

/// Most ids in one call of these lists.
const MOST_IDS: usize = 20;

pub(super) const ENDPOINTS: &[Row] = &[
    ("/user/blacklist/add.json", Form, api_blacklist_add),
    ("/user/blacklist/remove.json", Form, api_blacklist_remove),
    ("/user/blacklist/query.json", Form, api_blacklist_query),
    ("/user/whitelist/add.json", Form, api_whitelist_add),
    ("/user/whitelist/remove.json", Form, api_whitelist_remove),
    ("/user/whitelist/query.json", Form, api_whitelist_query),
    ("/user/whitesetting/set.json", Form, api_white_setting_set),
    ("/user/whitesetting/query.json", Form, api_white_setting_query),
];

pub(super) fn owner(api: &mut Api<'_>, call: &Call) -> Result<UserIx, crate::doors::server_api::ApiError> {
    Ok(api.world.core.accounts.find_or_add(call.required("userId", LONGEST_ID)?))
}

fn api_blacklist_add(api: &mut Api<'_>, call: &Call) -> Answer {
    let ids = call.ids("blackUserId", MOST_IDS)?;
    let owner = owner(api, call)?;
    let list = &api.world.core.accounts[owner].blacklist;
    let new = ids.iter().filter(|id| !list.contains(**id)).count();
    // All or nothing: a full list takes none of them.
    if list.len() + new > api.world.core.limits.blacklist {
        return Err(error(
            1005,
            format!("the blacklist holds {} users (BLK-006)", api.world.core.limits.blacklist),
        ));
    }
    for id in ids {
        let user = api.world.core.accounts.find_or_add(id);
        let id = api.world.core.accounts[user].id.clone();
        api.world.core.accounts[owner].blacklist.insert(id);
    }
    Ok(json!({}))
}

fn api_blacklist_remove(api: &mut Api<'_>, call: &Call) -> Answer {
    let ids = call.ids("blackUserId", MOST_IDS)?;
    let owner = owner(api, call)?;
    for id in ids {
        api.world.core.accounts[owner].blacklist.shift_remove(id);
    }
    Ok(json!({}))
}

fn api_blacklist_query(api: &mut Api<'_>, call: &Call) -> Answer {
    let owner = owner(api, call)?;
    page(call, &api.world.core.accounts[owner].blacklist)
}

/// The list can be filled before it is switched on.
fn api_whitelist_add(api: &mut Api<'_>, call: &Call) -> Answer {
    let ids = call.ids("whiteUserId", MOST_IDS)?;
    let owner = owner(api, call)?;
    let list = &api.world.core.accounts[owner].whitelist;
    let new = ids.iter().filter(|id| !list.contains(**id)).count();
    if list.len() + new > api.world.core.limits.whitelist {
        return Err(error(1005, format!("the white list holds {} users", api.world.core.limits.whitelist)));
    }
    for id in ids {
        let user = api.world.core.accounts.find_or_add(id);
        let id = api.world.core.accounts[user].id.clone();
        api.world.core.accounts[owner].whitelist.insert(id);
    }
    Ok(json!({}))
}

fn api_whitelist_remove(api: &mut Api<'_>, call: &Call) -> Answer {
    let ids = call.ids("whiteUserId", MOST_IDS)?;
    let owner = owner(api, call)?;
    for id in ids {
        api.world.core.accounts[owner].whitelist.shift_remove(id);
    }
    Ok(json!({}))
}

fn api_whitelist_query(api: &mut Api<'_>, call: &Call) -> Answer {
    let owner = owner(api, call)?;
    page(call, &api.world.core.accounts[owner].whitelist)
}

fn api_white_setting_set(api: &mut Api<'_>, call: &Call) -> Answer {
    let on = call.number("whiteSetting", 0..=1)? == 1;
    for id in call.ids("userId", MOST_IDS)? {
        let user = api.world.core.accounts.find_or_add(id);
        api.world.core.accounts[user].whitelist_on = on;
    }
    Ok(json!({}))
}

fn api_white_setting_query(api: &mut Api<'_>, call: &Call) -> Answer {
    let users: Vec<Value> = call
        .ids("userId", MOST_IDS)?
        .into_iter()
        .map(|id| {
            let on = api
                .world
                .core
                .accounts
                .find(id)
                .is_some_and(|user| api.world.core.accounts[user].whitelist_on);
            json!({"userId": id, "whiteSetting": if on { "1" } else { "0" }})
        })
        .collect();
    Ok(json!({"users": users}))
}

/// A page of a list; the token is the number of ids already given.
fn page(call: &Call, list: &IndexSet<Arc<str>>) -> Answer {
    let from: usize = match call.optional("pageToken") {
        None => 0,
        Some(token) => token.parse().map_err(|_| {
            error(
                1002,
                format!("parameter `pageToken` is `{token}`; only the `next` of an earlier answer fits"),
            )
        })?,
    };
    let size = if call.optional("size").is_some() { call.number("size", 1..=1000)? as usize } else { 1000 };
    let users: Vec<&str> = list.iter().skip(from).take(size).map(|id| &**id).collect();
    let next = from + users.len();
    let mut answer = json!({"users": users});
    if next < list.len() {
        answer["next"] = next.to_string().into();
    }
    Ok(answer)
}
