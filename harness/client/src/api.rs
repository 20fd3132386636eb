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
        "createLocationMessage",
        "sendMessage",
        "sendGroupMessageToDesignatedUsers",
        "getMessageById",
        "getMessageByUId",
        "loadMessages",
        "loadConversation",
        "getConversation",
        "loadConversations",
        "getConversations",
        "removeConversation",
        "removeConversations",
        "loadUnreadCount",
        "getUnreadCount",
        "loadTotalUnreadCount",
        "getTotalUnreadCount",
        "loadUnreadMentionedCount",
        "getUnreadMentionedCount",
        "loadUnreadCountByConversationTypes",
        "getUnreadCountByConversationTypes",
        "clearUnreadCount",
        "loadFirstUnreadMessage",
        "getFirstUnreadMessage",
        "loadUnreadMentionedMessages",
        "getUnreadMentionedMessages",
        "saveDraftMessage",
        "loadDraftMessage",
        "getDraftMessage",
        "clearDraftMessage",
        "insertMessage",
        "insertMessages",
        "searchMessages",
        "searchMessagesByTimeRange",
        "searchMessagesByUserId",
        "searchConversations",
        "deleteLocalMessages",
        "changeMessageSentStatus",
        "changeMessageReceiveStatus",
        "addToBlacklist",
        "removeFromBlacklist",
        "loadBlacklistStatus",
        "loadBlacklist",
        "changeConversationTopStatus",
        "loadConversationTopStatus",
        "getConversationTopStatus",
        "loadTopConversations",
        "getTopConversations",
        "changeConversationNotificationLevel",
        "loadConversationNotificationLevel",
        "getConversationNotificationLevel",
        "loadBlockedConversations",
        "getBlockedConversations",
        "changeConversationTypeNotificationLevel",
        "loadConversationTypeNotificationLevel",
        "getConversationTypeNotificationLevel",
        "changeNotificationQuietHours",
        "removeNotificationQuietHours",
        "loadNotificationQuietHours",
        "getNotificationQuietHours",
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
        "setOnConversationLoadedListener",
        "setOnConversationsLoadedListener",
        "setOnConversationRemovedListener",
        "setOnConversationsRemovedListener",
        "setOnUnreadCountLoadedListener",
        "setOnTotalUnreadCountLoadedListener",
        "setOnUnreadMentionedCountLoadedListener",
        "setOnUnreadCountByConversationTypesLoadedListener",
        "setOnUnreadCountClearedListener",
        "setOnFirstUnreadMessageLoadedListener",
        "setOnUnreadMentionedMessagesLoadedListener",
        "setOnDraftMessageSavedListener",
        "setOnDraftMessageLoadedListener",
        "setOnDraftMessageClearedListener",
        "setOnMessageInsertedListener",
        "setOnMessagesInsertedListener",
        "setOnMessagesSearchedListener",
        "setOnMessagesSearchedByTimeRangeListener",
        "setOnMessagesSearchedByUserIdListener",
        "setOnConversationsSearchedListener",
        "setOnLocalMessagesDeletedListener",
        "setOnMessageSentStatusChangedListener",
        "setOnMessageReceiveStatusChangedListener",
        "setOnBlacklistAddedListener",
        "setOnBlacklistRemovedListener",
        "setOnBlacklistStatusLoadedListener",
        "setOnBlacklistLoadedListener",
        "setOnConversationTopStatusChangedListener",
        "setOnConversationTopStatusLoadedListener",
        "setOnConversationTopStatusSyncedListener",
        "setOnTopConversationsLoadedListener",
        "setOnConversationNotificationLevelChangedListener",
        "setOnConversationNotificationLevelLoadedListener",
        "setOnBlockedConversationsLoadedListener",
        "setOnConversationTypeNotificationLevelChangedListener",
        "setOnConversationTypeNotificationLevelLoadedListener",
        "setOnNotificationQuietHoursChangedListener",
        "setOnNotificationQuietHoursRemovedListener",
        "setOnNotificationQuietHoursLoadedListener",
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
        "onConversationLoaded",
        "onConversationsLoaded",
        "onConversationRemoved",
        "onConversationsRemoved",
        "onUnreadCountLoaded",
        "onTotalUnreadCountLoaded",
        "onUnreadMentionedCountLoaded",
        "onUnreadCountByConversationTypesLoaded",
        "onUnreadCountCleared",
        "onFirstUnreadMessageLoaded",
        "onUnreadMentionedMessagesLoaded",
        "onDraftMessageSaved",
        "onDraftMessageLoaded",
        "onDraftMessageCleared",
        "onMessageInserted",
        "onMessagesInserted",
        "onMessagesSearched",
        "onMessagesSearchedByTimeRange",
        "onMessagesSearchedByUserId",
        "onConversationsSearched",
        "onLocalMessagesDeleted",
        "onMessageSentStatusChanged",
        "onMessageReceiveStatusChanged",
        "onBlacklistAdded",
        "onBlacklistRemoved",
        "onBlacklistStatusLoaded",
        "onBlacklistLoaded",
        "onConversationTopStatusChanged",
        "onConversationTopStatusLoaded",
        "onConversationTopStatusSynced",
        "onTopConversationsLoaded",
        "onConversationNotificationLevelChanged",
        "onConversationNotificationLevelLoaded",
        "onBlockedConversationsLoaded",
        "onConversationTypeNotificationLevelChanged",
        "onConversationTypeNotificationLevelLoaded",
        "onNotificationQuietHoursChanged",
        "onNotificationQuietHoursRemoved",
        "onNotificationQuietHoursLoaded",
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
        if let Some(result) = self.local_call(now, method, args) {
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
            "loadMessages" => self.load_messages(args),
            "addToBlacklist" => self.blacklist(now, Topic::AddBlack, "onBlacklistAdded", args),
            "removeFromBlacklist" => self.blacklist(now, Topic::RmBlack, "onBlacklistRemoved", args),
            "loadBlacklistStatus" => self.blacklist(now, Topic::BlackStat, "onBlacklistStatusLoaded", args),
            "loadBlacklist" => self.load_blacklist(now),
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
