//! `/user/*`: registration, tokens, online state, bans, deactivation.

use serde_json::{Value, json};
use wire::UnixMillis;

use crate::{
    core::{account::Account, calendar::date_text, caps::LONGEST_BAN},
    doors::{
        operator::{
            carry_out::{ban, deactivate},
            tokens::issue_token_at,
        },
        server_api::{
            Answer, Api, Call,
            endpoints::{Row, Takes::Form},
            error,
        },
    },
};

pub(super) use crate::core::length::LONGEST_ID;
/// Most ids in one call that takes accounts away or brings them back.
const MOST_IDS: usize = 100;
/// Most ids in one call of bans and tokens.
const MOST_BANNED: usize = 20;
/// Bytes of a display name and of the address of a picture.
const LONGEST_NAME: usize = 128;
const LONGEST_PORTRAIT: usize = 1024;

pub(super) const ENDPOINTS: &[Row] = &[
    ("/user/getToken.json", Form, api_get_token),
    ("/user/refresh.json", Form, api_refresh),
    ("/user/info.json", Form, api_info),
    ("/user/query.json", Form, api_query),
    ("/user/token/expire.json", Form, api_expire_tokens),
    ("/user/checkOnline.json", Form, api_check_online),
    ("/user/block.json", Form, api_block),
    ("/user/unblock.json", Form, api_unblock),
    ("/user/block/query.json", Form, api_blocked),
    ("/user/deactivate.json", Form, api_deactivate),
    ("/user/deactivate/query.json", Form, api_deactivated),
    ("/user/reactivate.json", Form, api_reactivate),
    ("/user/activate.json", Form, api_reactivate),
    ("/user/delusers.json", Form, api_delete_users),
];

/// Registers the user if need be and issues a token; earlier ones stay valid (CONN-019).
fn api_get_token(api: &mut Api<'_>, call: &Call) -> Answer {
    let id = call.id("userId")?;
    // It may be empty, but a registration says what pushes show (USER-012).
    if !call.has("name") {
        return Err(error(1002, "parameter `name` is missing"));
    }
    check_shown(call)?;
    let known = api.world.core.accounts.find(id).is_some_and(|user| api.world.core.accounts[user].registered);
    let most = api.world.core.limits.registered_users;
    if !known && most > 0 && api.world.core.accounts.registered() >= most {
        return Err(error(
            2007,
            format!("a development environment holds {most} registered users (USER-002)"),
        ));
    }
    let token = issue_token_at(api.world, call.now, id, &call.origin);
    show_as(api, call, id);
    let user = api.world.core.accounts.register(id);
    api.world.core.accounts[user].created.get_or_insert(call.now);
    Ok(json!({"userId": id, "token": token}))
}

/// What pushes show of a user (USER-012).
fn show_as(api: &mut Api<'_>, call: &Call, id: &str) {
    let user = api.world.core.accounts.find_or_add(id);
    let account = &mut api.world.core.accounts[user];
    if let Some(name) = call.optional("name") {
        name.clone_into(&mut account.name);
    }
    if let Some(portrait) = call.optional("portraitUri") {
        portrait.clone_into(&mut account.portrait);
    }
}

fn api_refresh(api: &mut Api<'_>, call: &Call) -> Answer {
    let id = call.id("userId")?;
    check_shown(call)?;
    show_as(api, call, id);
    Ok(json!({}))
}

fn api_info(api: &mut Api<'_>, call: &Call) -> Answer {
    let account = registered(api, call.required("userId", LONGEST_ID)?)?;
    Ok(json!({
        "userName": account.name, "userPortrait": account.portrait,
        "createTime": date_text(account.created.unwrap_or_default()),
    }))
}

/// Registered users by the time of their registration, or with `order` 1 the latest first.
fn api_query(api: &mut Api<'_>, call: &Call) -> Answer {
    let (skip, take) = call.page("page", "pageSize", 100, 20)?;
    let latest_first = call.number_or("order", 0..=1, 0)? == 1;
    let all = api.world.core.accounts.iter().filter(|account| account.registered && !account.deactivated);
    let mut all: Vec<&Account> = all.collect();
    all.sort_by_key(|account| account.created);
    if latest_first {
        all.reverse();
    }
    let page = all.iter().skip(skip).take(take);
    let users: Vec<Value> = page
        .map(|account| {
            json!({
                "userId": &*account.id, "userName": account.name, "userPortrait": account.portrait,
                "regTime": date_text(account.created.unwrap_or_default()),
            })
        })
        .collect();
    Ok(json!({"total": all.len(), "users": users}))
}

