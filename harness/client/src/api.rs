//! The documented interface by name: which code answers a call.

use serde_json::{Map, Value};
use wire::{Topic, UnixMillis};

use crate::{
    core::{
        code,
        io::CallResult,
        message::{self, text},
    },
    engine::Engine,
};

impl Engine {
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
        if let Some(result) = self.local_call(now, method, args) {
            return result;
        }
        if let Some(result) = self.room_call(now, method, args) {
            return result;
        }
        if let Some(result) = self.ultra_group_call(now, method, args) {
            return result;
        }
        match method {
            "destroy" => self.destroy(now),
            "connect" => self.connect(now, args),
            "disconnect" => self.disconnect(now, args),
            "createTextMessage"
            | "createCustomMessage"
            | "createReferenceMessage"
            | "createLocationMessage" => {
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
            "sendPrivateReadReceiptMessage" => self.send_private_receipt(now, args),
            "sendGroupReadReceiptRequest" => self.request_group_receipt(now, args),
            "sendGroupReadReceiptResponse" => self.respond_group_receipt(now, args),
            "sendTypingStatus" => self.send_typing(now, args),
            "syncConversationReadStatus" => self.sync_read_status(now, args),
            "changeConversationTopStatus" => self.change_top(now, args),
            "loadConversationTopStatus" | "getConversationTopStatus" => self.load_top(args),
            "loadTopConversations" | "getTopConversations" => self.load_top_conversations(args),
            "changeConversationNotificationLevel" => self.change_level(now, args),
            "loadConversationNotificationLevel" | "getConversationNotificationLevel" => self.load_level(args),
            "loadBlockedConversations" | "getBlockedConversations" => self.load_blocked_conversations(args),
            "changeConversationTypeNotificationLevel" => self.change_type_level(now, args),
            "loadConversationTypeNotificationLevel" | "getConversationTypeNotificationLevel" => {
                self.load_type_level(args)
            }
            "changeNotificationQuietHours" => self.change_quiet_hours(now, args),
            "removeNotificationQuietHours" => self.remove_quiet_hours(now),
            "loadNotificationQuietHours" | "getNotificationQuietHours" => self.load_quiet_hours(now),
            "createImageMessage" | "createFileMessage" | "createSightMessage" | "createVoiceMessage"
            | "createGIFMessage" => {
                let file = self.store.file(&text(args, "path"));
                let message = file.and_then(|file| message::create_media(method, args, &file));
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
