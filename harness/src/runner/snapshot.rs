//! Reviewed sequences: `snapshots/<scenario>.snap` beside the scenario, a section a case.

use std::{fs, path::Path};

use indexmap::IndexMap;
use similar::TextDiff;

use super::RanCase;
use crate::{
    scenario::Scenario,
    sequence::file,
    verdict::{Finding, FindingKind, Place, Verdict},
};

/// What to do with sequences.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Snapshots {
    /// Nothing: another client than the reference, or a filtered run.
    #[default]
    Ignore,
    /// A sequence that differs from the reviewed one is a finding; the new one is left beside the reviewed
    /// one as `.snap.new`.
    Compare,
    /// Differing sequences are written as reviewed.
    Accept,
}

const HEAD: &str = "== ";

/// Compares the results of a file with its snapshot; only cases that passed have a sequence worth keeping.
pub(super) fn compare(scenario: &Scenario, results: &mut [&mut RanCase], mode: Snapshots) {
    if mode != Snapshots::Ignore && results.iter().all(|case| case.result.verdict == Verdict::Pass) {
        compare_file(Path::new(scenario.path()), results, mode);
    }
}

fn compare_file(path: &Path, results: &mut [&mut RanCase], mode: Snapshots) {
    let file = file::reviewed(path);
    let new = file::pending(&file);
    let former = file::former(path);
    if !file.exists() && former.exists() {
        let seen = format!(
            "{}, where sequences were kept before: move it (of a whole folder: mkdir {folder} && mv *.snap {folder})",
            former.display(),
            folder = file::FOLDER,
        );
        results[0].result.verdict =
            Verdict::Fail { findings: vec![finding(&file, "the reviewed sequence", &seen)] };
        return;
    }
    let reviewed = sections(&fs::read_to_string(&file).unwrap_or_default());
    let mut all = reviewed.clone();
    let mut changed = false;
    for result in results.iter() {
        changed |= reviewed.get(&result.label) != Some(&result.sequence);
        all.insert(result.label.clone(), result.sequence.clone());
    }
    if !changed {
        // What an earlier run left is settled.
        let _ = fs::remove_file(&new);
        return;
    }
    let target = if mode == Snapshots::Accept { &file } else { &new };
    if let Err(error) = write(target, &text(&all)) {
        let finding =
            finding(&file, "a place for the new sequence", &format!("{}: {error}", target.display()));
        results[0].result.verdict = Verdict::Fail { findings: vec![finding] };
        return;
    }
    if mode == Snapshots::Accept {
        let _ = fs::remove_file(&new);
        return;
    }
    for result in results.iter_mut() {
        let before = reviewed.get(&result.label).map(String::as_str);
        if before == Some(result.sequence.as_str()) {
            continue;
        }
        let seen = match before {
            Some(before) => {
                TextDiff::from_lines(before, &result.sequence).unified_diff().context_radius(2).to_string()
            }
            None => "a sequence that nobody has reviewed yet (harness review)".to_owned(),
        };
        let finding = finding(&file, "the reviewed sequence", &seen);
        result.result.verdict = Verdict::Fail { findings: vec![finding] };
    }
}

fn write(target: &Path, text: &str) -> std::io::Result<()> {
    if let Some(folder) = target.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(target, text)
}

fn finding(file: &Path, expected: &str, seen: &str) -> Finding {
    let place = Place { file: file.display().to_string(), line: 1, column: 1, snippet: String::new() };
    Finding { place: Some(place), ..Finding::new(FindingKind::Snapshot, expected, seen) }
}

fn sections(text: &str) -> IndexMap<String, String> {
    let mut sections: IndexMap<String, String> = IndexMap::new();
    for line in text.lines() {
        if let Some(label) = line.strip_prefix(HEAD) {
            sections.insert(label.trim().trim_matches(|c| c == '[' || c == ']').to_owned(), String::new());
        } else if let Some((_, body)) = sections.last_mut() {
            body.push_str(line);
            body.push('\n');
        }
    }
    sections
}

fn text(sections: &IndexMap<String, String>) -> String {
    sections.iter().map(|(label, body)| format!("{HEAD}[{label}]\n{body}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_read_back_as_they_were_written() {
        let all = IndexMap::from([
            (String::new(), "t0+0.000s  a  onConnected\n".to_owned()),
            ("platform=Web,n=2".to_owned(), "x\ny\n".to_owned()),
        ]);
        assert_eq!(sections(&text(&all)), all);
    }
}
