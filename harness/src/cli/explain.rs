//! `harness explain`: what a name means, whatever kind of name it is.

use std::{fs, io::Write, path::Path};

use clap::Args;
use schemars::generate::SchemaSettings;
use service::{act::Act, fault::Fault, switch::Switches};

use super::{
    Stop, exit, files, requirements, settings,
    texts::{BASELINES, SETTINGS},
};
use crate::{
    bug::Bug,
    catalogue::{
        Ambiguity, EventInfo, EventKind, Known, Method, Param, Requirement, ambiguities, api, catalogue,
    },
    recorded::meaning::{RULES, Rule},
    scenario::{NEEDS, PLATFORMS, about_need, names, nearest},
};

/// Arguments of `harness explain`.
#[derive(Debug, Args)]
pub(super) struct ExplainArgs {
    /// `CONN-014`, `AMB-13`, `CONN`, `sendMessage`, `onMessageReceived`, `ConversationType`, `no_kick` … or a list:
    /// `areas`, `ambiguities`, `methods`, `callbacks`, `enums`, `bugs`, `acts`, `faults`, `switches`, `needs`, `steps`,
    /// `baselines`, `rules`, `harness.toml`, `exit-codes`. Without it: what can be explained.
    name: Option<String>,
}

/// Lists, with what is in them.
const LISTS: &[(&str, &str)] = &[
    ("areas", "areas of the requirement catalogue"),
    ("ambiguities", "what the documentation leaves open"),
    ("methods", "methods of the engine"),
    ("callbacks", "callbacks of the engine"),
    ("enums", "enums and their members"),
    ("baselines", "known deviations of clients: what their files say"),
    ("harness.toml", "a team's settings: named clients, default clients and paths"),
    (
        "bugs",
        "deliberate bugs: of the service, for `breaks_when` and `misbehave`; of the client, for `breaks_when`",
    ),
    ("acts", "server-side acts, for `service:` steps"),
    ("faults", "faults that can be armed, as a JSON Schema"),
    ("switches", "switches of a world"),
    ("needs", "capabilities that a scenario can need, and platforms"),
    ("steps", "steps of a scenario, frames of `wire`, kinds of `state`"),
    ("rules", "what may differ between two recordings, for `harness diff` and `harness replay`"),
    ("exit-codes", "what the exit code says"),
];

/// Single names that can be explained: a kind, and how to write one.
const SINGLE: &[(&str, &str)] = &[
    ("a requirement", "CONN-014"),
    ("an ambiguity of the documentation, and how it is read", "AMB-13"),
    ("an area", "CONN"),
    ("a method", "sendMessage"),
    ("a callback", "onMessageReceived"),
    ("an enum", "ConversationType"),
    ("a type", "Message"),
    ("a bug", "no_kick"),
    ("a switch", "multiDeviceSync"),
    ("a capability of clients", "local_store"),
];

/// What can be explained.
fn overview(out: &mut dyn Write) -> Result<(), Stop> {
    writeln!(out, "harness explain LIST")?;
    for (name, about) in LISTS {
        writeln!(out, "  {name:17} {about}")?;
    }
    writeln!(out, "harness explain NAME")?;
    for (kind, example) in SINGLE {
        writeln!(out, "  {example:17} {kind}")?;
    }
    Ok(())
}

pub(super) fn run(args: &ExplainArgs, out: &mut dyn Write) -> Result<u8, Stop> {
    let Some(name) = args.name.as_deref() else {
        overview(out)?;
        return Ok(exit::CONFORMS);
    };
    if list(name, out)? || single(name, out)? {
        return Ok(exit::CONFORMS);
    }
    let api = api();
    let bugs: Vec<String> = Bug::all().map(|bug| bug.to_string()).collect();
    let known = (catalogue().ids())
        .chain(ambiguities().iter().map(|ambiguity| ambiguity.id.as_str()))
        .chain(catalogue().areas.keys().map(String::as_str))
        .chain(api.methods.keys().map(String::as_str))
        .chain(api.events.keys().map(String::as_str))
        .chain(api.enums.keys().map(String::as_str))
        .chain(bugs.iter().map(String::as_str))
        .chain(Switches::NAMES.iter().copied())
        .chain(NEEDS.iter().copied())
        .chain(LISTS.iter().map(|(name, _)| *name));
    let hint = match nearest(name, known) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "`harness explain` lists what can be explained".to_owned(),
    };
    Err(Stop::usage(format!("nothing is called `{name}`"), Some(hint)))
}

