//! What is unread: messages a device received, without those read here or on another device, recalled or deleted.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use reference_client::CallResult;
use serde_json::{Value, json};
use simulation::Event;

use super::{DEVICES, Session, support::object};

/// What was done to unread counts.
#[derive(Debug, Default)]
pub(crate) struct Reading {
    /// Texts a device read or deleted itself, which is so at once.
    gone: [BTreeSet<usize>; 3],
    /// Accepted calls of `syncConversationReadStatus`: device and time.
    synced: Vec<(usize, i64)>,
    /// Accepted calls of `recallMessage`: UID and text.
    recalled: Vec<(String, usize)>,
}

/// A message a device was handed and counts.
struct Received {
    text: usize,
    time: i64,
    message: Value,
}

impl Session {
    fn unread_candidates(&self, device: usize) -> Vec<Received> {
        let messages = self.events(device, "onMessageReceived").map(|event| &event.args["message"]);
        messages
            .filter(|message| message["direction"] == "receive")
            .map(|message| Received {
                text: message["text"].as_str().unwrap().parse().unwrap(),
                time: message["sentTime"].as_i64().unwrap(),
                message: message.clone(),
            })
            .collect()
    }

    fn pick(&self, device: usize, nth: u32) -> Option<Received> {
        let mut received = self.unread_candidates(device);
        let nth = (nth as usize).checked_rem(received.len())?;
        Some(received.swap_remove(nth))
    }

    fn accepted_call(&mut self, device: usize, method: &str, args: Value) -> bool {
        let result = self.simulation.call(DEVICES[device].0, method, &object(args)).unwrap();
        result == CallResult::Code(0)
    }

    /// Whether a call of the local store worked: after a restart there is none until the login.
    fn done(&mut self, device: usize, method: &str, args: Value, result: &str) -> bool {
        assert!(self.accepted_call(device, method, args));
        self.events(device, result).last().is_some_and(|event| event.args["code"] == 0)
    }

    pub(crate) fn clear(&mut self, device: usize, nth: u32) {
        let Some(until) = self.pick(device, nth) else { return };
        let other = Self::other(DEVICES[device].1);
        let args = json!({"type": "private", "targetId": other, "channelId": "", "timestamp": until.time});
        if !self.done(device, "clearUnreadCount", args, "onUnreadCountCleared") {
            return;
        }
        let read = self.unread_candidates(device).into_iter().filter(|message| message.time <= until.time);
        let read: Vec<usize> = read.map(|message| message.text).collect();
        self.reading.gone[device].extend(read);
    }

    pub(crate) fn sync_read(&mut self, device: usize, nth: u32) {
        let Some(until) = self.pick(device, nth) else { return };
        let other = Self::other(DEVICES[device].1);
        let args = json!({"type": "private", "targetId": other, "channelId": "", "timestamp": until.time});
        assert!(self.accepted_call(device, "syncConversationReadStatus", args));
        self.reading.synced.push((device, until.time));
    }

    pub(crate) fn delete(&mut self, device: usize, nth: u32) {
        let Some(message) = self.pick(device, nth) else { return };
        let args = json!({"messages": [message.message]});
        if self.done(device, "deleteLocalMessages", args, "onLocalMessagesDeleted") {
            self.reading.gone[device].insert(message.text);
        }
    }

    pub(crate) fn recall(&mut self, device: usize, nth: u32) {
        let sent: Vec<Value> = self
            .events(device, "onMessageSent")
            .filter(|event| event.args["code"] == 0)
            .map(|event| event.args["message"].clone())
            .collect();
        let Some(message) = (nth as usize).checked_rem(sent.len()).map(|nth| sent[nth].clone()) else {
            return;
        };
        let text = message["text"].as_str().unwrap().parse().unwrap();
        let uid = message["messageUId"].as_str().unwrap().to_owned();
        assert!(self.accepted_call(device, "recallMessage", json!({"message": message})));
        self.reading.recalled.push((uid, text));
    }

    /// Whether a message may be recalled, and whether it is for certain.
    pub(crate) fn recalls_of(&self, text: usize) -> (bool, bool) {
        let mut calls = self.reading.recalled.iter().filter(|(_, recalled)| *recalled == text);
        let Some((uid, _)) = calls.next() else { return (false, false) };
        let done = |event: &Event| {
            event.name == "onMessageRecalled"
                && event.args["code"] == 0
                && event.args["message"]["messageUId"] == uid.as_str()
        };
        (true, self.simulation.events().iter().any(done))
    }

    /// Up to when another device's read state may have come here, and up to when it has for certain.
    fn read_elsewhere(&self, device: usize) -> (i64, i64) {
        let (_, user, _) = DEVICES[device];
        let mut latest = (0, 0);
        for (by, time) in self.reading.synced.iter().filter(|(by, _)| DEVICES[*by].1 == user) {
            let told = self
                .events(*by, "onConversationReadStatusSynced")
                .filter(|event| event.args["code"] == 0 && event.args["timestamp"].as_i64() == Some(*time))
                .count();
            let calls = self.reading.synced.iter().filter(|call| **call == (*by, *time)).count();
            // A device that was not told that each of its own calls worked may hear of one like any other.
            if *by != device || told < calls {
                latest.0 = latest.0.max(*time);
            }
            if *by != device && told > 0 && self.sync {
                latest.1 = latest.1.max(*time);
            }
        }
        latest
    }

    pub(crate) fn check_unread_counts(&mut self) -> Result<(), TestCaseError> {
        for (device, (name, user, _)) in DEVICES.iter().enumerate() {
            let args = json!({"type": "private", "targetId": Self::other(user), "channelId": ""});
            prop_assert!(self.accepted_call(device, "loadUnreadCount", args));
            let counted = self.events(device, "onUnreadCountLoaded").last();
            let counted = counted.and_then(|event| event.args["count"].as_i64());
            let (may, must) = self.read_elsewhere(device);
            // Without sync a recall reaches one of the user's devices, not always the one that has the message.
            let reaches = self.sync || *user == "bob";
            let received: BTreeMap<usize, i64> = self
                .unread_candidates(device)
                .into_iter()
                .map(|message| (message.text, message.time))
                .collect();
            let (mut least, mut most) = (0, 0);
            for (text, time) in &received {
                let (may_be_recalled, recalled) = self.recalls_of(*text);
                if self.reading.gone[device].contains(text) || *time <= must || (recalled && reaches) {
                    continue;
                }
                most += 1;
                least += i64::from(*time > may && !may_be_recalled);
            }
            let fits = counted.is_some_and(|counted| (least..=most).contains(&counted));
            prop_assert!(fits, "{name} counts {counted:?}, not {least} to {most}");
        }
        Ok(())
    }
}
