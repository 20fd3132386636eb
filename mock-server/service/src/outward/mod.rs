//! What leaves a world for the app: callbacks to its server, copies of messages, devices' comings and goings, pushes to
//! those who are away.

use crate::{
    core::{Core, switch::AppLevel},
    outward::{callback::Callbacks, push::Pushes},
    preferences::PreferencesState,
};
pub(crate) mod callback;
pub(crate) mod device_status;
pub(crate) mod message_copies;
pub(crate) mod push;
pub(crate) mod push_decision;

/// What leaves for the app, as a world keeps it.
#[derive(Debug, Clone, Default)]
pub(crate) struct OutwardState {
    /// Where the app's server is told of what.
    pub(crate) callbacks: Callbacks,
    /// Do-not-disturb of the whole app.
    pub(crate) app_level: AppLevel,
    pub(crate) pushes: Pushes,
}

/// The way out for the app, and what it may touch.
pub(crate) struct Outward<'w> {
    pub(crate) state: &'w mut OutwardState,
    pub(crate) preferences: &'w PreferencesState,
    pub(crate) core: &'w mut Core,
}
