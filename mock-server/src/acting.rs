//! Server-side acts from outside: those that publish many messages in slices that let others in.

use serde_json::Value;
use service::{ActError, Progress, act::Act};

use crate::{
    slices::{PIECE, Slices},
    world::World,
};

/// An act under way; dropped before its end, the journal tells how much of it was done.
struct Acting<'a> {
    world: &'a World,
    act: &'a Act,
    progress: Progress,
    ended: bool,
}

impl Drop for Acting<'_> {
    fn drop(&mut self) {
        if !self.ended {
            self.world.with(|service, now| service.act_given_up(now, self.act, &self.progress));
        }
    }
}

impl World {
    /// Carries out an act; a caller that goes away stops it where it is. `None`: the world was deleted or replaced
    /// meanwhile.
    pub(crate) async fn act(&self, act: &Act) -> Option<Result<Value, ActError>> {
        let mut acting = Acting { world: self, act, progress: Progress::default(), ended: false };
        let mut slices = Slices::begin();
        loop {
            let progress = &mut acting.progress;
            let outcome = self.with(|service, now| service.act_piece(now, act, progress, PIECE));
            if let Some(outcome) = outcome.transpose() {
                // What an error leaves behind is told as what was given up is.
                acting.ended = outcome.is_ok();
                return Some(outcome);
            }
            slices.breathe().await;
            if self.is_removed() {
                return None;
            }
        }
    }
}
