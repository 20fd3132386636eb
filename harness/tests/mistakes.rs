//! Every kind of mistake in a scenario file, as an author sees it: all at once, each at its word.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{fs, path::Path};

use harness::scenario;
use miette::{GraphicalReportHandler, GraphicalTheme};

fn shown(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mistakes").join(name);
    let text = fs::read_to_string(path).unwrap();
    let Err(mistakes) = scenario::parse_with(name, &text, &|path| Err(format!("no file `{path}`"))) else {
        panic!("{name} has no mistakes");
    };
    let handler = GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor());
    let mut shown = mistakes.iter().map(|mistake| mistake.line() + "\n").collect::<String>();
    for mistake in &mistakes {
        shown.push('\n');
        handler.render_report(&mut shown, mistake).unwrap();
    }
    shown
}

macro_rules! mistakes {
    ($($test:ident: $file:literal)*) => {$(
        #[test]
        fn $test() {
            insta::assert_snapshot!(shown($file));
        }
    )*};
}

mistakes! {
    unknown_keys_and_names: "keys-and-names.yaml"
    values_and_matchers: "values.yaml"
    service_sections_and_acts: "service.yaml"
    people_of_a_world: "world.yaml"
    broken_yaml: "no-yaml.yaml"
    duplicate_keys_and_wrong_shapes: "duplicate-and-shape.yaml"
    no_mapping_at_all: "no-mapping.yaml"
    what_never_matches_or_takes_effect: "never.yaml"
    no_steps_at_all: "no-steps.yaml"
    calls_that_cannot_be_refused: "refused.yaml"
}

#[test]
fn whatever_is_cut_off_or_left_out_reading_never_panics() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mistakes");
    let no_file = |_: &str| Err("no file".to_owned());
    for entry in fs::read_dir(folder).unwrap() {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap();
        for end in (0..text.len()).filter(|end| text.is_char_boundary(*end)) {
            let _ = scenario::parse_with("s.yaml", &text[..end], &no_file);
        }
        let lines: Vec<&str> = text.lines().collect();
        for left_out in 0..lines.len() {
            let rest: Vec<&str> =
                lines.iter().enumerate().filter(|(n, _)| *n != left_out).map(|(_, line)| *line).collect();
            let _ = scenario::parse_with("s.yaml", &rest.join("\n"), &no_file);
        }
    }
}
