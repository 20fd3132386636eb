//! Requests of clients: the mailbox pull, the burst after login, the blacklist.
//!
//! Two rules keep every SDK generation well: a versioned answer is never lower than its request, and what is not
//! supported is answered with a status, never with silence or an empty success.

use bytes::Bytes;
use wire::{
    Request, ServerFrame, Topic, UnixMillis,
    body::{
        EventChangeList, PullModifyMsgReq, PullModifyMsgResp, PullUserSettingInput, QueryBlackListOutput,
        QueryMsgChange, RelationQryInput, SessionReq, SessionStateModifyReq, SessionTagAddInput,
        SessionTagDelInput, SyncRequestMsg, TypeUnpushInput, UserIdInput,
    },
    code::status,
};

use crate::{
    core::{
        account::UserIx,
        answer::{Answer, read, write},
        bug::Bug,
        feed,
        io::ConnId,
        length::is_id,
    },
    mail::mailbox::{Ask, Item},
    service::Service,
};

/// The status that tells that a user is not on the blacklist; 0 tells that it is. Assumed after the vendor's
/// native engines; no web SDK asks.
pub const NOT_BLACKLISTED: u16 = 101;

impl Service {
    /// A QUERY of a client.
    pub(crate) fn query(&mut self, now: UnixMillis, conn: ConnId, request: &Request) {
        if matches!(request.topic, Topic::SetKvs | Topic::DelKvs) {
            let Some(user) = self.core.connections.get(&conn).map(|connection| connection.user) else {
                return;
            };
            // The one request whose failure comes with a body.
            let removes = request.topic == Topic::DelKvs;
            let (code, body) = match self.change_many_entries(now, conn, user, request, removes) {
                Ok(answer) => answer,
                Err(code) => (code, Bytes::new()),
            };
            return self.answer_query(now, conn, request, code, body);
        }
        match self.query_answer(now, conn, request) {
            Ok(body) => self.answer_query(now, conn, request, status::OK, body),
            Err(code) => self.query_refused(now, conn, request, code),
        }
    }

    /// Refuses a QUERY: a status, and nothing else.
    pub(crate) fn query_refused(&mut self, now: UnixMillis, conn: ConnId, request: &Request, code: u16) {
        self.answer_query(now, conn, request, code, Bytes::new());
    }

    fn answer_query(&mut self, now: UnixMillis, conn: ConnId, request: &Request, code: u16, body: Bytes) {
        #[cfg(debug_assertions)]
        assert_decodes(&request.topic, code, &body);
        // Packages are to be confirmed (QUERYCON): until then messages are announced, not pushed.
        let is_package = code == status::OK && request.topic == Topic::PullMsg;
        let qos = u8::from(is_package);
        let frame = ServerFrame::QueryAck { id: request.id, qos, seconds: now.seconds(), status: code, body };
        self.core.send(now, conn, frame, Some(&request.topic));
    }

