//! CONV, UNREAD, DRAFT, INS, SRCH: what the local store answers.

use reference_client::{CallResult, Engine};
use serde_json::{Value, json};

use crate::rig::{Rig, package, text_at};

/// A call that each method of the store accepts, and its callback.
fn calls() -> Vec<(&'static str, Value, &'static str)> {
    let of = json!({"type": "private", "targetId": "bob", "channelId": ""});
    let with = |more: Value| {
        let mut args = of.clone();
        args.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        args
    };
    let message = json!({"conversationType": "private", "targetId": "bob", "channelId": "", "messageType": "text",
        "text": "x", "messageId": 1});
    vec![
        ("loadConversation", of.clone(), "onConversationLoaded"),
        (
            "loadConversations",
            json!({"conversationTypes": ["private"], "channelId": "", "startTime": 0, "count": 1}),
            "onConversationsLoaded",
        ),
        ("removeConversation", of.clone(), "onConversationRemoved"),
        (
            "removeConversations",
            json!({"conversationTypes": ["private"], "channelId": ""}),
            "onConversationsRemoved",
        ),
        ("loadUnreadCount", of.clone(), "onUnreadCountLoaded"),
        ("loadTotalUnreadCount", json!({"channelId": ""}), "onTotalUnreadCountLoaded"),
        ("loadUnreadMentionedCount", of.clone(), "onUnreadMentionedCountLoaded"),
        (
            "loadUnreadCountByConversationTypes",
            json!({"conversationTypes": ["private"], "channelId": "", "contain": true}),
            "onUnreadCountByConversationTypesLoaded",
        ),
        ("clearUnreadCount", with(json!({"timestamp": 1})), "onUnreadCountCleared"),
        ("loadFirstUnreadMessage", of.clone(), "onFirstUnreadMessageLoaded"),
        ("loadUnreadMentionedMessages", of.clone(), "onUnreadMentionedMessagesLoaded"),
        ("saveDraftMessage", with(json!({"draft": "x"})), "onDraftMessageSaved"),
        ("loadDraftMessage", of.clone(), "onDraftMessageLoaded"),
        ("clearDraftMessage", of.clone(), "onDraftMessageCleared"),
        ("insertMessage", json!({"message": message}), "onMessageInserted"),
        ("insertMessages", json!({"messages": [message]}), "onMessagesInserted"),
        ("searchMessages", with(json!({"keyword": "x", "startTime": 0, "count": 50})), "onMessagesSearched"),
        (
            "searchMessagesByTimeRange",
            with(json!({"keyword": "x", "startTime": 0, "endTime": 0, "offset": 0, "count": 1})),
            "onMessagesSearchedByTimeRange",
        ),
        (
            "searchMessagesByUserId",
            with(json!({"userId": "bob", "startTime": 0, "count": 1})),
            "onMessagesSearchedByUserId",
        ),
        (
            "searchConversations",
            json!({"conversationTypes": ["private"], "channelId": "", "messageTypes": ["text"], "keyword": "x"}),
            "onConversationsSearched",
        ),
        ("deleteLocalMessages", json!({"messages": [message]}), "onLocalMessagesDeleted"),
        (
            "changeMessageSentStatus",
            json!({"messageId": 1, "sentStatus": "read"}),
            "onMessageSentStatusChanged",
        ),
        (
            "changeMessageReceiveStatus",
            json!({"messageId": 1, "receivedStatus": "read"}),
            "onMessageReceiveStatusChanged",
        ),
    ]
}

fn with_messages(count: i64) -> Rig {
    let mut rig = Rig::new();
    let start = rig.now.0;
    let list = (0..count).map(|n| text_at(start + n, &format!("m{n}"))).collect();
    rig.script.packages.push_back(package(list, false));
    rig.connect();
    rig.events.clear();
    rig
}

#[test]
fn every_call_is_answered_once_and_sends_nothing_connected_or_not() {
    for offline in [false, true] {
        let mut rig = with_messages(1);
        if offline {
            rig.accepted("disconnect", json!({"receivePush": true}));
        }
        for (method, args, event) in calls() {
            rig.events.clear();
            let frames = rig.frames.len();
            // Some calls before took the message away.
            rig.accepted("insertMessage", calls()[14].1.clone());
            rig.events.clear();
            rig.accepted(method, args);
            let names: Vec<&str> = rig.events.iter().map(|(_, name, _)| *name).collect();
            assert_eq!((names, rig.frames.len()), (vec![event], frames), "{method}");
            assert!(rig.values(event, "code")[0].is_number(), "{method}");
        }
    }
}

#[test]
fn without_a_login_there_is_no_database() {
    for (method, args, event) in calls() {
        let mut rig = Rig::new();
        rig.accepted(method, args);
        assert_eq!(rig.values(event, "code"), [33_002], "{method}");
    }
}

#[test]
fn later_names_are_the_same_methods() {
    for (method, args, event) in calls() {
        let later = method.replacen("load", "get", 1);
        if later == method {
            continue;
        }
        assert!(Engine::methods().any(|name| name == later), "{later}");
        let mut rig = with_messages(1);
        rig.accepted(&later, args);
        assert_eq!(rig.values(event, "code"), [0], "{later}");
    }
}

#[test]
fn a_call_without_its_arguments_is_refused_and_silent() {
    for (method, args, _) in calls().into_iter().filter(|(method, ..)| *method != "loadTotalUnreadCount") {
        let mut rig = with_messages(1);
        for name in args.as_object().unwrap().keys().filter(|name| *name != "channelId") {
            let mut less = args.clone();
            less.as_object_mut().unwrap().remove(name);
            assert_eq!(rig.call(method, less), CallResult::Code(1), "{method} without {name}");
        }
        assert!(rig.events.is_empty(), "{method}");
    }
}

#[test]
fn unread_messages_are_counted_cleared_and_found() {
    let mut rig = with_messages(3);
    let of = json!({"type": "private", "targetId": "bob", "channelId": ""});
    rig.accepted("loadUnreadCount", of.clone());
    let until = rig.now.0;
    let args = json!({"type": "private", "targetId": "bob", "channelId": "", "timestamp": until});
    rig.accepted("clearUnreadCount", args);
    rig.accepted("loadUnreadCount", of.clone());
    rig.accepted("loadFirstUnreadMessage", of);
    assert_eq!(rig.values("onUnreadCountLoaded", "count"), [3, 2]);
    assert_eq!(rig.values("onFirstUnreadMessageLoaded", "message")[0]["text"], "m1");
}

#[test]
fn users_of_one_store_have_conversations_and_drafts_of_their_own() {
    let mut rig = with_messages(1);
    let of = json!({"type": "private", "targetId": "bob", "channelId": "", "draft": "mine"});
    rig.accepted("saveDraftMessage", of.clone());
    let mut other = Rig::over("Android", json!({"naviServer": "http://navi.test"}), rig.engine.into_store());
    other.accepted("destroy", json!({}));
    other.accepted("create", json!({"appKey": "another", "options": {"naviServer": "http://navi.test"}}));
    other.connect();
    other.accepted("loadDraftMessage", of.clone());
    other.accepted("loadConversation", of);
    assert_eq!(other.values("onDraftMessageLoaded", "draft"), [""]);
    assert_eq!(other.values("onConversationLoaded", "conversation"), [Value::Null]);
}
