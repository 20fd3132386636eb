//! The service core through its own door: inputs in, frames out, virtual time throughout.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test helper that fails fails its test"
)]

mod answers;
mod api_hints;
mod api_ranges;
mod blacklist;
mod chatroom;
mod conversation_tags;
mod conversations;
mod direction;
mod extremes;
mod faults;
mod history;
mod lengths;
mod login;
mod mention;
mod messages;
mod navi;
mod packages;
mod presets;
mod recall;
mod receipt;
mod server_api;
mod settings;
mod ultra_group;
mod ultra_group_changes;
mod ultra_group_levels;
mod ultra_group_misuse;
mod world;
