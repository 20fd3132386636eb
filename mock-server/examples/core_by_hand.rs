//! The service without any shell: inputs in, outputs out, time as an argument.
//!
//! `cargo run -p mock-server --example core_by_hand`

use service::{ConnId, Endpoints, Input, Login, Output, Service, setup::WorldSetup};
use wire::ClientFrame;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let setup = WorldSetup::default();
    let mut now = setup.start();
    let mut service =
        Service::new("my-app", &setup, 1, Endpoints::default(), now).map_err(|all| all.join("; "))?;
    let conn = ConnId(1);
    let token = service.issue_token(now, "alice");
    let login = Login { token, platform: "Android".into(), ..Login::default() };
    service.handle(now, Input::Open { conn, login: Box::new(login) });
    service.handle(now, Input::Frame { conn, frame: ClientFrame::Ping });
    while let Some(output) = service.poll_output() {
        if let Output::Send { conn, frame } = output {
            println!("to connection {}: {frame:?}", conn.0);
        }
    }
    while let Some(at) = service.next_deadline() {
        now = now.max(at);
        service.on_deadline(now);
    }
    println!("the journal has {} entries", service.journal().last());
    Ok(())
}
