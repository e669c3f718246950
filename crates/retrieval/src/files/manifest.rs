//! The manifest: the one file that says what an index consists of. It is replaced as a whole, so that every change happens at once or not at all.
//!
//! Little-endian: the mark `VITRMAN1`; the CRC-32 of all that follows (u32); how often it was replaced (u64); the next file's number (u64); the
//! number of the codebook's file (u64); the label (length u32, UTF-8); segments (u32), and for each its file's number (u64), that file's size (u64),
//! and the documents that were removed, a bit each, as a length (u32) and bytes.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::bytes::{CutOff, Remaining};
use super::disk;

const MARK: [u8; 8] = *b"VITRMAN1";
const NAME: &str = "manifest";
/// More is not read: a segment takes at most 8 KB of it, and a segment holds up to 65,536 documents.
const MOST_BYTES: u64 = 1 << 30;

/// What an index consists of.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Manifest {
    pub(crate) version: u64,
    pub(crate) next_file: u64,
    pub(crate) codebook: u64,
    pub(crate) label: String,
    pub(crate) segments: Vec<SegmentEntry>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SegmentEntry {
    pub(crate) file: u64,
    pub(crate) size: u64,
    /// A bit a document, set when it was removed; empty when none was.
    pub(crate) removed: Vec<u8>,
}

/// Why there is no manifest.
#[derive(Debug)]
pub(crate) enum ManifestError {
    Read(io::Error),
    Damaged(String),
}

pub(crate) fn manifest_path(folder: &Path) -> PathBuf {
    folder.join(NAME)
}

pub(crate) fn codebook_path(folder: &Path, number: u64) -> PathBuf {
    folder.join(format!("{number:08}.codebook"))
}

pub(crate) fn segment_path(folder: &Path, number: u64) -> PathBuf {
    folder.join(format!("{number:08}.segment"))
}

impl Manifest {
    pub(crate) fn read(folder: &Path) -> Result<Self, ManifestError> {
        let mut bytes = Vec::new();
        let file = File::open(manifest_path(folder)).map_err(ManifestError::Read)?;
        file.take(MOST_BYTES).read_to_end(&mut bytes).map_err(ManifestError::Read)?;
        Self::from_bytes(&bytes).map_err(ManifestError::Damaged)
    }

    /// Replaces the manifest: the new one is whole on the disk before it takes the old one's place.
    pub(crate) fn write(&self, folder: &Path) -> io::Result<()> {
        let path = manifest_path(folder);
        let beside = folder.join(format!("{NAME}.new"));
        let mut file = disk::create(&beside)?;
        disk::write(&mut file, &self.to_bytes())?;
        disk::sync(&file)?;
        drop(file);
        disk::rename(&beside, &path)?;
        disk::sync_folder(folder)
    }

    fn to_bytes(&self) -> Vec<u8> {
        let mut body = Vec::new();
        for number in [self.version, self.next_file, self.codebook] {
            body.extend(number.to_le_bytes());
        }
        body.extend((self.label.len() as u32).to_le_bytes());
        body.extend(self.label.as_bytes());
        body.extend((self.segments.len() as u32).to_le_bytes());
        for segment in &self.segments {
            body.extend(segment.file.to_le_bytes());
            body.extend(segment.size.to_le_bytes());
            body.extend((segment.removed.len() as u32).to_le_bytes());
            body.extend(&segment.removed);
        }
        [&MARK[..], &crc32fast::hash(&body).to_le_bytes(), &body].concat()
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, String> {
        let body = bytes.strip_prefix(&MARK).ok_or("it does not begin as a manifest does")?;
        let (sum, body) = body.split_first_chunk::<4>().ok_or("it is cut off")?;
        if crc32fast::hash(body) != u32::from_le_bytes(*sum) {
            return Err("its checksum does not fit: it is cut off or was altered".to_owned());
        }
        Self::read_body(&mut Remaining(body)).map_err(|CutOff| "it is cut off".to_owned())
    }

    fn read_body(rest: &mut Remaining<'_>) -> Result<Self, CutOff> {
        let (version, next_file, codebook) = (rest.u64()?, rest.u64()?, rest.u64()?);
        let label = String::from_utf8(rest.bytes()?.to_vec()).map_err(|_| CutOff)?;
        let count = rest.u32()? as usize;
        // A segment takes twenty bytes at least: a count that the file cannot hold asks for no memory.
        let mut segments = Vec::with_capacity(count.min(rest.0.len() / 20));
        for _ in 0..count {
            segments.push(SegmentEntry { file: rest.u64()?, size: rest.u64()?, removed: rest.bytes()?.to_vec() });
        }
        if rest.0.is_empty() { Ok(Self { version, next_file, codebook, label, segments }) } else { Err(CutOff) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest() -> Manifest {
        let segments = vec![
            SegmentEntry { file: 3, size: 900, removed: vec![] },
            SegmentEntry { file: 7, size: 12, removed: vec![0b101] },
        ];
        Manifest { version: 5, next_file: 8, codebook: 1, label: "pack é".to_owned(), segments }
    }

    #[test]
    fn is_read_as_it_was_written() {
        let folder = tempfile::tempdir().unwrap();
        manifest().write(folder.path()).unwrap();
        assert_eq!(Manifest::read(folder.path()).unwrap(), manifest());
    }

    #[test]
    fn every_cut_and_every_flipped_bit_is_refused() {
        let bytes = manifest().to_bytes();
        for length in 0..bytes.len() {
            assert!(Manifest::from_bytes(&bytes[..length]).is_err(), "cut to {length}");
        }
        for bit in 0..bytes.len() * 8 {
            let mut altered = bytes.clone();
            altered[bit / 8] ^= 1 << (bit % 8);
            assert!(Manifest::from_bytes(&altered).is_err(), "bit {bit}");
        }
    }
}
