//! Options about who reaches the server, by which name, and whom it trusts.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::{
    advertise::Advertised,
    hosts::{Authority, Origin},
};

/// The variable that holds the control token, for those who name none.
const TOKEN_VARIABLE: &str = "MOCK_SERVER_CONTROL_TOKEN";
/// The longest control token, bytes.
const LONGEST_TOKEN: usize = 1024;

#[derive(Debug, Args)]
pub(super) struct ReachArgs {
    /// The address that navi answers, tokens, upload addresses and the ready line name. Without it they name the host by
    /// which each request came. Without a port it is the port listened on; `https://HOST` is for a tunnel that speaks TLS.
    #[arg(long, value_name = "HOST[:PORT]")]
    pub(super) advertise: Option<Advertised>,
    /// Believe X-Forwarded-Host and X-Forwarded-Proto; for a server that is reached through a proxy only.
    #[arg(long)]
    pub(super) trust_proxy: bool,
    /// Let the control API be called by this host name too; repeatable. Loopback names, addresses and the host of
    /// --advertise always may.
    #[arg(long, value_name = "NAME")]
    pub(super) allow_host: Vec<Authority>,
    /// Let pages of this origin (http://localhost:3000) use the control API too; repeatable. The server's own always may.
    #[arg(long, value_name = "ORIGIN")]
    pub(super) allow_origin: Vec<Origin>,
    /// Write the certificate that clients and phones are to trust, in PEM. A certificate of the server's own is new after
    /// every start; it names localhost, the loopback addresses, and the hosts of --advertise and --allow-host. For a
    /// lasting one give --tls-cert and --tls-key.
    #[arg(long, value_name = "FILE")]
    pub(super) tls_cert_out: Option<PathBuf>,
    /// Let bearers of this token, and only them, use the control API, from any address. Other users of the machine can read
    /// it here: --control-token-file and the variable MOCK_SERVER_CONTROL_TOKEN keep it to yourself.
    #[arg(long, value_name = "TOKEN", conflicts_with = "control_token_file")]
    control_token: Option<String>,
    /// The same from the first line of a file.
    #[arg(long, value_name = "FILE")]
    control_token_file: Option<PathBuf>,
}

impl ReachArgs {
    /// The control token: of the option, of the file, or else of the environment.
    ///
    /// # Errors
    /// The file cannot be read, or the token is none that a header could carry.
    pub(super) fn control_token(&self) -> Result<Option<String>, String> {
        let environment = std::env::var_os(TOKEN_VARIABLE).filter(|token| !token.is_empty());
        let (token, place) = match (&self.control_token, &self.control_token_file, environment) {
            (Some(token), ..) => (token.clone(), "--control-token".to_owned()),
            (None, Some(path), _) => (read(path)?, format!("--control-token-file {}", path.display())),
            (None, None, Some(token)) => (token.to_string_lossy().into_owned(), TOKEN_VARIABLE.to_owned()),
            (None, None, None) => return Ok(None),
        };
        let is_fit =
            (1..=LONGEST_TOKEN).contains(&token.len()) && token.bytes().all(|byte| byte.is_ascii_graphic());
        if !is_fit {
            return Err(format!(
                "{place}: a token is 1 to {LONGEST_TOKEN} visible ASCII characters without spaces"
            ));
        }
        Ok(Some(token))
    }
}

fn read(path: &Path) -> Result<String, String> {
    let mut text = String::new();
    // One byte more than a token may have and its line's end: what is longer is told so, and never read to its end.
    let most = LONGEST_TOKEN as u64 + 3;
    std::fs::File::open(path)
        .and_then(|file| file.take(most).read_to_string(&mut text))
        .map_err(|error| format!("--control-token-file {}: {error}", path.display()))?;
    Ok(text.lines().next().unwrap_or_default().trim().to_owned())
}
