//! Messages by the thousand: `push` and `backlog`, carried out piece by piece, so that a shell can let others in between.

use std::time::Duration;

use serde_json::{Value, json};
use wire::{UnixMillis, flags};

use crate::{
    core::{caps, journal::What, message::text},
    doors::operator::{
        act::{Act, ActError, Push},
        carry_out::carry_out,
        setup::{BacklogConversation, BacklogSetup, WorldSetup},
    },
    mail::post::FromApi,
    world::World,
};

/// How far an act has come.
#[derive(Debug, Default)]
pub struct Progress {
    uids: Vec<String>,
    done: u32,
}

impl Progress {
    /// One that has come so far. What it would tell at the end is of the rest alone.
    pub(crate) fn after(done: u32) -> Self {
        Self { uids: Vec::new(), done }
    }

    /// How many messages of the act are there.
    pub(crate) fn done(&self) -> u32 {
        self.done
    }
}

/// The messages of a world's beginning that are still to be put into it.
#[derive(Debug)]
pub struct Filling {
    backlog: Vec<BacklogSetup>,
    /// Which entry, and how many of it are there.
    entry: usize,
    done: u32,
    /// Messages of this entry and all later ones that are not there yet.
    missing: u64,
    now: UnixMillis,
}

impl Filling {
    /// All that a set-up names.
    pub(crate) fn of(setup: &WorldSetup, now: UnixMillis) -> Self {
        let missing = setup.backlog.iter().map(|entry| u64::from(entry.count)).sum();
        Self { backlog: setup.backlog.clone(), entry: 0, done: 0, missing, now }
    }
}

/// Carries out at most `most` messages of a server-side act and says what came of it; `None`: there is more to do. `progress` is a new one at first.
///
/// # Errors
/// An argument is wrong. At the first piece nothing has changed then; later, where what the act goes to has ended
/// meanwhile, what was done stays.
pub(crate) fn act_piece(
    world: &mut World,
    now: UnixMillis,
    act: &Act,
    progress: &mut Progress,
    most: u32,
) -> Result<Option<Value>, ActError> {
    if progress.done == 0
        && let Some(mistake) =
            act.out_of_range().or_else(|| crate::doors::operator::mistakes::too_long_of_act(act))
    {
        return Err(ActError::Argument(mistake));
    }
    let outcome = match act {
        Act::Push(push) => {
            let pushed = push_piece(world, now, push, progress, most);
            world.settle(now);
            pushed?;
            if progress.done < push.count {
                return Ok(None);
            }
            json!({"messageUIds": std::mem::take(&mut progress.uids)})
        }
        _ => carry_out(world, now, act)?,
    };
    world.settle(now);
    world.core.journal.record(now, || What::Act(serde_json::to_value(act).unwrap_or(Value::Null)));
    Ok(Some(outcome))
}

/// An act is given up between two pieces: the journal tells how much of it was done.
pub(crate) fn act_given_up(world: &mut World, now: UnixMillis, act: &Act, progress: &Progress) {
    let Act::Push(push) = act else { return };
    if (1..push.count).contains(&progress.done) {
        let done = Act::Push(Push { count: progress.done, ..push.clone() });
        world.core.journal.record(now, || What::Act(serde_json::to_value(&done).unwrap_or(Value::Null)));
    }
}

