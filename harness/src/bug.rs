//! Deliberate bugs, whoever has them: the service, or the reference client (`client:NAME`).

use std::fmt;

use reference_client::bug::Bug as ClientBug;
use service::bug::Bug as ServiceBug;

/// How names of the client's bugs begin where the service's are named, too.
const CLIENT: &str = "client:";

/// A deliberate bug.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Bug {
    /// The service does something wrong.
    Service(ServiceBug),
    /// The reference client does.
    Client(ClientBug),
}

impl Bug {
    /// Every bug, the service's first.
    pub fn all() -> impl Iterator<Item = Self> {
        let service = ServiceBug::ALL.iter().map(|(bug, _)| Self::Service(*bug));
        service.chain(ClientBug::ALL.iter().copied().map(Self::Client))
    }

    /// The bug that scenarios and the command line name so.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match name.strip_prefix(CLIENT) {
            Some(name) => ClientBug::named(name).map(Self::Client),
            None => {
                ServiceBug::ALL.iter().find(|(_, known)| *known == name).map(|(bug, _)| Self::Service(*bug))
            }
        }
    }

    /// What it does wrong, a sentence.
    #[must_use]
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Service(bug) => bug.meaning(),
            Self::Client(bug) => bug.meaning(),
        }
    }

    /// The requirement that it breaks, or the rule that is taken for granted. Of the service's bugs that is told by the
    /// scenarios that name them.
    #[must_use]
    pub fn breaks(self) -> Option<&'static str> {
        match self {
            Self::Service(_) => None,
            Self::Client(bug) => Some(bug.breaks()),
        }
    }

    /// Whether the client has it.
    #[must_use]
    pub fn is_of_client(self) -> bool {
        matches!(self, Self::Client(_))
    }

    /// The service's of these.
    #[must_use]
    pub fn of_service(bugs: &[Self]) -> Vec<ServiceBug> {
        bugs.iter().filter_map(|bug| if let Self::Service(bug) = bug { Some(*bug) } else { None }).collect()
    }

    /// The client's of these.
    #[must_use]
    pub fn of_client(bugs: &[Self]) -> Vec<ClientBug> {
        bugs.iter().filter_map(|bug| if let Self::Client(bug) = bug { Some(*bug) } else { None }).collect()
    }
}

impl From<ServiceBug> for Bug {
    fn from(bug: ServiceBug) -> Self {
        Self::Service(bug)
    }
}

impl From<ClientBug> for Bug {
    fn from(bug: ClientBug) -> Self {
        Self::Client(bug)
    }
}

impl fmt::Display for Bug {
    /// The name by which it is cited.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Service(bug) => {
                let known = ServiceBug::ALL.iter().find(|(known, _)| known == bug);
                f.pad(known.map_or("", |(_, name)| name))
            }
            Self::Client(bug) => f.pad(&format!("{CLIENT}{}", bug.name())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::catalogue;

    #[test]
    fn every_bug_is_found_by_the_name_it_is_shown_with() {
        for bug in Bug::all() {
            assert_eq!(Bug::named(&bug.to_string()), Some(bug));
        }
        assert_eq!(Bug::named("client:no_kick"), None);
    }

    #[test]
    fn what_a_bug_breaks_is_in_the_catalogue() {
        for bug in Bug::all() {
            if let Some(id) = bug.breaks() {
                assert!(catalogue().get(id).is_some(), "{bug} breaks {id}, which is not there");
            }
        }
    }
}
