//! `harness load`: many simulated clients against a server; rates, latencies, the server's CPU time and memory.
//!
//! The clients speak our frames on native TCP or WebSocket, and MQTT 3.1.1, so that a real broker can do the same work
//! beside our server (`mock-server/bench/compare.sh`). All of them live on one thread of this process. What counts is
//! CPU time of the server per unit of work, read from `/proc`: on a machine that client and server share, rates
//! alone tell little.

mod backlog;
mod connect;
mod control;
mod idle;
mod im;
mod link;
mod mqtt;
mod pairs;
mod process;
mod protocol;
mod report;
mod room;
mod ultra_group;
mod websocket;

use std::{io, net::SocketAddr, path::PathBuf, time::Duration};

use clap::{Parser, ValueEnum};

pub use protocol::Protocol;
pub use report::{Latency, Report};

use process::Target;

/// What the load command takes.
#[derive(Debug, Clone, Parser)]
#[command(group = clap::ArgGroup::new("server").required(true))]
pub struct Args {
    /// What the clients do.
    pub scenario: Scenario,
    /// What they speak.
    #[arg(long, value_enum, default_value_t)]
    pub protocol: Protocol,
    /// The server's address.
    #[arg(long, value_name = "ADDR:PORT", group = "server")]
    pub address: Option<SocketAddr>,
    /// Start this mock-server for the run and end it afterwards.
    #[arg(long, value_name = "PROGRAM", group = "server")]
    pub spawn: Option<PathBuf>,
    /// The server's process, to read its CPU time and memory (known with --spawn).
    #[arg(long, value_name = "PID", conflicts_with = "spawn")]
    pub pid: Option<u32>,
    /// App Key of the world; it is made anew, with no limit on sending. Not used with MQTT.
    #[arg(long, value_name = "KEY", default_value = "load-app-key")]
    pub app_key: String,
    /// How many: logins, idle connections, messages, or messages that wait.
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    pub count: u64,
    /// Senders with a receiver each (pairs), or logins at a time (connect).
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u64).range(1..=5_000))]
    pub parallel: u64,
    /// Members of the room, or of the ultra group (room, ultra-group).
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub members: u64,
    /// Members of the ultra group who are online, the others are not (ultra-group).
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..=50_000))]
    pub online: u64,
    /// Rooms that all members are in, or channels; spoken in by turns (room, ultra-group).
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=1_000))]
    pub rooms: u64,
    /// Messages a sender has on the way (pairs), or sends at once (room); 1 is one at a time.
    #[arg(long, value_name = "N", default_value_t = 32, value_parser = clap::value_parser!(u64).range(1..=1_000))]
    pub window: u64,
    /// Bytes of a message's content.
    #[arg(long, value_name = "BYTES", default_value_t = 100, value_parser = clap::value_parser!(u64).range(16..=100_000))]
    pub payload: u64,
    /// Give up after so many seconds.
    #[arg(long, value_name = "N", default_value_t = 120, value_parser = clap::value_parser!(u64).range(1..=3_600))]
    pub seconds: u64,
    /// Print the result as one line of JSON.
    #[arg(long)]
    pub json: bool,
}

/// What the clients do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Scenario {
    /// Connect, log in, be accepted, close; one unit is one login.
    Connect,
    /// Log in and stay; one unit is one connection that does nothing.
    Idle,
    /// Private messages from senders to receivers, acknowledged on both sides; one unit is one message.
    Pairs,
    /// Messages are stored for one user who is away; one unit is one of them. It is read afterwards that all came, in order, once.
    Store,
    /// Messages to all members of a room; one unit is one message that reached one member.
    Room,
    /// Messages to the channels of an ultra group; one unit is one message that reached one member who is online.
    UltraGroup,
    /// One user comes back to messages that wait; one unit is one of them read.
    Backlog,
}

/// Why a run gave no figures.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// A socket or the system.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The server said something else than the protocol wants.
    #[error("{0}")]
    Protocol(String),
    /// The time is over.
    #[error("not done after {0:?}")]
    Timeout(Duration),
    /// The server could not be started or prepared.
    #[error("{0}")]
    Server(String),
}

/// Runs one scenario and gives its figures. A server that it starts ends with it.
///
/// # Errors
/// The server cannot be reached, breaks the protocol, or is too slow for the limit of time.
pub fn measure(args: &Args) -> Result<Report, LoadError> {
    let target = Target::of(args)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let limit = Duration::from_secs(args.seconds);
    runtime.block_on(async {
        let work = async {
            if args.protocol != Protocol::Mqtt {
                let world = match args.scenario {
                    Scenario::UltraGroup => ultra_group::world(args),
                    _ => control::world(),
                };
                control::put_world(target.address, &args.app_key, &world).await?;
            }
            match args.scenario {
                Scenario::Connect => connect::run(args, &target).await,
                Scenario::Idle => idle::run(args, &target).await,
                Scenario::Pairs => pairs::run(args, &target).await,
                Scenario::Room => room::run(args, &target, room::Place::Rooms).await,
                Scenario::UltraGroup => ultra_group::run(args, &target).await,
                Scenario::Store => backlog::store(args, &target).await,
                Scenario::Backlog => backlog::read(args, &target).await,
            }
        };
        tokio::time::timeout(limit, work).await.map_err(|_| LoadError::Timeout(limit))?
    })
}

/// The subcommand: measures and prints one line.
///
/// # Errors
/// As [`measure`], or the line cannot be written.
pub fn run(args: &Args, out: &mut dyn io::Write) -> Result<(), LoadError> {
    let report = measure(args)?;
    if args.json {
        let line = serde_json::to_string(&report).map_err(io::Error::from)?;
        writeln!(out, "{line}")?;
    } else {
        writeln!(out, "{report}")?;
    }
    Ok(())
}
