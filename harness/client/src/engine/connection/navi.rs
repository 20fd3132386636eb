//! Navigation: where the service is (NAVI-001 to NAVI-004).
//!
//! A `naviServer` the app names is asked and no other (NAVI-002). Without one, the hosts behind the token's `@` are
//! asked, and the default only if the token names none. An answer is good for two hours a token, unless the server
//! redirects; it is kept by the engine, not by the store.

use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;
use wire::UnixMillis;

use crate::{
    core::{
        bug::Bug,
        code,
        io::{EngineOutput, HttpAnswer},
        link::Link,
        navi::Navi,
    },
    engine::{
        Engine,
        connection::{STEP_LIMIT, VERSION},
    },
};

/// Asked when neither the app nor the token names a server (NAVI-001).
const DEFAULT_NAVI: &str = "https://nav.cn.ronghub.com";
const MINUTE: Duration = Duration::from_secs(60);
const NAVI_LIFE: Duration = Duration::from_secs(2 * 3600);

impl Engine {
    /// Navi hosts as base addresses, in the order in which they are asked; what is no address is left out (NAVI-004).
    fn navi_hosts(&self) -> Vec<String> {
        let token = self.wanted.as_ref().map(|wanted| wanted.token.as_str()).unwrap_or_default();
        let named = token.split_once('@').map(|(_, hosts)| hosts).unwrap_or_default();
        let mut hosts: Vec<&str> = match &self.core.options.navi_server {
            Some(own) if named.is_empty() || !self.core.has(Bug::TokenOverrulesOwnNavi) => vec![own],
            _ => named.split(';').filter(|host| !host.is_empty()).collect(),
        };
        if hosts.is_empty() {
            hosts.push(DEFAULT_NAVI);
        }
        hosts
            .into_iter()
            .map(|host| if host.contains("://") { host.to_owned() } else { format!("https://{host}") })
            .map(|host| host.trim_end_matches('/').to_owned())
            .filter(|host| {
                url::Url::parse(host)
                    .is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
            })
            .collect()
    }

    /// The address of that index, if navi's answer still holds.
    pub(super) fn navi_address(&self, now: UnixMillis, index: usize) -> Option<String> {
        let token = &self.wanted.as_ref()?.token;
        let known = self.core.navi.as_ref()?;
        let mine = known.token == *token || self.core.has(Bug::NaviOfAnotherToken);
        let fresh = known.until > now || self.core.has(Bug::NaviNeverExpires);
        let is_old = fresh && now + NAVI_LIFE > known.until + MINUTE;
        if !mine || !fresh || (is_old && self.core.has(Bug::NaviLastsAMinute)) {
            return None;
        }
        known.addresses.get(index).cloned()
    }

    /// Asks the host of that index; past the last one the attempt has failed.
    pub(super) fn ask_navi(&mut self, now: UnixMillis, host: usize) {
        let (Some(base), Some(wanted)) = (self.navi_hosts().get(host).cloned(), &self.wanted) else {
            return self.lost(now);
        };
        let token: String = url::form_urlencoded::byte_serialize(wanted.token.as_bytes()).collect();
        let id = self.core.next_id();
        self.core.link = Link::Navigating { http: id, host, until: now + STEP_LIMIT };
        let headers = [
            ("RC-Appkey", self.core.env.app_key.clone()),
            ("Content-Type", "application/x-www-form-urlencoded".to_owned()),
            ("RC-Negotiate", format!("conn={}", self.core.protocol())),
        ];
        self.core.output(EngineOutput::Http {
            id,
            method: "POST",
            url: format!("{base}/v2/navi.json"),
            headers: headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
            // The service knows the platform by this misspelt key.
            body: format!("token={token}&v={VERSION}&platfrom={}", self.core.env.platform).into(),
        });
    }

    pub(super) fn next_navi(&mut self, now: UnixMillis) {
        if let Link::Navigating { host, .. } = self.core.link {
            if host + 1 < self.navi_hosts().len() && self.core.has(Bug::OneNaviHostOnly) {
                return self.lost(now);
            }
            self.ask_navi(now, host + 1);
        }
    }

