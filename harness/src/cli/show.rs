//! `harness show`: a recording as text.

use std::{
    fs::File,
    io::{BufWriter, Write},
    path::{Path, PathBuf},
};

use clap::Args;
use recording::{Decoder, End};
use serde_json::json;

use super::{Format, Stop, exit};
use crate::recorded::{self, FileReader, Page};

/// Arguments of `harness show`.
#[derive(Debug, Args)]
pub(super) struct ShowArgs {
    /// The recording.
    file: PathBuf,
    /// Begins with this entry, by its number.
    #[arg(long, value_name = "N", default_value_t = 1)]
    from: u64,
    /// Ends with this entry, by its number.
    #[arg(long, value_name = "N")]
    to: Option<u64>,
    /// Only entries that hold this text, as `--whole` shows them; capitals count.
    #[arg(long, value_name = "TEXT")]
    grep: Option<String>,
    /// Leaves nothing out of long lines.
    #[arg(long)]
    whole: bool,
    /// How entries are written.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Writes one page for a browser, with a lane for each client, instead of text.
    #[arg(long, value_name = "FILE.html", conflicts_with_all = ["format", "whole"])]
    html: Option<PathBuf>,
}

pub(super) fn run(args: &ShowArgs, out: &mut dyn Write) -> Result<u8, Stop> {
    if let Some(to) = args.to.filter(|to| *to < args.from) {
        let message = format!("--from {} is behind --to {to}: both are numbers of entries", args.from);
        return Err(Stop::usage(message, None));
    }
    if args.file.is_dir() {
        let message = format!("{}: a folder; one recording is shown at a time", args.file.display());
        return Err(Stop::usage(message, None));
    }
    let mut reader = recorded::open(&args.file).map_err(|why| Stop::usage(why, None))?;
    if let Some(path) = &args.html {
        return page(args, path, &mut reader, out);
    }
    let header = reader.header();
    match args.format {
        Format::Text => {
            let client =
                if header.client.is_empty() { String::new() } else { format!(", client {}", header.client) };
            let clock = if header.offset.is_some() { "the machine's clock" } else { "a clock moved by hand" };
            let (start, seed) = (header.start, header.seed);
            writeln!(out, "{} by {}{client}", header.app_key, header.made_by)?;
            match &header.proxy {
                Some(proxy) => writeln!(out, "begins at {} unix ms, {proxy}", start.0)?,
                None => writeln!(out, "begins at {} unix ms, seed {seed}, {clock}", start.0)?,
            }
            if header.from > 1 {
                let (from, open) = (header.from, header.open.len());
                writeln!(out, "a span from entry {from} on, with {open} connected; it cannot be replayed")?;
            }
        }
        Format::Json => writeln!(out, "{}", json!(header))?,
    }
    let (mut decoder, mut shown) = (Decoder::of(header), 0_u64);
    while let Some(entry) = reader.next_entry()? {
        if args.to.is_some_and(|to| entry.n > to) {
            return Ok(exit::CONFORMS);
        }
        if entry.n < args.from {
            decoder.learn(&entry);
            continue;
        }
        let mut told = decoder.decode(&entry);
        let line = match (&args.grep, args.format) {
            (None, Format::Json) => String::new(),
            (None, Format::Text) => recorded::line(entry.n, entry.after, &told, args.whole),
            (Some(text), _) => {
                let whole = recorded::line(entry.n, entry.after, &told, true);
                if !whole.contains(text.as_str()) {
                    continue;
                }
                if args.whole { whole } else { recorded::shortened(whole) }
            }
        };
        shown += 1;
        match args.format {
            Format::Text => writeln!(out, "{line}")?,
            Format::Json => {
                told["n"] = entry.n.into();
                told["afterMs"] = json!(entry.after.as_millis());
                writeln!(out, "{told}")?;
            }
        }
    }
    if shown == 0 && args.format == Format::Text {
        writeln!(out, "none of its {} entries is as asked for", reader.last())?;
    }
    let end = reader.end().cloned().unwrap_or(End::Whole);
    match (&end, args.format) {
        (End::Whole, _) => return Ok(exit::CONFORMS),
        (_, Format::Text) => writeln!(out, "{end}; {} entries before it are intact", reader.last())?,
        (_, Format::Json) => writeln!(out, "{}", json!({"end": end.to_string(), "intact": reader.last()}))?,
    }
    Ok(exit::INCOMPLETE)
}

/// The recording as one page.
fn page(args: &ShowArgs, path: &Path, reader: &mut FileReader, out: &mut dyn Write) -> Result<u8, Stop> {
    let cannot = |error: std::io::Error| Stop::usage(format!("{}: {error}", path.display()), None);
    if recorded::is_one(path) {
        let message = format!("{} is a recording: no page is written over it", path.display());
        return Err(Stop::usage(message, Some("harness show FILE --html PAGE.html".to_owned())));
    }
    let mut file = BufWriter::new(File::create(path).map_err(cannot)?);
    let name = args.file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let mut page = Page::begin(&mut file, &name, reader.header()).map_err(cannot)?;
    while let Some(entry) = reader.next_entry()? {
        if args.to.is_some_and(|to| entry.n > to) {
            break;
        }
        if entry.n < args.from {
            page.pass(&entry);
        } else {
            page.entry(&entry, args.grep.as_deref()).map_err(cannot)?;
        }
    }
    let end = reader.end().cloned().unwrap_or(End::Whole);
    page.end(&end, reader.last()).map_err(cannot)?;
    file.flush().map_err(cannot)?;
    writeln!(out, "{}", path.display())?;
    if end == End::Whole {
        return Ok(exit::CONFORMS);
    }
    writeln!(out, "{end}; {} entries before it are intact", reader.last())?;
    Ok(exit::INCOMPLETE)
}
