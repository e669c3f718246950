//! The directories of a TIFF or BigTIFF file: where each page's tags and pixels lie (TIFF 6.0, section 2).

use std::{
    borrow::Cow,
    fs::File,
    io::{Read, Seek, SeekFrom},
    sync::Mutex,
};

use crate::ImagingError;

use super::NAME;

/// Where the bytes of a file come from: all of it in memory, or the disk.
pub(crate) trait ByteSource: Sync {
    fn length(&self) -> u64;

    /// The bytes from `offset`; an error if the file ends before.
    fn read(&self, offset: u64, length: u64) -> Result<Cow<'_, [u8]>, ImagingError>;
}

impl ByteSource for &[u8] {
    fn length(&self) -> u64 {
        self.len() as u64
    }

    fn read(&self, offset: u64, length: u64) -> Result<Cow<'_, [u8]>, ImagingError> {
        let span =
            usize::try_from(offset).ok().zip(offset.checked_add(length).and_then(|end| usize::try_from(end).ok()));
        span.and_then(|(start, end)| self.get(start..end)).map(Cow::Borrowed).ok_or(ImagingError::Truncated)
    }
}

/// A file that is too large to be read at once.
#[derive(Debug)]
pub(crate) struct FileSource {
    file: Mutex<File>,
    length: u64,
}

impl FileSource {
    pub(crate) fn new(file: File) -> Result<Self, ImagingError> {
        let length = file.metadata().map_err(ImagingError::from_reading)?.len();
        Ok(Self { file: Mutex::new(file), length })
    }
}

impl ByteSource for &FileSource {
    fn length(&self) -> u64 {
        (**self).length()
    }

    fn read(&self, offset: u64, length: u64) -> Result<Cow<'_, [u8]>, ImagingError> {
        (**self).read(offset, length)
    }
}

impl ByteSource for FileSource {
    fn length(&self) -> u64 {
        self.length
    }

    fn read(&self, offset: u64, length: u64) -> Result<Cow<'_, [u8]>, ImagingError> {
        if offset.checked_add(length).is_none_or(|end| end > self.length) {
            return Err(ImagingError::Truncated);
        }
        let mut bytes = vec![0; usize::try_from(length).map_err(|_| ImagingError::Truncated)?];
        let mut file = self.file.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        file.seek(SeekFrom::Start(offset))
            .and_then(|_| file.read_exact(&mut bytes))
            .map_err(ImagingError::from_reading)?;
        Ok(Cow::Owned(bytes))
    }
}

/// The tags that are used here (TIFF 6.0; 330 and 347 of its supplements; 34675 of ICC.1).
pub(crate) mod tag {
    pub(crate) const NEW_SUBFILE_TYPE: u16 = 254;
    pub(crate) const IMAGE_WIDTH: u16 = 256;
    pub(crate) const IMAGE_LENGTH: u16 = 257;
    pub(crate) const BITS_PER_SAMPLE: u16 = 258;
    pub(crate) const COMPRESSION: u16 = 259;
    pub(crate) const PHOTOMETRIC: u16 = 262;
    pub(crate) const FILL_ORDER: u16 = 266;
    pub(crate) const STRIP_OFFSETS: u16 = 273;
    pub(crate) const ORIENTATION: u16 = 274;
    pub(crate) const SAMPLES_PER_PIXEL: u16 = 277;
    pub(crate) const ROWS_PER_STRIP: u16 = 278;
    pub(crate) const STRIP_BYTE_COUNTS: u16 = 279;
    pub(crate) const PLANAR_CONFIGURATION: u16 = 284;
    pub(crate) const T4_OPTIONS: u16 = 292;
    pub(crate) const PREDICTOR: u16 = 317;
    pub(crate) const COLOR_MAP: u16 = 320;
    pub(crate) const TILE_WIDTH: u16 = 322;
    pub(crate) const TILE_LENGTH: u16 = 323;
    pub(crate) const TILE_OFFSETS: u16 = 324;
    pub(crate) const TILE_BYTE_COUNTS: u16 = 325;
    pub(crate) const INK_SET: u16 = 332;
    pub(crate) const EXTRA_SAMPLES: u16 = 338;
    pub(crate) const SAMPLE_FORMAT: u16 = 339;
    pub(crate) const JPEG_TABLES: u16 = 347;
    pub(crate) const YCBCR_COEFFICIENTS: u16 = 529;
    pub(crate) const YCBCR_SUBSAMPLING: u16 = 530;
    pub(crate) const REFERENCE_BLACK_WHITE: u16 = 532;
    pub(crate) const ICC_PROFILE: u16 = 34675;
}

