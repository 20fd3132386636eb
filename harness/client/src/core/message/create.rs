//! `create*Message`: plain data, checked like the documented wrapper does.

use serde_json::{Value, json};

use crate::core::message::{Object, base, is_conversation, text};

/// The message that such a call gives; `None` where its arguments are wrong and it gives null (ERR-006).
pub(crate) fn create(method: &str, args: &Object) -> Option<Object> {
    let (kind, target) = (text(args, "type"), text(args, "targetId"));
    if !is_conversation(&kind) || target.is_empty() {
        return None;
    }
    let mut message = base(&kind, &target, &crate::core::arguments::channel(args)?);
    message.insert("direction".into(), "send".into());
    match method {
        "createTextMessage" => {
            message.insert("messageType".into(), "text".into());
            message.insert("text".into(), args.get("text").filter(|text| text.is_string())?.clone());
        }
        "createLocationMessage" => {
            message.insert("messageType".into(), "location".into());
            for name in ["longitude", "latitude"] {
                message.insert(name.into(), args.get(name).filter(|degrees| degrees.is_number())?.clone());
            }
            message.insert("poiName".into(), text(args, "poiName").into());
            let picture = Some(text(args, "thumbnailPath")).filter(|path| !path.is_empty())?;
            message.insert("thumbnailPath".into(), picture.into());
        }
        "createReferenceMessage" => {
            let quoted = args.get("referenceMessage").filter(|message| message.is_object())?;
            message.insert("messageType".into(), "reference".into());
            message.insert("referenceMessage".into(), quoted.clone());
            message.insert("text".into(), args.get("text").filter(|text| text.is_string())?.clone());
        }
        _ => {
            let policy = match args.get("policy") {
                None | Some(Value::Null) => "normal",
                Some(Value::String(policy))
                    if crate::core::message::outgoing::policy_flags(policy).is_some() =>
                {
                    policy
                }
                Some(_) => return None,
            };
            let identifier = text(args, "messageIdentifier");
            let fields = match args.get("fields") {
                None | Some(Value::Null) => json!({}),
                Some(fields) => fields.clone(),
            };
            if identifier.is_empty() || !fields.is_object() {
                return None;
            }
            message.insert("messageType".into(), "custom".into());
            message.insert("identifier".into(), identifier.into());
            message.insert("policy".into(), policy.into());
            message.insert("fields".into(), fields);
        }
    }
    Some(message)
}
