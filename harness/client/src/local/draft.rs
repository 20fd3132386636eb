//! Drafts (DRAFT). They leave the device by no way (DRAFT-007).

use serde_json::json;
use wire::UnixMillis;

use crate::{
    core::{Core, arguments::conversation_of, bug::Bug, message::Object},
    local::{Answer, Answered},
};

const CONVERSATION: &[&str] = &["type", "targetId", "channelId"];

pub(crate) fn save(core: &Core, now: UnixMillis, args: &Object) -> Answered {
    let of = conversation_of(args)?;
    let mut draft = args.get("draft")?.as_str()?;
    if draft.trim() != draft && core.has(Bug::DraftsAreTrimmed) {
        draft = draft.trim();
    }
    Some(Answer {
        event: "onDraftMessageSaved",
        echoed: &["type", "targetId", "channelId", "draft"],
        result: core.store.save_draft(&of, draft, now).map(|()| Vec::new()),
        otherwise: Vec::new(),
    })
}

/// The text saved last; empty if there is none.
pub(crate) fn load(core: &Core, args: &Object) -> Answered {
    let of = conversation_of(args)?;
    Some(Answer {
        event: "onDraftMessageLoaded",
        echoed: CONVERSATION,
        result: core.store.draft(&of).map(|draft| vec![("draft", draft.into())]),
        otherwise: vec![("draft", json!(""))],
    })
}

pub(crate) fn clear(core: &Core, args: &Object) -> Answered {
    let of = conversation_of(args)?;
    Some(Answer {
        event: "onDraftMessageCleared",
        echoed: CONVERSATION,
        result: core.store.clear_draft(&of).map(|()| Vec::new()),
        otherwise: Vec::new(),
    })
}
