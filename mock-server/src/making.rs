//! How worlds come to be: made of their set-ups, recorded if they are to be, put in their places.

use std::rc::Rc;

use service::{Filling, Service, setup::WorldSetup};

use crate::{
    clock::WorldClock,
    config::{Clock, DEFAULT_APP_SECRET, Record},
    exposure,
    recorder::{self, Recorder},
    slices::{PIECE, Slices},
    world::World,
    worlds::{LONGEST_APP_KEY, Worlds},
};

/// A world that nobody can reach yet.
pub(crate) struct Made {
    pub(crate) service: Service,
    pub(crate) clock: WorldClock,
    pub(crate) recorder: Option<Recorder>,
}

impl Worlds {
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

    pub(crate) fn install(&self, Made { service, clock, recorder }: Made) -> Rc<World> {
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
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        advertise,
        config::{App, Config},
    };

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