fn list(name: &str, out: &mut dyn Write) -> Result<bool, Stop> {
    match name {
        "rules" => {
            for Rule { name, usual, covers, why, .. } in RULES {
                writeln!(out, "{name:13} {:9} {covers}\n{:24}{why}", usual.words(), "")?;
            }
        }
        "areas" => {
            for (area, about) in &catalogue().areas {
                writeln!(out, "{area:9} {about}")?;
            }
        }
        "ambiguities" => {
            for Ambiguity { id, question, .. } in ambiguities() {
                writeln!(out, "{id}  {question}")?;
            }
        }
        "methods" => {
            for (name, method) in &api().methods {
                writeln!(out, "{}", signature(name, &method.params))?;
            }
        }
        "callbacks" => {
            for (name, event) in &api().events {
                writeln!(out, "{}", signature(name, &event.params))?;
            }
        }
        "enums" => {
            for (name, members) in &api().enums {
                writeln!(out, "{name}: {}", members.keys().cloned().collect::<Vec<_>>().join(", "))?;
            }
        }
        "bugs" => Bug::all().try_for_each(|bug| writeln!(out, "{bug}: {}{}", bug.meaning(), broken(bug)))?,
        "acts" => variants(&schema_of::<Act>(), out)?,
        "faults" => writeln!(out, "{:#}", schema_of::<Fault>())?,
        "switches" => {
            for (name, value, meaning) in Switches::default().describe() {
                writeln!(out, "{name} ({value}): {meaning}")?;
            }
        }
        "needs" => {
            for need in NEEDS {
                writeln!(out, "{need:17} {}", about_need(need).unwrap_or_default())?;
            }
            writeln!(out, "platforms: {}", PLATFORMS.join(", "))?;
        }
        "steps" => {
            writeln!(out, "steps: {}", names::KINDS.join(", "))?;
            writeln!(out, "frames of `wire`: {}", names::FRAMES.join(", "))?;
            writeln!(out, "kinds of `state`: {}", names::states().collect::<Vec<_>>().join(", "))?;
        }
        "exit-codes" => {
            for (code, meaning) in exit::ALL {
                writeln!(out, "{code:3}  {meaning}")?;
            }
            writeln!(
                out,
                "Of several things the worst counts, and of several clients the worst one's: 130, 5, 2, 3, 1, 4, 6, 0."
            )?;
        }
        "baselines" => write!(out, "{BASELINES}")?,
        settings::FILE => write!(out, "{SETTINGS}")?,
        _ => return Ok(false),
    }
    Ok(true)
}

