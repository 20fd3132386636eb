//! Writes a story down as a scenario.

use std::{fmt::Write as _, time::Duration};

use serde_json::Value;
use service::bug::Bug;

use super::{
    Wanted,
    expect::{self, Expectations},
    story::{Do, Story},
    yaml,
};

/// Longest line before a mapping is broken into lines.
const WIDTH: usize = 130;

/// A scenario's text.
#[derive(Debug, Clone)]
pub(super) struct Written {
    pub yaml: String,
    /// How many steps it has.
    pub steps: usize,
    /// The line, from 1, at which each step of the story begins.
    pub lines: Vec<usize>,
}

/// The story as it stands: nothing is expected.
pub(super) fn bare(story: &Story) -> Written {
    let mut text = "scenario: draft\n".to_owned();
    surroundings(story, &mut text);
    steps(story, &Expectations::default(), text)
}

/// The whole scenario.
pub(super) fn scenario(
    story: &Story,
    expectations: &Expectations,
    wanted: &Wanted,
    bugs: &[&str],
) -> Written {
    let meaning = bugs.first().and_then(|name| Bug::ALL.iter().find(|(_, known)| known == name));
    let title = match meaning {
        Some((bug, _)) => format!("Not so: {}", bug.meaning().trim_end_matches('.')),
        None => format!("What happened in {}", wanted.name),
    };
    let mut text = format!(
        "# Drafted from {}. Say what it proves, and which requirements that covers: `covers: [...]`.\n",
        one_line(&wanted.name)
    );
    let _ = writeln!(text, "scenario: {}", yaml::scalar(&title));
    if !bugs.is_empty() {
        let _ = writeln!(text, "breaks_when: [{}]", bugs.join(", "));
    }
    text.push('\n');
    surroundings(story, &mut text);
    text.push('\n');
    steps(story, expectations, text)
}

/// What could not be carried over, as comments in front.
pub(super) fn with_notes(yaml: &str, notes: &[String]) -> String {
    let notes: String = notes.iter().map(|note| format!("# {}\n", one_line(note))).collect();
    format!("{notes}{yaml}")
}

fn one_line(text: &str) -> String {
    text.chars().map(|sign| if sign.is_control() { ' ' } else { sign }).collect()
}

fn surroundings(story: &Story, text: &mut String) {
    text.push_str("service:\n");
    for (key, value) in &story.service {
        let flow = yaml::flow(value);
        match value {
            Value::Object(fields) if flow.len() > WIDTH => {
                let _ = writeln!(text, "  {}:", yaml::scalar(key));
                for (name, value) in fields {
                    let _ = writeln!(text, "    {}: {}", yaml::scalar(name), yaml::flow(value));
                }
            }
            Value::Array(items) if flow.len() > WIDTH => {
                let _ = writeln!(text, "  {}:", yaml::scalar(key));
                for item in items {
                    let _ = writeln!(text, "    - {}", yaml::flow(item));
                }
            }
            _ => {
                let _ = writeln!(text, "  {}: {flow}", yaml::scalar(key));
            }
        }
    }
    if !story.clients.is_empty() {
        text.push_str("clients:\n");
    }
    for (name, person) in &story.clients {
        let user = yaml::scalar(&person.user);
        let _ = match &person.platform {
            Some(platform) => writeln!(text, "  {name}: {{user: {user}, platform: {platform}}}"),
            None => writeln!(text, "  {name}: {{user: {user}}}"),
        };
    }
}

fn steps(story: &Story, expectations: &Expectations, mut text: String) -> Written {
    text.push_str("steps:\n");
    let (mut count, mut lines) = (0, Vec::with_capacity(story.steps.len()));
    let body: String = story.steps.iter().map(|of| step(&of.what)).collect();
    let told = expectations.after.values().flatten().any(|text| text.contains(yaml::DOLLAR));
    let lead = body.contains(yaml::DOLLAR) || told;
    if lead {
        let _ = writeln!(text, "  {}", yaml::LET_DOLLAR);
        count += 1;
    }
    let mut line = text.lines().count();
    for (index, of) in story.steps.iter().enumerate() {
        lines.push(line + 1);
        let own = expectations.instead.get(&index).cloned().unwrap_or_else(|| step(&of.what));
        let after = expectations.after.get(&index).into_iter().flatten();
        for step in std::iter::once(&own).chain(after) {
            count += 1;
            for part in step.lines() {
                line += 1;
                let _ = writeln!(text, "  {part}");
            }
        }
    }
    Written { yaml: text, steps: count, lines }
}

/// A step of the story.
pub(super) fn step(what: &Do) -> String {
    match what {
        Do::Call { client, method, args } if args.is_empty() => format!("- call: {client}.{method}"),
        Do::Call { client, method, args } => {
            format!("- call: {client}.{method}\n  with: {}", yaml::fields_of(args))
        }
        Do::Act(act) => format!("- service: {}", yaml::flow(act)),
        Do::Api(api) => {
            let mut lines = "- api:".to_owned();
            for (key, value) in api["api"].as_object().into_iter().flatten() {
                let _ = write!(lines, "\n    {}: {}", yaml::scalar(key), yaml::flow(value));
            }
            lines
        }
        Do::Around(step) => match step.as_object().and_then(|step| step.iter().next()) {
            Some((key, value)) => format!("- {key}: {}", yaml::flow(value)),
            None => String::new(),
        },
        Do::Pause(time) => format!("- advance: {}", pause(*time)),
        Do::Keep(keep) => expect::keep(keep),
    }
}

/// `1h 2m 3s`
pub(super) fn pause(time: Duration) -> String {
    let seconds = time.as_secs();
    let millis = u64::from(time.subsec_millis());
    let parts = [(seconds / 3600, "h"), (seconds / 60 % 60, "m"), (seconds % 60, "s"), (millis, "ms")];
    let parts: Vec<String> =
        parts.iter().filter(|(count, _)| *count > 0).map(|(count, unit)| format!("{count}{unit}")).collect();
    if parts.is_empty() { "0s".to_owned() } else { parts.join(" ") }
}
