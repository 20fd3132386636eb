//! Server-side acts: one object with one key, the same in scenarios and in the control API.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    core::{bug::Bug, fault::Fault, switch::AppLevel},
    doors::operator::setup::BacklogConversation,
};

/// Something the service does by itself, or its operator.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum Act {
    /// Logs a user's devices out, as if another device had logged in.
    Kick(OnUser),
    /// Bans a user: the connection is cut, new ones are refused (CONN-030, CONN-031).
    Ban(Ban),
    /// Lifts a ban (CONN-032).
    Unban(OnUser),
    /// Cancels an account (USER-005).
    Deactivate(OnUser),
    /// Brings it back, without its data.
    Reactivate(OnUser),
    /// Makes the user's tokens issued until now invalid (CONN-020).
    InvalidateTokens(OnUser),
    /// Closes connections without a word.
    Cut(Cut),
    /// Sends every device of a user elsewhere: DISCONNECT with a redirect.
    Redirect(OnUser),
    /// Publishes a message as the app server would, without a signature.
    Push(Push),
    /// Resets a chatroom: its members have to join again, and what it held is gone (CHST-002).
    ResetChatroom(OnChatroom),
    /// Puts a user on another's blacklist.
    Blacklist(Blacklist),
    /// Takes one off.
    Unblacklist(Blacklist),
    /// Sets a switch.
    SetSwitch(SetSwitch),
    /// Sets do-not-disturb of the whole app, as the vendor does on request (DND-005 to DND-012).
    SetAppLevel(SetAppLevel),
    /// Misbehaves on purpose, or stops to.
    Misbehave(Misbehave),
    /// Arms a fault.
    Fault(Fault),
    /// Disarms all faults.
    ClearFaults(Empty),
}

/// No arguments: `{}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Empty {}

/// A user, and optionally one platform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OnUser {
    /// User id.
    pub user: String,
    /// Only devices of that platform's class.
    #[serde(default)]
    pub platform: Option<String>,
}

/// A chatroom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OnChatroom {
    /// Its id.
    pub chatroom: String,
}

/// A ban.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Ban {
    /// User id.
    pub user: String,
    /// 1 to 43,200 minutes.
    pub minutes: u32,
}

/// Connections to cut.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Cut {
    /// User id.
    pub user: String,
    /// Only devices of that platform's class.
    #[serde(default)]
    pub platform: Option<String>,
    /// How.
    #[serde(default)]
    pub how: CutHow,
}

/// How a connection is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum CutHow {
    /// The stream ends.
    #[default]
    Fin,
    /// The stream is reset.
    Rst,
}

/// A message from the service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Push {
    /// Sender; it need not be registered.
    pub from: String,
    /// Receiver, the group, the chatroom or the ultra group.
    pub to: String,
    /// Conversation.
    #[serde(default)]
    pub conversation: BacklogConversation,
    /// Channel of the ultra group; the default one if not given.
    #[serde(default)]
    pub channel: String,
    /// The message.
    pub message: PushMessage,
    /// How many times; `{n}` in `text` becomes the number from 1.
    #[serde(default = "one")]
    pub count: u32,
}

fn one() -> u32 {
    1
}

/// A message to push: `text`, or `objectName` with `content`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct PushMessage {
    /// Text of an `RC:TxtMsg`.
    pub text: Option<String>,
    /// Object name; `RC:TxtMsg` if not given.
    pub object_name: Option<String>,
    /// Body as JSON, instead of `text`.
    pub content: Option<serde_json::Value>,
}

/// A blacklist entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Blacklist {
    /// Whose list.
    pub owner: String,
    /// Whom it refuses.
    pub user: String,
}

/// A switch to set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SetSwitch {
    /// One of [`Switches::NAMES`](crate::switch::Switches::NAMES).
    pub name: String,
    /// Its new value.
    pub value: bool,
}

/// Do-not-disturb of the whole app.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SetAppLevel {
    /// The level.
    pub level: AppLevel,
}

/// A bug to switch on or off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Misbehave {
    /// Which.
    pub bug: Bug,
    /// On or off.
    pub on: bool,
}

/// Why an act was not carried out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ActError {
    /// An argument names nothing that exists, or is out of range.
    #[error("{0}")]
    Argument(String),
}
