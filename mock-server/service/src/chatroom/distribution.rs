//! A room whose messages are spread no longer, until the app's server says so (`stopDistribution`,
//! `resumeDistribution`).
//!
//! Clients are told that their messages were sent. What is said meanwhile reaches nobody, later either (assumed: the
//! documentation tells only that it is not spread).

use crate::world::Service;

impl Service {
    /// Whether what is said in the room reaches anybody; `false` if there is no such room.
    pub(crate) fn set_spreading(&mut self, id: &str, spreads: bool) -> bool {
        let room = self.rooms.get_mut(id);
        room.map(|room| room.is_stopped = !spreads).is_some()
    }
}
