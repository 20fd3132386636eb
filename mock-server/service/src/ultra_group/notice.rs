//! What members who are online are told: that there is something to pull, that something has changed.

use std::collections::BTreeSet;
use wire::code::notify;

use bytes::Bytes;
use prost::Message as _;
use wire::{ServerFrame, Topic, UnixMillis, body::NotifyMsg};

use crate::{
    core::{Core, account::UserIx, bug::Bug, io::ConnId},
    ultra_group::{Channel, UltraGroup, UltraGroups},
};

impl UltraGroup {
    /// Connections of the members who see a channel.
    pub(super) fn audience(&self, core: &Core, channel: &Channel) -> Vec<ConnId> {
        if !channel.private || core.has(Bug::PrivateChannelsAreOpen) {
            return self.online.iter().copied().collect();
        }
        self.connections(core, self.listed(channel))
    }

    /// Connections of some members.
    pub(super) fn connections(&self, core: &Core, users: impl IntoIterator<Item = UserIx>) -> Vec<ConnId> {
        let conns = users.into_iter().flat_map(|user| &core.accounts[user].connections);
        let conns: BTreeSet<ConnId> = conns.copied().filter(|conn| self.online.contains(conn)).collect();
        conns.into_iter().collect()
    }

    /// Members who are offline, have a phone, and see a channel.
    pub(super) fn absent_of<'a>(&'a self, channel: &'a Channel) -> impl Iterator<Item = UserIx> + 'a {
        let all = (!channel.private).then(|| self.absent.iter().copied());
        let listed = channel.private.then(|| self.listed(channel).into_iter());
        let absent = |user: &UserIx| self.absent.contains(user);
        all.into_iter().flatten().chain(listed.into_iter().flatten().filter(absent))
    }
}

/// "Something new, pull": to everybody who sees the channel but the connection it came from.
pub(super) fn tell_of_message(
    groups: &mut UltraGroups<'_>,
    now: UnixMillis,
    group: &str,
    channel: &str,
    only: Option<&BTreeSet<UserIx>>,
    but: Option<ConnId>,
    time: UnixMillis,
) {
    let Some(group) = groups.state.get(group) else { return };
    let Some(channel) = group.channels.get(channel) else { return };
    let mut conns = match only {
        None => group.audience(groups.core, channel),
        Some(only) => group.connections(groups.core, only.iter().copied()),
    };
    if groups.core.has(Bug::TellsOneUltraMember) {
        conns.retain(|conn| Some(*conn) != but);
        conns.truncate(1);
    }
    let body: Bytes =
        NotifyMsg { r#type: notify::ULTRA_GROUP_MESSAGES, time: Some(time.0), ..NotifyMsg::default() }
            .encode_to_vec()
            .into();
    for conn in conns.into_iter().filter(|conn| Some(*conn) != but) {
        let Some(connection) = groups.core.connections.get_mut(&conn) else { continue };
        if !connection.notified_of_ultra_groups.notify(now) {
            continue;
        }
        command(groups, now, conn, body.clone());
    }
}

/// An `s_cmd`.
pub(super) fn command(groups: &mut UltraGroups<'_>, now: UnixMillis, conn: ConnId, body: Bytes) {
    let Some(user) = groups.core.user_id(conn) else { return };
    let frame = ServerFrame::Publish {
        dup: false,
        qos: 0,
        seconds: now.seconds(),
        topic: Topic::SCmd,
        target: user.to_string(),
        id: 0,
        body,
    };
    groups.core.send(now, conn, frame, None);
}