/// The most entries of a directory that are looked at; real ones have some dozens.
const MOST_ENTRIES: u64 = 4096;

/// The most bytes of one tag: a colour profile of tens of megabytes exists, and the places of 10 million tiles.
const MOST_TAG_BYTES: u64 = 100_000_000;

/// A TIFF file's frame: byte order, kind, first directory.
pub(crate) struct Tiff<S> {
    pub(crate) source: S,
    pub(crate) is_little: bool,
    is_big: bool,
    first: u64,
}

struct Entry {
    tag: u16,
    kind: u16,
    count: u64,
    /// The value itself where it fits, else its offset.
    field: [u8; 8],
}

/// The tags of one page.
pub(crate) struct Directory<'a, S> {
    tiff: &'a Tiff<S>,
    entries: Vec<Entry>,
    next: u64,
}

impl<S: ByteSource> Tiff<S> {
    pub(crate) fn new(source: S) -> Result<Self, ImagingError> {
        let head = source.read(0, 8)?.into_owned();
        let is_little = head.starts_with(b"II");
        let mut tiff = Self { source, is_little, is_big: false, first: 0 };
        tiff.is_big = match tiff.u16(&head, 2) {
            42 if is_little || head.starts_with(b"MM") => false,
            43 if is_little || head.starts_with(b"MM") => true,
            // Panasonic's and Olympus's raw files, which are TIFF under another number.
            0x55 | 0x4F52 | 0x5352 if is_little || head.starts_with(b"MM") => false,
            _ => return Err(ImagingError::Damaged { format: NAME, cause: "it does not start as one".into() }),
        };
        tiff.first = if tiff.is_big { tiff.u64(&tiff.source.read(8, 8)?, 0) } else { u64::from(tiff.u32(&head, 4)) };
        Ok(tiff)
    }

    /// The directories in the order of the file's chain, at most `most`; a chain that runs in a circle ends where it closes.
    pub(crate) fn directories(&self, most: usize) -> Result<Vec<Directory<'_, S>>, ImagingError> {
        let mut offsets = vec![];
        let mut directories = vec![];
        let mut offset = self.first;
        while offset != 0 && directories.len() < most && !offsets.contains(&offset) {
            offsets.push(offset);
            match self.directory(offset) {
                Ok(directory) => {
                    offset = directory.next;
                    directories.push(directory);
                }
                // What was found before a broken link is still there.
                Err(_) if !directories.is_empty() => break,
                Err(error) => return Err(error),
            }
        }
        Ok(directories)
    }

    /// The directory at an offset, as a tag may name one.
    pub(crate) fn directory(&self, offset: u64) -> Result<Directory<'_, S>, ImagingError> {
        let (count_bytes, entry_bytes, link_bytes) = if self.is_big { (8, 20, 8) } else { (2, 12, 4) };
        let head = self.source.read(offset, count_bytes)?;
        let count = if self.is_big { self.u64(&head, 0) } else { u64::from(self.u16(&head, 0)) };
        if count > MOST_ENTRIES {
            return Err(ImagingError::Damaged { format: NAME, cause: format!("a directory of {count} entries") });
        }
        let start = offset + count_bytes;
        let table = self.source.read(start, count * entry_bytes)?;
        let entries = table.chunks_exact(entry_bytes as usize).map(|entry| {
            let value_at = if self.is_big { 12 } else { 8 };
            let mut field = [0; 8];
            for (to, from) in field.iter_mut().zip(entry.iter().skip(value_at)) {
                *to = *from;
            }
            let count = if self.is_big { self.u64(entry, 4) } else { u64::from(self.u32(entry, 4)) };
            Entry { tag: self.u16(entry, 0), kind: self.u16(entry, 2), count, field }
        });
        let entries = entries.collect();
        // A file may end without the link after its last directory.
        let next = self
            .source
            .read(start + count * entry_bytes, link_bytes)
            .map_or(0, |link| if self.is_big { self.u64(&link, 0) } else { u64::from(self.u32(&link, 0)) });
        Ok(Directory { tiff: self, entries, next })
    }

    fn array<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
        bytes.get(at..).and_then(<[u8]>::first_chunk).copied().unwrap_or([0; N])
    }

    fn u16(&self, bytes: &[u8], at: usize) -> u16 {
        let bytes = Self::array(bytes, at);
        if self.is_little { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) }
    }

    fn u32(&self, bytes: &[u8], at: usize) -> u32 {
        let bytes = Self::array(bytes, at);
        if self.is_little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) }
    }

    fn u64(&self, bytes: &[u8], at: usize) -> u64 {
        let bytes = Self::array(bytes, at);
        if self.is_little { u64::from_le_bytes(bytes) } else { u64::from_be_bytes(bytes) }
    }
}

