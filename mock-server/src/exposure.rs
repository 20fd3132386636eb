//! What is open to others when the server listens on more than this machine's own interface.

use std::net::SocketAddr;

use crate::config::{Config, DEFAULT_APP_SECRET};

/// Why a configuration must not be served, a sentence: `strict` promises that nobody comes in uninvited.
pub(crate) fn refusal(config: &Config) -> Option<String> {
    config
        .apps
        .iter()
        .find_map(|app| refuses(config, &app.secret))
        .map(|why| format!("{why}: give one with --app KEY:SECRET"))
}

/// Why no world may have that App Secret.
pub(crate) fn refuses(config: &Config, secret: &str) -> Option<String> {
    (config.strict && is_open(config.listen) && secret == DEFAULT_APP_SECRET).then(|| {
        format!(
            "--strict on {} wants an App Secret of your own, for everybody knows `{secret}`",
            config.listen
        )
    })
}

/// What the operator must know, a line each, whatever is logged.
pub(crate) fn warnings(config: &Config) -> Vec<String> {
    let mut warnings = Vec::new();
    if !is_open(config.listen) {
        return warnings;
    }
    let at = config.listen;
    if has_default_secret(config) {
        warnings.push(format!(
            "warning: {at} is open to others and the App Secret is the default one: whoever reaches it can use the Server \
             API; give another with --app KEY:SECRET"
        ));
    } else if !config.strict {
        warnings.push(format!(
            "warning: {at} is open to others and unknown App Keys become worlds with the default App Secret; --strict refuses \
             them"
        ));
    }
    if config.control_token.is_none() {
        warnings.push(format!(
            "warning: {at} is open to others and the control API has no token: it answers this machine alone; for others \
             give --control-token-file FILE or MOCK_SERVER_CONTROL_TOKEN"
        ));
    }
    warnings
}

fn is_open(listen: SocketAddr) -> bool {
    !listen.ip().to_canonical().is_loopback()
}

fn has_default_secret(config: &Config) -> bool {
    // Of worlds that go on nobody knows yet.
    config.apps.is_empty() || config.apps.iter().any(|app| app.secret == DEFAULT_APP_SECRET)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::App;

    fn config(listen: &str, secret: &str, strict: bool) -> Config {
        let app = App { key: "k".to_owned(), secret: secret.to_owned() };
        Config { listen: listen.parse().unwrap(), apps: vec![app], strict, ..Config::default() }
    }

    #[test]
    fn loopback_is_nobodys_business() {
        for listen in ["127.0.0.1:0", "127.0.0.2:0", "[::1]:0", "[::ffff:127.0.0.1]:0"] {
            let config = config(listen, DEFAULT_APP_SECRET, true);
            assert_eq!((refusal(&config), warnings(&config)), (None, Vec::new()), "{listen}");
        }
    }

    #[test]
    fn off_loopback_a_known_secret_is_said_or_refused() {
        for listen in ["0.0.0.0:1", "[::]:1", "192.168.1.5:1"] {
            let lax = config(listen, DEFAULT_APP_SECRET, false);
            assert_eq!(refusal(&lax), None);
            let said = warnings(&lax);
            assert!(
                said[0].contains("--app KEY:SECRET") && said[1].contains("--control-token-file"),
                "{said:?}"
            );
            assert!(refusal(&config(listen, DEFAULT_APP_SECRET, true)).unwrap().contains("--app KEY:SECRET"));
        }
        let own = Config { control_token: Some("t".to_owned()), ..config("0.0.0.0:1", "own", true) };
        assert_eq!((refusal(&own), warnings(&own)), (None, Vec::new()));
        let lax = config("0.0.0.0:1", "own", false);
        assert!(warnings(&lax)[0].contains("--strict"), "{:?}", warnings(&lax));
    }
}
