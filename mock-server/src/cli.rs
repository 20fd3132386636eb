//! The command line: flags, the ready line, exit codes. Scripts of others hold on to all three.

use std::{io::Write, net::SocketAddr, path::PathBuf, process::ExitCode};

use clap::Parser;
use serde::Serialize;
use service::Preset;

use crate::{
    address::Addresses,
    config::{App, Config, Tls},
    nearest::nearest,
    server::{self, StartError},
    setup_file,
};

/// The arguments, or what they name, are wrong; or the address is in use.
const EXIT_USAGE: u8 = 2;
/// The system refuses what the server needs.
const EXIT_BROKEN: u8 = 3;

/// A simulated IM service for clients under test: navi, WebSocket, native TCP, Server API and control API on one port.
#[derive(Debug, Parser)]
#[command(name = "mock-server", version)]
struct Args {
    /// Address and port to serve on; port 0 takes a free one.
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// An App Key with its secret; repeatable. Without one: mock-app-key:mock-secret.
    #[arg(long, value_name = "KEY:SECRET", value_parser = app)]
    app: Vec<App>,
    /// Refuse unknown App Keys (otherwise they become worlds on first sight) and `test:` tokens.
    #[arg(long)]
    strict: bool,
    /// What the first App Key's world holds: the `service:` section of a scenario.
    #[arg(long, value_name = "FILE.yaml")]
    world: Option<PathBuf>,
    /// What worlds are like whose set-up names no `preset`: `documented` has the documentation's defaults, with most services
    /// off; `everything` turns every service on (history, conversation lists, chatroom entries, ultra groups, …) and every
    /// rate limit off.
    #[arg(long, value_name = "NAME", default_value = "documented", value_parser = preset)]
    preset: Preset,
    /// Record every world's inputs into a directory.
    #[arg(long, value_name = "DIR")]
    record: Option<PathBuf>,
    /// Speak TLS, with a self-signed certificate unless --tls-cert and --tls-key name one. Plain connections are
    /// still served.
    #[arg(long)]
    tls: bool,
    /// Certificate chain, PEM.
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// Private key, PEM.
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Seed of every id the server makes.
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Let bearers of this token, and only them, use the control API, from any address.
    #[arg(long, value_name = "TOKEN")]
    control_token: Option<String>,
    /// What to log on stderr: error, warn, info, debug, trace, or a filter such as mock_server=debug.
    #[arg(long, value_name = "FILTER", default_value = "warn")]
    log: String,
}

fn preset(text: &str) -> Result<Preset, String> {
    Preset::named(text).ok_or_else(|| {
        let names: Vec<&str> = Preset::ALL.iter().map(|(_, name)| *name).collect();
        match nearest(text, names.iter().copied()) {
            Some(name) => format!("did you mean `{name}`?"),
            None => format!("presets are {}", names.join(" and ")),
        }
    })
}

fn app(text: &str) -> Result<App, String> {
    match text.split_once(':') {
        Some((key, secret)) if !key.is_empty() && !secret.is_empty() => {
            Ok(App { key: key.to_owned(), secret: secret.to_owned() })
        }
        _ => Err("expected KEY:SECRET".to_owned()),
    }
}

/// What the one line on stdout says. The order of its keys is part of the contract.
#[derive(Serialize)]
struct Ready<'a> {
    ready: bool,
    version: &'static str,
    #[serde(flatten)]
    addresses: &'a Addresses,
    apps: Vec<ReadyApp<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ReadyApp<'a> {
    app_key: &'a str,
    app_secret: &'a str,
}

/// Runs the server until it is told to stop.
#[must_use]
pub fn run() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        // `--help` and `--version` come this way too; they exit 0.
        Err(error) => error.exit(),
    };
    let filter = match tracing_subscriber::EnvFilter::try_new(&args.log) {
        Ok(filter) => filter,
        Err(error) => return fail(EXIT_USAGE, &format!("--log {}: {error}", args.log)),
    };
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let config = match config(args) {
        Ok(config) => config,
        Err(message) => return fail(EXIT_USAGE, &message),
    };
    let apps = config.apps.clone();
    match server::run(config, signals, |addresses| announce(addresses, &apps)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error @ StartError::Thread(_)) => fail(EXIT_BROKEN, &error.to_string()),
        Err(error) => fail(EXIT_USAGE, &error.to_string()),
    }
}

fn fail(code: u8, message: &str) -> ExitCode {
    // One line, whatever the message holds; nobody to tell if stderr is closed.
    let _ = writeln!(std::io::stderr(), "mock-server: {}", message.replace('\n', " "));
    ExitCode::from(code)
}

fn config(args: Args) -> Result<Config, String> {
    if let Some(directory) = args.record {
        return Err(format!("--record {}: recording is not implemented yet", directory.display()));
    }
    let world = args.world.map(|path| setup_file::read(&path)).transpose()?;
    let mut apps = args.app;
    if apps.is_empty() {
        let named = world.as_ref().and_then(|world| world.app_secret.clone());
        let default = App::default();
        apps.push(App { secret: named.unwrap_or(default.secret), key: default.key });
    }
    let tls = match (args.tls_cert, args.tls_key) {
        (Some(cert), Some(key)) => Some(Tls::Files { cert, key }),
        _ => args.tls.then_some(Tls::SelfSigned),
    };
    Ok(Config {
        listen: args.listen,
        apps,
        strict: args.strict,
        world,
        tls,
        seed: args.seed,
        control_token: args.control_token,
        preset: args.preset,
        ..Config::default()
    })
}

fn announce(addresses: &Addresses, apps: &[App]) -> std::io::Result<()> {
    let apps = apps.iter().map(|app| ReadyApp { app_key: &app.key, app_secret: &app.secret }).collect();
    let ready = Ready { ready: true, version: env!("CARGO_PKG_VERSION"), addresses, apps };
    let mut line = serde_json::to_string(&ready)?;
    line.push('\n');
    let mut out = std::io::stdout().lock();
    out.write_all(line.as_bytes())?;
    out.flush()
}

#[cfg(unix)]
fn signals() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

#[cfg(not(unix))]
fn signals() -> std::io::Result<impl Future<Output = ()>> {
    Ok(async {
        // Without a way to hear of the end, serve until killed.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    })
}
