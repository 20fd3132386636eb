//! What a world is made of: the core, and the topics that stand on it. Topics do not know each other but where their views say
//! so; each view borrows what its topic may touch.

use wire::UnixMillis;

use crate::{
    chatroom::{Chatrooms, ChatroomsState, auto_exit, returned},
    core::{Core, account::UserIx, connection::Lost, timers::Due},
    files::{Files, FilesState, message_log::MessageLog},
    mail::{Mail, MailState},
    outward::{Outward, OutwardState},
    preferences::{Preferences, PreferencesState},
    ultra_group::{UltraGroups, UltraGroupsState, typing},
};

/// The state of a world.
#[derive(Debug, Clone)]
pub(crate) struct World {
    pub(crate) core: Core,
    pub(crate) mail: MailState,
    pub(crate) chatrooms: ChatroomsState,
    pub(crate) ultra_groups: UltraGroupsState,
    pub(crate) files: FilesState,
    pub(crate) message_log: MessageLog,
    pub(crate) outward: OutwardState,
    pub(crate) preferences: PreferencesState,
}

impl World {
    /// Does what a topic has to do now.
    pub(crate) fn due(&mut self, now: UnixMillis, due: Due) {
        match due {
            Due::Remind(conn) => self.mail().remind(now, conn),
            Due::Withdraw(uid, time) => {
                self.mail.mailboxes.iter_mut().for_each(|mailbox| mailbox.rewrite(uid, time, None));
            }
            Due::Room(id, timer) => self.chatrooms().room_due(now, &id, timer),
            Due::RoomExit(id, user) => auto_exit::exit_overdue(&mut self.chatrooms(), now, &id, user),
            Due::RemindReturned(id, conn) => returned::remind(&mut self.chatrooms(), now, &id, conn),
            Due::UltraTyping(id) => typing::tell_of_typing(&mut self.ultra_groups(), now, &id),
        }
    }

    pub(crate) fn new(core: Core, outward: OutwardState) -> Self {
        Self {
            core,
            mail: MailState::default(),
            chatrooms: ChatroomsState::default(),
            ultra_groups: UltraGroupsState::default(),
            files: FilesState::default(),
            message_log: MessageLog::default(),
            outward,
            preferences: PreferencesState::default(),
        }
    }

    pub(crate) fn outward(&mut self) -> Outward<'_> {
        Outward { state: &mut self.outward, preferences: &self.preferences, core: &mut self.core }
    }

    pub(crate) fn mail(&mut self) -> Mail<'_> {
        Mail {
            state: &mut self.mail,
            message_log: &mut self.message_log,
            outward: &mut self.outward,
            preferences: &self.preferences,
            core: &mut self.core,
        }
    }

    pub(crate) fn chatrooms(&mut self) -> Chatrooms<'_> {
        Chatrooms {
            state: &mut self.chatrooms,
            mailboxes: &mut self.mail.mailboxes,
            outward: &mut self.outward,
            preferences: &self.preferences,
            core: &mut self.core,
        }
    }

    pub(crate) fn ultra_groups(&mut self) -> UltraGroups<'_> {
        UltraGroups {
            state: &mut self.ultra_groups,
            message_log: &mut self.message_log,
            outward: &mut self.outward,
            preferences: &self.preferences,
            core: &mut self.core,
        }
    }

    pub(crate) fn preferences(&mut self) -> Preferences<'_> {
        Preferences { state: &mut self.preferences, core: &mut self.core }
    }

    pub(crate) fn files(&mut self) -> Files<'_> {
        Files { files: &mut self.files, message_log: &mut self.message_log, core: &mut self.core }
    }

    /// Forgets users from that one on, whom a refused call was the first to name.
    pub(crate) fn forget_from(&mut self, user: UserIx) {
        self.core.accounts.forget_from(user);
        self.preferences.settings.forget_from(user);
        self.preferences.tags.forget_from(user);
        self.mail.mailboxes.forget_from(user);
    }

    /// Tells the topics of the connections that were lost since they were last told. What a topic does then may lose others.
    pub(crate) fn settle(&mut self, now: UnixMillis) {
        while let Some(Lost { conn, connection, how }) = self.core.next_lost() {
            self.mail.mailboxes[connection.user].hide_from(connection.device);
            self.chatrooms().lost_by_rooms(now, &connection, conn);
            self.ultra_groups().lost_by_ultra_groups(connection.user, conn);
            self.outward().went_offline(now, &connection, how);
        }
    }
}
