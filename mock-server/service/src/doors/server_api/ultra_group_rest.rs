//! `/v2/ultragroups*`: the older way to ask, which one SDK still has. Each call is that of another endpoint with other
//! names; success is told by 10000, errors in `msg`.

use serde_json::{Map, Value, json};

use crate::{
    core::{
        io::{HttpRequest, HttpResponse},
        params::Form,
        refusal::Gate,
    },
    doors::server_api::{
        Answer, Api, ApiError, Call,
        endpoints::Endpoint,
        error,
        ultra_group::{
            api_ultra_group_create, api_ultra_group_dissolve, api_ultra_group_join, api_ultra_group_quit,
            api_ultra_group_refresh, known_ultra_group, ultra_group_of,
        },
        ultra_group_channel::{api_channel_create, api_channel_delete, api_channels},
        ultra_group_message::api_publish_ultra_group,
        ultra_group_mute::{
            api_channel_is_muted, api_channel_mute, api_channel_mute_users, api_channel_muted_users,
            api_channel_speakers, api_channel_speakers_add, api_channel_speakers_remove,
            api_channel_unmute_users,
        },
        user::LONGEST_ID,
    },
};

/// What success is told by.
const OK: i64 = 10_000;

/// Names of parameters here, and elsewhere.
const NAMES: [(&str, &str); 16] = [
    ("user_id", "userId"),
    ("user_ids", "userIds"),
    ("group_id", "groupId"),
    ("group_name", "groupName"),
    ("channel_id", "busChannel"),
    ("bus_channel", "busChannel"),
    ("from_user_id", "fromUserId"),
    ("to_group_ids", "toGroupIds"),
    ("to_user_ids", "toUserIds"),
    ("object_name", "objectName"),
    ("push_content", "pushContent"),
    ("push_data", "pushData"),
    ("push_ext", "pushExt"),
    ("store_flag", "isPersisted"),
    ("mentioned_flag", "isMentioned"),
    ("silence_push", "disablePush"),
];

/// A call in the other form.
pub(super) struct Rest {
    /// With the names and the method of the other endpoints.
    pub(super) request: HttpRequest,
    /// What carries it out; 405 with the methods that the path takes.
    pub(super) endpoint: Result<Endpoint, ApiError>,
}

impl Rest {
    /// Reads a request; `None`: it is no such call.
    pub(super) fn of(request: &HttpRequest) -> Option<Self> {
        let path: Vec<&str> = request.path.strip_prefix("/v2/")?.split('/').collect();
        let (endpoint, named) = match route(&request.method, &path) {
            Some((endpoint, named)) => (Ok(endpoint), named),
            None => (Err(other_method(request, &path)?), Vec::new()),
        };
        let mut fields = Map::new();
        let query = Form::parse(&request.query);
        for name in ["page", "size", "limit"] {
            fields.extend(query.get(name).map(|value| (name.to_owned(), value.into())));
        }
        if let Ok(Value::Object(body)) = serde_json::from_slice(&request.body) {
            for (name, value) in body {
                let known = NAMES.iter().find(|(here, _)| **here == name);
                fields.insert(known.map_or(name, |(_, elsewhere)| (*elsewhere).to_owned()), value);
            }
        }
        fields.extend(named.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())));
        let mut headers = request.headers.clone();
        headers.retain(|(name, _)| !name.eq_ignore_ascii_case("content-type"));
        headers.push(("content-type".to_owned(), "application/json".to_owned()));
        let body = Value::Object(fields).to_string().into();
        let request = HttpRequest { method: "POST".to_owned(), headers, body, ..request.clone() };
        Some(Self { request, endpoint })
    }
}

/// A path that other methods have; `None`: no method has it.
fn other_method(request: &HttpRequest, path: &[&str]) -> Option<ApiError> {
    let takes = ["GET", "POST", "PUT", "DELETE"].into_iter().filter(|method| route(method, path).is_some());
    let takes: Vec<&str> = takes.collect();
    let text = || format!("`{}` takes {}, not {}", request.path, takes.join(" or "), request.method);
    (!takes.is_empty()).then(|| error(405, text()))
}

