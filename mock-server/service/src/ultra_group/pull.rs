//! `pullUgMsg`: what was said in all groups of a user since its watermark (UG-007, UG-009, UG-010).
//!
//! Ultra groups have no offline messages: the first pull only tells the time from which on messages come (AMB-13).
//! Members pull much the same, so an answer is encoded once and given to all who ask for it.

use bytes::Bytes;
use wire::{Request, UnixMillis, body::UltraGrpPullMsg, code::status};

use crate::{
    core::{
        account::{Accounts, UserIx},
        answer::{Answer, read},
        bug::Bug,
        feed::{self, is_from_the_future},
        io::ConnId,
        message::Side,
    },
    ultra_group::{UltraGroup, UltraGroups, log::Entry},
};

/// What a member finds in its group's log after a time.
fn news<'a>(
    groups: &'a UltraGroups<'_>,
    group: &'a UltraGroup,
    user: UserIx,
    after: UnixMillis,
) -> impl Iterator<Item = &'a Entry> {
    let open = groups.core.has(Bug::PrivateChannelsAreOpen);
    group.log.after(after).filter(move |entry| {
        let since = group.channels.get(&entry.channel).and_then(|channel| {
            if open { group.members.get(&user).copied() } else { group.seen_since(channel, user) }
        });
        since.is_some_and(|since| entry.message.time > since) && group.is_for(entry, user)
    })
}

/// The next package; never lower than asked, nor than what was announced.
pub(crate) fn pull(
    groups: &mut UltraGroups<'_>,
    now: UnixMillis,
    conn: ConnId,
    user: UserIx,
    request: &Request,
) -> Answer {
    let asked: UltraGrpPullMsg = read(request)?;
    if is_from_the_future(now, asked.sync_time) {
        return Err(status::ULTRA_GROUP_PARAMETER);
    }
    if let Some(connection) = groups.core.connections.get_mut(&conn) {
        connection.notified_of_ultra_groups.pulled();
    }
    let after = UnixMillis(asked.sync_time);
    // Below every time still to be given, which starts at `now`.
    let end = after.max(groups.state.clock.0).max(now.previous());
    if !groups.core.switches.ultra_group || after.0 <= 0 {
        // With the bug so early a time that the next pull brings everything.
        let end = if groups.core.has(Bug::UltraGroupsGiveOffline) { UnixMillis(1) } else { end };
        return Ok(encode(&groups.core.accounts, &[], user, end, true));
    }
    let most = groups.core.limits.package;
    let mut package: Vec<&Entry> = Vec::new();
    let mut of = Vec::new();
    for id in groups.state.of(user) {
        let Some(group) = groups.state.get(id).filter(|group| group.log.last() > after) else {
            continue;
        };
        let before = package.len();
        package.extend(news(groups, group, user, after).take(most + 1));
        if package.len() > before {
            of.push(id.clone());
        }
    }
    if of.len() > 1 {
        package.sort_by_key(|entry| entry.message.time);
    }
    let more = package.len() > most;
    package.truncate(most);
    let (Some(first), Some(last)) = (package.first(), package.last()) else {
        return Ok(encode(&groups.core.accounts, &[], user, end, true));
    };
    let (first, last) = (first.message.time, last.message.time);
    let sync_time = if more { last } else { end };
    let open = |entry: &&Entry| {
        entry.by != user && entry.only.is_none() && !entry.closed && entry.message.is_alike_for_all()
    };
    let [id] = &of[..] else { return Ok(encode(&groups.core.accounts, &package, user, sync_time, !more)) };
    let id = id.clone();
    let Some(group) = groups.state.get(&id) else {
        return Ok(encode(&groups.core.accounts, &package, user, sync_time, !more));
    };
    let public = |entry: &&Entry| group.channels.get(&entry.channel).is_some_and(|channel| !channel.private);
    if more || !package.iter().all(|entry| open(entry) && public(entry)) {
        return Ok(encode(&groups.core.accounts, &package, user, sync_time, !more));
    }
    if let Some(body) = group.answer.get(&(first, last, sync_time)) {
        return Ok(body);
    }
    let body = encode(&groups.core.accounts, &package, user, sync_time, true);
    if let Some(group) = groups.state.get_mut(&id) {
        group.answer.keep((first, last, sync_time), &body);
    }
    Ok(body)
}

fn encode(
    accounts: &Accounts,
    list: &[&Entry],
    user: UserIx,
    sync_time: UnixMillis,
    finished: bool,
) -> Bytes {
    let me = &accounts[user].id;
    let bytes = list.iter().map(|entry| entry.message.len() + feed::AROUND).sum();
    let messages = list.iter().map(|entry| entry.message.bytes(Side::of(entry.by == user), me));
    feed::package(messages, bytes, sync_time, Some(finished))
}
