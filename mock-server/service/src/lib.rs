//! The simulated IM service: one pure state machine a world (App Key).
//!
//! A world is fed with [`Input`]s, [`Act`](act::Act)s and the time, and drained of [`Output`]s; [`Taken`] is all that can be done to it. It knows no socket,
//! no clock and no thread; its ids come from its seed. One room a business term, and arrows run down only: `service` is the
//! face, `doors` take what comes in, `world` lends views of the topics (`mail`, `chatroom`, `ultra_group`, `files`,
//! `preferences`, `outward`), which stand on `core`. For tests of tests there are [`fault`] and [`bug`].

mod chatroom;
mod core;
mod doors;
mod files;
mod mail;
mod outward;
mod preferences;
mod service;
mod taken;
mod ultra_group;
mod world;

pub use self::core::{
    bug, caps, fault,
    http_path::{HttpPath, NAVI},
    io::{Callback, CallbackKind},
    io::{
        Close, ConnId, ConnView, Endpoints, HttpId, HttpRequest, HttpResponse, Input, Login, Output,
        PlatformClass, Transport,
    },
    journal, limits,
    preset::Preset,
    refusal::Hint,
    secret::shortened,
    signature::signature_of,
    stand_in::StandIn,
    switch,
    switch::AppLevel,
};
pub use chatroom::ChatroomSetup;
pub use doors::frames::NOT_BLACKLISTED;
pub use doors::operator::act::ActError;
pub use doors::operator::{
    act,
    bulk::{Filling, Progress},
    setup,
    setup::WorldSetup,
    view::StateKind,
};
pub use doors::server_api::nearest_endpoint;
pub use outward::callback::Callbacks;
pub use service::{Held, Service};
pub use taken::Taken;
pub use ultra_group::{ChannelSetup, ChannelType, UltraGroupSetup};