/// Makes users as if they had never been registered: they are logged out, their data and their tokens are gone.
/// There is no way back but a new registration (assumed).
fn api_delete_users(api: &mut Api<'_>, call: &Call) -> Answer {
    for id in call.ids("userId", MOST_IDS)? {
        if let Some(user) = api.world.core.accounts.find(id) {
            deactivate(api.world, call.now, id);
            api.world.core.accounts.unregister(user);
            api.world.core.tokens.revoke(user);
        }
    }
    Ok(json!({}))
}

pub(super) fn registered<'s>(
    api: &'s Api<'_>,
    id: &str,
) -> Result<&'s Account, crate::doors::server_api::ApiError> {
    api.world
        .core
        .accounts
        .find(id)
        .map(|user| &api.world.core.accounts[user])
        .filter(|account| account.registered)
        .ok_or_else(|| error(1002, format!("user `{id}` is not registered")))
}

/// Tokens issued before `time` are refused at the next login; connections stay (CONN-020).
fn api_expire_tokens(api: &mut Api<'_>, call: &Call) -> Answer {
    let time = UnixMillis(call.number("time", 0..=i64::MAX)?);
    for id in call.ids("userId", MOST_BANNED)? {
        let user = api.world.core.accounts.find_or_add(id);
        api.world.core.accounts[user].tokens_from = time;
    }
    Ok(json!({}))
}

/// The state is a text: one SDK refuses a number (USER-009).
fn api_check_online(api: &mut Api<'_>, call: &Call) -> Answer {
    let id = call.required("userId", LONGEST_ID)?;
    let online = api
        .world
        .core
        .accounts
        .find(id)
        .is_some_and(|user| !api.world.core.accounts[user].connections.is_empty());
    Ok(json!({"status": if online { "1" } else { "0" }}))
}

fn api_block(api: &mut Api<'_>, call: &Call) -> Answer {
    let ids = call.ids("userId", MOST_BANNED)?;
    let minutes = call.number("minute", 1..=i64::from(LONGEST_BAN))?;
    for id in ids {
        // The range was checked.
        ban(api.world, call.now, id, minutes as u32).map_err(|fault| error(1002, fault.to_string()))?;
    }
    Ok(json!({}))
}

fn api_unblock(api: &mut Api<'_>, call: &Call) -> Answer {
    for id in call.ids("userId", MOST_BANNED)? {
        let user = api.world.core.accounts.find_or_add(id);
        api.world.core.accounts[user].banned_until = None;
    }
    Ok(json!({}))
}

/// A page of the banned users; without numbers all of them.
fn api_blocked(api: &mut Api<'_>, call: &Call) -> Answer {
    let (skip, take) = call.page("page", "size", i64::from(u32::MAX), i64::from(u32::MAX))?;
    let users: Vec<Value> = api
        .world
        .core
        .accounts
        .iter()
        .filter(|account| account.is_banned(call.now))
        .skip(skip)
        .take(take)
        .map(|account| {
            let until = account.banned_until.unwrap_or_default();
            json!({"userId": &*account.id, "blockEndTime": date_text(until)})
        })
        .collect();
    Ok(json!({"users": users}))
}

fn api_deactivate(api: &mut Api<'_>, call: &Call) -> Answer {
    for id in call.ids("userId", MOST_IDS)? {
        deactivate(api.world, call.now, id);
    }
    Ok(json!({"operateId": api.world.core.ids.message_uid(call.now).as_str()}))
}

fn api_deactivated(api: &mut Api<'_>, call: &Call) -> Answer {
    let (skip, take) = call.page("pageNo", "pageSize", 50, 50)?;
    let gone = api.world.core.accounts.iter().filter(|account| account.deactivated);
    let users: Vec<&str> = gone.skip(skip).take(take).map(|account| &*account.id).collect();
    Ok(json!({"users": users}))
}

fn api_reactivate(api: &mut Api<'_>, call: &Call) -> Answer {
    for id in call.ids("userId", MOST_IDS)? {
        let user = api.world.core.accounts.find_or_add(id);
        api.world.core.accounts[user].deactivated = false;
    }
    Ok(json!({"operateId": api.world.core.ids.message_uid(call.now).as_str()}))
}

fn check_shown(call: &Call) -> Result<(), crate::doors::server_api::ApiError> {
    call.optional_within("name", LONGEST_NAME)?;
    call.optional_within("portraitUri", LONGEST_PORTRAIT)?;
    Ok(())
}
