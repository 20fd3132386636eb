//! One WebSocket of an adapter: lines out and in, until it is closed or lost.

use std::{sync::Arc, time::Duration};

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::{Instant, MissedTickBehavior, interval, timeout},
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Error, Message, Utf8Bytes,
        error::CapacityError,
        protocol::{CloseFrame, WebSocketConfig, frame::coding::CloseCode},
    },
};

use super::{
    LINE_LIMIT, close,
    session::{End, Incoming, Next, Session},
};

/// How often the other side is asked for a sign of life, and after how long without one the link counts as lost.
const PULSE: Duration = Duration::from_secs(3);
const SILENCE: Duration = Duration::from_secs(12);
/// How long the other side may take to make room for a frame, and to answer a close.
const ROOM: Duration = Duration::from_secs(10);
const CLOSING: Duration = Duration::from_secs(1);

/// Bounds of what is read.
pub(super) fn config() -> WebSocketConfig {
    WebSocketConfig::default().max_message_size(Some(LINE_LIMIT)).max_frame_size(Some(LINE_LIMIT))
}

/// How a link came to its end.
#[derive(Debug)]
enum Ended {
    /// We closed it.
    Closed,
    /// The adapter closed it, and is not coming back.
    Left,
    /// It broke; the adapter may come back.
    Lost,
    /// What it wrote cannot be read: why.
    Unreadable(String),
}

/// Closes a WebSocket that is let in nowhere.
pub(super) async fn refuse<S>(mut socket: WebSocketStream<S>, reason: &'static str)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    shut(&mut socket, &End { code: close::REFUSED, reason }).await;
}

/// Serves a session, whose link of that number this is; `received` are our lines that the adapter has got. `welcome` is
/// said first.
pub(super) async fn serve<S>(
    mut socket: WebSocketStream<S>,
    session: Arc<Session>,
    (link, received): (u64, u64),
    welcome: String,
) where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let welcomed = timeout(ROOM, socket.send(Message::text(welcome))).await;
    let ended = match welcomed {
        Ok(Ok(())) => carry(&mut socket, &session, link, received).await,
        _ => Ended::Lost,
    };
    match ended {
        Ended::Closed => {
            session.detach(link);
        }
        Ended::Left => session.left(link),
        Ended::Lost => {
            if session.detach(link) {
                tokio::time::sleep(session.grace).await;
                if let Some(to) = session.expire() {
                    let why =
                        format!("its link was lost, and it did not come back within {:?}", session.grace);
                    tell(&to, why).await;
                }
            }
        }
        Ended::Unreadable(why) => {
            if let Some(to) = session.unreadable(link) {
                tell(&to, why).await;
            }
            shut(
                &mut socket,
                &End { code: close::UNREADABLE, reason: "text frames of at most 1 MiB, a line each" },
            )
            .await;
        }
    }
}

/// Tells who reads that nothing more comes, and why.
pub(super) async fn tell(to: &tokio::sync::mpsc::Sender<Incoming>, why: String) {
    // Nobody reads any more: then nobody wants to know.
    let _ = to.send(Incoming::Broken(why)).await;
}

async fn carry<S>(socket: &mut WebSocketStream<S>, session: &Session, link: u64, received: u64) -> Ended
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut changes = session.watch();
    let mut pulse = interval(PULSE);
    pulse.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut sent, mut alive) = (received, Instant::now());
    loop {
        changes.mark_unchanged();
        loop {
            match session.next(link, sent) {
                Next::Line(line) => {
                    if !matches!(timeout(ROOM, socket.send(Message::text(line))).await, Ok(Ok(()))) {
                        return Ended::Lost;
                    }
                    sent += 1;
                }
                Next::Close(end) => {
                    shut(socket, &end).await;
                    return Ended::Closed;
                }
                Next::Wait => break,
            }
        }
        tokio::select! {
            // An end of the sender is an end of the session, which this task holds.
            _ = changes.changed() => {}
            _ = pulse.tick() => {
                if alive.elapsed() >= SILENCE {
                    return Ended::Lost;
                }
                if !matches!(timeout(ROOM, socket.send(Message::Ping(Vec::new().into()))).await, Ok(Ok(()))) {
                    return Ended::Lost;
                }
            }
            message = socket.next() => {
                alive = Instant::now();
                match message {
                    Some(Ok(Message::Text(text))) => {
                        hear(session, link, text).await;
                    }
                    Some(Ok(Message::Binary(bytes))) => {
                        return Ended::Unreadable(format!(
                            "it sent a binary frame of {} bytes: lines come as text frames", bytes.len()
                        ));
                    }
                    Some(Ok(Message::Close(frame))) => {
                        let normal = frame.is_some_and(|frame| frame.code == CloseCode::Normal);
                        return if normal { Ended::Left } else { Ended::Lost };
                    }
                    Some(Ok(_)) => {}
                    Some(Err(Error::Capacity(CapacityError::MessageTooLong { size, .. }))) => {
                        return Ended::Unreadable(format!(
                            "it wrote a line of more than {LINE_LIMIT} bytes ({size})"
                        ));
                    }
                    Some(Err(Error::Utf8(_))) => {
                        return Ended::Unreadable("it sent a text frame that is no UTF-8".to_owned());
                    }
                    Some(Err(_)) | None => return Ended::Lost,
                }
            }
        }
    }
}

/// A line came. How the link is closed, if nobody wants it, is seen before the next one.
async fn hear(session: &Session, link: u64, text: Utf8Bytes) {
    // One after the other, whichever link they came on.
    let _turn = session.turn().await;
    if let Some(to) = session.heard(link) {
        // Nobody reads any more: then nobody wants it.
        let _ = to.send(Incoming::Line(text.as_str().to_owned())).await;
    }
}

/// Closes it, and waits a moment for the other side's word.
async fn shut<S>(socket: &mut WebSocketStream<S>, end: &End)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let frame = CloseFrame { code: CloseCode::from(end.code), reason: Utf8Bytes::from_static(end.reason) };
    // It may be gone already, which is what is wanted.
    let _ = timeout(CLOSING, async {
        socket.close(Some(frame)).await?;
        while let Some(message) = socket.next().await {
            message?;
        }
        Ok::<(), Error>(())
    })
    .await;
}
