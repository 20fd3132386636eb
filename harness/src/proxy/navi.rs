//! Navigation answers: all servers that they name become the proxy, which remembers whom they named.

use serde_json::{Map, Value};

use super::{place::Place, routes::Prefixes};

/// What `protocol` numbers of `serverAddr` mean, and whether there is TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Protocol {
    Native(bool),
    WebSocket(bool),
    Http(bool),
}

impl Protocol {
    /// `None`: one that the proxy does not speak (3 and 4 run over UDP or are not known).
    fn of(number: u64) -> Option<Self> {
        Some(match number {
            1 => Self::Native(false),
            2 => Self::Native(true),
            5 => Self::WebSocket(false),
            6 => Self::WebSocket(true),
            11 => Self::Http(false),
            12 => Self::Http(true),
            _ => return None,
        })
    }

    /// The number of the same with TLS, or without.
    fn number(self, tls: bool) -> u64 {
        let plain = match self {
            Self::Native(_) => 1,
            Self::WebSocket(_) => 5,
            Self::Http(_) => 11,
        };
        plain + u64::from(tls)
    }
}

/// Whom a client may connect to, in the order in which it would try.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Servers {
    /// Of the native protocol.
    pub native: Vec<Place>,
    /// Of WebSocket and polling.
    pub web: Vec<Place>,
}

/// Who asks for navigation, and how.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The proxy, as the client reached it.
    pub own: &'a Place,
    /// Who answers.
    pub upstream: &'a Place,
    /// Whether a native client asks: what an address means that names no protocol.
    pub native: bool,
}

/// Addresses of HTTP servers that clients find in navigation, besides those that they connect to.
const HTTP_SERVERS: [&str; 5] = ["uploadServer", "bosAddr", "qnAddr", "offlinelogserver", "logServer"];

/// Rewrites an answer, in any of its forms: bare JSON, or a script's call around it. `None`: it is no navigation answer, and
/// is to be passed on as it is.
pub fn rewrite(body: &[u8], asked: Asked<'_>, prefixes: &mut Prefixes) -> Option<(Vec<u8>, Servers)> {
    let text = std::str::from_utf8(body).ok()?;
    let (begin, end) = (text.find('{')?, text.rfind('}')? + 1);
    let mut fields: Map<String, Value> = serde_json::from_str(text.get(begin..end)?).ok()?;
    let servers = connect_servers(&mut fields, asked);
    http_servers(&mut fields, asked, prefixes);
    let json = Value::Object(fields).to_string();
    Some((format!("{}{json}{}", &text[..begin], &text[end..]).into_bytes(), servers))
}

/// Whether native clients are told to use another obfuscation than the one that is known.
#[must_use]
pub fn obfuscates(body: &[u8]) -> bool {
    let text = String::from_utf8_lossy(body);
    let fields = text.find('{').zip(text.rfind('}')).and_then(|(begin, end)| text.get(begin..=end));
    let fields: Option<Value> = fields.and_then(|fields| serde_json::from_str(fields).ok());
    fields.is_some_and(|fields| fields["openAnti"].as_u64().is_some_and(|open| open > 0))
}

/// `RC-Negotiate: conn=1,2;…` lists the transports that a client speaks; native ones name 1 or 2.
#[must_use]
pub fn wants_native(negotiated: &str) -> bool {
    let lists = negotiated.split(';').filter_map(|part| part.trim().strip_prefix("conn="));
    lists.flat_map(|list| list.split(',')).any(|number| matches!(number.trim(), "1" | "2"))
}

fn connect_servers(fields: &mut Map<String, Value>, asked: Asked<'_>) -> Servers {
    let mut servers = Servers::default();
    let tls = match fields.get("openTLS") {
        Some(open) if asked.native => {
            *open == Value::Bool(true) || open.as_u64().is_some_and(|open| open > 0)
        }
        _ => asked.upstream.tls,
    };
    if let Some(Value::Array(list)) = fields.get_mut("serverAddr") {
        server_addr(list, asked, &mut servers);
    }
    let from_list = servers.clone();
    for name in ["server", "backupServer", "bs"] {
        let Some(Value::String(text)) = fields.get_mut(name) else { continue };
        let places: Vec<Place> =
            text.split(',').filter_map(|one| Place::read(one, tls)).map(|written| written.place).collect();
        if places.is_empty() {
            continue;
        }
        *text = asked.own.authority_with_port();
        let (whose, listed) = if asked.native {
            (&mut servers.native, &from_list.native)
        } else {
            (&mut servers.web, &from_list.web)
        };
        // The list replaces them altogether, where it is known.
        if listed.is_empty() {
            whose.extend(places);
        }
    }
    match fields.get_mut("openTLS") {
        Some(open @ Value::Bool(_)) => *open = asked.own.tls.into(),
        Some(open @ Value::Number(_)) => *open = u8::from(asked.own.tls).into(),
        _ => {}
    }
    servers
}

