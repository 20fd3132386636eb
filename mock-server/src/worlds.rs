//! All worlds of the process, by App Key, and the numbers they share.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    rc::Rc,
};

use service::{ConnId, Endpoints, Filling, HttpId, Service, setup::WorldSetup};

use crate::{
    address::Addresses,
    clock::{self, WorldClock},
    comet::Sessions,
    config::{Clock, Config, DEFAULT_APP_SECRET},
    slices::{PIECE, Slices},
    timer::Timer,
    world::World,
};

/// How much is read from a socket at once.
const SCRATCH: usize = 64 << 10;

pub(crate) struct Worlds {
    pub(crate) config: Config,
    pub(crate) addresses: Addresses,
    /// Clients that poll.
    pub(crate) polling: Sessions,
    by_key: RefCell<BTreeMap<String, Rc<World>>>,
    scratch: Rc<RefCell<Box<[u8]>>>,
    timer: Rc<Timer>,
    last_conn: Cell<u64>,
    last_request: Cell<u64>,
    /// Connections whose first bytes were neither a login nor HTTP.
    strangers: Cell<u64>,
}

impl Worlds {
    /// The worlds that the configuration names.
    ///
    /// # Errors
    /// The mistakes of its `world`.
    pub(crate) fn new(config: Config, addresses: Addresses) -> Result<Rc<Self>, Vec<String>> {
        let worlds = Rc::new(Self {
            config,
            addresses,
            polling: Sessions::default(),
            by_key: RefCell::default(),
            scratch: Rc::new(RefCell::new(vec![0; SCRATCH].into_boxed_slice())),
            timer: Rc::default(),
            last_conn: Cell::new(0),
            last_request: Cell::new(0),
            strangers: Cell::new(0),
        });
        let mut described = worlds.config.world.clone();
        for app in worlds.config.apps.clone() {
            let mut setup = described.take().unwrap_or_default();
            setup.app_secret = Some(app.secret);
            worlds.put(&app.key, setup, worlds.config.seed, Clock::Wall)?;
        }
        Ok(worlds)
    }

    /// Creates or replaces a world.
    ///
    /// # Errors
    /// The mistakes of its set-up; then nothing has changed.
    pub(crate) fn put(
        &self,
        app_key: &str,
        setup: WorldSetup,
        seed: u64,
        clock: Clock,
    ) -> Result<Rc<World>, Vec<String>> {
        let (mut service, mut filling, clock) = self.begin(app_key, setup, seed, clock)?;
        while service.fill(&mut filling, u32::MAX) {}
        Ok(self.install(service, clock))
    }

    /// The same, letting others in between.
    pub(crate) async fn put_in_slices(
        &self,
        app_key: &str,
        setup: WorldSetup,
        seed: u64,
        clock: Clock,
    ) -> Result<Rc<World>, Vec<String>> {
        let (mut service, mut filling, clock) = self.begin(app_key, setup, seed, clock)?;
        let mut slices = Slices::begin();
        while service.fill(&mut filling, PIECE) {
            slices.breathe().await;
        }
        Ok(self.install(service, clock))
    }

    /// A world that nobody knows of yet; its backlog is still to come.
    fn begin(
        &self,
        app_key: &str,
        mut setup: WorldSetup,
        seed: u64,
        clock: Clock,
    ) -> Result<(Service, Filling, WorldClock), Vec<String>> {
        setup.app_secret.get_or_insert_with(|| DEFAULT_APP_SECRET.to_owned());
        if self.config.strict {
            setup.switches.test_tokens = false;
        }
        let mut clock = WorldClock::new(clock, setup.start);
        let (service, filling) = Service::begin(app_key, &setup, seed, self.endpoints(), clock.now())?;
        Ok((service, filling, clock))
    }

    fn install(&self, service: Service, clock: WorldClock) -> Rc<World> {
        let world =
            World::new(service, clock, self.config.max_frame, self.scratch.clone(), self.timer.clone());
        let world = Rc::new(world);
        if let Some(old) = self.by_key.borrow_mut().insert(world.app_key.clone(), world.clone()) {
            old.remove();
        }
        world.settle();
        world
    }

    fn endpoints(&self) -> Endpoints {
        let socket = self.addresses.websocket.clone();
        Endpoints {
            navi: self.addresses.navi.clone(),
            tcp: socket.clone(),
            websocket: socket,
            tls: self.config.tls.is_some(),
        }
    }

    pub(crate) fn get(&self, app_key: &str) -> Option<Rc<World>> {
        self.by_key.borrow().get(app_key).cloned()
    }

    /// The world of an App Key that a client names: made on first sight, unless strict.
    pub(crate) fn meet(&self, app_key: &str) -> Option<Rc<World>> {
        if let Some(world) = self.get(app_key) {
            return Some(world);
        }
        if self.config.strict || app_key.is_empty() {
            return None;
        }
        tracing::info!(app_key, "a new world");
        self.put(app_key, WorldSetup::default(), self.config.seed, Clock::Wall).ok()
    }

    /// Closes a world; `false` if there is none.
    pub(crate) fn remove(&self, app_key: &str) -> bool {
        let world = self.by_key.borrow_mut().remove(app_key);
        world.inspect(|world| world.remove()).is_some()
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
        serde_json::json!({
            "worlds": self.by_key.borrow().len(),
            "connectionsOpened": self.last_conn.get(),
            "requests": self.last_request.get(),
            "strangers": self.strangers.get(),
        })
    }

    pub(crate) fn count_stranger(&self, what: &str) {
        self.strangers.set(self.strangers.get() + 1);
        tracing::warn!(what, at = clock::wall().0, "a connection that is neither a client nor HTTP, closed");
    }
}
