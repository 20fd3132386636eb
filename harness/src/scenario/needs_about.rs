//! What each capability means: for people, and for whoever writes an adapter.

/// What a client must have or do to name that capability; `None`: there is none of that name.
#[must_use]
pub fn about_need(need: &str) -> Option<&'static str> {
    Some(match need {
        "virtual_time" => {
            "its clock is virtual; in real time what only waits runs all the same, up to `--patience`"
        }
        "network" => "its connections have labels, so that they can be cut, stalled and refused",
        "network_state" => {
            "it can be told that it lost its network, has it again, or changed it; not for adapters yet"
        }
        "lifecycle" => "it can be told of foreground and background; not for adapters yet",
        "restart" => "it can be destroyed and made again with what it had stored",
        "local_store" => "messages are kept on the device, with a messageId",
        "raw_connection" => "bytes of the scenario's own can be sent; not for adapters",
        "several_devices" => "one adapter can have two engines of one user at once",
        "native_transport" => "it speaks native frames on TCP, whatever its platform",
        "reconnect_kick" => "it has the option kickReconnectDevice",
        "connect_retries" => "it repeats a first connection that fails, and ends with the time limit",
        "refusal_status" => "a refused login also shows as a status of the connection",
        "argument_checks" => "it refuses wrong arguments itself, before anything of them reaches the server",
        "doubled_pushes" => "a message that comes twice on one connection is handed over once",
        "engine_life_cycle" => "engines can be made and destroyed by calls",
        "private" => "it has one-to-one chats",
        "group" => "it has groups",
        "system" => "it has messages of the system",
        "chatroom" => "it has chatrooms",
        "ultragroup" => "it has ultra groups",
        "offline_messages" => "it fetches what waited while it was away",
        "history" => "it reads messages from the server",
        "local_insertion" => "it inserts messages into its own store",
        "search" => "it searches its own store",
        "recall" => "it recalls messages, and hears of recalls",
        "receipts" => "it sends and hears read receipts",
        "expansion" => "it changes key-value pairs of messages, and hears of changes",
        "media" => "it uploads and downloads files of messages",
        "blacklist" => "it keeps a list of users whose messages are refused",
        "conversations" => "it has a list of conversations, with unread counts",
        "drafts" => "it keeps drafts",
        "pinning" => "it pins conversations",
        "typing" => "it tells and hears who is typing",
        "do_not_disturb" => "it has notification levels and quiet hours",
        "push" => "it is a device that pushes are sent to",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_capability_says_what_it_means() {
        for need in super::super::NEEDS {
            assert!(about_need(need).is_some(), "{need}");
        }
    }
}
