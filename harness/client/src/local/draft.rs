//! Drafts (DRAFT). They leave the device by no way (DRAFT-007).

use serde_json::json;
use wire::UnixMillis;

use crate::{
    core::message::Object,
    engine::Engine,
    local::{Answer, Answered, conversation},
};

const CONVERSATION: &[&str] = &["type", "targetId", "channelId"];

impl Engine {
    pub(crate) fn save_draft(&self, now: UnixMillis, args: &Object) -> Answered {
        let of = conversation(args)?;
        let draft = args.get("draft")?.as_str()?;
        Some(Answer {
            event: "onDraftMessageSaved",
            echoed: &["type", "targetId", "channelId", "draft"],
            result: self.store.save_draft(&of, draft, now).map(|()| Vec::new()),
            otherwise: Vec::new(),
        })
    }

    /// The text saved last; empty if there is none.
    pub(crate) fn load_draft(&self, args: &Object) -> Answered {
        let of = conversation(args)?;
        Some(Answer {
            event: "onDraftMessageLoaded",
            echoed: CONVERSATION,
            result: self.store.draft(&of).map(|draft| vec![("draft", draft.into())]),
            otherwise: vec![("draft", json!(""))],
        })
    }

    pub(crate) fn clear_draft(&self, args: &Object) -> Answered {
        let of = conversation(args)?;
        Some(Answer {
            event: "onDraftMessageCleared",
            echoed: CONVERSATION,
            result: self.store.clear_draft(&of).map(|()| Vec::new()),
            otherwise: Vec::new(),
        })
    }
}
