//! Navigation: where a client finds the service, in the three forms that SDK generations ask for (NAVI-002).

use serde_json::json;
use wire::UnixMillis;

use crate::{
    core::{
        account::TokenFault,
        io::{HttpRequest, HttpResponse},
        params::Form,
    },
    files::file_server,
    world::World,
};

/// What `protocol` numbers of `serverAddr` mean.
mod protocol {
    pub(super) const RMTP: u8 = 1;
    pub(super) const RMTP_TLS: u8 = 2;
    pub(super) const WS: u8 = 5;
    pub(super) const WSS: u8 = 6;
}

/// `GET /navi.js` wants a JSONP text, `POST /v2/navi.json` plain JSON. Tokens are not judged here: the login
/// answers for them, and its codes are the documented ones.
pub(crate) fn navi(world: &mut World, now: UnixMillis, request: &HttpRequest) -> HttpResponse {
    let v2 = request.path == "/v2/navi.json";
    let query = Form::parse(&request.query);
    let body = if v2 { Form::parse(&String::from_utf8_lossy(&request.body)) } else { Form::default() };
    let token = body.get("token").or_else(|| query.get("token")).unwrap_or_default();
    let user_id = match world.core.tokens.check(&world.core.accounts, token, now) {
        Ok(user) => world.core.accounts[user].id.to_string(),
        Err(TokenFault::Incorrect | TokenFault::Expired) => String::new(),
    };
    let negotiated = request.header("rc-negotiate").unwrap_or_default();
    if wants_tcp(negotiated) {
        world.core.asked.note(token, &request.origin);
    }
    let answer = navi_fields(world, &user_id, negotiated, &request.origin);
    if v2 {
        return HttpResponse::json(200, &answer);
    }
    let callback = query.get("callBack").filter(|name| is_identifier(name)).unwrap_or("getServerEndpoint");
    HttpResponse {
        status: 200,
        content_type: "text/javascript; charset=utf-8",
        body: format!("{callback}({answer});").into(),
        ..HttpResponse::default()
    }
}

pub(crate) fn navi_fields(world: &World, user_id: &str, negotiated: &str, origin: &str) -> serde_json::Value {
    let found = world.core.found_at(origin);
    let (address, kind) = match (wants_tcp(negotiated), found.tls) {
        (true, false) => (&found.tcp, protocol::RMTP),
        (true, true) => (&found.tcp, protocol::RMTP_TLS),
        (false, false) => (&found.websocket, protocol::WS),
        (false, true) => (&found.websocket, protocol::WSS),
    };
    json!({
        "code": 200,
        "userId": user_id,
        "server": address,
        "serverAddr": [{"addr": address, "protocol": kind, "weight": 10}],
        // 0: pushed bodies are messages; anything else: they are mere announcements.
        "openHistoryMsg": u8::from(!world.core.switches.direct_push),
        "historyMsg": world.core.switches.roaming_history,
        "type": 0,
        "kvStorage": u8::from(world.core.switches.chatroom_entries),
        "ugMsg": u8::from(world.core.switches.ultra_group),
        // Bit 2: SDKs that know it write the default channel for none.
        "ugDriven": if world.core.switches.ultra_group_default_channel { 2 } else { 0 },
        "grpRRVer": u8::from(world.core.switches.group_receipt_queries),
        "joinMChrm": world.core.switches.chatroom_multi_join,
        "uploadServer": file_server(&world.core, origin),
        // The native client changes no message of its own that is older; without the key none at all (seen with 5.46.1). For
        // how long the service allows it no document says, and it allows it always: ten years.
        "msgModifyMinute": 10 * 365 * 24 * 60,
        "gifSize": 2048,
        "videoTimes": 300,
        // 1 would make SDKs upload their logs to hosts that are not ours.
        "logSwitch": 0,
    })
}

/// `RC-Negotiate: conn=1,2;…` lists the transports a client speaks; native ones name 1 or 2.
fn wants_tcp(negotiated: &str) -> bool {
    negotiated
        .split(';')
        .filter_map(|part| part.trim().strip_prefix("conn="))
        .flat_map(|list| list.split(','))
        .any(|number| matches!(number.trim(), "1" | "2"))
}

/// Only a plain name may be echoed into script text.
fn is_identifier(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '$' | '.'))
}
