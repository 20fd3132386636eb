//! Private chats, groups and system conversations: what is sent, what arrives, what becomes of it (SEND, RECV, OFFL).

pub(crate) mod delete;
pub(crate) mod expansion;
pub(crate) mod history;
pub(crate) mod inbox;
mod push;
pub(crate) mod read_sync;
pub(crate) mod recall;
pub(crate) mod receipt;
pub(crate) mod send;
pub(crate) mod signal;
pub(crate) mod typing;

use wire::{Topic, UnixMillis};

use crate::core::{
    Core,
    bug::Bug,
    code,
    message::{self, Object},
    requests::{Asked, Reply, Way},
};

use self::{inbox::Inbox, send::SendEvents, signal::Signal, typing::Typing};

/// What the engine knows of the mailbox beside its store.
#[derive(Debug, Default)]
pub(crate) struct MailState {
    pub(crate) inbox: Inbox,
    pub(crate) typing: Typing,
    pub(crate) asked: Asked<Call>,
    /// What a deliberate bug holds back until there is a connection.
    held: Vec<Held>,
    /// This engine has fetched before.
    begun: bool,
}

/// A request as it goes out.
type Held = (Topic, String, Vec<u8>, Call);

/// The mailbox, and what it may touch.
pub(crate) struct Mail<'e> {
    pub(crate) core: &'e mut Core,
    pub(crate) state: &'e mut MailState,
}

/// What an unanswered request is about.
#[derive(Debug)]
pub(crate) enum Call {
    /// A message of the app, and the callbacks that tell of it.
    Send { message: Object, events: SendEvents },
    /// A receipt, or a read state for other devices.
    Signal(Signal),
    /// A package of the mailbox.
    Pull,
    /// A page of the server's history.
    Load(Box<history::Load>),
    /// Clearing the server's history by time.
    Clear(Box<delete::Clear>),
    /// Deleting messages from the server's history.
    Delete(Box<delete::Delete>),
    /// A recall of that message.
    Recall(Object),
    /// A change of the expansion of the message of that UID.
    Expansion { uid: String, change: expansion::Change },
}

impl Call {
    fn way(&self) -> Way {
        match self {
            Self::Send { .. } | Self::Signal(_) | Self::Recall(_) | Self::Expansion { .. } => Way::Publish,
            Self::Pull | Self::Load(_) | Self::Clear(_) | Self::Delete(_) => Way::Query,
        }
    }
}

impl Mail<'_> {
    /// Sends a request, or ends it at once where there is no connection.
    pub(crate) fn ask(&mut self, now: UnixMillis, topic: Topic, target: &str, body: Vec<u8>, call: Call) {
        if !self.core.link.is_online()
            && matches!(call, Call::Send { .. })
            && self.core.has(Bug::SendsWhenBack)
        {
            return self.state.held.push((topic, target.to_owned(), body, call));
        }
        match self.core.ask(now, topic, target, body, call.way()) {
            Some(id) => self.state.asked.keep(id, call),
            None => self.answered(now, call, Reply::none(code::NOT_CONNECTED)),
        }
    }

    /// A request has ended.
    pub(crate) fn answered(&mut self, now: UnixMillis, call: Call, reply: Reply) {
        let Reply { code, body, time, uid } = reply;
        match call {
            Call::Send { .. } if code == code::CONNECTION_LOST && self.core.has(Bug::CutSwallowsResults) => {}
            Call::Send { message, events }
                if code == code::CONNECTION_LOST && self.core.has(Bug::ResendsAfterCut) =>
            {
                let kind = message::text(&message, "conversationType");
                let again = message::outgoing(&message).zip(send::topic(&kind, false));
                if let Some((out, topic)) = again {
                    let target = message::text(&message, "targetId");
                    let body = prost::Message::encode_to_vec(&out.up);
                    self.state.held.push((topic, target, body, Call::Send { message, events }));
                }
            }
            Call::Send { message, events } => {
                send::sent(self.core, message, events, code, (code == 0).then_some((time, uid)));
            }
            Call::Signal(signal) => signal::answered(self.core, signal, code, (code == 0).then_some(uid)),
            Call::Pull if code == 0 => self.package(now, &body),
            Call::Pull => self.pull_failed(now, code),
            Call::Load(load) => history::answered(self.core, &load, code, &body),
            Call::Clear(clear) => delete::cleared(self.core, &clear, code),
            Call::Delete(delete) => delete::deleted(self.core, &delete, code),
            Call::Recall(message) => recall::answered(self.core, now, message, code),
            Call::Expansion { uid: message, change } => {
                expansion::answered(self.core, &message, &change, code, &uid);
            }
        }
    }
}
