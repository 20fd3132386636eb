//! A Server API request over a real socket.

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;
use service::{HttpRequest, HttpResponse};

use crate::runner::Fault;

/// How long the server may take.
const LIMIT: std::time::Duration = std::time::Duration::from_secs(10);

/// Sends a request to `base` (`http://host:port`) and waits for its answer.
pub(super) fn request(base: &str, request: HttpRequest) -> Result<HttpResponse, Fault> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Fault(format!("no runtime for a request: {error}")))?;
    let address = base.trim_start_matches("http://").to_owned();
    let answer = runtime.block_on(async { tokio::time::timeout(LIMIT, exchange(&address, request)).await });
    match answer {
        Ok(answer) => answer.map_err(|error| Fault(format!("Server API request to {address}: {error}"))),
        Err(_) => Err(Fault(format!(
            "the service gave no answer to a Server API request within {} s",
            LIMIT.as_secs()
        ))),
    }
}

type Error = Box<dyn std::error::Error + Send + Sync>;

async fn exchange(address: &str, request: HttpRequest) -> Result<HttpResponse, Error> {
    let stream = tokio::net::TcpStream::connect(address).await?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let connection = tokio::spawn(connection);
    let query = if request.query.is_empty() { String::new() } else { format!("?{}", request.query) };
    let mut head =
        hyper::Request::builder().method(request.method.as_str()).uri(format!("{}{query}", request.path));
    head = head.header("host", address).header("connection", "close");
    for (name, value) in &request.headers {
        head = head.header(name.as_str(), value.as_str());
    }
    let response = sender.send_request(head.body(Full::<Bytes>::new(request.body))?).await?;
    let status = response.status().as_u16();
    let body = response.into_body().collect().await?.to_bytes();
    drop(sender);
    connection.abort();
    Ok(HttpResponse { status, headers: Vec::new(), content_type: "", body })
}
