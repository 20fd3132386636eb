//! The rooms of this crate and the arrows between them: what stands above may name what stands below, and nothing else.
//!
//! A room is a folder of `src`, or a file beside them. Each line of [`MAY`] says what a room may name. There is no circle
//! in it (a test of its own), so there is none in the code.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// What each room may name besides itself.
const MAY: &[(&str, &[&str])] = &[
    ("core", &[]),
    ("files", &["core"]),
    ("preferences", &["core"]),
    ("outward", &["core", "preferences"]),
    ("mail", &["core", "files", "outward", "preferences"]),
    // A room's members who are away find messages in their mailboxes where a bug keeps them.
    ("chatroom", &["core", "mail", "outward", "preferences"]),
    ("ultra_group", &["core", "files", "outward", "preferences"]),
    ("world", &["chatroom", "core", "files", "mail", "outward", "preferences", "ultra_group"]),
    ("doors", &["chatroom", "core", "files", "mail", "outward", "preferences", "ultra_group", "world"]),
    ("service", &["core", "doors", "outward", "world"]),
];

/// The room of a path within `src`.
fn room_of(path: &Path) -> String {
    let first = path.components().next().map(|part| part.as_os_str().to_string_lossy().into_owned());
    first.unwrap_or_default().trim_end_matches(".rs").to_owned()
}

/// What a source names of its own crate: every `crate::ROOM`, also inside of `use crate::{ROOM::…, ROOM::…}`.
fn named(source: &str) -> BTreeSet<String> {
    let mut code = String::new();
    // What tests name is no arrow; they stand at a file's end.
    let end = source.find("\nmod tests {").unwrap_or(source.len());
    for line in source[..end].lines() {
        code.push_str(line.split("//").next().unwrap_or_default());
        code.push('\n');
    }
    let word = |text: &str| -> String {
        text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
    };
    let mut rooms = BTreeSet::new();
    for (at, begin) in code.match_indices("crate::") {
        let rest = &code[at + begin.len()..];
        let Some(list) = rest.strip_prefix('{') else {
            rooms.insert(word(rest));
            continue;
        };
        let (mut depth, mut start) = (0, 0);
        for (i, c) in list.char_indices() {
            match c {
                '{' => depth += 1,
                '}' if depth == 0 => {
                    rooms.insert(word(&list[start..i]));
                    break;
                }
                '}' => depth -= 1,
                ',' if depth == 0 => {
                    rooms.insert(word(&list[start..i]));
                    start = i + 1;
                }
                _ => {}
            }
        }
    }
    rooms.remove("");
    rooms
}

/// The arrows of a source that its room may not have.
fn forbidden(path: &Path, source: &str) -> Vec<String> {
    let room = room_of(path);
    let Some((_, may)) = MAY.iter().find(|(name, _)| *name == room) else {
        return vec![format!("{}: `{room}` is no room of the table", path.display())];
    };
    named(source)
        .into_iter()
        .filter(|other| *other != room && !may.contains(&other.as_str()))
        .map(|other| format!("{}: `{room}` names `{other}`", path.display()))
        .collect()
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            sources(&path, found)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    Ok(())
}

#[test]
fn no_room_names_what_stands_above_it() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&src, &mut files).unwrap();
    assert!(files.len() > 100);
    let mut wrong = Vec::new();
    for file in files {
        let path = file.strip_prefix(&src).unwrap();
        // The one names all rooms, for users of the crate; the other is compiled for tests alone.
        if path != Path::new("lib.rs") && !path.starts_with("doors/server_api/misuse") {
            wrong.extend(forbidden(path, &fs::read_to_string(&file).unwrap()));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn there_is_no_circle() {
    let table: BTreeMap<&str, &[&str]> = MAY.iter().copied().collect();
    let mut done: BTreeSet<&str> = BTreeSet::new();
    // Who names only what is done is done; in a circle nobody ever is.
    loop {
        let next: Vec<&str> = table
            .iter()
            .filter(|(room, may)| !done.contains(**room) && may.iter().all(|other| done.contains(other)))
            .map(|(room, _)| *room)
            .collect();
        if next.is_empty() {
            break;
        }
        done.extend(next);
    }
    let left: Vec<&&str> = table.keys().filter(|room| !done.contains(**room)).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_wrong_line_is_found() {
    let refused = |path: &str, source: &str| !forbidden(Path::new(path), source).is_empty();
    for wrong in [
        "use crate::mail::post::Mirror;",
        "use crate::{\n    core::bug::Bug,\n    mail::{post::{Delivery, Mirror}, recall},\n};",
        "#[cfg(test)]\nmod misuse;\ntype Refusal = crate::doors::server_api::ApiError;",
        "use crate::service::Service;",
    ] {
        assert!(refused("core/out.rs", wrong), "{wrong}");
    }
    assert!(refused("chatroom/join.rs", "use crate::{core::Core, ultra_group::UltraGroups};"));
    assert!(refused("mail/post.rs", "use crate::{core::Core, doors::frames::Table};"));
    assert!(refused("attic/post.rs", ""));
    for right in [
        "use crate::core::account::UserIx;",
        "// crate::mail is told\nuse crate::{core::{bug::Bug, io::{ConnId}}};",
        "#[cfg(test)]\nmod tests {\n    use crate::mail::post;\n}",
    ] {
        assert!(!refused("core/out.rs", right), "{right}");
    }
}