impl<S: ByteSource> Directory<'_, S> {
    /// The bytes of a tag's value, as they lie.
    pub(crate) fn bytes(&self, tag: u16) -> Result<Option<Vec<u8>>, ImagingError> {
        let Some(entry) = self.entries.iter().find(|entry| entry.tag == tag) else { return Ok(None) };
        let length = entry.count.checked_mul(size_of_kind(entry.kind)).ok_or(ImagingError::Truncated)?;
        let inline = if self.tiff.is_big { 8 } else { 4 };
        if length <= inline {
            return Ok(Some(entry.field.iter().take(length as usize).copied().collect()));
        }
        if length > self.tiff.source.length() {
            return Err(ImagingError::Truncated);
        }
        if length > MOST_TAG_BYTES {
            return Err(ImagingError::Damaged { format: NAME, cause: format!("tag {tag} takes {length} bytes") });
        }
        let offset =
            if self.tiff.is_big { self.tiff.u64(&entry.field, 0) } else { u64::from(self.tiff.u32(&entry.field, 0)) };
        Ok(Some(self.tiff.source.read(offset, length)?.into_owned()))
    }

    /// A tag's whole numbers; empty if it is not there or holds something else.
    pub(crate) fn numbers(&self, tag: u16) -> Result<Vec<u64>, ImagingError> {
        let kind = self.entries.iter().find(|entry| entry.tag == tag).map_or(0, |entry| entry.kind);
        let bytes = self.bytes(tag)?.unwrap_or_default();
        Ok(match kind {
            1 | 7 => bytes.iter().map(|b| u64::from(*b)).collect(),
            3 => bytes.chunks_exact(2).map(|b| u64::from(self.tiff.u16(b, 0))).collect(),
            4 | 13 => bytes.chunks_exact(4).map(|b| u64::from(self.tiff.u32(b, 0))).collect(),
            16 | 18 => bytes.chunks_exact(8).map(|b| self.tiff.u64(b, 0)).collect(),
            _ => vec![],
        })
    }

    pub(crate) fn number(&self, tag: u16) -> Result<Option<u64>, ImagingError> {
        Ok(self.numbers(tag)?.first().copied())
    }

    /// A tag's unsigned fractions; one without a denominator is 0.
    pub(crate) fn fractions(&self, tag: u16) -> Result<Vec<f32>, ImagingError> {
        let bytes = self.bytes(tag)?.unwrap_or_default();
        let fraction = |b: &[u8]| match self.tiff.u32(b, 4) {
            0 => 0.0,
            denominator => self.tiff.u32(b, 0) as f32 / denominator as f32,
        };
        Ok(bytes.chunks_exact(8).map(fraction).collect())
    }
}

/// Bytes of one value of a field type (TIFF 6.0, section 2; BigTIFF's 16 to 18).
fn size_of_kind(kind: u16) -> u64 {
    match kind {
        3 | 8 => 2,
        4 | 9 | 11 | 13 => 4,
        5 | 10 | 12 | 16..=18 => 8,
        _ => 1,
    }
}
