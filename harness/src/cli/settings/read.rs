//! The file's text to [`Settings`], all mistakes at once.

use std::{
    num::NonZeroUsize,
    ops::Range,
    path::{Path, PathBuf},
    time::Duration,
};

use indexmap::IndexMap;
use toml_edit::{Document, Item, TableLike};

use super::{super::run, Named, Settings, known_client};
use crate::{scenario::nearest, shell};

/// What is wrong is shown as it is written, up to so many bytes.
const SHORT: usize = 40;
/// Keys at its top.
const KEYS: [&str; 3] = ["clients", "paths", "client"];
/// Keys of a client.
const CLIENT_KEYS: [&str; 9] =
    ["command", "name", "baseline", "areas", "exclude", "patience", "slow", "retries", "jobs"];

impl Settings {
    /// Reads the file's text.
    ///
    /// # Errors
    /// Every mistake: place, cause, remedy.
    pub(super) fn read(path: &Path, text: &str) -> Result<Self, Vec<String>> {
        let mut reader = Reader { path, text, folder: folder_of(path), mistakes: Vec::new() };
        let document = match Document::parse(text) {
            Ok(document) => document,
            Err(error) => {
                reader.mistake(error.span(), error.message().lines().next().unwrap_or("no TOML"));
                return Err(reader.mistakes);
            }
        };
        let settings = reader.settings(document.as_table());
        if reader.mistakes.is_empty() { Ok(settings) } else { Err(reader.mistakes) }
    }
}

fn folder_of(path: &Path) -> PathBuf {
    path.parent().unwrap_or(Path::new("")).to_owned()
}

struct Reader<'a> {
    path: &'a Path,
    text: &'a str,
    folder: PathBuf,
    mistakes: Vec<String>,
}

