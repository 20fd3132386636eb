//! What can be done to a world: the vocabulary of recordings.

use crate::{
    core::io::{ConnId, Endpoints, Input},
    doors::operator::act::Act,
};

/// Something that was done to a world. Together with its set-up, its seed and its first endpoints, all that was done to it at
/// which times makes everything that it ever said ([`Service::again`](crate::Service::again)).
#[derive(Debug, Clone)]
pub enum Taken {
    /// An input was taken.
    Input(Input),
    /// What was due by then was run, a bounded number of it.
    Due,
    /// Some messages of an act, or the whole of it, were carried out, or refused.
    Act {
        /// The act.
        act: Box<Act>,
        /// Messages of it that were there before.
        done: u32,
        /// How many more there were to be, at most.
        most: u32,
    },
    /// An act was given up.
    GivenUp {
        /// The act.
        act: Box<Act>,
        /// Messages of it that are there.
        done: u32,
    },
    /// A token was issued by whoever runs the world.
    Token {
        /// For whom.
        user: String,
    },
    /// A fault was disarmed.
    Disarm {
        /// Its id.
        fault: u64,
    },
    /// The server is found elsewhere.
    Endpoints(Endpoints),
    /// The shell saw something below the frames.
    Note {
        /// Of which connection.
        conn: ConnId,
        /// What.
        text: String,
    },
}
