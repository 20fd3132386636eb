//! A world's time moved forward: every deadline on the way at its own time and in order, in slices that let others in, one
//! advance after the other.

use std::time::Duration;

use service::Service;
use wire::UnixMillis;

use crate::{slices::Slices, world::World};

/// How much one advance may be.
#[derive(Debug, Clone, Copy)]
struct Bounds {
    /// How long it goes on; waiting for another one before it has a limit of the same length.
    longest: Duration,
    /// How many deadlines it runs.
    deadlines: u64,
}

const BOUNDS: Bounds = Bounds { longest: Duration::from_secs(30), deadlines: 1_000_000 };

/// How far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    /// So much later than it is when the advance begins.
    By(Duration),
    /// To a time that is still to come.
    To(UnixMillis),
    /// To that time, if it is still to come.
    AtLeast(UnixMillis),
}

/// Why the time did not come where it was to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AdvanceError {
    /// Time only goes forward.
    #[error("{to} is in the past: it is {now}, and time only goes forward")]
    Past {
        /// Where it was to go.
        to: UnixMillis,
        /// What it is.
        now: UnixMillis,
    },
    /// No world's time goes that far.
    #[error("{to} is beyond the end of time, {}: frames carry seconds in 32 bits", UnixMillis::LAST)]
    Beyond {
        /// Where it was to go.
        to: UnixMillis,
    },
    /// Another advance of the same world did not end.
    #[error("another advance of this world has been under way for {0:?}; it is {1} now")]
    Busy(Duration, UnixMillis),
    /// Too much is due on the way.
    #[error(
        "{ran} deadlines ran in {took:?} and the time came to {now}; the rest of the way to {to} is left: go on from there, or in shorter steps"
    )]
    TooMuch {
        /// How many deadlines ran.
        ran: u64,
        /// How long that took, machine's time.
        took: Duration,
        /// How far the time came.
        now: UnixMillis,
        /// Where it was to go.
        to: UnixMillis,
    },
    /// The world was deleted or replaced.
    #[error("the world was closed meanwhile, when its time had come to {0}")]
    Closed(UnixMillis),
}

impl World {
    /// Moves the time forward; tells the new time. Dropped half way, it stops there. Nobody may move the same world's time
    /// meanwhile but the machine's clock: a second advance waits for its turn.
    pub(crate) async fn advance(&self, target: Target) -> Result<UnixMillis, AdvanceError> {
        self.advance_within(target, BOUNDS).await
    }

    async fn advance_within(&self, target: Target, bounds: Bounds) -> Result<UnixMillis, AdvanceError> {
        let turn = tokio::time::timeout(bounds.longest, self.advancing.lock()).await;
        let _turn = turn.map_err(|_| AdvanceError::Busy(bounds.longest, self.now()))?;
        let mut slices = Slices::begin();
        let now = self.now();
        let to = match target {
            Target::By(duration) => now + duration,
            Target::To(to) if to < now => return Err(AdvanceError::Past { to, now }),
            Target::To(to) | Target::AtLeast(to) => to,
        };
        if to > UnixMillis::LAST {
            return Err(AdvanceError::Beyond { to });
        }
        let mut ran = 0;
        while let Some(at) = self.look(Service::next_deadline).filter(|at| *at <= to) {
            if ran >= bounds.deadlines || slices.elapsed() >= bounds.longest {
                return Err(AdvanceError::TooMuch { ran, took: slices.elapsed(), now: self.now(), to });
            }
            self.move_to(at);
            ran += self.with(|service, now| service.on_deadline(now)) as u64;
            slices.breathe().await;
            if self.is_removed() {
                return Err(AdvanceError::Closed(self.now()));
            }
        }
        self.move_to(to);
        self.settle();
        Ok(self.now())
    }
}

#[cfg(test)]
mod tests {
    use std::{cell::RefCell, rc::Rc};

    use service::{Endpoints, HttpId, HttpRequest, Input, WorldSetup, signature_of};
    use tokio::runtime::{Builder, LocalOptions};

    use super::*;
    use crate::{clock::WorldClock, config::Clock, timer::Timer};

    const START: i64 = 1_767_225_600_000;
    const HOUR: Duration = Duration::from_secs(3600);

