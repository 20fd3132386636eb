//! `service:` and `worlds:`, and server-side acts.

use std::collections::BTreeSet;

use indexmap::IndexMap;
use service::{
    act::Act,
    setup::{BacklogConversation, WorldSetup},
    switch::Switches,
};

use super::{Name, Node, Reader, World, section};
use crate::scenario::{MAIN_WORLD, place::Place, tree::Data};

impl Reader<'_> {
    pub(super) fn all_worlds(&mut self, root: &Node) -> IndexMap<String, WorldSetup> {
        let mut worlds = IndexMap::new();
        let setup = root.get("service").map(|node| self.world(MAIN_WORLD, node)).unwrap_or_default();
        self.worlds.entry(MAIN_WORLD.to_owned()).or_default();
        worlds.insert(MAIN_WORLD.to_owned(), setup);
        let Some(node) = root.get("worlds") else { return worlds };
        let Data::Map(entries) = &node.data else {
            self.expected(node, "worlds by name: a mapping");
            return worlds;
        };
        for entry in entries {
            let name = &entry.key.value;
            if self.names.contains_key(name) || worlds.contains_key(name) || !super::value::is_name(name) {
                let message = format!("`{name}` cannot be the name of a world");
                let help =
                    Some("letters, digits and `_`; not `main`, not a user, not a name like `now`".to_owned());
                self.wrong(entry.key.at, "wrong_name", message, "here", help);
            }
            let setup = self.world(name, &entry.value);
            worlds.insert(name.clone(), setup);
            self.names.insert(name.clone(), Name::World(name.clone()));
        }
        worlds
    }

    fn world(&mut self, name: &str, node: &Node) -> WorldSetup {
        let setup: WorldSetup = match section::read(node) {
            Ok(setup) => setup,
            Err(errors) => {
                self.section_errors(errors, node.at, "service");
                // Read on with what can be made out, so that one slip does not make every user unknown.
                self.guess_world(name, node);
                return WorldSetup::default();
            }
        };
        let users = setup.users.iter().map(|user| user.id.clone()).collect();
        let tokens: BTreeSet<String> = setup.tokens.keys().cloned().collect();
        let groups = setup.groups.keys().cloned().collect();
        self.add_world(name, World { users, tokens, groups });
        self.check_world(name, &setup, node);
        setup
    }

    fn guess_world(&mut self, name: &str, node: &Node) {
        let mut world = World::default();
        if let Some(Data::List(items)) = node.get("users").map(|users| &users.data) {
            for item in items {
                let id = item.text().or_else(|| item.get("id").and_then(Node::text));
                world.users.extend(id.map(str::to_owned));
            }
        }
        for (key, names) in [("tokens", &mut world.tokens)] {
            if let Some(Data::Map(entries)) = node.get(key).map(|node| &node.data) {
                names.extend(entries.iter().map(|entry| entry.key.value.clone()));
            }
        }
        if let Some(Data::Map(entries)) = node.get("groups").map(|node| &node.data) {
            world.groups.extend(entries.iter().map(|entry| entry.key.value.clone()));
        }
        self.add_world(name, world);
    }

    fn add_world(&mut self, name: &str, world: World) {
        if name == MAIN_WORLD {
            for user in &world.users {
                self.names.insert(user.clone(), Name::User);
            }
            self.names.insert("token".to_owned(), Name::Tokens(world.tokens.clone().into()));
        }
        self.worlds.insert(name.to_owned(), world);
    }

    /// What the types cannot say: users and groups that are named must exist.
    fn check_world(&mut self, name: &str, setup: &WorldSetup, node: &Node) {
        for mistake in setup.out_of_range() {
            self.wrong(node.at, "out_of_range", mistake, "in this world", None);
        }
        for mistake in setup.limits.mistakes() {
            let at = node.get("limits").map_or(node.at, |limits| limits.at);
            self.wrong(at, "wrong_limit", mistake, "in these limits", None);
        }
        if let Some(Data::Map(tokens)) = node.get("tokens").map(|node| &node.data) {
            for user in tokens.iter().filter_map(|entry| entry.value.get("user")) {
                self.user_node(name, user);
            }
        }
        for key in ["groups", "blacklists", "whitelists"] {
            let Some(Data::Map(entries)) = node.get(key).map(|node| &node.data) else { continue };
            for entry in entries {
                if key != "groups" {
                    self.known_user(name, &entry.key.value, entry.key.at);
                }
                if let Data::List(users) = &entry.value.data {
                    users.iter().for_each(|user| self.user_node(name, user));
                }
            }
        }
        self.check_ultra_groups(name, setup, node);
        if let Some(Data::List(items)) = node.get("backlog").map(|node| &node.data) {
            for (item, backlog) in items.iter().zip(&setup.backlog) {
                let Some(to) = item.get("to") else { continue };
                match backlog.conversation {
                    BacklogConversation::Group => self.known_group(name, &backlog.to, to.at),
                    // What waits in a room needs one; otherwise joining creates it.
                    BacklogConversation::Chatroom if setup.chatrooms.contains_key(&backlog.to) => {}
                    BacklogConversation::UltraGroup => {
                        if let Some(mistake) = setup.ultra_backlog_mistake(backlog) {
                            self.wrong(to.at, "unknown_ultra_group", mistake, "named here", None);
                        }
                    }
                    BacklogConversation::Chatroom => {
                        let rooms = setup.chatrooms.keys().map(String::as_str);
                        self.unknown(to.at, "unknown_chatroom", "chatroom", &backlog.to, rooms);
                    }
                    _ => self.user_node(name, to),
                }
                if backlog.conversation != BacklogConversation::System
                    && let Some(from) = item.get("from")
                {
                    self.user_node(name, from);
                }
            }
        }
    }

    /// Members of ultra groups and of their channels are users; what else may be wrong, the set-up itself tells.
    fn check_ultra_groups(&mut self, name: &str, setup: &WorldSetup, node: &Node) {
        let Some(groups) = node.get("ultraGroups") else { return };
        for mistake in setup.ultra_group_mistakes() {
            self.wrong(groups.at, "wrong_ultra_group", mistake, "in these ultra groups", None);
        }
        let Data::Map(entries) = &groups.data else { return };
        for entry in entries {
            if let Some(Data::List(users)) = entry.value.get("members").map(|members| &members.data) {
                users.iter().for_each(|user| self.user_node(name, user));
            }
        }
    }

    /// A server-side act: a mapping with one key.
    pub(super) fn check_act(&mut self, world: &str, node: &Node) {
        let read = match section::read::<Act>(node) {
            Ok(read) => read,
            Err(errors) => {
                self.section_errors(errors, node.at, "act");
                return;
            }
        };
        if let Some(mistake) = read.out_of_range() {
            self.wrong(node.at, "out_of_range", mistake, "in this act", None);
        }
        let Data::Map(entries) = &node.data else { return };
        let Some(act) = entries.first() else { return };
        if let Act::Fault(fault) = &read
            && let Some(mistake) = fault.on.mistake()
        {
            let at = act.value.get("on").and_then(|on| on.get("kind")).map_or(act.key.at, |kind| kind.at);
            let message = format!("this fault never takes effect: {mistake}");
            self.wrong(at, "wrong_fault", message, "never", None);
        }
        if act.key.value == "setSwitch"
            && let Some(name) = act.value.get("name")
        {
            let word = name.text().unwrap_or_default();
            if !word.starts_with('$') && !Switches::NAMES.contains(&word) {
                self.unknown(name.at, "unknown_switch", "switch", word, Switches::NAMES.iter().copied());
            }
        }
        for key in ["user", "owner"] {
            if let Some(user) = act.value.get(key) {
                self.user_node(world, user);
            }
        }
    }

    fn section_errors(&mut self, errors: Vec<section::SectionError>, at: Place, what: &'static str) {
        let code = if what == "act" { "wrong_act" } else { "wrong_service" };
        for error in errors {
            self.wrong(error.at.unwrap_or(at), code, format!("in `{what}`: {error}"), "here", error.help);
        }
    }

    fn user_node(&mut self, world: &str, node: &Node) {
        if let Some(user) = node.text().filter(|user| !user.starts_with('$')) {
            self.known_user(world, user, node.at);
        }
    }

    pub(super) fn known_user(&mut self, world: &str, user: &str, at: Place) {
        let users = self.worlds.get(world).map(|world| &world.users);
        if !users.is_some_and(|users| users.contains(user)) {
            let known = users.into_iter().flatten().take(super::MOST_KNOWN);
            let known: Vec<String> = known.cloned().collect();
            self.unknown(at, "unknown_user", "user", user, known.iter().map(String::as_str));
        }
    }

    fn known_group(&mut self, world: &str, group: &str, at: Place) {
        let groups = self.worlds.get(world).map(|world| &world.groups);
        if !groups.is_some_and(|groups| groups.contains(group)) {
            let known: Vec<String> = groups.into_iter().flatten().take(super::MOST_KNOWN).cloned().collect();
            self.unknown(at, "unknown_group", "group", group, known.iter().map(String::as_str));
        }
    }
}
