//! How a world begins: the `service:` section of a scenario, `--world FILE.yaml` and `PUT /apps/{appKey}`.

use std::{collections::BTreeMap, fmt};

use schemars::JsonSchema;
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{MapAccess, Visitor, value::MapAccessDeserializer},
};
use wire::UnixMillis;

use crate::{
    chatroom::ChatroomSetup,
    core::{
        given,
        limits::Limits,
        message::Conversation,
        preset::Preset,
        switch::{AppLevel, Switches},
    },
    outward::callback::Callbacks,
    ultra_group::UltraGroupSetup,
};

/// A world's beginning.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct WorldSetup {
    /// App Secret; `mock-secret` if not given.
    pub app_secret: Option<String>,
    /// Start of virtual time, unix milliseconds; 2026-01-01T00:00:00Z (1767225600000) if not given.
    pub start: Option<UnixMillis>,
    /// Registered users.
    pub users: Vec<UserSetup>,
    /// Tokens by a name that steps refer to as `$token.NAME`; every user also has a valid one, `$USER.token`.
    pub tokens: BTreeMap<String, TokenSetup>,
    /// Groups and their members.
    pub groups: BTreeMap<String, Vec<String>>,
    /// Chatrooms that exist, by id: `{}`, or with a name and entries.
    pub chatrooms: BTreeMap<String, ChatroomSetup>,
    /// Ultra groups, their members and channels, by id; the switch `ultraGroup` turns the service on.
    pub ultra_groups: BTreeMap<String, UltraGroupSetup>,
    /// The only object names that joining a chatroom brings; any where there are none (CHRM-034).
    pub chatroom_join_types: Vec<String>,
    /// Where the app's own server is told of what happens.
    pub callbacks: Callbacks,
    /// Do-not-disturb level of the whole app, which only the vendor sets (DND-006 to DND-012, DND-045).
    pub app_level: AppLevel,
    /// A user's blacklist: owner, then whom it refuses.
    pub blacklists: BTreeMap<String, Vec<String>>,
    /// A user's white list, switched on: owner, then whom alone it takes messages from.
    pub whitelists: BTreeMap<String, Vec<String>>,
    /// Messages that wait before anybody connects, in order.
    pub backlog: Vec<BacklogSetup>,
    /// What switches and limits are that this set-up does not name; `documented` if not given and the server was started
    /// with no other.
    pub preset: Option<Preset>,
    /// Switches that differ from the preset's.
    #[serde(deserialize_with = "given::read")]
    pub switches: Switches,
    /// Limits that differ from the preset's.
    #[serde(deserialize_with = "given::read")]
    pub limits: Limits,
}

impl WorldSetup {
    /// What reads as the same set-up again: of its switches and limits those that somebody named, or that differ from their
    /// defaults. What is not named a preset decides.
    #[must_use]
    pub fn as_given(&self) -> serde_json::Value {
        // A set-up has no keys but texts.
        let mut fields = serde_json::to_value(self).unwrap_or_default();
        fields["switches"] = given::only(&self.switches);
        fields["limits"] = given::only(&self.limits);
        fields
    }
}

/// A registered user: a plain id, or a mapping with more.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UserSetup {
    /// User id.
    pub id: String,
    /// Display name; the id if not given.
    pub name: Option<String>,
    /// Portrait address.
    pub portrait: Option<String>,
    /// Banned for so many minutes from the start.
    pub banned_minutes: Option<u32>,
    /// Deactivated: the account is cancelled.
    pub deactivated: bool,
}

/// The mapping form, which serde reads for us.
#[derive(Deserialize, JsonSchema, Default)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct UserMapping {
    id: String,
    name: Option<String>,
    portrait: Option<String>,
    banned_minutes: Option<u32>,
    deactivated: bool,
}

// By hand, not `untagged`: that would lose the place of a mistake inside the mapping.
impl<'de> Deserialize<'de> for UserSetup {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = UserSetup;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a user id, or a mapping with `id`")
            }
            fn visit_str<E>(self, id: &str) -> Result<UserSetup, E> {
                Ok(UserSetup { id: id.to_owned(), ..UserSetup::default() })
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<UserSetup, A::Error> {
                let UserMapping { id, name, portrait, banned_minutes, deactivated } =
                    UserMapping::deserialize(MapAccessDeserializer::new(map))?;
                Ok(UserSetup { id, name, portrait, banned_minutes, deactivated })
            }
        }
        deserializer.deserialize_any(Either)
    }
}

impl JsonSchema for UserSetup {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "UserSetup".into()
    }
    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let mapping = generator.subschema_for::<UserMapping>();
        schemars::json_schema!({ "anyOf": [{ "type": "string" }, mapping] })
    }
}

/// A token that is not simply valid.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TokenSetup {
    /// Whose it is.
    pub user: String,
    /// What is the matter with it.
    #[serde(default)]
    pub kind: TokenKind,
    /// Lifetime from the start, milliseconds; without end if not given.
    #[serde(default)]
    pub lifetime_ms: Option<u64>,
}

/// Kinds of tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum TokenKind {
    /// Accepted.
    #[default]
    Valid,
    /// Its lifetime was over before the start (CONN-014).
    Expired,
    /// Never issued (CONN-012).
    Unknown,
    /// Issued for another App Key (CONN-013).
    OtherApp,
}

/// Messages that wait.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BacklogSetup {
    /// Sender.
    pub from: String,
    /// Receiver, or the group.
    pub to: String,
    /// Conversation: `private`, `group`, `chatroom`, `ultraGroup`, `system`.
    #[serde(default)]
    pub conversation: BacklogConversation,
    /// Channel of the ultra group; the default one if not given.
    #[serde(default)]
    pub channel: String,
    /// How many.
    #[serde(default = "one")]
    pub count: u32,
    /// Text of an `RC:TxtMsg`; `{n}` becomes the number from 1.
    #[serde(default = "numbered")]
    pub text: String,
    /// How long before the start the last one was sent, milliseconds; a second at least.
    #[serde(default)]
    pub age_ms: u64,
}

fn one() -> u32 {
    1
}

fn numbered() -> String {
    "message {n}".to_owned()
}

/// Where waiting messages stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum BacklogConversation {
    /// One to one.
    #[default]
    Private,
    /// In a group; `to` names it.
    Group,
    /// In a chatroom; `to` names it.
    Chatroom,
    /// In an ultra group; `to` names it, `channel` where in it.
    UltraGroup,
    /// From the system.
    System,
}

impl From<BacklogConversation> for Conversation {
    fn from(conversation: BacklogConversation) -> Self {
        match conversation {
            BacklogConversation::Private => Self::Private,
            BacklogConversation::Group => Self::Group,
            BacklogConversation::Chatroom => Self::Chatroom,
            BacklogConversation::UltraGroup => Self::UltraGroup,
            BacklogConversation::System => Self::System,
        }
    }
}
