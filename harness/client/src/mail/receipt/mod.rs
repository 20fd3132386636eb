//! Read receipts: of private chats (PRR), and of groups by request and response (GRR).

mod group;
mod private;

pub(crate) use group::{REQUEST, RESPONSE};
pub(crate) use private::PRIVATE;
