//! What of a story is known once all of its recording is read.

use std::time::Duration;

use indexmap::IndexMap;

use super::{
    gather::Gathering,
    people::{bare, plain, platform},
    setup,
    story::{Do, Person, Step, Story},
};

/// Stands for a user that nothing tells of.
const NOBODY: &str = "nobody";

impl Gathering<'_> {
    /// Whose a client's token is that no login was accepted with.
    fn user_of_token(&self, client: &str) -> String {
        let token = self.story.steps.iter().find_map(|step| match &step.what {
            Do::Call { client: of, method, args } if of == client && method == "connect" => {
                args["token"].as_str()
            }
            _ => None,
        });
        let token = bare(token.unwrap_or_default());
        let named = self.story.tokens.get(token).and_then(|name| name.strip_prefix("$token."));
        let user = named.and_then(|name| self.users_of_tokens.get(name));
        user.cloned().or_else(|| token.strip_prefix("test:").map(str::to_owned)).unwrap_or_default()
    }

    /// The end of the recording, for what came late: a pause of no length, which the time before it makes one.
    fn after_all(&self) -> Option<Step> {
        let last = self.story.steps.last()?;
        let after = self.last.filter(|after| *after > last.after)?;
        Some(Step { n: last.n, after, what: Do::Pause(Duration::ZERO) })
    }

    /// What is known in the end alone: who the clients were, and how much time passed between steps.
    pub(super) fn end(mut self, grain: Duration) -> Story {
        if self.others > 20 {
            let more = self.others - 20;
            self.story.notes.push(format!("and {more} more that no call is known for"));
        }
        let mut clients: IndexMap<String, (String, String)> = IndexMap::new();
        for (name, (identity, _)) in &self.met {
            clients.insert(name.clone(), (identity.user.clone(), identity.platform.clone()));
        }
        for (name, of) in &self.told {
            match of {
                Some((user, login)) => {
                    clients.insert(name.clone(), (user.clone(), platform(login)));
                }
                None => {
                    let user = self.user_of_token(name);
                    if user.is_empty() {
                        let note = format!("nobody knows the user of `{name}`: no login of its was accepted");
                        self.story.notes.push(note);
                    }
                    clients.insert(name.clone(), (user, "Web".to_owned()));
                }
            }
        }
        // What a client does at the end of the recording, because the recording ends, is no step.
        while self
            .story
            .steps
            .last()
            .is_some_and(|last| matches!(&last.what, Do::Call { method, .. } if method == "disconnect"))
        {
            self.story.steps.pop();
        }
        self.story.steps.retain(|step| step.what.client().is_none_or(|client| clients.contains_key(client)));
        for (name, (user, platform)) in &clients {
            let several = clients.values().filter(|(other, _)| other == user).count() > 1;
            let platform = several.then(|| platform.clone());
            let user = if user.is_empty() { NOBODY.to_owned() } else { user.clone() };
            self.story.clients.insert(name.clone(), Person { user, platform });
        }
        let users = self.story.clients.values().map(|person| person.user.as_str());
        setup::add_users(&mut self.story.service, users);
        self.story.steps.extend(self.after_all());
        names_of_clients(&mut self.story);
        pauses(&mut self.story, grain);
        self.story
    }
}

/// Time between steps becomes steps of its own, in multiples of `grain`.
fn pauses(story: &mut Story, grain: Duration) {
    let mut steps: Vec<Step> = Vec::with_capacity(story.steps.len() * 2);
    let mut before = story.steps.first().map_or(Duration::ZERO, |step| step.after);
    for step in std::mem::take(&mut story.steps) {
        let gap = step.after.saturating_sub(before);
        if gap >= grain {
            let whole = gap.as_millis() - gap.as_millis() % grain.as_millis();
            let what = Do::Pause(Duration::from_millis(u64::try_from(whole).unwrap_or(u64::MAX)));
            steps.push(Step { n: step.n, after: step.after, what });
        }
        before = step.after;
        if step.what != Do::Pause(Duration::ZERO) {
            steps.push(step);
        }
    }
    story.steps = steps;
}

/// Clients whose names scenarios cannot have get others.
fn names_of_clients(story: &mut Story) {
    let is_name = |name: &str| {
        name.starts_with(|first: char| first.is_ascii_alphabetic())
            && name.chars().all(|sign| sign.is_ascii_alphanumeric() || sign == '_')
    };
    let odd: Vec<String> = story.clients.keys().filter(|name| !is_name(name)).cloned().collect();
    for old in odd {
        let first = plain(&old);
        let numbered = (2..).map(|n| format!("{first}_{n}"));
        let free =
            std::iter::once(first.clone()).chain(numbered).find(|name| !story.clients.contains_key(name));
        let Some(new) = free else { continue };
        if let Some(person) = story.clients.shift_remove(&old) {
            story.clients.insert(new.clone(), person);
        }
        for step in &mut story.steps {
            match &mut step.what {
                Do::Call { client, .. } if *client == old => client.clone_from(&new),
                Do::Around(value) => {
                    for what in value.as_object_mut().into_iter().flat_map(|step| step.values_mut()) {
                        if *what == *old {
                            *what = new.as_str().into();
                        } else if what["client"] == *old {
                            what["client"] = new.as_str().into();
                        }
                    }
                }
                _ => {}
            }
        }
        for known in story.messages.values_mut() {
            if known.by == old {
                known.by.clone_from(&new);
            }
            known.to.iter_mut().filter(|(to, _)| *to == old).for_each(|(to, _)| to.clone_from(&new));
        }
    }
}
