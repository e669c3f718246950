//! An [`ExactIndex`] in one file.
//!
//! Little-endian throughout: the mark `VITRIDX1`; the CRC-32 of all that follows it (u32); dimension (u32); documents (u64);
//! rows (u64); pack and origin, each a length (u32) and UTF-8; for each document the lengths of its id and of
//! its note (u32 each), its rows (u32), the id in UTF-8 and the note; then all rows as half-precision numbers, row-major, to the end of the file.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use half::f16;

use crate::ExactIndex;

const MARK: &[u8; 8] = b"VITRIDX1";
/// More than this is not read: exact search is not made for it, and no file may make the program ask for any amount of memory.
const MOST_BYTES: u64 = 4 << 30;
const WIDEST_ROW: usize = 1 << 16;

/// Why an index cannot be kept or opened.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// The file cannot be read.
    #[error("the index {path} cannot be read: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// The file cannot be written.
    #[error("the index {path} cannot be written: {source}; check the free space and the permissions of its folder")]
    Write {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// It holds something else, or is damaged.
    #[error("{path} is not a usable index: {reason}; delete it and it is made again")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

impl ExactIndex {
    /// Writes the index to `path`, whole or not at all: to a file beside it first, which then takes its place.
    pub fn save(&self, path: &Path) -> Result<(), IndexError> {
        let fail = |source| IndexError::Write { path: path.to_owned(), source };
        let bytes = self.to_bytes().map_err(|reason| fail(io::Error::other(reason)))?;
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder).map_err(fail)?;
        let mut file = tempfile::NamedTempFile::new_in(folder).map_err(fail)?;
        file.write_all(&bytes).and_then(|()| file.as_file().sync_all()).map_err(fail)?;
        file.persist(path).map_err(|e| fail(e.error))?;
        Ok(())
    }

    /// Reads the index at `path`. A file that is cut off, altered or no index is refused.
    pub fn open(path: &Path) -> Result<Self, IndexError> {
        let fail = |source| IndexError::Read { path: path.to_owned(), source };
        let damaged = |reason: String| IndexError::Damaged { path: path.to_owned(), reason };
        let file = File::open(path).map_err(fail)?;
        let size = file.metadata().map_err(fail)?.len();
        if size > MOST_BYTES {
            return Err(damaged(format!("it has {size} bytes, more than any index of this kind")));
        }
        let mut bytes = Vec::new();
        // The mark is looked at before the rest is read, so that a large file of another kind costs nothing.
        file.take(MARK.len() as u64).read_to_end(&mut bytes).map_err(fail)?;
        if bytes != MARK {
            return Err(damaged("it does not begin like an index".to_owned()));
        }
        let bytes = std::fs::read(path).map_err(fail)?;
        Self::from_bytes(&bytes).map_err(damaged)
    }

    fn to_bytes(&self) -> Result<Vec<u8>, String> {
        let mut body = Vec::with_capacity(self.values.len() * 2 + self.ids.len() * 48);
        let number = |n: usize| u32::try_from(n).map(u32::to_le_bytes).map_err(|_| format!("{n} is too many"));
        body.extend(number(self.dimension)?);
        body.extend((self.ids.len() as u64).to_le_bytes());
        body.extend(((self.values.len() / self.dimension.max(1)) as u64).to_le_bytes());
        for text in [&self.pack, &self.origin] {
            body.extend(number(text.len())?);
            body.extend(text.as_bytes());
        }
        for ((id, note), bounds) in self.ids.iter().zip(&self.notes).zip(self.starts.windows(2)) {
            body.extend(number(id.len())?);
            body.extend(number(note.len())?);
            body.extend(number(bounds[1] - bounds[0])?);
            body.extend(id.as_bytes());
            body.extend(note);
        }
        body.extend(self.values.iter().flat_map(|v| v.to_le_bytes()));
        let mut bytes = Vec::with_capacity(body.len() + 12);
        bytes.extend(MARK);
        bytes.extend(crc32fast::hash(&body).to_le_bytes());
        bytes.append(&mut body);
        Ok(bytes)
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, String> {
        let mut rest = Remaining(bytes.get(MARK.len()..).ok_or("it is cut off")?);
        let sum = rest.u32()?;
        if crc32fast::hash(rest.0) != sum {
            return Err("its checksum does not fit: it is cut off or was altered".to_owned());
        }
        let dimension = rest.u32()? as usize;
        let (documents, rows) = (rest.size()?, rest.size()?);
        if dimension == 0 || dimension > WIDEST_ROW {
            return Err(format!("it claims rows of {dimension} numbers"));
        }
        let pack = rest.text()?;
        let origin = rest.text()?;
        // Twelve bytes is the least a document takes, so a count that the file cannot hold asks for no memory.
        if documents > rest.0.len() / 12 {
            return Err(format!("it claims {documents} documents, more than it has room for"));
        }
        let mut ids = Vec::with_capacity(documents);
        let mut notes = Vec::with_capacity(documents);
        let mut starts = Vec::with_capacity(documents + 1);
        starts.push(0usize);
        let mut end = 0usize;
        for _ in 0..documents {
            let (length, note) = (rest.u32()? as usize, rest.u32()? as usize);
            end = end.checked_add(rest.u32()? as usize).ok_or("its row counts run over")?;
            ids.push(rest.utf8(length)?);
            notes.push(rest.take(note)?.to_vec());
            starts.push(end);
        }
        if end != rows || rows.checked_mul(dimension).and_then(|n| n.checked_mul(2)) != Some(rest.0.len()) {
            return Err(format!("it claims {rows} rows, its documents {end}, and {} bytes are left", rest.0.len()));
        }
        let values: Vec<f16> = rest.0.chunks_exact(2).map(|b| f16::from_le_bytes([b[0], b[1]])).collect();
        if values.iter().any(|v| !v.is_finite()) {
            return Err("it holds numbers that are not finite".to_owned());
        }
        Ok(Self { pack, origin, dimension, ids, notes, starts, values })
    }
}

/// What is left of the file to read.
struct Remaining<'a>(&'a [u8]);

