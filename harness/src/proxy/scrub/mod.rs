//! Scrubbing: recordings that can be shared.
//!
//! What a recording says is replaced unless it stands on a list of what may stay (`allowed.txt`): words of the protocol, such as topics,
//! names of the vendor's messages, versions of SDKs, and the numbers of the protocol's fields. A text becomes a pseudonym, the same one
//! wherever the same text stands, so that who talks to whom can still be read; nothing leads back from it. Bodies of an unknown topic
//! become as many zeros; HTTP bodies of an unknown kind go. Frames are written anew and can be decoded as before.

mod allow;
mod file;
mod frames;
mod http;
mod names;
mod texts;

use std::collections::BTreeMap;

use recording::{Header, Opened, Proxy, Said, Seen, What};
use service::{ConnId, Endpoints, Input, Taken, WorldSetup};

pub use file::{Scrubbed, scrub};

use frames::Conn;
use names::Names;

/// Scrubs one recording, entry after entry in their order.
#[derive(Debug, Default)]
pub struct Scrubber {
    names: Names,
    conns: BTreeMap<ConnId, Conn>,
}

impl Scrubber {
    /// What stands for an App Key.
    pub fn app_key(&mut self, app_key: &str) -> String {
        self.names.of("app", app_key)
    }

    /// The first line: nothing is told of the world, and where it was.
    pub fn header(&mut self, header: &Header) -> Header {
        Header {
            recording: header.recording,
            made_by: if is_ours(&header.made_by) {
                header.made_by.clone()
            } else {
                "another program".to_owned()
            },
            app_key: self.app_key(&header.app_key),
            client: self.names.of("client", &header.client),
            start: header.start,
            offset: header.offset,
            seed: 0,
            said: header.said,
            ends: false,
            from: header.from,
            open: header.open.iter().map(|opened| self.opened(opened)).collect(),
            proxy: Some(Proxy { upstream: String::new(), scrubbed: true }),
            endpoints: Endpoints::default(),
            world: WorldSetup::default(),
        }
    }

    /// A connection that was there before a span began.
    fn opened(&mut self, opened: &Opened) -> Opened {
        self.conns.insert(opened.id(), Conn::new(&opened.login));
        let login = frames::login(&mut self.names, (*opened.login).clone());
        Opened { conn: opened.conn, login: Box::new(login) }
    }

    /// An entry, scrubbed; `None`: it is of a kind that cannot be (acts of an operator, calls of the app's own server).
    pub fn scrub(&mut self, what: What) -> Option<What> {
        Some(match what {
            What::Taken(taken) => What::Taken(self.taken(taken)?),
            What::Said(said) => What::Said(self.said(said)?),
            What::Clock(offset) => What::Clock(offset),
            What::Seen(seen) => What::Seen(self.seen(seen)),
        })
    }

    fn taken(&mut self, taken: Taken) -> Option<Taken> {
        Some(match taken {
            Taken::Input(input) => Taken::Input(self.input(input)),
            Taken::Note { conn, text } => Taken::Note { conn, text: note(&text) },
            Taken::Token { user } => Taken::Token { user: self.names.of("user", &user) },
            Taken::Endpoints(_) => Taken::Endpoints(Endpoints::default()),
            Taken::Due => Taken::Due,
            Taken::Disarm { fault } => Taken::Disarm { fault },
            Taken::Act { .. } | Taken::GivenUp { .. } => return None,
        })
    }

    fn input(&mut self, input: Input) -> Input {
        let names = &mut self.names;
        match input {
            Input::Open { conn, login } => {
                self.conns.insert(conn, Conn::new(&login));
                Input::Open { conn, login: Box::new(frames::login(names, *login)) }
            }
            Input::Frame { conn, frame } => {
                Input::Frame { conn, frame: frames::client(names, self.conns.get_mut(&conn), frame) }
            }
            Input::Garbage { conn, error } => Input::Garbage {
                conn,
                error: format!("it could not be read; {} bytes about it are scrubbed", error.len()),
            },
            Input::Closed { conn } => {
                self.conns.remove(&conn);
                Input::Closed { conn }
            }
            Input::Http { id, request } => {
                Input::Http { id, request: Box::new(http::request(names, *request)) }
            }
            Input::Poll { conn } => Input::Poll { conn },
        }
    }

    fn said(&mut self, said: Said) -> Option<Said> {
        let names = &mut self.names;
        Some(match said {
            Said::Down { conn, raw } => frames::server(names, self.conns.get_mut(&conn), conn, &raw),
            Said::DownRaw { conn, raw } => Said::DownRaw { conn, raw: frames::zeros(raw.len()) },
            Said::Close { conn, how } => {
                self.conns.remove(&conn);
                Said::Close { conn, how }
            }
            Said::PollAnswered { conn } => Said::PollAnswered { conn },
            Said::Response { id, answer } => {
                Said::Response { id, answer: answer.map(|answer| http::answer(names, answer)) }
            }
            Said::Webhook(_) => return None,
        })
    }

    /// What the harness saw: names of methods and callbacks are the API's, what stands in them is the app's.
    fn seen(&mut self, seen: Seen) -> Seen {
        let names = &mut self.names;
        let mut args = |args: serde_json::Map<String, serde_json::Value>| match texts::json(
            names,
            "",
            serde_json::Value::Object(args),
        ) {
            serde_json::Value::Object(args) => args,
            _ => serde_json::Map::new(),
        };
        match seen {
            Seen::Call { client, method, args: given, returned } => {
                let (given, returned) = (args(given), texts::json(names, "", returned));
                Seen::Call {
                    client: names.of("client", &client),
                    method: name(names, method),
                    args: given,
                    returned,
                }
            }
            Seen::Callback { client, name: callback, args: given } => {
                let given = args(given);
                Seen::Callback {
                    client: names.of("client", &client),
                    name: name(names, callback),
                    args: given,
                }
            }
            Seen::Step { client, name: step, args: given } => {
                let given = args(given);
                Seen::Step { client: names.of("client", &client), name: name(names, step), args: given }
            }
        }
    }
}

/// A method or callback of the documented API; others are the app's own.
fn name(names: &mut Names, name: String) -> String {
    let api = crate::catalogue::api();
    let is_known = api.methods.contains_key(name.as_str()) || api.events.contains_key(name.as_str());
    if is_known { name } else { names.of("name", &name) }
}

/// `mock-server 0.1.0`.
fn is_ours(made_by: &str) -> bool {
    let programs = ["mock-server ", "harness ", "harness proxy "];
    programs.iter().any(|program| made_by.strip_prefix(program).is_some_and(allow::version))
}

/// Notes of ours that hold nothing of anybody.
fn note(text: &str) -> String {
    let ended = ["the client's stream ended inside a frame: ", "the server's stream ended inside a frame: "];
    let is_plain = ended.iter().any(|begin| {
        text.strip_prefix(begin)
            .and_then(|rest| rest.strip_suffix(" bytes of it had come"))
            .is_some_and(allow::number)
    });
    if is_plain { text.to_owned() } else { format!("a note of {} bytes, scrubbed", text.len()) }
}
