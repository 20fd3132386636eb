//! What may differ between two sessions that mean the same, and why: the declared list, and what a user changed of it.

/// What a rule does unless it was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Usual {
    /// Values may be others, but consistently so: what was one thing in the one session is one thing in the other.
    Renamed,
    /// Instants count from where each session began.
    Relative,
    /// Is not looked at.
    LeftOut,
    /// Must be the same; it is a rule so that it can be ignored.
    Compared,
    /// May change places where nothing decides it.
    Loose,
}

impl Usual {
    /// In a word, for lists.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Renamed => "renamed",
            Self::Relative => "relative",
            Self::LeftOut => "left out",
            Self::Compared => "compared",
            Self::Loose => "loose",
        }
    }
}

/// What a rule is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Of {
    FrameIds,
    MessageUids,
    MadeIds,
    LocalIds,
    Tokens,
    Names,
    Instants,
    Pace,
    Addresses,
    AppKey,
    Client,
    Heartbeats,
    Lengths,
    Headers,
    Operator,
    Order,
    Qos,
    Frames,
    Http,
    Webhooks,
    Calls,
    Callbacks,
    Acts,
}

/// A rule.
#[derive(Debug)]
pub struct Rule {
    pub(crate) of: Of,
    /// What `--ignore` and `--strict` call it.
    pub name: &'static str,
    /// What it does unless it was changed.
    pub usual: Usual,
    /// What it covers.
    pub covers: &'static str,
    /// Why.
    pub why: &'static str,
    /// The fields that it covers, where they are told by their names.
    pub(crate) fields: &'static [&'static str],
}

const fn rule(
    of: Of,
    name: &'static str,
    usual: Usual,
    fields: &'static [&'static str],
    covers: &'static str,
    why: &'static str,
) -> Rule {
    Rule { of, name, usual, covers, why, fields }
}

/// Every rule.
pub const RULES: &[Rule] = &[
    rule(
        Of::FrameIds,
        "frame-ids",
        Usual::Renamed,
        &[],
        "numbers of frames",
        "each side counts its own; an answer must have its question's",
    ),
    rule(
        Of::MessageUids,
        "message-uids",
        Usual::Renamed,
        &["messageUId", "messageUID", "messageUid", "msgUID", "msgUId", "msgUid", "msgId", "referMsgUid"],
        "UIDs of messages, wherever one stands",
        "the service draws them; a recall must name the one that was announced",
    ),
    rule(
        Of::MadeIds,
        "made-ids",
        Usual::Renamed,
        &["clientUniqueId", "nonce", "signature", "signTimestamp", "fileToken", "upToken", "downloadUrl"],
        "ids and keys that one side makes up: of sends, of stays in a room, of uploads, signatures",
        "they are drawn anew in each session; whoever repeats one must repeat the same",
    ),
    rule(
        Of::LocalIds,
        "local-ids",
        Usual::Renamed,
        &["messageId"],
        "a client's own numbers of messages",
        "each store counts its own",
    ),
    rule(Of::Tokens, "tokens", Usual::Renamed, &["token"], "tokens of users", "each service issues its own"),
    rule(
        Of::Names,
        "names",
        Usual::Renamed,
        &[
            "userId",
            "targetId",
            "fromUserId",
            "senderUserId",
            "operatorId",
            "referMsgUserId",
            "groupId",
            "target",
            "user",
            "chrmId",
            "roomId",
            "channelId",
            "busChannel",
            "conversationId",
            "userIdList",
            "userIds",
            "uid",
            "from",
            "to",
        ],
        "ids of users, groups, rooms, channels that only one of the two sessions has",
        "a proxy puts others in their place; those that both have stand for themselves",
    ),
    rule(
        Of::Instants,
        "instants",
        Usual::Relative,
        &[],
        "times within what is said",
        "sessions begin at different times; only that one is there counts where a machine's clock ran",
    ),
    rule(
        Of::Pace,
        "pace",
        Usual::LeftOut,
        &["receivedTime"],
        "when something happened",
        "machines and networks are not equally fast",
    ),
    rule(
        Of::Addresses,
        "addresses",
        Usual::LeftOut,
        &["addr", "server", "uploadServer", "backupServer"],
        "hosts and ports of the service",
        "each server has its own",
    ),
    rule(
        Of::AppKey,
        "app-key",
        Usual::LeftOut,
        &["appKey", "appId"],
        "the App Key",
        "it only says which world is meant",
    ),
    rule(
        Of::Client,
        "client",
        Usual::LeftOut,
        &[
            "sdk",
            "platform",
            "transport",
            "protocolVersion",
            "sdkInfo",
            "v",
            "platfrom",
            "m",
            "protocol",
            "weight",
        ],
        "which client it is: version, platform, transport, device, what it is told to connect by",
        "two clients are two; what they do is compared",
    ),
    rule(
        Of::Heartbeats,
        "heartbeats",
        Usual::LeftOut,
        &[],
        "pings and their answers, polls",
        "how many there are is a matter of how long a session was",
    ),
    rule(
        Of::Lengths,
        "lengths",
        Usual::LeftOut,
        &["bytes"],
        "how long a body is that is compared itself",
        "the same can be written in more bytes",
    ),
    rule(Of::Headers, "headers", Usual::LeftOut, &[], "headers of HTTP", "clients and proxies set their own"),
    rule(
        Of::Operator,
        "operator",
        Usual::LeftOut,
        &[],
        "tokens issued, timers run, clocks moved, notes",
        "they are how a world was run, not what it was told",
    ),
    rule(
        Of::Order,
        "order",
        Usual::Loose,
        &[],
        "what was under way in both directions, or happened at one instant, in another order",
        "nobody decides which comes first; one direction's order counts",
    ),
    rule(
        Of::Qos,
        "qos",
        Usual::Compared,
        &["qos", "dup"],
        "flags of frames",
        "a client's own habit, which the service may go by",
    ),
    rule(
        Of::Frames,
        "frames",
        Usual::Compared,
        &[],
        "connections and frames",
        "ignored, only what apps saw is compared",
    ),
    rule(
        Of::Http,
        "http",
        Usual::Compared,
        &[],
        "HTTP requests and answers",
        "ignored, navigation may differ",
    ),
    rule(
        Of::Webhooks,
        "webhooks",
        Usual::Compared,
        &[],
        "calls of the app's own server",
        "the app's server may be another",
    ),
    rule(
        Of::Calls,
        "calls",
        Usual::Compared,
        &[],
        "what apps called, steps of the scenario",
        "ignored, only what came of it is compared",
    ),
    rule(
        Of::Callbacks,
        "callbacks",
        Usual::Compared,
        &[],
        "what apps were told",
        "ignored, only the wire is compared",
    ),
    rule(
        Of::Acts,
        "acts",
        Usual::Compared,
        &[],
        "what the service's operator did",
        "ignored, only what came of it is compared",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_and_no_field_is_there_twice() {
        let mut names: Vec<_> = RULES.iter().map(|rule| rule.name).collect();
        let mut fields: Vec<_> = RULES.iter().flat_map(|rule| rule.fields).collect();
        let (named, told) = (names.len(), fields.len());
        names.sort_unstable();
        names.dedup();
        fields.sort_unstable();
        fields.dedup();
        assert_eq!((named, told), (names.len(), fields.len()));
    }
}