/// What a path asks for, and what it names.
fn route<'a>(method: &str, path: &[&'a str]) -> Option<(Endpoint, Vec<(&'static str, &'a str)>)> {
    let group = |id: &'a str| vec![("groupId", id)];
    Some(match (method, path) {
        ("POST", ["ultragroups"]) => (api_ultra_group_create as Endpoint, Vec::new()),
        ("POST", ["ultragroups", "channels"]) => (api_channel_create, Vec::new()),
        ("POST", ["message", "ultragroup", "send"]) => (api_publish_ultra_group, Vec::new()),
        ("DELETE", ["ultragroups", id]) => (api_ultra_group_dissolve, group(id)),
        ("PUT", ["ultragroups", id]) => (api_ultra_group_refresh, group(id)),
        ("GET", ["ultragroups", "users", user, "groups"]) => {
            (rest_ultra_groups_of_user, vec![("userId", *user)])
        }
        ("GET", ["ultragroups", id, "users"]) => (rest_ultra_group_members, group(id)),
        ("POST", ["ultragroups", id, "users", user]) => {
            (api_ultra_group_join, vec![("groupId", *id), ("userId", *user)])
        }
        ("DELETE", ["ultragroups", id, "users", user]) => {
            (api_ultra_group_quit, vec![("groupId", *id), ("userId", *user)])
        }
        ("POST", ["ultragroups", id, "muted-users"]) => (api_channel_mute_users, group(id)),
        ("DELETE", ["ultragroups", id, "muted-users"]) => (api_channel_unmute_users, group(id)),
        ("GET", ["ultragroups", id, "muted-users"]) => (api_channel_muted_users, group(id)),
        ("PUT", ["ultragroups", id, "muted-status"]) => (api_channel_mute, group(id)),
        ("GET", ["ultragroups", id, "muted-status"]) => (api_channel_is_muted, group(id)),
        ("POST", ["ultragroups", id, "allowed-users"]) => (api_channel_speakers_add, group(id)),
        ("DELETE", ["ultragroups", id, "allowed-users"]) => (api_channel_speakers_remove, group(id)),
        ("GET", ["ultragroups", id, "allowed-users"]) => (api_channel_speakers, group(id)),
        ("DELETE", ["ultragroups", id, "channels", channel]) => {
            (api_channel_delete, vec![("groupId", *id), ("busChannel", *channel)])
        }
        ("GET", ["ultragroups", id, "channels"]) => (rest_channels, group(id)),
        _ => return None,
    })
}

/// An answer as these calls have it: what is asked for stands in `data`.
pub(super) fn response(answer: Result<Value, ApiError>) -> HttpResponse {
    match answer {
        Ok(data) => {
            let mut body = json!({"code": OK, "msg": "ok"});
            if data.as_object().is_some_and(|fields| !fields.is_empty()) {
                body["data"] = data;
            }
            HttpResponse::json(200, &body)
        }
        Err(fault) => HttpResponse::json(fault.status(), &json!({"code": fault.code, "msg": fault.text})),
    }
}

fn rest_ultra_groups_of_user(api: &mut Api<'_>, call: &Call) -> Answer {
    api.world.core.api_ordered(Gate::UltraGroups)?;
    let id = call.required("userId", LONGEST_ID)?;
    let user =
        api.world.core.accounts.find(id).ok_or_else(|| error(1002, format!("there is no user `{id}`")))?;
    let (skipped, size) = call.page("page", "size", 100, 20)?;
    let groups = api.world.ultra_groups.of(user).iter().filter_map(|id| api.world.ultra_groups.get(id));
    let rows = groups.skip(skipped).take(size);
    let rows = rows.map(|group| json!({"group_id": &*group.id, "group_name": group.name}));
    Ok(json!({"groups": rows.collect::<Vec<Value>>()}))
}

fn rest_ultra_group_members(api: &mut Api<'_>, call: &Call) -> Answer {
    let group = ultra_group_of(api, call)?;
    let (skipped, size) = call.page("page", "size", 100, 20)?;
    let members = known_ultra_group(api, group)?.members.keys().skip(skipped).take(size);
    let rows = members.map(|user| json!({"id": &*api.world.core.accounts[*user].id}));
    Ok(json!({"users": rows.collect::<Vec<Value>>()}))
}

fn rest_channels(api: &mut Api<'_>, call: &Call) -> Answer {
    let channels = api_channels(api, call)?;
    let rows = channels["channelList"].as_array().into_iter().flatten();
    let rows = rows.map(|row| json!({"channel_id": row["channelId"], "create_time": row["createTime"]}));
    Ok(json!({"channel_list": rows.collect::<Vec<Value>>()}))
}
