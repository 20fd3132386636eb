//! All worlds of the process, by App Key, and the numbers they share.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, VecDeque},
    fs::File,
    net::SocketAddr,
    rc::Rc,
};

use http::HeaderMap;
use service::{ConnId, Endpoints, HttpId, setup::WorldSetup};
use wire::code::connack;

use crate::{
    address::Addresses,
    advertise,
    bounds::Bound,
    clock,
    comet::Sessions,
    config::{App, Clock, Config, Record},
    hosts::Origin,
    meter::Meter,
    recordings,
    seeds::Seeds,
    server::StartError,
    timer::Timer,
    world::World,
};

/// How much is read from a socket at once.
const SCRATCH: usize = 64 << 10;

/// Bytes of an App Key. Assumed; the vendor's have 13.
pub(crate) const LONGEST_APP_KEY: usize = 64;

/// Why there is no world for an App Key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unmet {
    /// It is none, or unknown to a strict server.
    Unknown,
    /// The process takes on no more.
    Bound(Bound),
}

impl Unmet {
    /// What a login is refused with.
    pub(crate) fn connack(self) -> u8 {
        match self {
            Self::Unknown => connack::IDENTIFIER,
            Self::Bound(_) => connack::UNAVAILABLE,
        }
    }
}

pub(crate) struct Worlds {
    pub(crate) config: Config,
    pub(crate) addresses: Addresses,
    /// Where we are, for those of whom nothing is known.
    standing: Origin,
    pub(crate) meter: Rc<Meter>,
    /// Clients that poll.
    pub(crate) polling: Sessions,
    pub(crate) seeds: Seeds,
    pub(crate) by_key: RefCell<BTreeMap<String, Rc<World>>>,
    /// App Keys that became worlds on first sight, oldest first; nobody may ever come back to them.
    pub(crate) unasked: RefCell<VecDeque<String>>,
    pub(crate) scratch: Rc<RefCell<Box<[u8]>>>,
    pub(crate) timer: Rc<Timer>,
    /// The claim on the folder of recordings.
    _claim: Option<File>,
    pub(crate) last_conn: Cell<u64>,
    pub(crate) last_request: Cell<u64>,
    /// What whoever starts the server is to be told, a sentence each.
    pub(crate) warnings: RefCell<Vec<String>>,
    /// Connections whose first bytes were neither a login nor HTTP.
    strangers: Cell<u64>,
}

impl Worlds {
    /// The worlds that the configuration names.
    ///
    /// # Errors
    /// The mistakes of its `world`, or recordings that cannot be written or gone on with.
    pub(crate) fn new(config: Config, standing: Origin) -> Result<Rc<Self>, StartError> {
        let claim = match &config.record {
            Some(Record::To { folder, .. }) => {
                Some(recordings::claim(folder).map_err(StartError::Recordings)?)
            }
            _ => None,
        };
        let worlds = Rc::new(Self {
            _claim: claim,
            seeds: Seeds::new(config.seed),
            meter: Meter::new(config.bounds.clone()),
            config,
            addresses: Addresses::new(&standing),
            standing,
            polling: Sessions::default(),
            by_key: RefCell::default(),
            unasked: RefCell::default(),
            scratch: Rc::new(RefCell::new(vec![0; SCRATCH].into_boxed_slice())),
            timer: Rc::default(),
            last_conn: Cell::new(0),
            last_request: Cell::new(0),
            warnings: RefCell::default(),
            strangers: Cell::new(0),
        });
        worlds.resume().map_err(StartError::Recordings)?;
        let mut described = worlds.config.world.clone();
        let mut apps = worlds.config.apps.clone();
        if apps.is_empty() && worlds.config.resume && worlds.all().is_empty() {
            apps.push(App::unnamed(described.as_ref()));
        }
        for app in apps {
            // It goes on as it was.
            if worlds.get(&app.key).is_some() {
                described = None;
                continue;
            }
            let mut setup = described.take().unwrap_or_default();
            setup.app_secret = Some(app.secret);
            worlds.put(&app.key, setup, None, Clock::Wall).map_err(StartError::World)?;
        }
        Ok(worlds)
    }

    pub(crate) fn endpoints(&self) -> Endpoints {
        Endpoints::at(&self.addresses.navi).unwrap_or_default()
    }

    /// The origin by which a request reached us.
    pub(crate) fn reached(&self, headers: &HeaderMap, tls: bool) -> Origin {
        advertise::reached(&self.config, &self.standing, headers, tls)
    }

