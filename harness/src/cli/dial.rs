//! `--dial`: clients that come to the harness.

use std::{
    collections::BTreeSet,
    io::IsTerminal,
    net::{SocketAddr, ToSocketAddrs as _},
    num::NonZeroUsize,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use clap::Args;

use super::{Stop, exit};
use crate::{
    adapter::Command,
    dial::{DEVICE, Exchange, FAMILY, GRACE, Mount, Terms},
    scenario::{Scenario, parse_duration},
};

/// Longest wait for a client.
const MOST_WAIT: Duration = Duration::from_secs(24 * 60 * 60);

/// Options of clients that dial in.
#[derive(Debug, Clone, Args)]
pub struct DialArgs {
    /// Waits at this address (`0.0.0.0:7700`; port 0: a free one) for clients that dial in over WebSocket: the one under test,
    /// `--client dial@NAME` (`dial@device` if no client is named), and those that scenarios name so.
    #[arg(long, value_name = "ADDR", value_parser = address)]
    pub dial: Option<SocketAddr>,
    /// How long a client that dials in is waited for.
    #[arg(long, value_name = "TIME", default_value = "2m", value_parser = wait, requires = "dial")]
    pub dial_wait: Duration,
    /// The host by which devices reach this machine, where that is not the one by which they dial in.
    #[arg(long, value_name = "HOST", value_parser = host, requires = "dial")]
    pub advertise: Option<String>,
    /// The web SDK that the page at the dial address runs: a known version, or a bundle of your own, an ES module.
    #[arg(long, value_name = "VERSION|FILE", default_value = "5.38.0", requires = "dial")]
    pub sdk: String,
}

impl DialArgs {
    /// The client under test where none is named; `None`: nobody dials in.
    pub(super) fn client(&self) -> Option<&'static str> {
        self.dial.map(|_| DEVICE)
    }

    /// Opens the dial address and invites the clients that the cases need, `jobs` of each name. Without `--dial`: nothing.
    pub(super) fn open(
        &self,
        command: Option<&Command>,
        scenarios: &[Scenario],
        jobs: Option<NonZeroUsize>,
    ) -> Result<Option<Arc<Exchange>>, Stop> {
        let named = scenarios
            .iter()
            .flat_map(|scenario| &scenario.cases)
            .flat_map(|case| case.clients.values())
            .filter_map(|client| client.client.as_deref());
        let names: BTreeSet<&str> = named
            .chain(command.map(|command| &*command.name))
            .filter(|name| name.starts_with(FAMILY))
            .collect();
        self.invite(&names, jobs)
    }

    /// As [`open`](Self::open), with the names.
    pub(super) fn invite(
        &self,
        names: &BTreeSet<&str>,
        jobs: Option<NonZeroUsize>,
    ) -> Result<Option<Arc<Exchange>>, Stop> {
        let Some(address) = self.dial else {
            // A scenario that names one beside another client is unsupported, and says so.
            return Ok(None);
        };
        for name in names {
            Command::named(name).map_err(|why| Stop::usage(why, None))?;
        }
        let terms = Terms {
            address,
            wait: self.dial_wait,
            grace: GRACE,
            advertise: self.advertise.clone(),
            mounts: mounts(&self.sdk)?,
            codes: std::io::stdout().is_terminal() && std::io::stderr().is_terminal(),
        };
        let exchange = Exchange::open(terms).map_err(|fault| Stop {
            message: fault.0,
            hint: None,
            code: exit::INCOMPLETE,
        })?;
        for _ in 0..jobs.map_or(1, NonZeroUsize::get) {
            names.iter().for_each(|name| exchange.invite(name));
        }
        Ok(Some(Arc::new(exchange)))
    }

    /// How the options are written again, for the command that repeats a case.
    pub(super) fn again(&self, add: &mut dyn FnMut(&str, &str)) {
        let Some(address) = self.dial else { return };
        add("--dial", &address.to_string());
        if let Some(host) = &self.advertise {
            add("--advertise", host);
        }
        add("--sdk", &self.sdk);
    }
}

/// What the page is served: itself, the modules that it shares with the other adapters, and the SDK.
fn mounts(sdk: &str) -> Result<Vec<Mount>, Stop> {
    let adapters = crate::adapter::adapters_folder();
    let mut mounts = vec![Mount::File("/".to_owned(), adapters.join("browser/index.html"))];
    for folder in ["browser", "dial", "web-sdk"] {
        mounts.push(Mount::Folder(format!("/{folder}/"), adapters.join(folder)));
    }
    let own = Path::new(sdk);
    let (kind, imports) = if Command::WEB_SDKS.contains(&sdk) {
        let modules = adapters.join("web-sdk/sdks").join(sdk).join("node_modules/@rongcloud");
        mounts.push(Mount::Folder("/sdk/".to_owned(), modules));
        ("known", sdk.to_owned())
    } else if own.is_file() {
        let name = own.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let folder = own.parent().filter(|folder| !folder.as_os_str().is_empty());
        mounts.push(Mount::Folder(
            "/sdk/".to_owned(),
            folder.map_or_else(|| PathBuf::from("."), PathBuf::from),
        ));
        ("own", name)
    } else {
        let hint = format!("known versions: {}", Command::WEB_SDKS.join(", "));
        return Err(Stop::usage(
            format!("--sdk {sdk}: there is no such version, and no such file"),
            Some(hint),
        ));
    };
    let told = serde_json::json!({"kind": kind, "sdk": imports}).to_string();
    mounts.push(Mount::Json("/sdk.json".to_owned(), told));
    Ok(mounts)
}

fn address(text: &str) -> Result<SocketAddr, String> {
    let first = text.to_socket_addrs().ok().and_then(|mut found| found.next());
    first.ok_or_else(|| "an address is written `0.0.0.0:7700` or `127.0.0.1:0`".to_owned())
}

fn wait(text: &str) -> Result<Duration, String> {
    let wait = text.parse().ok().map(Duration::from_secs).or_else(|| parse_duration(text));
    wait.filter(|wait| !wait.is_zero() && *wait <= MOST_WAIT).ok_or_else(|| {
        "a wait is written `90s` or `5m`, and is more than 0 and at most a day (`24h`)".to_owned()
    })
}

fn host(text: &str) -> Result<String, String> {
    let url = url::Url::parse(&format!("http://{text}/")).ok();
    let is_host = url.is_some_and(|url| {
        url.port().is_none() && url.path() == "/" && url.username().is_empty() && url.host_str() == Some(text)
    });
    if is_host {
        Ok(text.to_owned())
    } else {
        Err("a host is a name or an address, without a port".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read_and_what_is_wrong_is_named() {
        assert_eq!(address("127.0.0.1:0").unwrap().port(), 0);
        assert!(address("nowhere").is_err());
        assert_eq!(wait("90"), Ok(Duration::from_secs(90)));
        assert!(wait("0").is_err());
        for good in ["192.168.1.5", "lab.local", "[2001:db8::5]"] {
            assert_eq!(host(good).as_deref(), Ok(good));
        }
        for wrong in ["lab.local:80", "http://x", "a b", "x/y", ""] {
            assert!(host(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_sdk_is_a_known_version_or_a_file() {
        assert!(mounts("4.6.4").is_ok());
        let file = tempfile::Builder::new().suffix(".mjs").tempfile().unwrap();
        assert!(mounts(&file.path().to_string_lossy()).is_ok());
        assert!(mounts("1.0").unwrap_err().message.contains("no such version, and no such file"));
    }
}
