//! The dial address: HTTP for pages, and the upgrade of adapters.

use std::{convert::Infallible, net::SocketAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use http_body_util::Full;
use hyper::{
    Method, Request, Response, StatusCode, body::Incoming as Body, header, server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{handshake::derive_accept_key, protocol::Role},
};

use super::{
    exchange::{Let, Shared},
    files, link,
    seats::Shown,
};

/// Where adapters dial in.
pub(super) const PATH: &str = "/adapter";
/// Connections at a time.
const MOST: usize = 256;
/// How long a request's head may take.
const HEAD: Duration = Duration::from_secs(10);
/// Longest host that is believed, bytes.
const HOST: usize = 255;

type Answer = Response<Full<Bytes>>;

/// Serves everybody who comes, for as long as the runtime runs.
pub(super) async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let room = Arc::new(Semaphore::new(MOST));
    loop {
        // It is never closed.
        let Ok(permit) = Arc::clone(&room).acquire_owned().await else { return };
        match listener.accept().await {
            Ok((stream, peer)) => {
                let shared = Arc::clone(&shared);
                tokio::spawn(connection(stream, peer, shared, permit));
            }
            // Too many open files, or a peer that left at once: the next one may do better.
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}

async fn connection(stream: TcpStream, peer: SocketAddr, shared: Arc<Shared>, permit: OwnedSemaphorePermit) {
    // Small frames must not wait for each other; a socket that cannot is only slower.
    let _ = stream.set_nodelay(true);
    let permit = Arc::new(permit);
    let answer = |request| {
        let (shared, permit) = (Arc::clone(&shared), Arc::clone(&permit));
        async move { Ok::<_, Infallible>(answer(request, peer, shared, permit)) }
    };
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD).max_buf_size(64 * 1024);
    // A connection that breaks is nobody's trouble but the peer's.
    let _ = http.serve_connection(TokioIo::new(stream), service_fn(answer)).with_upgrades().await;
}

fn answer(
    request: Request<Body>,
    peer: SocketAddr,
    shared: Arc<Shared>,
    permit: Arc<OwnedSemaphorePermit>,
) -> Answer {
    if request.uri().path() == PATH {
        return upgrade(request, peer, shared, permit);
    }
    if request.method() != Method::GET && request.method() != Method::HEAD {
        return text(StatusCode::METHOD_NOT_ALLOWED, "files are read with GET\n");
    }
    match files::find(shared.mounts(), request.uri().path()) {
        Some((bytes, media)) => {
            let mut response = Response::new(Full::new(Bytes::from(bytes)));
            response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static(media));
            // A bundle that was built anew is read anew.
            response
                .headers_mut()
                .insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
            // The address holds a token.
            response
                .headers_mut()
                .insert(header::REFERRER_POLICY, header::HeaderValue::from_static("no-referrer"));
            response
        }
        None => text(
            StatusCode::NOT_FOUND,
            "nothing is served here; adapters dial in at /adapter, pages begin at /\n",
        ),
    }
}

fn text(status: StatusCode, text: &'static str) -> Answer {
    let mut response = Response::new(Full::new(Bytes::from_static(text.as_bytes())));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, header::HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}

/// Every WebSocket is opened: only so can a page or a phone be told why it is not let in.
fn upgrade(
    mut request: Request<Body>,
    peer: SocketAddr,
    shared: Arc<Shared>,
    permit: Arc<OwnedSemaphorePermit>,
) -> Answer {
    let named = |name: header::HeaderName| request.headers().get(name).and_then(|value| value.to_str().ok());
    let wants = named(header::UPGRADE).is_some_and(|upgrade| upgrade.eq_ignore_ascii_case("websocket"));
    let key = named(header::SEC_WEBSOCKET_KEY).map(|key| derive_accept_key(key.as_bytes()));
    let (true, Some(key), Some("13")) = (wants, key, named(header::SEC_WEBSOCKET_VERSION)) else {
        return text(StatusCode::UPGRADE_REQUIRED, "adapters dial in here over WebSocket (RFC 6455)\n");
    };
    let host = named(header::HOST).filter(|host| host.len() <= HOST).and_then(host_of);
    let host = host.unwrap_or_else(|| peer.ip().to_string());
    let shown = Shown::read(request.uri().query().unwrap_or_default());
    let upgraded = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        let _permit = permit;
        // It left meanwhile: it has used nothing.
        let Ok(upgraded) = upgraded.await else { return };
        let socket =
            WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, Some(link::config()))
                .await;
        match shared.admit(shown, &host).await {
            Let::Refused(why) => link::refuse(socket, why).await,
            Let::In { session, from, welcome } => link::serve(socket, session, from, welcome).await,
        }
    });
    let mut response = Response::new(Full::new(Bytes::new()));
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(header::CONNECTION, header::HeaderValue::from_static("Upgrade"));
    headers.insert(header::UPGRADE, header::HeaderValue::from_static("websocket"));
    if let Ok(key) = header::HeaderValue::from_str(&key) {
        headers.insert(header::SEC_WEBSOCKET_ACCEPT, key);
    }
    response
}

/// The host of a `Host` header, without its port; `None`: it is none.
fn host_of(text: &str) -> Option<String> {
    let url = url::Url::parse(&format!("http://{text}/")).ok()?;
    url.host_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::host_of;

    #[test]
    fn a_host_is_told_without_its_port() {
        for (text, host) in [
            ("192.168.1.5:7700", Some("192.168.1.5")),
            ("[fe80::1]:7700", Some("[fe80::1]")),
            ("lab.local", Some("lab.local")),
            ("a b", None),
        ] {
            assert_eq!(host_of(text).as_deref(), host, "{text}");
        }
    }
}
