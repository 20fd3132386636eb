//! TLS for `--tls`: a given certificate, or one made when it is needed, and the file that tells clients whom to trust.

use std::{path::Path, sync::Arc, time::Duration};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rustls::ServerConfig;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, pem::PemObject};
use tokio_rustls::TlsAcceptor;

use crate::{
    clock,
    config::{Config, Tls},
    server::StartError,
};

/// How long a certificate of our own is good for. Phones take none that is good for more than 825 days.
const LIFE: Duration = Duration::from_secs(365 * 24 * 3600);
/// Clocks of phones and machines differ: it begins a day ago.
const EARLIER: Duration = Duration::from_secs(24 * 3600);

/// Why there is no TLS.
#[derive(Debug, thiserror::Error)]
enum TlsError {
    #[error("{path}: {reason}")]
    File { path: String, reason: String },
    #[error("the certificate and key do not fit: {0}")]
    Pair(#[from] rustls::Error),
    #[error("no certificate of our own could be made: {0}")]
    SelfSigned(#[from] rcgen::Error),
}

/// What a server shows, and what a client is to trust.
struct Identity {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
    /// Certificates in PEM, never a key.
    trust: String,
}

/// Gets TLS ready, if the configuration wants it, and writes the certificate where it says.
///
/// # Errors
/// What is wrong with the files or the certificate.
pub fn prepare(config: &Config) -> Result<Option<TlsAcceptor>, StartError> {
    let out =
        |path: &Path, reason: String| StartError::CertificateOut { path: path.display().to_string(), reason };
    let Some(tls) = &config.tls else {
        return match &config.tls_cert_out {
            Some(path) => Err(out(path, "there is no certificate without --tls".to_owned())),
            None => Ok(None),
        };
    };
    let wrong = |error: TlsError| StartError::Tls(error.to_string());
    let identity = identity(config, tls).map_err(wrong)?;
    let trust = identity.trust.clone();
    let acceptor = acceptor(identity).map_err(wrong)?;
    if let Some(path) = &config.tls_cert_out {
        std::fs::write(path, trust).map_err(|error| out(path, error.to_string()))?;
    }
    Ok(Some(acceptor))
}

fn acceptor(identity: Identity) -> Result<TlsAcceptor, TlsError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(identity.chain, identity.key)?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

fn identity(config: &Config, tls: &Tls) -> Result<Identity, TlsError> {
    match tls {
        Tls::SelfSigned => own(names(config)),
        Tls::Files { cert, key } => {
            Ok(Identity { chain: chain(cert)?, key: private_key(key)?, trust: certificates(cert)? })
        }
    }
}

/// Whom a certificate of our own is for.
fn names(config: &Config) -> Vec<String> {
    let mut names = ["localhost", "127.0.0.1", "::1"].map(str::to_owned).to_vec();
    let listen = config.listen.ip();
    let further = (!listen.is_unspecified()).then(|| listen.to_string());
    let further = further.into_iter().chain(config.advertise.as_ref().map(|said| said.host()));
    for name in further.chain(config.allow_hosts.iter().map(|host| host.host())) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// A certificate authority for this one start and a certificate of its making: phones import authorities only. Its key is
/// gone when this returns, so that nobody can make others.
fn own(names: Vec<String>) -> Result<Identity, TlsError> {
    let epoch = rcgen::date_time_ymd(1970, 1, 1);
    let now = epoch + Duration::from_millis(u64::try_from(clock::wall().0).unwrap_or_default());
    let named = |mut params: CertificateParams, name: &str| {
        params.not_before = now - EARLIER;
        params.not_after = now + LIFE;
        params.distinguished_name.remove(DnType::CommonName);
        params.distinguished_name.push(DnType::CommonName, name);
        params
    };
    let mut authority = named(CertificateParams::default(), "mock-server, made at its start");
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let authority_key = KeyPair::generate()?;
    let authority_cert = authority.self_signed(&authority_key)?;
    let issuer = Issuer::new(authority, authority_key);

    let mut leaf = named(CertificateParams::new(names)?, "mock-server");
    leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    leaf.use_authority_key_identifier_extension = true;
    let key = KeyPair::generate()?;
    let cert = leaf.signed_by(&key, &issuer)?;
    Ok(Identity {
        chain: vec![cert.der().clone(), authority_cert.der().clone()],
        key: PrivatePkcs8KeyDer::from(key.serialize_der()).into(),
        trust: authority_cert.pem(),
    })
}

fn chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let certificates = CertificateDer::pem_file_iter(path).map_err(|error| file(path, &error))?;
    certificates.collect::<Result<Vec<_>, _>>().map_err(|error| file(path, &error))
}

/// The certificates of a file as they stand there; whatever else it holds, a key perhaps, is left out.
fn certificates(path: &Path) -> Result<String, TlsError> {
    let text = std::fs::read_to_string(path).map_err(|error| file(path, &error))?;
    Ok(only_certificates(&text))
}

fn only_certificates(text: &str) -> String {
    let mut inside = false;
    let mut kept = String::new();
    for line in text.lines().map(str::trim) {
        inside |= line == "-----BEGIN CERTIFICATE-----";
        if inside {
            kept.push_str(line);
            kept.push('\n');
        }
        inside &= line != "-----END CERTIFICATE-----";
    }
    kept
}

fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, TlsError> {
    PrivateKeyDer::from_pem_file(path).map_err(|error| file(path, &error))
}

fn file(path: &Path, error: &dyn std::fmt::Display) -> TlsError {
    TlsError::File { path: path.display().to_string(), reason: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_beside_a_certificate_stays_where_it_is() {
        let text = "x\n-----BEGIN PRIVATE KEY-----\nsecret\n-----END PRIVATE KEY-----\n-----BEGIN CERTIFICATE-----\nAA\n\
                    -----END CERTIFICATE-----\ny\n";
        assert_eq!(only_certificates(text), "-----BEGIN CERTIFICATE-----\nAA\n-----END CERTIFICATE-----\n");
    }

    #[test]
    fn a_certificate_of_our_own_names_every_host_once() {
        let config = Config {
            listen: "192.168.1.5:0".parse().unwrap(),
            advertise: Some("mock.example:1".parse().unwrap()),
            allow_hosts: vec!["a.example".parse().unwrap(), "localhost".parse().unwrap()],
            ..Config::default()
        };
        let expected = ["localhost", "127.0.0.1", "::1", "192.168.1.5", "mock.example", "a.example"];
        assert_eq!(names(&config), expected);
    }
}
