//! The file, and finding in it by path.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom, Take};
use std::path::{Path, PathBuf};

use super::cluster::{Cache, read_blob};
use super::entry::{Content, Entry};
use super::header::Header;
use crate::{Result, SourceError};

/// Bytes of a path or a title; the format's writers allow 65,535.
const MOST_TEXT: u64 = 1 << 16;
/// Redirects in a row that are followed.
const MOST_REDIRECTS: usize = 16;
/// Bytes of a picture.
const MOST_PICTURE_BYTES: u64 = 256 << 20;

/// The file with its length; every reading names what it was for, and none leaves the file.
#[derive(Debug)]
pub(super) struct Bytes {
    pub(super) file: PathBuf,
    pub(super) length: u64,
    reader: BufReader<File>,
    /// Where the reader stands, so that going on near where it stopped costs no call of the system; the largest number if that is unknown.
    stands: u64,
}

impl Bytes {
    fn open(path: &Path) -> Result<Self> {
        let file = File::open(path).map_err(|cause| SourceError::file(path, cause))?;
        let metadata = file.metadata().map_err(|cause| SourceError::file(path, cause))?;
        let reader = BufReader::with_capacity(16 << 10, file);
        Ok(Self { file: path.to_path_buf(), length: metadata.len(), reader, stands: 0 })
    }

    pub(super) fn other_kind(&self, reason: &str) -> SourceError {
        SourceError::OtherKind { file: self.file.clone(), wanted: "a ZIM archive", reason: reason.to_owned() }
    }

    /// That a list of 8-byte positions lies in the file.
    pub(super) fn check_list(&self, place: &str, at: u64, count: u32) -> Result<()> {
        let end = at.checked_add(u64::from(count) * 8);
        if end.is_some_and(|end| end <= self.length) {
            return Ok(());
        }
        let reason = format!(
            "its {count} places from byte {at} on do not lie in the file of {} bytes; it is cut off or damaged, fetch it again",
            self.length
        );
        Err(SourceError::broken(&self.file, place, reason))
    }

    fn seek(&mut self, at: u64) -> Result<()> {
        let step = i64::try_from(i128::from(at) - i128::from(self.stands));
        let outcome = match step {
            Ok(0) => Ok(()),
            Ok(step) => self.reader.seek_relative(step),
            Err(_) => self.reader.seek(SeekFrom::Start(at)).map(|_| ()),
        };
        outcome.map_err(|cause| SourceError::file(&self.file, cause))?;
        self.stands = at;
        Ok(())
    }

    fn outside(&self, at: u64, place: &str) -> SourceError {
        let reason = format!(
            "byte {at} lies outside the file of {} bytes; it is cut off or damaged, fetch it again",
            self.length
        );
        SourceError::broken(&self.file, place, reason)
    }

    pub(super) fn read_at(&mut self, at: u64, to: &mut [u8], place: &str) -> Result<()> {
        if at.checked_add(to.len() as u64).is_none_or(|end| end > self.length) {
            return Err(self.outside(at, place));
        }
        self.seek(at)?;
        self.stands = u64::MAX;
        self.reader.read_exact(to).map_err(|cause| SourceError::file(&self.file, cause))?;
        self.stands = at + to.len() as u64;
        Ok(())
    }

    /// A position of 4 or 8 bytes.
    pub(super) fn read_pointer(&mut self, at: u64, wide: bool, place: &str) -> Result<u64> {
        let mut raw = [0; 8];
        self.read_at(at, &mut raw[..if wide { 8 } else { 4 }], place)?;
        Ok(u64::from_le_bytes(raw))
    }

    /// The bytes up to a zero byte, without it.
    pub(super) fn read_text(&mut self, at: u64, place: &str) -> Result<Vec<u8>> {
        if at >= self.length {
            return Err(self.outside(at, place));
        }
        self.seek(at)?;
        self.stands = u64::MAX;
        let mut text = Vec::new();
        let mut limited = Read::by_ref(&mut self.reader).take(MOST_TEXT);
        let outcome = std::io::BufRead::read_until(&mut limited, 0, &mut text);
        outcome.map_err(|cause| SourceError::file(&self.file, cause))?;
        self.stands = at + text.len() as u64;
        if text.pop() != Some(0) {
            return Err(SourceError::broken(&self.file, place, "it does not end; the file is damaged, fetch it again"));
        }
        Ok(text)
    }