/// The next messages of a push.
pub(crate) fn push_piece(
    world: &mut World,
    now: UnixMillis,
    push: &Push,
    progress: &mut Progress,
    most: u32,
) -> Result<(), ActError> {
    let (conversation, to) = (push.conversation, push.to.as_str());
    if conversation == BacklogConversation::Group && !world.mail.groups.contains_key(to) {
        return Err(ActError::Argument(format!("there is no group `{to}`")));
    }
    if conversation == BacklogConversation::Chatroom && world.chatrooms.get(to).is_none() {
        return Err(ActError::Argument(format!("there is no chatroom `{to}`")));
    }
    if progress.done == 0 && conversation == BacklogConversation::Group {
        let members = world.mail.groups.get(to).map_or(0, Vec::len);
        let delivered = members as u64 * u64::from(push.count);
        if delivered > caps::DELIVERED {
            let most = caps::DELIVERED;
            return Err(ActError::Argument(format!(
                "`count` is {}, and group `{to}` has {members} members: {delivered} deliveries; at most {most} are possible",
                push.count
            )));
        }
    }
    let content = push.message.content.as_ref().map(ToString::to_string);
    // Who sends a message that mentions somebody says so beside the content, too: clients go by that.
    let mentions = push.message.content.as_ref().is_some_and(|content| content["mentionedInfo"].is_object());
    let end = push.count.min(progress.done.saturating_add(most.max(1)));
    for n in progress.done + 1..=end {
        let mut up = text(&push.message.text.as_deref().unwrap_or_default().replace("{n}", &n.to_string()));
        if let Some(name) = &push.message.object_name {
            up.classname.clone_from(name);
        }
        if let Some(content) = &content {
            up.content = content.clone().into();
        }
        if mentions {
            up.session_id |= flags::up::MENTION;
        }
        let uid = match conversation {
            BacklogConversation::Chatroom => world
                .chatrooms()
                .say_for_app(now, to, &push.from, up, false)
                .map(|posted| posted.uid.to_string()),
            BacklogConversation::UltraGroup => {
                let posted =
                    world.ultra_groups().say_in_channel_for_app(now, to, &push.channel, &push.from, up);
                let posted = posted.ok_or_else(|| {
                    let channel = world.ultra_groups().channel_id(&push.channel);
                    ActError::Argument(format!("there is no ultra group `{to}` with channel `{channel}`"))
                })?;
                Some(posted.uid.to_string())
            }
            other => {
                let how = FromApi::default();
                let posted = world.mail().publish_from_api(now, &push.from, to, other.into(), up, &how);
                Some(posted.uid.to_string())
            }
        };
        progress.uids.extend(uid);
        progress.done = n;
    }
    Ok(())
}

/// Puts at most `most` messages of a world's beginning into it; `false` once all are there.
pub(crate) fn fill(world: &mut World, filling: &mut Filling, most: u32) -> bool {
    let now = filling.now;
    for _ in 0..most.max(1) {
        let Some(backlog) = filling.backlog.get(filling.entry) else { return false };
        if filling.done == backlog.count {
            (filling.entry, filling.done) = (filling.entry + 1, 0);
            continue;
        }
        filling.done += 1;
        put_waiting(world, backlog, filling.done, now, filling.missing);
        filling.missing = filling.missing.saturating_sub(1);
    }
    filling.entry < filling.backlog.len()
}

/// How long before a world begins its last message was sent, at least: who logs in at once finds all of it older than the
/// login, by the client's clock too.
const SETTLED: Duration = Duration::from_secs(1);

/// The nth message of an entry. The last is as old as the set-up says, each earlier one a millisecond older. `missing` are all
/// that are still to come, this one included: each has a millisecond of its own before the world begins.
fn put_waiting(world: &mut World, backlog: &BacklogSetup, n: u32, now: UnixMillis, missing: u64) {
    let end = now - Duration::from_millis(backlog.age_ms.saturating_add(1));
    let at = end - Duration::from_millis(u64::from(backlog.count - n));
    let at = at.min(now - SETTLED - Duration::from_millis(missing.saturating_sub(1)));
    let up = text(&backlog.text.replace("{n}", &n.to_string()));
    match backlog.conversation {
        BacklogConversation::Chatroom => {
            world.chatrooms().say_for_app(at, &backlog.to, &backlog.from, up, false);
        }
        BacklogConversation::UltraGroup => {
            world.ultra_groups().say_in_channel_for_app(at, &backlog.to, &backlog.channel, &backlog.from, up);
        }
        other => {
            let how = FromApi::default();
            world.mail().publish_from_api(at, &backlog.from, &backlog.to, other.into(), up, &how);
        }
    }
}
