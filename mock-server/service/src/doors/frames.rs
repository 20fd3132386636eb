//! What frames of clients mean: the one table of topics. Whose business a topic is can be seen here, and only here.
//!
//! What is not supported is answered with a status, never with silence or an empty success.

use bytes::Bytes;
use prost::Message as _;
use serde_json::Value;
use wire::{
    ClientFrame, Request, ServerFrame, Topic, UnixMillis,
    body::{
        CleanHisMsgInput, CleanMsgBatchReq, EventChangeList, MsgQuery, PullModifyMsgReq, PullModifyMsgResp,
        PullUserSettingInput, QueryBlackListOutput, QueryMsgChange, RelationQryInput, SessionReq,
        SessionStateModifyReq, SessionTagAddInput, SessionTagDelInput, TypeUnpushInput, UpStreamMessage,
        UserIdInput,
    },
    code::status,
};

use crate::{
    chatroom::{self, entry_calls},
    core::{
        account::UserIx,
        answer::{Answer, read, write},
        bug::Bug,
        ids::Uid,
        io::ConnId,
        length::{self, is_id},
        message::{Conversation, Posted, Recall},
        preset::Rate,
    },
    doors::login::logged_out,
    mail::{self, post::Mirror},
    ultra_group::{self, edit, levels, sessions, typing},
    world::World,
};

/// The status that tells that a user is not on the blacklist; 0 tells that it is. Assumed after the vendor's
/// native engines; no web SDK asks.
pub const NOT_BLACKLISTED: u16 = 101;

/// Object names of the SDKs' own signalling; it does not count as sending (AMB-23).
const UNCOUNTED: [&str; 6] =
    ["RC:ReadNtf", "RC:RRReqMsg", "RC:RRRspMsg", "RC:SRSMsg", "RC:MsgExMsg", "RC:TypSts"];

/// A frame of a client that no fault holds up.
pub(crate) fn carry_frame(world: &mut World, now: UnixMillis, conn: ConnId, frame: ClientFrame) {
    if let Some(code) = length::refusal(&frame) {
        return answer(world, now, conn, &frame, code);
    }
    match frame {
        ClientFrame::Publish(request) => publish(world, now, conn, request),
        ClientFrame::Query(request) => query(world, now, conn, &request),
        ClientFrame::PubAck { id } => world.mail().push_acknowledged(conn, id),
        ClientFrame::QueryCon { id } => world.mail().pull_confirmed(now, conn, id),
        ClientFrame::Ping if world.core.has(Bug::IgnoresPings) => {}
        ClientFrame::Ping => world.core.send(now, conn, ServerFrame::Pong, None),
        ClientFrame::Disconnect { status } => logged_out(world, now, conn, status),
        // A second CONNECT and unknown types change nothing; the journal has them.
        _ => {}
    }
}

/// Answers a request with a status instead of carrying it out.
pub(crate) fn answer(world: &mut World, now: UnixMillis, conn: ConnId, frame: &ClientFrame, status: u16) {
    match frame {
        ClientFrame::Publish(request) => publish_refused(world, now, conn, request, status),
        ClientFrame::Query(request) => query_refused(world, now, conn, request, status),
        _ => {}
    }
}

/// A QUERY of a client.
pub(crate) fn query(world: &mut World, now: UnixMillis, conn: ConnId, request: &Request) {
    if matches!(request.topic, Topic::SetKvs | Topic::DelKvs) {
        let Some(user) = world.core.connections.get(&conn).map(|connection| connection.user) else {
            return;
        };
        // The one request whose failure comes with a body.
        let removes = request.topic == Topic::DelKvs;
        let (code, body) =
            match entry_calls::change_many_entries(&mut world.chatrooms(), now, conn, user, request, removes)
            {
                Ok(answer) => answer,
                Err(code) => (code, Bytes::new()),
            };
        return answer_query(world, now, conn, request, code, body);
    }
    match query_answer(world, now, conn, request) {
        Ok(body) => answer_query(world, now, conn, request, status::OK, body),
        Err(code) => query_refused(world, now, conn, request, code),
    }
}

/// Refuses a QUERY: a status, and nothing else.
pub(crate) fn query_refused(world: &mut World, now: UnixMillis, conn: ConnId, request: &Request, code: u16) {
    answer_query(world, now, conn, request, code, Bytes::new());
}

