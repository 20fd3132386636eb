//! A zip archive of one file, stored as it is: what a message log is downloaded as.

use bytes::Bytes;

/// An archive with `content` under `name`.
pub(crate) fn archive(name: &str, content: &[u8]) -> Bytes {
    // Logs of a world are far from the four gigabytes that would need another layout.
    let (size, sum) = (content.len() as u32, crc32fast::hash(content));
    let mut file = Vec::with_capacity(content.len() + 2 * name.len() + 98);
    // What the local header and the directory's entry have in common: version 2.0, no flags, stored, 1980-01-01 00:00.
    let mut common = Vec::new();
    common.extend([20, 0, 0, 0, 0, 0, 0, 0, 0x21, 0]);
    for number in [sum, size, size] {
        common.extend(number.to_le_bytes());
    }
    common.extend((name.len() as u16).to_le_bytes());
    common.extend([0, 0]);

    file.extend(b"PK\x03\x04");
    file.extend(&common);
    file.extend(name.as_bytes());
    file.extend(content);
    let directory = file.len() as u32;
    file.extend(b"PK\x01\x02");
    file.extend([20, 0]);
    file.extend(&common);
    // No comment, first disk, no attributes, the local header at the very beginning.
    file.extend([0; 14]);
    file.extend(name.as_bytes());
    let length = file.len() as u32 - directory;
    file.extend(b"PK\x05\x06");
    file.extend([0, 0, 0, 0, 1, 0, 1, 0]);
    file.extend(length.to_le_bytes());
    file.extend(directory.to_le_bytes());
    file.extend([0, 0]);
    file.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_archive_names_its_parts_where_they_are() {
        let file = archive("log", b"line\n");
        let end = file.len() - 22;
        assert_eq!(&file[end..end + 4], b"PK\x05\x06");
        let number = |at: usize| u32::from_le_bytes(file[at..at + 4].try_into().unwrap()) as usize;
        let (length, directory) = (number(end + 12), number(end + 16));
        assert_eq!(&file[directory..directory + 4], b"PK\x01\x02");
        assert_eq!(directory + length, end);
        assert_eq!((number(14), number(18)), (0x66D8_450E_u32 as usize, 5));
        assert_eq!(&file[30..38], b"logline\n");
    }
}
