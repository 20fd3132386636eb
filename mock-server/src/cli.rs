//! The command line: flags, the ready line, exit codes. Scripts of others hold on to all three.

mod reach;

use std::{
    io::{IsTerminal, Write},
    net::SocketAddr,
    path::PathBuf,
    process::ExitCode,
};

use clap::Parser;
use serde::Serialize;
use service::Preset;

use crate::{
    address::Addresses,
    bounds::{self, Bounds},
    config::{App, Config, Record, Tls},
    exposure, listen,
    nearest::nearest,
    server::{self, StartError},
    setup_file, signals,
};

/// The arguments, or what they name, are wrong; or the address is in use.
const EXIT_USAGE: u8 = 2;
/// The system refuses what the server needs.
const EXIT_BROKEN: u8 = 3;

/// A simulated IM service for clients under test: navi, WebSocket, native TCP, Server API and control API on one port.
#[derive(Debug, Parser)]
#[command(name = "mock-server", version)]
struct Args {
    /// Address and port to serve on; port 0 takes a free one. `8090`, `:8090` and `localhost:8090` are this machine alone,
    /// `0.0.0.0:8090` is every interface. Off loopback the default App Secret and a missing control token are warned of,
    /// and --strict refuses the default App Secret.
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:0", value_parser = listen::parse)]
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
    /// Record every world into a folder, a file each: what it took in and said, up to the last line even when the process is
    /// killed. `harness show` and `harness replay` read them. A recording that is there already gets a number.
    #[arg(long, value_name = "DIR")]
    record: Option<PathBuf>,
    /// Go on with the worlds recorded in that folder as they were, and record them there.
    #[arg(long, value_name = "DIR", conflicts_with = "record")]
    resume: Option<PathBuf>,
    /// Records only what is done to worlds: files are less than half as long, and all that worlds said follows from them as long as
    /// the same version of the server reads them.
    #[arg(long)]
    record_inputs: bool,
    /// Bytes after which a world's recording is not gone on with (512M, 4G).
    #[arg(long, value_name = "BYTES", default_value = "1G", value_parser = bounds::size)]
    record_limit: usize,
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
    /// Seed of every id the server makes, tokens and sessions among them: the same seed gives the same App Key the same
    /// ones after every start. Without it they never come again, and a token of a former life is refused.
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    #[command(flatten)]
    reach: reach::ReachArgs,
    /// Worlds at once: one more takes the place of one that was made on first sight and never used, or is refused.
    #[arg(long, value_name = "N")]
    max_worlds: Option<usize>,
    /// Clients at once; by default what the system gives file descriptors for, at most 20000.
    #[arg(long, value_name = "N")]
    max_connections: Option<usize>,
    /// Memory over which new worlds, logins and uploads are refused (512M, 2G); 0 for any. Default: 2G.
    #[arg(long, value_name = "BYTES", value_parser = bounds::size)]
    max_memory: Option<usize>,
    /// Any other bound on what clients may take (output=2M, idleTime=120); repeatable. The control API lists them all.
    #[arg(long, value_name = "NAME=VALUE")]
    bound: Vec<String>,
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
    // Colours are for eyes: a file or a pipe gets none.
    let colours =
        std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|no| no.is_empty());
    tracing_subscriber::fmt().with_env_filter(filter).with_ansi(colours).with_writer(std::io::stderr).init();
    let config = match config(args) {
        Ok(config) => config,
        Err(message) => return fail(EXIT_USAGE, &message),
    };
    exposure::warnings(&config).iter().for_each(|warning| say(warning));
    let limit = config.bounds.stop_time;
    match server::run(config, || signals::listen(limit), announce) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error @ StartError::Thread(_)) => fail(EXIT_BROKEN, &error.to_string()),
        Err(error) => fail(EXIT_USAGE, &error.to_string()),
    }
}

fn fail(code: u8, message: &str) -> ExitCode {
    say(message);
    ExitCode::from(code)
}

fn say(message: &str) {
    // One line, whatever the message holds; nobody to tell if stderr is closed.
    let _ = writeln!(std::io::stderr(), "mock-server: {}", message.replace('\n', " "));
}

fn config(args: Args) -> Result<Config, String> {
    let resume = args.resume.is_some();
    if args.record_inputs && args.record.is_none() {
        return Err(
            "--record-inputs is about --record: a recording that is gone on with stays as it is".to_owned()
        );
    }
    let (limit, outputs) = (args.record_limit as u64, !args.record_inputs);
    let record = args.resume.or(args.record).map(|folder| Record::To { folder, limit, outputs });
    let mut bounds = Bounds::default();
    for setting in &args.bound {
        bounds.set(setting).map_err(|mistake| format!("--bound {setting}: {mistake}"))?;
    }
    bounds.max_worlds = args.max_worlds.unwrap_or(bounds.max_worlds);
    bounds.max_connections = args.max_connections.unwrap_or(bounds.max_connections);
    bounds.max_memory = args.max_memory.unwrap_or(bounds.max_memory);
    let world = args.world.map(|path| setup_file::read(&path)).transpose()?;
    let mut apps = args.app;
    // Who goes on with worlds has some: without any the server makes the default one.
    if apps.is_empty() && !resume {
        apps.push(App::unnamed(world.as_ref()));
    }
    let tls = match (args.tls_cert, args.tls_key) {
        (Some(cert), Some(key)) => Some(Tls::Files { cert, key }),
        _ => args.tls.then_some(Tls::SelfSigned),
    };
    let control_token = args.reach.control_token()?;
    Ok(Config {
        listen: args.listen,
        apps,
        strict: args.strict,
        world,
        tls,
        seed: args.seed,
        preset: args.preset,
        record,
        resume,
        tls_cert_out: args.reach.tls_cert_out,
        control_token,
        advertise: args.reach.advertise,
        trust_proxy: args.reach.trust_proxy,
        allow_hosts: args.reach.allow_host,
        allow_origins: args.reach.allow_origin,
        bounds,
        ..Config::default()
    })
}

fn announce(addresses: &Addresses, apps: &[App], warnings: &[String]) -> std::io::Result<()> {
    warnings.iter().for_each(|warning| say(warning));
    let apps = apps.iter().map(|app| ReadyApp { app_key: &app.key, app_secret: &app.secret }).collect();
    let ready = Ready { ready: true, version: env!("CARGO_PKG_VERSION"), addresses, apps };
    let mut line = serde_json::to_string(&ready)?;
    line.push('\n');
    let mut out = std::io::stdout().lock();
    out.write_all(line.as_bytes())?;
    out.flush()
}
