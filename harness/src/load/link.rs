//! One client's connection: the socket, what waits to be written, what has been read.

use std::{collections::VecDeque, io, net::SocketAddr};

use bytes::{Bytes, BytesMut};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::{
    LoadError,
    protocol::{Heard, Protocol, Who},
};

pub(crate) struct Link {
    pub(crate) protocol: Protocol,
    who: Who,
    stream: TcpStream,
    out: BytesMut,
    buffer: BytesMut,
    upgraded: bool,
    /// Heard while something else was waited for.
    early: VecDeque<Heard>,
    next_id: u16,
    /// Behind this time something is new.
    pub(crate) sync_time: i64,
}

impl Link {
    /// Connects and logs in.
    pub(crate) async fn open(address: SocketAddr, protocol: Protocol, who: Who) -> Result<Self, LoadError> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let mut link = Self {
            protocol,
            who,
            stream,
            out: BytesMut::new(),
            buffer: BytesMut::new(),
            upgraded: false,
            early: VecDeque::new(),
            next_id: 0,
            sync_time: 0,
        };
        protocol.login(&link.who, &mut link.out);
        link.flush().await?;
        link.wait(|heard| *heard == Heard::Accepted).await?;
        Ok(link)
    }

    fn id(&mut self) -> u16 {
        // 0 is no id in MQTT.
        self.next_id = self.next_id.checked_add(1).unwrap_or(1);
        self.next_id
    }

    /// Asks for messages; the answer is [`Heard::Package`] or [`Heard::Subscribed`].
    pub(crate) fn ask(&mut self) {
        let id = self.id();
        self.protocol.ask(&self.who, self.sync_time, id, &mut self.out);
    }

    /// Asks for messages and waits for the package: its messages, and whether it is the last.
    pub(crate) async fn package(&mut self) -> Result<(Vec<Bytes>, bool), LoadError> {
        self.ask();
        self.flush().await?;
        match self.wait(|heard| matches!(heard, Heard::Package { .. })).await? {
            Heard::Package { messages, finished, .. } => {
                self.flush().await?;
                Ok((messages, finished))
            }
            _ => Ok((Vec::new(), true)),
        }
    }

    /// Asks for messages until none is left or the server says that it will send them; tells how many came.
    pub(crate) async fn settle(&mut self) -> Result<u64, LoadError> {
        let mut messages = 0;
        loop {
            self.ask();
            self.flush().await?;
            let answer = |heard: &Heard| matches!(heard, Heard::Package { .. } | Heard::Subscribed);
            match self.wait(answer).await? {
                Heard::Package { messages: some, finished, .. } => {
                    messages += some.len() as u64;
                    if finished {
                        self.flush().await?;
                        return Ok(messages);
                    }
                }
                _ => return Ok(messages),
            }
        }
    }

    /// Joins a room; what was said there before is passed over.
    pub(crate) async fn join(&mut self, room: &str) -> Result<(), LoadError> {
        let id = self.id();
        self.protocol.join(room, id, &mut self.out);
        self.flush().await?;
        let answer = |heard: &Heard| matches!(heard, Heard::Joined | Heard::Subscribed);
        self.wait(answer).await?;
        if self.protocol.pulls() {
            self.ask_room(room);
            self.flush().await?;
            self.wait(|heard| matches!(heard, Heard::Package { .. })).await?;
            self.flush().await?;
        }
        Ok(())
    }

    /// Begins to listen to ultra groups: what was said until now is passed over.
    pub(crate) async fn enter_ultra_groups(&mut self) -> Result<(), LoadError> {
        self.sync_time = 0;
        self.ask_ultra_groups();
        self.flush().await?;
        self.wait(|heard| matches!(heard, Heard::Package { .. })).await?;
        self.flush().await?;
        Ok(())
    }

    /// Asks for what was said in any ultra group since the last time.
    pub(crate) fn ask_ultra_groups(&mut self) {
        let id = self.id();
        self.protocol.ask_ultra_groups(&self.who, self.sync_time, id, &mut self.out);
    }

    pub(crate) fn publish_to_channel(&mut self, channel: &str, content: &[u8]) {
        let id = self.id();
        self.protocol.publish_to_channel(channel, content, id, &mut self.out);
    }

    /// Asks for what was said in a room since the last time.
    pub(crate) fn ask_room(&mut self, room: &str) {
        let id = self.id();
        self.protocol.ask_room(room, self.sync_time, id, &mut self.out);
    }

    pub(crate) fn publish_to_room(&mut self, room: &str, content: &[u8]) {
        let id = self.id();
        self.protocol.publish_to_room(room, content, id, &mut self.out);
    }

    pub(crate) fn publish(&mut self, to: &str, content: &[u8]) {
        let id = self.id();
        self.protocol.publish(to, content, id, &mut self.out);
    }

    pub(crate) fn acknowledge(&mut self, id: u16) {
        if id > 0 {
            self.protocol.acknowledge(id, &mut self.out);
        }
    }

    /// Writes what waits.
    pub(crate) async fn flush(&mut self) -> io::Result<()> {
        if !self.out.is_empty() {
            self.stream.write_all(&self.out).await?;
            self.out.clear();
        }
        Ok(())
    }

    /// The next thing heard, without waiting.
    pub(crate) fn heard(&mut self) -> Result<Option<Heard>, LoadError> {
        if let Some(early) = self.early.pop_front() {
            return Ok(Some(early));
        }
        self.parse()
    }

    fn parse(&mut self) -> Result<Option<Heard>, LoadError> {
        let heard = self.protocol.hear(&mut self.buffer, self.upgraded)?;
        match &heard {
            Some(Heard::Upgraded) => self.upgraded = true,
            Some(Heard::Package { id, sync_time, .. }) => {
                self.sync_time = *sync_time;
                if *id > 0 {
                    self.protocol.confirm(*id, &mut self.out);
                }
            }
            _ => {}
        }
        Ok(heard)
    }

    /// Waits for bytes. Cancel safe.
    pub(crate) async fn read(&mut self) -> Result<(), LoadError> {
        self.buffer.reserve(8 << 10);
        match self.stream.read_buf(&mut self.buffer).await? {
            0 => Err(LoadError::Protocol("the server closed the connection".to_owned())),
            _ => Ok(()),
        }
    }

    /// Waits until something of that kind is heard; the rest is kept for later.
    async fn wait(&mut self, is_it: impl Fn(&Heard) -> bool) -> Result<Heard, LoadError> {
        loop {
            match self.parse()? {
                Some(heard) if is_it(&heard) => return Ok(heard),
                Some(Heard::Upgraded | Heard::Other) => {}
                Some(heard) => self.early.push_back(heard),
                None => self.read().await?,
            }
        }
    }

    /// Gives back the memory of reading: many idle clients live in one process.
    pub(crate) fn shrink(&mut self) {
        if self.buffer.is_empty() {
            self.buffer = BytesMut::new();
        }
        self.out = BytesMut::new();
    }
}
