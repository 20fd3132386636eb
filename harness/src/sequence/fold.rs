//! Runs of like events as one line: `×200 left=199..0`.

use super::{LineKind, names::HOLE};

/// Fewer are written out.
const SHORTEST_RUN: usize = 3;

/// An event with its values taken out of its text.
pub(super) struct Piece {
    pub(super) step: usize,
    pub(super) at_ms: i64,
    pub(super) client: String,
    pub(super) kind: LineKind,
    pub(super) run: Run,
    pub(super) name: String,
    pub(super) template: String,
    pub(super) leaves: Vec<String>,
}

/// What a line can be part of a run with.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Run {
    /// A call: each is a step of the scenario, and read as one.
    No,
    /// Callbacks that one step caused.
    OneStep,
    /// Requests of the app's server: the same one, time after time.
    ManySteps,
}

/// How a value goes on along a run.
#[derive(Clone, Copy, PartialEq)]
enum Course {
    Same,
    /// A number in the text grows by that much each time.
    By(i64),
    Instants,
}

/// The text of the first event, or of the run that it begins, and how many events that covers.
pub(super) fn folded(pieces: &[Piece]) -> (String, usize) {
    let first = &pieces[0];
    let count = run_length(pieces);
    if count < SHORTEST_RUN {
        return (format!("{}{}", first.name, filled(&first.template, &first.leaves)), 1);
    }
    let last = &pieces[count - 1];
    let leaves: Vec<String> = first.leaves.iter().zip(&last.leaves).map(|(a, b)| span(a, b)).collect();
    (format!("{} ×{count}{}", first.name, filled(&first.template, &leaves)), count)
}

fn run_length(pieces: &[Piece]) -> usize {
    let first = &pieces[0];
    if first.run == Run::No {
        return 1;
    }
    let mut courses: Option<Vec<Course>> = None;
    let mut count = 1;
    for pair in pieces.windows(2) {
        let (a, b) = (&pair[0], &pair[1]);
        let alike = (a.at_ms, a.run, &a.client, &a.name, &a.template)
            == (b.at_ms, b.run, &b.client, &b.name, &b.template);
        if !alike || (a.run == Run::OneStep && a.step != b.step) {
            break;
        }
        let next: Option<Vec<Course>> = a.leaves.iter().zip(&b.leaves).map(|(a, b)| course(a, b)).collect();
        let Some(next) = next else { break };
        match &mut courses {
            None => courses = Some(next),
            Some(known) => {
                if !agrees(known, &next) {
                    break;
                }
            }
        }
        count += 1;
    }
    count
}

/// Instants may pause along a run; everything else goes on as it began.
fn agrees(known: &mut [Course], next: &[Course]) -> bool {
    known.iter_mut().zip(next).all(|(known, next)| match (*known, *next) {
        (Course::Instants, Course::Same) => true,
        (Course::Same, Course::Instants) => {
            *known = Course::Instants;
            true
        }
        (known, next) => known == next,
    })
}

fn course(a: &str, b: &str) -> Option<Course> {
    if a == b {
        return Some(Course::Same);
    }
    if a.starts_with("t0") && b.starts_with("t0") {
        return Some(Course::Instants);
    }
    let ((head, from, tail), (other_head, to, other_tail)) = (number_in(a)?, number_in(b)?);
    ((head, tail) == (other_head, other_tail)).then_some(Course::By(to - from))
}

/// The last number in a text, with what stands around it.
fn number_in(text: &str) -> Option<(&str, i64, &str)> {
    let end = text.rfind(|c: char| c.is_ascii_digit())? + 1;
    let start = text[..end]
        .rfind(|c: char| !c.is_ascii_digit())
        .map_or(0, |at| at + text[at..].chars().next().map_or(1, char::len_utf8));
    let digits = &text[start..end];
    // A number with leading zeros would not read back as it was written.
    if digits.len() > 1 && digits.starts_with('0') {
        return None;
    }
    Some((&text[..start], digits.parse().ok()?, &text[end..]))
}

fn span(first: &str, last: &str) -> String {
    match course(first, last) {
        None | Some(Course::Same) => first.to_owned(),
        Some(Course::Instants) => format!("{first}..{last}"),
        Some(Course::By(_)) => match (number_in(first), number_in(last)) {
            (Some((head, from, tail)), Some((_, to, _))) => format!("{head}{from}..{to}{tail}"),
            _ => first.to_owned(),
        },
    }
}

fn filled(template: &str, leaves: &[String]) -> String {
    let mut text = String::with_capacity(template.len() + leaves.iter().map(String::len).sum::<usize>());
    let mut leaves = leaves.iter();
    for c in template.chars() {
        if c == HOLE {
            leaves.next().into_iter().for_each(|leaf| text.push_str(leaf));
        } else {
            text.push(c);
        }
    }
    text
}
