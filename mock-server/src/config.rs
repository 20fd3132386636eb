//! What a server is started with.

use std::{net::SocketAddr, path::PathBuf};

use service::{Preset, setup::WorldSetup};
use wire::UnixMillis;

use crate::{
    advertise::Advertised,
    bounds::Bounds,
    hosts::{Authority, Origin},
};

/// The App Key of the world that is there without asking.
pub const DEFAULT_APP_KEY: &str = "mock-app-key";
/// The App Secret of every world that names no other.
pub const DEFAULT_APP_SECRET: &str = "mock-secret";

/// How a [`Server`](crate::Server) is started. The default serves the default App Key on a free loopback port.
#[derive(Debug, Clone)]
pub struct Config {
    /// Address and port; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Worlds to begin with; the first is the one that `world` describes. None is none, unless `resume` finds no
    /// recording: then there is the default one.
    pub apps: Vec<App>,
    /// Refuse unknown App Keys and `test:` tokens; otherwise an App Key becomes a world on first sight.
    pub strict: bool,
    /// What the first world holds; nothing if not given.
    pub world: Option<WorldSetup>,
    /// Speak TLS on every connection.
    pub tls: Option<Tls>,
    /// Where the certificate that clients are to trust is written, in PEM, before the first connection. Needs `tls`.
    pub tls_cert_out: Option<PathBuf>,
    /// Seed of every world's ids, which then can be told beforehand; without one no id ever comes again.
    pub seed: Option<u64>,
    /// Who may use the control API: bearers of this token, from anywhere; without one, loopback peers only.
    pub control_token: Option<String>,
    /// The address that answers and the ready line name; without one, that by which each asker came.
    pub advertise: Option<Advertised>,
    /// Believe `X-Forwarded-Host` and `X-Forwarded-Proto`.
    pub trust_proxy: bool,
    /// Names, besides loopback names, addresses and the advertised one, by which the control API may be called.
    pub allow_hosts: Vec<Authority>,
    /// Origins of pages, besides its own, that may use the control API.
    pub allow_origins: Vec<Origin>,
    /// The largest frame body accepted, in bytes.
    pub max_frame: usize,
    /// What worlds are like whose set-up names no `preset`.
    pub preset: Preset,
    /// Whether what worlds take in and say is taken down.
    pub record: Option<Record>,
    /// Worlds go on from the recordings in `record`'s folder.
    pub resume: bool,
    /// What the server takes on at most, all worlds and clients together.
    pub bounds: Bounds,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            apps: vec![App::default()],
            strict: false,
            world: None,
            tls: None,
            tls_cert_out: None,
            seed: None,
            control_token: None,
            advertise: None,
            trust_proxy: false,
            allow_hosts: Vec::new(),
            allow_origins: Vec::new(),
            max_frame: wire::DEFAULT_MAX_FRAME,
            preset: Preset::default(),
            record: None,
            resume: false,
            bounds: Bounds::default(),
        }
    }
}

/// An App Key and its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct App {
    /// The App Key.
    pub key: String,
    /// Its secret.
    pub secret: String,
}

impl Default for App {
    fn default() -> Self {
        Self { key: DEFAULT_APP_KEY.to_owned(), secret: DEFAULT_APP_SECRET.to_owned() }
    }
}

impl App {
    /// The one that there is if nobody names any, with the secret of what describes its world.
    pub(crate) fn unnamed(world: Option<&WorldSetup>) -> Self {
        let default = Self::default();
        let secret = world.and_then(|world| world.app_secret.clone());
        Self { secret: secret.unwrap_or(default.secret), ..default }
    }
}

/// Where recordings go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Record {
    /// To whoever asks for them ([`Server::recording`](crate::Server::recording)).
    InMemory {
        /// The client that is recorded, for the first line; may be empty.
        client: String,
    },
    /// Into a folder, a file a world.
    To {
        /// The folder; it is made if need be.
        folder: PathBuf,
        /// Bytes after which a file is not gone on with.
        limit: u64,
        /// What worlds say is recorded, too, and not only what is done to them.
        outputs: bool,
    },
}

/// Where the certificate comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tls {
    /// Made at the start, for `localhost`, the loopback addresses, the address listened on, the advertised host and the
    /// allowed ones.
    SelfSigned,
    /// Read from PEM files.
    Files {
        /// Certificate chain.
        cert: PathBuf,
        /// Private key.
        key: PathBuf,
    },
}

/// How a world's time goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// With the machine's clock; advancing adds to it.
    Wall,
    /// Only by being advanced, from this time on.
    Manual(UnixMillis),
}
