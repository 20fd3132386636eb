//! `harness proxy`: records a client's session with any server.

use std::{io::Write, net::SocketAddr, path::PathBuf, thread, time::Duration};

use clap::Args;
use mock_server::{Authority, shell};
use serde::Serialize;

use super::{Stop, exit};
use crate::{
    proxy::{Config, Proxy, StartError, place::Place},
    runner::Interrupt,
};

/// How often the end is looked for.
const LOOK: Duration = Duration::from_millis(100);

/// Arguments of `harness proxy`.
#[derive(Debug, Args)]
pub(super) struct ProxyArgs {
    /// The service's navigation address, `https://nav.example` or `http://127.0.0.1:8090`: where clients would begin without the
    /// proxy. Where it then sends them to is found out from its answers.
    #[arg(long, value_name = "URL", value_parser = upstream)]
    upstream: Place,
    /// The folder that recordings are written into, a file an App Key (`KEY.jsonl`), as it passes. `harness show` reads them. A recording
    /// that is there already gets a number.
    #[arg(long, value_name = "DIR")]
    record: PathBuf,
    /// Address and port to serve on; port 0 takes a free one. `8090`, `:8090` and `localhost:8090` are this machine alone,
    /// `0.0.0.0:8090` is every interface.
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:0", value_parser = shell::listen)]
    listen: SocketAddr,
    /// Bytes after which a recording is not gone on with (512M, 4G); the session is.
    #[arg(long, value_name = "BYTES", default_value = "1G", value_parser = shell::size)]
    record_limit: usize,
    /// Speak TLS with clients too, with a certificate of an authority made for this start. Plain connections are still served.
    #[arg(long)]
    tls: bool,
    /// Where the certificate that clients are to trust is written, PEM. Default: proxy-ca.pem in the folder of --record.
    #[arg(long, value_name = "FILE", requires = "tls")]
    tls_cert_out: Option<PathBuf>,
    /// A name or address by which clients reach the proxy, for its certificate; repeatable. Loopback and the address listened on
    /// are in it anyway.
    #[arg(long, value_name = "HOST", requires = "tls")]
    tls_name: Vec<Authority>,
    /// Certificates to trust in the service, PEM, besides the authorities that browsers trust; repeatable.
    #[arg(long, value_name = "FILE")]
    upstream_ca: Vec<PathBuf>,
    /// Record pseudonyms instead of tokens, users, groups, texts and addresses, the same for the same all along, so that a recording can
    /// be shared. What passes stays as it is.
    #[arg(long)]
    scrub: bool,
}

/// The address of a service: a scheme, a host, perhaps a port.
fn upstream(text: &str) -> Result<Place, String> {
    let wrong = || "expected an address such as https://nav.example or http://127.0.0.1:8090".to_owned();
    let written = Place::read(text, false).ok_or_else(wrong)?;
    match written.scheme.as_deref() {
        Some("http" | "https") if matches!(written.rest.as_str(), "" | "/") => Ok(written.place),
        Some("http" | "https") => {
            Err(format!("`{}` is a path, and clients choose that: {}", written.rest, wrong()))
        }
        _ => Err(wrong()),
    }
}

/// What the one line on stdout says. The order of its keys is part of the contract.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Ready {
    ready: bool,
    version: &'static str,
    navi: String,
    server_api: String,
    websocket: String,
    tcp: String,
    upstream: String,
    record: PathBuf,
    #[serde(skip_serializing_if = "Option::is_none")]
    tls_cert: Option<PathBuf>,
}

pub(super) fn run(
    args: &ProxyArgs,
    out: &mut dyn Write,
    err: &mut dyn Write,
    interrupt: &Interrupt,
) -> Result<u8, Stop> {
    let tls = args.tls.then(|| args.tls_cert_out.clone().unwrap_or_else(|| args.record.join("proxy-ca.pem")));
    let config = Config {
        listen: args.listen,
        upstream: args.upstream.clone(),
        upstream_ca: args.upstream_ca.clone(),
        record: args.record.clone(),
        record_limit: args.record_limit as u64,
        scrub: args.scrub,
        tls: tls.clone(),
        tls_names: args.tls_name.clone(),
    };
    let proxy = Proxy::start(config).map_err(|error| match error {
        StartError::Thread(error) => Stop::from(error),
        error => Stop::usage(error.to_string(), None),
    })?;
    let place = proxy.place();
    let ready = Ready {
        ready: true,
        version: env!("CARGO_PKG_VERSION"),
        navi: place.to_string(),
        server_api: place.to_string(),
        websocket: place.authority_with_port(),
        tcp: place.authority_with_port(),
        upstream: args.upstream.to_string(),
        record: args.record.clone(),
        tls_cert: tls,
    };
    let line = serde_json::to_string(&ready).map_err(|error| Stop::usage(error.to_string(), None))?;
    writeln!(out, "{line}")?;
    out.flush()?;
    while !interrupt.is_set() {
        if !proxy.is_running() {
            let message = "the proxy ended by itself; what it recorded is whole".to_owned();
            return Err(Stop { message, hint: None, code: exit::HARNESS_FAULT });
        }
        thread::sleep(LOOK);
    }
    let kept = proxy.stop();
    if kept.is_empty() {
        writeln!(err, "harness: nobody came; nothing is recorded")?;
    }
    for kept in kept {
        writeln!(err, "harness: {} entries in {}", kept.entries, kept.path.display())?;
    }
    Ok(exit::CONFORMS)
}
