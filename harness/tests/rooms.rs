//! The rooms of both cores and the arrows between them: what stands above may name what stands below, and nothing else.
//!
//! A room is a folder of `src`, or a file beside them. Each line of a [`House`]'s table says what a room may name. There is
//! no circle in it (a test of its own), so there is none in the code. A type whose methods lie all over the house is a
//! circle by another name, so none may have them in more than eight files.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// A core: its sources, and what each of its rooms may name besides itself.
struct House {
    src: &'static str,
    may: &'static [(&'static str, &'static [&'static str])],
    /// How many sources it has at least: a folder that is not found has no arrows.
    least: usize,
    /// Sources without arrows: `lib.rs` names all rooms, for users of the crate; others are compiled for tests alone.
    except: &'static [&'static str],
}

/// The simulated service.
const SERVICE: House = House {
    src: "../mock-server/service/src",
    least: 150,
    except: &["lib.rs", "doors/server_api/misuse"],
    may: &[
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
        ("taken", &["core", "doors"]),
        ("service", &["core", "doors", "outward", "taken", "world"]),
    ],
};

/// The reference client.
const CLIENT: House = House {
    src: "client/src",
    least: 65,
    except: &["lib.rs"],
    may: &[
        ("core", &[]),
        ("local", &["core"]),
        ("preferences", &["core"]),
        ("mail", &["core"]),
        // A message that was uploaded goes out like any other.
        ("media", &["core", "mail"]),
        // Recalls, expansions and history pages are those of all conversations.
        ("chatroom", &["core", "mail"]),
        ("ultra_group", &["core", "local", "mail"]),
        ("engine", &["chatroom", "core", "local", "mail", "media", "preferences", "ultra_group"]),
    ],
};

const HOUSES: [&House; 2] = [&SERVICE, &CLIENT];

/// In how many files a type may have methods.
const MOST_FILES: usize = 8;

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
fn forbidden(house: &House, path: &Path, source: &str) -> Vec<String> {
    let room = room_of(path);
    let Some((_, may)) = house.may.iter().find(|(name, _)| *name == room) else {
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

/// Every source of a house that counts, by its path in `src`.
fn all(house: &House) -> Vec<(PathBuf, String)> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join(house.src);
    let mut files = Vec::new();
    sources(&src, &mut files).unwrap();
    let named = files.into_iter().map(|file| {
        let text = fs::read_to_string(&file).unwrap();
        (file.strip_prefix(&src).unwrap().to_owned(), text)
    });
    named.filter(|(path, _)| !house.except.iter().any(|except| path.starts_with(except))).collect()
}

/// The types that a source has methods of.
fn types_with_methods(source: &str) -> BTreeSet<String> {
    let heads = source.lines().filter_map(|line| {
        let head = line.strip_prefix("impl")?;
        // `impl<T> Type<T> {`, and no `impl Trait for Type {`.
        let head = match head.strip_prefix('<') {
            Some(generic) => generic.split_once('>')?.1,
            None => head,
        };
        (!head.contains(" for ")).then(|| head.trim_start())
    });
    heads.map(|head| head.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()).collect()
}

/// Types with methods in too many files.
fn scattered(sources: &[(PathBuf, String)]) -> Vec<String> {
    let mut files: BTreeMap<String, usize> = BTreeMap::new();
    for (_, source) in sources {
        for name in types_with_methods(source) {
            *files.entry(name).or_default() += 1;
        }
    }
    let many = files.into_iter().filter(|(_, files)| *files > MOST_FILES);
    many.map(|(name, files)| format!("`{name}` has methods in {files} files")).collect()
}

#[test]
fn no_room_names_what_stands_above_it() {
    for house in HOUSES {
        let sources = all(house);
        assert!(sources.len() > house.least, "{}: {}", house.src, sources.len());
        let wrong: Vec<String> =
            sources.iter().flat_map(|(path, source)| forbidden(house, path, source)).collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
}

#[test]
fn no_type_is_scattered_over_the_house() {
    for house in HOUSES {
        assert_eq!(scattered(&all(house)), Vec::<String>::new(), "{}", house.src);
    }
    let nine: Vec<(PathBuf, String)> = (0..9)
        .map(|n| (format!("core/{n}.rs").into(), "impl<T> Core<T> {}\nimpl Core<u8> {}".into()))
        .collect();
    assert_eq!(scattered(&nine[..8]), Vec::<String>::new());
    assert_eq!(scattered(&nine), ["`Core` has methods in 9 files"]);
}

#[test]
fn there_is_no_circle() {
    for house in HOUSES {
        let table: BTreeMap<&str, &[&str]> = house.may.iter().copied().collect();
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
}

#[test]
fn a_wrong_line_is_found() {
    let refused = |path: &str, source: &str| !forbidden(&SERVICE, Path::new(path), source).is_empty();
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
    let upward = "use crate::{core::Core, engine::Engine};";
    assert!(!forbidden(&CLIENT, Path::new("mail/send.rs"), upward).is_empty());
    for right in [
        "use crate::core::account::UserIx;",
        "// crate::mail is told\nuse crate::{core::{bug::Bug, io::{ConnId}}};",
        "#[cfg(test)]\nmod tests {\n    use crate::mail::post;\n}",
    ] {
        assert!(!refused("core/out.rs", right), "{right}");
    }
}
