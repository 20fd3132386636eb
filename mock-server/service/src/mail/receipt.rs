//! Read state that travels as messages or queries (SYNC-019, GRR): who hears of it, and the receipts of groups of the
//! second scheme, which the service keeps.
//!
//! Private receipts (`RC:ReadNtf`) and the first scheme of groups (`RC:RRReqMsg`, `RC:RRRspMsg`) are messages like any
//! other. The second scheme is for apps with the switch `groupReceiptQueries` (navi `grpRRVer` 1): SDKs then refuse to
//! send the messages, and ask with `rrMsg` and `rrList`, seen with real SDKs.

use std::{collections::BTreeMap, sync::Arc};

use bytes::Bytes;
use prost::Message as _;
use wire::{
    Request, UnixMillis,
    body::{GrpMsgReadUser, GrpReadReceiptMsg, GrpReadReceiptQryReq, GrpReadReceiptQryResp},
    code::status,
};

use crate::{
    core::{account::UserIx, answer::read, bug::Bug, refusal::Gate},
    mail::Mail,
};

/// Tells the sender's other devices up to where a conversation is read; the peer never gets it.
pub(crate) const READ_SYNC: &str = "RC:SRSMsg";
/// Tells the peer up to where its messages are read.
pub(crate) const PRIVATE_RECEIPT: &str = "RC:ReadNtf";
/// Answers a group's receipt request; only the senders it names get it.
pub(crate) const GROUP_RESPONSE: &str = "RC:RRRspMsg";
/// A typing state; a status message.
pub(crate) const TYPING: &str = "RC:TypSts";

/// Who has read which message of which group, and when; the second scheme's memory.
#[derive(Debug, Clone, Default)]
pub(crate) struct Receipts {
    /// By group and UID, in the order they said so.
    readers: BTreeMap<(Arc<str>, String), Vec<Reader>>,
}

/// A user, and when it said that it has read a message.
type Reader = (UserIx, UnixMillis);

impl Mail<'_> {
    /// Whether what a client sends reaches nobody but its own user's other devices.
    pub(crate) fn is_for_own_devices(&self, classname: &str) -> bool {
        classname == READ_SYNC && !self.core.has(Bug::ReadSyncReachesPeer)
    }

    /// `rrMsg`: the user has read these messages of the group. Told once, the first time counts.
    pub(crate) fn group_messages_read(
        &mut self,
        now: UnixMillis,
        user: UserIx,
        request: &Request,
    ) -> Result<Bytes, u16> {
        let told = read::<GrpReadReceiptMsg>(request)?.msg_id;
        let group = self.receipt_group(user, request)?;
        if told.is_empty() || told.iter().any(String::is_empty) {
            return Err(status::BAD_PARAMETER);
        }
        for uid in told {
            let readers = self.state.receipts.readers.entry((group.clone(), uid)).or_default();
            if readers.iter().all(|(reader, _)| *reader != user) {
                readers.push((user, now));
            }
        }
        Ok(Bytes::new())
    }

    /// `rrList`: who has read a message. How the members are counted is assumed: all but the one who asks.
    pub(crate) fn group_message_readers(&self, user: UserIx, request: &Request) -> Result<Bytes, u16> {
        let asked = read::<GrpReadReceiptQryReq>(request)?.msg_id;
        let group = self.receipt_group(user, request)?;
        let members = self.state.groups.get(&group).map_or(0, |members| members.len().saturating_sub(1));
        let [uid] = asked.as_slice() else { return Err(status::BAD_PARAMETER) };
        let readers = self.state.receipts.readers.get(&(group, uid.clone()));
        let list = readers.into_iter().flatten().map(|(reader, time)| GrpMsgReadUser {
            read_time: time.0,
            user_id: self.core.accounts[*reader].id.to_string(),
        });
        let answer = GrpReadReceiptQryResp { total_member_num: members as i32, list: list.collect() };
        Ok(answer.encode_to_vec().into())
    }

    /// The group a receipt query is about: the second scheme must be on, and the user a member.
    fn receipt_group(&self, user: UserIx, request: &Request) -> Result<Arc<str>, u16> {
        self.core.ordered(Gate::GroupReceipts)?;
        let member = self.state.groups.get(&request.target).is_some_and(|members| members.contains(&user));
        if member { Ok(request.target.as_str().into()) } else { Err(status::NOT_IN_GROUP) }
    }
}
