//! An ultra group of which few members are online: what a message in one of its channels costs.
//!
//! Members are told, pull and are answered, as in rooms. What is looked at is whether the members who are offline cost
//! something: run it with few and with many of them.

use serde_json::{Map, Value, json};

use super::{Args, LoadError, Protocol, Report, process::Target, room};

/// The group.
pub(crate) const GROUP: &str = "hall";

/// A world with the group: `--members`, and `--rooms` channels.
pub(crate) fn world(args: &Args) -> Value {
    let mut world = super::control::world();
    // The speaker is one of them; the members who are online come first.
    let members: Vec<String> = std::iter::once("speaker".to_owned())
        .chain((0..args.members.saturating_sub(1)).map(|n| format!("member{n}")))
        .collect();
    let channels: Map<String, Value> = (0..args.rooms).map(|n| (room::name(n), json!({}))).collect();
    world["limits"]["ultraGroupChannels"] = json!(0);
    world["switches"]["ultraGroup"] = json!(true);
    world["ultraGroups"] = json!({GROUP: {"members": members, "channels": channels}});
    world
}

/// `--count` messages to a group of `--members`, of whom `--online` are there beside the speaker.
pub(crate) async fn run(args: &Args, target: &Target) -> Result<Report, LoadError> {
    if args.protocol == Protocol::Mqtt {
        return Err(LoadError::Server("MQTT has no ultra groups; compare with `room`".to_owned()));
    }
    if args.online >= args.members {
        return Err(LoadError::Server(
            "--online must be less than --members: the speaker is one of them".to_owned(),
        ));
    }
    room::run(args, target, room::Place::Channels).await
}
