//! Our own protocol: the frames a load needs, the same on both transports.

use bytes::{Bytes, BytesMut};
use prost::Message as _;
use wire::{
    ClientFrame, Connect, Request, ServerFrame, Topic,
    body::{
        ChrmInput, ChrmPullMsg, DownStreamMessage, NotifyMsg, SyncRequestMsg, UltraGrpPullMsg,
        UpStreamMessage,
    },
    flags::up,
};

use super::{
    LoadError,
    protocol::{Heard, Who, broken},
};

/// `type` of a notice of messages in ultra groups.
const ULTRA_GROUPS: i32 = 6;

/// The native login. Phones, so that no other login of the user is at odds with it.
pub(crate) fn connect(who: &Who, out: &mut BytesMut) {
    let connect = Connect {
        version: 3,
        flags: 0xC6,
        keep_alive: 60,
        device_id: format!("load-{}", who.user),
        client: "HarnessLoad".to_owned(),
        client_info: "Android-load-5.2.5".to_owned(),
        app_key: who.app_key.clone(),
        token: format!("test:{}", who.user),
        rest: Bytes::new(),
    };
    wire::native::encode_client(&ClientFrame::Connect(connect), out);
}

/// The address of a WebSocket login.
pub(crate) fn address(who: &Who) -> String {
    let Who { app_key, user, .. } = who;
    format!(
        "/websocket?appId={app_key}&token=test%3A{user}&sdkVer=5.2.5&deviceId=load-{user}&platform=Android&protocolVer=3"
    )
}

/// A private text message. `content` is JSON.
pub(crate) fn message(to: &str, content: &[u8], id: u16) -> ClientFrame {
    ClientFrame::Publish(Request::new(Topic::PpMsgP, to, id, text(content).encode_to_vec().into()))
}

fn text(content: &[u8]) -> UpStreamMessage {
    UpStreamMessage {
        session_id: up::PERSIST | up::COUNT,
        classname: "RC:TxtMsg".to_owned(),
        content: content.to_vec().into(),
        ..UpStreamMessage::default()
    }
}

/// A room's text message. `content` is JSON.
pub(crate) fn room_message(room: &str, content: &[u8], id: u16) -> ClientFrame {
    ClientFrame::Publish(Request::new(Topic::ChatMsg, room, id, text(content).encode_to_vec().into()))
}

/// A text message in a channel of the ultra group. `content` is JSON.
pub(crate) fn channel_message(channel: &str, content: &[u8], id: u16) -> ClientFrame {
    let message = UpStreamMessage { bus_channel: Some(channel.to_owned()), ..text(content) };
    ClientFrame::Publish(Request::new(
        Topic::UgMsg,
        super::ultra_group::GROUP,
        id,
        message.encode_to_vec().into(),
    ))
}

/// Asks for what was said in ultra groups behind `after`.
pub(crate) fn pull_ultra_groups(user: &str, after: i64, id: u16) -> ClientFrame {
    let asked = UltraGrpPullMsg { sync_time: after, ..UltraGrpPullMsg::default() };
    ClientFrame::Query(Request::new(Topic::PullUgMsg, user, id, asked.encode_to_vec().into()))
}

/// Joins a room, made if there is none.
pub(crate) fn join(room: &str, id: u16) -> ClientFrame {
    let asked = ChrmInput { nothing: 1, ..ChrmInput::default() };
    ClientFrame::Query(Request::new(Topic::JoinChrm, room, id, asked.encode_to_vec().into()))
}

/// Asks for what was said in a room behind `after`.
pub(crate) fn pull_room(room: &str, after: i64, id: u16) -> ClientFrame {
    // Nothing of what was said before.
    let asked = ChrmPullMsg { sync_time: after, count: -1, ..ChrmPullMsg::default() };
    ClientFrame::Query(Request::new(Topic::ChrmPull, room, id, asked.encode_to_vec().into()))
}

/// Asks for what the mailbox holds behind `after`.
pub(crate) fn pull(user: &str, after: i64, id: u16) -> ClientFrame {
    let asked = SyncRequestMsg {
        sync_time: Some(after),
        is_pull_send: Some(false),
        send_box_sync_time: Some(0),
        ..SyncRequestMsg::default()
    };
    ClientFrame::Query(Request::new(Topic::PullMsg, user, id, asked.encode_to_vec().into()))
}

/// `DownStreamMessages`, or the answer to a pull of a room, with its messages left encoded: they are counted, not read, as
/// MQTT's are.
#[derive(Clone, PartialEq, prost::Message)]
struct Package {
    #[prost(bytes = "bytes", repeated, tag = "1")]
    list: Vec<Bytes>,
    #[prost(int64, required, tag = "2")]
    sync_time: i64,
    #[prost(bool, optional, tag = "3")]
    finished: Option<bool>,
}

/// The content of a message that is still encoded.
pub(crate) fn content(message: Bytes) -> Result<Bytes, LoadError> {
    Ok(DownStreamMessage::decode(message).map_err(broken)?.content)
}

/// What a frame says.
pub(crate) fn heard(frame: ServerFrame) -> Result<Heard, LoadError> {
    Ok(match frame {
        ServerFrame::ConnAck(ack) if ack.accepted.is_some() => Heard::Accepted,
        ServerFrame::ConnAck(ack) => {
            return Err(LoadError::Protocol(format!("login refused with status {}", ack.status)));
        }
        ServerFrame::PubAck { id, status: 0, .. } => Heard::Taken(id),
        ServerFrame::PubAck { status, .. } => {
            return Err(LoadError::Protocol(format!("message refused with status {status}")));
        }
        ServerFrame::Publish { topic: Topic::SMsg, id, qos, .. } => {
            Heard::Message(if qos > 0 { id } else { 0 })
        }
        ServerFrame::Publish { topic: Topic::SNtf, id, qos, .. } => {
            Heard::Notice(if qos > 0 { id } else { 0 })
        }
        ServerFrame::Publish { topic: Topic::SCmd, id, qos, body, .. }
            if NotifyMsg::decode(body.clone()).is_ok_and(|notify| notify.r#type == ULTRA_GROUPS) =>
        {
            Heard::Notice(if qos > 0 { id } else { 0 })
        }
        // A number in the first field: the answer to joining. A package has messages there, or nothing.
        ServerFrame::QueryAck { status: 0, body, .. } if body.first() == Some(&0x08) => Heard::Joined,
        ServerFrame::QueryAck { id, qos, status: 0, body, .. } => {
            let package = Package::decode(body).map_err(broken)?;
            Heard::Package {
                id: if qos > 0 { id } else { 0 },
                messages: package.list,
                sync_time: package.sync_time,
                finished: package.finished.unwrap_or(true),
            }
        }
        ServerFrame::QueryAck { status, .. } => {
            return Err(LoadError::Protocol(format!("pull refused with status {status}")));
        }
        ServerFrame::Disconnect { status, .. } => {
            return Err(LoadError::Protocol(format!("sent away with status {status}")));
        }
        _ => Heard::Other,
    })
}
