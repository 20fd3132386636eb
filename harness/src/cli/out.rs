//! A writer that nobody need look after: a reader that went away changes nothing of what a command finds out.

use std::io::{self, ErrorKind, Write};

use super::exit;

/// Writes as long as it can. The first failure is kept, and what comes after it is thrown away.
pub(super) struct Out<'a> {
    inner: &'a mut (dyn Write + Send),
    failure: Option<io::Error>,
}

impl<'a> Out<'a> {
    /// Onto a writer.
    pub(super) fn new(inner: &'a mut (dyn Write + Send)) -> Self {
        Self { inner, failure: None }
    }

    /// The exit code of a command that found `code`: what it found, and never better. A green one whose results could not
    /// be written is a fault, unless the reader had enough (`harness list | head`).
    pub(super) fn code(mut self, code: u8, err: &mut dyn Write) -> u8 {
        // Kept like any failure.
        let _ = self.flush();
        match self.failure {
            Some(error) if error.kind() != ErrorKind::BrokenPipe => {
                let _ = writeln!(err, "harness: standard output: {error}");
                if code == exit::CONFORMS { exit::HARNESS_FAULT } else { code }
            }
            _ => code,
        }
    }

    fn keep<T>(&mut self, done: io::Result<T>, instead: T) -> io::Result<T> {
        match done {
            Err(error) if error.kind() != ErrorKind::Interrupted => {
                self.failure = Some(error);
                Ok(instead)
            }
            done => done,
        }
    }
}

impl Write for Out<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.failure.is_some() {
            return Ok(bytes.len());
        }
        let written = self.inner.write(bytes);
        self.keep(written, bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.failure.is_some() {
            return Ok(());
        }
        let flushed = self.inner.flush();
        self.keep(flushed, ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fails(ErrorKind);

    impl Write for Fails {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Err(self.0.into())
        }
    }

    #[test]
    fn what_was_found_wins_over_what_could_not_be_written() {
        use ErrorKind::{BrokenPipe, StorageFull};
        for (kind, found, code) in [
            (BrokenPipe, exit::FAILED, exit::FAILED),
            (BrokenPipe, exit::INTERRUPTED, exit::INTERRUPTED),
            (BrokenPipe, exit::CONFORMS, exit::CONFORMS),
            (StorageFull, exit::FAILED, exit::FAILED),
            (StorageFull, exit::CONFORMS, exit::HARNESS_FAULT),
        ] {
            let mut fails = Fails(kind);
            let mut out = Out::new(&mut fails);
            writeln!(out, "a line").unwrap();
            writeln!(out, "another").unwrap();
            assert_eq!(out.code(found, &mut Vec::new()), code, "{kind:?} {found}");
        }
    }
}
