//! Who may dial in, and as whom: one-time tokens, and the resume tokens of those who did. No sockets, no clock.

use std::collections::{BTreeMap, BTreeSet};

/// An adapter that dialled in, by number.
pub(super) type SessionId = u64;

/// What an adapter shows when it dials in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Shown {
    /// A one-time token.
    Token(String),
    /// A resume token and how many lines it has got; without a count it has forgotten everything.
    Resume(String, Option<u64>),
}

impl Shown {
    /// Reads it off the query of a request: `token=…`, or `resume=…&received=…`.
    pub(super) fn read(query: &str) -> Option<Self> {
        let (mut token, mut resume, mut received) = (None, None, None);
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            match &*name {
                "token" => token = Some(value.into_owned()),
                "resume" => resume = Some(value.into_owned()),
                "received" => received = value.parse().ok(),
                _ => {}
            }
        }
        resume.map(|resume| Self::Resume(resume, received)).or(token.map(Self::Token))
    }
}

/// What becomes of one who dials in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Admission {
    /// It begins, as the client of that name.
    Begin(String),
    /// It was here: it goes on there if that still can be, or else begins anew as the client of that name.
    Return { name: String, session: SessionId, received: Option<u64> },
    /// It is not let in: why, in a sentence of less than 120 bytes.
    Refused(&'static str),
}

#[derive(Debug)]
struct Seat {
    name: String,
    is_used: bool,
}

/// All tokens of a run.
#[derive(Debug, Default)]
pub(super) struct Seats {
    tokens: BTreeMap<String, Seat>,
    resumes: BTreeMap<String, (String, SessionId)>,
}

impl Seats {
    /// A client of that name may dial in once with this token.
    pub(super) fn offer(&mut self, name: &str, token: String) {
        self.tokens.insert(token, Seat { name: name.to_owned(), is_used: false });
    }

    /// Whether a token of that name has not been used.
    pub(super) fn is_open(&self, name: &str) -> bool {
        self.tokens.values().any(|seat| seat.name == name && !seat.is_used)
    }

    /// Names of clients that were offered a place.
    pub(super) fn names(&self) -> BTreeSet<String> {
        self.tokens.values().map(|seat| seat.name.clone()).collect()
    }

    /// That adapter may come back with this token.
    pub(super) fn may_return(&mut self, token: String, name: &str, session: SessionId) {
        self.resumes.insert(token, (name.to_owned(), session));
    }

    /// Somebody dials in; a one-time token is used by this.
    pub(super) fn admit(&mut self, shown: Option<Shown>) -> Admission {
        match shown {
            None => Admission::Refused("dial in with ?token=…, as the harness printed it"),
            Some(Shown::Token(token)) => match self.tokens.get_mut(&token) {
                None => Admission::Refused("this token is none of this run: take the one that it printed"),
                Some(Seat { is_used: true, .. }) => {
                    Admission::Refused("this token was used: each lets one adapter in once")
                }
                Some(seat) => {
                    seat.is_used = true;
                    Admission::Begin(seat.name.clone())
                }
            },
            Some(Shown::Resume(token, received)) => match self.resumes.get(&token) {
                None => Admission::Refused("this resume token is none of this run, or was replaced"),
                Some((name, session)) => {
                    Admission::Return { name: name.clone(), session: *session, received }
                }
            },
        }
    }

    /// That session is over for good: its resume token is of no use.
    pub(super) fn forget(&mut self, session: SessionId) {
        self.resumes.retain(|_, (_, of)| *of != session);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(text: &str) -> Option<Shown> {
        Some(Shown::Token(text.to_owned()))
    }

    #[test]
    fn a_token_lets_one_in_once_and_a_wrong_one_nobody() {
        let mut seats = Seats::default();
        seats.offer("dial@page", "abc".to_owned());
        assert!(seats.is_open("dial@page") && !seats.is_open("dial@phone"));
        assert!(
            matches!(seats.admit(token("xyz")), Admission::Refused(why) if why.contains("none of this run"))
        );
        assert!(matches!(seats.admit(None), Admission::Refused(_)));
        assert_eq!(seats.admit(token("abc")), Admission::Begin("dial@page".to_owned()));
        assert!(!seats.is_open("dial@page"));
        assert!(matches!(seats.admit(token("abc")), Admission::Refused(why) if why.contains("was used")));
    }

    #[test]
    fn who_was_in_comes_back_with_what_it_was_given() {
        let mut seats = Seats::default();
        seats.may_return("r".to_owned(), "dial@page", 7);
        let back = || Shown::read("resume=r&received=12");
        assert_eq!(back(), Some(Shown::Resume("r".to_owned(), Some(12))));
        let name = "dial@page".to_owned();
        assert_eq!(seats.admit(back()), Admission::Return { name, session: 7, received: Some(12) });
        seats.forget(7);
        assert!(matches!(seats.admit(back()), Admission::Refused(_)));
    }

    /// A close frame has no room for more.
    #[test]
    fn a_refusal_fits_into_a_close_frame() {
        let mut seats = Seats::default();
        seats.offer("x", "used".to_owned());
        seats.admit(token("used"));
        let resume = Some(Shown::Resume("x".to_owned(), None));
        for shown in [None, token("used"), token("wrong"), resume] {
            assert!(matches!(seats.admit(shown), Admission::Refused(why) if why.len() < 120));
        }
    }
}