fn single(name: &str, out: &mut dyn Write) -> Result<bool, Stop> {
    let api = api();
    if let Some(found) = catalogue().get(name) {
        requirement(found, out)?;
    } else if let Some(found) = ambiguities().iter().find(|ambiguity| ambiguity.id == name) {
        ambiguity(found, out)?;
    } else if let Some(about) = catalogue().areas.get(name) {
        writeln!(out, "{name}: {about}")?;
        for found in catalogue().requirements.iter().filter(|found| found.area() == name) {
            writeln!(out, "{}  {}", found.id, found.statement)?;
        }
    } else if let Some(found) = api.method(name) {
        method(name, found, out)?;
    } else if let Some(found) = api.events.get(name) {
        event(name, found, out)?;
    } else if let Some(about) = about_need(name) {
        writeln!(out, "{name}, a capability: {about}")?;
        writeln!(
            out,
            "A scenario names it under `needs:`, or a case uses it; an adapter names it in its hello."
        )?;
    } else if name == "patience" {
        writeln!(
            out,
            "patience: how much time a case may let pass with a client in real time (`--patience 5m`, 60 s if not given)."
        )?;
        writeln!(out, "A case that needs more is unsupported, and its reason says how much.")?;
    } else if let Some(new) = api.renamed.get(name) {
        writeln!(out, "`{name}` is called `{new}` today")?;
    } else if let Some(members) = api.enums.get(name) {
        writeln!(out, "{name}")?;
        for (member, number) in members {
            writeln!(out, "  {member} ({number})")?;
        }
    } else if let Some(fields) = api.fields(name) {
        writeln!(out, "{name}")?;
        for (field, kind) in fields {
            writeln!(out, "  {field}: {}", kind.map_or("any", Param::name))?;
        }
    } else if let Some((switch, value, meaning)) =
        Switches::default().describe().into_iter().find(|(switch, ..)| *switch == name)
    {
        writeln!(out, "switch {switch}, {value} unless set: {meaning}")?;
    } else if let Some(named) = Bug::named(name) {
        bug(named, out)?;
    } else {
        return Ok(false);
    }
    Ok(true)
}

/// What a bug breaks, where it says so itself.
fn broken(bug: Bug) -> String {
    bug.breaks().map_or_else(String::new, |id| format!(" ({id})"))
}

fn bug(bug: Bug, out: &mut dyn Write) -> Result<(), Stop> {
    let whose = if bug.is_of_client() { "the client" } else { "the service" };
    writeln!(out, "bug of {whose} {bug}: {}", bug.meaning())?;
    if let Some(broken) = bug.breaks().and_then(|id| catalogue().get(id)) {
        writeln!(out, "  breaks {}  {}", broken.id, broken.statement)?;
    }
    if !Path::new(files::DEFAULT).is_dir() {
        return Ok(());
    }
    // What a scenario says it notices, with what it proves.
    for file in files::read_telling(&[], &mut std::io::sink())? {
        let Ok(scenario) = file.scenario else { continue };
        if scenario.breaks_when.iter().any(|named| named.value == bug.to_string()) {
            let covers: Vec<&str> = scenario.covers.iter().map(|id| id.value.as_str()).collect();
            writeln!(out, "  noticed by {} ({})", file.path.display(), covers.join(", "))?;
        }
    }
    Ok(())
}

fn requirement(found: &Requirement, out: &mut dyn Write) -> Result<(), Stop> {
    let Requirement { id, statement, side, level, testable, note, uncovered } = found;
    writeln!(out, "{id}  {statement}")?;
    let note = note.as_ref().map_or_else(String::new, |note| format!(" ({note})"));
    let facts = format!("side {side:?}, level {level:?}, testable {testable:?}").to_lowercase();
    writeln!(out, "  {facts}{note}")?;
    if let Some(reason) = uncovered {
        writeln!(out, "  not covered: {reason}")?;
    }
    for open in ambiguities().iter().filter(|ambiguity| ambiguity.requirements.contains(id)) {
        writeln!(out, "  {}: {} Read as: {}", open.id, open.question, open.reading)?;
    }
    // Outside a checkout there are no scenarios to look through, and the rest is still worth saying.
    if Path::new(files::DEFAULT).is_dir() {
        let covering = requirements::covering(&[], &mut std::io::sink())?;
        match covering.get(id) {
            Some(paths) => paths.iter().try_for_each(|path| writeln!(out, "  covered by {path}"))?,
            None => writeln!(out, "  no scenario covers it")?,
        }
    }
    Ok(())
}

