//! What clients ask of entries: `setKV`, `delKV`, `setKVS`, `delKVS`, `pullKV`.

use std::sync::Arc;

use bytes::Bytes;
use prost::Message as _;
use wire::{
    Request, UnixMillis,
    body::{
        ChrmKvEntity, ChrmKvOutput, ChrmKvsOutput, ChrmKvsOutputEntity, ChrmKvsVersionEntity, ChrmOutput,
        QueryChrmKv, SetChrmKv, SetChrmKvs,
    },
    code::status,
};

use crate::{
    chatroom::{
        Changed, Chatrooms, callback,
        entries::{Entry, REMOVED},
        message::Speaker,
    },
    core::{
        account::UserIx,
        answer::{Answer, read, write},
        bug::Bug,
        feed::is_from_the_future,
        io::ConnId,
        refusal::Gate,
    },
};

/// Why a batch was answered as it is: its status, and the body that goes with it.
pub(crate) type BatchAnswer = Result<(u16, Bytes), u16>;

/// Whether the user may touch the room's entries.
fn entries_open(rooms: &mut Chatrooms<'_>, conn: ConnId, user: UserIx, id: &str) -> Result<(), u16> {
    rooms.core.ordered(Gate::RoomEntries)?;
    let room = rooms.state.get_mut(id).ok_or(status::NO_ROOM)?;
    room.seat(user, conn).map(|_| ()).ok_or(status::NOT_IN_ROOM)
}

/// `setKV` and `delKV`: one entry, and perhaps a message that tells of it.
pub(crate) fn change_one_entry(
    rooms: &mut Chatrooms<'_>,
    now: UnixMillis,
    conn: ConnId,
    user: UserIx,
    request: &Request,
    removes: bool,
) -> Answer {
    entries_open(rooms, conn, user, &request.target)?;
    let asked: SetChrmKv = read(request)?;
    let (notifies, notification) = (asked.b_notify(), asked.notification);
    let owner = rooms.core.accounts[user].id.clone();
    let entry = as_asked(asked.entry, removes);
    let (_, failed) = rooms.change_entries(now, &request.target, &owner, vec![entry])?;
    if let Some((_, code)) = failed.first() {
        return Err(*code);
    }
    if let Some(up) = notification.filter(|up| notifies && !up.classname.is_empty()) {
        let device = rooms.core.connections.get(&conn).map(|connection| (connection.device, conn));
        rooms.say(
            now,
            &request.target,
            &Speaker { user, from: device, is_service: false, to_speaker: true },
            up,
        );
    }
    // Newer engines do not look at it, older ones decode it.
    write(&ChrmOutput::default())
}

/// `setKVS` and `delKVS`: each key by itself; where some fail, the answer names them (CHKV-026).
pub(crate) fn change_many_entries(
    rooms: &mut Chatrooms<'_>,
    now: UnixMillis,
    conn: ConnId,
    user: UserIx,
    request: &Request,
    removes: bool,
) -> BatchAnswer {
    entries_open(rooms, conn, user, &request.target)?;
    let asked: SetChrmKvs = read(request)?;
    let owner = rooms.core.accounts[user].id.clone();
    let entries = asked.entry.into_iter().map(|entry| as_asked(entry, removes)).collect();
    let (changed, failed) = rooms.change_entries(now, &request.target, &owner, entries)?;
    let code = match failed.first() {
        None => status::OK,
        Some(_) if rooms.core.has(Bug::HidesFailedEntries) => status::OK,
        Some(_) => status::ENTRIES_PARTLY_FAILED,
    };
    let output = ChrmKvsOutput {
        error_keys: failed
            .into_iter()
            .map(|(key, code)| ChrmKvsOutputEntity { key: Some(key), error_code: Some(i32::from(code)) })
            .collect(),
        keys_version: changed
            .into_iter()
            .map(|change| ChrmKvsVersionEntity { version: Some(change.time.0), key: Some(change.key) })
            .collect(),
    };
    Ok((code, output.encode_to_vec().into()))
}

