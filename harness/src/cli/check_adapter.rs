//! `harness check-adapter`: whether an adapter keeps to the protocol.

use std::io::Write;

use clap::Args;
use serde_json::json;

use super::{Format, Stop, exit};
use crate::{
    adapter::{
        Command,
        check::{Check, Found, check_at},
    },
    dial::DEVICE,
};

/// Arguments of `harness check-adapter`.
#[derive(Debug, Args)]
pub(super) struct CheckAdapterArgs {
    /// A client by its name, or a command line that speaks the adapter protocol; with `--dial`: `dial@device`.
    #[arg(required_unless_present = "dial")]
    client: Option<String>,
    #[command(flatten)]
    dial: super::DialArgs,
    /// How findings are written.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

pub(super) fn run(args: &CheckAdapterArgs, out: &mut dyn Write) -> Result<u8, Stop> {
    let command = Command::named(args.client.as_deref().unwrap_or(DEVICE)).map_err(|why| {
        Stop::usage(
            why,
            Some("`harness clients` lists the known ones; a command line: 'COMMAND ARGS'".to_owned()),
        )
    })?;
    if command.is_inside() {
        return Err(Stop::usage(
            format!("{} has no adapter: it is part of this program", command.name),
            None,
        ));
    }
    let names = command.dials_in().then_some(&*command.name).into_iter().collect();
    let exchange = args.dial.invite(&names, None)?;
    let checks = check_at(&command, exchange.as_ref()).map_err(|fault| Stop {
        message: fault.0,
        hint: None,
        code: exit::INCOMPLETE,
    })?;
    for Check { what, found } in &checks {
        let (word, detail) = match found {
            Found::Good => ("ok", None),
            Found::Bad(seen) => ("FAIL", Some(seen)),
            Found::Unsupported(why) => ("unsupported", Some(why)),
        };
        match args.format {
            Format::Json => writeln!(out, "{}", json!({"check": what, "found": word, "detail": detail}))?,
            Format::Text => {
                writeln!(out, "{word:11} {what}")?;
                if let Some(detail) = detail {
                    writeln!(out, "{:11}   {detail}", "")?;
                }
            }
        }
    }
    let bad = checks.iter().filter(|check| matches!(check.found, Found::Bad(_))).count();
    if args.format == Format::Text {
        let open = checks.iter().filter(|check| matches!(check.found, Found::Unsupported(_))).count();
        let good = checks.len() - bad - open;
        writeln!(out, "{good} of {} checks are well, {bad} are not, {open} cannot be made", checks.len())?;
    }
    Ok(if bad == 0 { exit::CONFORMS } else { exit::FAILED })
}
