//! Which mailbox, room, group or channel an entry is about.

use std::io::{BufRead, Seek};

use serde_json::{Value, json};
use service::StateKind;

use super::{
    model::{Model, Panel, Pick},
    row::{Lane, Row},
    world::World,
};

/// What an id may be of, most telling first.
const KINDS: [&str; 4] = ["chatrooms", "ultragroups", "groups", "mailboxes"];

/// What an entry is about, most telling first: kind of state, and of which.
#[must_use]
pub(super) fn concerned(row: &Row, world: &World) -> Vec<(&'static str, String)> {
    let mut ids = row.ids();
    let whose = match &row.lane {
        Lane::Client(client) => users_of(world, client),
        Lane::Http | Lane::Service => Vec::new(),
    };
    for user in row.conn.and_then(|conn| world.user_of(conn)).map(str::to_owned).into_iter().chain(whose) {
        if !ids.contains(&user) {
            ids.push(user);
        }
    }
    let mut found = Vec::new();
    for id in ids {
        let held = KINDS.into_iter().filter(|kind| world.state(kind, Some(&id)).is_some());
        found.extend(held.map(|kind| (kind, id.clone())));
    }
    found
}

/// Users of a client's open connections.
fn users_of(world: &World, client: &str) -> Vec<String> {
    let open = world.service().map(service::Service::connections).unwrap_or_default();
    let is_its =
        |label: &str| label == client || label.split_once('/').is_some_and(|(name, _)| name == client);
    open.into_iter().filter(|view| is_its(&view.label)).map(|view| view.user).collect()
}

/// State that is looked at.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Looked {
    /// What it is of.
    pub title: String,
    /// It; a text where there is none.
    pub value: Value,
}

impl<R: BufRead + Seek> Model<R> {
    /// The state that is looked at.
    pub(super) fn looked_at(&mut self) -> Result<Looked, String> {
        if let Some(why) = self.world.why_none() {
            let value = format!("this recording has no world, only entries: {why}").into();
            return Ok(Looked { title: "none".to_owned(), value });
        }
        let (kind, id, which) = match &self.pick {
            Pick::Named(kind, id) => (kind.clone(), id.clone(), String::new()),
            Pick::Concerned(which) => {
                let at = self.at();
                let page = self.source.page(at)?;
                let about = page.as_deref().and_then(|page| page.row(at));
                let about = about.map(|row| concerned(row, &self.world)).unwrap_or_default();
                let Some((kind, id)) = about.get(which % about.len().max(1)) else {
                    let value = "the entry names no mailbox, room or group; s takes one by its name".into();
                    return Ok(Looked { title: "none".to_owned(), value });
                };
                let which = format!(" ({} of {})", which % about.len() + 1, about.len());
                ((*kind).to_owned(), Some(id.clone()), which)
            }
        };
        let title = format!("{kind} {}{which}", id.as_deref().unwrap_or("(all)"));
        let held = self.world.state(&kind, id.as_deref());
        let value = match (held, id) {
            // Besides what waits for them, what is known of a user.
            (Some(mailbox), Some(id)) if kind == "mailboxes" => {
                let of = |kind| self.world.state(kind, Some(&id));
                json!({"mailbox": mailbox, "devices": of("devices"), "user": of("users")})
            }
            (Some(value), _) => value,
            (None, Some(id)) => format!("`{kind}` holds no `{id}` here").into(),
            (None, None) => Value::Null,
        };
        Ok(Looked { title, value })
    }

    /// Looks at the next state of those that the entry is about, or the one before.
    pub(super) fn pick_by(&mut self, step: isize) {
        self.panel = Panel::State;
        self.scroll = 0;
        let which = match self.pick {
            Pick::Concerned(which) => which,
            Pick::Named(..) => 0,
        };
        let (at, many) = (self.at(), |about: Vec<_>| about.len());
        let count = match self.source.page(at) {
            Ok(Some(page)) => page.row(at).map_or(0, |row| many(concerned(row, &self.world))),
            _ => 0,
        };
        if count > 0 {
            // Around, in both directions.
            let step = if step > 0 { 1 } else { count - 1 };
            self.pick = Pick::Concerned((which + step) % count);
        }
    }

    /// Looks at a state of that kind, whatever entry one is at.
    pub(super) fn name_state(&mut self, kind: &str, id: Option<String>) -> Result<(), String> {
        if StateKind::named(kind).is_none() {
            let kinds: Vec<&str> = StateKind::ALL.iter().map(|(_, kind, _)| *kind).collect();
            return Err(format!("there is no state `{kind}`; there are {}", kinds.join(", ")));
        }
        self.panel = Panel::State;
        self.scroll = 0;
        self.pick = Pick::Named(kind.to_owned(), id);
        Ok(())
    }
}
