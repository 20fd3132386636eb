//! Text files that somebody names: regular ones only, of a bounded size, in UTF-8.

use std::{
    fs::{self, File, FileType},
    io::{self, Read as _},
    path::Path,
};

use super::MAX_BYTES;

/// Why a file gives no text.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// The file system says no.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// A folder, a named pipe, a device: nothing that has an end to read to.
    #[error("this is {0}, no regular file")]
    NotRegular(&'static str),
    /// It is longer than [`MAX_BYTES`].
    #[error("{0} bytes are too many: a file has at most {MAX_BYTES}")]
    TooLong(u64),
    /// Its bytes are no UTF-8.
    #[error("{0}")]
    NotUtf8(#[from] NotUtf8),
}

/// Bytes that are no UTF-8.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.sentence())]
pub struct NotUtf8 {
    /// What it is instead, if that can be told.
    pub instead: Option<&'static str>,
    /// How many bytes at the beginning are UTF-8.
    pub valid: usize,
    /// Line and column (in characters), from 1, of the first byte that is not.
    pub at: (usize, usize),
    /// The text with a replacement character for each stretch that is no UTF-8; empty where nothing of it can be read.
    pub lossy: String,
}

impl NotUtf8 {
    fn sentence(&self) -> String {
        match self.instead {
            Some(instead) => format!("this is {instead}, not UTF-8: save it as UTF-8"),
            None => format!("line {} is not UTF-8 (column {}): save the file as UTF-8", self.at.0, self.at.1),
        }
    }
}

/// Reads a text file. Nothing but a regular file is opened, because opening a named pipe waits for its other end.
///
/// # Errors
/// There is none, it is no regular file, it is too long, or it is not UTF-8.
pub fn read_file(path: &Path) -> Result<String, FileError> {
    let meta = fs::metadata(path)?;
    if !meta.is_file() {
        return Err(FileError::NotRegular(kind(meta.file_type())));
    }
    if meta.len() > MAX_BYTES as u64 {
        return Err(FileError::TooLong(meta.len()));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(meta.len()).unwrap_or(0).min(MAX_BYTES));
    // One byte more tells a file that has grown since, or one whose size nobody knows, from one of just that size.
    File::open(path)?.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > MAX_BYTES {
        return Err(FileError::TooLong(bytes.len() as u64));
    }
    Ok(decode(bytes)?)
}

/// The text of bytes in UTF-8, without a byte order mark.
///
/// # Errors
/// They are no UTF-8.
pub fn decode(mut bytes: Vec<u8>) -> Result<String, NotUtf8> {
    let instead = match bytes.as_slice() {
        [0xFF, 0xFE, 0, 0, ..] | [0, 0, 0xFE, 0xFF, ..] => Some("UTF-32"),
        [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] => Some("UTF-16"),
        // ASCII in UTF-16 without a mark: every other byte is zero.
        [0, 1..=255, 0, 1..=255, ..] | [1..=255, 0, 1..=255, 0, ..] => Some("UTF-16"),
        _ => None,
    };
    if instead.is_some() {
        return Err(NotUtf8 { instead, valid: 0, at: (1, 1), lossy: String::new() });
    }
    if bytes.starts_with(&[0xEF, 0xBB, 0xBF]) {
        bytes.drain(..3);
    }
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let before = String::from_utf8_lossy(&error.as_bytes()[..valid]);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        let lossy = String::from_utf8_lossy(error.as_bytes()).into_owned();
        NotUtf8 { instead: None, valid, at: (line, column), lossy }
    })
}

#[cfg(unix)]
fn kind(file: FileType) -> &'static str {
    use std::os::unix::fs::FileTypeExt as _;
    if file.is_fifo() {
        "a named pipe"
    } else if file.is_socket() {
        "a socket"
    } else if file.is_char_device() || file.is_block_device() {
        "a device"
    } else {
        other(file)
    }
}

#[cfg(not(unix))]
fn kind(file: FileType) -> &'static str {
    other(file)
}

fn other(file: FileType) -> &'static str {
    if file.is_dir() { "a folder" } else { "something else" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_utf8_is_said_with_its_line() {
        let latin = decode(b"a: 1\nb: caf\xe9\n".to_vec()).unwrap_err();
        assert_eq!((latin.at, latin.valid), ((2, 7), 11));
        assert_eq!(latin.to_string(), "line 2 is not UTF-8 (column 7): save the file as UTF-8");
        assert_eq!(latin.lossy, "a: 1\nb: caf\u{fffd}\n");
        for bytes in [&b"\xff\xfea\0:\0"[..], b"\xfe\xff\0a", b"a\0:\0", b"\0a\0:"] {
            let other = decode(bytes.to_vec()).unwrap_err();
            assert_eq!(other.to_string(), "this is UTF-16, not UTF-8: save it as UTF-8");
        }
        assert_eq!(decode(b"\xef\xbb\xbfa: 1".to_vec()).unwrap(), "a: 1");
    }

    #[test]
    fn only_regular_files_of_a_bounded_size_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let said = |path: &Path| read_file(path).unwrap_err().to_string();
        assert_eq!(said(folder.path()), "this is a folder, no regular file");
        let huge = folder.path().join("huge.yaml");
        File::create(&huge).unwrap().set_len(1 << 40).unwrap();
        assert_eq!(said(&huge), "1099511627776 bytes are too many: a file has at most 4194304");
        std::fs::write(&huge, "a: 1").unwrap();
        assert_eq!(read_file(&huge).unwrap(), "a: 1");
    }

    #[cfg(unix)]
    #[test]
    fn a_named_pipe_is_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("x.yaml");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
        assert!(made.success());
        assert_eq!(read_file(&pipe).unwrap_err().to_string(), "this is a named pipe, no regular file");
        assert_eq!(
            read_file(Path::new("/dev/zero")).unwrap_err().to_string(),
            "this is a device, no regular file"
        );
    }
}