impl Reader<'_> {
    fn mistake(&mut self, at: Option<Range<usize>>, what: &str) {
        let before = &self.text[..at.map_or(0, |at| at.start.min(self.text.len()))];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        self.mistakes.push(format!("{}:{line}:{column}: {what}", self.path.display()));
    }

    fn settings(&mut self, top: &dyn TableLike) -> Settings {
        self.known(top, &KEYS);
        let mut named = IndexMap::new();
        if let Some(item) = top.get("client") {
            match item.as_table_like() {
                Some(clients) => {
                    for (name, item) in clients.iter() {
                        let client = match item.as_table_like() {
                            Some(table) => self.client(name, table, item.span()),
                            None => self.wrong(item, "client", "a table: `[client.NAME]`"),
                        };
                        named.insert(name.to_owned(), client);
                    }
                }
                None => self.wrong(item, "client", "a table: `[client.NAME]`"),
            }
        }
        let clients = self.texts(top, "clients");
        for client in &clients {
            if !named.contains_key(client)
                && let Err(why) = known_client(client)
            {
                let near = nearest(client, named.keys().map(String::as_str));
                let help = near.map_or(why, |near| format!("no client is called so; did you mean `{near}`?"));
                let at = top.get("clients").and_then(Item::span);
                self.mistake(at, &format!("`clients` names `{client}`: {help}"));
            }
        }
        let paths = self.texts(top, "paths").into_iter().map(|path| self.folder.join(path)).collect();
        Settings { file: Some(self.path.to_owned()), clients, paths, named }
    }

    fn client(&mut self, name: &str, table: &dyn TableLike, at: Option<Range<usize>>) -> Named {
        self.known(table, &CLIENT_KEYS);
        let command = self.text(table, "command").map(|command| self.beside(&command));
        let called = self.text(table, "name");
        let made = match (&command, &called) {
            (None, None) => known_client(name).map_err(|why| format!("`command` is missing: {why}")),
            (None, Some(_)) => Err("`name` is for clients with a `command`".to_owned()),
            (Some(command), called) => known_client(command).and_then(|made| match made {
                // One that the harness knows keeps its name.
                Some(made) if made.name != *command => {
                    made.called(called.as_deref().unwrap_or(name)).map(Some)
                }
                made if called.is_none() => Ok(made),
                _ => Err(format!("`{command}` has its name; `name` is for other commands")),
            }),
        };
        let command = made.unwrap_or_else(|why| {
            let at = table.get("command").and_then(Item::span).or(at);
            self.mistake(at, &format!("client `{name}`: {why}"));
            None
        });
        Named {
            command,
            baseline: self.text(table, "baseline").map(|path| self.folder.join(path)),
            areas: self.texts(table, "areas"),
            exclude: self.texts(table, "exclude"),
            patience: self.time(table, "patience"),
            slow: self.number(table, "slow", 1, 100),
            retries: self.number(table, "retries", 0, 100),
            jobs: self.number(table, "jobs", 1, 10_000).and_then(|jobs| NonZeroUsize::new(jobs as usize)),
        }
    }

    /// Every key must be one of these.
    fn known(&mut self, table: &dyn TableLike, keys: &[&str]) {
        for (key, item) in table.iter() {
            if !keys.contains(&key) {
                let at = table.get_key_value(key).and_then(|(key, _)| key.span()).or_else(|| item.span());
                let help = match nearest(key, keys.iter().copied()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("known here: {}", keys.join(", ")),
                };
                self.mistake(at, &format!("unknown key `{key}`; {help}"));
            }
        }
    }

    fn wrong<T: Default>(&mut self, item: &Item, key: &str, must: &str) -> T {
        let written = item.span().and_then(|at| self.text.get(at)).filter(|text| text.len() <= SHORT);
        let what = written.filter(|text| !text.contains('\n')).unwrap_or(item.type_name()).to_owned();
        self.mistake(item.span(), &format!("`{key}` is {what}; it must be {must}"));
        T::default()
    }

    fn text(&mut self, table: &dyn TableLike, key: &str) -> Option<String> {
        let item = table.get(key)?;
        match item.as_str() {
            Some(text) if !text.trim().is_empty() => Some(text.to_owned()),
            Some(_) => {
                self.mistake(item.span(), &format!("`{key}` is empty; leave it out, or say what it is"));
                None
            }
            None => self.wrong(item, key, "a text in quotes"),
        }
    }

    fn texts(&mut self, table: &dyn TableLike, key: &str) -> Vec<String> {
        let Some(item) = table.get(key) else { return Vec::new() };
        let texts: Option<Vec<String>> = item
            .as_array()
            .and_then(|items| items.iter().map(|item| item.as_str().map(str::to_owned)).collect());
        match texts {
            Some(texts) if texts.iter().all(|text| !text.trim().is_empty()) => texts,
            Some(_) => self.wrong(item, key, "a list of texts, none of them empty"),
            None => self.wrong(item, key, "a list of texts: `[\"…\"]`"),
        }
    }

    fn time(&mut self, table: &dyn TableLike, key: &str) -> Option<Duration> {
        let item = table.get(key)?;
        let text = item.as_str().map(str::to_owned).or_else(|| item.as_integer().map(|s| s.to_string()));
        match text.as_deref().map(run::limit) {
            Some(Ok(time)) => Some(time),
            Some(Err(why)) => {
                self.mistake(item.span(), &format!("`{key}`: {why}"));
                None
            }
            None => self.wrong(item, key, "a time, as `\"90s\"` or `\"5m\"`"),
        }
    }

    fn number(&mut self, table: &dyn TableLike, key: &str, least: i64, most: i64) -> Option<u32> {
        let item = table.get(key)?;
        let number = item.as_integer().filter(|number| (least..=most).contains(number));
        match number.and_then(|number| u32::try_from(number).ok()) {
            Some(number) => Some(number),
            None => self.wrong(item, key, &format!("a whole number from {least} to {most}")),
        }
    }

    /// A command whose words are files beside this one, if they are: it may be started from elsewhere.
    fn beside(&self, command: &str) -> String {
        if self.folder.as_os_str().is_empty() {
            return command.to_owned();
        }
        // What is no words is told of when it is taken.
        let Ok(words) = shell::split(command) else { return command.to_owned() };
        let word = |(n, word): (usize, &String)| {
            let path = self.folder.join(word);
            // A bare program is looked for on the PATH, as a shell does.
            let may = n > 0 || word.contains(['/', std::path::MAIN_SEPARATOR]);
            let word = if may && !word.is_empty() && path.exists() {
                path.display().to_string()
            } else {
                word.clone()
            };
            shell::quote(&word)
        };
        words.iter().enumerate().map(word).collect::<Vec<_>>().join(" ")
    }
}
