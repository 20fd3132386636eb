//! The one table of the documented interface: which code answers a call. A method that is not here, the engine has not.

use serde_json::{Map, Value};
use wire::{Topic, UnixMillis};

use crate::{
    core::{
        bug::Bug,
        code,
        events::{self, EVENTS},
        io::CallResult,
        message::{self, Object, text},
    },
    engine::Engine,
    local::{self, conversation, draft, insert, message_state, search, unread},
    mail::{delete, expansion, history, read_sync, recall, receipt, send},
    ultra_group,
};

/// Answers a call.
type Run = fn(&mut Engine, UnixMillis, &Object) -> CallResult;

/// Names of a method, older and newer, and what answers it.
macro_rules! methods {
    ($($($name:literal)|+ => $run:expr,)*) => {
        /// Every method but the setters of listeners.
        pub(crate) const NAMES: &[&str] = &[$($($name),+),*];

        fn find(method: &str) -> Option<Run> {
            match method {
                $($($name)|+ => Some($run),)*
                _ => None,
            }
        }
    };
}

methods! {
    // The engine and its connection.
    "create" => |engine, _, args| engine.create_again(args),
    "destroy" => |engine, now, _| engine.destroy(now),
    "connect" => |engine, now, args| engine.connect(now, args),
    "disconnect" => |engine, now, args| engine.disconnect(now, args),

    // Messages.
    "createTextMessage" => |_, _, args| created(message::create("createTextMessage", args)),
    "createCustomMessage" => |_, _, args| created(message::create("createCustomMessage", args)),
    "createReferenceMessage" => |_, _, args| created(message::create("createReferenceMessage", args)),
    "createLocationMessage" => |_, _, args| created(message::create("createLocationMessage", args)),
    "createImageMessage" => |engine, _, args| media(engine, "createImageMessage", args),
    "createFileMessage" => |engine, _, args| media(engine, "createFileMessage", args),
    "createSightMessage" => |engine, _, args| media(engine, "createSightMessage", args),
    "createVoiceMessage" => |engine, _, args| media(engine, "createVoiceMessage", args),
    "createGIFMessage" => |engine, _, args| media(engine, "createGIFMessage", args),
    "sendMessage" => |engine, now, args| send::ordinary(&mut engine.mail(), now, args),
    "sendGroupMessageToDesignatedUsers" => |engine, now, args| send::to_designated(&mut engine.mail(), now, args),
    "sendMediaMessage" => |engine, now, args| engine.media().send(now, args),
    "cancelSendingMediaMessage" => |engine, _, args| engine.media().cancel_upload(args),
    "downloadMediaMessage" => |engine, now, args| engine.media().download(now, args),
    "cancelDownloadingMediaMessage" => |engine, _, args| engine.media().cancel_download(args),
    "recallMessage" => |engine, now, args| recall::recall(&mut engine.mail(), now, args),
    "updateMessageExpansion" => |engine, now, args| expansion::update(&mut engine.mail(), now, args),
    "removeMessageExpansionForKeys" => |engine, now, args| expansion::remove(&mut engine.mail(), now, args),
    "sendPrivateReadReceiptMessage" => |engine, now, args| receipt::private::send(&mut engine.mail(), now, args),
    "sendGroupReadReceiptRequest" => |engine, now, args| receipt::group::request(&mut engine.mail(), now, args),
    "sendGroupReadReceiptResponse" => |engine, now, args| receipt::group::respond(&mut engine.mail(), now, args),
    "sendTypingStatus" => |engine, now, args| engine.mail().send_typing(now, args),
    "syncConversationReadStatus" => |engine, now, args| read_sync::sync(&mut engine.mail(), now, args),

    // History.
    "getMessageById" => |engine, _, args| history::by_id(&engine.core, args),
    "getMessageByUId" => |engine, _, args| history::by_uid(&engine.core, &text(args, "messageUId")),
    "loadMessages" | "getMessages" => load_messages,
    "loadMessageCount" | "getMessageCount" => |engine, _, args| history::count(&mut engine.core, args),
    "clearMessages" => |engine, now, args| delete::clear(&mut engine.mail(), now, args),
    "deleteMessages" => |engine, now, args| delete::delete(&mut engine.mail(), now, args),

    // What the local store answers.
    "loadConversation" | "getConversation" => |engine, _, args| local::answer(&mut engine.core, args, |core| conversation::load(core, args)),
    "loadConversations" | "getConversations" => |engine, _, args| local::answer(&mut engine.core, args, |core| conversation::load_many(core, args)),
    "removeConversation" => |engine, _, args| local::answer(&mut engine.core, args, |core| conversation::remove(core, args)),
    "removeConversations" => |engine, _, args| local::answer(&mut engine.core, args, |core| conversation::remove_many(core, args)),
    "loadUnreadCount" | "getUnreadCount" => |engine, _, args| local::answer(&mut engine.core, args, |core| unread::count(core, args, false)),
    "loadUnreadMentionedCount" | "getUnreadMentionedCount" => |engine, _, args| local::answer(&mut engine.core, args, |core| unread::count(core, args, true)),
    "loadTotalUnreadCount" | "getTotalUnreadCount" => |engine, _, args| local::answer(&mut engine.core, args, |core| unread::total(core, args)),
    "loadUnreadCountByConversationTypes" | "getUnreadCountByConversationTypes" => |engine, _, args| local::answer(&mut engine.core, args, |core| unread::by_types(core, args)),
    "clearUnreadCount" => |engine, _, args| local::answer(&mut engine.core, args, |core| unread::clear(core, args)),
    "loadFirstUnreadMessage" | "getFirstUnreadMessage" => |engine, _, args| local::answer(&mut engine.core, args, |core| unread::first(core, args)),
    "loadUnreadMentionedMessages" | "getUnreadMentionedMessages" => |engine, _, args| local::answer(&mut engine.core, args, |core| unread::mentions(core, args)),
    "saveDraftMessage" => |engine, now, args| local::answer(&mut engine.core, args, |core| draft::save(core, now, args)),
    "loadDraftMessage" | "getDraftMessage" => |engine, _, args| local::answer(&mut engine.core, args, |core| draft::load(core, args)),
    "clearDraftMessage" => |engine, _, args| local::answer(&mut engine.core, args, |core| draft::clear(core, args)),
    "insertMessage" => |engine, now, args| local::answer(&mut engine.core, args, |core| insert::one(core, now, args)),
    "insertMessages" => |engine, now, args| local::answer(&mut engine.core, args, |core| insert::many(core, now, args)),
    "searchMessages" => |engine, _, args| local::answer(&mut engine.core, args, |core| search::messages(core, args)),
    "searchMessagesByTimeRange" => |engine, _, args| local::answer(&mut engine.core, args, |core| search::by_time_range(core, args)),
    "searchMessagesByUserId" => |engine, _, args| local::answer(&mut engine.core, args, |core| search::by_user(core, args)),
    "searchConversations" => |engine, _, args| local::answer(&mut engine.core, args, |core| search::conversations(core, args)),
    "deleteLocalMessages" => |engine, _, args| local::answer(&mut engine.core, args, |core| message_state::delete(core, args)),
    "changeMessageSentStatus" => |engine, _, args| local::answer(&mut engine.core, args, |core| message_state::change(core, args, true)),
    "changeMessageReceiveStatus" => |engine, _, args| local::answer(&mut engine.core, args, |core| message_state::change(core, args, false)),

    // What the server keeps for the user.
    "changeConversationTopStatus" => |engine, now, args| engine.preferences().change_top(now, args),
    "loadConversationTopStatus" | "getConversationTopStatus" => |engine, _, args| engine.preferences().load_top(args),
    "loadTopConversations" | "getTopConversations" => |engine, _, args| engine.preferences().load_top_conversations(args),
    "changeConversationNotificationLevel" => |engine, now, args| engine.preferences().change_level(now, args),
    "loadConversationNotificationLevel" | "getConversationNotificationLevel" => |engine, _, args| engine.preferences().load_level(args),
    "loadBlockedConversations" | "getBlockedConversations" => |engine, _, args| engine.preferences().load_blocked_conversations(args),
    "changeConversationTypeNotificationLevel" => |engine, now, args| engine.preferences().change_type_level(now, args),
    "loadConversationTypeNotificationLevel" | "getConversationTypeNotificationLevel" => |engine, _, args| engine.preferences().load_type_level(args),
    "changeNotificationQuietHours" => |engine, now, args| engine.preferences().change_quiet_hours(now, args),
    "removeNotificationQuietHours" => |engine, now, _| engine.preferences().remove_quiet_hours(now),
    "loadNotificationQuietHours" | "getNotificationQuietHours" => |engine, now, _| engine.preferences().load_quiet_hours(now),
    "addToBlacklist" => |engine, now, args| engine.preferences().blacklist(now, Topic::AddBlack, "onBlacklistAdded", args),
    "removeFromBlacklist" => |engine, now, args| engine.preferences().blacklist(now, Topic::RmBlack, "onBlacklistRemoved", args),
    "loadBlacklistStatus" | "getBlacklistStatus" => |engine, now, args| engine.preferences().blacklist(now, Topic::BlackStat, "onBlacklistStatusLoaded", args),
    "loadBlacklist" | "getBlacklist" => |engine, now, _| engine.preferences().load_blacklist(now),

    // Chatrooms.
    "joinChatRoom" => |engine, now, args| engine.chatrooms().join(now, args),
    "leaveChatRoom" => |engine, now, args| engine.chatrooms().leave(now, args),
    "loadChatRoomMessages" | "getChatRoomMessages" => |engine, now, args| engine.chatrooms().load_messages(now, args),
    "addChatRoomEntry" => |engine, now, args| engine.chatrooms().add_entry(now, args),
    "addChatRoomEntries" => |engine, now, args| engine.chatrooms().add_entries(now, args),
    "loadChatRoomEntry" | "getChatRoomEntry" => |engine, now, args| engine.chatrooms().load_entry(now, args),
    "loadChatRoomAllEntries" | "getChatRoomAllEntries" => |engine, now, args| engine.chatrooms().load_all_entries(now, args),
    "removeChatRoomEntry" => |engine, now, args| engine.chatrooms().remove_entry(now, args),
    "removeChatRoomEntries" => |engine, now, args| engine.chatrooms().remove_entries(now, args),

    // Ultra groups.
    "loadConversationsForAllChannel" | "getConversationsForAllChannel" => |engine, _, args| local::answer(&mut engine.core, args, |core| ultra_group::channel_list::load(core, args)),
    "loadUltraGroupAllUnreadCount" | "getUltraGroupAllUnreadCount" => |engine, _, args| local::answer(&mut engine.core, args, |core| ultra_group::unread::of_all(core, false)),
    "loadUltraGroupAllUnreadMentionedCount" | "getUltraGroupAllUnreadMentionedCount" => |engine, _, args| local::answer(&mut engine.core, args, |core| ultra_group::unread::of_all(core, true)),
    "loadUltraGroupUnreadCount" | "getUltraGroupUnreadCount" => |engine, _, args| local::answer(&mut engine.core, args, |core| ultra_group::unread::of_group(core, args, false)),
    "loadUltraGroupUnreadMentionedCount" | "getUltraGroupUnreadMentionedCount" => |engine, _, args| local::answer(&mut engine.core, args, |core| ultra_group::unread::of_group(core, args, true)),
    "syncUltraGroupReadStatus" => |engine, now, args| engine.ultra_groups().read_channel(now, args),
    "sendUltraGroupTypingStatus" => |engine, now, args| ultra_group::typing::send(&mut engine.ultra_groups(), now, args),
    "modifyUltraGroupMessage" => |engine, now, args| ultra_group::modify::modify(&mut engine.ultra_groups(), now, args),
    "recallUltraGroupMessage" => |engine, now, args| ultra_group::recall::recall(&mut engine.ultra_groups(), now, args),
    "clearUltraGroupMessages" => |engine, now, args| ultra_group::delete::clear(&mut engine.ultra_groups(), now, args),
    "updateUltraGroupMessageExpansion" => |engine, now, args| ultra_group::expansion::update(&mut engine.ultra_groups(), now, args),
    "removeUltraGroupMessageExpansionForKeys" => |engine, now, args| ultra_group::expansion::remove(&mut engine.ultra_groups(), now, args),
    "loadBatchRemoteUltraGroupMessages" | "getBatchRemoteUltraGroupMessages" => |engine, now, args| ultra_group::batch::load(&mut engine.ultra_groups(), now, args),
    "changeUltraGroupDefaultNotificationLevel" => |engine, now, args| ultra_group::level::set(&mut engine.ultra_groups(), now, args, false),
    "changeUltraGroupChannelDefaultNotificationLevel" => |engine, now, args| ultra_group::level::set(&mut engine.ultra_groups(), now, args, true),
    "loadUltraGroupDefaultNotificationLevel" | "getUltraGroupDefaultNotificationLevel" => |engine, now, args| ultra_group::level::load(&mut engine.ultra_groups(), now, args, false),
    "loadUltraGroupChannelDefaultNotificationLevel" | "getUltraGroupChannelDefaultNotificationLevel" => |engine, now, args| ultra_group::level::load(&mut engine.ultra_groups(), now, args, true),
    "clearUltraGroupMessagesForAllChannel" => |engine, _, args| ultra_group::delete::clear_all(&mut engine.core, args),
}

