//! `RCIMIWEngineOptions`: read once when the engine is made, and fixed from then on (ENG-012, NAVI-003).
//!
//! What this engine has no use for yet (`statisticServer`, image compression, vendors' pushes) is checked
//! for its shape all the same, so that a wrong object is noticed (ENG-013, ENG-014). Unknown keys are passed over, as
//! the documented wrapper does.

use serde_json::{Map, Value};

/// The shape a documented option has.
#[derive(Debug, Clone, Copy)]
enum Shape {
    Text,
    Flag,
    Number,
    Fields(&'static [(&'static str, Shape)]),
}

const OPTIONS: &[(&str, Shape)] = &[
    ("naviServer", Shape::Text),
    ("fileServer", Shape::Text),
    ("statisticServer", Shape::Text),
    ("kickReconnectDevice", Shape::Flag),
    ("compressOptions", Shape::Fields(COMPRESS)),
    ("pushOptions", Shape::Fields(PUSH)),
];

const COMPRESS: &[(&str, Shape)] = &[
    ("originalImageQuality", Shape::Number),
    ("originalImageMaxSize", Shape::Number),
    ("originalImageSize", Shape::Number),
    ("thumbnailQuality", Shape::Number),
    ("thumbnailMaxSize", Shape::Number),
    ("thumbnailMinSize", Shape::Number),
    ("sightCompressWidth", Shape::Number),
    ("sightCompressHeight", Shape::Number),
    ("locationThumbnailQuality", Shape::Number),
    ("locationThumbnailWidth", Shape::Number),
    ("locationThumbnailHeight", Shape::Number),
];

const PUSH: &[(&str, Shape)] = &[
    ("idMI", Shape::Text),
    ("appKeyMI", Shape::Text),
    ("appIdMeizu", Shape::Text),
    ("appKeyMeizu", Shape::Text),
    ("appKeyOPPO", Shape::Text),
    ("appSecretOPPO", Shape::Text),
    ("enableHWPush", Shape::Flag),
    ("enableFCM", Shape::Flag),
    ("enableVIVOPush", Shape::Flag),
];

/// The options this engine acts on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Options {
    pub(crate) navi_server: Option<String>,
    pub(crate) file_server: Option<String>,
    pub(crate) kick_reconnect_device: bool,
    /// A documented option has a value of another kind: no call that depends on the options is accepted.
    pub(crate) wrong: bool,
}

impl Options {
    pub(crate) fn read(options: &Map<String, Value>) -> Self {
        let text = |name: &str| options.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        Self {
            navi_server: text("naviServer").map(str::to_owned),
            file_server: text("fileServer").map(str::to_owned),
            kick_reconnect_device: options.get("kickReconnectDevice") == Some(&Value::Bool(true)),
            wrong: !fits(options, OPTIONS),
        }
    }
}

fn fits(object: &Map<String, Value>, fields: &[(&str, Shape)]) -> bool {
    fields.iter().all(|(name, shape)| match (object.get(*name), shape) {
        // Every option may be left out; `null` is the same.
        (None | Some(Value::Null), _) => true,
        (Some(Value::String(_)), Shape::Text)
        | (Some(Value::Bool(_)), Shape::Flag)
        | (Some(Value::Number(_)), Shape::Number) => true,
        (Some(Value::Object(inner)), Shape::Fields(fields)) => fits(inner, fields),
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(options: Value) -> Options {
        Options::read(options.as_object().unwrap())
    }

    #[test]
    fn every_option_has_a_default() {
        assert_eq!(read(json!({})), Options::default());
        assert_eq!(read(json!({"naviServer": "", "pushOptions": null, "later": 1})), Options::default());
    }

    #[test]
    fn documented_objects_are_accepted_and_others_are_not() {
        let compress = json!({"originalImageQuality": 80, "sightCompressWidth": 544});
        assert!(!read(json!({"compressOptions": compress, "pushOptions": {"enableFCM": true}})).wrong);
        assert!(read(json!({"compressOptions": 80})).wrong);
        assert!(read(json!({"pushOptions": {"enableFCM": "yes"}})).wrong);
        assert!(read(json!({"naviServer": 1})).wrong);
    }
}
