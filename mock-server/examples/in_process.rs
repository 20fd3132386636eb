//! A server inside of this program: a token, a line of its state, an hour that passes at once.
//!
//! `cargo run -p mock-server --example in_process`

use std::{error::Error, time::Duration};

use mock_server::{Config, DEFAULT_APP_KEY, Server};

fn main() -> Result<(), Box<dyn Error>> {
    let server = Server::start(Config::default())?;
    println!("navi: {}", server.addresses().navi);
    let token = server.with_world(DEFAULT_APP_KEY, |service, now| service.issue_token(now, "alice"))?;
    println!("token of alice: {token}");
    let start = server.now(DEFAULT_APP_KEY)?;
    let later = server.advance_to(DEFAULT_APP_KEY, start + Duration::from_secs(3600))?;
    println!("an hour later: {} ms", later.since(start).as_millis());
    let users = server.with_world(DEFAULT_APP_KEY, |service, _| service.state("users", None))?;
    println!("users: {}", users.unwrap_or_default());
    server.shutdown();
    Ok(())
}
