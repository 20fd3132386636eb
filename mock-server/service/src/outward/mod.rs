//! What leaves a world for the app: callbacks to its server, copies of messages, devices' comings and goings, pushes to
//! those who are away.

pub(crate) mod callback;
pub(crate) mod device_status;
pub(crate) mod message_copies;
pub(crate) mod push;
pub(crate) mod push_decision;
