//! TLS on the one port: every kind of client inside it, and plain ones beside it.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod support;

use std::{
    io::{Read, Write},
    net::TcpStream,
    sync::Arc,
};

use bytes::BytesMut;
use mock_server::{Config, Server, Tls};
use rustls::{
    ClientConfig, ClientConnection, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
    StreamOwned,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject};
use support::{APP, connect, native_bytes, socket};
use tokio_tungstenite::tungstenite;
use wire::{ClientFrame, ServerFrame};

/// Clients under test are told to trust a self-signed certificate; so is this one.
#[derive(Debug)]
struct TrustAnybody;

impl ServerCertVerifier for TrustAnybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        rustls::crypto::ring::default_provider().signature_verification_algorithms.supported_schemes()
    }
}

fn server() -> Server {
    Server::start(Config { tls: Some(Tls::SelfSigned), ..Config::default() }).unwrap()
}

fn secure(server: &Server) -> StreamOwned<ClientConnection, TcpStream> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(TrustAnybody))
        .with_no_client_auth();
    let name = ServerName::try_from("localhost").unwrap();
    StreamOwned::new(ClientConnection::new(Arc::new(config), name).unwrap(), socket(server))
}

#[test]
fn the_addresses_say_https() {
    let server = server();
    assert!(server.addresses().navi.starts_with("https://127.0.0.1:"));
    assert!(!server.addresses().websocket.contains("://"));
}

#[test]
fn navi_names_a_secure_address() {
    let server = server();
    let mut stream = secure(&server);
    let head =
        format!("POST /v2/navi.json HTTP/1.1\r\nHost: h\r\nRC-Appkey: {APP}\r\nContent-Length: 0\r\n\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    let mut text = String::new();
    let mut bytes = [0; 4096];
    while !text.contains("\"protocol\":6") {
        let read = stream.read(&mut bytes).unwrap();
        assert!(read > 0, "{text}");
        text += &String::from_utf8_lossy(&bytes[..read]);
    }
}

#[test]
fn a_websocket_client_logs_in() {
    let server = server();
    let url = format!("ws://{}/websocket?appId={APP}&token=test:u1", server.addresses().websocket);
    let (mut web, _) = tungstenite::client(url, secure(&server)).unwrap();
    let frame = wire::websocket::decode_server(web.read().unwrap().into_data(), false).unwrap();
    support::assert_accepted(&frame, "u1");
    web.send(tungstenite::Message::Binary(vec![0xC0].into())).unwrap();
    assert_eq!(web.read().unwrap().into_data()[..], [0xD0]);
}

#[test]
fn a_native_client_logs_in() {
    let server = server();
    let mut stream = secure(&server);
    stream.write_all(&native_bytes(&ClientFrame::Connect(connect("test:u1")))).unwrap();
    stream.write_all(&native_bytes(&ClientFrame::Ping)).unwrap();
    let mut buffer = BytesMut::new();
    let mut next = || loop {
        if let Some(frame) = wire::native::decode_server(&mut buffer, 1 << 20).unwrap() {
            return frame;
        }
        let mut bytes = [0; 4096];
        let read = stream.read(&mut bytes).unwrap();
        assert!(read > 0);
        buffer.extend_from_slice(&bytes[..read]);
    };
    support::assert_accepted(&next(), "u1");
    assert_eq!(next(), ServerFrame::Pong);
}

#[test]
fn plain_connections_are_served_beside_it() {
    let server = server();
    assert_eq!(support::http(&server, "GET", "/control/v1/", &[], "").status, 200);
    support::Native::login(&server, "u1").ping();
}

/// A client that trusts nobody but whom the file names.
fn trusting(server: &Server, pem: &std::path::Path, name: &str) -> StreamOwned<ClientConnection, TcpStream> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(pem).unwrap() {
        roots.add(certificate.unwrap()).unwrap();
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from(name.to_owned()).unwrap();
    StreamOwned::new(ClientConnection::new(Arc::new(config), name).unwrap(), socket(server))
}

/// The status line of a request, or why there is none.
fn status(mut stream: StreamOwned<ClientConnection, TcpStream>) -> std::io::Result<String> {
    stream.write_all(b"GET /ping HTTP/1.1\r\nHost: localhost\r\n\r\n")?;
    let mut answer = [0; 15];
    stream.read_exact(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

#[test]
fn a_client_that_trusts_the_written_certificate_alone_connects_by_every_name() {
    let folder = tempfile::tempdir().unwrap();
    let pem = folder.path().join("trust.pem");
    let config = Config {
        tls: Some(Tls::SelfSigned),
        tls_cert_out: Some(pem.clone()),
        advertise: Some("mock.example:8443".parse().unwrap()),
        allow_hosts: vec!["other.example".parse().unwrap()],
        ..Config::default()
    };
    let server = Server::start(config).unwrap();
    assert!(!std::fs::read_to_string(&pem).unwrap().contains("PRIVATE"));
    for name in ["localhost", "127.0.0.1", "::1", "mock.example", "other.example"] {
        assert_eq!(status(trusting(&server, &pem, name)).unwrap(), "HTTP/1.1 200 OK", "{name}");
    }
    assert!(status(trusting(&server, &pem, "evil.example")).is_err());
    // Another server's certificate is not trusted by this file.
    let other = self::server();
    assert!(status(trusting(&other, &pem, "localhost")).is_err());
}

#[test]
fn a_given_certificate_is_written_without_its_key() {
    let folder = tempfile::tempdir().unwrap();
    let [pem, out] = ["both.pem", "out.pem"].map(|name| folder.path().join(name));
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    std::fs::write(&pem, made.signing_key.serialize_pem() + &made.cert.pem()).unwrap();
    let tls = Tls::Files { cert: pem.clone(), key: pem.clone() };
    let config = Config { tls: Some(tls), tls_cert_out: Some(out.clone()), ..Config::default() };
    let server = Server::start(config).unwrap();
    assert!(!std::fs::read_to_string(&out).unwrap().contains("PRIVATE"));
    assert_eq!(status(trusting(&server, &out, "localhost")).unwrap(), "HTTP/1.1 200 OK");
}

#[test]
fn a_plain_request_beside_tls_is_told_plain_addresses() {
    let server = server();
    let answer = support::http(&server, "POST", "/v2/navi.json", &[&format!("RC-Appkey: {APP}")], "token=t");
    assert_eq!(answer.json()["serverAddr"][0]["protocol"], 5);
}

#[test]
fn a_missing_certificate_is_told() {
    let tls = Tls::Files { cert: "/no/such/cert.pem".into(), key: "/no/such/key.pem".into() };
    let error = Server::start(Config { tls: Some(tls), ..Config::default() }).unwrap_err();
    assert!(error.to_string().contains("/no/such/cert.pem"), "{error}");
}
