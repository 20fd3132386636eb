//! Files that may be compressed, as the lines that are in them.

use std::{
    fs::File,
    io::{BufRead, BufReader, Error, ErrorKind, Read},
    path::Path,
};

use recording::ZSTD;
use ruzstd::{
    decoding::{FrameDecoder, StreamingDecoder},
    encoding::{CompressionLevel, compress_to_vec},
};

/// How much is read at once.
const PIECE: usize = 1 << 18;
/// How far compressed bytes may refer back, bytes: what memory unpacking takes. `zstd` itself needs `--long` to go that far.
const LARGEST_WINDOW: u64 = 128 << 20;

/// Whether a file is compressed: its first bytes tell.
///
/// # Errors
/// It is not there, or cannot be read.
pub(super) fn is_packed(path: &Path) -> std::io::Result<bool> {
    let mut begin = Vec::with_capacity(ZSTD.len());
    File::open(path)?.take(ZSTD.len() as u64).read_to_end(&mut begin)?;
    Ok(begin == ZSTD)
}

/// Opens a file.
///
/// # Errors
/// It is not there, or cannot be read.
pub(super) fn open(path: &Path) -> std::io::Result<Box<dyn BufRead>> {
    let mut file = BufReader::with_capacity(PIECE, File::open(path)?);
    if !file.fill_buf()?.starts_with(&ZSTD) {
        return Ok(Box::new(file));
    }
    Ok(Box::new(BufReader::with_capacity(PIECE, Unpacked::Between(file))))
}

/// Compresses lines, as a file that [`open`] reads.
#[must_use]
pub(crate) fn packed(lines: &[u8]) -> Vec<u8> {
    compress_to_vec(lines, CompressionLevel::Fastest)
}

/// What is compressed: one frame after the other.
enum Unpacked {
    Between(BufReader<File>),
    Within(Box<StreamingDecoder<BufReader<File>, FrameDecoder>>),
    Over,
}

impl Read for Unpacked {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        loop {
            match std::mem::replace(self, Self::Over) {
                Self::Over => return Ok(0),
                Self::Between(mut file) => {
                    if file.fill_buf()?.is_empty() {
                        return Ok(0);
                    }
                    let begun = StreamingDecoder::new_with_max_window_size(file, LARGEST_WINDOW);
                    *self = Self::Within(Box::new(begun.map_err(damaged)?));
                }
                Self::Within(mut frame) => match frame.read(buffer).map_err(damaged)? {
                    0 if !buffer.is_empty() => *self = Self::Between(frame.into_inner()),
                    length => {
                        *self = Self::Within(frame);
                        return Ok(length);
                    }
                },
            }
        }
    }
}

/// As readers of recordings are told that there is no more.
fn damaged(error: impl std::fmt::Display) -> Error {
    Error::new(
        ErrorKind::InvalidData,
        format!("what is compressed is cut or damaged, and cannot be unpacked from here on: {error}"),
    )
}