fn ambiguity(found: &Ambiguity, out: &mut dyn Write) -> Result<(), Stop> {
    let Ambiguity { id, question, reading, known, requirements } = found;
    writeln!(out, "{id}  {question}")?;
    let known = match known {
        Known::Documented => "documented: other passages settle it",
        Known::Seen => "seen with a vendor's SDK",
        Known::Assumed => "assumed",
    };
    writeln!(out, "  read as: {reading} ({known})")?;
    for requirement in requirements.iter().filter_map(|id| catalogue().get(id)) {
        writeln!(out, "  bears on {}  {}", requirement.id, requirement.statement)?;
    }
    if Path::new(files::DEFAULT).is_dir() {
        for path in files::scenarios(&[])? {
            // One that cannot be read is told of by whatever runs it.
            if fs::read_to_string(&path).is_ok_and(|text| text.contains(id.as_str())) {
                writeln!(out, "  cited by {}", path.display())?;
            }
        }
    }
    Ok(())
}

/// What is said of methods and callbacks that the table has beside the documented ones.
const BEYOND: &str = "not of the documented engine: the vendor's web SDKs alone have it";

fn method(name: &str, method: &Method, out: &mut dyn Write) -> Result<(), Stop> {
    writeln!(out, "{} -> {}", signature(name, &method.params), method.returns)?;
    for answer in &method.answers {
        match api().events.get(answer) {
            Some(event) => writeln!(out, "  answered by {}", signature(answer, &event.params))?,
            None => writeln!(out, "  answered by {answer}")?,
        }
    }
    if method.beyond {
        writeln!(out, "  {BEYOND}")?;
    }
    enums_of(&method.params, out)
}

fn event(name: &str, event: &EventInfo, out: &mut dyn Write) -> Result<(), Stop> {
    writeln!(out, "{}", signature(name, &event.params))?;
    match event.kind {
        EventKind::Event => writeln!(out, "  comes by itself")?,
        EventKind::Result => {
            let methods = api().methods.iter().filter(|(_, method)| method.answers.iter().any(|a| a == name));
            let methods: Vec<&str> = methods.map(|(method, _)| method.as_str()).collect();
            writeln!(out, "  answers {}", methods.join(", "))?;
        }
    }
    if event.beyond {
        writeln!(out, "  {BEYOND}")?;
    }
    enums_of(&event.params, out)
}

fn enums_of(params: &indexmap::IndexMap<String, Param>, out: &mut dyn Write) -> Result<(), Stop> {
    for kind in params.values() {
        let kind = kind.element().unwrap_or_else(|| kind.clone());
        if let Some(members) = api().enums.get(kind.name()) {
            let members: Vec<&str> = members.keys().map(String::as_str).collect();
            writeln!(out, "  {}: {}", kind.name(), members.join(", "))?;
        }
    }
    Ok(())
}

fn signature(name: &str, params: &indexmap::IndexMap<String, Param>) -> String {
    let params: Vec<String> = params
        .iter()
        .map(|(param, kind)| format!("{param}{}: {}", if kind.optional() { "?" } else { "" }, kind.name()))
        .collect();
    format!("{name}({})", params.join(", "))
}

fn schema_of<T: schemars::JsonSchema>() -> serde_json::Value {
    SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<T>().to_value()
}

/// Names and doc comments of an enum's variants.
fn named_variants(schema: &serde_json::Value) -> Vec<(String, String)> {
    let cases = schema["oneOf"].as_array().into_iter().flatten();
    cases
        .flat_map(|case| {
            let meaning = case["description"].as_str().unwrap_or_default().to_owned();
            let keys = case["properties"].as_object().into_iter().flat_map(|map| map.keys().cloned());
            let names = case["const"].as_str().map(str::to_owned).into_iter().chain(keys);
            let more = case["enum"].as_array().into_iter().flatten().filter_map(|name| name.as_str());
            let names: Vec<String> = names.chain(more.map(str::to_owned)).collect();
            names.into_iter().map(move |name| (name, meaning.clone()))
        })
        .collect()
}

fn variants(schema: &serde_json::Value, out: &mut dyn Write) -> Result<(), Stop> {
    for (name, meaning) in named_variants(schema) {
        writeln!(out, "{name}: {meaning}")?;
    }
    Ok(())
}
