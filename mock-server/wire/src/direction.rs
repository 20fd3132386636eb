//! Whose a message is to the user that gets it.

use crate::body::DownStreamMessage;

impl DownStreamMessage {
    /// The user that gets this message sent it, from another device or long ago. Every `direction` but none and 0 says so:
    /// seen with the vendor's native client, which takes 2 for 1.
    #[must_use]
    pub fn is_own(&self) -> bool {
        self.direction()
    }
}

#[cfg(test)]
mod tests {
    use prost::Message as _;

    use super::*;

    #[test]
    fn any_number_but_zero_is_the_users_own() {
        let received = DownStreamMessage { from_user_id: "bob".into(), ..DownStreamMessage::default() };
        let bytes = received.encode_to_vec();
        assert!(!DownStreamMessage::decode(&bytes[..]).unwrap().is_own());
        for (number, own) in [(0, false), (1, true), (2, true), (0x7F, true)] {
            let said = [&bytes[..], &[0x50, number]].concat();
            assert_eq!(DownStreamMessage::decode(&said[..]).unwrap().is_own(), own, "{number}");
        }
    }
}
