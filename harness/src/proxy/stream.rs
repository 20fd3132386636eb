//! The way to a service, plain or with TLS.

pub(super) use mock_server::shell::Io as Stream;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::{CertificateDer, ServerName, pem::PemObject};
use tokio::{net::TcpStream, time::timeout};
use tokio_rustls::TlsConnector;

use super::place::Place;

/// How long a server may take to accept, and again to shake hands.
const CONNECT: Duration = Duration::from_secs(10);

/// Connects to services.
#[derive(Clone)]
pub(super) struct Connector {
    tls: TlsConnector,
}

impl Connector {
    /// One that trusts the authorities that browsers trust, and those of `more`, files in PEM.
    ///
    /// # Errors
    /// A file cannot be read, or holds no certificate: a sentence.
    pub(super) fn new(more: &[PathBuf]) -> Result<Self, String> {
        let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        for path in more {
            add(&mut roots, path).map_err(|why| format!("--upstream-ca {}: {why}", path.display()))?;
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self { tls: TlsConnector::from(Arc::new(config)) })
    }

    /// Connects to the first of `places` that takes it; the others are told of on the way.
    ///
    /// # Errors
    /// None does: a sentence that names each with its reason.
    pub(super) async fn connect(&self, places: &[Place]) -> Result<(Stream, Place), String> {
        let mut failed = Vec::new();
        for place in places {
            match self.connect_to(place).await {
                Ok(stream) => return Ok((stream, place.clone())),
                Err(why) => failed.push(format!("{place}: {why}")),
            }
        }
        Err(failed.join("; "))
    }

    async fn connect_to(&self, place: &Place) -> Result<Stream, String> {
        let late = |_| format!("nothing within {} s", CONNECT.as_secs());
        let connected = timeout(CONNECT, TcpStream::connect((place.host.as_str(), place.port))).await;
        let stream = connected.map_err(late)?.map_err(|error| error.to_string())?;
        // Frames are small and answered one by one: never wait to fill a segment.
        let _ = stream.set_nodelay(true);
        if !place.tls {
            return Ok(Stream::Plain(stream));
        }
        let name = ServerName::try_from(place.host.clone()).map_err(|error| error.to_string())?;
        let shaken = timeout(CONNECT, self.tls.connect(name, stream)).await;
        let stream = shaken.map_err(late)?.map_err(|error| {
            format!("{error}; a certificate of your own authority is trusted by --upstream-ca FILE")
        })?;
        Ok(Stream::Tls(Box::new(stream.into())))
    }
}

fn add(roots: &mut RootCertStore, path: &Path) -> Result<(), String> {
    let certificates = CertificateDer::pem_file_iter(path).map_err(|error| error.to_string())?;
    let mut some = false;
    for certificate in certificates {
        roots.add(certificate.map_err(|error| error.to_string())?).map_err(|error| error.to_string())?;
        some = true;
    }
    if some { Ok(()) } else { Err("it holds no certificate (PEM)".to_owned()) }
}
