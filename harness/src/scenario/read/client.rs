//! `clients:`

use indexmap::IndexMap;

use super::Reader;
use crate::scenario::{
    MAIN_WORLD, PHONE, PLATFORMS,
    model::Client,
    tree::{Data, Node},
};

/// What options of a client may refer to: known before anything is there.
const EARLY: [&str; 2] = ["$navi", "$appKey"];

/// The client under test, where a matrix names clients: as if `client` were not there.
const TESTED: &str = "tested";

const KEYS: &[&str] = &["user", "world", "platform", "options", "keep_store", "device", "client"];

/// Where a user has several clients, which platforms they are decides what happens: one that names none is a phone.
fn phones_beside_others(clients: &mut IndexMap<String, Client>) {
    let owners: Vec<(String, String)> =
        clients.values().map(|client| (client.world.clone(), client.user.clone())).collect();
    for client in clients.values_mut().filter(|client| client.platform.is_none()) {
        let mine = |(world, user): &&(String, String)| *world == client.world && *user == client.user;
        if owners.iter().filter(mine).count() > 1 {
            client.platform = Some(PHONE.to_owned());
        }
    }
}

impl Reader<'_> {
    pub(super) fn all_clients(&mut self, node: &Node) -> IndexMap<String, Client> {
        let mut clients = IndexMap::new();
        let Data::Map(entries) = &node.data else {
            self.expected(node, "clients by name: a mapping");
            return clients;
        };
        for entry in entries {
            let name = &entry.key.value;
            if !super::value::is_name(name) {
                let message = format!("`{name}` is no name for a client");
                let help = Some("letters, digits and `_`, beginning with a letter".to_owned());
                self.wrong(entry.key.at, "wrong_name", message, "here", help);
            }
            self.clients.push(name.clone());
            let client = self.client(&entry.value);
            clients.insert(name.clone(), Client { at: entry.key.at, ..client });
        }
        phones_beside_others(&mut clients);
        clients
    }

    fn client(&mut self, node: &Node) -> Client {
        let mut client = Client {
            at: node.at,
            user: String::new(),
            world: MAIN_WORLD.to_owned(),
            platform: None,
            options: serde_json::Map::new(),
            keep_store: true,
            device: None,
            client: None,
        };
        let entries = self.entries(node, "a client", KEYS);
        client.world = self.world_name(node.get("world"));
        for entry in entries {
            let value = &entry.value;
            match entry.key.value.as_str() {
                "user" => {
                    let Some(user) = self.text(value, "a user id") else { continue };
                    self.known_user(&client.world.clone(), &user, value.at);
                    client.user = user;
                }
                "platform" => {
                    let choices: Vec<_> = PLATFORMS.iter().map(|name| (*name, *name)).collect();
                    if let Some(platform) = self.choice(value, "platform", &choices) {
                        client.platform = Some(platform.to_owned());
                    }
                }
                "options" => {
                    self.typed_object(value, "EngineOptions", "engine option", super::typed::Role::Argument);
                    self.early_references(value);
                    if let serde_json::Value::Object(options) = value.json() {
                        client.options = options;
                    }
                }
                "keep_store" => client.keep_store = self.boolean(value, "`keep_store`").unwrap_or(true),
                "device" => client.device = self.text(value, "a device id"),
                "client" => {
                    let named = self.text(value, "a client: `reference`, `web-sdk@4.6.4`, `tested`");
                    client.client = named.filter(|name| name != TESTED);
                }
                _ => {}
            }
        }
        if node.get("user").is_none() && matches!(node.data, Data::Map(_)) {
            self.wrong(node.at, "missing_key", "`user` is missing", "of this client", None);
        }
        client
    }

    /// Of what begins with `$` only two have a value before the first step.
    fn early_references(&mut self, node: &Node) {
        match &node.data {
            Data::Scalar { .. } => {
                let json = node.json();
                let name = json.as_str().filter(|text| text.starts_with('$') && !text.starts_with("${"));
                if let Some(name) = name.filter(|name| !EARLY.contains(name)) {
                    let message = format!("`{name}` has no value when a client is made");
                    let help = Some("options may name `$navi` and `$appKey`".to_owned());
                    self.wrong(node.at, "too_early", message, "of this option", help);
                }
            }
            Data::List(items) => items.iter().for_each(|item| self.early_references(item)),
            Data::Map(entries) => entries.iter().for_each(|entry| self.early_references(&entry.value)),
        }
    }
}
