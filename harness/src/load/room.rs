//! Rooms with many members: what a message to all of them costs.
//!
//! With `--rooms` the same members are in every room, and the bursts go round the rooms: a message costs as much as with
//! one room. Our members are told that there is something, pull it and are answered; MQTT clients get every message pushed and
//! acknowledge each. One unit is one message that has come to one member. Before the next burst everybody has the last one.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::Instant,
};

use tokio::{
    sync::Notify,
    task::{JoinHandle, LocalSet},
};

use super::{
    Args, LoadError, Report,
    link::Link,
    pairs::content,
    process::Target,
    protocol::{Heard, Who},
    report::{Watch, micros},
};

/// Where it is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Place {
    /// In chatrooms, each with a watermark of its own.
    #[default]
    Rooms,
    /// In channels of one ultra group, behind one watermark.
    Channels,
}

/// A room's or channel's name.
pub(crate) fn name(n: u64) -> String {
    format!("hall{n}")
}

/// Bursts before it is measured, at least one a room, so that buffers have their size.
const WARM_UP: u64 = 2;

/// What all members share with the speaker.
#[derive(Default)]
struct Hall {
    place: Place,
    listeners: u64,
    rooms: Vec<String>,
    /// Where it is spoken now.
    current: Cell<usize>,
    deliveries: Cell<u64>,
    wanted: Cell<u64>,
    all_have_it: Notify,
    failed: RefCell<Option<LoadError>>,
}

impl Hall {
    /// Which watermark counts for what is said now.
    fn watermark(&self) -> usize {
        if self.place == Place::Rooms { self.current.get() } else { 0 }
    }
}

/// `--count` messages to `--members` members of each of `--rooms` rooms, `--window` at a time, the rooms in turn.
pub(crate) async fn run(args: &Args, target: &Target, place: Place) -> Result<Report, LoadError> {
    let local = LocalSet::new();
    local.run_until(speak(args, target, place)).await
}

async fn speak(args: &Args, target: &Target, place: Place) -> Result<Report, LoadError> {
    let listeners = if place == Place::Rooms { args.members } else { args.online };
    let rooms = (0..args.rooms).map(name).collect();
    let hall = Rc::new(Hall { place, listeners, rooms, ..Hall::default() });
    let mut members = Members(Vec::new());
    for n in 0..listeners {
        let (mut link, times) = enter(args, target, format!("member{n}"), &hall).await?;
        link.shrink();
        let hall = hall.clone();
        members.0.push(tokio::task::spawn_local(async move {
            if let Err(error) = listen(link, times, &hall).await {
                hall.failed.borrow_mut().get_or_insert(error);
                hall.all_have_it.notify_one();
            }
        }));
    }
    let (mut speaker, _) = enter(args, target, "speaker".to_owned(), &hall).await?;
    let content = content(args.payload);
    bursts(args, &mut speaker, &hall, &content, WARM_UP.max(args.rooms) * args.window).await?;
    let watch = Watch::start(target);
    let latencies = bursts(args, &mut speaker, &hall, &content, args.count).await?;
    let scenario = if place == Place::Rooms { "room" } else { "ultra-group" };
    watch.stop(args, scenario, args.count * hall.listeners, latencies)
}

/// Members end with the run.
struct Members(Vec<JoinHandle<()>>);

impl Drop for Members {
    fn drop(&mut self) {
        self.0.iter().for_each(JoinHandle::abort);
    }
}

/// Logs in and joins every room; gives from when on each room has something new.
async fn enter(
    args: &Args,
    target: &Target,
    user: String,
    hall: &Hall,
) -> Result<(Link, Vec<i64>), LoadError> {
    let who = Who { app_key: args.app_key.clone(), user, keeps: false };
    let mut link = Link::open(target.address, args.protocol, who).await?;
    let mut times = Vec::with_capacity(hall.rooms.len());
    if hall.place == Place::Channels {
        link.enter_ultra_groups().await?;
        times.push(link.sync_time);
    }
    for room in hall.rooms.iter().filter(|_| hall.place == Place::Rooms) {
        link.sync_time = 0;
        link.join(room).await?;
        times.push(link.sync_time);
    }
    Ok((link, times))
}

async fn listen(mut link: Link, mut times: Vec<i64>, hall: &Hall) -> Result<(), LoadError> {
    loop {
        let mut came = 0;
        while let Some(heard) = link.heard()? {
            match heard {
                Heard::Message(id) => {
                    link.acknowledge(id);
                    came += 1;
                }
                Heard::Notice(id) => {
                    link.acknowledge(id);
                    // The next room's turn comes when everybody has all of this one.
                    link.sync_time = times[hall.watermark()];
                    match hall.place {
                        Place::Rooms => link.ask_room(&hall.rooms[hall.current.get()]),
                        Place::Channels => link.ask_ultra_groups(),
                    }
                }
                Heard::Package { messages, sync_time, .. } => {
                    times[hall.watermark()] = sync_time;
                    came += messages.len() as u64;
                }
                _ => {}
            }
        }
        link.flush().await?;
        if came > 0 {
            hall.deliveries.set(hall.deliveries.get() + came);
            if hall.deliveries.get() >= hall.wanted.get() {
                hall.all_have_it.notify_one();
            }
        }
        link.read().await?;
    }
}

/// Sends `count` messages, `--window` of them at a time; gives how long a burst took to reach everybody.
async fn bursts(
    args: &Args,
    speaker: &mut Link,
    hall: &Hall,
    content: &[u8],
    count: u64,
) -> Result<Vec<u32>, LoadError> {
    let mut latencies = Vec::new();
    let mut left = count;
    for turn in (0..hall.rooms.len()).cycle() {
        if left == 0 {
            break;
        }
        hall.current.set(turn);
        let burst = left.min(args.window);
        left -= burst;
        let begun = Instant::now();
        hall.wanted.set(hall.wanted.get() + burst * hall.listeners);
        for _ in 0..burst {
            match hall.place {
                Place::Rooms => speaker.publish_to_room(&hall.rooms[turn], content),
                Place::Channels => speaker.publish_to_channel(&hall.rooms[turn], content),
            }
        }
        speaker.flush().await?;
        let mut taken = 0;
        while taken < burst {
            while let Some(heard) = speaker.heard()? {
                taken += u64::from(matches!(heard, Heard::Taken(_)));
            }
            if taken < burst {
                speaker.read().await?;
            }
        }
        while hall.deliveries.get() < hall.wanted.get() {
            hall.all_have_it.notified().await;
            if let Some(error) = hall.failed.take() {
                return Err(error);
            }
        }
        if hall.deliveries.get() > hall.wanted.get() {
            return Err(LoadError::Protocol("a message came twice".to_owned()));
        }
        latencies.push(micros(begun.elapsed()));
    }
    Ok(latencies)
}
