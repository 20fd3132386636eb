//! A message as the service keeps it: encoded once, in the receivers' view, shared by all who get it.

use std::sync::Arc;

use bytes::Bytes;
use prost::Message as _;
use serde_json::json;
use wire::{
    UnixMillis,
    body::{DownStreamMessage, UpStreamMessage},
    flags,
};

use crate::core::{
    account::{Accounts, UserIx},
    ids::Uid,
    mention::{Mention, Mentioned},
};

/// Prefix of the vendor's own object names. Pushes of others show only what their sender wrote for them.
const OWN_PREFIX: &str = "RC:";

/// Conversation types that mailboxes know, with their wire numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(i32)]
pub(crate) enum Conversation {
    Private = 1,
    Group = 3,
    /// `TEMPGROUP` on the wire; no mailbox holds its messages.
    Chatroom = 4,
    System = 6,
    /// `ULTRAGROUP`; no mailbox holds its messages either.
    UltraGroup = 10,
}

/// One message. Everything but the head is in `sent`.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    pub(crate) uid: Uid,
    pub(crate) time: UnixMillis,
    pub(crate) conversation: Conversation,
    pub(crate) from: Arc<str>,
    /// The peer, or the group.
    pub(crate) target: Arc<str>,
    /// The channel of an ultra group.
    pub(crate) channel: Option<Arc<str>>,
    /// Adds to unread counts and is worth a push.
    pub(crate) counted: bool,
    /// The sender asked for no push.
    pub(crate) silent: bool,
    /// A push has something to show: a message of the vendor's own types, or its sender wrote a text for pushes.
    pub(crate) shows: bool,
    /// What a push carries for the app.
    pub(crate) push_data: Option<Box<str>>,
    /// Participants may put pairs on it (EXP-001).
    pub(crate) expandable: bool,
    /// `DownStreamMessage` as it was sent: without `direction`. Read through [`Message::bytes`].
    sent: Bytes,
    /// Who gets the bit of mentions.
    flagged: Mentioned,
    /// The same without that bit, where its sender set it and not all get it.
    unflagged: Option<Bytes>,
}

impl Message {
    /// Encodes what `from` sent for its receivers. `status_message`: shown, never stored.
    pub(crate) fn new(
        uid: Uid,
        time: UnixMillis,
        conversation: Conversation,
        from: Arc<str>,
        target: Arc<str>,
        up: UpStreamMessage,
        status_message: bool,
    ) -> Self {
        let written = up.push_text.as_deref().is_some_and(|text| !text.is_empty());
        let shows = written || up.classname.starts_with(OWN_PREFIX);
        let down = DownStreamMessage {
            from_user_id: from.to_string(),
            r#type: conversation as i32,
            group_id: matches!(
                conversation,
                Conversation::Group | Conversation::Chatroom | Conversation::UltraGroup
            )
            .then(|| target.to_string()),
            classname: up.classname,
            content: up.content,
            data_time: time.0,
            status: flags::up_to_down(up.session_id),
            msg_id: Some(uid.to_string()),
            client_unique_id: up.client_unique_id,
            extra_content: up.extra_content,
            push_content: up.push_text,
            config_flag: up.config_flag,
            push_ext: up.push_ext,
            bus_channel: up.bus_channel,
            ext_status: status_message.then_some(flags::ext::STATUS),
            option_bits: up.option_bits,
            metadata: up.metadata,
            ref_data: up.ref_data,
            ..DownStreamMessage::default()
        };
        let Encoded { sent, flagged, unflagged } = Encoded::of(conversation, down);
        Self {
            counted: up.session_id & flags::up::COUNT != 0,
            silent: up.session_id & flags::up::SILENT != 0,
            shows,
            push_data: up.app_data.map(String::into_boxed_str),
            expandable: crate::core::expansion::is_expandable(up.session_id),
            sent,
            flagged,
            unflagged,
            uid,
            time,
            conversation,
            from,
            target,
            channel: None,
        }
    }

    /// The message as its sender wrote it, for who is neither side of it: logs, the app's server, pushes.
    pub(crate) fn as_sent(&self) -> DownStreamMessage {
        // Own bytes decode.
        DownStreamMessage::decode(self.sent.clone()).unwrap_or_default()
    }

    /// The message as `reader` gets it. This and nothing else decides two things. `direction`: what came for a user has
    /// none, what a user sent has it, and its peer in `fromUserId` where the peer names the conversation. And the bit of
    /// mentions: a receiver has it where the message mentions it.
    pub(crate) fn body(&self, side: Side, reader: &str) -> DownStreamMessage {
        let mut down = self.as_sent();
        if side == Side::Inbox && !self.is_flagged_for(reader) {
            down.status &= !flags::down::MENTION;
        }
        if side == Side::Outbox {
            down.direction = Some(true);
            if self.conversation == Conversation::Private {
                down.from_user_id = self.target.to_string();
                down.group_id = Some(self.target.to_string());
            }
        }
        down
    }

    /// [`Message::body`], encoded: what came for users, all share who are mentioned alike.
    pub(crate) fn bytes(&self, side: Side, reader: &str) -> Bytes {
        match side {
            Side::Inbox if self.is_flagged_for(reader) => self.sent.clone(),
            Side::Inbox => self.unflagged.as_ref().unwrap_or(&self.sent).clone(),
            Side::Outbox => self.body(side, reader).encode_to_vec().into(),
        }
    }

    fn is_flagged_for(&self, reader: &str) -> bool {
        self.flagged.of(reader) != Mention::Nothing
    }

