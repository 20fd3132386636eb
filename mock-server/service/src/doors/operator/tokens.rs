//! Tokens that the app's server asks for, and those that a set-up names.

use std::time::Duration;

use wire::UnixMillis;

use crate::world::World;

/// Issues a token for a user, registering it if need be. It names the configured address.
pub(crate) fn issue_token(world: &mut World, now: UnixMillis, user: &str) -> String {
    issue_token_at(world, now, user, "")
}

/// The same for somebody who reached us by that origin: the token names it.
pub(crate) fn issue_token_at(world: &mut World, now: UnixMillis, user: &str, origin: &str) -> String {
    let user = world.core.accounts.register(user);
    let opaque = world.core.ids.token();
    let minutes = world.core.limits.token_lifetime_minutes;
    let lifetime = (minutes > 0).then(|| Duration::from_secs(minutes.saturating_mul(60)));
    world.core.tokens.issue(opaque.clone(), user, now, lifetime);
    with_hosts(world, &opaque, origin)
}

/// The token that the set-up's `tokens:` names.
#[must_use]
pub(crate) fn named_token<'w>(world: &'w World, name: &str) -> Option<&'w str> {
    world.core.named_tokens.get(name).map(String::as_str)
}

/// `OPAQUE@HOST;HOST`: an SDK that is given nothing but the token finds the server.
pub(crate) fn with_hosts(world: &World, opaque: &str, origin: &str) -> String {
    format!("{opaque}@{}", world.core.found_at(origin).navi)
}
