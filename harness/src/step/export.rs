//! Marked entries, written out.

use std::{
    fs::OpenOptions,
    io::{BufRead, BufWriter, Seek, Write},
    path::Path,
};

use serde_json::json;

use super::{model::Model, source::Source};
use crate::{
    draft::{MOST_ENTRIES, Wanted, draft},
    recorded,
};

/// Makes a scenario of entries of a recording: its file, and the ranges of entries that are wanted (first and last of each). What it
/// gives is the text of a scenario file, and a sentence on it; what it cannot do it says in a sentence.
pub type Export = Box<dyn Fn(&Path, &[(u64, u64)]) -> Result<(String, String), String>>;

/// Scenarios as `harness scenario-from` makes them.
#[must_use]
pub fn drafts() -> Export {
    Box::new(|file, ranges| {
        let mut reader = recorded::open(file)?;
        let (mut entries, last) = (Vec::new(), ranges.last().map_or(0, |(_, last)| *last));
        while reader.last() < last {
            if entries.len() == MOST_ENTRIES {
                return Err(format!("a scenario is drafted of the first {MOST_ENTRIES} entries alone"));
            }
            let Some(entry) = reader.next_entry().map_err(|error| error.to_string())? else { break };
            entries.push(entry);
        }
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let entries_wanted = ranges.iter().flat_map(|(first, last)| *first..=*last).collect();
        let wanted = Wanted { name, entries: entries_wanted, ..Wanted::default() };
        let draft = draft(reader.header(), &entries, &wanted)?;
        let passes = if draft.passes { "passes" } else { "does NOT pass" };
        let told = format!("{} steps; it {passes} with the reference client", draft.steps);
        Ok((draft.yaml, told))
    })
}

/// Entries that are written at once: nobody waits for more before a terminal.
const MOST: u64 = 200_000;

/// How entries are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// A line an entry, as `harness show --whole` has it.
    Words,
    /// An object an entry, as `harness show --format json` has it.
    Json,
    /// A scenario.
    Scenario,
}

impl Form {
    fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()? {
            "txt" => Some(Self::Words),
            "jsonl" => Some(Self::Json),
            "yaml" | "yml" => Some(Self::Scenario),
            _ => None,
        }
    }
}

impl<R: BufRead + Seek> Model<R> {
    /// Writes what is marked to a file whose ending says how; what came of it, in a sentence.
    pub(super) fn write(&mut self, to: &str) -> Result<String, String> {
        let (ranges, count, path) = (self.marks.ranges(), self.marks.count(), Path::new(to));
        if count == 0 {
            return Err("nothing is marked: m marks an entry, v begins and ends a range".to_owned());
        }
        if count > MOST {
            return Err(format!("{count} entries are marked; at most {MOST} are written at once"));
        }
        let form = Form::of(path)
            .ok_or("the ending says how: .txt in words, .jsonl decoded as `harness show --format json`, .yaml a scenario")?;
        let said = |error: std::io::Error| match error.kind() {
            std::io::ErrorKind::AlreadyExists => format!("{to} is there already: it is left alone"),
            _ => format!("{to}: {error}"),
        };
        let create = |path: &Path| private().write(true).create_new(true).open(path).map_err(said);
        match (form, &self.export) {
            (Form::Scenario, Some(export)) => {
                if path.exists() {
                    return Err(format!("{to} is there already: it is left alone"));
                }
                let (text, told) = export(Path::new(&self.name), &ranges)?;
                create(path)?.write_all(text.as_bytes()).map_err(said)?;
                Ok(format!("{to}: {told}"))
            }
            (Form::Scenario, None) => {
                let path = path.with_extension("txt");
                let mut out = BufWriter::new(create(&path)?);
                entries(&mut self.source, &ranges, Form::Words, &mut out)?;
                let path = path.display();
                Ok(format!("this build drafts no scenarios: {count} entries as text in {path}"))
            }
            (form, _) => {
                let mut out = BufWriter::new(create(path)?);
                entries(&mut self.source, &ranges, form, &mut out)?;
                Ok(format!("{to}: {count} entries"))
            }
        }
    }
}

/// Entries hold tokens: what is written is its owner's alone, where a system has owners.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn entries<R: BufRead + Seek>(
    source: &mut Source<R>,
    ranges: &[(u64, u64)],
    form: Form,
    out: &mut impl Write,
) -> Result<(), String> {
    let mut put = |line: &str| writeln!(out, "{line}").map_err(|error| error.to_string());
    if form == Form::Json {
        put(&json!(source.header()).to_string())?;
    }
    for n in ranges.iter().flat_map(|(first, last)| *first..=*last) {
        let Some(page) = source.page(n)? else { break };
        let Some(row) = page.row(n) else { break };
        if form == Form::Json {
            let mut told = row.told.clone();
            told["n"] = n.into();
            told["afterMs"] = json!(row.after.as_millis());
            put(&told.to_string())?;
        } else {
            put(&crate::plain::plain(&row.whole()))?;
        }
    }
    out.flush().map_err(|error| error.to_string())
}
