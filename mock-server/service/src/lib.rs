//! The simulated IM service: one pure state machine a world (App Key).
//!
//! A world is fed with [`Input`]s, [`Act`](act::Act)s and the time, and drained of [`Output`]s. It knows no socket,
//! no clock and no thread; its ids come from its seed. One module a business term: `account` (users, tokens, lists),
//! `session` (logging in and out), `send` and `deliver` (messages), `timeline` (mailboxes), `query` (pulls), `history` and `roaming` (the archive and what
//! clients ask of it), `recall`, `expansion`, `navi`,
//! `server_api`, `push`, and for tests of tests [`fault`] and [`bug`].

mod account;
pub mod act;
mod acts;
pub mod bug;
mod bulk;
mod calendar;
mod callback;
pub mod caps;
mod chatroom;
mod connection;
mod conversation_tags;
mod conversations;
mod deliver;
mod disturb;
mod expansion;
pub mod fault;
mod faulty;
mod files;
mod form;
mod gate;
mod given;
mod group;
mod history;
mod ids;
mod io;
pub mod journal;
mod length;
pub mod limits;
mod login;
mod message;
mod message_log;
mod misdirect;
mod navi;
mod note;
mod page;
mod polling;
mod presence;
mod preset;
mod push;
mod query;
mod quiet;
mod reach;
mod recall;
mod receipt;
mod roaming;
mod routing;
mod secret;
mod send;
mod server_api;
mod session;
mod settings;
pub mod setup;
mod state;
pub mod switch;
mod through_faults;
mod timeline;
mod ultra_group;
mod world;
mod zip;

pub use bulk::{Filling, Progress};
pub use callback::{Callback, CallbackKind, Callbacks};
pub use chatroom::ChatroomSetup;
pub use disturb::AppLevel;
pub use files::FILES;
pub use gate::Hint;
pub use io::{
    Close, ConnId, Endpoints, HttpId, HttpRequest, HttpResponse, Input, Login, Output, PlatformClass,
    Transport,
};
pub use preset::Preset;
pub use query::NOT_BLACKLISTED;
pub use secret::shortened;
pub use server_api::{nearest_endpoint, signature_of};
pub use setup::WorldSetup;
pub use state::StateKind;
pub use ultra_group::{ChannelSetup, ChannelType, UltraGroupSetup};
pub use world::{ActError, ConnView, Held, Service};