    fn query_answer(&mut self, now: UnixMillis, conn: ConnId, request: &Request) -> Answer {
        let user = self
            .core
            .connections
            .get(&conn)
            .map(|connection| connection.user)
            .ok_or(status::NOT_SUPPORTED)?;
        match request.topic {
            Topic::PullMsg => self.pull(now, conn, user, request.id, &read(request)?),
            Topic::PullSeAtts => {
                let asked: SessionReq = read(request)?;
                write(&self.settings_since(user, asked.time()))
            }
            Topic::SetSeAtt => {
                let asked: SessionStateModifyReq = read(request)?;
                self.change_settings(now, conn, user, asked).and_then(|answer| write(&answer))
            }
            Topic::UgUnpushSet => self.set_default_level(user, request),
            Topic::UgUnpushQuery => self.default_level(user, request),
            Topic::SetTypeUnpush => {
                let asked: TypeUnpushInput = read(request)?;
                self.change_type_level(now, conn, user, &asked).and_then(|answer| write(&answer))
            }
            Topic::AddUnpush => self.change_quiet_hours(user, read(request)?).map(|()| Bytes::new()),
            Topic::QryUnpush => write(&self.quiet_hours(user)),
            Topic::DelUnpush => {
                self.core.accounts[user].settings.quiet = None;
                Ok(Bytes::new())
            }
            Topic::PullUs => {
                let asked: PullUserSettingInput = read(request)?;
                write(&self.user_settings_since(user, asked.version()))
            }
            Topic::AddSeTag => {
                let asked: SessionTagAddInput = read(request)?;
                self.add_tags(now, Some(conn), user, asked.tags).and_then(|answer| write(&answer))
            }
            Topic::DelSeTag => {
                let asked: SessionTagDelInput = read(request)?;
                let ids: Vec<String> = asked.tags.into_iter().map(|tag| tag.tag_id).collect();
                write(&self.remove_tags(now, Some(conn), user, &ids))
            }
            Topic::AddTag | Topic::DelTag => {
                let on = request.topic == Topic::AddTag;
                self.tag_conversations(now, conn, user, read(request)?, on).and_then(|answer| write(&answer))
            }
            Topic::PullEventChange => {
                let asked: QueryMsgChange = read(request)?;
                write(&EventChangeList {
                    sync_time: asked.sync_time(),
                    has_next: Some(false),
                    ..EventChangeList::default()
                })
            }
            Topic::PullModifyMsg => {
                let asked: PullModifyMsgReq = read(request)?;
                write(&PullModifyMsgResp {
                    next_version: Some(asked.pull_version()),
                    finished: Some(true),
                    ..PullModifyMsgResp::default()
                })
            }
            // Refused, 5.38 would repeat this one every second for ever.
            Topic::QryRelationR | Topic::QryRelation => {
                let asked: RelationQryInput = read(request)?;
                Ok(self.conversation_list(now, user, &asked))
            }
            Topic::QryRlBatch => Ok(self.conversations_by_name(now, user, &read(request)?)),
            Topic::DelRelation => self.remove_conversation(user, &request.target, &read(request)?),
            Topic::DelRelationBatch => self.remove_conversations(user, &read(request)?),
            // Answers without required fields: nothing is said well by an empty body.
            Topic::Reportsdk | Topic::QAppBot => Ok(Bytes::new()),
            Topic::AddBlack => self.add_black(user, &blacklist_target(request)?),
            Topic::RmBlack => self.remove_black(user, &blacklist_target(request)?),
            Topic::BlackStat => {
                let listed = self.core.accounts[user].blacklist.contains(blacklist_target(request)?.as_str());
                if listed { Ok(Bytes::new()) } else { Err(NOT_BLACKLISTED) }
            }
            Topic::GetBlack => {
                let user_ids = self.core.accounts[user].blacklist.iter().map(ToString::to_string).collect();
                write(&QueryBlackListOutput { user_ids })
            }
            Topic::QnTkn => self.upload_token(now, user, request),
            Topic::QnUrl => self.download_url(conn, request),
            Topic::RrMsg => self.group_messages_read(now, user, request),
            Topic::RrList => self.group_message_readers(user, request),
            Topic::QryPMsg | Topic::QryGMsg | Topic::QrySMsg => self.history(now, user, request),
            Topic::QryMsg => self.messages_by_uid(now, user, request),
            Topic::DelMsg => self.delete_messages(user, request),
            Topic::CleanPMsg | Topic::CleanGMsg | Topic::CleanSMsg => self.clear_messages(now, user, request),
            Topic::JoinChrm => self.join_room(now, conn, user, request, true),
            Topic::JoinChrmR => self.join_room(now, conn, user, request, false),
            Topic::ExitChrm => self.exit_room(now, conn, user, &request.target),
            Topic::QueryChrmI => self.room_info(request),
            Topic::ChrmPull => self.pull_room(now, conn, user, request),
            Topic::QryChMsg => self.room_history_page(now, user, request),
            Topic::SetKv => self.change_one_entry(now, conn, user, request, false),
            Topic::DelKv => self.change_one_entry(now, conn, user, request, true),
            Topic::PullKv => self.pull_entries(now, conn, user, request),
            Topic::PullUgMsg => self.pull_ultra_groups(now, conn, user, request),
            Topic::PullUgSes => self.ultra_group_sessions(now, user, request),
            Topic::QryMsgChange => self.ultra_group_changes(now, conn, user, request),
            Topic::QryUgMsg => self.channel_history(now, user, request),
            Topic::UpMsgEx | Topic::ModifyMsg => self.change_message(now, user, request),
            Topic::DelUgMsg => self.delete_channel_messages(user, request),
            Topic::QryUgUal => self.unread_mention_digests(user, request),
            _ => Err(status::NOT_SUPPORTED),
        }
    }

