//! Typing states of private chats (TYPE): status messages that nobody keeps.
//!
//! How long a state lasts and how often it is told is not documented. As assumed after the vendor's native engines: a
//! state ends six seconds after it was told last, or with the peer's message; while a state of ours lasts it is told once.

use std::collections::BTreeMap;

use prost::Message as _;
use serde_json::{Value, json};
use wire::{ClientFrame, Request, Topic, UnixMillis, body::DownStreamMessage};

use crate::{
    core::{
        bug::Bug,
        code,
        io::CallResult,
        message::{Object, text},
    },
    mail::{Mail, signal::up},
};

/// Object name of a typing state.
pub(crate) const TYPING: &str = "RC:TypSts";

/// How long a state lasts on either side.
const LASTS: std::time::Duration = std::time::Duration::from_secs(6);

/// What a peer is typing.
#[derive(Debug)]
struct State {
    content_type: String,
    sent_time: i64,
    until: UnixMillis,
}

/// Who is typing, and to whom we have said that we are.
#[derive(Debug, Default)]
pub(crate) struct Typing {
    /// By peer: until when our state lasts there.
    told: BTreeMap<String, UnixMillis>,
    /// By peer: its state.
    peers: BTreeMap<String, State>,
}

impl Typing {
    /// When the next state of a peer ends.
    pub(crate) fn deadline(&self) -> Option<UnixMillis> {
        self.peers.values().map(|state| state.until).min()
    }

    /// A message of ours ends our state: what is typed next is told anew.
    pub(crate) fn sent(&mut self, peer: &str) {
        self.told.remove(peer);
    }
}

impl Mail<'_> {
    /// `sendTypingStatus(type, targetId, channelId, currentType)`: private chats only (TYPE-002). The promise is the
    /// only result, and a state that cannot be told is of no use later.
    pub(crate) fn send_typing(&mut self, now: UnixMillis, args: &Object) -> CallResult {
        let (peer, content_type) = (text(args, "targetId"), text(args, "currentType"));
        if text(args, "type") != "private" || peer.is_empty() || content_type.is_empty() {
            return CallResult::Code(code::PARAM_ERROR);
        }
        let lasts = self.state.typing.told.get(&peer).is_some_and(|until| now < *until);
        if !self.core.link.is_online() || lasts {
            return CallResult::Code(0);
        }
        self.state.typing.told.insert(peer.clone(), now + LASTS);
        let up = up(TYPING, &json!({"typingContentType": content_type, "data": ""}), Vec::new());
        // Nobody waits for the answer.
        let id = self.core.requests.next_id();
        let topic = if self.core.has(Bug::TypingIsStored) { Topic::PpMsgP } else { Topic::PpMsgS };
        let request = Request::new(topic, &peer, id, up.encode_to_vec().into());
        self.core.write(ClientFrame::Publish(request));
        CallResult::Code(0)
    }

    /// A peer types; told to the app when that is new, or is another kind of message than before (TYPE-003).
    pub(crate) fn typing_received(&mut self, now: UnixMillis, down: &DownStreamMessage) {
        let Ok(Value::Object(content)) = serde_json::from_slice(&down.content) else { return };
        let mut content_type = text(&content, "typingContentType");
        if content_type != "RC:TxtMsg" && !content_type.is_empty() && self.core.has(Bug::TypingKindLost) {
            content_type = "RC:TxtMsg".to_owned();
        }
        let peer = down.from_user_id.clone();
        if down.r#type != 1 || down.is_own() || content_type.is_empty() {
            return;
        }
        let state = State { content_type, sent_time: down.data_time, until: now + LASTS };
        match self.state.typing.peers.get_mut(&peer) {
            Some(known) if known.content_type == state.content_type && !self.core.has(Bug::TypingRetold) => {
                known.until = state.until;
            }
            _ => {
                self.state.typing.peers.insert(peer.clone(), state);
                self.tell_typing(&peer);
            }
        }
    }

    /// The peer's message is what it typed.
    pub(crate) fn typing_ended(&mut self, peer: &str) {
        if self.state.typing.peers.remove(peer).is_some() {
            self.tell_typing(peer);
        }
    }

    /// Ends the states whose time is over.
    pub(crate) fn typing_overdue(&mut self, now: UnixMillis) {
        if self.state.typing.peers.values().any(|state| state.until <= now)
            && self.core.has(Bug::TypingNeverEnds)
        {
            // Not asked again at once.
            for state in self.state.typing.peers.values_mut() {
                state.until = now + LASTS * 1000;
            }
        }
        let over = self.state.typing.peers.iter().filter(|(_, state)| state.until <= now);
        let over: Vec<String> = over.map(|(peer, _)| peer.clone()).collect();
        for peer in over {
            self.typing_ended(&peer);
        }
    }

    fn tell_typing(&mut self, peer: &str) {
        let users: Vec<Value> = self
            .state
            .typing
            .peers
            .get(peer)
            .map(|state| {
                json!({"userId": peer, "contentType": state.content_type, "sentTime": state.sent_time})
            })
            .into_iter()
            .collect();
        self.core.fire(
            "onTypingStatusChanged",
            json!({"type": "private", "targetId": peer, "channelId": "", "userTypingStatus": users}),
        );
    }
}