pub(crate) fn answer_query(
    world: &mut World,
    now: UnixMillis,
    conn: ConnId,
    request: &Request,
    code: u16,
    body: Bytes,
) {
    #[cfg(debug_assertions)]
    assert_decodes(&request.topic, code, &body);
    // Packages are to be confirmed (QUERYCON): until then messages are announced, not pushed.
    let is_package = code == status::OK && request.topic == Topic::PullMsg;
    let qos = u8::from(is_package);
    let frame = ServerFrame::QueryAck { id: request.id, qos, seconds: now.seconds(), status: code, body };
    world.core.send(now, conn, frame, Some(&request.topic));
}

pub(crate) fn query_answer(world: &mut World, now: UnixMillis, conn: ConnId, request: &Request) -> Answer {
    let user =
        world.core.connections.get(&conn).map(|connection| connection.user).ok_or(status::NOT_SUPPORTED)?;
    match request.topic {
        Topic::PullMsg => world.mail().pull(now, conn, user, request.id, &read(request)?),
        Topic::PullSeAtts => {
            let asked: SessionReq = read(request)?;
            write(&world.preferences().settings_since(user, asked.time()))
        }
        Topic::SetSeAtt => {
            let asked: SessionStateModifyReq = read(request)?;
            world.preferences().change_settings(now, conn, user, asked).and_then(|answer| write(&answer))
        }
        Topic::UgUnpushSet => levels::set_default_level(&mut world.ultra_groups(), user, request),
        Topic::UgUnpushQuery => levels::default_level(&mut world.ultra_groups(), user, request),
        Topic::SetTypeUnpush => {
            let asked: TypeUnpushInput = read(request)?;
            world.preferences().change_type_level(now, conn, user, &asked).and_then(|answer| write(&answer))
        }
        Topic::AddUnpush => {
            world.preferences().change_quiet_hours(user, read(request)?).map(|()| Bytes::new())
        }
        Topic::QryUnpush => write(&world.preferences().quiet_hours(user)),
        Topic::DelUnpush => {
            world.preferences.settings[user].quiet = None;
            Ok(Bytes::new())
        }
        Topic::PullUs => {
            let asked: PullUserSettingInput = read(request)?;
            write(&world.preferences().user_settings_since(user, asked.version()))
        }
        Topic::AddSeTag => {
            let asked: SessionTagAddInput = read(request)?;
            world.preferences().add_tags(now, Some(conn), user, asked.tags).and_then(|answer| write(&answer))
        }
        Topic::DelSeTag => {
            let asked: SessionTagDelInput = read(request)?;
            let ids: Vec<String> = asked.tags.into_iter().map(|tag| tag.tag_id).collect();
            write(&world.preferences().remove_tags(now, Some(conn), user, &ids))
        }
        Topic::AddTag | Topic::DelTag => {
            let on = request.topic == Topic::AddTag;
            world
                .preferences()
                .tag_conversations(now, conn, user, read(request)?, on)
                .and_then(|answer| write(&answer))
        }
        Topic::PullEventChange => {
            let asked: QueryMsgChange = read(request)?;
            write(&EventChangeList {
                sync_time: asked.sync_time(),
                has_next: Some(false),
                ..EventChangeList::default()
            })
        }
        Topic::PullModifyMsg => {
            let asked: PullModifyMsgReq = read(request)?;
            write(&PullModifyMsgResp {
                next_version: Some(asked.pull_version()),
                finished: Some(true),
                ..PullModifyMsgResp::default()
            })
        }
        // Refused, 5.38 would repeat this one every second for ever.
        Topic::QryRelationR | Topic::QryRelation => {
            let asked: RelationQryInput = read(request)?;
            Ok(world.mail().conversation_list(now, user, &asked))
        }
        Topic::QryRlBatch => Ok(world.mail().conversations_by_name(now, user, &read(request)?)),
        Topic::DelRelation => world.mail().remove_conversation(user, &request.target, &read(request)?),
        Topic::DelRelationBatch => world.mail().remove_conversations(user, &read(request)?),
        // Answers without required fields: nothing is said well by an empty body.
        Topic::Reportsdk | Topic::QAppBot => Ok(Bytes::new()),
        Topic::AddBlack => world.core.add_black(user, &blacklist_target(request)?),
        Topic::RmBlack => world.core.remove_black(user, &blacklist_target(request)?),
        Topic::BlackStat => {
            let listed = world.core.accounts[user].blacklist.contains(blacklist_target(request)?.as_str());
            if listed { Ok(Bytes::new()) } else { Err(NOT_BLACKLISTED) }
        }
        Topic::GetBlack => {
            let user_ids = world.core.accounts[user].blacklist.iter().map(ToString::to_string).collect();
            write(&QueryBlackListOutput { user_ids })
        }
        Topic::QnTkn => world.files().upload_token(now, user, request),
        Topic::QnUrl => world.files().download_url(conn, request),
        Topic::RrMsg => world.mail().group_messages_read(now, user, request),
        Topic::RrList => world.mail().group_message_readers(user, request),
        Topic::QryPMsg | Topic::QryGMsg | Topic::QrySMsg => world.mail().history(now, user, request),
        Topic::QryMsg => {
            let asked: MsgQuery = read(request)?;
            if asked.r#type() == Conversation::UltraGroup as i32 {
                return world.ultra_groups().channel_messages_by_uid(now, user, &asked);
            }
            world.mail().messages_by_uid(now, user, asked)
        }
        Topic::DelMsg => world.mail().delete_messages(user, request),
        Topic::CleanPMsg | Topic::CleanGMsg | Topic::CleanSMsg => {
            let asked: CleanHisMsgInput = read(request)?;
            if asked.conversation_type() == Conversation::UltraGroup as i32 {
                return world.ultra_groups().clear_channel(user, &asked);
            }
            world.mail().clear_messages(now, user, request, &asked)
        }
        Topic::CleanMsgBatch => clear_several(world, now, user, request),
        Topic::JoinChrm => world.chatrooms().join_room(now, conn, user, request, true),
        Topic::JoinChrmR => world.chatrooms().join_room(now, conn, user, request, false),
        Topic::ExitChrm => world.chatrooms().exit_room(now, conn, user, &request.target),
        Topic::QueryChrmI => world.chatrooms().room_info(request),
        Topic::ChrmPull => world.chatrooms().pull_room(now, conn, user, request),
        Topic::QryChMsg => world.chatrooms().room_history_page(now, user, request),
        Topic::SetKv => {
            entry_calls::change_one_entry(&mut world.chatrooms(), now, conn, user, request, false)
        }
        Topic::DelKv => entry_calls::change_one_entry(&mut world.chatrooms(), now, conn, user, request, true),
        Topic::PullKv => entry_calls::pull_entries(&mut world.chatrooms(), now, conn, user, request),
        Topic::PullUgMsg => ultra_group::pull::pull(&mut world.ultra_groups(), now, conn, user, request),
        Topic::PullUgSes => sessions::list(&world.ultra_groups(), now, user, request),
        Topic::QryMsgChange => world.ultra_groups().ultra_group_changes(now, conn, user, request),
        Topic::QryUgMsg => world.ultra_groups().channel_history(now, user, request),
        Topic::UpMsgEx | Topic::ModifyMsg => {
            edit::change_message(&mut world.ultra_groups(), now, user, request)
        }
        Topic::DelUgMsg => world.ultra_groups().delete_channel_messages(user, request),
        Topic::QryUgUal => world.ultra_groups().unread_mention_digests(user, request),
        _ => Err(status::NOT_SUPPORTED),
    }
}

