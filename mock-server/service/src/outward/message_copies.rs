//! Full message routing: a copy of every message to the app's server (USER-011).
//!
//! Status messages never, refused ones never; those of the Server API where the switch says so; what the service itself
//! says in rooms never (assumed). Nothing is filtered here, so `sensitiveType` is always 0.

use wire::UnixMillis;

use crate::{
    core::{
        account::os_of,
        bug::Bug,
        io::CallbackKind,
        message::{Conversation, Message},
    },
    outward::Outward,
};

/// `channelType` of a conversation.
fn channel_type(conversation: Conversation) -> &'static str {
    match conversation {
        Conversation::Private => "PERSON",
        Conversation::Group => "GROUP",
        Conversation::Chatroom => "TEMPGROUP",
        Conversation::System => "NOTIFY",
        Conversation::UltraGroup => "ULTRAGROUP",
    }
}

/// The fields of a message's copy.
fn routed(message: &Message, platform: Option<&str>) -> Vec<(&'static str, String)> {
    // Own bytes decode.
    let down = message.as_sent();
    vec![
        ("fromUserId", message.from.to_string()),
        ("toUserId", message.target.to_string()),
        ("objectName", down.classname.clone()),
        ("content", String::from_utf8_lossy(&down.content).into_owned()),
        ("channelType", channel_type(message.conversation).to_owned()),
        ("msgTimestamp", message.time.0.to_string()),
        ("msgUID", message.uid.to_string()),
        ("originalMsgUID", String::new()),
        ("sensitiveType", "0".to_owned()),
        ("source", platform.map_or("Server", os_of).to_owned()),
        ("busChannel", down.bus_channel().to_owned()),
    ]
}

impl Outward<'_> {
    /// Copies a changed message of an ultra group: its new content, or the change of its expansion (UG-036). Which fields
    /// tell of it is assumed: a UID of its own, and the message's as `originalMsgUID`. `by`: absent for the app's server.
    pub(crate) fn route_change(
        &mut self,
        now: UnixMillis,
        message: &Message,
        expansion: Option<&str>,
        by: Option<crate::core::account::UserIx>,
    ) {
        let wanted =
            by.is_some() || self.core.switches.route_api_messages || self.core.has(Bug::RoutesApiMessages);
        if !wanted || !self.calls_back(CallbackKind::Messages) || self.core.has(Bug::RoutesNoChanges) {
            return;
        }
        let uid = self.core.ids.message_uid(now);
        let platform = by.and_then(|user| {
            let conn = self.core.accounts[user].connections.last()?;
            Some(self.core.platform_of(user, self.core.connections.get(conn)?.device))
        });
        let mut fields = routed(message, platform.as_deref());
        for (name, value) in &mut fields {
            match (*name, expansion) {
                ("objectName", Some(_)) => crate::core::expansion::CHANGE.clone_into(value),
                ("content", Some(change)) => change.clone_into(value),
                ("msgTimestamp", _) => *value = now.0.to_string(),
                ("originalMsgUID", _) => *value = message.uid.to_string(),
                ("msgUID", _) => *value = uid.to_string(),
                ("fromUserId", _) => {
                    if let Some(user) = by {
                        *value = self.core.accounts[user].id.to_string();
                    }
                }
                _ => {}
            }
        }
        self.call_back_with_form(now, CallbackKind::Messages, &fields);
    }

    /// Copies a message that was let through. `platform`: of the device that sent it, absent for the app's server.
    /// `directed`: the members of the group that alone get it.
    pub(crate) fn route(
        &mut self,
        now: UnixMillis,
        message: &Message,
        platform: Option<&str>,
        directed: &[String],
    ) {
        let wanted = platform.is_some()
            || self.core.switches.route_api_messages
            || self.core.has(Bug::RoutesApiMessages);
        let forgotten = match message.conversation {
            Conversation::Group => self.core.has(Bug::RoutesNoGroupMessages),
            Conversation::Chatroom => self.core.has(Bug::RoutesNoRoomMessages),
            Conversation::Private | Conversation::System | Conversation::UltraGroup => false,
        };
        if !wanted || forgotten || !self.calls_back(CallbackKind::Messages) {
            return;
        }
        let mut fields = routed(message, platform);
        fields.extend(directed.iter().map(|id| ("groupUserIds", id.clone())));
        self.call_back_with_form(now, CallbackKind::Messages, &fields);
    }
}
