//! A running server and the handle on it. All worlds live on one thread of their own; the handle sends it work and waits
//! for what came of it, so that it can be used from any thread, with a runtime or without.

use std::{
    net::{SocketAddr, TcpListener as StdListener},
    rc::Rc,
    sync::mpsc as std_mpsc,
    thread::JoinHandle,
    time::Duration,
};

use recording::Seen;
use service::{Service, setup::WorldSetup};
use tokio::{
    net::TcpListener,
    runtime::{Builder, LocalOptions, LocalRuntime},
    sync::mpsc,
};
use tokio_rustls::TlsAcceptor;
use wire::UnixMillis;

use crate::{
    address::Addresses,
    advance::{AdvanceError, Target},
    advertise,
    config::{App, Clock, Config, Record},
    conn::ConnState,
    exposure, greet,
    hosts::Origin,
    link::LinkState,
    meter::Seat,
    timer, tls,
    world::World,
    worlds::Worlds,
};

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address cannot be listened on, mostly because it is in use.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        source: std::io::Error,
    },
    /// The certificate or its key.
    #[error("TLS: {0}")]
    Tls(String),
    /// The certificate cannot be written where it shall be.
    #[error("--tls-cert-out {path}: {reason}")]
    CertificateOut {
        /// The file.
        path: String,
        /// Why not.
        reason: String,
    },
    /// It would be open to everybody.
    #[error("{0}")]
    Exposed(String),
    /// The set-up of the first world.
    #[error("the world's set-up is wrong: {}", .0.join("; "))]
    World(Vec<String>),
    /// Recordings cannot be written, or worlds not gone on with.
    #[error("{0}")]
    Recordings(String),
    /// The system gives no thread or event queue.
    #[error("the server's thread: {0}")]
    Thread(std::io::Error),
}

/// Why something could not be done to a world.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WorldError {
    /// No world has that App Key.
    #[error("there is no world {0}")]
    Unknown(String),
    /// Mistakes of a set-up, a sentence each.
    #[error("the world's set-up is wrong: {}", .0.join("; "))]
    Setup(Vec<String>),
    /// The time did not come where it was to.
    #[error(transparent)]
    Advance(#[from] AdvanceError),
    /// What was waited for did not happen in time.
    #[error("nothing of the kind within {0:?}")]
    Timeout(Duration),
    /// The server has stopped.
    #[error("the server has stopped")]
    Stopped,
}

/// How many at once are told that there are too many connections.
const HEAR_WHY: usize = 32;

type Work = Box<dyn FnOnce(&Rc<Worlds>) + Send>;

enum Command {
    Work(Work),
    Stop,
}

/// A server that runs until it is dropped.
///
/// ```
/// use mock_server::{Config, DEFAULT_APP_KEY, Server};
///
/// let server = Server::start(Config::default()).unwrap();
/// assert!(server.addresses().navi.starts_with("http://127.0.0.1:"));
/// let token = server.with_world(DEFAULT_APP_KEY, |service, now| service.issue_token(now, "alice")).unwrap();
/// assert!(token.ends_with(&server.addresses().navi));
/// server.shutdown();
/// ```
#[derive(Debug)]
pub struct Server {
    commands: mpsc::UnboundedSender<Command>,
    thread: Option<JoinHandle<()>>,
    addresses: Addresses,
    listens: SocketAddr,
}

impl Server {
    /// Listens and serves.
    ///
    /// # Errors
    /// The address, the certificate or the first world is wrong; then nothing is left behind.
    pub fn start(config: Config) -> Result<Self, StartError> {
        let bound = Bound::new(config)?;
        let (addresses, listens) = (Addresses::new(&bound.standing), bound.listens);
        let (commands, inbox) = mpsc::unbounded_channel();
        let (ready, started) = std_mpsc::channel();
        let thread = std::thread::Builder::new()
            .name("mock-server".to_owned())
            .spawn(move || {
                let served = runtime().and_then(|runtime| {
                    runtime.block_on(bound.serve(inbox, |_| {
                        // The starter waits for it.
                        let _ = ready.send(Ok(()));
                    }))
                });
                if let Err(error) = served {
                    let _ = ready.send(Err(error));
                }
            })
            .map_err(StartError::Thread)?;
        let server = Self { commands, thread: Some(thread), addresses, listens };
        match started.recv() {
            Ok(Ok(())) => Ok(server),
            Ok(Err(error)) => Err(error),
            Err(_) => Err(StartError::Thread(std::io::ErrorKind::BrokenPipe.into())),
        }
    }