/// One entry of each kind stays; what the proxy does not speak goes.
fn server_addr(list: &mut Vec<Value>, asked: Asked<'_>, servers: &mut Servers) {
    // The heaviest first; of equals in their order.
    list.sort_by_key(|entry| std::cmp::Reverse(entry["weight"].as_i64().unwrap_or(0)));
    let mut kept: Vec<(u64, Value)> = Vec::new();
    for mut entry in std::mem::take(list) {
        let protocol = entry["protocol"].as_u64().and_then(Protocol::of);
        let (Some(protocol), Some(address)) = (protocol, entry["addr"].as_str()) else { continue };
        let (Protocol::Native(tls) | Protocol::WebSocket(tls) | Protocol::Http(tls)) = protocol;
        let Some(written) = Place::read(address, tls) else { continue };
        let place = Place { tls, ..written.place };
        match protocol {
            Protocol::Native(_) => servers.native.push(place),
            Protocol::WebSocket(_) | Protocol::Http(_) => servers.web.push(place),
        }
        let number = protocol.number(asked.own.tls);
        if kept.iter().any(|(known, _)| *known == number) {
            continue;
        }
        entry["addr"] = asked.own.authority_with_port().into();
        entry["protocol"] = number.into();
        kept.push((number, entry));
    }
    list.extend(kept.into_iter().map(|(_, entry)| entry));
}

fn http_servers(fields: &mut Map<String, Value>, asked: Asked<'_>, prefixes: &mut Prefixes) {
    for name in HTTP_SERVERS {
        if let Some(Value::String(text)) = fields.get_mut(name) {
            http_server(text, asked, prefixes);
        }
    }
    // Text that holds JSON.
    if let Some(Value::String(text)) = fields.get_mut("logPolicy")
        && let Ok(mut policy) = serde_json::from_str::<Value>(text)
    {
        inside(&mut policy, asked, prefixes, &|name| name == "url");
        *text = policy.to_string();
    }
    if let Some(Value::String(text)) = fields.get_mut("ossConfig")
        && let Ok(mut config) = serde_json::from_str::<Value>(text)
    {
        // Others sign the name of their host, or put a bucket's before it: they are left alone.
        inside(&mut config, asked, prefixes, &|name| name == "qiniu");
        *text = config.to_string();
    }
    if let Some(log) = fields.get_mut("log") {
        inside(log, asked, prefixes, &|name| name.to_ascii_lowercase().contains("url"));
    }
}

fn inside(value: &mut Value, asked: Asked<'_>, prefixes: &mut Prefixes, is: &dyn Fn(&str) -> bool) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields.iter_mut() {
                match value {
                    Value::String(text) if is(name) => http_server(text, asked, prefixes),
                    other => inside(other, asked, prefixes, is),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| inside(item, asked, prefixes, is)),
        _ => {}
    }
}

