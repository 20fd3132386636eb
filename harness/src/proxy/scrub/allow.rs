//! What is kept as it is. Everything here is a word of the protocol, never one of a person; what is not here is replaced.

use service::{HttpPath, nearest_endpoint};

/// Names of messages that the vendor's SDKs know.
const OBJECT_NAMES: &[&str] = &[
    "RC:TxtMsg",
    "RC:ImgMsg",
    "RC:GIFMsg",
    "RC:VcMsg",
    "RC:HQVCMsg",
    "RC:SightMsg",
    "RC:FileMsg",
    "RC:LBSMsg",
    "RC:ImgTextMsg",
    "RC:ReferenceMsg",
    "RC:CombineMsg",
    "RC:CombineV2Msg",
    "RC:StreamMsg",
    "RC:RcCmd",
    "RC:RcNtf",
    "RC:TypSts",
    "RC:SRSMsg",
    "RC:ReadNtf",
    "RC:RSMsg",
    "RC:RRReqMsg",
    "RC:RRRspMsg",
    "RC:RRMsg",
    "RC:MsgExMsg",
    "RC:CmdMsg",
    "RC:CmdNtf",
    "RC:InfoNtf",
    "RC:ProfileNtf",
    "RC:ContactNtf",
    "RC:GrpNtf",
    "RC:DizNtf",
    "RC:InterceptMsg",
    "RC:chrmKVNotiMsg",
    "RC:ChrmMemChange",
    "RC:ChrmBlockMsg",
    "RC:ChrmBanMsg",
    "RC:ChrmSyncMsg",
    "RC:ChrmJoinNtf",
    "RC:ChrmQuitNtf",
    "RC:LogCmdMsg",
    "RC:DRMsg",
    "RC:Delivered",
    "RC:PSCmd",
    "RC:RLStart",
    "RC:RLEnd",
];

/// Keys of JSON objects: of navigation, the Server API, and the contents of the vendor's messages.
const KEYS: &[&str] = &[
    "action",
    "addr",
    "address",
    "appKey",
    "args",
    "backupServer",
    "base64",
    "baggageEnabled",
    "body",
    "bosAddr",
    "bs",
    "burnDuration",
    "busChannel",
    "callback",
    "canRecall",
    "channelId",
    "channelType",
    "chatroom",
    "clientName",
    "code",
    "compDays",
    "content",
    "conversationType",
    "count",
    "data",
    "date",
    "description",
    "desc",
    "deviceId",
    "digest",
    "duration",
    "engine",
    "entries",
    "entry",
    "errorMessage",
    "expansion",
    "extra",
    "fileUrl",
    "finished",
    "fromUserId",
    "gifSize",
    "group",
    "groupId",
    "grpMsgLimit",
    "grpRRVer",
    "hasNext",
    "headerCode",
    "height",
    "historyMsg",
    "icon",
    "id",
    "imageUri",
    "imlib",
    "imlib-next",
    "imlib-v4",
    "isAdmin",
    "isDelete",
    "isFinished",
    "joinMChrm",
    "key",
    "kvStorage",
    "lastMessageSendTime",
    "latitude",
    "level",
    "list",
    "localPath",
    "log",
    "logPolicy",
    "logSwitch",
    "longitude",
    "members",
    "memberCount",
    "mentionedContent",
    "mentionedInfo",
    "message",
    "messageId",
    "messageIds",
    "messageType",
    "messageUId",
    "messageUid",
    "messageUIds",
    "monitor",
    "msgAck",
    "msgModifyMinute",
    "msgId",
    "name",
    "objName",
    "objectName",
    "offline",
    "offlinelogserver",
    "openAnti",
    "openHistoryMsg",
    "openHttpDNS",
    "openMp",
    "openTLS",
    "openUS",
    "operator",
    "operatorId",
    "ossConfig",
    "p",
    "poi",
    "portrait",
    "portraitUri",
    "protocol",
    "put",
    "qiniu",
    "readTime",
    "recallTime",
    "reason",
    "receiptRequestInfo",
    "referMsg",
    "referMsgUid",
    "referMsgUserId",
    "remoteUrl",
    "result",
    "routes",
    "sender",
    "senderUserId",
    "sentTime",
    "server",
    "serverAddr",
    "serverSaveUnread",
    "sessionCfg",
    "sessionid",
    "sessionMode",
    "size",
    "status",
    "syncTime",
    "targetId",
    "thumbUri",
    "time",
    "timestamp",
    "title",
    "token",
    "topic",
    "type",
    "typingContentType",
    "ugDriven",
    "ugMsg",
    "uploadServer",
    "uri",
    "url",
    "user",
];

