//! What people are shown, so that they can bring a client to the dial address.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, UdpSocket};

use qrcode::{QrCode, render::unicode::Dense1x2};

/// What is shown beside the address.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    /// A page is served at `/`.
    pub(super) page: bool,
    /// A QR code, for a terminal.
    pub(super) code: bool,
}

/// How a client gets in: lines for a terminal or a log.
pub(super) fn invitation(name: &str, url: &str, shape: Shape) -> String {
    let mut text = format!("harness: {name} may dial in once: {url}\n");
    if shape.page {
        text.push_str(&format!("harness:   as a page in a browser: {}\n", page(url)));
    }
    if shape.code
        && let Ok(code) = QrCode::new(url)
    {
        // Dark on light whatever the terminal's colours are: not every camera reads the reverse.
        for line in code.render::<Dense1x2>().quiet_zone(true).build().lines() {
            text.push_str(&format!("\u{1b}[30;107m{line}\u{1b}[0m\n"));
        }
    }
    text
}

/// The page with the same token.
fn page(url: &str) -> String {
    url.replacen("ws://", "http://", 1).replacen("/adapter?", "/?", 1)
}

/// The address of this machine by which others reach it: that of the way out. Nothing is sent.
pub(super) fn own_address(v6: bool) -> IpAddr {
    // Addresses of documentation: nobody is there, and nobody is asked.
    let (from, to) = if v6 { ("[::]:0", "[2001:db8::1]:9") } else { ("0.0.0.0:0", "192.0.2.1:9") };
    let found = UdpSocket::bind(from).and_then(|socket| {
        socket.connect(to)?;
        socket.local_addr()
    });
    let loopback = if v6 { IpAddr::from(Ipv6Addr::LOCALHOST) } else { Ipv4Addr::LOCALHOST.into() };
    found.map_or(loopback, |address| address.ip())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invitation_has_the_address_the_page_and_a_code() {
        let url = "ws://192.168.1.5:7700/adapter?token=abc";
        let plain = invitation("dial@page", url, Shape { page: true, code: false });
        assert_eq!(
            plain,
            "harness: dial@page may dial in once: ws://192.168.1.5:7700/adapter?token=abc\n\
             harness:   as a page in a browser: http://192.168.1.5:7700/?token=abc\n"
        );
        let with_code = invitation("dial@page", url, Shape { page: false, code: true });
        assert!(with_code.lines().count() > 12 && with_code.contains('█'), "{with_code}");
    }
}
