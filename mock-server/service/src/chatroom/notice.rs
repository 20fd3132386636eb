//! What a room's members are told: that there are messages or entries, who came and went, that the room is gone.

use bytes::Bytes;
use prost::Message as _;
use serde_json::json;
use wire::code::notify;
use wire::{
    ServerFrame, Topic, UnixMillis,
    body::{DownStreamMessage, NotifyMsg, UpStreamMessage},
};

use crate::{
    chatroom::{Chatrooms, message::Speaker},
    core::{
        account::UserIx,
        bug::Bug,
        io::ConnId,
        message::{Message, Side},
    },
    mail::keeping::store,
    outward::push::PushPlace,
};

/// Members that came or went.
const MEMBERS_CHANGED: &str = "RC:ChrmMemChange";

impl Chatrooms<'_> {
    /// "Something new, pull": encoded once for all of them.
    pub(super) fn notify_seats(&mut self, now: UnixMillis, id: &str, conns: &[ConnId], time: UnixMillis) {
        let notify = NotifyMsg {
            r#type: notify::CHATROOM,
            time: Some(time.0),
            chrm_id: Some(id.to_owned()),
            ..NotifyMsg::default()
        };
        self.tell_conns(now, conns, &Topic::SNtf, id, &notify.encode_to_vec().into());
    }

    /// "Entries have changed, pull."
    pub(super) fn notify_entries(&mut self, now: UnixMillis, id: &str, conns: &[ConnId], time: UnixMillis) {
        let notify = NotifyMsg {
            r#type: notify::CHATROOM,
            time: Some(time.0),
            chrm_id: Some(id.to_owned()),
            ..NotifyMsg::default()
        };
        self.tell_conns(now, conns, &Topic::SCmd, id, &notify.encode_to_vec().into());
    }

    /// The room is gone. Old engines take the room from the frame, new ones from the body.
    pub(super) fn notify_gone(&mut self, now: UnixMillis, id: &str, conns: &[ConnId], destroy_type: i32) {
        let notify = NotifyMsg {
            r#type: notify::CHATROOM_GONE,
            time: Some(now.0),
            chrm_id: Some(id.to_owned()),
            destroy_type: Some(destroy_type),
        };
        self.tell_conns(now, conns, &Topic::SCmd, id, &notify.encode_to_vec().into());
    }

    fn tell_conns(&mut self, now: UnixMillis, conns: &[ConnId], topic: &Topic, id: &str, body: &Bytes) {
        for conn in conns {
            let frame = ServerFrame::Publish {
                dup: false,
                qos: 0,
                seconds: now.seconds(),
                topic: topic.clone(),
                target: id.to_owned(),
                id: 0,
                body: body.clone(),
            };
            self.core.send(now, *conn, frame, None);
        }
    }

    /// Tells the others who came or went, where that is switched on (CHST-015, CHST-016, CHKICK-010). Who joins later
    /// does not get it.
    pub(super) fn tell_members(&mut self, now: UnixMillis, id: &str, users: &[UserIx], came: bool) {
        let on = self.core.switches.chatroom_member_changes && !self.core.has(Bug::NoMemberChanges);
        if !on && !self.core.has(Bug::AlwaysMemberChanges) {
            return;
        }
        let Some(first) = users.first().copied() else { return };
        let Some(count) = self.state.get(id).map(|room| room.members.len()) else { return };
        let list: Vec<_> = users
            .iter()
            .map(|user| json!({"userId": &*self.core.accounts[*user].id, "status": i32::from(came)}))
            .collect();
        let content = json!({"userList": list, "memberCount": count});
        self.service_says(now, id, first, MEMBERS_CHANGED, &content);
    }

    /// A message of the service's own, in a user's name; it is not given to that user.
    pub(super) fn service_says(
        &mut self,
        now: UnixMillis,
        id: &str,
        user: UserIx,
        classname: &str,
        content: &serde_json::Value,
    ) {
        let up = UpStreamMessage {
            classname: classname.to_owned(),
            content: content.to_string().into(),
            ..UpStreamMessage::default()
        };
        let speaker = Speaker { user, from: None, is_service: true, to_speaker: false };
        self.say(now, id, &speaker, up);
    }

    /// A message straight to a user's devices, whether or not they are in the room.
    pub(crate) fn tell_user(
        &mut self,
        now: UnixMillis,
        id: &str,
        user: UserIx,
        classname: &str,
        content: &serde_json::Value,
    ) {
        let down = DownStreamMessage {
            from_user_id: self.core.accounts[user].id.to_string(),
            r#type: crate::core::message::Conversation::Chatroom as i32,
            group_id: Some(id.to_owned()),
            classname: classname.to_owned(),
            content: content.to_string().into(),
            data_time: now.0,
            status: 0,
            msg_id: Some(self.core.ids.message_uid(now).to_string()),
            ..DownStreamMessage::default()
        };
        let body: Bytes = down.encode_to_vec().into();
        let target = self.core.accounts[user].id.to_string();
        let conns = self.core.connections_of(user, None);
        self.tell_conns(now, &conns, &Topic::SMsg, &target, &body);
    }

    /// [`Bug::RoomReachesEveryone`]: the newest message goes to every connection, member or not.
    pub(super) fn show_to_everyone(&mut self, now: UnixMillis, id: &str, conns: &[ConnId]) {
        let Some(message) = self.state.get(id).and_then(|room| room.messages.back()) else { return };
        let body = message.message.room_bytes(Side::Inbox);
        self.tell_conns(now, conns, &Topic::SMsg, id, &body);
    }

    /// [`Bug::PushesRoomMessages`]: members who are offline get a push notification.
    pub(super) fn push_to_absent(&mut self, now: UnixMillis, id: &str, message: &Message) {
        let offline = self.state.get(id).map(|room| room.offline.keys().copied().collect::<Vec<_>>());
        for user in offline.unwrap_or_default() {
            self.outward().record_push(now, user, message, PushPlace::default());
        }
    }

    /// `keeps_room_messages`: members who are offline find it in their mailboxes.
    pub(super) fn keep_for_absent(&mut self, now: UnixMillis, id: &str, message: &Message) {
        let offline = self.state.get(id).map(|room| room.offline.keys().copied().collect::<Vec<_>>());
        for user in offline.unwrap_or_default() {
            let time = self.mailboxes[user].next_time(message.time);
            store(
                self.mailboxes,
                self.core,
                now,
                user,
                std::sync::Arc::new(message.copy_as(message.uid, time)),
            );
        }
    }
}
