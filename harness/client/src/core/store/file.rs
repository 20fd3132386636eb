//! Local files. The engine has no file system: what it downloaded is in its store, and a path that names a number of
//! bytes in front of its extension, such as `/photos/sea-120000.jpg`, is a file of as many made-up bytes, the same for
//! the same path. One that ends in `.gif` begins like a picture of 320 by 240, or of what stands before the size, as in
//! `/gifs/cat-64x48-3000.gif`. Other paths name nothing.

use bytes::Bytes;
use rusqlite::{OptionalExtension, params};

use crate::core::store::Store;

/// The largest made-up file.
const LARGEST: usize = 8 << 20;

impl Store {
    /// The bytes of a local file.
    pub(crate) fn file(&self, path: &str) -> Option<Bytes> {
        let kept = self
            .db
            .prepare_cached("SELECT bytes FROM file WHERE path = ?1")
            .and_then(|mut find| find.query_row([path], |row| row.get::<_, Vec<u8>>(0)).optional());
        // A store that cannot be read has no files.
        kept.ok().flatten().map(Bytes::from).or_else(|| made_up(path))
    }

    pub(crate) fn keep_file(&self, path: &str, bytes: &[u8]) -> rusqlite::Result<()> {
        let mut keep = self.db.prepare_cached("INSERT OR REPLACE INTO file VALUES (?1, ?2)")?;
        keep.execute(params![path, bytes]).map(|_| ())
    }
}

fn made_up(path: &str) -> Option<Bytes> {
    let stem = path.rsplit('/').next()?.rsplit_once('.')?.0;
    let size: usize = stem.rsplit_once('-')?.1.parse().ok().filter(|size| *size <= LARGEST)?;
    // FNV-1a of the path, then xorshift: any bytes do, as long as other paths have others.
    let mut state = path.bytes().fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)
    });
    let bytes = (0..size).map(|_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3]
    });
    let mut bytes: Vec<u8> = bytes.collect();
    if path.ends_with(".gif") {
        let header = header_of_gif(stem);
        let most = bytes.len().min(header.len());
        bytes[..most].copy_from_slice(&header[..most]);
    }
    Some(bytes.into())
}

/// The first ten bytes of a GIF: signature, width and height, both little endian.
fn header_of_gif(stem: &str) -> [u8; 10] {
    let mut parts = stem.rsplit('-').skip(1);
    let named = parts.next().and_then(|part| part.split_once('x'));
    let named = named.and_then(|(width, height)| Some((width.parse().ok()?, height.parse().ok()?)));
    let (width, height): (u16, u16) = named.unwrap_or((320, 240));
    let ([w0, w1], [h0, h1]) = (width.to_le_bytes(), height.to_le_bytes());
    [b'G', b'I', b'F', b'8', b'9', b'a', w0, w1, h0, h1]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_names_a_size_is_a_file_of_that_size() {
        let photo = made_up("/photos/sea-1000.jpg").unwrap();
        assert_eq!(photo.len(), 1000);
        assert_eq!(made_up("/photos/sea-1000.jpg").unwrap(), photo);
        assert_ne!(made_up("/photos/lake-1000.jpg").unwrap(), photo);
        assert_eq!(made_up("/cat-64x300-1000.gif").unwrap()[..10], *b"GIF89a\x40\0\x2c\x01");
        assert_eq!(made_up("/cat-4.gif").unwrap()[..], *b"GIF8");
        for none in ["/photos/sea.jpg", "/photos/sea-x.jpg", "sea-1000", "", "/a-9999999999.jpg"] {
            assert_eq!(made_up(none), None, "{none}");
        }
    }
}
