//! `/user/blacklist/*`, `/user/whitelist/*`, `/user/whitesetting/*`: whom a user refuses or alone accepts.

use std::sync::Arc;

use indexmap::IndexSet;
use serde_json::{Value, json};

use crate::{
    core::account::UserIx,
    doors::server_api::{
        Answer, Call,
        endpoints::{Row, Takes::Form},
        error,
        user::LONGEST_ID,
    },
    service::Service,
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

pub(super) fn owner(
    service: &mut Service,
    call: &Call,
) -> Result<UserIx, crate::doors::server_api::ApiError> {
    Ok(service.core.accounts.find_or_add(call.required("userId", LONGEST_ID)?))
}

fn api_blacklist_add(service: &mut Service, call: &Call) -> Answer {
    let ids = call.ids("blackUserId", MOST_IDS)?;
    let owner = owner(service, call)?;
    let list = &service.core.accounts[owner].blacklist;
    let new = ids.iter().filter(|id| !list.contains(**id)).count();
    // All or nothing: a full list takes none of them.
    if list.len() + new > service.core.limits.blacklist {
        return Err(error(
            1005,
            format!("the blacklist holds {} users (BLK-006)", service.core.limits.blacklist),
        ));
    }
    for id in ids {
        let user = service.core.accounts.find_or_add(id);
        let id = service.core.accounts[user].id.clone();
        service.core.accounts[owner].blacklist.insert(id);
    }
    Ok(json!({}))
}

fn api_blacklist_remove(service: &mut Service, call: &Call) -> Answer {
    let ids = call.ids("blackUserId", MOST_IDS)?;
    let owner = owner(service, call)?;
    for id in ids {
        service.core.accounts[owner].blacklist.shift_remove(id);
    }
    Ok(json!({}))
}

fn api_blacklist_query(service: &mut Service, call: &Call) -> Answer {
    let owner = owner(service, call)?;
    page(call, &service.core.accounts[owner].blacklist)
}

/// The list can be filled before it is switched on.
fn api_whitelist_add(service: &mut Service, call: &Call) -> Answer {
    let ids = call.ids("whiteUserId", MOST_IDS)?;
    let owner = owner(service, call)?;
    let list = &service.core.accounts[owner].whitelist;
    let new = ids.iter().filter(|id| !list.contains(**id)).count();
    if list.len() + new > service.core.limits.whitelist {
        return Err(error(1005, format!("the white list holds {} users", service.core.limits.whitelist)));
    }
    for id in ids {
        let user = service.core.accounts.find_or_add(id);
        let id = service.core.accounts[user].id.clone();
        service.core.accounts[owner].whitelist.insert(id);
    }
    Ok(json!({}))
}

fn api_whitelist_remove(service: &mut Service, call: &Call) -> Answer {
    let ids = call.ids("whiteUserId", MOST_IDS)?;
    let owner = owner(service, call)?;
    for id in ids {
        service.core.accounts[owner].whitelist.shift_remove(id);
    }
    Ok(json!({}))
}

fn api_whitelist_query(service: &mut Service, call: &Call) -> Answer {
    let owner = owner(service, call)?;
    page(call, &service.core.accounts[owner].whitelist)
}

fn api_white_setting_set(service: &mut Service, call: &Call) -> Answer {
    let on = call.number("whiteSetting", 0..=1)? == 1;
    for id in call.ids("userId", MOST_IDS)? {
        let user = service.core.accounts.find_or_add(id);
        service.core.accounts[user].whitelist_on = on;
    }
    Ok(json!({}))
}

fn api_white_setting_query(service: &mut Service, call: &Call) -> Answer {
    let users: Vec<Value> = call
        .ids("userId", MOST_IDS)?
        .into_iter()
        .map(|id| {
            let on =
                service.core.accounts.find(id).is_some_and(|user| service.core.accounts[user].whitelist_on);
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
