//! Read receipts: of private chats (PRR), and of groups by request and response (GRR).

pub(crate) mod group;
pub(crate) mod private;

pub(crate) use group::{REQUEST, RESPONSE};
pub(crate) use private::PRIVATE;