/// More of them.
const MORE_KEYS: &[&str] = &[
    "userId",
    "userIdList",
    "userIds",
    "users",
    "v",
    "value",
    "version",
    "videoTimes",
    "voipCallInfo",
    "voipServer",
    "weight",
    "width",
    "race",
    "platform",
    "subDriven",
    "userProfile",
];

/// Keys whose numbers are of the protocol, not of a person.
const NUMBERS: &[&str] = &[
    "baggageEnabled",
    "burnDuration",
    "canRecall",
    "channelType",
    "code",
    "compDays",
    "conversationType",
    "count",
    "date",
    "duration",
    "finished",
    "gifSize",
    "grpMsgLimit",
    "grpRRVer",
    "hasNext",
    "headerCode",
    "height",
    "historyMsg",
    "isAdmin",
    "isDelete",
    "isFinished",
    "joinMChrm",
    "kvStorage",
    "lastMessageSendTime",
    "level",
    "logSwitch",
    "memberCount",
    "messageId",
    "monitor",
    "msgAck",
    "msgModifyMinute",
    "offline",
    "openAnti",
    "openHistoryMsg",
    "openHttpDNS",
    "openMp",
    "openTLS",
    "openUS",
    "protocol",
    "put",
    "race",
    "readTime",
    "recallTime",
    "sentTime",
    "serverSaveUnread",
    "sessionCfg",
    "sessionMode",
    "size",
    "status",
    "subDriven",
    "syncTime",
    "time",
    "timestamp",
    "type",
    "ugDriven",
    "ugMsg",
    "weight",
    "width",
];

/// Keys of queries and forms.
const QUERY: &[&str] = &[
    "appId",
    "apiVer",
    "callBack",
    "cloud",
    "conversationType",
    "deviceId",
    "fromUserId",
    "groupId",
    "header",
    "kickReconnectDevice",
    "m",
    "messageid",
    "name",
    "objectName",
    "pid",
    "platform",
    "platfrom",
    "portraitUri",
    "protocolVer",
    "r",
    "reconnect",
    "sdkVer",
    "sessionid",
    "targetid",
    "timestrap",
    "toUserId",
    "token",
    "topic",
    "userId",
    "v",
    "baggage",
    "content",
];

/// Names of platforms.
const PLATFORMS: &[&str] = &[
    "",
    "Android",
    "iOS",
    "HarmonyOS",
    "Web",
    "PC",
    "MiniProgram",
    "Electron",
    "Flutter",
    "ReactNative",
    "uni-app",
    "Unity",
    "macOS",
    "Windows",
    "Linux",
    "browser",
    "electron",
    "web",
    "android",
    "ios",
];

/// Media types.
const MEDIA: &[&str] = &[
    "application/json",
    "application/x-www-form-urlencoded",
    "application/octet-stream",
    "application/xml",
    "multipart/form-data",
    "text/plain",
    "text/javascript",
    "text/html",
    "image/jpeg",
    "image/png",
    "image/gif",
    "video/mp4",
];

const METHODS: &[&str] = &["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"];

pub(super) fn object_name(text: &str) -> bool {
    OBJECT_NAMES.contains(&text)
}

pub(super) fn key(text: &str) -> bool {
    KEYS.contains(&text) || MORE_KEYS.contains(&text)
}

pub(super) fn has_numbers(key: &str) -> bool {
    NUMBERS.contains(&key)
}

pub(super) fn query_key(text: &str) -> bool {
    QUERY.contains(&text)
}

pub(super) fn platform(text: &str) -> bool {
    PLATFORMS.contains(&text)
}

pub(super) fn method(text: &str) -> bool {
    METHODS.contains(&text)
}

/// A topic: SDKs name them, and a new one is worth knowing. Nothing but a short word is taken for one.
pub(super) fn topic(topic: &wire::Topic) -> bool {
    match topic {
        wire::Topic::Other(name) => VENDORS_TOPICS.contains(&&**name),
        _ => true,
    }
}

/// Topics of the vendor's SDKs that `wire` has no message for.
const VENDORS_TOPICS: &[&str] = &[
    "aliUrl",
    "s3Url",
    "stcUrl",
    "minioUrl",
    "joinGrp",
    "quitGrp",
    "friendsQuery",
    "pullOwnProfile",
    "updUserSub",
    "qrySubData",
    "pullUserStatus",
    "setUserStatus",
    "getUserStatus",
    "subUserStatus",
    "qrySessionsAtt",
    "delSessions",
    "updRRTime",
    "uMsgEx",
    "sendMsgRead",
    "qryMsgRead",
    "qryMsgReadCntBatch",
    "readReceipt",
    "qryReceipt",
    "qryReceiptBatch",
    "disTag",
    "voipDK",
    "voipInfo",
    "exitRtcR",
    "joinRtcR",
    "rtcPing",
];