impl Engine {
    /// Every method this engine has, the setters of listeners among them.
    pub fn methods() -> impl Iterator<Item = String> {
        let setters = EVENTS.iter().map(|event| events::setter(event));
        NAMES.iter().map(|name| (*name).to_owned()).chain(setters)
    }

    /// Every callback it can fire.
    pub const EVENTS: &[&str] = EVENTS;

    /// Calls a method by its documented name with arguments by their documented names.
    ///
    /// What comes back is acceptance; results come as callbacks (ENG-006). Of a destroyed engine every call but
    /// `create` gives code 2 and nothing else (ENG-003). Listeners are set with `{listener: NAME}` or
    /// `{enabled: true}` and cleared with neither; until spoken of, every callback is listened to.
    pub fn call(&mut self, now: UnixMillis, method: &str, args: &Map<String, Value>) -> CallResult {
        if self.destroyed && method != "create" && !self.core.has(Bug::DestroyedEngineAccepts) {
            return CallResult::Code(code::ENGINE_DESTROYED);
        }
        if let Some(run) = find(method) {
            return run(self, now, args);
        }
        match self.core.listeners.set(&self.core.env.bugs, method, args) {
            Some(()) => CallResult::Code(0),
            None => CallResult::Unsupported(format!("the reference client has no `{method}`")),
        }
    }
}

fn created(message: Option<Object>) -> CallResult {
    CallResult::Value(message.map_or(Value::Null, Value::Object))
}

/// A message of a local file.
fn media(engine: &Engine, method: &str, args: &Object) -> CallResult {
    let file = engine.core.store.file(&text(args, "path"));
    created(file.and_then(|file| message::create_media(method, args, &file)))
}

/// Channels of ultra groups have a history of their own on the server.
fn load_messages(engine: &mut Engine, now: UnixMillis, args: &Object) -> CallResult {
    match history::Load::read(args) {
        Some(load) if load.remote && load.kind == "ultra_group" => {
            engine.ultra_groups().load_messages(now, load);
            CallResult::Code(0)
        }
        Some(load) => history::load(&mut engine.mail(), now, load),
        None => CallResult::Code(code::PARAM_ERROR),
    }
}
