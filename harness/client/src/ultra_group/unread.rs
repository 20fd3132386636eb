//! Unread counts over the channels of a group, or of all groups (UGUNREAD).

use crate::{
    core::{Core, bug::Bug, message::Object},
    local::{Answer, Answered},
};

/// No count is told higher (UGUNREAD-005, UGUNREAD-006; of sums, too: AMB-63).
const MOST: i64 = 999;

/// `loadUltraGroupAllUnreadCount()`, and that of mentions.
pub(crate) fn of_all(core: &Core, mentions: bool) -> Answered {
    let event = if mentions {
        "onUltraGroupAllUnreadMentionedCountLoaded"
    } else {
        "onUltraGroupAllUnreadCountLoaded"
    };
    Some(count(core, event, &[], None, mentions))
}

/// `loadUltraGroupUnreadCount(targetId)`, and that of mentions: one group (AMB-22).
pub(crate) fn of_group(core: &Core, args: &Object, mentions: bool) -> Answered {
    let group = crate::ultra_group::group(args)?;
    let event =
        if mentions { "onUltraGroupUnreadMentionedCountLoaded" } else { "onUltraGroupUnreadCountLoaded" };
    Some(count(core, event, &["targetId"], Some(&group), mentions))
}

fn count(
    core: &Core,
    event: &'static str,
    echoed: &'static [&'static str],
    group: Option<&str>,
    mentions: bool,
) -> Answer {
    let count = core.store.unread_counts(mentions).map(|counts| {
        let asked = counts
            .iter()
            .filter(|(key, _)| key.kind == "ultra_group" && group.is_none_or(|group| key.target == group));
        let most = if group.is_some() && core.has(Bug::GroupCountIsFirstChannels) { 1 } else { usize::MAX };
        let sum = asked.take(most).map(|(_, count)| count).sum::<i64>();
        if sum > MOST && core.has(Bug::CountsAbove999) { sum } else { sum.min(MOST) }
    });
    Answer {
        event,
        echoed,
        result: count.map(|count| vec![("count", count.into())]),
        otherwise: vec![("count", 0.into())],
    }
}