/// An address keeps its form: with a scheme, or without.
fn http_server(text: &mut String, asked: Asked<'_>, prefixes: &mut Prefixes) {
    let Some(written) = Place::read(text, asked.upstream.tls) else { return };
    let Some(prefix) = prefixes.of(&written.place) else { return };
    let own = asked.own;
    *text = match written.scheme {
        Some(_) => format!("{}://{}{prefix}{}", own.scheme(), own.authority(), written.rest),
        None => format!("{}{prefix}{}", own.authority_with_port(), written.rest),
    };
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn place(text: &str) -> Place {
        Place::read(text, false).unwrap().place
    }

    fn told(places: &[Place]) -> Vec<String> {
        places.iter().map(ToString::to_string).collect()
    }

    /// What clients and the proxy learn of an answer.
    fn rewritten(answer: &Value, own: &str, upstream: &str, native: bool) -> (Value, Servers) {
        let (own, upstream) = (place(own), place(upstream));
        let mut prefixes = Prefixes::new(upstream.clone());
        let asked = Asked { own: &own, upstream: &upstream, native };
        let (body, servers) = rewrite(answer.to_string().as_bytes(), asked, &mut prefixes).unwrap();
        (serde_json::from_slice(&body).unwrap(), servers)
    }

    #[test]
    fn the_list_becomes_one_entry_of_each_kind() {
        let answer = json!({"code": 200, "serverAddr": [
            {"addr": "slow.example:80", "protocol": 5, "weight": 1},
            {"addr": "quic.example:443", "protocol": 4, "weight": 99},
            {"addr": "fast.example", "protocol": 6, "weight": 10, "race": false},
            {"addr": "tcp.example:9000", "protocol": 1, "weight": 5},
        ], "server": "old.example:80", "openHistoryMsg": 0});
        let (clients, servers) = rewritten(&answer, "http://127.0.0.1:9", "https://navi.example", false);
        assert_eq!(
            clients,
            json!({"code": 200, "serverAddr": [
                {"addr": "127.0.0.1:9", "protocol": 5, "weight": 10, "race": false},
                {"addr": "127.0.0.1:9", "protocol": 1, "weight": 5},
            ], "server": "127.0.0.1:9", "openHistoryMsg": 0})
        );
        assert_eq!(told(&servers.web), ["https://fast.example", "http://slow.example"]);
        assert_eq!(told(&servers.native), ["http://tcp.example:9000"]);
    }

    #[test]
    fn the_old_form_has_a_first_and_further_ones() {
        let answer = json!({"server": "a.example:1", "backupServer": "b.example:2,c.example", "bs": ""});
        let (clients, servers) = rewritten(&answer, "https://127.0.0.1:9", "https://navi.example", false);
        assert_eq!(clients, json!({"server": "127.0.0.1:9", "backupServer": "127.0.0.1:9", "bs": ""}));
        assert_eq!(told(&servers.web), ["https://a.example:1", "https://b.example:2", "https://c.example"]);
    }

    #[test]
    fn native_clients_are_told_of_tls_apart() {
        let answer = json!({"server": "a.example:1", "openTLS": 1});
        let (clients, servers) = rewritten(&answer, "http://127.0.0.1:9", "http://navi.example", true);
        assert_eq!(clients, json!({"server": "127.0.0.1:9", "openTLS": 0}));
        assert_eq!(told(&servers.native), ["https://a.example:1"]);
    }

    #[test]
    fn other_servers_are_reached_by_a_prefix_and_keep_their_form() {
        let answer = json!({
            "uploadServer": "https://up.example/files/k", "bosAddr": "bos.example", "offlinelogserver": "",
            "logPolicy": "{\"url\":\"log.example/x\",\"level\":1}",
            "ossConfig": "[{\"qiniu\":\"up.example\",\"p\":\"1\"},{\"s3\":\"s3.example\",\"p\":\"2\"}]",
            "log": {"httpUrl": "https://log.example"},
        });
        let (clients, _) = rewritten(&answer, "http://127.0.0.1:9", "https://up.example", false);
        assert_eq!(
            clients,
            json!({
                // The server that answers navi has no prefix.
                "uploadServer": "http://127.0.0.1:9/files/k", "bosAddr": "127.0.0.1:9/~proxy/1", "offlinelogserver": "",
                "logPolicy": "{\"url\":\"127.0.0.1:9/~proxy/2/x\",\"level\":1}",
                "ossConfig": "[{\"qiniu\":\"127.0.0.1:9\",\"p\":\"1\"},{\"s3\":\"s3.example\",\"p\":\"2\"}]",
                "log": {"httpUrl": "http://127.0.0.1:9/~proxy/2"},
            })
        );
    }

    #[test]
    fn native_clients_are_told_by_the_transports_that_they_speak() {
        assert!(wants_native("conn=1,2;rtc=4") && !wants_native("rtc=1; conn=5"));
    }

    #[test]
    fn a_scripts_call_stays_around_it() {
        let (own, upstream) = (place("127.0.0.1:9"), place("navi.example"));
        let asked = Asked { own: &own, upstream: &upstream, native: false };
        let mut prefixes = Prefixes::new(upstream.clone());
        let text = b"getServerEndpoint({\"server\":\"a:1\"});";
        let (body, _) = rewrite(text, asked, &mut prefixes).unwrap();
        assert_eq!(body, b"getServerEndpoint({\"server\":\"127.0.0.1:9\"});");
        assert!(!obfuscates(text) && obfuscates(b"x({\"openAnti\":1})") && !obfuscates(b"{\"openAnti\":0}"));
        for other in [&b"<html>"[..], b"}{", b"{\"server\":", b"\xFF{}", b"[1]"] {
            assert_eq!(rewrite(other, asked, &mut prefixes), None);
        }
    }
}
