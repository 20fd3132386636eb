//! Connections that are logged in and do nothing: what one costs the server in memory.

use std::time::Duration;

use super::{Args, LoadError, Report, link::Link, process::Target, protocol::Who, report::Watch};

/// So many connect first: the server's own first allocations are not the connections'.
const WARM_UP: u64 = 100;
/// The server comes to rest before its memory is read.
const REST: Duration = Duration::from_millis(500);

/// `--count` users log in, ask once for messages as every client does, and stay.
pub(crate) async fn run(args: &Args, target: &Target) -> Result<Report, LoadError> {
    let mut held = Vec::new();
    for n in 0..WARM_UP {
        held.push(enter(args, target, n).await?);
    }
    tokio::time::sleep(REST).await;
    let watch = Watch::start(target);
    for n in WARM_UP..WARM_UP + args.count {
        held.push(enter(args, target, n).await?);
    }
    tokio::time::sleep(REST).await;
    watch.stop(args, "idle", args.count, Vec::new())
}

async fn enter(args: &Args, target: &Target, n: u64) -> Result<Link, LoadError> {
    let who = Who { app_key: args.app_key.clone(), user: format!("user{n}"), keeps: false };
    let mut link = Link::open(target.address, args.protocol, who).await?;
    link.settle().await?;
    link.shrink();
    Ok(link)
}
