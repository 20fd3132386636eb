//! What something that a service said means, by itself.

use serde_json::Value;

use super::{
    fields::Fields,
    modes::Rules,
    node::{shape, slot},
    rules::Of,
    session::Way,
};

/// The number of a frame: each direction counts its own; what is asked or sent begins, the rest answers it.
pub(super) fn frame_id(frame: &str, way: Way, id: u64) -> Value {
    let begins = matches!(frame, "QUERY" | "PUBLISH");
    let mine = (way == Way::Up) == (begins || frame == "QUERYCON");
    slot(Of::FrameIds, &format!("{} {id}", if mine { "up" } else { "down" }), begins)
}

/// What something that a service said means, by itself.
#[derive(Debug)]
pub(crate) struct Means {
    what: String,
    shape: u64,
    /// With slots for names.
    pub(crate) fields: Value,
}

impl Means {
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        self.shape == other.shape && self.what == other.what
    }

    pub(crate) fn is_of_kind(&self, other: &Self) -> bool {
        self.what == other.what
    }
}

/// What an entry of a service means, as the decoder tells it.
pub(crate) fn means_of(told: &Value, rules: &Rules, start: i64) -> Means {
    let text = |key: &str| told[key].as_str().unwrap_or_default();
    let what = format!("{} {} {}", text("is"), text("frame"), text("topic"));
    let mut told = told.clone();
    if let Some(fields) = told.as_object_mut() {
        if let Some(id) = fields.remove("id").and_then(|id| id.as_u64()).filter(|id| *id > 0)
            && fields.contains_key("frame")
        {
            let frame = fields["frame"].as_str().unwrap_or_default();
            let slot = frame_id(frame, Way::Down, id);
            fields.insert("id".to_owned(), slot);
        }
        fields.remove("conn");
    }
    let fields = Fields::new(rules, start, "").means("", &told).unwrap_or(Value::Null);
    Means { what, shape: shape(&fields), fields }
}
