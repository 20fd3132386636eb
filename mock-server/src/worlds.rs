//! All worlds of the process, by App Key, and the numbers they share.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, VecDeque},
    fs::File,
    net::SocketAddr,
    rc::Rc,
};

use http::HeaderMap;
use service::{
    ConnId, Endpoints, Filling, HttpId, Service,
    act::{Act, SetSwitch},
    setup::WorldSetup,
};
use wire::code::connack;

use crate::{
    address::Addresses,
    advertise,
    bounds::Bound,
    clock::{self, WorldClock},
    comet::Sessions,
    config::{App, Clock, Config, DEFAULT_APP_SECRET, Record},
    exposure,
    hosts::Origin,
    meter::{Did, Meter},
    recorder::{self, Recorder},
    resume,
    seeds::Seeds,
    server::StartError,
    slices::{PIECE, Slices},
    timer::Timer,
    world::World,
};

/// How much is read from a socket at once.
const SCRATCH: usize = 64 << 10;

/// Bytes of an App Key. Assumed; the vendor's have 13.
const LONGEST_APP_KEY: usize = 64;

/// A world that nobody can reach yet.
struct Made {
    service: Service,
    clock: WorldClock,
    recorder: Option<Recorder>,
}

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
    seeds: Seeds,
    by_key: RefCell<BTreeMap<String, Rc<World>>>,
    /// App Keys that became worlds on first sight, oldest first; nobody may ever come back to them.
    unasked: RefCell<VecDeque<String>>,
    scratch: Rc<RefCell<Box<[u8]>>>,
    timer: Rc<Timer>,
    /// The claim on the folder of recordings.
    _claim: Option<File>,
    last_conn: Cell<u64>,
    last_request: Cell<u64>,
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
            Some(Record::To { folder, .. }) => Some(recorder::claim(folder).map_err(StartError::Recordings)?),
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

    /// The worlds that are recorded, as they were, if they are to go on.
    fn resume(&self) -> Result<(), String> {
        let Some((folder, limit)) = resume::folder(self.config.record.as_ref(), self.config.resume) else {
            return Ok(());
        };
        let found = recorder::to_resume(folder);
        for path in found.map_err(|error| format!("--resume {}: {error}", folder.display()))? {
            let resume::Resumed { mut service, clock, mut recorder, last_conn, last_request } =
                resume::resume(&path, limit)?;
            // It may listen elsewhere now.
            let mut clock = clock;
            service.move_to(clock.now(), self.endpoints());
            recorder.taken(&mut service);
            recorder.keep();
            self.last_conn.set(self.last_conn.get().max(last_conn.0));
            self.last_request.set(self.last_request.get().max(last_request.0));
            self.seeds.made(service.app_key());
            self.fits(&service).map_err(|why| format!("{}: {why}", path.display()))?;
            if self.config.strict {
                let off = SetSwitch { name: "testTokens".to_owned(), value: false };
                // There is such a switch.
                let _ = service.act(clock.now(), &Act::SetSwitch(off));
                recorder.unheard(clock.now(), &mut service);
                recorder.keep();
            }
            let app_key = service.app_key().to_owned();
            tracing::info!(app_key, "goes on");
            let world = self.install(Made { service, clock, recorder: Some(recorder) });
            if world.is_unused() {
                self.unasked.borrow_mut().push_back(app_key);
            }
        }
        Ok(())
    }

    /// Whether a world that goes on is what the server was started for.
    fn fits(&self, service: &Service) -> Result<(), String> {
        if let Some(why) = exposure::refuses(&self.config, service.app_secret()) {
            return Err(why);
        }
        let told = self.config.apps.iter().find(|app| app.key == service.app_key());
        match told.filter(|app| **app != App::default() && app.secret != service.app_secret()) {
            Some(app) => Err(format!("the world {} has another App Secret than --app says", app.key)),
            None => Ok(()),
        }
    }

    /// Makes room for one more world, if it is a new one.
    ///
    /// # Errors
    /// There is none.
    fn room_for(&self, app_key: &str) -> Result<(), Bound> {
        if self.get(app_key).is_some() {
            return Ok(());
        }
        if self.by_key.borrow().len() >= self.meter.bounds.max_worlds && !self.evict_unused() {
            self.meter.count(Did::Refused, Bound::MaxWorlds);
            return Err(Bound::MaxWorlds);
        }
        Ok(())
    }

    /// The same for a world that somebody outside of the process asks for: there must be memory, too.
    ///
    /// # Errors
    /// The bound that forbids it.
    pub(crate) fn admits(&self, app_key: &str) -> Result<(), Bound> {
        // Who replaces a world gives back what it holds; and without any world what the process has is free for the next.
        let makes_more = self.get(app_key).is_none() && !self.by_key.borrow().is_empty();
        if makes_more {
            self.meter.has_memory()?;
        }
        self.room_for(app_key)
    }

    /// Closes the oldest world that was made on first sight and holds nothing; `false` if there is none.
    fn evict_unused(&self) -> bool {
        let mut unasked = self.unasked.borrow_mut();
        let unused = |key: &String| self.get(key).is_some_and(|world| world.is_unused());
        let Some(index) = unasked.iter().position(unused) else { return false };
        let key = unasked.remove(index);
        drop(unasked);
        self.meter.count(Did::Dropped, Bound::MaxWorlds);
        key.is_some_and(|key| self.remove(&key))
    }

    /// Creates or replaces a world. `seed` is for this world alone; without one, the server's own way with seeds holds.
    ///
    /// # Errors
    /// The mistakes of its set-up, or the bound that it exceeds; then nothing has changed.
    pub(crate) fn put(
        &self,
        app_key: &str,
        setup: WorldSetup,
        seed: Option<u64>,
        clock: Clock,
    ) -> Result<Rc<World>, Vec<String>> {
        self.put_recorded(app_key, setup, seed, clock, self.config.record.as_ref())
    }

    /// The same, recorded as somebody says.
    ///
    /// # Errors
    /// As there.
    pub(crate) fn put_recorded(
        &self,
        app_key: &str,
        setup: WorldSetup,
        seed: Option<u64>,
        clock: Clock,
        record: Option<&Record>,
    ) -> Result<Rc<World>, Vec<String>> {
        let (mut made, mut filling) = self.begin(app_key, setup, seed, clock, record)?;
        while made.service.fill(&mut filling, u32::MAX) {}
        Ok(self.install(made))
    }

    /// The same, letting others in between.
    pub(crate) async fn put_in_slices(
        &self,
        app_key: &str,
        setup: WorldSetup,
        seed: Option<u64>,
        clock: Clock,
    ) -> Result<Rc<World>, Vec<String>> {
        let record = self.config.record.as_ref();
        let (mut made, mut filling) = self.begin(app_key, setup, seed, clock, record)?;
        let mut slices = Slices::begin();
        while made.service.fill(&mut filling, PIECE) {
            slices.breathe().await;
        }
        Ok(self.install(made))
    }

    /// A world that nobody knows of yet; its backlog is still to come.
    fn begin(
        &self,
        app_key: &str,
        mut setup: WorldSetup,
        seed: Option<u64>,
        clock: Clock,
        record: Option<&Record>,
    ) -> Result<(Made, Filling), Vec<String>> {
        if app_key.len() > LONGEST_APP_KEY {
            let length = app_key.len();
            return Err(vec![format!(
                "the App Key has {length} bytes; at most {LONGEST_APP_KEY} are allowed"
            )]);
        }
        self.room_for(app_key)
            .map_err(|bound| vec![format!("no further world: the bound `{}` is reached", bound.name())])?;
        let secret = setup.app_secret.get_or_insert_with(|| self.secret_of(app_key));
        if let Some(why) = exposure::refuses(&self.config, secret) {
            return Err(vec![format!("{why}: give one as `appSecret`")]);
        }
        setup.preset.get_or_insert(self.config.preset);
        if self.config.strict {
            setup.switches.test_tokens = false;
        }
        let clock = WorldClock::new(clock, setup.start);
        let seed = self.seeds.next(app_key, seed);
        // What lies back lies back from the set-up's `start`, however long the machine took to get here.
        let (start, endpoints) = (clock.last(), self.endpoints());
        let (mut service, filling) = Service::begin(app_key, &setup, seed, endpoints.clone(), start)?;
        let recorder = record.map(|how| {
            let mut header = recorder::header(app_key, seed, start, clock.offset(), endpoints, setup);
            match how {
                Record::InMemory { client } => header.client.clone_from(client),
                Record::To { outputs, .. } => header.said = *outputs,
            }
            Recorder::begin(how, &header, &mut service)
        });
        let recorder = recorder.transpose().map_err(|why| vec![why])?;
        self.seeds.made(app_key);
        Ok((Made { service, clock, recorder }, filling))
    }

    /// The App Secret of a world whose set-up names none: the one that the key has had, or was started with.
    fn secret_of(&self, app_key: &str) -> String {
        let old = self.get(app_key).map(|world| world.look(|service| service.app_secret().to_owned()));
        let started = || {
            let app = self.config.apps.iter().find(|app| app.key == app_key);
            app.map(|app| app.secret.clone())
        };
        old.or_else(started).unwrap_or_else(|| DEFAULT_APP_SECRET.to_owned())
    }

    fn install(&self, Made { service, clock, recorder }: Made) -> Rc<World> {
        let world = World::new(
            service,
            clock,
            recorder,
            self.config.max_frame,
            self.meter.clone(),
            self.scratch.clone(),
            self.timer.clone(),
        );
        let world = Rc::new(world);
        // It is asked for now.
        self.unasked.borrow_mut().retain(|key| *key != world.app_key);
        if let Some(old) = self.by_key.borrow_mut().insert(world.app_key.clone(), world.clone()) {
            old.replaced();
            old.remove();
        }
        world.installed();
        world.settle();
        world
    }

    fn endpoints(&self) -> Endpoints {
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

    /// Cuts those who keep most unread, as often as all together exceed their bound.
    pub(crate) async fn relieve(self: Rc<Self>) {
        loop {
            self.meter.too_much.notified().await;
            self.cut_largest();
            self.meter.relieving.set(false);
        }
    }

    fn cut_largest(&self) {
        let most = self.meter.bounds.outputs;
        if self.meter.output() > most {
            self.polling.drop_last_words();
        }
        let mut unread: Vec<_> = Vec::new();
        for world in self.all() {
            unread.extend(world.unread(0).into_iter().map(|(bytes, peer)| (bytes, peer, world.clone())));
        }
        unread.sort_by_key(|(bytes, ..)| std::cmp::Reverse(*bytes));
        for (_, peer, world) in unread {
            if self.meter.output() <= most {
                return;
            }
            world.cut_off(&peer, Bound::Outputs);
            world.settle();
        }
    }

    pub(crate) fn count_stranger(&self, what: &str) {
        self.strangers.set(self.strangers.get() + 1);
        tracing::warn!(what, at = clock::wall().0, "a connection that is neither a client nor HTTP, closed");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_strict_server_that_is_open_to_others_makes_no_world_with_the_default_secret() {
        let listen = "0.0.0.0:8090".parse().unwrap();
        let app = App { key: "k".to_owned(), secret: "own".to_owned() };
        let config = Config { listen, strict: true, apps: vec![app], ..Config::default() };
        let standing = advertise::standing(&config, listen);
        let worlds = Worlds::new(config, standing).unwrap();
        let put = |setup: WorldSetup| worlds.put("new", setup, None, Clock::Wall).map(|_| ());
        let refused = put(WorldSetup::default()).unwrap_err();
        assert!(refused[0].contains("appSecret"), "{refused:?}");
        assert!(worlds.get("new").is_none());
        assert_eq!(put(WorldSetup { app_secret: Some("own".to_owned()), ..WorldSetup::default() }), Ok(()));
    }
}
