//! Logins: connect, present oneself, be accepted, close.

use std::{cell::RefCell, rc::Rc, time::Instant};

use tokio::task::LocalSet;

use super::{
    Args, LoadError, Report,
    link::Link,
    process::Target,
    protocol::Who,
    report::{Watch, micros},
};

/// Each of `--parallel` users logs in again and again, `--count` times together.
pub(crate) async fn run(args: &Args, target: &Target) -> Result<Report, LoadError> {
    let latencies = Rc::new(RefCell::new(Vec::with_capacity(args.count as usize)));
    // Every user once before: that the server meets them first is not what is measured.
    logins(args, target, args.parallel, &Rc::default()).await?;
    let watch = Watch::start(target);
    logins(args, target, args.count, &latencies).await?;
    watch.stop(args, "connect", args.count, latencies.take())
}

async fn logins(
    args: &Args,
    target: &Target,
    count: u64,
    latencies: &Rc<RefCell<Vec<u32>>>,
) -> Result<(), LoadError> {
    let local = LocalSet::new();
    let workers: Vec<_> = (0..args.parallel)
        .map(|worker| {
            let (address, protocol) = (target.address, args.protocol);
            let who = Who { app_key: args.app_key.clone(), user: format!("user{worker}"), keeps: false };
            let times = count / args.parallel + u64::from(worker < count % args.parallel);
            let latencies = latencies.clone();
            local.spawn_local(async move {
                for _ in 0..times {
                    let begun = Instant::now();
                    Link::open(address, protocol, who.clone()).await?;
                    latencies.borrow_mut().push(micros(begun.elapsed()));
                }
                Ok(())
            })
        })
        .collect();
    local.run_until(super::pairs::all(workers)).await
}
