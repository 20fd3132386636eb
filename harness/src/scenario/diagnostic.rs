//! A mistake in a scenario file: where, what, and what was probably meant.

use std::{borrow::Cow, fmt, sync::Arc};

use miette::{LabeledSpan, NamedSource, SourceCode};

use super::place::{Place, Source};
use crate::plain::{plain, plain_in_place};

/// The file gives no text.
pub(crate) const UNREADABLE: &str = "unreadable";

/// A mistake found while reading.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Mistake {
    pub(crate) at: Place,
    pub(crate) code: &'static str,
    pub(crate) message: String,
    pub(crate) label: String,
    pub(crate) help: Option<String>,
}

/// A mistake with the text it stands in, ready to be shown.
#[derive(Debug)]
pub struct Diagnostic {
    path: String,
    source: NamedSource<Arc<str>>,
    mistake: Mistake,
}

impl Diagnostic {
    pub(crate) fn new(mistake: Mistake, sources: &[Source]) -> Self {
        let (path, text) = sources
            .get(mistake.at.file)
            .map_or_else(|| ("?", "".into()), |source| (source.path.as_str(), Arc::clone(&source.text)));
        // What shows it counts in bytes and may write to a terminal.
        let text = match plain_in_place(&text) {
            Cow::Borrowed(_) => text,
            Cow::Owned(shown) => shown.into(),
        };
        Self { path: path.to_owned(), source: NamedSource::new(plain(path), text), mistake }
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Its place in the file.
    #[must_use]
    pub fn at(&self) -> Place {
        self.mistake.at
    }

    /// A word for its kind: `unknown_callback`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.mistake.code
    }

    /// Whether it is that the file gives no text at all.
    #[must_use]
    pub fn is_unreadable(&self) -> bool {
        self.code() == UNREADABLE
    }

    /// What is expected, or what was probably meant.
    #[must_use]
    pub fn help_text(&self) -> Option<&str> {
        self.mistake.help.as_deref()
    }

    /// One line: ``s.yaml:9:5: unknown callback `onConected`; did you mean `onConnected`?``
    #[must_use]
    pub fn line(&self) -> String {
        let Place { line, column, .. } = self.mistake.at;
        let mut text = format!("{}:{line}:{column}: {}", self.path, self.mistake.message);
        if let Some(help) = &self.mistake.help {
            text.push_str("; ");
            text.push_str(help);
        }
        text
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&plain(&self.mistake.message))
    }
}

impl std::error::Error for Diagnostic {}

impl miette::Diagnostic for Diagnostic {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(format!("scenario::{}", self.mistake.code)))
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.mistake.help.as_ref().map(|help| Box::new(plain(help)) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.source)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let Mistake { at, label, .. } = &self.mistake;
        Some(Box::new(std::iter::once(LabeledSpan::new(Some(plain(label).into_owned()), at.start, at.len))))
    }
}

/// The known name that is nearest to a word, if any is near enough to be a misspelling of it.
pub(crate) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|name| {
            let same_but_case = name.eq_ignore_ascii_case(word);
            (if same_but_case { 2.0 } else { strsim::jaro_winkler(word, name) }, name)
        })
        .filter(|(score, _)| *score > 0.84)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}

/// A help line for an unknown name: the nearest, or all of them if they are few.
pub(crate) fn suggest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let known: Vec<&str> = known.into_iter().collect();
    if let Some(name) = nearest(word, known.iter().copied()) {
        return Some(format!("did you mean `{name}`?"));
    }
    match known.len() {
        0 => None,
        1 => Some(format!("only `{}` is known here", known[0])),
        2..=20 => {
            let names: Vec<_> = known.iter().map(|name| format!("`{name}`")).collect();
            Some(format!("known here: {}", names.join(", ")))
        }
        _ => None,
    }
}
