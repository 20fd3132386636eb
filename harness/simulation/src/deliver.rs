//! What arrives at either end, and what a world wants done.

use bytes::{Bytes, BytesMut};
use reference_client::{EngineInput, HttpAnswer, Route};
use service::{ConnId, HttpId, HttpResponse, Input, Login, Output};
use wire::{ClientFrame, FrameError, native, websocket};

use crate::{LinkState, Simulation, network::Parcel};

impl Simulation {
    pub(crate) fn deliver(&mut self, parcel: Parcel) {
        let client = match &parcel {
            Parcel::Opened { client, .. }
            | Parcel::OpenFailed { client, .. }
            | Parcel::Request { client, .. }
            | Parcel::Answer { client, .. } => client.clone(),
            Parcel::Up { conn, .. }
            | Parcel::Down { conn, .. }
            | Parcel::Closed { conn }
            | Parcel::Left { conn }
            | Parcel::Upgrade { conn, .. } => match self.wires.get(conn) {
                Some(wire) => wire.client.clone(),
                None => return,
            },
        };
        let told = matches!(parcel, Parcel::OpenFailed { .. });
        match self.clients.get(&client).map(|client| client.link) {
            Some(LinkState::Stall) if !told => return self.held.push(parcel),
            Some(LinkState::HalfOpen | LinkState::Offline) if !told => return,
            _ => {}
        }
        match parcel {
            Parcel::Opened { conn, .. } => self.tell(&client, EngineInput::Opened { conn }),
            Parcel::OpenFailed { conn, .. } => self.tell(&client, EngineInput::OpenFailed { conn }),
            Parcel::Request { world, id, request, .. } => {
                self.service_input(&world, Input::Http { id, request });
            }
            Parcel::Answer { id, answer, .. } => self.tell(&client, EngineInput::HttpAnswer { id, answer }),
            Parcel::Upgrade { conn, query } => {
                let (app_key, login) = Login::from_websocket_query(&query);
                self.present(conn, &app_key, login);
            }
            Parcel::Up { conn, bytes } => self.up(conn, bytes),
            Parcel::Down { conn, bytes } => self.down(&client, conn, bytes),
            Parcel::Closed { conn } => {
                if let Some(wire) = self.wires.remove(&conn) {
                    match self.raws.get_mut(&client) {
                        Some(raw) => raw.closed = true,
                        None => self.tell(&client, EngineInput::Closed { conn: wire.engine_conn }),
                    }
                }
            }
            Parcel::Left { conn } => {
                if let Some(wire) = self.wires.remove(&conn) {
                    self.service_input(&wire.world, Input::Closed { conn });
                }
            }
        }
    }

    pub(crate) fn tell(&mut self, client: &str, input: EngineInput) {
        let now = self.now;
        if let Some(known) = self.clients.get_mut(client) {
            known.engine.handle(now, input);
            self.drain_client(client);
        }
    }

    pub(crate) fn service_input(&mut self, app_key: &str, input: Input) {
        let now = self.now;
        if let Some(service) = self.worlds.get_mut(app_key) {
            service.handle(now, input);
            self.drain_world(app_key);
        }
    }

    /// A login reaches the world its App Key names; an unknown App Key gets no answer but the end.
    pub(crate) fn present(&mut self, conn: ConnId, app_key: &str, mut login: Login) {
        if !self.worlds.contains_key(app_key) {
            self.traffic.put(self.now, Parcel::Closed { conn });
            return;
        }
        if let Some(wire) = self.wires.get_mut(&conn) {
            app_key.clone_into(&mut wire.world);
            wire.presented = true;
            login.label = format!("{}/{}", wire.client, wire.engine_conn);
        }
        self.service_input(app_key, Input::Open { conn, login: Box::new(login) });
    }

    /// Bytes of a client. A native stream may be cut anywhere: what is no whole frame yet waits for the rest.
    fn up(&mut self, conn: ConnId, bytes: Bytes) {
        let Some(wire) = self.wires.get_mut(&conn) else { return };
        if matches!(wire.route, Route::WebSocket { .. }) {
            return self.up_frame(conn, websocket::decode_client(bytes));
        }
        let mut stream = std::mem::take(&mut wire.stream);
        stream.extend_from_slice(&bytes);
        while let Some(decoded) = native::decode_client(&mut stream, wire::DEFAULT_MAX_FRAME).transpose() {
            let over = decoded.is_err();
            self.up_frame(conn, decoded);
            if over {
                return;
            }
        }
        if let Some(wire) = self.wires.get_mut(&conn) {
            wire.stream = stream;
        }
    }