/// The most conversations that SDKs clear at once.
const CLEARED_AT_ONCE: usize = 20;

/// `cleanMsgBatch`: the native client's way to clear store and cloud together. Nothing is cleared if one of them cannot be.
fn clear_several(world: &mut World, now: UnixMillis, user: UserIx, request: &Request) -> Answer {
    let asked: CleanMsgBatchReq = read(request)?;
    if !(1..=CLEARED_AT_ONCE).contains(&asked.input.len()) {
        return Err(status::BAD_PARAMETER);
    }
    for one in &asked.input {
        match one.conversation_type() {
            kind if kind == Conversation::UltraGroup as i32 => {
                world.ultra_groups().channel_for(one.target_id(), user, one.bus_channel())?;
            }
            _ => world.mail().clearable(user, one).map(drop)?,
        }
    }
    for one in &asked.input {
        if one.conversation_type() == Conversation::UltraGroup as i32 {
            world.ultra_groups().clear_channel(user, one)?;
        } else {
            world.mail().clear_named(now, user, one)?;
        }
    }
    Ok(Bytes::new())
}

/// A PUBLISH of a client.
pub(crate) fn publish(world: &mut World, now: UnixMillis, conn: ConnId, request: Request) {
    // Old SDKs ask for changes by PUBLISH, and want an answer to a QUERY.
    if request.topic == Topic::QryMsgChange {
        return query(world, now, conn, &request);
    }
    match try_publish(world, now, conn, &request) {
        Ok(Some(posted)) => {
            let uid = if world.core.has(Bug::NoMessageUid) { String::new() } else { posted.uid.to_string() };
            acknowledge(world, now, conn, &request, status::OK, posted.time, uid);
        }
        Ok(None) => {}
        Err(code) => publish_refused(world, now, conn, &request, code),
    }
}

