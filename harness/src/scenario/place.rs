//! Where something stands in a scenario file.

/// A stretch of text in one of a scenario's files.
///
/// Findings and diagnostics carry it so that a reader lands on the very word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Place {
    /// Index into [`Scenario::sources`](super::Scenario::sources): 0 is the file itself, others are included ones.
    pub file: usize,
    /// First byte.
    pub start: usize,
    /// Number of bytes.
    pub len: usize,
    /// Line from 1.
    pub line: usize,
    /// Column from 1, in characters.
    pub column: usize,
}

impl Place {
    /// Where it starts, as `file:line:column`.
    #[must_use]
    pub fn describe(&self, sources: &[Source]) -> String {
        let path = sources.get(self.file).map_or("?", |source| source.path.as_str());
        format!("{path}:{}:{}", self.line, self.column)
    }
}

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Placed<T> {
    /// The value.
    pub value: T,
    /// Its place.
    pub at: Place,
}

impl<T> std::ops::Deref for Placed<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: std::fmt::Display> std::fmt::Display for Placed<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.value.fmt(f)
    }
}

/// A file of a scenario.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Path as given, with `/`.
    pub path: String,
    /// Its text.
    pub text: std::sync::Arc<str>,
}
