//! Who takes part in a session: clients by what they present themselves with.

use service::{Login, PlatformClass, Transport};

/// What tells one client from another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Identity {
    pub user: String,
    pub platform: String,
    pub device: String,
    pub label: String,
}

/// A token without the addresses behind its `@`.
pub(super) fn bare(token: &str) -> &str {
    token.split('@').next().unwrap_or_default()
}

/// The client of a connection's label: `phone` of `phone/2`.
pub(super) fn client_of(label: &str) -> Option<&str> {
    label.split('/').next().filter(|client| !client.is_empty())
}

/// A platform as scenarios name it.
pub(crate) fn platform(login: &Login) -> String {
    if login.transport != Transport::Tcp && login.platform.is_empty() {
        return "Web".to_owned();
    }
    match PlatformClass::of(&login.platform) {
        PlatformClass::Mobile if login.platform.eq_ignore_ascii_case("ios") => "iOS",
        PlatformClass::Mobile => "Android",
        PlatformClass::Desktop => "PC",
        PlatformClass::Web => "Web",
        PlatformClass::MiniProgram => "MiniProgram",
    }
    .to_owned()
}

/// A user's id as a name of a client.
pub(super) fn plain(user: &str) -> String {
    let name: String =
        user.chars().map(|sign| if sign.is_ascii_alphanumeric() { sign } else { '_' }).take(32).collect();
    if name.starts_with(|first: char| first.is_ascii_alphabetic()) { name } else { format!("c{name}") }
}
