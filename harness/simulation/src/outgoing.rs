//! What an engine wants done: callbacks, requests, connections, frames.

use bytes::{Bytes, BytesMut};
use recording::Seen;
use reference_client::{EngineOutput, Route};
use serde_json::{Map, Value};
use service::{ConnId, HttpId, HttpRequest, Input};
use wire::{ClientFrame, native, websocket};

use crate::{
    ADDRESS, Event, LinkState, NAVI, Simulation,
    network::{Parcel, Wire},
};

impl Simulation {
    pub(crate) fn drain_client(&mut self, name: &str) {
        while let Some(output) = self.clients.get_mut(name).and_then(|client| client.engine.poll_output()) {
            match output {
                EngineOutput::Callback { name: event, args } => self.record(name, event, args),
                EngineOutput::Http { id, method, url, headers, body } => {
                    let request = (method, url, headers, body);
                    self.http_from(name, id, request);
                }
                EngineOutput::Open { conn, address, route } => self.open_from(name, conn, &address, route),
                EngineOutput::Send { conn, frame } => self.send_from(name, conn, &frame),
                EngineOutput::Close { conn } => {
                    if let Some(conn) = self.wire_of(name, conn) {
                        self.traffic.put(self.now, Parcel::Left { conn });
                    }
                }
            }
        }
    }

    pub(crate) fn record(&mut self, client: &str, name: &str, args: Map<String, Value>) {
        let at = self.now;
        let after = self.worlds.values().map(|world| world.journal().last()).collect();
        self.seen(client, || Seen::Callback {
            client: client.to_owned(),
            name: name.to_owned(),
            args: args.clone(),
        });
        let Some(known) = self.clients.get_mut(client) else { return };
        known.events += 1;
        self.events.push(Event {
            n: known.events,
            at,
            client: client.to_owned(),
            name: name.to_owned(),
            args,
            after,
        });
    }

    pub(crate) fn wire_of(&self, client: &str, engine_conn: u64) -> Option<ConnId> {
        let mine = |wire: &Wire| wire.client == client && wire.engine_conn == engine_conn;
        self.wires.iter().find(|(_, wire)| mine(wire)).map(|(conn, _)| *conn)
    }

    pub(crate) fn http_from(
        &mut self,
        name: &str,
        id: u64,
        (method, url, headers, body): (&'static str, String, Vec<(String, String)>, Bytes),
    ) {
        let Some(client) = self.clients.get_mut(name) else { return };
        // Files are no attempts to connect.
        if url.contains("navi") {
            self.attempts.push((self.now, name.to_owned()));
            client.asked_navi = true;
        }
        let path = url.strip_prefix(NAVI).map(str::to_owned);
        // An engine made anew may be another app's: the request names the world, as a login does.
        let named = headers.iter().find(|(key, _)| key.eq_ignore_ascii_case("RC-Appkey"));
        let app_key = named.map_or_else(|| client.env.app_key.clone(), |(_, key)| key.clone());
        let (Some(path), LinkState::Up | LinkState::Stall) = (path, client.link) else {
            if !url.starts_with(NAVI) {
                self.foreign.push((self.now, name.to_owned(), url));
            }
            if client.link != LinkState::HalfOpen {
                self.traffic.put(self.now, Parcel::Answer { client: name.to_owned(), id, answer: None });
            }
            return;
        };
        self.next_conn += 1;
        let http = HttpId(self.next_conn);
        client.requests.insert(http, id);
        let (path, query) = path.split_once('?').unwrap_or((&path, ""));
        let headers = headers.into_iter().map(|(key, value)| (key.to_ascii_lowercase(), value)).collect();
        let request = HttpRequest {
            method: method.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            headers,
            body,
            origin: NAVI.to_owned(),
        };
        let request = Box::new(request);
        if self.chance.is_some() {
            // Among other things under way it may be overtaken.
            let client = name.to_owned();
            self.traffic.put(self.now, Parcel::Request { client, world: app_key, id: http, request });
            return;
        }
        self.service_input(&app_key, Input::Http { id: http, request });
    }

    pub(crate) fn open_from(&mut self, name: &str, engine_conn: u64, address: &str, route: Route) {
        let Some(client) = self.clients.get_mut(name) else { return };
        if !std::mem::replace(&mut client.asked_navi, false) {
            self.attempts.push((self.now, name.to_owned()));
        }
        if address != ADDRESS || matches!(client.link, LinkState::Refuse | LinkState::Offline) {
            self.traffic.put(self.now, Parcel::OpenFailed { client: name.to_owned(), conn: engine_conn });
            return;
        }
        self.next_conn += 1;
        let conn = ConnId(self.next_conn);
        let wire = Wire {
            world: client.env.app_key.clone(),
            client: name.to_owned(),
            engine_conn,
            route: route.clone(),
            presented: false,
            stream: BytesMut::new(),
        };
        self.wires.insert(conn, wire);
        let opened = Parcel::Opened { client: name.to_owned(), conn: engine_conn, wire: conn };
        self.traffic.put(self.now, opened);
        if let Route::WebSocket { path_and_query } = route {
            let query = path_and_query.split_once('?').map(|(_, query)| query.to_owned()).unwrap_or_default();
            self.traffic.put(self.now, Parcel::Upgrade { conn, query });
        }
    }

    pub(crate) fn send_from(&mut self, name: &str, engine_conn: u64, frame: &ClientFrame) {
        let Some(conn) = self.wire_of(name, engine_conn) else { return };
        let mut bytes = BytesMut::new();
        match self.wires[&conn].route {
            Route::Tcp => native::encode_client(frame, &mut bytes),
            Route::WebSocket { .. } => websocket::encode_client(frame, &mut bytes),
        }
        self.traffic.put(self.now, Parcel::Up { conn, bytes: bytes.freeze() });
    }
}
