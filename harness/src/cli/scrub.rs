//! `harness scrub`: a recording that can be shared.

use std::{
    fs::{self, OpenOptions},
    io::{BufWriter, Write},
    path::PathBuf,
};

use clap::Args;
use recording::End;

use super::{Stop, exit};
use crate::{proxy::scrub::scrub, recorded};

/// Arguments of `harness scrub`.
#[derive(Debug, Args)]
pub(super) struct ScrubArgs {
    /// The recording.
    file: PathBuf,
    /// Where the scrubbed one is written; it must not be there yet.
    #[arg(short, long, value_name = "FILE")]
    out: PathBuf,
}

pub(super) fn run(args: &ScrubArgs, out: &mut dyn Write) -> Result<u8, Stop> {
    let mut reader = recorded::open(&args.file).map_err(|why| Stop::usage(why, None))?;
    let to = args.out.display();
    let file = OpenOptions::new().write(true).create_new(true).open(&args.out);
    let file = file.map_err(|error| Stop::usage(format!("{to}: {error}"), None))?;
    let scrubbed = scrub(&mut reader, &mut BufWriter::new(file)).inspect_err(|_| {
        // What is cut is no recording; if it cannot be removed, its reader sees that.
        let _ = fs::remove_file(&args.out);
    })?;
    writeln!(out, "{} entries in {to}", scrubbed.entries)?;
    if scrubbed.left_out > 0 {
        let what = "acts of an operator and calls of the app's server cannot be scrubbed";
        writeln!(out, "{} entries are left out: {what}", scrubbed.left_out)?;
    }
    if scrubbed.end != End::Whole {
        writeln!(out, "{}: {}", args.file.display(), scrubbed.end)?;
        return Ok(exit::INCOMPLETE);
    }
    Ok(exit::CONFORMS)
}
