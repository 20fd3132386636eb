//! A user is away while messages come, then logs in and reads them all.
//!
//! Our clients pull packages of 200 and confirm them by the next pull; MQTT clients get every message pushed and acknowledge
//! each. One scenario measures the storing, another the reading, from connecting to the last message.

use super::{
    Args, LoadError, Report, im,
    link::Link,
    process::Target,
    protocol::{Heard, Who},
    report::Watch,
};

/// Messages the sender has on the way while it fills the mailbox.
const FILLING: u64 = 32;

/// Messages of a package that is not the last (OFFL-010).
const PACKAGE: usize = 200;

/// `--count` messages are stored for one user, who then reads them; the storing is measured.
pub(crate) async fn store(args: &Args, target: &Target) -> Result<Report, LoadError> {
    let reader = leave(args, target).await?;
    let watch = Watch::start(target);
    fill(args, target, &reader.user).await?;
    let report = watch.stop(args, "store", args.count, Vec::new())?;
    let mut link = Link::open(target.address, args.protocol, reader).await?;
    if args.protocol.pulls() {
        check(&mut link, args.count).await?;
    } else {
        take(&mut link, args.count).await?;
    }
    Ok(report)
}

/// A user that is known, has asked for messages, and has left.
async fn leave(args: &Args, target: &Target) -> Result<Who, LoadError> {
    let reader = Who { app_key: args.app_key.clone(), user: "reader".to_owned(), keeps: true };
    let mut link = Link::open(target.address, args.protocol, reader.clone()).await?;
    link.settle().await?;
    Ok(reader)
}

/// Reads packages: all of them full but the last, every message once and in the order it was sent.
async fn check(link: &mut Link, count: u64) -> Result<(), LoadError> {
    let wrong = |what: String| Err(LoadError::Protocol(what));
    let mut read = 0;
    loop {
        let (messages, finished) = link.package().await?;
        if !finished && messages.len() != PACKAGE {
            return wrong(format!("a package of {} messages that is not the last", messages.len()));
        }
        for message in messages {
            let content = im::content(message)?;
            if !content.starts_with(head(read).as_bytes()) {
                return wrong(format!("message {read} is lost, doubled or out of order: {content:?} came"));
            }
            read += 1;
        }
        if finished {
            return if read == count { Ok(()) } else { wrong(format!("{read} of {count} messages waited")) };
        }
    }
}

/// What the content of a message begins with.
fn head(n: u64) -> String {
    format!(r#"{{"content":"{n} "#)
}

/// The content of a message, with its number, of that many bytes (more only where its number takes them).
fn content(n: u64, size: u64) -> Vec<u8> {
    let (head, tail) = (head(n), r#""}"#);
    let room = (size as usize).saturating_sub(tail.len());
    format!("{head:x<room$}{tail}").into_bytes()
}

/// `--count` messages wait for one user, who then reads them; the reading is measured.
pub(crate) async fn read(args: &Args, target: &Target) -> Result<Report, LoadError> {
    let reader = leave(args, target).await?;
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
    let (mut sent, mut taken) = (0, 0);
    while taken < args.count {
        while sent < args.count && sent - taken < FILLING {
            link.publish(to, &content(sent, args.payload));
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