pub(crate) fn try_publish(
    world: &mut World,
    now: UnixMillis,
    conn: ConnId,
    request: &Request,
) -> Result<Option<Posted>, u16> {
    if request.topic == Topic::RecallMsg {
        let up = UpStreamMessage::decode(request.body.clone()).map_err(|_| status::BAD_PARAMETER)?;
        let Some(connection) = world.core.connections.get(&conn) else { return Ok(None) };
        let (user, device) = (connection.user, connection.device);
        return recall(world, now, user, up, Some(Mirror { conn, device, request })).map(Some);
    }
    if matches!(request.topic, Topic::UpdUgRTime | Topic::UpMsgEx | Topic::ModifyMsg | Topic::Operate) {
        let user = world.core.connections.get(&conn).map(|c| c.user).ok_or(status::NOT_SUPPORTED)?;
        let mut groups = world.ultra_groups();
        let posted = match request.topic {
            Topic::UpdUgRTime => groups.read_channel(now, conn, user, request)?,
            Topic::Operate => typing::types_in_channel(&mut groups, now, user, request)?,
            _ => edit::change_message_by_publish(&mut groups, now, user, request)?,
        };
        return Ok(Some(posted));
    }
    let to_room = matches!(request.topic, Topic::ChatMsg | Topic::ChatMsgS);
    let to_ultra_group = request.topic == Topic::UgMsg;
    let to_people = matches!(request.topic, Topic::PpMsgP | Topic::PpMsgS | Topic::PgMsgP | Topic::PgMsgS);
    if !to_room && !to_people && !to_ultra_group {
        return Err(status::NOT_SUPPORTED);
    }
    let up = UpStreamMessage::decode(request.body.clone()).map_err(|_| status::BAD_PARAMETER)?;
    if request.target.is_empty()
        || up.classname.is_empty()
        || up.content.len() > world.core.limits.message_bytes
    {
        return Err(status::BAD_PARAMETER);
    }
    let status_message = request.topic.is_status();
    let limited =
        !status_message && !UNCOUNTED.contains(&up.classname.as_str()) && !world.core.has(Bug::NoRateLimit);
    let per_second = if limited { world.core.limits.send_per_second } else { 0 };
    let Some(connection) = world.core.connections.get_mut(&conn) else { return Ok(None) };
    if !connection.may_send(now, per_second) {
        return Err(world.core.too_fast(Rate::Send));
    }
    let (sender, device) = (connection.user, connection.device);
    if to_ultra_group {
        return world
            .ultra_groups()
            .publish_to_ultra_group(now, conn, (sender, device), request, up)
            .map(Some);
    }
    if to_room {
        return world.chatrooms().publish_to_room(now, conn, (sender, device), request, up).map(Some);
    }
    world.mail().publish_to_people(now, Mirror { conn, device, request }, sender, up).map(Some)
}

/// Refuses a PUBLISH; the code reaches the app as it is (ERR-007).
pub(crate) fn publish_refused(
    world: &mut World,
    now: UnixMillis,
    conn: ConnId,
    request: &Request,
    code: u16,
) {
    acknowledge(world, now, conn, request, code, now, String::new());
}

