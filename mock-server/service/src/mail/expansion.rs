//! Changes of expansions of private and group messages; what a change is and how it is judged stands in `core::expansion`.

use std::sync::Arc;

use serde_json::Value;
use wire::{UnixMillis, code::status};

use crate::{
    core::{account::UserIx, bug::Bug, expansion::Rules, ids::Uid},
    mail::Mail,
};

/// Carries out a change that `user` asks for, `most` pairs at a time: `mid` names the message, `put` sets, `del`
/// removes, `removeAll` empties.
pub(crate) fn expand(
    mail: &mut Mail<'_>,
    now: UnixMillis,
    user: UserIx,
    change: &[u8],
    most: usize,
) -> Result<(), u16> {
    let change: Value = serde_json::from_slice(change).map_err(|_| status::EXPANSION_FORMAT)?;
    let mid = change.get("mid").and_then(Value::as_str).unwrap_or_default();
    let any = mail.core.has(Bug::ExpandsAny);
    let whole = mail.core.limits.expansion_pairs;
    let rules = Rules { now, most, whole, bound: !mail.core.has(Bug::IgnoresExpansionLimits) };
    let uid = Uid::parse(mid).ok_or(status::EXPANSION_NO_MESSAGE)?;
    let found = mail.state.archive.find_mut(uid).filter(|entry| !entry.recalled);
    let entry = found.ok_or(status::EXPANSION_NO_MESSAGE)?;
    if !entry.viewers.contains(&user) {
        return Err(status::EXPANSION_NO_RIGHT);
    }
    if !entry.message.expandable && !any {
        return Err(status::EXPANSION_OFF);
    }
    let pairs = entry.expansion.changed(&change, &rules)?;
    let text = pairs.on_the_wire();
    entry.expansion = pairs;
    entry.message = Arc::new(entry.message.edited(|down| down.extra_content = Some(text)));
    Ok(())
}
