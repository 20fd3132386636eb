//! `/ultragroup/*`: ultra groups themselves and who is in them (UG-003, UG-006, UG-018, UG-019). What else concerns them
//! stands in the modules beside this one.

use serde_json::json;

use crate::{
    core::{account::UserIx, refusal::Gate},
    doors::server_api::{
        Answer, Api, ApiError, Call,
        endpoints::{Row, Takes::Form},
        error,
        user::LONGEST_ID,
    },
    ultra_group::{Joined, UltraGroup},
};

/// Characters of a name.
const LONGEST_NAME: usize = 64;

/// Endpoints that are about them; the modules beside this one have more.
pub(super) const ENDPOINTS: &[Row] = &[
    ("/ultragroup/create.json", Form, api_ultra_group_create),
    ("/ultragroup/dis.json", Form, api_ultra_group_dissolve),
    ("/ultragroup/join.json", Form, api_ultra_group_join),
    ("/ultragroup/quit.json", Form, api_ultra_group_quit),
    ("/ultragroup/refresh.json", Form, api_ultra_group_refresh),
    ("/ultragroup/member/exist.json", Form, api_ultra_group_has_member),
];

fn no_ultra_group(id: &str) -> ApiError {
    error(24410, format!("there is no ultra group `{id}`"))
}

pub(super) fn no_member(user: &str, group: &str) -> ApiError {
    error(24406, format!("`{user}` is no member of the ultra group `{group}`"))
}

/// The ultra group a call names; it must exist, and the service be on.
pub(super) fn ultra_group_of<'a>(api: &Api<'_>, call: &'a Call) -> Result<&'a str, ApiError> {
    let id = call.required("groupId", LONGEST_ID)?;
    known_ultra_group(api, id)?;
    Ok(id)
}

/// # Errors
/// The service is off, or there is no such group.
pub(super) fn known_ultra_group<'s>(api: &'s Api<'_>, id: &str) -> Result<&'s UltraGroup, ApiError> {
    api.world.core.api_ordered(Gate::UltraGroups)?;
    api.world.ultra_groups.get(id).ok_or_else(|| no_ultra_group(id))
}

fn too_many_ultra_groups(api: &Api<'_>, user: UserIx) -> ApiError {
    let most = api.world.core.limits.ultra_groups_of_user;
    error(24412, format!("`{}` is in {most} ultra groups already (UG-003)", api.world.core.accounts[user].id))
}

/// An id that exists already gets the name, and takes the user in (assumed).
pub(super) fn api_ultra_group_create(api: &mut Api<'_>, call: &Call) -> Answer {
    api.world.core.api_ordered(Gate::UltraGroups)?;
    let id = call.required("groupId", LONGEST_ID)?;
    let name = call.required("groupName", LONGEST_NAME)?;
    let user = call.required("userId", LONGEST_ID)?;
    let user = api.world.core.accounts.find_or_add(user);
    if !api.world.ultra_groups().may_join_ultra_group(id, user) {
        return Err(too_many_ultra_groups(api, user));
    }
    api.world.ultra_groups().create_ultra_group(call.now, id, name);
    api.world.ultra_groups().join_ultra_group(id, user, Some(call.now));
    Ok(json!({}))
}

pub(super) fn api_ultra_group_dissolve(api: &mut Api<'_>, call: &Call) -> Answer {
    let id = ultra_group_of(api, call)?;
    api.world.ultra_groups().dissolve_ultra_group(id);
    Ok(json!({}))
}

pub(super) fn api_ultra_group_join(api: &mut Api<'_>, call: &Call) -> Answer {
    let id = ultra_group_of(api, call)?;
    let user = api.world.core.accounts.find_or_add(call.required("userId", LONGEST_ID)?);
    match api.world.ultra_groups().join_ultra_group(id, user, Some(call.now)) {
        Joined::Yes => Ok(json!({})),
        Joined::NoGroup => Err(no_ultra_group(id)),
        Joined::TooMany => Err(too_many_ultra_groups(api, user)),
    }
}

pub(super) fn api_ultra_group_quit(api: &mut Api<'_>, call: &Call) -> Answer {
    let id = ultra_group_of(api, call)?;
    let user = call.required("userId", LONGEST_ID)?;
    let known = api
        .world
        .core
        .accounts
        .find(user)
        .is_some_and(|user| api.world.ultra_groups().quit_ultra_group(id, user));
    if known { Ok(json!({})) } else { Err(no_member(user, id)) }
}

pub(super) fn api_ultra_group_refresh(api: &mut Api<'_>, call: &Call) -> Answer {
    let id = ultra_group_of(api, call)?;
    let name = call.required("groupName", LONGEST_NAME)?;
    if let Some(group) = api.world.ultra_groups.get_mut(id) {
        name.clone_into(&mut group.name);
    }
    Ok(json!({}))
}

fn api_ultra_group_has_member(api: &mut Api<'_>, call: &Call) -> Answer {
    let id = call.required("groupId", LONGEST_ID)?;
    let group = known_ultra_group(api, id)?;
    let user = api.world.core.accounts.find(call.required("userId", LONGEST_ID)?);
    Ok(json!({"status": user.is_some_and(|user| group.has_member(user))}))
}
