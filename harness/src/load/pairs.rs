//! Pairs: a sender and a receiver each, private messages acknowledged on both sides.
//!
//! One unit is one message: the sender's PUBLISH, its acknowledgement, the push to the receiver and the receiver's
//! acknowledgement, four frames in all. A window of 1 waits for a message to be taken and delivered before the next is sent.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use tokio::task::{JoinHandle, LocalSet};

use super::{
    Args, LoadError, Report,
    link::Link,
    process::Target,
    protocol::{Heard, Who},
    report::{Watch, micros},
};

/// After a pull our server announces messages for a second instead of pushing them.
const QUIET: Duration = Duration::from_millis(1200);

/// `--count` messages, spread over `--parallel` pairs with `--window` on the way each.
pub(crate) async fn run(args: &Args, target: &Target) -> Result<Report, LoadError> {
    let mut pairs = Vec::new();
    for n in 0..args.parallel {
        pairs.push(Pair::open(args, target, n).await?);
    }
    if args.protocol.pulls() {
        tokio::time::sleep(QUIET).await;
    }
    // A first window each, so that buffers and mailboxes have their size.
    let pairs = all_pairs(pairs, args.window.max(10) * args.parallel, args.window).await?;
    let watch = Watch::start(target);
    let pairs = all_pairs(pairs, args.count, args.window).await?;
    let pulled = pairs.iter().map(|pair| pair.pulled).sum();
    let latencies = pairs.into_iter().flat_map(|pair| pair.latencies).collect();
    let report = watch.stop(args, "pairs", args.count, latencies)?;
    Ok(Report { pulled, ..report })
}

async fn all_pairs(pairs: Vec<Pair>, count: u64, window: u64) -> Result<Vec<Pair>, LoadError> {
    let local = LocalSet::new();
    let parallel = pairs.len() as u64;
    let tasks: Vec<_> = pairs
        .into_iter()
        .enumerate()
        .map(|(index, mut pair)| {
            let share = count / parallel + u64::from((index as u64) < count % parallel);
            local.spawn_local(async move {
                pair.run(share, window as usize).await?;
                Ok(pair)
            })
        })
        .collect();
    local.run_until(all(tasks)).await
}

/// Waits for all tasks; the first failure is everybody's.
pub(crate) async fn all<T, C: FromIterator<T>>(
    tasks: Vec<JoinHandle<Result<T, LoadError>>>,
) -> Result<C, LoadError> {
    let mut done = Vec::with_capacity(tasks.len());
    for task in tasks {
        done.push(task.await.map_err(std::io::Error::other)??);
    }
    Ok(done.into_iter().collect())
}

/// A message body of that many bytes, as JSON.
pub(crate) fn content(size: u64) -> Vec<u8> {
    let text = "x".repeat((size as usize).saturating_sub(r#"{"content":""}"#.len()));
    format!(r#"{{"content":"{text}"}}"#).into_bytes()
}

struct Pair {
    sender: Link,
    receiver: Link,
    to: String,
    content: Vec<u8>,
    latencies: Vec<u32>,
    pulled: u64,
}

impl Pair {
    async fn open(args: &Args, target: &Target, n: u64) -> Result<Self, LoadError> {
        let who = |user: String| Who { app_key: args.app_key.clone(), user, keeps: false };
        let to = format!("receiver{n}");
        let sender = Link::open(target.address, args.protocol, who(format!("sender{n}"))).await?;
        let mut receiver = Link::open(target.address, args.protocol, who(to.clone())).await?;
        receiver.settle().await?;
        let content = content(args.payload);
        Ok(Self { sender, receiver, to, content, latencies: Vec::new(), pulled: 0 })
    }

    /// Sends `count` messages, at most `window` of them not yet taken and delivered.
    async fn run(&mut self, count: u64, window: usize) -> Result<(), LoadError> {
        self.latencies.clear();
        self.latencies.reserve(count as usize);
        // Messages of a pair arrive in the order they were sent: when each left is all there is to remember.
        let mut on_the_way: VecDeque<Instant> = VecDeque::with_capacity(window);
        let (mut sent, mut taken) = (0, 0);
        while taken < count || !on_the_way.is_empty() {
            while sent < count && on_the_way.len() < window && (sent - taken) < window as u64 {
                self.sender.publish(&self.to, &self.content);
                on_the_way.push_back(Instant::now());
                sent += 1;
            }
            self.sender.flush().await?;
            tokio::select! {
                read = self.sender.read() => read?,
                read = self.receiver.read() => read?,
            }
            while let Some(heard) = self.sender.heard()? {
                taken += u64::from(matches!(heard, Heard::Taken(_)));
            }
            let arrived = self.arrived()?;
            for _ in 0..arrived {
                let Some(left) = on_the_way.pop_front() else {
                    return Err(LoadError::Protocol("a message came twice".to_owned()));
                };
                self.latencies.push(micros(left.elapsed()));
            }
            self.receiver.flush().await?;
        }
        Ok(())
    }

    /// Handles what the receiver heard; tells how many messages came.
    fn arrived(&mut self) -> Result<u64, LoadError> {
        let mut arrived = 0;
        while let Some(heard) = self.receiver.heard()? {
            match heard {
                Heard::Message(id) => {
                    self.receiver.acknowledge(id);
                    arrived += 1;
                }
                Heard::Notice(id) => {
                    self.receiver.acknowledge(id);
                    self.receiver.ask();
                }
                Heard::Package { messages, finished, .. } => {
                    arrived += messages.len() as u64;
                    self.pulled += messages.len() as u64;
                    if !finished {
                        self.receiver.ask();
                    }
                }
                _ => {}
            }
        }
        Ok(arrived)
    }
}
