//! Reading a request's body: so large, in so much time, and together with all others so much at once.

use std::rc::Rc;

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use tokio::time::{Instant, timeout_at};

use crate::bounds::Bound;
use crate::meter::{Did, Meter, Reading};

/// Bodies beyond this are not begun when the process has no memory left.
const LARGE: usize = 64 << 10;

/// Why a body was not read.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BodyError {
    #[error("the body exceeds {most} bytes: the bound `body`")]
    TooLarge { most: usize },
    #[error("the body did not come in time: the bound `{}`", .0.name())]
    Late(Bound),
    #[error("too much is being read: the bound `{}`", .0.name())]
    Busy(Bound),
    #[error("the body broke off")]
    Broken,
}

/// Reads it to its end. It is counted as being read for as long as the other value lives.
pub(crate) async fn read(meter: &Rc<Meter>, mut body: Incoming) -> Result<(Bytes, Reading), BodyError> {
    let mut reading = Reading::new(meter);
    if body.is_end_stream() {
        return Ok((Bytes::new(), reading));
    }
    let most = meter.bounds.body;
    let too_large = || {
        meter.count(Did::Refused, Bound::Body);
        BodyError::TooLarge { most }
    };
    if body.size_hint().lower() > most as u64 {
        return Err(too_large());
    }
    let begun = Instant::now();
    let end = begun + meter.bounds.body_time;
    let mut whole = BytesMut::new();
    let mut has_memory = false;
    loop {
        let pause = Instant::now() + meter.bounds.body_pause;
        let (by, bound) = if end < pause { (end, Bound::BodyTime) } else { (pause, Bound::BodyPause) };
        let Ok(frame) = timeout_at(by, body.frame()).await else {
            meter.count(Did::Cut, bound);
            return Err(BodyError::Late(bound));
        };
        let Some(frame) = frame else { break };
        let Ok(data) = frame.map_err(|_| BodyError::Broken)?.into_data() else { continue };
        if whole.len() + data.len() > most {
            return Err(too_large());
        }
        whole.extend_from_slice(&data);
        if !has_memory && whole.len() > LARGE {
            meter.has_memory().map_err(BodyError::Busy)?;
            has_memory = true;
        }
        if !reading.set(whole.capacity()) {
            meter.count(Did::Refused, Bound::Bodies);
            return Err(BodyError::Busy(Bound::Bodies));
        }
    }
    // What grew by doubling gives back what it did not need: files are kept as they came.
    let mut whole = Vec::from(whole);
    whole.shrink_to_fit();
    reading.set(whole.len());
    Ok((whole.into(), reading))
}
