//! The engine against a scripted server, in virtual time.

#![allow(clippy::unwrap_used, reason = "a test helper that fails fails its test")]

mod api;
mod connecting;
mod frames;
mod local;
mod receiving;
mod reconnecting;
mod rig;
mod sending;
mod ultra_group;
