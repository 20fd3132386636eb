//! Who a client says it is: one reading of the WebSocket address and of the native CONNECT, so that both transports
//! mean the same by it.
//!
//! On WebSocket everything stands in the query (`appId`, `token`, `sdkVer`, `deviceId`, `platform`, `protocolVer`);
//! a native client sends a CONNECT. Two facts that vendors' clients keep to themselves, that a login is a reconnect and
//! that it gives way, our own reference client adds: as query keys, or as a `session:` string behind the CONNECT.

use bytes::Buf;
use wire::{Connect, decode_text};

use crate::core::{
    io::{Login, Transport},
    params::Form,
};

/// What the reference client's extra CONNECT string begins with.
const SESSION: &str = "session:";

impl Login {
    /// The App Key and the login that a WebSocket address's query (without `?`) tells; what is missing is empty.
    ///
    /// ```
    /// let (app, login) = service::Login::from_websocket_query("appId=key&token=a%40h&deviceId=d1&protocolVer=4");
    /// assert_eq!((app.as_str(), login.token.as_str(), login.protocol_version), ("key", "a@h", 4));
    /// ```
    #[must_use]
    pub fn from_websocket_query(query: &str) -> (String, Self) {
        let query = Form::parse(query);
        let text = |key| query.get(key).unwrap_or_default().to_owned();
        let login = Self {
            transport: Transport::WebSocket,
            token: text("token"),
            platform: text("platform"),
            sdk_version: text("sdkVer"),
            // Absent means the older layout, as 3 does.
            protocol_version: query.get("protocolVer").and_then(|v| v.parse().ok()).unwrap_or(3),
            device_id: text("deviceId"),
            reconnect: is_set(query.get("reconnect")),
            give_way: is_set(query.get("kickReconnectDevice")),
            label: String::new(),
            address: String::new(),
            origin: String::new(),
        };
        (text("appId"), login)
    }

    /// The App Key and the login that the address of a polling client's first request tells. It has the same keys as a
    /// WebSocket's but for `protocolVer`.
    #[must_use]
    pub fn from_comet_query(query: &str) -> (String, Self) {
        let (app_key, login) = Self::from_websocket_query(query);
        (app_key, Self { transport: Transport::Comet, protocol_version: 3, ..login })
    }

    /// The App Key and the login that a native CONNECT tells. The platform is the part of the client info before its
    /// first `-` (`PC--5.46.1`), the version the part behind its last.
    #[must_use]
    pub fn from_connect(connect: &Connect) -> (String, Self) {
        let info = connect.client_info.as_str();
        let mut login = Self {
            transport: Transport::Tcp,
            token: connect.token.clone(),
            platform: info.split('-').next().unwrap_or_default().to_owned(),
            sdk_version: info.rsplit_once('-').map(|(_, version)| version.to_owned()).unwrap_or_default(),
            protocol_version: connect.version,
            device_id: connect.device_id.clone(),
            ..Self::default()
        };
        for text in strings(&connect.rest) {
            let Some(facts) = text.strip_prefix(SESSION) else { continue };
            for (key, value) in facts.split(',').filter_map(|fact| fact.split_once('=')) {
                match key {
                    "reconnect" => login.reconnect = is_set(Some(value)),
                    "kickReconnectDevice" => login.give_way = is_set(Some(value)),
                    "label" => value.clone_into(&mut login.label),
                    _ => {}
                }
            }
        }
        (connect.app_key.clone(), login)
    }
}

fn is_set(value: Option<&str>) -> bool {
    matches!(value, Some("1" | "true"))
}

/// Strings behind the known ones; what is cut or no text ends them, for vendors may put anything there.
fn strings(mut rest: &[u8]) -> Vec<String> {
    let mut strings = Vec::new();
    while let Ok(length) = rest.try_get_u16() {
        let Some((text, behind)) = rest.split_at_checked(usize::from(length)) else { break };
        strings.extend(decode_text(text));
        rest = behind;
    }
    strings
}

#[cfg(test)]
mod tests {
    use bytes::BytesMut;

    use super::*;

    #[test]
    fn a_web_sdk_address_is_read() {
        let query = "appId=k&token=alice%40&sdkVer=4.6.4&pid=1&apiVer=normal&protocolVer=3";
        let (app, login) = Login::from_websocket_query(query);
        assert_eq!(app, "k");
        assert_eq!((login.token.as_str(), login.sdk_version.as_str()), ("alice@", "4.6.4"));
        assert_eq!((login.protocol_version, login.reconnect, login.give_way), (3, false, false));
    }

    #[test]
    fn extra_keys_tell_a_reconnect() {
        let (_, login) =
            Login::from_websocket_query("appId=k&reconnect=1&kickReconnectDevice=1&platform=Android");
        assert!(login.reconnect && login.give_way);
        assert_eq!(login.platform, "Android");
    }

    fn connect(extra: &[&str]) -> Connect {
        let mut rest = BytesMut::new();
        extra.iter().for_each(|text| wire::encode_text(text, &mut rest));
        Connect {
            version: 3,
            device_id: "d".into(),
            client_info: "Android--5.2.5".into(),
            app_key: "k".into(),
            token: "t@".into(),
            rest: rest.freeze(),
            ..Connect::default()
        }
    }

    #[test]
    fn a_native_connect_is_read() {
        let (app, login) = Login::from_connect(&connect(&[]));
        assert_eq!(app, "k");
        assert_eq!((login.platform.as_str(), login.sdk_version.as_str()), ("Android", "5.2.5"));
        assert_eq!((login.transport, login.reconnect), (Transport::Tcp, false));
    }

    #[test]
    fn strings_behind_the_connect_are_read_or_passed_over() {
        let extra = ["baggage:userId=a,cid=b", "session:reconnect=1,kickReconnectDevice=1,label=phone/2"];
        let (_, login) = Login::from_connect(&connect(&extra));
        assert!(login.reconnect && login.give_way);
        assert_eq!(login.label, "phone/2");
        let mut odd = connect(&[]);
        odd.rest = bytes::Bytes::from_static(&[0, 9, 1]);
        assert!(!Login::from_connect(&odd).1.reconnect);
    }
}
