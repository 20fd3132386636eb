//! The documented interface by name: which methods and callbacks there are, and which code answers a call.

use serde_json::{Map, Value};
use wire::{Topic, UnixMillis};

use crate::{
    code,
    engine::Engine,
    io::CallResult,
    message::{self, text},
};

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
        "addToBlacklist",
        "removeFromBlacklist",
        "loadBlacklistStatus",
        "loadBlacklist",
        "createImageMessage",
        "createFileMessage",
        "createSightMessage",
        "createVoiceMessage",
        "createGIFMessage",
        "sendMediaMessage",
        "cancelSendingMediaMessage",
        "downloadMediaMessage",
        "cancelDownloadingMediaMessage",
        "sendPrivateReadReceiptMessage",
        "sendGroupReadReceiptRequest",
        "sendGroupReadReceiptResponse",
        "sendTypingStatus",
        "syncConversationReadStatus",
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
        "setOnBlacklistAddedListener",
        "setOnBlacklistRemovedListener",
        "setOnBlacklistStatusLoadedListener",
        "setOnBlacklistLoadedListener",
        "setOnMediaMessageAttachedListener",
        "setOnMediaMessageSendingListener",
        "setOnMediaMessageSentListener",
        "setOnSendingMediaMessageCanceledListener",
        "setOnMediaMessageDownloadingListener",
        "setOnMediaMessageDownloadedListener",
        "setOnDownloadingMediaMessageCanceledListener",
        "setOnPrivateReadReceiptMessageSentListener",
        "setOnPrivateReadReceiptReceivedListener",
        "setOnGroupReadReceiptRequestSentListener",
        "setOnGroupReadReceiptResponseSentListener",
        "setOnGroupMessageReadReceiptRequestReceivedListener",
        "setOnGroupMessageReadReceiptResponseReceivedListener",
        "setOnTypingStatusChangedListener",
        "setOnConversationReadStatusSyncedListener",
        "setOnConversationReadStatusSyncMessageReceivedListener",
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
        "onBlacklistAdded",
        "onBlacklistRemoved",
        "onBlacklistStatusLoaded",
        "onBlacklistLoaded",
        "onMediaMessageAttached",
        "onMediaMessageSending",
        "onMediaMessageSent",
        "onSendingMediaMessageCanceled",
        "onMediaMessageDownloading",
        "onMediaMessageDownloaded",
        "onDownloadingMediaMessageCanceled",
        "onPrivateReadReceiptMessageSent",
        "onPrivateReadReceiptReceived",
        "onGroupReadReceiptRequestSent",
        "onGroupReadReceiptResponseSent",
        "onGroupMessageReadReceiptRequestReceived",
        "onGroupMessageReadReceiptResponseReceived",
        "onTypingStatusChanged",
        "onConversationReadStatusSynced",
        "onConversationReadStatusSyncMessageReceived",
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
            "loadMessages" => self.load_messages(args),
            "addToBlacklist" => self.blacklist(now, Topic::AddBlack, "onBlacklistAdded", args),
            "removeFromBlacklist" => self.blacklist(now, Topic::RmBlack, "onBlacklistRemoved", args),
            "loadBlacklistStatus" => self.blacklist(now, Topic::BlackStat, "onBlacklistStatusLoaded", args),
            "loadBlacklist" => self.load_blacklist(now),
            "sendPrivateReadReceiptMessage" => self.send_private_receipt(now, args),
            "sendGroupReadReceiptRequest" => self.request_group_receipt(now, args),
            "sendGroupReadReceiptResponse" => self.respond_group_receipt(now, args),
            "sendTypingStatus" => self.send_typing(now, args),
            "syncConversationReadStatus" => self.sync_read_status(now, args),
            "createImageMessage" | "createFileMessage" | "createSightMessage" | "createVoiceMessage"
            | "createGIFMessage" => {
                let file = self.store.file(&text(args, "path"));
                let message = file.and_then(|file| message::create_media(method, args, file.len()));
                CallResult::Value(message.map_or(Value::Null, Value::Object))
            }
            "sendMediaMessage" => self.send_media(now, args),
            "cancelSendingMediaMessage" => self.cancel_upload(args),
            "downloadMediaMessage" => self.download_media(now, args),
            "cancelDownloadingMediaMessage" => self.cancel_download(args),
            _ => match self.listeners.set(method, args, Self::EVENTS) {
                Some(()) => CallResult::Code(0),
                None => CallResult::Unsupported(format!("the reference client has no `{method}`")),
            },
        }
    }
}
