//! Which recorded request a request is: by what it means, whatever number it has.

use wire::{ClientFrame, Request};

/// How much alike two requests are; `None`: they ask for other things.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Alike {
    /// The same is asked of the same, in another way: since another instant, with an id that the client made up.
    InKind,
    /// The body is the same, too.
    Quite,
}

/// What a request is about, without its number.
pub(super) fn request(frame: &ClientFrame) -> Option<(bool, &Request)> {
    match frame {
        ClientFrame::Publish(request) => Some((true, request)),
        ClientFrame::Query(request) => Some((false, request)),
        _ => None,
    }
}

/// Compares a request of a user's with a recorded one of the same user's.
pub(super) fn alike(frame: &ClientFrame, recorded: &ClientFrame, user: &str) -> Option<Alike> {
    let ((publishes, one), (published, other)) = (request(frame)?, request(recorded)?);
    // Who asks of himself names himself, or nobody: native clients do that.
    let of_whom =
        |request: &'_ Request| if request.target == user { "" } else { request.target.as_str() }.to_owned();
    if publishes != published || one.topic != other.topic || of_whom(one) != of_whom(other) {
        return None;
    }
    Some(if one.body == other.body { Alike::Quite } else { Alike::InKind })
}

/// In words.
pub(super) fn words(frame: &ClientFrame) -> String {
    match request(frame) {
        Some((true, request)) => format!("PUBLISH {} to {}", request.topic, request.target),
        Some((false, request)) => format!("QUERY {} of {}", request.topic, request.target),
        None => "a frame".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use wire::Topic;

    use super::*;

    fn query(topic: Topic, target: &str, id: u16, body: &'static [u8]) -> ClientFrame {
        ClientFrame::Query(Request::new(topic, target, id, body.into()))
    }

    #[test]
    fn numbers_do_not_count_and_topics_and_targets_do() {
        let one = query(Topic::PullMsg, "alice", 1, b"a");
        let alike = |one: &ClientFrame, other: &ClientFrame| super::alike(one, other, "alice");
        assert_eq!(alike(&one, &query(Topic::PullMsg, "alice", 9, b"a")), Some(Alike::Quite));
        assert_eq!(alike(&one, &query(Topic::PullMsg, "", 9, b"a")), Some(Alike::Quite));
        assert_eq!(alike(&one, &query(Topic::PullMsg, "alice", 1, b"b")), Some(Alike::InKind));
        assert_eq!(alike(&one, &query(Topic::PullMsg, "bob", 1, b"a")), None);
        assert_eq!(alike(&one, &query(Topic::PullSeAtts, "alice", 1, b"a")), None);
        assert_eq!(
            alike(&one, &ClientFrame::Publish(Request::new(Topic::PullMsg, "alice", 1, "a".into()))),
            None
        );
        assert_eq!(alike(&one, &ClientFrame::Ping), None);
    }
}