    /// A world on a clock moved by hand, with so many rooms that are kept and looked after every hour.
    fn world(rooms: usize) -> Rc<World> {
        let names: serde_json::Map<_, _> =
            (0..rooms).map(|n| (format!("r{n}"), serde_json::json!({}))).collect();
        let setup = serde_json::json!({"chatrooms": names, "switches": {"chatroomKeepAlive": true}});
        let setup: WorldSetup = serde_json::from_value(setup).unwrap();
        let at = UnixMillis(START);
        let mut service = Service::new("app", &setup, 1, Endpoints::default(), at).unwrap();
        for room in names.keys() {
            let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
            let request = HttpRequest {
                method: "POST".to_owned(),
                path: "/chatroom/keepalive/add.json".to_owned(),
                headers: vec![
                    header("app-key", "app"),
                    header("nonce", "1"),
                    header("timestamp", "1"),
                    header("signature", &signature_of("mock-secret", "1", "1")),
                ],
                body: format!("chatroomId={room}").into(),
                ..HttpRequest::default()
            };
            service.handle(at, Input::Http { id: HttpId(1), request: Box::new(request) });
        }
        let scratch = Rc::new(RefCell::new(vec![0; 1024].into_boxed_slice()));
        Rc::new(World::new(
            service,
            WorldClock::new(Clock::Manual(at), None),
            None,
            1024,
            crate::meter::Meter::new(crate::Bounds::default()),
            scratch,
            Rc::new(Timer::default()),
        ))
    }

    fn run<F: Future>(future: F) -> F::Output {
        Builder::new_current_thread()
            .enable_all()
            .build_local(LocalOptions::default())
            .unwrap()
            .block_on(future)
    }

    #[test]
    fn every_deadline_runs_at_its_own_time() {
        run(async {
            let world = world(2);
            assert_eq!(world.advance(Target::By(HOUR * 10)).await, Ok(UnixMillis(START) + HOUR * 10));
            let next = world.look(Service::next_deadline);
            assert_eq!(next, Some(UnixMillis(START) + HOUR * 11));
            let earlier = UnixMillis(START);
            assert_eq!(world.advance(Target::AtLeast(earlier)).await, Ok(UnixMillis(START) + HOUR * 10));
            let past = AdvanceError::Past { to: earlier, now: UnixMillis(START) + HOUR * 10 };
            assert_eq!(world.advance(Target::To(earlier)).await, Err(past));
        });
    }

    #[test]
    fn too_much_stops_where_it_is_and_says_where_that_is() {
        run(async {
            let world = world(20);
            let to = UnixMillis::LAST;
            let bounds = Bounds { deadlines: 1000, ..BOUNDS };
            let error = world.advance_within(Target::To(to), bounds).await.unwrap_err();
            let AdvanceError::TooMuch { ran, now, .. } = error else { panic!("{error}") };
            assert_eq!((ran, now), (1000, UnixMillis(START) + HOUR * 50));
            assert_eq!(world.now(), now);
            let bounds = Bounds { longest: Duration::from_millis(20), ..BOUNDS };
            let error = world.advance_within(Target::To(to), bounds).await.unwrap_err();
            assert!(matches!(error, AdvanceError::TooMuch { .. }), "{error}");
            let beyond = Target::By(HOUR * 24 * 366 * 100);
            assert!(matches!(world.advance(beyond).await, Err(AdvanceError::Beyond { .. })));
        });
    }

    #[test]
    fn a_second_advance_begins_where_the_first_has_ended() {
        run(async {
            let world = world(20);
            // More than one slice each: the others have many turns in between.
            let (a, b) =
                tokio::join!(world.advance(Target::By(HOUR * 1000)), world.advance(Target::By(HOUR * 1000)));
            assert_eq!(a, Ok(UnixMillis(START) + HOUR * 1000));
            assert_eq!(b, Ok(UnixMillis(START) + HOUR * 2000));
        });
    }

    #[test]
    fn one_that_waits_too_long_for_another_is_refused() {
        run(async {
            let world = world(20);
            let bounds = Bounds { longest: Duration::from_millis(5), ..BOUNDS };
            let endless = world.advance(Target::To(UnixMillis::LAST));
            tokio::select! {
                biased;
                _ = endless => panic!("that much is not done so fast"),
                second = async {
                    tokio::task::yield_now().await;
                    world.advance_within(Target::By(HOUR), bounds).await
                } => assert!(matches!(second, Err(AdvanceError::Busy(..))), "{second:?}"),
            }
            // The first one went away: its turn is free.
            let now = world.now();
            assert_eq!(world.advance(Target::By(HOUR)).await, Ok(now + HOUR));
        });
    }

    #[test]
    fn a_world_that_is_closed_moves_no_further() {
        run(async {
            let world = world(20);
            let (advanced, ()) = tokio::join!(world.advance(Target::To(UnixMillis::LAST)), async {
                tokio::task::yield_now().await;
                world.remove();
            });
            assert!(matches!(advanced, Err(AdvanceError::Closed(_))), "{advanced:?}");
        });
    }
}