impl<'a> Remaining<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], String> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or("it is cut off")?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], String> {
        self.take(N)?.try_into().map_err(|_| "it is cut off".to_owned())
    }

    fn u32(&mut self) -> Result<u32, String> {
        self.array().map(u32::from_le_bytes)
    }

    fn size(&mut self) -> Result<usize, String> {
        usize::try_from(self.array().map(u64::from_le_bytes)?).map_err(|_| "it claims too much".to_owned())
    }

    fn text(&mut self) -> Result<String, String> {
        let length = self.u32()? as usize;
        self.utf8(length)
    }

    fn utf8(&mut self, length: usize) -> Result<String, String> {
        String::from_utf8(self.take(length)?.to_vec()).map_err(|_| "a name in it is not text".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::MultiVector;

    fn index() -> ExactIndex {
        let mut index = ExactIndex::new("compact 1 abc", "texts", 2);
        index.push("style/rococo#1", &MultiVector::new(vec![1.0, 0.0, 0.6, 0.8], 2).unwrap()).unwrap();
        index.push("", &MultiVector::new(vec![], 2).unwrap()).unwrap();
        index.push_with_note("artist/léger#1", vec![7, 0, 255], &MultiVector::new(vec![0.0, 1.0], 2).unwrap()).unwrap();
        index
    }

    fn with_sum(mut bytes: Vec<u8>) -> Vec<u8> {
        let sum = crc32fast::hash(&bytes[12..]);
        bytes[8..12].copy_from_slice(&sum.to_le_bytes());
        bytes
    }

    #[test]
    fn comes_back_from_its_file_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/passages.index");
        index().save(&path).unwrap();
        assert_eq!(ExactIndex::open(&path).unwrap(), index());
        index().save(&path).unwrap();
        let names: Vec<_> = std::fs::read_dir(path.parent().unwrap()).unwrap().collect();
        assert_eq!(names.len(), 1, "the file written first is gone");
    }

    #[test]
    fn names_a_file_that_is_no_index() {
        let folder = tempfile::tempdir().unwrap();
        for (name, content) in [("empty", &b""[..]), ("other", b"PNG and more"), ("mark", b"VITRIDX1")] {
            let path = folder.path().join(name);
            std::fs::write(&path, content).unwrap();
            let message = ExactIndex::open(&path).unwrap_err().to_string();
            assert!(message.contains(name) && message.contains("delete it"), "{message}");
        }
        let missing = ExactIndex::open(&folder.path().join("missing")).unwrap_err();
        assert!(matches!(missing, IndexError::Read { .. }), "{missing}");
    }

    #[test]
    fn refuses_every_cut_and_every_changed_byte() {
        let bytes = index().to_bytes().unwrap();
        for length in 0..bytes.len() {
            assert!(ExactIndex::from_bytes(&bytes[..length]).is_err(), "cut at {length}");
        }
        for at in MARK.len()..bytes.len() {
            let mut altered = bytes.clone();
            altered[at] ^= 0x10;
            assert!(ExactIndex::from_bytes(&altered).is_err(), "byte {at}");
        }
    }

    #[test]
    fn refuses_counts_that_the_file_cannot_hold_even_with_a_right_checksum() {
        let bytes = index().to_bytes().unwrap();
        for (at, count) in [(16, u64::MAX), (16, 1 << 40), (24, u64::MAX), (24, 1 << 62)] {
            let mut hostile = bytes.clone();
            hostile[at..at + 8].copy_from_slice(&count.to_le_bytes());
            assert!(ExactIndex::from_bytes(&with_sum(hostile)).is_err(), "{count} at {at}");
        }
        for dimension in [0u32, u32::MAX] {
            let mut hostile = bytes.clone();
            hostile[12..16].copy_from_slice(&dimension.to_le_bytes());
            assert!(ExactIndex::from_bytes(&with_sum(hostile)).is_err(), "rows of {dimension}");
        }
    }

    proptest! {
        #[test]
        fn never_panics_on_any_bytes_with_a_right_checksum(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut bytes = MARK.to_vec();
            bytes.extend([0; 4]);
            bytes.extend(body);
            let _ = ExactIndex::from_bytes(&with_sum(bytes));
        }
    }
}