    /// Where it is found.
    #[must_use]
    pub fn addresses(&self) -> &Addresses {
        &self.addresses
    }

    /// The address that it listens on, whatever address it tells clients.
    #[must_use]
    pub fn listens(&self) -> SocketAddr {
        self.listens
    }

    /// Creates or replaces a world; connections of the old one are closed. A wall clock begins at the set-up's `start`,
    /// if it gives one. The same seed gives the same App Key the same ids, tokens among them, and another App Key others.
    ///
    /// # Errors
    /// The mistakes of the set-up; then nothing has changed.
    pub fn put_world(
        &self,
        app_key: &str,
        setup: WorldSetup,
        seed: u64,
        clock: Clock,
    ) -> Result<(), WorldError> {
        let key = app_key.to_owned();
        self.call(move |worlds| {
            let put = worlds.put(&key, setup, Some(seed), clock);
            put.map(drop).map_err(WorldError::Setup)
        })?
    }

    /// As [`put_world`](Self::put_world), recorded in memory, whatever the server was started with; `client` is who is recorded.
    ///
    /// # Errors
    /// As there.
    pub fn put_recorded_world(
        &self,
        app_key: &str,
        setup: WorldSetup,
        seed: u64,
        clock: Clock,
        client: &str,
    ) -> Result<(), WorldError> {
        let (key, record) = (app_key.to_owned(), Record::InMemory { client: client.to_owned() });
        self.call(move |worlds| {
            let put = worlds.put_recorded(&key, setup, Some(seed), clock, Some(&record));
            put.map(drop).map_err(WorldError::Setup)
        })?
    }

    /// Closes a world and its connections; `false` if there is none.
    ///
    /// # Errors
    /// The server has stopped.
    pub fn remove_world(&self, app_key: &str) -> Result<bool, WorldError> {
        let key = app_key.to_owned();
        self.call(move |worlds| worlds.remove(&key))
    }

