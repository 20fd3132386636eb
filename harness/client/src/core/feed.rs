//! A source of news that is pulled: one pull at a time, and what is announced meanwhile is fetched after it.
//!
//! The mailbox, the messages and the entries of a room, the messages and the changes of ultra groups are such sources.

use wire::UnixMillis;

/// How far a source was fetched, and whether it is being fetched.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Feed {
    /// Everything up to here was fetched.
    watermark: UnixMillis,
    /// The newest time the server announced.
    announced: UnixMillis,
    pulling: bool,
    /// What was announced while a pull ran.
    meanwhile: Option<UnixMillis>,
}

impl Feed {
    /// Fetched up to `watermark` before.
    pub(crate) fn from(watermark: UnixMillis) -> Self {
        Self { watermark, ..Self::default() }
    }

    /// Up to where everything was fetched.
    pub(crate) fn watermark(&self) -> UnixMillis {
        self.watermark
    }

    /// Everything up to `time` is here by another way. It never goes back.
    pub(crate) fn reached(&mut self, time: UnixMillis) {
        self.watermark = self.watermark.max(time);
    }

    /// What is later than `time` is to be fetched, whatever was before.
    pub(crate) fn restart_from(&mut self, time: UnixMillis) {
        self.watermark = time;
    }

    /// A pull begins; gives from where.
    pub(crate) fn begin(&mut self) -> UnixMillis {
        self.pulling = true;
        self.meanwhile = None;
        self.watermark
    }

    pub(crate) fn is_pulling(&self) -> bool {
        self.pulling
    }

    /// Nothing is under way, and nothing was announced that is not here.
    pub(crate) fn is_complete(&self) -> bool {
        !self.pulling && self.announced <= self.watermark
    }

    /// The server announces something of that time, or of no time it tells. `true`: it is to be pulled now.
    pub(crate) fn announce(&mut self, time: Option<UnixMillis>) -> bool {
        let new = UnixMillis(self.watermark.0.saturating_add(1));
        self.announced = self.announced.max(time.unwrap_or(new));
        if self.pulling {
            // Of no time: it may be about something that the pull under way did not see.
            let until = time.map_or(UnixMillis(i64::MAX), |_| self.announced);
            self.meanwhile = self.meanwhile.max(Some(until));
            return false;
        }
        time.is_none() || self.announced > self.watermark
    }

    /// The pull under way has brought everything up to `until`. `true`: something was announced meanwhile that it has not
    /// brought. A server that announces a time and never reaches it is not asked for ever: one announcement is one pull.
    pub(crate) fn end(&mut self, until: UnixMillis) -> bool {
        self.reached(until);
        self.pulling = false;
        self.meanwhile.is_some_and(|meanwhile| meanwhile > self.watermark)
    }

    /// The pull under way has brought nothing.
    pub(crate) fn failed(&mut self) {
        self.pulling = false;
    }

    /// The connection is gone, and the pull under way with it.
    pub(crate) fn disconnected(&mut self) {
        self.pulling = false;
        self.meanwhile = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(time: i64) -> UnixMillis {
        UnixMillis(time)
    }

    #[test]
    fn what_is_announced_during_a_pull_is_fetched_after_it_unless_the_pull_brought_it() {
        let mut feed = Feed::from(at(10));
        assert!(!feed.announce(Some(at(10))), "it is here");
        assert!(feed.announce(Some(at(20))));
        assert_eq!(feed.begin(), at(10));
        assert!(!feed.announce(Some(at(30))), "one pull at a time");
        assert!(!feed.end(at(30)), "the pull has brought it");
        assert!(feed.is_complete());
        feed.begin();
        assert!(!feed.announce(Some(at(40))));
        assert!(feed.end(at(35)));
        feed.begin();
        assert!(!feed.end(at(35)), "an announcement is pulled for once");
    }

    #[test]
    fn what_was_not_brought_is_known_to_be_missing() {
        let mut feed = Feed::from(at(10));
        feed.announce(Some(at(20)));
        feed.begin();
        feed.failed();
        assert!(!feed.is_pulling() && !feed.is_complete(), "the pull brought nothing");
        feed.begin();
        assert!(!feed.announce(Some(at(15))), "one pull at a time");
        assert!(!feed.end(at(20)) && feed.is_complete());
        feed.restart_from(at(12));
        assert_eq!((feed.begin(), feed.is_complete()), (at(12), false));
    }

    #[test]
    fn an_announcement_without_a_time_tells_of_something_new_whatever_a_pull_brings() {
        let mut feed = Feed::from(at(10));
        assert!(feed.announce(None));
        feed.begin();
        assert!(!feed.announce(None));
        assert!(feed.end(at(50)));
        feed.begin();
        feed.announce(None);
        feed.disconnected();
        assert!(!feed.is_pulling());
        feed.begin();
        assert!(!feed.end(at(50)), "the connection it came on is gone");
    }
}
