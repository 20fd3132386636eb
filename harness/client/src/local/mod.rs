//! Calls that the local store answers: no frame, the same while disconnected, one result callback each (ENG-007).
//!
//! The database is that of the user who is logged in or was last; before the first login there is none, and such calls
//! are answered with code 33002 (assumed after the vendor's engines).

pub(crate) mod conversation;
pub(crate) mod draft;
pub(crate) mod insert;
pub(crate) mod message_state;
pub(crate) mod search;
pub(crate) mod unread;

use serde_json::{Map, Value};

use crate::core::{Core, code, io::CallResult, message::Object};

/// What a call came to: its callback and the code and values in it; `None`: an argument is wrong.
pub(crate) type Answered = Option<Answer>;

/// The result callback of a local call.
pub(crate) struct Answer {
    pub(crate) event: &'static str,
    /// Arguments of the call that the callback repeats.
    pub(crate) echoed: &'static [&'static str],
    /// The values that were asked for, and what they are where there are none.
    pub(crate) result: rusqlite::Result<Vec<(&'static str, Value)>>,
    pub(crate) otherwise: Vec<(&'static str, Value)>,
}

/// Ends a local call: `None` is a wrong argument, everything else one callback.
pub(crate) fn answer(core: &mut Core, args: &Object, answered: impl FnOnce(&Core) -> Answered) -> CallResult {
    let Some(Answer { event, echoed, result, otherwise }) = answered(core) else {
        return CallResult::Code(code::PARAM_ERROR);
    };
    let (code, values) = match result {
        _ if !core.store.is_open() => (code::DATABASE_ERROR, otherwise),
        Ok(values) => (0, values),
        Err(rusqlite::Error::QueryReturnedNoRows) => (code::NATIVE_OPERATION_ERROR, otherwise),
        Err(_) => (code::DATABASE_ERROR, otherwise),
    };
    let mut told = Map::new();
    told.insert("code".to_owned(), code.into());
    for name in echoed {
        told.insert((*name).to_owned(), args.get(*name).cloned().unwrap_or_default());
    }
    told.extend(values.into_iter().map(|(name, value)| (name.to_owned(), value)));
    core.fire(event, Value::Object(told));
    CallResult::Code(0)
}
