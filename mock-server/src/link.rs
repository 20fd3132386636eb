//! The state of the links between clients and a world, by the labels their logins gave: the network steps of a scenario
//! on real sockets.

/// How a link behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LinkState {
    /// Bytes pass.
    #[default]
    Up,
    /// New connections and requests are refused: closed without an answer. Open connections are not touched (cut them).
    Refuse,
    /// Nothing passes either way until the link is up again; nothing is lost.
    Stall,
    /// Everything is lost either way, also the news that an end was closed, while the connections look open. They break
    /// when the link is up again, for what was lost stays lost.
    HalfOpen,
}

/// Label prefixes and the state of what they name; the latest that fits counts.
#[derive(Debug, Default)]
pub(crate) struct Links(Vec<(String, LinkState)>);

impl Links {
    pub(crate) fn set(&mut self, prefix: &str, state: LinkState) {
        self.0.retain(|(other, _)| other != prefix);
        self.0.push((prefix.to_owned(), state));
    }

    pub(crate) fn of(&self, label: &str) -> LinkState {
        let fits = |(prefix, _): &&(String, LinkState)| label.starts_with(prefix.as_str());
        self.0.iter().rev().find(fits).map(|(_, state)| *state).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_prefix_that_fits_counts() {
        let mut links = Links::default();
        links.set("", LinkState::Stall);
        links.set("phone/", LinkState::Refuse);
        assert_eq!(links.of("phone/2"), LinkState::Refuse);
        assert_eq!(links.of("tablet/1"), LinkState::Stall);
        links.set("", LinkState::Up);
        assert_eq!(links.of("phone/2"), LinkState::Up);
    }
}