pub(crate) fn acknowledge(
    world: &mut World,
    now: UnixMillis,
    conn: ConnId,
    request: &Request,
    status: u16,
    time: UnixMillis,
    message_uid: String,
) {
    let ack = ServerFrame::PubAck { id: request.id, status, time, message_uid };
    world.core.send(now, conn, ack, Some(&request.topic));
}

/// Carries a recall out where the message is: `conversationType` of the command says so (RECALL).
///
/// # Errors
/// The code that who recalls is told.
pub(crate) fn recall(
    world: &mut World,
    now: UnixMillis,
    by: UserIx,
    up: UpStreamMessage,
    mirror: Option<Mirror<'_>>,
) -> Result<Posted, u16> {
    let Ok(Value::Object(command)) = serde_json::from_slice(&up.content) else {
        return Err(status::BAD_PARAMETER);
    };
    let text = |name: &str| command.get(name).and_then(Value::as_str).unwrap_or_default();
    let flag = |name: &str| command.get(name) == Some(&Value::Bool(true));
    let uid = Uid::parse(text("messageUId")).ok_or(status::RECALL_FAILED)?;
    let kind = command.get("conversationType").and_then(Value::as_i64);
    let recall = Recall { by, uid, admin: flag("isAdmin"), delete: flag("isDelete") };
    if kind == Some(Conversation::UltraGroup as i64) {
        return ultra_group::recall::by_member(&mut world.ultra_groups(), now, text("targetId"), &recall);
    }
    if kind == Some(Conversation::Chatroom as i64) {
        let from = mirror.map(|mirror| (mirror.device, mirror.conn));
        return chatroom::recall::in_room(&mut world.chatrooms(), now, text("targetId"), &recall, from, up);
    }
    mail::recall::in_mail(&mut world.mail(), now, &recall, up, mirror)
}

/// Whom a blacklist query is about: the body's user, or the frame's target where the body names none.
fn blacklist_target(request: &Request) -> Result<String, u16> {
    let named: UserIdInput = read(request)?;
    let user = named.user_id.filter(|id| !id.is_empty()).unwrap_or_else(|| request.target.clone());
    if user.is_empty() || !is_id(&user) { Err(status::BAD_PARAMETER) } else { Ok(user) }
}

/// Every answer that says 0 is one that the strictest SDK decodes: a missing required field is this service's own mistake,
/// and each test that meets it shall tell.
#[cfg(debug_assertions)]
fn assert_decodes(topic: &Topic, code: u16, body: &[u8]) {
    if code != status::OK {
        return;
    }
    let lacks = match topic.answer() {
        Some(message) => wire::reflect::missing(message, body).unwrap_or_else(|error| vec![error]),
        None => vec!["a message of the answer, in the row of `wire::Topic`".to_owned()],
    };
    assert!(lacks.is_empty(), "the answer to {topic} lacks {}", lacks.join(", "));
}

#[cfg(all(test, debug_assertions))]
mod tests {
    use super::*;

    #[test]
    fn an_answer_that_a_strict_decoder_takes_passes_and_a_refusal_needs_no_body() {
        assert_decodes(&Topic::AddTag, 0, &[0x08, 1]);
        assert_decodes(&Topic::Reportsdk, 0, &[]);
        assert_decodes(&Topic::AddTag, status::NOT_SUPPORTED, &[]);
    }

    #[test]
    #[should_panic(expected = "the answer to addTag lacks version")]
    fn an_answer_without_a_required_field_is_loud() {
        assert_decodes(&Topic::AddTag, 0, &[]);
    }

    #[test]
    #[should_panic(expected = "the answer to pullMsg lacks list[0].type")]
    fn so_is_one_whose_messages_lack_something() {
        let message = [0x0A, 1, b'b', 0x22, 1, b'x', 0x2A, 0, 0x30, 1, 0x38, 0];
        assert_decodes(&Topic::PullMsg, 0, &[&[0x0A, 12], &message[..], &[0x10, 1]].concat());
    }

    #[test]
    #[should_panic(expected = "the answer to ppMsgP lacks a message of the answer")]
    fn so_is_an_answer_that_nobody_has_described() {
        assert_decodes(&Topic::PpMsgP, 0, &[]);
    }
}
