//! What every topic stands on: who the engine is, its store, the open connection, requests, and the way out. It names no
//! topic.

pub(crate) mod arguments;
pub mod bug;
mod bug_list;
pub mod code;
pub(crate) mod conversation;
pub(crate) mod events;
pub(crate) mod feed;
pub(crate) mod heartbeat;
pub(crate) mod io;
pub(crate) mod level;
pub(crate) mod link;
pub(crate) mod listener;
pub(crate) mod message;
pub(crate) mod navi;
pub(crate) mod options;
pub(crate) mod requests;
pub(crate) mod store;

use std::collections::VecDeque;

use serde_json::{Value, json};
use wire::ClientFrame;

use self::{
    bug::Bug,
    io::{ClientEnv, EngineOutput},
    link::Link,
    listener::Listeners,
    navi::Navi,
    options::Options,
    requests::Requests,
    store::Store,
};

/// What topics share.
#[derive(Debug)]
pub(crate) struct Core {
    pub(crate) env: ClientEnv,
    pub(crate) options: Options,
    pub(crate) store: Store,
    pub(crate) link: Link,
    pub(crate) navi: Option<Navi>,
    /// Who is logged in, or was last.
    pub(crate) user: String,
    pub(crate) requests: Requests,
    pub(crate) listeners: Listeners,
    status: Option<&'static str>,
    last_id: u64,
    out: VecDeque<EngineOutput>,
}

impl Core {
    pub(crate) fn new(env: ClientEnv, mut store: Store) -> Self {
        store.close();
        store.bugs.clone_from(&env.bugs);
        Self {
            options: Options::read(&env.options),
            env,
            store,
            link: Link::Idle,
            navi: None,
            user: String::new(),
            requests: Requests::default(),
            listeners: Listeners::default(),
            status: None,
            last_id: 0,
            out: VecDeque::new(),
        }
    }

    /// Another life of the engine begins: nobody is known, nothing was said. Listeners belong to the app and stay.
    pub(crate) fn restart(&mut self) {
        self.navi = None;
        self.user.clear();
        self.store.close();
        self.status = None;
    }

    /// Whether this engine has that deliberate bug.
    pub(crate) fn has(&self, bug: Bug) -> bool {
        self.env.bugs.has(bug)
    }

    pub(crate) fn output(&mut self, output: EngineOutput) {
        self.out.push_back(output);
    }

    pub(crate) fn poll_output(&mut self) -> Option<EngineOutput> {
        self.out.pop_front()
    }

    /// What was not taken yet, newest last.
    pub(crate) fn outputs(&mut self) -> &mut VecDeque<EngineOutput> {
        &mut self.out
    }

    /// A number for a request or connection of the shell's.
    pub(crate) fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    /// Fires a callback, if anybody listens.
    pub(crate) fn fire(&mut self, name: &'static str, args: Value) {
        debug_assert!(events::EVENTS.contains(&name), "`{name}` is no callback that can be listened to");
        let Value::Object(args) = args else { return };
        if let Some(args) = self.listeners.arguments(&self.env.bugs, name, args) {
            self.out.push_back(EngineOutput::Callback { name, args });
        }
    }

    /// Reports a state, unless it is the one reported last (CONN-022).
    pub(crate) fn change_status(&mut self, status: &'static str) {
        if self.status != Some(status) || self.has(Bug::RepeatsStatus) {
            self.status = Some(status);
            self.fire("onConnectionStatusChanged", json!({"status": status}));
        }
    }

    pub(crate) fn write(&mut self, frame: ClientFrame) {
        if let Some(conn) = self.link.conn() {
            self.out.push_back(EngineOutput::Send { conn, frame });
        }
    }
}
