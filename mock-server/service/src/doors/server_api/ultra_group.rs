//! `/ultragroup/*`: ultra groups themselves and who is in them (UG-003, UG-006, UG-018, UG-019). What else concerns them
//! stands in the modules beside this one; here is the table of all of it.

use serde_json::json;

use crate::{
    core::{account::UserIx, refusal::Gate},
    doors::server_api::{
        Answer, ApiError, Call,
        endpoints::{Row, Takes::Form},
        error,
        user::LONGEST_ID,
    },
    service::Service,
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
pub(super) fn ultra_group_of<'a>(service: &Service, call: &'a Call) -> Result<&'a str, ApiError> {
    let id = call.required("groupId", LONGEST_ID)?;
    known_ultra_group(service, id)?;
    Ok(id)
}

/// # Errors
/// The service is off, or there is no such group.
pub(super) fn known_ultra_group<'s>(service: &'s Service, id: &str) -> Result<&'s UltraGroup, ApiError> {
    service.core.api_ordered(Gate::UltraGroups)?;
    service.ultra_groups.get(id).ok_or_else(|| no_ultra_group(id))
}

fn too_many_ultra_groups(service: &Service, user: UserIx) -> ApiError {
    let most = service.core.limits.ultra_groups_of_user;
    error(24412, format!("`{}` is in {most} ultra groups already (UG-003)", service.core.accounts[user].id))
}

/// An id that exists already gets the name, and takes the user in (assumed).
pub(super) fn api_ultra_group_create(service: &mut Service, call: &Call) -> Answer {
    service.core.api_ordered(Gate::UltraGroups)?;
    let id = call.required("groupId", LONGEST_ID)?;
    let name = call.required("groupName", LONGEST_NAME)?;
    let user = call.required("userId", LONGEST_ID)?;
    let user = service.core.accounts.find_or_add(user);
    if !service.ultra_groups().may_join_ultra_group(id, user) {
        return Err(too_many_ultra_groups(service, user));
    }
    service.ultra_groups().create_ultra_group(call.now, id, name);
    service.ultra_groups().join_ultra_group(id, user, Some(call.now));
    Ok(json!({}))
}

pub(super) fn api_ultra_group_dissolve(service: &mut Service, call: &Call) -> Answer {
    let id = ultra_group_of(service, call)?;
    service.ultra_groups().dissolve_ultra_group(id);
    Ok(json!({}))
}

pub(super) fn api_ultra_group_join(service: &mut Service, call: &Call) -> Answer {
    let id = ultra_group_of(service, call)?;
    let user = service.core.accounts.find_or_add(call.required("userId", LONGEST_ID)?);
    match service.ultra_groups().join_ultra_group(id, user, Some(call.now)) {
        Joined::Yes => Ok(json!({})),
        Joined::NoGroup => Err(no_ultra_group(id)),
        Joined::TooMany => Err(too_many_ultra_groups(service, user)),
    }
}

pub(super) fn api_ultra_group_quit(service: &mut Service, call: &Call) -> Answer {
    let id = ultra_group_of(service, call)?;
    let user = call.required("userId", LONGEST_ID)?;
    let known = service
        .core
        .accounts
        .find(user)
        .is_some_and(|user| service.ultra_groups().quit_ultra_group(id, user));
    if known { Ok(json!({})) } else { Err(no_member(user, id)) }
}

pub(super) fn api_ultra_group_refresh(service: &mut Service, call: &Call) -> Answer {
    let id = ultra_group_of(service, call)?;
    let name = call.required("groupName", LONGEST_NAME)?;
    if let Some(group) = service.ultra_groups.get_mut(id) {
        name.clone_into(&mut group.name);
    }
    Ok(json!({}))
}

fn api_ultra_group_has_member(service: &mut Service, call: &Call) -> Answer {
    let id = call.required("groupId", LONGEST_ID)?;
    let group = known_ultra_group(service, id)?;
    let user = service.core.accounts.find(call.required("userId", LONGEST_ID)?);
    Ok(json!({"status": user.is_some_and(|user| group.has_member(user))}))
}