    /// Runs `work` on the server's thread with the world's service and its time, then writes what came of it.
    ///
    /// # Errors
    /// There is no such world.
    pub fn with_world<T: Send + 'static>(
        &self,
        app_key: &str,
        work: impl FnOnce(&mut Service, UnixMillis) -> T + Send + 'static,
    ) -> Result<T, WorldError> {
        self.world(app_key, move |world| world.with(work))
    }

    /// The world's time.
    ///
    /// # Errors
    /// There is no such world.
    pub fn now(&self, app_key: &str) -> Result<UnixMillis, WorldError> {
        self.world(app_key, |world| world.now())
    }

    /// The recording of a world so far, whole lines, where worlds are recorded in memory.
    ///
    /// # Errors
    /// There is no such world.
    pub fn recording(&self, app_key: &str) -> Result<Option<Vec<u8>>, WorldError> {
        self.world(app_key, |world| world.recording())
    }

    /// Takes down what was seen of a client in its world's recording, if there is one.
    ///
    /// # Errors
    /// There is no such world.
    pub fn seen(&self, app_key: &str, seen: Seen) -> Result<(), WorldError> {
        self.world(app_key, move |world| world.seen(seen))
    }

    /// What is added to the machine's clock to get the world's time, milliseconds; `None`: its clock is moved by hand.
    ///
    /// # Errors
    /// There is no such world.
    pub fn offset(&self, app_key: &str) -> Result<Option<i64>, WorldError> {
        self.world(app_key, |world| world.offset())
    }

    /// Moves the world's time forward, running every deadline on the way at its own time and in order; tells the new time.
    /// Connections and other worlds go on meanwhile. A time that is over already changes nothing.
    ///
    /// # Errors
    /// There is no such world, or the time did not come that far.
    pub fn advance_to(&self, app_key: &str, until: UnixMillis) -> Result<UnixMillis, WorldError> {
        let (done, answer) = std_mpsc::channel();
        self.world(app_key, move |world| {
            let world = world.clone();
            tokio::task::spawn_local(async move {
                // The caller waits as long as this task lives.
                let _ = done.send(world.advance(Target::AtLeast(until)).await);
            });
        })?;
        answer.recv().map_err(|_| WorldError::Stopped)?.map_err(WorldError::Advance)
    }

    /// Connections in the order they came, with those that ended of late.
    ///
    /// # Errors
    /// There is no such world.
    pub fn connections(&self, app_key: &str) -> Result<Vec<ConnState>, WorldError> {
        self.world(app_key, |world| world.connections())
    }

    /// Changes the links of clients whose label begins with `label_prefix`, now and for later connections.
    ///
    /// # Errors
    /// There is no such world.
    pub fn link(&self, app_key: &str, label_prefix: &str, state: LinkState) -> Result<(), WorldError> {
        let prefix = label_prefix.to_owned();
        self.world(app_key, move |world| world.set_link(&prefix, state))
    }

    /// Breaks the connections of clients whose label begins with `label_prefix`; says how many.
    ///
    /// # Errors
    /// There is no such world.
    pub fn cut(&self, app_key: &str, label_prefix: &str) -> Result<usize, WorldError> {
        let prefix = label_prefix.to_owned();
        self.world(app_key, move |world| world.cut(&prefix))
    }

    /// Waits until `look` finds what it looks for: it is asked now and after every change of the world, at most for
    /// `limit` on the machine's clock.
    ///
    /// # Errors
    /// There is no such world, or the limit is over.
    pub fn wait<T: Send + 'static>(
        &self,
        app_key: &str,
        limit: Duration,
        mut look: impl FnMut(&Service, &[ConnState]) -> Option<T> + Send + 'static,
    ) -> Result<T, WorldError> {
        let (found, answer) = std_mpsc::channel();
        self.world(app_key, move |world| {
            let world = world.clone();
            tokio::task::spawn_local(async move {
                let look = || world.look(|service| look(service, &world.connections()));
                let seen = tokio::time::timeout(limit, until(&world, look)).await;
                // The caller waits as long as this task lives.
                let _ = found.send(seen.ok().flatten());
            });
        })?;
        match answer.recv() {
            Ok(Some(seen)) => Ok(seen),
            Ok(None) => Err(WorldError::Timeout(limit)),
            Err(_) => Err(WorldError::Stopped),
        }
    }

    /// Closes every connection and stops. Dropping the server does the same.
    pub fn shutdown(self) {}

    fn world<T: Send + 'static>(
        &self,
        app_key: &str,
        work: impl FnOnce(&Rc<World>) -> T + Send + 'static,
    ) -> Result<T, WorldError> {
        let key = app_key.to_owned();
        self.call(move |worlds| match worlds.get(&key) {
            Some(world) => Ok(work(&world)),
            None => Err(WorldError::Unknown(key)),
        })?
    }

    fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Rc<Worlds>) -> T + Send + 'static,
    ) -> Result<T, WorldError> {
        let (done, answer) = std_mpsc::channel();
        let work: Work = Box::new(move |worlds| {
            // The caller waits for it.
            let _ = done.send(work(worlds));
        });
        self.commands.send(Command::Work(work)).map_err(|_| WorldError::Stopped)?;
        answer.recv().map_err(|_| WorldError::Stopped)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Fails only if the thread has ended already.
        let _ = self.commands.send(Command::Stop);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Asks `look` now and after every change, until it finds something or the world is removed.
pub(crate) async fn until<T>(world: &World, mut look: impl FnMut() -> Option<T>) -> Option<T> {
    loop {
        let changed = world.changed.notified();
        if let Some(found) = look() {
            return Some(found);
        }
        if world.is_removed() {
            return None;
        }
        changed.await;
    }
}

/// Serves on this thread until `stop` says so: the command line's way, with everything but signals on one thread. `stop` is
/// made inside the runtime; `ready` is told where the server is found, which worlds there are, and what there is to warn of.
pub(crate) fn run<S: Future<Output = ()> + 'static>(
    config: Config,
    stop: impl FnOnce() -> std::io::Result<S>,
    ready: impl FnOnce(&Addresses, &[App], &[String]) -> std::io::Result<()>,
) -> Result<(), StartError> {
    let bound = Bound::new(config)?;
    let addresses = Addresses::new(&bound.standing);
    runtime()?.block_on(async {
        let stop = stop().map_err(StartError::Thread)?;
        let (commands, inbox) = mpsc::unbounded_channel();
        let mut announced = Ok(());
        let served = bound.serve(inbox, |worlds| {
            announced = ready(&addresses, &worlds.apps(), &worlds.warnings.borrow());
            let stopped = announced.is_err();
            tokio::task::spawn_local(async move {
                if !stopped {
                    stop.await;
                }
                let _ = commands.send(Command::Stop);
            });
        });
        served.await?;
        announced.map_err(StartError::Thread)
    })
}

