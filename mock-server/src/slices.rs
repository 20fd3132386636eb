//! Long work on the server's one thread, in slices: after each, whoever has something to do has a turn.

use std::time::Duration;

use tokio::time::Instant;

/// How long a piece of work keeps the thread before others have a turn.
const SLICE: Duration = Duration::from_millis(2);

/// Messages that are published before the clock is looked at again.
pub(crate) const PIECE: u32 = 16;

/// How long work has gone on, all together and since the others had a turn.
#[derive(Debug)]
pub(crate) struct Slices {
    began: Instant,
    since: Instant,
}

impl Slices {
    pub(crate) fn begin() -> Self {
        let now = Instant::now();
        Self { began: now, since: now }
    }

    /// Lets others in, if it is time to. To be called after every small piece of work; a caller that has gone away does
    /// not come back from here.
    pub(crate) async fn breathe(&mut self) {
        if self.since.elapsed() >= SLICE {
            tokio::task::yield_now().await;
            self.since = Instant::now();
        }
    }

    /// How long it has gone on.
    pub(crate) fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }
}
