//! The mailbox pull. A versioned answer is never lower than its request.

use wire::{UnixMillis, body::SyncRequestMsg, code::status};

use crate::{
    core::{account::UserIx, answer::Answer, bug::Bug, feed, io::ConnId},
    mail::{
        Mail,
        keeping::{compensated_since, retention, syncs},
        mailbox::{Ask, Item},
    },
};

impl Mail<'_> {
    /// The next package of the mailbox (OFFL-001 to OFFL-008, OFFL-022, OFFL-023).
    pub(crate) fn pull(
        &mut self,
        now: UnixMillis,
        conn: ConnId,
        user: UserIx,
        id: u16,
        asked: &SyncRequestMsg,
    ) -> Answer {
        let (private_since, group_since) = retention(self.core, now);
        let compensated_since = compensated_since(self.core, now);
        let duplicates = self.core.has(Bug::DuplicatesAfterReconnect);
        let sync = syncs(self.core);
        let wrong_size = if self.core.has(Bug::WrongLeftCount) {
            self.core.limits.package.saturating_sub(1).max(1)
        } else {
            self.core.limits.package
        };
        let Some(connection) = self.core.connections.get_mut(&conn) else {
            return Err(status::NOT_SUPPORTED);
        };
        // The native client asks for what its user sent when it logs in, and not when it is told to pull (seen with 5.46.1):
        // what it was told of is in its package nevertheless.
        let told = connection.sent_told.take();
        let sent_after = UnixMillis(asked.send_box_sync_time());
        let ask = Ask {
            device: connection.device,
            after: UnixMillis(asked.sync_time()),
            sent_after: if asked.is_pull_send() { Some(sent_after) } else { told },
            most: wrong_size,
            most_bytes: self.core.limits.package_bytes,
            sync: sync || duplicates,
            private_since,
            group_since,
            compensated_since,
        };
        let first_pull = !std::mem::replace(&mut connection.has_pulled, true);
        connection.pulls(now, asked.is_pull_send());
        connection.unconfirmed_pull = Some(id);
        let announced = connection.announced;
        let mailbox = &mut self.state.mailboxes[user];
        let repeat = (duplicates && first_pull && ask.after.0 > 0)
            .then(|| mailbox.items().filter(|item| item.message.time <= ask.after).last().cloned())
            .flatten();
        let (mut package, more) = mailbox.package(&ask);
        // The watermark counts messages that came for the user, and never falls.
        let newest = package.iter().map(|item| item.message.time).max().unwrap_or_default();
        let last = mailbox.last();
        let mut sync_time = ask.after.max(newest);
        connection.awaits_pull = more;
        if !more {
            // Above every time announced; below every time still to be given, which starts at `now`.
            sync_time = sync_time.max(announced).max(last).max(now.previous());
        }
        if self.core.has(Bug::SkipsLastOfPackage) {
            package.pop();
        }
        if self.core.has(Bug::SwapsOrder) && package.len() > 1 {
            package.swap(0, 1);
        }
        if let Some(item) = repeat {
            let time = item.message.time;
            let uid = self.core.ids.message_uid(time);
            package.insert(0, Item::stray(item.message.copy_as(uid, time)));
        }
        if let Some(connection) = self.core.connections.get_mut(&conn) {
            connection.pulled_to = sync_time;
        }
        // Both sides' bytes are about as long.
        let bytes = package.iter().map(|item| item.message.len() + feed::AROUND).sum();
        let me = &self.core.accounts[user].id;
        let messages = package.iter().map(|item| item.message.bytes(item.side, me));
        Ok(feed::package(messages, bytes, sync_time, Some(!more)))
    }
}