    /// [`Message::bytes`] of a message in a chatroom, where mentions have no meaning and nobody's differ.
    pub(crate) fn room_bytes(&self, side: Side) -> Bytes {
        debug_assert!(self.is_alike_for_all(), "rooms know no mentions");
        self.bytes(side, "")
    }

    /// Whether everybody it came for gets the same bytes.
    pub(crate) fn is_alike_for_all(&self) -> bool {
        !matches!(self.flagged, Mentioned::Users(_))
    }

    /// The length of its bytes; both sides' are about as long.
    pub(crate) fn len(&self) -> usize {
        self.sent.len()
    }

    /// The same message, UID and time, with something else in it.
    pub(crate) fn edited(&self, edit: impl FnOnce(&mut DownStreamMessage)) -> Self {
        let mut down = self.as_sent();
        edit(&mut down);
        let Encoded { sent, flagged, unflagged } = Encoded::of(self.conversation, down);
        Self { sent, flagged, unflagged, ..self.clone() }
    }

    /// The same content under a new UID and time, for bugs that double messages.
    pub(crate) fn copy_as(&self, uid: Uid, time: UnixMillis) -> Self {
        let edited = self.edited(|down| {
            down.msg_id = Some(uid.to_string());
            down.data_time = time.0;
        });
        Self { uid, time, ..edited }
    }
}

/// A message's bytes, and for whom they are.
struct Encoded {
    sent: Bytes,
    flagged: Mentioned,
    unflagged: Option<Bytes>,
}

impl Encoded {
    fn of(conversation: Conversation, mut down: DownStreamMessage) -> Self {
        down.direction = None;
        let flagged = Mentioned::flagged(conversation, down.status, &down.content);
        let sent = down.encode_to_vec().into();
        let all = flagged == Mentioned::All || down.status & flags::down::MENTION == 0;
        let unflagged = (!all).then(|| {
            down.status &= !flags::down::MENTION;
            down.encode_to_vec().into()
        });
        Self { sent, flagged, unflagged }
    }
}

/// What [`Bug::StripsContent`](crate::bug::Bug::StripsContent) loses.
pub(crate) const BESIDE_CONTENT: [&str; 3] = ["user", "mentionedInfo", "extra"];

/// What [`Bug::StripsMedia`](crate::bug::Bug::StripsMedia) loses; `content` is the thumbnail.
pub(crate) const OF_FILES: [&str; 8] =
    ["content", "duration", "name", "size", "type", "gifDataSize", "width", "height"];

/// Object names of messages that name a file.
pub(crate) const WITH_FILE: [&str; 5] = ["RC:ImgMsg", "RC:HQVCMsg", "RC:FileMsg", "RC:SightMsg", "RC:GIFMsg"];

/// Takes properties out of a content.
pub(crate) fn strip(up: &mut UpStreamMessage, lost: &[&str]) {
    if let Ok(serde_json::Value::Object(mut content)) = serde_json::from_slice(&up.content) {
        for name in lost {
            content.remove(*name);
        }
        up.content = serde_json::Value::Object(content).to_string().into();
    }
}

/// Whose copy of a message it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// It came for this user.
    Inbox,
    /// This user sent it, from the device with that number.
    Outbox,
}

impl Side {
    /// The side of who sent a message, or of who did not.
    pub(crate) fn of(own: bool) -> Self {
        if own { Self::Outbox } else { Self::Inbox }
    }
}

/// What became of a message that somebody sent.
pub(crate) struct Posted {
    pub(crate) uid: Uid,
    pub(crate) time: UnixMillis,
}

/// An upstream text message, for messages of the service's own making.
pub(crate) fn text(text: &str) -> UpStreamMessage {
    UpStreamMessage {
        session_id: flags::up::PERSIST | flags::up::COUNT,
        classname: "RC:TxtMsg".to_owned(),
        content: serde_json::json!({ "content": text }).to_string().into(),
        ..UpStreamMessage::default()
    }
}

/// Who recalls what.
pub(crate) struct Recall {
    pub(crate) by: UserIx,
    pub(crate) uid: Uid,
    /// Shown as an administrator's doing.
    pub(crate) admin: bool,
    /// Nothing stays in its place.
    pub(crate) delete: bool,
}

/// Object name of the notice that stands where a recalled message stood.
pub(crate) const NOTICE: &str = "RC:RcNtf";

/// Object name of the command that recalls a message.
pub(crate) const COMMAND: &str = "RC:RcCmd";

/// Commands are delivered and never read again, whatever their flags say.
pub(crate) fn is_archived(up: &UpStreamMessage) -> bool {
    up.session_id & flags::up::PERSIST != 0 && up.classname != COMMAND
}

/// The notice for a message that is recalled; none where nothing stays in its place.
pub(crate) fn notice_of(
    accounts: &Accounts,
    now: UnixMillis,
    original: &Message,
    recall: &Recall,
) -> Option<Arc<Message>> {
    let operator = accounts[recall.by].id.clone();
    (!recall.delete).then(|| {
        Arc::new(original.edited(|down| {
            let content = json!({
                "operatorId": &*operator, "recallTime": original.time.0, "recallActionTime": now.0,
                "originalObjectName": down.classname, "admin": recall.admin, "delete": recall.delete,
            });
            down.classname = NOTICE.to_owned();
            down.content = content.to_string().into();
            down.extra_content = None;
            down.push_content = None;
        }))
    })
}