    /// The same for a native client, which names no host: the address that it connected to.
    pub(crate) fn reached_at(&self, local: Option<SocketAddr>, tls: bool) -> Origin {
        advertise::reached_at(&self.config, &self.standing, local, tls)
    }

    /// The origin of which a request takes us to be, whatever is advertised.
    pub(crate) fn visited(&self, headers: &HeaderMap, tls: bool) -> Origin {
        advertise::visited(&self.config, &self.standing, headers, tls)
    }

    /// Where we are, for those of whom nothing is known.
    pub(crate) fn standing(&self) -> &Origin {
        &self.standing
    }

    pub(crate) fn get(&self, app_key: &str) -> Option<Rc<World>> {
        self.by_key.borrow().get(app_key).cloned()
    }

    /// The world of an App Key that a client names: made on first sight, unless strict.
    ///
    /// # Errors
    /// There is none, and none can be made.
    pub(crate) fn meet(&self, app_key: &str) -> Result<Rc<World>, Unmet> {
        if let Some(world) = self.get(app_key) {
            return Ok(world);
        }
        if self.config.strict || app_key.is_empty() || app_key.len() > LONGEST_APP_KEY {
            return Err(Unmet::Unknown);
        }
        self.admits(app_key).map_err(Unmet::Bound)?;
        tracing::info!(app_key, "a new world");
        let made = self.put(app_key, WorldSetup::default(), None, Clock::Wall);
        let world = made.map_err(|_| Unmet::Unknown)?;
        self.unasked.borrow_mut().push_back(app_key.to_owned());
        Ok(world)
    }

    /// Closes a world; `false` if there is none.
    pub(crate) fn remove(&self, app_key: &str) -> bool {
        let world = self.by_key.borrow_mut().remove(app_key);
        self.unasked.borrow_mut().retain(|key| key != app_key);
        let Some(world) = world else { return false };
        world.retire();
        world.remove();
        true
    }

    /// Closes all of them; recorded ones can be resumed.
    pub(crate) fn close(&self) {
        for world in self.all() {
            world.remove();
        }
        self.by_key.borrow_mut().clear();
    }

    /// Who can come, as far as it is known: the App Keys that the server was started for, then all others that there are.
    pub(crate) fn apps(&self) -> Vec<App> {
        let place = |app: &App| self.config.apps.iter().position(|named| named.key == app.key);
        let secret = |world: &World| world.look(|service| service.app_secret().to_owned());
        let mut apps: Vec<App> = self
            .all()
            .iter()
            .map(|world| App { key: world.app_key.clone(), secret: secret(world) })
            .collect();
        apps.sort_by_key(|app| place(app).unwrap_or(usize::MAX));
        apps
    }

    pub(crate) fn all(&self) -> Vec<Rc<World>> {
        self.by_key.borrow().values().cloned().collect()
    }

    pub(crate) fn timer(&self) -> Rc<Timer> {
        self.timer.clone()
    }

    pub(crate) fn next_conn(&self) -> ConnId {
        self.last_conn.set(self.last_conn.get() + 1);
        ConnId(self.last_conn.get())
    }

    pub(crate) fn next_request(&self) -> HttpId {
        self.last_request.set(self.last_request.get() + 1);
        HttpId(self.last_request.get())
    }

    /// What the process has seen so far.
    pub(crate) fn counters(&self) -> serde_json::Value {
        let mut counters = serde_json::Map::new();
        counters.insert("worlds".to_owned(), self.by_key.borrow().len().into());
        counters.insert("connectionsOpened".to_owned(), self.last_conn.get().into());
        counters.insert("requests".to_owned(), self.last_request.get().into());
        counters.insert("strangers".to_owned(), self.strangers.get().into());
        self.meter.json(&mut counters);
        let mut counters = serde_json::Value::Object(counters);
        let mut held = service::Held::default();
        for world in self.all() {
            held += world.look(|service| service.held());
        }
        counters["bytes"]["journal"] = held.journal.into();
        counters["bytes"]["files"] = held.files.into();
        counters["dropped"]["journal"] = held.journal_dropped.into();
        counters["refused"]["files"] = held.files_refused.into();
        counters
    }

    pub(crate) fn count_stranger(&self, what: &str) {
        self.strangers.set(self.strangers.get() + 1);
        tracing::warn!(what, at = clock::wall().0, "a connection that is neither a client nor HTTP, closed");
    }
}
