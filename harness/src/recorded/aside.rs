//! Compressed lines that one goes back in: what is unpacked of them is kept in a file that has no name.
//!
//! As much is unpacked as was read. The file is gone with whoever has it open, however that ends.

use std::{
    fs::File,
    io::{BufReader, Error, ErrorKind, Read, Seek, SeekFrom, Write},
    path::Path,
};

use super::unpacked;

/// How much is read at once.
const PIECE: usize = 1 << 18;
/// So many bytes are unpacked at most: a small file may hold endless ones.
const MOST: u64 = 16 << 30;

/// A file's lines, compressed or not, read where one wants.
#[derive(Debug)]
pub struct Aside(Kind);

enum Kind {
    Plain(File),
    Packed(Unpacking),
}

impl std::fmt::Debug for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Plain(_) => "Plain",
            Self::Packed(_) => "Packed",
        })
    }
}

/// What is compressed, as far as it is unpacked.
struct Unpacking {
    packed: Box<dyn Read>,
    piece: Vec<u8>,
    plain: File,
    /// Bytes of `plain`.
    length: u64,
    most: u64,
    /// Where it is read next.
    at: u64,
    /// There is no more, or it cannot be unpacked: whoever comes there again is told the same.
    over: Option<Result<(), (ErrorKind, String)>>,
}

impl Aside {
    /// Opens a file, and tells how long its lines are, which nobody knows of compressed ones.
    ///
    /// # Errors
    /// It is not there or cannot be read, or there is no room for temporary files.
    pub fn open(path: &Path) -> std::io::Result<(BufReader<Self>, Option<u64>)> {
        let kind = if unpacked::is_packed(path)? {
            let plain = tempfile::tempfile().map_err(no_room)?;
            Kind::Packed(Unpacking::of(Box::new(unpacked::open(path)?), plain, MOST))
        } else {
            Kind::Plain(File::open(path)?)
        };
        let length = match &kind {
            Kind::Plain(file) => Some(file.metadata()?.len()),
            Kind::Packed(_) => None,
        };
        Ok((BufReader::with_capacity(PIECE, Self(kind)), length))
    }
}

/// What is to be done where temporary files cannot be written.
fn no_room(error: impl std::fmt::Display) -> Error {
    let folder = std::env::temp_dir();
    let folder = folder.display();
    Error::other(format!(
        "what is unpacked is kept in {folder} meanwhile, and that fails: {error}; TMPDIR names another folder, or unpack it with `zstd -d`"
    ))
}

impl Unpacking {
    fn of(packed: Box<dyn Read>, plain: File, most: u64) -> Self {
        Self { packed, piece: vec![0; PIECE], plain, length: 0, most, at: 0, over: None }
    }

    /// Unpacks a piece more; `false`: there is none.
    fn unpack(&mut self) -> std::io::Result<bool> {
        if let Some(over) = &self.over {
            return over.clone().map(|()| false).map_err(|(kind, why)| Error::new(kind, why));
        }
        let over = match self.packed.read(&mut self.piece) {
            Ok(0) => Ok(()),
            Ok(length) if self.length + length as u64 > self.most => {
                let most = self.most;
                let why = format!("it is longer than {most} bytes unpacked: `zstd -d` it first");
                Err((ErrorKind::InvalidData, why))
            }
            Ok(length) => {
                self.plain.seek(SeekFrom::Start(self.length)).map_err(no_room)?;
                self.plain.write_all(&self.piece[..length]).map_err(no_room)?;
                self.length += length as u64;
                return Ok(true);
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => return Ok(true),
            Err(error) => Err((error.kind(), error.to_string())),
        };
        self.over = Some(over);
        self.unpack()
    }
}

impl Read for Aside {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let unpacking = match &mut self.0 {
            Kind::Plain(file) => return file.read(buffer),
            Kind::Packed(unpacking) => unpacking,
        };
        if buffer.is_empty() {
            return Ok(0);
        }
        // One may stand behind what was unpacked so far.
        while unpacking.at >= unpacking.length {
            if !unpacking.unpack()? {
                return Ok(0);
            }
        }
        unpacking.plain.seek(SeekFrom::Start(unpacking.at))?;
        let room = usize::try_from(unpacking.length - unpacking.at).unwrap_or(usize::MAX).min(buffer.len());
        let length = unpacking.plain.read(&mut buffer[..room])?;
        unpacking.at += length as u64;
        Ok(length)
    }
}

impl Seek for Aside {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        let unpacking = match &mut self.0 {
            Kind::Plain(file) => return file.seek(to),
            Kind::Packed(unpacking) => unpacking,
        };
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::Current(by) => unpacking.at.checked_add_signed(by),
            SeekFrom::End(_) => None,
        };
        let nowhere =
            || Error::new(ErrorKind::Unsupported, "what is compressed has no end yet to count from");
        unpacking.at = at.ok_or_else(nowhere)?;
        Ok(unpacking.at)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn aside(packed: impl Read + 'static, most: u64) -> Aside {
        Aside(Kind::Packed(Unpacking::of(Box::new(packed), tempfile::tempfile().unwrap(), most)))
    }

    fn at(aside: &mut Aside, from: u64, count: usize) -> Vec<u8> {
        let mut bytes = vec![0; count];
        aside.seek(SeekFrom::Start(from)).unwrap();
        aside.read_exact(&mut bytes).unwrap();
        bytes
    }

    #[test]
    fn any_place_is_read_again_and_no_more_is_unpacked_than_is_asked_for() {
        let all: Vec<u8> = (0..1_000_000_u32).map(|n| (n % 251) as u8).collect();
        let mut aside = aside(Cursor::new(all.clone()), u64::MAX);
        assert_eq!(at(&mut aside, 0, 10), all[..10]);
        let Kind::Packed(unpacking) = &aside.0 else { panic!() };
        assert_eq!(unpacking.length, PIECE as u64);
        assert_eq!(at(&mut aside, 700_000, 300_000), all[700_000..]);
        assert_eq!(at(&mut aside, 5, 400_000), all[5..400_005]);
        aside.seek(SeekFrom::Start(1_000_000)).unwrap();
        assert_eq!(aside.read(&mut [0]).unwrap(), 0);
    }

    #[test]
    fn an_end_is_the_same_whenever_one_comes_to_it() {
        let mut endless = aside(std::io::repeat(7), 1 << 20);
        for _ in 0..2 {
            assert_eq!(at(&mut endless, (1 << 20) - 1, 1), [7]);
            let error = endless.read(&mut [0]).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidData);
            assert!(error.to_string().contains("longer than 1048576 bytes"), "{error}");
        }
    }
}
