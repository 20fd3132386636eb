//! Searching stored messages: by keyword in a message's text, a file's name or a custom message's fields, or by sender.

use rusqlite::params;
use serde_json::{Map, Value};

use crate::core::{
    bug::{Bug, Bugs},
    store::{Key, Store, message},
};

/// What is searched for in one conversation.
#[derive(Debug, Default)]
pub(crate) struct Search<'a> {
    pub(crate) keyword: Option<&'a str>,
    pub(crate) sender: Option<&'a str>,
    /// Sent at this time or later.
    pub(crate) from: i64,
    /// Sent earlier than this; `None`: whenever.
    pub(crate) before: Option<i64>,
    /// So many of the newest are passed over.
    pub(crate) offset: i64,
    pub(crate) count: i64,
}

/// Whether the text of a message contains the parameter, letter by letter.
fn contains(bugs: &Bugs, keyword: &str, parameter: &str) -> String {
    let wild = keyword.contains(['%', '_']) && bugs.has(Bug::SearchTakesWildcards);
    let within = |text: &str| match wild {
        false => format!("instr({text}, {parameter}) > 0"),
        true => format!("{text} LIKE '%' || {parameter} || '%'"),
    };
    format!(
        "({} OR (json_extract(body, '$.messageType') = 'file' AND {})
         OR (json_extract(body, '$.messageType') = 'custom'
             AND EXISTS (SELECT 1 FROM json_each(body, '$.fields') WHERE {})))",
        within("json_extract(body, '$.text')"),
        within("json_extract(body, '$.name')"),
        within("value"),
    )
}

impl Store {
    /// Messages of a conversation that fit, newest first.
    pub(crate) fn search(&self, of: &Key, search: &Search<'_>) -> rusqlite::Result<Vec<Map<String, Value>>> {
        let contains = contains(&self.bugs, search.keyword.unwrap_or_default(), "?5");
        let anywhere = !of.channel.is_empty() && self.bugs.has(Bug::SearchInEveryChannel);
        let channel = if anywhere { "(channel = ?4 OR channel <> ?4)" } else { "channel = ?4" };
        let mut find = self.db.prepare_cached(&format!(
            "SELECT id, body FROM message WHERE owner = ?1 AND type = ?2 AND target = ?3 AND {channel}
             AND (?5 IS NULL OR {contains})
             AND (?6 IS NULL OR json_extract(body, '$.senderUserId') = ?6)
             AND sent_time >= ?7 AND (?8 IS NULL OR sent_time < ?8)
             ORDER BY sent_time DESC, id DESC LIMIT ?9 OFFSET ?10"
        ))?;
        let Search { keyword, sender, from, before, offset, count } = search;
        let parameters =
            params![self.owner, of.kind, of.target, of.channel, keyword, sender, from, before, count, offset];
        find.query_map(parameters, message::read)?.collect()
    }

    /// Conversations with messages of these types that contain the keyword, and how many; the newest match first.
    pub(crate) fn search_conversations(
        &self,
        message_types: &[String],
        keyword: &str,
    ) -> rusqlite::Result<Vec<(Key, i64)>> {
        let contains = contains(&self.bugs, keyword, "?2");
        let mut find = self.db.prepare_cached(&format!(
            "SELECT type, target, channel, COUNT(*) FROM message WHERE owner = ?1 AND {contains}
             AND json_extract(body, '$.messageType') IN (SELECT value FROM json_each(?3))
             GROUP BY type, target, channel ORDER BY MAX(sent_time) DESC, MAX(id) DESC"
        ))?;
        let types = serde_json::to_string(message_types).unwrap_or_default();
        let rows =
            find.query_map(params![self.owner, keyword, types], |row| Ok((Key::read(row)?, row.get(3)?)))?;
        rows.collect()
    }
}
