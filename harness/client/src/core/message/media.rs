//! Media messages by their documented properties and their bodies on the wire.

use serde_json::Value;

use crate::core::message::{
    Object, base, is_conversation,
    outgoing::{self, Outgoing},
    text,
};

/// Documented type, object name, key of the file's address in the body, and the storage's number of the kind.
const KINDS: [(&str, &str, &str, i32); 5] = [
    ("image", "RC:ImgMsg", "imageUri", 1),
    ("voice", "RC:HQVCMsg", "remoteUrl", 2),
    ("file", "RC:FileMsg", "fileUrl", 4),
    ("sight", "RC:SightMsg", "sightUrl", 5),
    ("gif", "RC:GIFMsg", "remoteUrl", 1),
];

/// Properties beside the address, with their keys in the body, of every kind.
const PROPERTIES: [(&str, &str, &str); 12] = [
    ("image", "thumbnailBase64String", "content"),
    ("voice", "duration", "duration"),
    ("file", "name", "name"),
    ("file", "size", "size"),
    ("file", "fileType", "type"),
    ("sight", "thumbnailBase64String", "content"),
    ("sight", "duration", "duration"),
    ("sight", "size", "size"),
    ("sight", "name", "name"),
    ("gif", "dataSize", "gifDataSize"),
    ("gif", "width", "width"),
    ("gif", "height", "height"),
];

/// The storage's number of a media message's kind; `None`: it is no media message (SEND-014).
pub(crate) fn media_kind(message: &Object) -> Option<i32> {
    let kind = text(message, "messageType");
    KINDS.iter().find(|(known, ..)| *known == kind).map(|(.., number)| *number)
}

/// `createImageMessage` and its kin, of a local file; `None` where an argument is wrong (MSG-032 to MSG-036).
pub(crate) fn create_media(method: &str, args: &Object, file: &[u8]) -> Option<Object> {
    let (kind, target, path) = (text(args, "type"), text(args, "targetId"), text(args, "path"));
    if !is_conversation(&kind) || target.is_empty() || path.is_empty() {
        return None;
    }
    let (name, size) = (path.rsplit('/').next().unwrap_or_default(), file.len());
    let duration = args.get("duration").and_then(Value::as_i64).filter(|seconds| *seconds > 0);
    let mut message = base(&kind, &target, &text(args, "channelId"));
    message.insert("direction".into(), "send".into());
    let mut set = |name: &str, value: Value| drop(message.insert(name.to_owned(), value));
    set("local", path.as_str().into());
    match method {
        "createImageMessage" => {
            set("messageType", "image".into());
            set("original", false.into());
        }
        "createFileMessage" => {
            set("messageType", "file".into());
            set("name", name.into());
            set("fileType", name.rsplit_once('.').map_or("", |(_, kind)| kind).into());
            set("size", size.into());
        }
        "createSightMessage" => {
            set("messageType", "sight".into());
            set("duration", duration?.into());
            set("name", name.into());
            set("size", size.into());
        }
        "createVoiceMessage" => {
            set("messageType", "voice".into());
            set("duration", duration?.into());
        }
        _ => {
            set("messageType", "gif".into());
            set("dataSize", size.into());
            // What is no GIF has no size in pixels; whether it may be sent as one is the app's to know.
            if let Some((width, height)) = pixels_of_gif(file) {
                set("width", width.into());
                set("height", height.into());
            }
        }
    }
    Some(message)
}

/// Width and height in the header of a GIF.
fn pixels_of_gif(file: &[u8]) -> Option<(u16, u16)> {
    let (signature, rest) = file.split_at_checked(6)?;
    let &[w0, w1, h0, h1] = rest.get(..4)? else { return None };
    matches!(signature, b"GIF87a" | b"GIF89a")
        .then(|| (u16::from_le_bytes([w0, w1]), u16::from_le_bytes([h0, h1])))
}

/// The wire form of a media message whose file can be read at `remote`.
pub(crate) fn outgoing_media(message: &Object) -> Option<Outgoing> {
    let (classname, content) = content(message)?;
    outgoing::wrap(message, classname, content, "normal")
}

/// Object name and content of a media message.
pub(super) fn content(message: &Object) -> Option<(String, Object)> {
    let kind = text(message, "messageType");
    let (_, classname, address, _) = KINDS.iter().find(|(known, ..)| *known == kind)?;
    let mut content = Object::new();
    content.insert((*address).to_owned(), text(message, "remote").into());
    for (_, name, key) in PROPERTIES.iter().filter(|(of, ..)| *of == kind) {
        if let Some(value) = message.get(*name).filter(|value| !value.is_null()) {
            content.insert((*key).to_owned(), value.clone());
        }
    }
    Some(((*classname).to_owned(), content))
}

/// Whether a documented type is a media kind.
pub(super) fn is_media(kind: &str) -> bool {
    KINDS.iter().any(|(known, ..)| *known == kind)
}

/// The documented properties of a received body of that media kind.
pub(super) fn properties(kind: &str, body: &Object) -> Object {
    let mut properties = Object::new();
    if let Some((_, _, address, _)) = KINDS.iter().find(|(known, ..)| *known == kind) {
        properties.insert("remote".into(), text(body, address).into());
    }
    for (_, name, key) in PROPERTIES.iter().filter(|(of, ..)| *of == kind) {
        if let Some(value) = body.get(*key).filter(|value| !value.is_null()) {
            properties.insert((*name).to_owned(), value.clone());
        }
    }
    properties
}
