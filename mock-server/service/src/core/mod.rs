//! What every topic stands on: accounts, connections, ids, time, the journal, faults, and the shapes of what goes in and
//! out. Nothing in here knows a topic (chatrooms, mail, …) or a door.

pub(crate) mod account;
pub(crate) mod answer;
pub mod bug;
pub(crate) mod bugs;
pub(crate) mod by_user;
pub(crate) mod calendar;
pub mod caps;
pub(crate) mod connection;
pub(crate) mod expansion;
pub mod fault;
pub(crate) mod feed;
pub(crate) mod given;
pub(crate) mod http_path;
pub(crate) mod ids;
pub(crate) mod io;
pub mod journal;
pub(crate) mod length;
pub mod limits;
pub(crate) mod login;
pub(crate) mod mention;
pub(crate) mod message;
pub(crate) mod misdirect;
pub(crate) mod out;
pub(crate) mod page;
pub(crate) mod params;
pub(crate) mod preset;
pub(crate) mod reach;
pub(crate) mod refusal;
pub(crate) mod secret;
pub(crate) mod signature;
pub(crate) mod stand_in;
pub mod switch;
pub(crate) mod timers;

use std::{
    borrow::Cow,
    cell::Cell,
    collections::{BTreeMap, VecDeque},
};

use self::{
    account::{Accounts, Tokens},
    bugs::Bugs,
    connection::{Connection, Lost},
    fault::armed::Faults,
    ids::Ids,
    io::{ConnId, Endpoints, Output},
    journal::Journal,
    limits::Limits,
    preset::Preset,
    reach::Asked,
    refusal::Hint,
    switch::Switches,
    timers::Timers,
};

/// What every topic may touch.
#[derive(Debug, Clone)]
pub(crate) struct Core {
    pub(crate) app_key: String,
    pub(crate) app_secret: String,
    pub(crate) endpoints: Endpoints,
    pub(crate) switches: Switches,
    pub(crate) limits: Limits,
    pub(crate) preset: Preset,
    pub(crate) bugs: Bugs,
    pub(crate) ids: Ids,
    pub(crate) accounts: Accounts,
    pub(crate) tokens: Tokens,
    /// The texts of tokens that the set-up names.
    pub(crate) named_tokens: BTreeMap<String, String>,
    /// How native clients reached us.
    pub(crate) asked: Asked,
    pub(crate) connections: BTreeMap<ConnId, Connection>,
    pub(crate) journal: Journal,
    /// Why the answer in the making refuses; its journal entry takes it.
    pub(crate) hint: Cell<Option<Hint>>,
    pub(crate) faults: Faults,
    pub(crate) timers: Timers,
    out: VecDeque<Output>,
    lost: VecDeque<Lost>,
}

impl Core {
    pub(crate) fn new(
        (app_key, app_secret): (&str, &str),
        endpoints: Endpoints,
        (switches, limits, preset): (Switches, Limits, Preset),
        seed: u64,
    ) -> Self {
        let journal = Journal::new(limits.journal, limits.journal_bytes);
        Self {
            app_key: app_key.to_owned(),
            app_secret: app_secret.to_owned(),
            endpoints,
            switches,
            limits,
            preset,
            bugs: Bugs::default(),
            ids: Ids::new(seed),
            accounts: Accounts::default(),
            tokens: Tokens::default(),
            named_tokens: BTreeMap::new(),
            asked: Asked::default(),
            connections: BTreeMap::new(),
            journal,
            hint: Cell::new(None),
            faults: Faults::default(),
            timers: Timers::default(),
            out: VecDeque::new(),
            lost: VecDeque::new(),
        }
    }

    pub(crate) fn next_output(&mut self) -> Option<Output> {
        self.out.pop_front()
    }

    /// The next connection whose end the topics have not been told of.
    pub(crate) fn next_lost(&mut self) -> Option<Lost> {
        self.lost.pop_front()
    }

    /// The endpoints as somebody finds them who reached us by `origin`; the configured ones if that is none.
    pub(crate) fn found_at(&self, origin: &str) -> Cow<'_, Endpoints> {
        Endpoints::at(origin).map_or(Cow::Borrowed(&self.endpoints), Cow::Owned)
    }
}
