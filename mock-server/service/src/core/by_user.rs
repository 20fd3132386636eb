//! What a topic keeps of users.

use std::ops::{Index, IndexMut};

use crate::core::account::UserIx;

/// One of it a user; who has never been written about has the default.
#[derive(Debug, Clone, Default)]
pub(crate) struct ByUser<T> {
    of: Vec<T>,
    blank: T,
}

impl<T: Default> ByUser<T> {
    /// Everything about users from that one on is forgotten.
    pub(crate) fn forget_from(&mut self, user: UserIx) {
        self.of.truncate(user);
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.of.iter_mut()
    }
}

impl<T> Index<UserIx> for ByUser<T> {
    type Output = T;
    fn index(&self, user: UserIx) -> &T {
        self.of.get(user).unwrap_or(&self.blank)
    }
}

impl<T: Default> IndexMut<UserIx> for ByUser<T> {
    fn index_mut(&mut self, user: UserIx) -> &mut T {
        if self.of.len() <= user {
            self.of.resize_with(user + 1, T::default);
        }
        &mut self.of[user]
    }
}