fn runtime() -> Result<LocalRuntime, StartError> {
    Builder::new_current_thread()
        .enable_all()
        .build_local(LocalOptions::default())
        .map_err(StartError::Thread)
}

/// A server that listens and does not serve yet.
struct Bound {
    config: Config,
    standing: Origin,
    listens: SocketAddr,
    listener: StdListener,
    acceptor: Option<TlsAcceptor>,
}

impl Bound {
    fn new(config: Config) -> Result<Self, StartError> {
        if let Some(why) = exposure::refusal(&config) {
            return Err(StartError::Exposed(why));
        }
        let address = config.listen;
        let listen = |source| StartError::Listen { address, source };
        let listener = StdListener::bind(address).map_err(listen)?;
        listener.set_nonblocking(true).map_err(listen)?;
        let listens = listener.local_addr().map_err(listen)?;
        let standing = advertise::standing(&config, listens);
        let acceptor = tls::prepare(&config)?;
        Ok(Self { config, standing, listens, listener, acceptor })
    }

    /// Runs commands, connections and deadlines until it is told to stop.
    async fn serve(
        self,
        mut inbox: mpsc::UnboundedReceiver<Command>,
        ready: impl FnOnce(&Worlds),
    ) -> Result<(), StartError> {
        let address = self.config.listen;
        let listener = TcpListener::from_std(self.listener);
        let listener = listener.map_err(|source| StartError::Listen { address, source })?;
        let worlds = Worlds::new(self.config, self.standing)?;
        tokio::task::spawn_local(accept(worlds.clone(), listener, self.acceptor));
        tokio::task::spawn_local(timer::run(worlds.clone()));
        tokio::task::spawn_local(worlds.clone().relieve());
        ready(&worlds);
        while let Some(Command::Work(work)) = inbox.recv().await {
            work(&worlds);
        }
        close_all(&worlds).await;
        Ok(())
    }
}

/// Says goodbye to everybody; who does not listen is left.
async fn close_all(worlds: &Worlds) {
    worlds.close();
    // The connections' tasks are awake now: a few turns write what waits and end the streams.
    for _ in 0..16 {
        tokio::task::yield_now().await;
    }
}

async fn accept(worlds: Rc<Worlds>, listener: TcpListener, acceptor: Option<TlsAcceptor>) {
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                let (worlds, acceptor) = (worlds.clone(), acceptor.clone());
                let turned_away = Seat::turned_away(&worlds.meter);
                if !worlds.meter.admits_socket() {
                    // A few hear why; when very many come, the rest is closed without a word.
                    if worlds.meter.turned_away.get() <= HEAR_WHY {
                        tokio::task::spawn_local(async move {
                            greet::turn_away(stream).await;
                            drop(turned_away);
                        });
                    }
                    continue;
                }
                drop(turned_away);
                let seat = Seat::socket(&worlds.meter);
                tokio::task::spawn_local(async move {
                    let _seat = seat;
                    // Boxed, so that a connection that is in does not carry the memory of getting in.
                    let greeted = Box::pin(greet::greet(worlds, acceptor, stream, peer)).await;
                    if let Some((conn, world)) = greeted {
                        conn.run(world).await;
                    }
                });
            }
            Err(error) => {
                // Mostly no file descriptors left: others may end meanwhile.
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    }
}