    /// The next package of the mailbox (OFFL-001 to OFFL-008, OFFL-022, OFFL-023).
    fn pull(
        &mut self,
        now: UnixMillis,
        conn: ConnId,
        user: UserIx,
        id: u16,
        asked: &SyncRequestMsg,
    ) -> Answer {
        let (private_since, group_since) = self.retention(now);
        let compensated_since = self.compensated_since(now);
        let duplicates = self.core.has(Bug::DuplicatesAfterReconnect);
        let sync = self.syncs();
        let wrong_size = if self.core.has(Bug::WrongLeftCount) {
            self.core.limits.package.saturating_sub(1).max(1)
        } else {
            self.core.limits.package
        };
        let Some(connection) = self.core.connections.get_mut(&conn) else {
            return Err(status::NOT_SUPPORTED);
        };
        let ask = Ask {
            device: connection.device,
            after: UnixMillis(asked.sync_time()),
            sent_after: asked.is_pull_send().then(|| UnixMillis(asked.send_box_sync_time())),
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
        let mailbox = &mut self.core.accounts[user].mailbox;
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
        let messages = package.iter().map(|item| item.message.bytes(item.side));
        Ok(feed::package(messages, bytes, sync_time, Some(!more)))
    }

    pub(crate) fn add_black(&mut self, owner: UserIx, user: &str) -> Answer {
        let user = self.core.accounts.find_or_add(user);
        let id = self.core.accounts[user].id.clone();
        let limit = self.core.limits.blacklist;
        let list = &mut self.core.accounts[owner].blacklist;
        if !list.contains(&id) && list.len() >= limit {
            return Err(status::BLACKLIST_FULL);
        }
        list.insert(id);
        Ok(Bytes::new())
    }

    pub(crate) fn remove_black(&mut self, owner: UserIx, user: &str) -> Answer {
        self.core.accounts[owner].blacklist.shift_remove(user);
        Ok(Bytes::new())
    }
}

/// Every answer that says 0 is one that the strictest SDK decodes: a missing required field is this service's own mistake,
/// and each test that meets it shall tell.
#[cfg(debug_assertions)]
fn assert_decodes(topic: &Topic, code: u16, body: &[u8]) {
    if code != status::OK {
        return;
    }
    let lacks = match wire::reflect::answer_message(topic) {
        Some(message) => wire::reflect::missing(message, body).unwrap_or_else(|error| vec![error]),
        None => vec!["a message of the answer in `wire::reflect::answer_message`".to_owned()],
    };
    assert!(lacks.is_empty(), "the answer to {topic} lacks {}", lacks.join(", "));
}

/// Whom a blacklist query is about: the body's user, or the frame's target where the body names none.
fn blacklist_target(request: &Request) -> Result<String, u16> {
    let named: UserIdInput = read(request)?;
    let user = named.user_id.filter(|id| !id.is_empty()).unwrap_or_else(|| request.target.clone());
    if user.is_empty() || !is_id(&user) { Err(status::BAD_PARAMETER) } else { Ok(user) }
}

#[cfg(all(test, debug_assertions))]
mod tests {
    use super::*;

    #[test]
    fn an_answer_that_a_strict_decoder_takes_passes_and_a_refusal_needs_no_body() {
        assert_decodes(&Topic::AddTag, 0, &[0x08, 1]);
        assert_decodes(&Topic::Reportsdk, 0, &[]);
        assert_decodes(&Topic::AddTag, status::NOT_SUPPORTED, &[]);
    }

    #[test]
    #[should_panic(expected = "the answer to addTag lacks version")]
    fn an_answer_without_a_required_field_is_loud() {
        assert_decodes(&Topic::AddTag, 0, &[]);
    }

    #[test]
    #[should_panic(expected = "the answer to pullMsg lacks list[0].type")]
    fn so_is_one_whose_messages_lack_something() {
        let message = [0x0A, 1, b'b', 0x22, 1, b'x', 0x2A, 0, 0x30, 1, 0x38, 0];
        assert_decodes(&Topic::PullMsg, 0, &[&[0x0A, 12], &message[..], &[0x10, 1]].concat());
    }

    #[test]
    #[should_panic(expected = "the answer to ppMsgP lacks a message of the answer")]
    fn so_is_an_answer_that_nobody_has_described() {
        assert_decodes(&Topic::PpMsgP, 0, &[]);
    }
}
