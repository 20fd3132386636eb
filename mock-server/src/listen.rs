//! What `--listen` takes.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// The address to listen on. A port alone, and `localhost`, mean the loopback interface: nobody is let in from outside by
/// leaving something out.
///
/// # Errors
/// The text is none of the accepted forms; the error names them.
pub fn parse(text: &str) -> Result<SocketAddr, String> {
    let loopback = |port: u16| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    if let Ok(address) = text.parse() {
        return Ok(address);
    }
    let port = text.strip_prefix("localhost:").or_else(|| text.strip_prefix(':')).unwrap_or(text);
    if let Some(port) = number(port) {
        return Ok(loopback(port));
    }
    let hint = match text.trim_matches(['[', ']']).parse::<IpAddr>() {
        Ok(_) => "the port is missing; ",
        Err(_) => "",
    };
    Err(format!(
        "{hint}accepted are 127.0.0.1:8090, localhost:8090, :8090 or 8090 (this machine alone), [::1]:8090, 0.0.0.0:8090 \
         (every interface), and any other ADDRESS:PORT of this machine; port 0 takes a free one"
    ))
}

fn number(text: &str) -> Option<u16> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_documented_form_is_read() {
        for (text, expected) in [
            ("127.0.0.1:8090", "127.0.0.1:8090"),
            ("localhost:8090", "127.0.0.1:8090"),
            (":8090", "127.0.0.1:8090"),
            ("8090", "127.0.0.1:8090"),
            ("0", "127.0.0.1:0"),
            ("[::1]:8090", "[::1]:8090"),
            ("0.0.0.0:8090", "0.0.0.0:8090"),
            ("[::]:8090", "[::]:8090"),
        ] {
            assert_eq!(parse(text).map(|address| address.to_string()), Ok(expected.to_owned()));
        }
    }

    #[test]
    fn anything_else_is_told_the_forms() {
        for text in [
            "",
            ":",
            "localhost",
            "127.0.0.1",
            "::1",
            "host:8090",
            "http://localhost:8090",
            ":65536",
            "+80",
            "*:80",
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains("localhost:8090") && error.contains("0.0.0.0:8090"), "{text}: {error}");
        }
        assert!(parse("127.0.0.1").unwrap_err().starts_with("the port is missing"));
    }
}
