//! A recording in the making: what a world tells of itself, as bytes for whoever keeps them.

use service::{Input, Output, Service};
use wire::UnixMillis;

use crate::{
    entry::{Seen, What},
    header::Header,
    write::Writer,
};

/// Takes down what is done to one world and what it says.
///
/// Who runs the world calls [`taken`](Self::taken) after whatever was done to it and before its outputs, then
/// [`said`](Self::said) for each of them.
#[derive(Debug)]
pub struct Tape {
    writer: Writer,
    bytes: Vec<u8>,
    /// What the world says is taken down, too.
    with_said: bool,
}

impl Tape {
    /// Begins one of a world that was just made.
    pub fn begin(header: &Header, service: &mut Service) -> Self {
        service.tell_taken();
        let mut bytes = Vec::new();
        let writer = Writer::begin(header, &mut bytes);
        Self { writer, bytes, with_said: header.said }
    }

    /// Goes on with one, of which the world was made again.
    pub fn go_on(header: &Header, writer: Writer, service: &mut Service) -> Self {
        service.tell_taken();
        Self { writer, bytes: Vec::new(), with_said: header.said }
    }

    /// Takes down what was done to the world since the last time.
    pub fn taken(&mut self, service: &mut Service) {
        while let Some((at, taken)) = service.poll_taken() {
            self.writer.add(at, &What::Taken(taken), &mut self.bytes);
        }
    }

    /// Takes down an input that the world is about to take ([`Service::handle_taken`]).
    pub fn input(&mut self, now: UnixMillis, input: &Input) {
        self.writer.add_input(now, input, &mut self.bytes);
    }

    /// Takes down what the world said.
    pub fn said(&mut self, now: UnixMillis, output: &Output) {
        if !self.with_said {
            if let Output::Close { conn, .. } = output {
                self.writer.forget(*conn);
            }
            return;
        }
        self.writer.add_said(now, output, &mut self.bytes);
    }

    /// Takes down that the world's clock was put forward.
    pub fn clock(&mut self, now: UnixMillis, offset: Option<i64>) {
        self.writer.add(now, &What::Clock(offset), &mut self.bytes);
    }

    /// Takes down what was seen of a client.
    pub fn seen(&mut self, now: UnixMillis, seen: Seen) {
        self.writer.add(now, &What::Seen(seen), &mut self.bytes);
    }

    /// How many entries were taken down.
    #[must_use]
    pub fn last(&self) -> u64 {
        self.writer.last()
    }

    /// Whole lines that nobody has kept yet.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// They are kept: the memory is for the next ones.
    pub fn kept(&mut self) {
        self.bytes.clear();
    }
}
