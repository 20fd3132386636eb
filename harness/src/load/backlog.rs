//! Reading what waited: a user was away while messages came, logs in and reads them all.
//!
//! Our clients pull packages of 200 and confirm them by the next pull; MQTT clients get every message pushed and acknowledge
//! each. Only the reading is measured, from connecting to the last message.

use super::{
    Args, LoadError, Report,
    link::Link,
    pairs::content,
    process::Target,
    protocol::{Heard, Who},
    report::Watch,
};

/// Messages the sender has on the way while it fills the mailbox.
const FILLING: u64 = 32;

/// `--count` messages wait for one user, who then reads them.
pub(crate) async fn run(args: &Args, target: &Target) -> Result<Report, LoadError> {
    let reader = Who { app_key: args.app_key.clone(), user: "reader".to_owned(), keeps: true };
    // The user is known, has asked for messages, and leaves.
    let mut link = Link::open(target.address, args.protocol, reader.clone()).await?;
    link.settle().await?;
    drop(link);
    fill(args, target, &reader.user).await?;

    let watch = Watch::start(target);
    let mut link = Link::open(target.address, args.protocol, reader).await?;
    let read = if args.protocol.pulls() { link.settle().await? } else { take(&mut link, args.count).await? };
    // Once more: the server answers this only after it has worked through the acknowledgements of all the rest.
    link.settle().await?;
    if read != args.count {
        return Err(LoadError::Protocol(format!("{read} of {} messages waited", args.count)));
    }
    watch.stop(args, "backlog", read, Vec::new())
}

async fn fill(args: &Args, target: &Target, to: &str) -> Result<(), LoadError> {
    let who = Who { app_key: args.app_key.clone(), user: "writer".to_owned(), keeps: false };
    let mut link = Link::open(target.address, args.protocol, who).await?;
    let content = content(args.payload);
    let (mut sent, mut taken) = (0, 0);
    while taken < args.count {
        while sent < args.count && sent - taken < FILLING {
            link.publish(to, &content);
            sent += 1;
        }
        link.flush().await?;
        link.read().await?;
        while let Some(heard) = link.heard()? {
            taken += u64::from(matches!(heard, Heard::Taken(_)));
        }
    }
    Ok(())
}

/// Takes pushed messages until all have come, and acknowledges each.
async fn take(link: &mut Link, count: u64) -> Result<u64, LoadError> {
    let mut read = 0;
    loop {
        while let Some(heard) = link.heard()? {
            if let Heard::Message(id) = heard {
                link.acknowledge(id);
                read += 1;
            }
        }
        link.flush().await?;
        if read >= count {
            return Ok(read);
        }
        link.read().await?;
    }
}