/// A version of a program: three short numbers with dots, no more.
pub(super) fn version(text: &str) -> bool {
    let parts: Vec<&str> = text.split('.').collect();
    let is_short =
        |part: &&str| (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    text.is_empty() || parts.len() == 3 && parts[0].len() <= 2 && parts.iter().all(is_short)
}

/// A number that a protocol counts with, or a time in milliseconds.
pub(super) fn number(text: &str) -> bool {
    !text.is_empty() && text.len() <= 16 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The path of an endpoint, exactly.
pub(super) fn path(text: &str) -> bool {
    HttpPath::of(text) == HttpPath::Navi
        || ["/websocket", "/pullmsg.js", "/ping"].contains(&text)
        || nearest_endpoint(text).is_some_and(|(_, endpoint)| endpoint == text)
}

/// The media type that a header names, without what stands behind it.
pub(super) fn media_type(text: &str) -> Option<&'static str> {
    let named = text.split(';').next().unwrap_or_default().trim();
    MEDIA.iter().find(|known| known.eq_ignore_ascii_case(named)).copied()
}

/// `RC-Negotiate: conn=5;rtc=4;log=2;iptype=v4,v6`.
pub(super) fn negotiated(text: &str) -> bool {
    text.split(';').all(|part| {
        let Some((name, values)) = part.trim().split_once('=') else { return false };
        let is_known = |value: &str| {
            matches!(value, "v4" | "v6") || (value.len() <= 2 && value.bytes().all(|b| b.is_ascii_digit()))
        };
        matches!(name, "conn" | "rtc" | "log" | "iptype") && values.split(',').all(is_known)
    })
}

/// A time of a day, `HH:MM:SS`.
pub(super) fn time_of_day(text: &str) -> bool {
    let parts: Vec<&str> = text.split(':').collect();
    parts.len() == 3
        && parts.iter().all(|part| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit()))
}

/// What kind of thing a field holds, for its pseudonym: by the field's name.
pub(super) fn kind(field: &str) -> &'static str {
    let name = field.to_ascii_lowercase();
    let has = |parts: &[&str]| parts.iter().any(|part| name.contains(part));
    if has(&["token"]) {
        "token"
    } else if has(&["msgid", "msguid", "messageuid", "originalid", "msgids"]) {
        "uid"
    } else if has(&["userid", "operatorid", "sender", "subuser", "users"]) {
        "user"
    } else if has(&["groupid", "chrmid", "chatroom"]) {
        "group"
    } else if has(&["targetid", "channelid", "conversationid", "businessid"]) {
        "target"
    } else if has(&["buschannel"]) {
        "channel"
    } else if has(&["sessionid"]) {
        "session"
    } else if has(&["device"]) {
        "device"
    } else if has(&["server", "addr", "host"]) {
        "host"
    } else if has(&["appkey", "appid", "app-key"]) {
        "app"
    } else {
        "text"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_words_of_the_protocol_pass() {
        assert!(object_name("RC:TxtMsg") && !object_name("RC:Secret") && !object_name("App:Mine"));
        assert!(
            version("5.38.0")
                && version("")
                && !version("192.168.1.5")
                && !version("192.168.1")
                && !version("5.x.1")
        );
        assert!(
            path("/v2/navi.json")
                && path("/user/getToken.json")
                && !path("/user/getToke.json")
                && !path("/alice")
        );
        assert!(
            negotiated("conn=5;rtc=4;log=2;iptype=v4,v6")
                && !negotiated("conn=5;rtc=secret")
                && !negotiated("x=1")
        );
        assert_eq!(media_type("Application/JSON; charset=alice"), Some("application/json"));
        assert_eq!(media_type("x-alice/y"), None);
        assert!(topic(&"pullMsg".into()) && !topic(&"alicesTopic".into()));
        assert!(time_of_day("22:00:00") && !time_of_day("alice"));
        assert!(number("1796078908233") && !number("+1") && !number(""));
    }

    #[test]
    fn fields_tell_what_they_hold() {
        for (field, expected) in [
            ("fromUserId", "user"),
            ("targetId", "target"),
            ("messageUId", "uid"),
            ("busChannel", "channel"),
            ("content", "text"),
        ] {
            assert_eq!(kind(field), expected);
        }
    }
}