    /// The file from a position on.
    pub(super) fn reader_at(&mut self, at: u64) -> Result<Take<&mut BufReader<File>>> {
        if at > self.length {
            return Err(self.outside(at, "a cluster"));
        }
        self.seek(at)?;
        // Whoever reads does not say how far.
        self.stands = u64::MAX;
        Ok(Read::by_ref(&mut self.reader).take(self.length - at))
    }
}

/// A ZIM archive that is open for looking up.
#[derive(Debug)]
pub struct ZimArchive {
    pub(super) bytes: Bytes,
    pub(super) header: Header,
    cache: Cache,
}

impl ZimArchive {
    /// Opens a file, and checks its header and the places of its lists.
    pub fn open(path: &Path) -> Result<Self> {
        let mut bytes = Bytes::open(path)?;
        let header = Header::read(&mut bytes)?;
        Ok(Self { bytes, header, cache: Cache::default() })
    }

    /// What the archive says about itself under a name, e.g. `Title`, `Language`, `Date`, `License`; white space around it left off.
    pub fn metadata(&mut self, name: &str) -> Result<Option<String>> {
        let Some(entry) = self.find(b'M', name)? else { return Ok(None) };
        let text = self.content(&entry, 1 << 20)?;
        Ok(String::from_utf8(text).ok().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()))
    }

    /// The bytes of an image by its name in a [`FragmentImage`](crate::FragmentImage); `None` if the archive does not have it, as those without
    /// pictures do not.
    pub fn image(&mut self, name: &str) -> Result<Option<Vec<u8>>> {
        let entry = if self.header.new_namespaces {
            self.find(b'C', name)?
        } else {
            match name.split_once('/') {
                Some((namespace, path)) if namespace.len() == 1 => self.find(namespace.as_bytes()[0], path)?,
                _ => self.find(b'I', name)?,
            }
        };
        entry.map(|entry| self.content(&entry, MOST_PICTURE_BYTES)).transpose()
    }

    /// The entry of a number, counted in the order of paths.
    pub(super) fn entry(&mut self, number: u32) -> Result<Entry> {
        if number >= self.header.entries {
            let reason = format!("there are only {}; the file is damaged, fetch it again", self.header.entries);
            return Err(SourceError::broken(&self.bytes.file, format!("entry {number}"), reason));
        }
        let at =
            self.bytes.read_pointer(self.header.path_pointers + u64::from(number) * 8, true, "the list of entries")?;
        Entry::read(&mut self.bytes, at)
    }

    /// The entry under a path, redirects followed.
    pub(super) fn find(&mut self, namespace: u8, path: &str) -> Result<Option<Entry>> {
        let (mut low, mut high) = (0, self.header.entries);
        let mut found = None;
        while low < high && found.is_none() {
            let middle = low + (high - low) / 2;
            let entry = self.entry(middle)?;
            match (entry.namespace, entry.path.as_bytes()).cmp(&(namespace, path.as_bytes())) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
                std::cmp::Ordering::Equal => found = Some(entry),
            }
        }
        let Some(mut entry) = found else { return Ok(None) };
        for _ in 0..MOST_REDIRECTS {
            let Content::Redirect(to) = entry.content else { return Ok(Some(entry)) };
            entry = self.entry(to)?;
        }
        let reason = "it leads from redirect to redirect without end; the file is damaged";
        Err(SourceError::broken(&self.bytes.file, format!("entry “{path}”"), reason))
    }

    /// The content of an entry that is no redirect, at most `most` bytes.
    pub(super) fn content(&mut self, entry: &Entry, most: u64) -> Result<Vec<u8>> {
        let Content::Blob { cluster, blob, .. } = entry.content else { return Ok(Vec::new()) };
        self.blob(cluster, blob, most)
    }

    /// Where a cluster begins.
    pub(super) fn cluster_at(&mut self, cluster: u32) -> Result<u64> {
        if cluster >= self.header.clusters {
            let reason = format!("there are only {}; the file is damaged, fetch it again", self.header.clusters);
            return Err(SourceError::broken(&self.bytes.file, format!("cluster {cluster}"), reason));
        }
        let at = self.header.cluster_pointers + u64::from(cluster) * 8;
        self.bytes.read_pointer(at, true, "the list of clusters")
    }

    pub(super) fn blob(&mut self, cluster: u32, blob: u32, most: u64) -> Result<Vec<u8>> {
        let at = self.cluster_at(cluster)?;
        if at >= self.bytes.length {
            return Err(self.bytes.outside(at, &format!("cluster {cluster}")));
        }
        read_blob(&mut self.bytes, &mut self.cache, (at, cluster), blob, most)
    }
}
