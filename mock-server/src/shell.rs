//! What a shell of another kind, the harness's proxy, does as this one: how it listens, which certificate it shows, where the files of
//! recordings are, whose a request is, a socket with TLS or without.

pub use crate::{
    bounds::size,
    http_service::{app_key, file_owner},
    io::Io,
    listen::parse as listen,
    recordings::{claim, path_of, private, set_aside},
    tls::prepare as tls,
};
