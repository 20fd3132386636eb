//! The world that a load runs in, made over the control API.

use std::net::SocketAddr;

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::LoadError;

/// A world without a limit on sending, whose users may be in several rooms.
pub(crate) fn world() -> Value {
    json!({"limits": {"sendPerSecond": 0}, "switches": {"chatroomMultiJoin": true}})
}

/// Makes the world anew.
pub(crate) async fn put_world(address: SocketAddr, app_key: &str, world: &Value) -> Result<(), LoadError> {
    let body = world.to_string();
    let request = format!(
        "PUT /control/v1/apps/{app_key} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\
        Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    let answer = String::from_utf8_lossy(&answer);
    if answer.starts_with("HTTP/1.1 20") {
        return Ok(());
    }
    let line = answer.lines().next().unwrap_or("no answer");
    Err(LoadError::Server(format!("the server makes no world for the load: {line}")))
}
