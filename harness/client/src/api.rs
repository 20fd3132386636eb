//! The documented interface by name: which methods and callbacks there are, and which code answers a call.

use serde_json::{Map, Value};
use wire::{Topic, UnixMillis};

use crate::{
    code,
    engine::Engine,
    io::CallResult,
    message::{self, text},
};

/// Methods of the documented interface that wait for a media server.
const MEDIA: [&str; 9] = [
    "createImageMessage",
    "createFileMessage",
    "createSightMessage",
    "createVoiceMessage",
    "createGIFMessage",
    "sendMediaMessage",
    "cancelSendingMediaMessage",
    "downloadMediaMessage",
    "cancelDownloadingMediaMessage",
];

impl Engine {
    /// Every method this engine has.
    pub const METHODS: &[&str] = &[
        "create",
        "destroy",
        "connect",
        "disconnect",
        "createTextMessage",
        "createCustomMessage",
        "createReferenceMessage",
        "sendMessage",
        "sendGroupMessageToDesignatedUsers",
        "getMessageById",
        "getMessageByUId",
        "loadMessages",
        "getMessages",
        "loadMessageCount",
        "getMessageCount",
        "clearMessages",
        "deleteMessages",
        "recallMessage",
        "updateMessageExpansion",
        "removeMessageExpansionForKeys",
        "addToBlacklist",
        "removeFromBlacklist",
        "loadBlacklistStatus",
        "loadBlacklist",
        "setOnConnectedListener",
        "setOnConnectionStatusChangedListener",
        "setOnDatabaseOpenedListener",
        "setOnMessageReceivedListener",
        "setOnMessageAttachedListener",
        "setOnMessageSentListener",
        "setOnGroupMessageToDesignatedUsersAttachedListener",
        "setOnGroupMessageToDesignatedUsersSentListener",
        "setOnRemoteMessageRecalledListener",
        "setOnMessagesLoadedListener",
        "setOnMessageCountLoadedListener",
        "setOnMessagesClearedListener",
        "setOnMessagesDeletedListener",
        "setOnMessageRecalledListener",
        "setOnMessageExpansionUpdatedListener",
        "setOnMessageExpansionForKeysRemovedListener",
        "setOnRemoteMessageExpansionUpdatedListener",
        "setOnRemoteMessageExpansionForKeyRemovedListener",
        "setOnBlacklistAddedListener",
        "setOnBlacklistRemovedListener",
        "setOnBlacklistStatusLoadedListener",
        "setOnBlacklistLoadedListener",
    ];

    /// Every callback it can fire.
    pub const EVENTS: &[&str] = &[
        "onConnected",
        "onConnectionStatusChanged",
        "onDatabaseOpened",
        "onMessageReceived",
        "onMessageAttached",
        "onMessageSent",
        "onGroupMessageToDesignatedUsersAttached",
        "onGroupMessageToDesignatedUsersSent",
        "onRemoteMessageRecalled",
        "onMessagesLoaded",
        "onMessageCountLoaded",
        "onMessagesCleared",
        "onMessagesDeleted",
        "onMessageRecalled",
        "onMessageExpansionUpdated",
        "onMessageExpansionForKeysRemoved",
        "onRemoteMessageExpansionUpdated",
        "onRemoteMessageExpansionForKeyRemoved",
        "onBlacklistAdded",
        "onBlacklistRemoved",
        "onBlacklistStatusLoaded",
        "onBlacklistLoaded",
    ];

    /// Calls a method by its documented name with arguments by their documented names.
    ///
    /// What comes back is acceptance; results come as callbacks (ENG-006). Of a destroyed engine every call but
    /// `create` gives code 2 and nothing else (ENG-003). Listeners are set with `{listener: NAME}` or
    /// `{enabled: true}` and cleared with neither; until spoken of, every callback is listened to.
    pub fn call(&mut self, now: UnixMillis, method: &str, args: &Map<String, Value>) -> CallResult {
        if method == "create" {
            return self.create_again(args);
        }
        if self.destroyed {
            return CallResult::Code(code::ENGINE_DESTROYED);
        }
        match method {
            "destroy" => self.destroy(now),
            "connect" => self.connect(now, args),
            "disconnect" => self.disconnect(now, args),
            "createTextMessage" | "createCustomMessage" | "createReferenceMessage" => {
                CallResult::Value(message::create(method, args).map_or(Value::Null, Value::Object))
            }
            "sendMessage" => self.send_message(now, args),
            "sendGroupMessageToDesignatedUsers" => self.send_to_designated_users(now, args),
            "getMessageById" => self.message_by_id(args),
            "getMessageByUId" => self.message_by_uid(&text(args, "messageUId")),
            "loadMessages" | "getMessages" => self.load_messages(now, args),
            "loadMessageCount" | "getMessageCount" => self.load_message_count(args),
            "clearMessages" => self.clear_messages(now, args),
            "deleteMessages" => self.delete_messages(now, args),
            "recallMessage" => self.recall_message(now, args),
            "updateMessageExpansion" => self.update_expansion(now, args),
            "removeMessageExpansionForKeys" => self.remove_expansion(now, args),
            "addToBlacklist" => self.blacklist(now, Topic::AddBlack, "onBlacklistAdded", args),
            "removeFromBlacklist" => self.blacklist(now, Topic::RmBlack, "onBlacklistRemoved", args),
            "loadBlacklistStatus" => self.blacklist(now, Topic::BlackStat, "onBlacklistStatusLoaded", args),
            "loadBlacklist" => self.load_blacklist(now),
            media if MEDIA.contains(&media) => {
                CallResult::Unsupported(format!("`{media}`: media belongs to a later part"))
            }
            _ => match self.listeners.set(method, args, Self::EVENTS) {
                Some(()) => CallResult::Code(0),
                None => CallResult::Unsupported(format!("the reference client has no `{method}`")),
            },
        }
    }
}