    fn up_frame(&mut self, conn: ConnId, decoded: Result<ClientFrame, FrameError>) {
        let Some(wire) = self.wires.get(&conn) else { return };
        let (world, presented) = (wire.world.clone(), wire.presented);
        match decoded {
            Ok(ClientFrame::Connect(connect)) if !presented => {
                let (app_key, login) = Login::from_connect(&connect);
                self.present(conn, &app_key, login);
            }
            // Nobody has said who they are: a server hangs up.
            _ if !presented => self.traffic.put(self.now, Parcel::Closed { conn }),
            Ok(frame) => self.service_input(&world, Input::Frame { conn, frame }),
            Err(error) => self.service_input(&world, Input::Garbage { conn, error: error.to_string() }),
        }
    }

    pub(crate) fn down(&mut self, client: &str, conn: ConnId, bytes: Bytes) {
        let Some(wire) = self.wires.get(&conn) else { return };
        let engine_conn = wire.engine_conn;
        if let Some(raw) = self.raws.get_mut(client) {
            return raw.take(self.now, wire.route == Route::Tcp, &bytes);
        }
        let decoded = match wire.route {
            Route::Tcp => native::decode_server(&mut BytesMut::from(&bytes[..]), wire::DEFAULT_MAX_FRAME),
            Route::WebSocket { .. } => websocket::decode_server(bytes, false).map(Some),
        };
        match decoded {
            Ok(Some(frame)) => self.tell(client, EngineInput::Frame { conn: engine_conn, frame }),
            // What a client cannot read ends its connection.
            _ => self.tell(client, EngineInput::Closed { conn: engine_conn }),
        }
    }

    /// The next thing that a world wants done. What was done to it, and this, is on its tape then, if there is one.
    fn next_output(&mut self, app_key: &str) -> Option<Output> {
        let service = self.worlds.get_mut(app_key)?;
        let Some(tape) = self.tapes.as_mut().and_then(|tapes| tapes.get_mut(app_key)) else {
            return service.poll_output();
        };
        tape.taken(service);
        let output = service.poll_output()?;
        tape.said(self.now, &output);
        Some(output)
    }

    /// Takes what a world wants done; gives the answer to the request numbered 0, which is a direct one.
    pub(crate) fn drain_world(&mut self, app_key: &str) -> Option<HttpResponse> {
        let mut direct = None;
        while let Some(output) = self.next_output(app_key) {
            match output {
                Output::Send { conn, frame } => {
                    let Some(wire) = self.wires.get(&conn) else { continue };
                    let mut bytes = BytesMut::new();
                    match wire.route {
                        Route::Tcp => native::encode_server(&frame, &mut bytes),
                        Route::WebSocket { .. } => websocket::encode_server(&frame, &mut bytes),
                    }
                    self.traffic.put(self.now, Parcel::Down { conn, bytes: bytes.freeze() });
                }
                Output::SendRaw { conn, bytes } => self.traffic.put(self.now, Parcel::Down { conn, bytes }),
                Output::Close { conn, .. } => self.traffic.put(self.now, Parcel::Closed { conn }),
                // No app's server is there to hear it; the journal tells what was called.
                Output::Callback(_) => {}
                // Nobody polls here: clients of the simulation have sockets.
                Output::AnswerPoll { .. } => {}
                Output::Respond { id: HttpId(0), response } => direct = response.map(|response| *response),
                Output::Respond { id, response } => self.respond(id, response),
            }
        }
        direct
    }

    pub(crate) fn respond(&mut self, id: HttpId, response: Option<Box<HttpResponse>>) {
        let asked = self.clients.iter_mut().find_map(|(name, client)| {
            client.requests.remove(&id).map(|engine_id| (name.clone(), engine_id))
        });
        if let Some((client, id)) = asked {
            let answer =
                response.map(|response| HttpAnswer::new(response.status, &response.headers, response.body));
            self.traffic.put(self.now, Parcel::Answer { client, id, answer });
        }
    }
}
