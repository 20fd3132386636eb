//! Scenarios: the model, and the way from YAML to it with every mistake named at its place.

mod diagnostic;
mod duration;
mod matcher;
mod model;
mod needs_about;
mod place;
mod read;
mod schema;
mod step;
mod tree;
mod uses;
mod value;

pub use diagnostic::Diagnostic;
pub(crate) use diagnostic::nearest;
pub(crate) use duration::parse as parse_duration;
pub use matcher::{Comparison, Matcher, Matching, Mismatch, NoMatch};
pub use model::{Case, Client, MAIN_WORLD, Scenario, Times};
pub use needs_about::about_need;
pub use place::{Place, Placed, Source};
pub use read::{Loader, parse, parse_with};
pub(crate) use read::{names, unreadable, wrong_file};
pub use schema::schema;
pub use step::{
    Api, ApiBody, Attempts, Call, EventMatch, Expect, Journal, Network, NetworkChange, Order, Quiet,
    ServiceAct, Sign, State, Step, StepAct, Transport, Wire, WireAct,
};
pub use value::{Part, Ref, Scope, Unresolved, Value, resolve_map};

/// Capabilities a scenario can ask for (`needs:`) and a client declares.
pub const NEEDS: &[&str] = &[
    "virtual_time",
    "network",
    // The device can be told that it lost its network, has it again, or changed it.
    "network_state",
    "lifecycle",
    "restart",
    "local_store",
    "raw_connection",
    "several_devices",
    "native_transport",
    "reconnect_kick",
    // The client itself repeats and limits a first connection that fails.
    "connect_retries",
    // A refused login is told as a status of the connection too.
    "refusal_status",
    // Wrong arguments are refused by the client itself, before anything of them reaches the server.
    "argument_checks",
    // A message that comes twice on one connection is handed over once.
    "doubled_pushes",
    "engine_life_cycle",
    "private",
    "group",
    "system",
    "chatroom",
    "ultragroup",
    "offline_messages",
    "history",
    "local_insertion",
    "search",
    "recall",
    "receipts",
    "expansion",
    "media",
    "blacklist",
    "conversations",
    "drafts",
    "pinning",
    "typing",
    "do_not_disturb",
    "push",
];

/// What the reference client is unless a scenario says otherwise.
pub const PHONE: &str = "Android";

/// Platform classes a client can present itself as, by their names on the wire.
pub const PLATFORMS: &[&str] = &["Android", "iOS", "HarmonyOS", "Web", "PC", "MiniProgram"];