/// `pullKV`: what changed since the watermark. A seat's first pull is answered with everything, whatever it asks
/// for: old engines ask from where another room's entries ended. A device that comes back after a loss is given what
/// changed since it had everything, removals as such: that old engines find out what is gone where all is given is not
/// known.
pub(crate) fn pull_entries(
    rooms: &mut Chatrooms<'_>,
    now: UnixMillis,
    conn: ConnId,
    user: UserIx,
    request: &Request,
) -> Answer {
    entries_open(rooms, conn, user, &request.target)?;
    let asked: QueryChrmKv = read(request)?;
    let nothing = rooms.core.has(Bug::JoinersGetNoEntries);
    let room = rooms.state.get_mut(&request.target).ok_or(status::NO_ROOM)?;
    let after = UnixMillis(asked.timestamp);
    if is_from_the_future(now, asked.timestamp) {
        return Err(status::ROOM_PARAMETER);
    }
    room.entries.not_before(after.min(now));
    let sync_time = after.max(room.entries.clock());
    let seat = room.seat(user, conn).ok_or(status::NOT_IN_ROOM)?;
    seat.notified_of_entries.pulled();
    let first = !std::mem::replace(&mut seat.pulled_entries, true);
    let had = seat.has_entries.replace(sync_time);
    // From this seat it asks from where it is.
    let from = if first { had.map(|had| had.min(after)) } else { Some(after) };
    let changed = from.and_then(|from| room.entries.since(from));
    let (entries, full): (Vec<ChrmKvEntity>, bool) = match changed {
        _ if nothing && first => (Vec::new(), true),
        Some(changed) => (changed.map(entity).collect(), false),
        None => (room.entries.live().map(entity).collect(), true),
    };
    write(&ChrmKvOutput {
        entries,
        b_full_update: Some(full),
        sync_time: Some(sync_time.0),
        ..ChrmKvOutput::default()
    })
}

/// A device that came back and has not asked is told of entries that are newer than what it has (CHKV-029): engines up
/// to 5.7 ask only when they are told (seen with 4.6.4, 5.3.4, 5.7.3), newer ones have asked by now.
pub(super) fn remind_of_entries(rooms: &mut Chatrooms<'_>, now: UnixMillis, id: &str, conn: ConnId) {
    if rooms.core.has(Bug::ReturnersHearNoEntries) {
        return;
    }
    let Some(user) = rooms.core.connections.get(&conn).map(|connection| connection.user) else { return };
    let Some(room) = rooms.state.get_mut(id) else { return };
    let (clock, created) = (room.entries.clock(), room.created);
    let Some(seat) = room.seat(user, conn) else { return };
    let newer = seat.has_entries.unwrap_or(created) < clock;
    if newer
        && !seat.pulled_entries
        && !seat.notified_of_entries.is_open()
        && seat.notified_of_entries.notify(now)
    {
        rooms.notify_entries(now, id, &[conn], clock);
    }
}

/// Tells members, who then pull, and the app server.
pub(super) fn entries_changed(
    rooms: &mut Chatrooms<'_>,
    now: UnixMillis,
    id: &Arc<str>,
    changed: &[Changed],
) {
    let Some(last) = changed.last() else { return };
    for change in changed {
        callback::tell_app_server_of_entry(rooms, now, id, change);
    }
    if rooms.core.has(Bug::NoEntryNotice) {
        return;
    }
    let mut conns = Vec::new();
    if let Some(room) = rooms.state.get_mut(id) {
        for seat in room.members.values_mut().flat_map(|member| &mut member.seats) {
            if seat.notified_of_entries.notify(now) {
                conns.push(seat.conn);
            }
        }
    }
    rooms.notify_entries(now, id, &conns, last.time);
}

/// The change that was asked for; the topic says whether it removes.
fn as_asked(mut entry: ChrmKvEntity, removes: bool) -> ChrmKvEntity {
    let bits = entry.status() & !REMOVED;
    entry.status = Some(if removes { bits | REMOVED } else { bits });
    entry
}

/// Old engines show apps the timestamp, new ones the version.
fn entity((key, entry): (&str, &Entry)) -> ChrmKvEntity {
    ChrmKvEntity {
        key: key.to_owned(),
        value: entry.value.clone(),
        status: Some(entry.told_status()),
        timestamp: Some(entry.time.0),
        uid: Some(entry.owner.clone()),
        version: Some(entry.time.0),
    }
}
