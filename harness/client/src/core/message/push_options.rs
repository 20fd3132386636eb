//! `RCIMIWMessagePushOptions` on the wire: for the push service, not for receivers (MSG-015).
//!
//! The layout of the vendors' parts (`pushConfigs`) is assumed after the vendor's native engines.

use serde_json::{Value, json};
use wire::{
    body::{PushExtra, UpStreamMessage},
    flags,
};

use crate::core::message::{Object, text};

/// Bits of `UpStreamMessage.configFlag`.
const VOIP: i32 = 1;
const NO_TITLE: i32 = 4;
const FORCE_DETAIL: i32 = 8;

/// Writes the options of a message into its frame.
pub(super) fn write(message: &Object, up: &mut UpStreamMessage) {
    let Some(Value::Object(options)) = message.get("pushOptions") else { return };
    let flag = |name: &str| options.get(name) == Some(&Value::Bool(true));
    let given = |name: &str| Some(text(options, name)).filter(|value| !value.is_empty());
    if flag("disableNotification") {
        up.session_id |= flags::up::SILENT;
    }
    let bits = [("voIPPush", VOIP), ("disablePushTitle", NO_TITLE), ("forceShowDetailContent", FORCE_DETAIL)];
    let set = bits.iter().filter(|(name, _)| flag(name)).fold(0, |word, (_, bit)| word | bit);
    up.config_flag = (set != 0).then_some(set);
    up.push_text = given("pushContent");
    up.app_data = given("pushData");
    let vendors = vendors(options);
    up.push_ext = Some(PushExtra {
        title: given("pushTitle"),
        push_id: options
            .get("androidPushOptions")
            .and_then(|android| Some(android.get("notificationId")?.as_str()?.to_owned())),
        push_configs: (!vendors.is_empty()).then(|| Value::Array(vendors).to_string()),
        template_id: given("templateId"),
        ..PushExtra::default()
    });
}

/// One object a vendor that has something set.
fn vendors(options: &Object) -> Vec<Value> {
    let part = |name: &str, pairs: &[(&str, &str)], of: &str| {
        let from = options.get(of).and_then(Value::as_object)?;
        let set: Object = pairs
            .iter()
            .filter_map(|(key, option)| Some(((*key).to_owned(), from.get(*option)?.clone())))
            .filter(|(_, value)| !value.is_null())
            .collect();
        (!set.is_empty()).then(|| json!({ name: set }))
    };
    let apns = [
        ("thread-id", "threadId"),
        ("category", "category"),
        ("apns-collapse-id", "apnsCollapseId"),
        ("richMediaUri", "richMediaUri"),
    ];
    let hw = [("channelId", "channelIdHW"), ("importance", "importanceHW"), ("image", "imageUrlHW")];
    let mi = [("channelId", "channelIdMi"), ("large_icon_uri", "imageUrlMi")];
    let fcm =
        [("channelId", "channelIdFCM"), ("collapse_key", "collapseKeyFCM"), ("imageUrl", "imageUrlFCM")];
    [
        part("APNs", &apns, "iOSPushOptions"),
        part("HW", &hw, "androidPushOptions"),
        part("MI", &mi, "androidPushOptions"),
        part("OPPO", &[("channelId", "channelIdOPPO")], "androidPushOptions"),
        part("VIVO", &[("classification", "pushTypeVIVO")], "androidPushOptions"),
        part("FCM", &fcm, "androidPushOptions"),
    ]
    .into_iter()
    .flatten()
    .collect()
}
