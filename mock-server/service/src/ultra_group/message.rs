//! Messages of ultra groups: stamped, logged, announced (UG-002, UG-009 to UG-011, UG-022).
//!
//! A message costs as much as members are online: they are told and pull. One that was told and has not pulled since is
//! not told again for a while, so that a burst costs a member one notice.

use std::{collections::BTreeSet, sync::Arc};

use wire::{Request, UnixMillis, body::UpStreamMessage, code::status, flags};

use crate::{
    core::{
        account::{DeviceIx, UserIx},
        bug::Bug,
        expansion::Pairs,
        io::ConnId,
        mention::Mentioned,
        message::{Conversation, Message, Posted},
    },
    ultra_group::{
        UltraGroups,
        history::history_since,
        log::{Entry, Reminded},
        mute, notice, push,
    },
};

/// What somebody says in a channel.
pub(crate) struct Saying<'a> {
    pub(crate) group: &'a str,
    /// An existing channel.
    pub(crate) channel: Arc<str>,
    pub(crate) by: UserIx,
    /// Absent for the app's server.
    pub(crate) from: Option<(DeviceIx, ConnId)>,
    pub(crate) up: UpStreamMessage,
}

impl UltraGroups<'_> {
    /// `ugMsg`: a client's message. It must be in the group and the channel, and free to speak.
    pub(crate) fn publish_to_ultra_group(
        &mut self,
        now: UnixMillis,
        conn: ConnId,
        (user, device): (UserIx, DeviceIx),
        request: &Request,
        up: UpStreamMessage,
    ) -> Result<Posted, u16> {
        let group = request.target.as_str();
        let channel = self.channel_for(group, user, up.bus_channel())?;
        mute::may_speak_in_channel(self, group, &channel, user)?;
        let saying = Saying { group, channel, by: user, from: Some((device, conn)), up };
        self.say_in_channel(now, saying).ok_or(status::NO_ULTRA_GROUP)
    }

    /// A message of the app's server: mutes do not concern it, and its sender need not be a member. `None`: there is no
    /// such group or channel.
    pub(crate) fn say_in_channel_for_app(
        &mut self,
        now: UnixMillis,
        group: &str,
        channel: &str,
        from: &str,
        mut up: UpStreamMessage,
    ) -> Option<Posted> {
        self.ensure_default_channel(group);
        let id = self.channel_id(channel);
        let (channel, _) = self.state.get(group)?.channels.get_key_value(id)?;
        let channel = channel.clone();
        if Mentioned::read(&up.content) != Mentioned::Nobody {
            up.session_id |= flags::up::MENTION;
        }
        let by = self.core.accounts.find_or_add(from);
        self.say_in_channel(now, Saying { group, channel, by, from: None, up })
    }

    fn say_in_channel(&mut self, now: UnixMillis, saying: Saying<'_>) -> Option<Posted> {
        let Saying { group, channel, by, from, mut up } = saying;
        let private = self.state.get(group)?.channels.get(&channel)?.private;
        let time = self.state.clock.tick(now);
        let uid = self.core.ids.message_uid(time);
        let kept = up.session_id & flags::up::PERSIST != 0;
        let only = (!up.user_id.is_empty()).then(|| {
            up.user_id.iter().filter_map(|id| self.core.accounts.find(id)).collect::<BTreeSet<UserIx>>()
        });
        let named = up.user_id.clone();
        let lost = self.core.has(Bug::LosesChannels);
        up.bus_channel = Some(if lost { String::new() } else { channel.to_string() });
        let (reminded, classname) = (self.reminded(&up.content), up.classname.as_str().into());
        let (sender, target) = (self.core.accounts[by].id.clone(), self.state.get(group)?.id.clone());
        let mut message = Message::new(uid, time, Conversation::UltraGroup, sender, target, up, false);
        if private {
            message = message.edited(|down| down.ext_status = Some(flags::ext::PRIVATE_CHANNEL));
        }
        message.channel = Some(channel.clone());
        let message = Arc::new(message);
        let since = history_since(self.core, now);
        let expansion = Pairs::of(&message);
        let entry = Entry {
            message: message.clone(),
            by,
            channel: channel.clone(),
            classname,
            kept,
            closed: private && !self.core.has(Bug::PrivateChannelsAreOpen),
            only: only.clone(),
            reminded,
            expansion,
            recalled: false,
        };
        let group = self.state.get_mut(group)?;
        group.record(entry);
        group.forget_before(since);
        let id = group.id.clone();
        notice::tell_of_message(self, now, &id, &channel, only.as_ref(), from.map(|(_, conn)| conn), time);
        push::push_to_absent_members(self, now, &id, &channel, only.as_ref(), &message, by);
        let platform = from.map(|(device, _)| self.core.platform_of(by, device));
        self.message_log.write(self.core, now, &message, platform.as_deref().unwrap_or_default());
        self.outward().route(now, &message, platform.as_deref(), &named);
        Some(Posted { uid, time })
    }

    /// Whom a content mentions.
    pub(super) fn reminded(&self, content: &[u8]) -> Reminded {
        match Mentioned::read(content) {
            Mentioned::Nobody => Reminded::Nobody,
            Mentioned::All => Reminded::All,
            Mentioned::Users(ids) => {
                let users: Box<[UserIx]> = ids.iter().filter_map(|id| self.core.accounts.find(id)).collect();
                if users.is_empty() { Reminded::Nobody } else { Reminded::Users(users) }
            }
        }
    }
}