    pub(crate) fn navi_answered(&mut self, now: UnixMillis, id: u64, answer: Option<HttpAnswer>) {
        if !matches!(self.core.link, Link::Navigating { http, .. } if http == id) {
            return;
        }
        match read_navi(answer.as_ref(), self.core.protocol()) {
            Outcome::Addresses(mut addresses) => {
                if addresses.len() > 1 && self.core.has(Bug::PrefersLightAddresses) {
                    addresses.reverse();
                }
                let Some(wanted) = &self.wanted else { return };
                let upload_server = answer.as_ref().and_then(|answer| upload_server(&answer.body));
                let (token, until) = (wanted.token.clone(), now + NAVI_LIFE);
                let told = |name: &str| answer.as_ref().is_some_and(|answer| is_on(&answer.body, name));
                let default_channel = answer.as_ref().is_some_and(|answer| drives_channels(&answer.body));
                self.core.navi = Some(Navi {
                    token,
                    addresses,
                    upload_server,
                    room_entries: told("kvStorage"),
                    many_rooms: told("joinMChrm"),
                    ultra_groups: told("ugMsg"),
                    default_channel,
                    until,
                });
                self.open(now, 0);
            }
            Outcome::Refused(code::LICENSE_EXPIRED) if self.core.has(Bug::LicenceKeepsTrying) => {
                self.next_navi(now);
            }
            Outcome::Refused(code::TOKEN_INCORRECT) if self.core.has(Bug::NaviRefusalKeepsTrying) => {
                self.next_navi(now)
            }
            Outcome::Refused(code) => {
                let status = if code == code::TOKEN_INCORRECT { "token_incorrect" } else { "unconnected" };
                self.end(now, code, Some(status));
            }
            Outcome::Failed if self.core.has(Bug::NaviFailureIsFinal) => {
                self.end(now, code::NOT_CONNECTED, Some("unconnected"));
            }
            Outcome::Failed => self.next_navi(now),
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    /// At least one `host:port`, in the order in which they are tried.
    Addresses(Vec<String>),
    /// The token is refused here already: no other host is asked.
    Refused(i64),
    Failed,
}

fn read_navi(answer: Option<&HttpAnswer>, protocol: i64) -> Outcome {
    let Some(HttpAnswer { status, body, .. }) = answer else { return Outcome::Failed };
    if let Some(code) = refusal(i64::from(*status)) {
        return Outcome::Refused(code);
    }
    let Some(json) = parse(body).filter(|_| *status == 200) else { return Outcome::Failed };
    match json.get("code").and_then(Value::as_i64) {
        None | Some(200) => {}
        Some(code) => return refusal(code).map_or(Outcome::Failed, Outcome::Refused),
    }
    let addresses = addresses(&json, protocol);
    if addresses.is_empty() { Outcome::Failed } else { Outcome::Addresses(addresses) }
}

/// Statuses, of HTTP or of the body, that no other host will change.
fn refusal(status: i64) -> Option<i64> {
    match status {
        401 | 403 => Some(code::TOKEN_INCORRECT),
        416 => Some(code::LICENSE_EXPIRED),
        _ => None,
    }
}

/// `serverAddr` of our protocol, heaviest first; else `server`, then `backupServer` or `bs`.
fn addresses(json: &Value, protocol: i64) -> Vec<String> {
    let listed = json.get("serverAddr").and_then(Value::as_array).into_iter().flatten();
    let mut ours: Vec<(i64, &str)> = listed
        .filter(|entry| entry.get("protocol").and_then(Value::as_i64) == Some(protocol))
        .filter_map(|entry| {
            let weight = entry.get("weight").and_then(Value::as_i64).unwrap_or(0);
            Some((weight, entry.get("addr")?.as_str()?))
        })
        .filter(|(_, address)| !address.is_empty())
        .collect();
    ours.sort_by_key(|(weight, _)| std::cmp::Reverse(*weight));
    if !ours.is_empty() {
        return ours.into_iter().map(|(_, address)| address.to_owned()).collect();
    }
    let list = |name: &str| json.get(name).and_then(Value::as_str).filter(|list| !list.is_empty());
    [list("server"), list("backupServer").or_else(|| list("bs"))]
        .into_iter()
        .flatten()
        .flat_map(|list| list.split(','))
        .map(str::trim)
        .filter(|address| !address.is_empty())
        .map(str::to_owned)
        .collect()
}

/// `uploadServer`: an address, or a host, which is spoken to over HTTPS.
fn upload_server(body: &Bytes) -> Option<String> {
    let json = parse(body)?;
    let server = json.get("uploadServer")?.as_str().filter(|server| !server.is_empty())?;
    Some(if server.contains("://") { server.to_owned() } else { format!("https://{server}") })
}

/// A service that is on: `true`, or a number that is not 0.
fn is_on(body: &Bytes, name: &str) -> bool {
    let json = parse(body).unwrap_or_default();
    matches!(json.get(name), Some(Value::Bool(true))) || json[name].as_i64().is_some_and(|number| number != 0)
}

/// Bit 2 of `ugDriven`: a message without a channel is one of the default channel.
fn drives_channels(body: &Bytes) -> bool {
    parse(body).unwrap_or_default()["ugDriven"].as_i64().is_some_and(|bits| bits & 2 != 0)
}

fn parse(body: &Bytes) -> Option<Value> {
    serde_json::from_slice(body).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::core::navi::{RMTP, WEBSOCKET};

    fn read(status: u16, body: &Value, protocol: i64) -> Outcome {
        read_navi(Some(&HttpAnswer::new(status, &[], body.to_string().into())), protocol)
    }

    #[test]
    fn addresses_of_our_protocol_come_by_weight_and_the_old_fields_stand_in() {
        let entry = |addr: &str, protocol: i64, weight: i64| json!({"addr": addr, "protocol": protocol, "weight": weight});
        let listed = [entry("a:1", 1, 5), entry("w:1", 5, 9), entry("b:1", 1, 10)];
        let body = json!({"code": 200, "serverAddr": listed, "server": "old:1"});
        assert_eq!(read(200, &body, RMTP), Outcome::Addresses(vec!["b:1".into(), "a:1".into()]));
        assert_eq!(read(200, &body, WEBSOCKET), Outcome::Addresses(vec!["w:1".into()]));
        let old = json!({"server": "old:1", "backupServer": "c:1, d:1"});
        assert_eq!(
            read(200, &old, RMTP),
            Outcome::Addresses(vec!["old:1".into(), "c:1".into(), "d:1".into()])
        );
    }

    #[test]
    fn a_refused_token_is_final_and_anything_else_is_not() {
        assert_eq!(read(403, &json!({}), RMTP), Outcome::Refused(31_004));
        assert_eq!(read(200, &json!({"code": 401}), RMTP), Outcome::Refused(31_004));
        assert_eq!(read(416, &json!({}), RMTP), Outcome::Refused(31_030));
        assert_eq!(read(500, &json!({"server": "a:1"}), RMTP), Outcome::Failed);
        assert_eq!(read(200, &json!({"code": 200}), RMTP), Outcome::Failed);
        assert_eq!(read_navi(None, RMTP), Outcome::Failed);
    }
}
