//! A dump's text in pieces, whatever it is packed in.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::Path;

use rayon::prelude::*;

use super::bzip2_blocks::{Bzip2Blocks, PackedBlock};
use crate::{Result, SourceError};

/// Pieces of a file that is not packed.
const PLAIN_PIECE: u64 = 1 << 20;
/// Most pieces that are in memory at a time.
const MOST_AT_ONCE: usize = 16;

/// A piece of a dump.
pub(super) struct Chunk {
    /// Where it begins: a bit of a packed file, a byte of another.
    pub start: u64,
    /// How many bytes of the file are done with after it.
    pub bytes_done: u64,
    /// What it holds, or in words why that cannot be read.
    pub content: Result<Vec<u8>, String>,
    /// What came before in the file is not what came before here.
    pub is_apart: bool,
}

enum Packing {
    Plain(File),
    Bzip2(Box<Bzip2Blocks>),
}

/// A dump's pieces in order.
pub(super) struct Chunks {
    packing: Packing,
    /// For files that are not packed.
    next: u64,
    length: u64,
    last_end: Option<u64>,
}

/// How a dump is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Plain,
    Bzip2,
}

impl Chunks {
    /// Looks at the file's first bytes.
    pub fn kind(file: &Path) -> Result<Kind> {
        let mut start = Vec::new();
        let opened = File::open(file).map_err(|cause| SourceError::file(file, cause))?;
        opened.take(6).read_to_end(&mut start).map_err(|cause| SourceError::file(file, cause))?;
        let packed = |with: &str| SourceError::OtherKind {
            file: file.to_path_buf(),
            wanted: "a MediaWiki dump as .xml or .xml.bz2",
            reason: format!("it is packed with {with}; unpack it first and give the .xml, or download the .bz2"),
        };
        match start.as_slice() {
            [b'B', b'Z', b'h', b'1'..=b'9', ..] => Ok(Kind::Bzip2),
            [0x1f, 0x8b, ..] => Err(packed("gzip")),
            [b'7', b'z', 0xbc, 0xaf, ..] => Err(packed("7-Zip")),
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Err(packed("Zstandard")),
            [0xfd, b'7', b'z', b'X', ..] => Err(packed("xz")),
            [b'P', b'K', ..] => Err(packed("ZIP")),
            _ => Ok(Kind::Plain),
        }
    }

    /// Pieces from a start that a [`Chunk`] had; of a packed file only those in the ranges of bytes.
    pub fn open(file: &Path, kind: Kind, length: u64, ranges: &[Range<u64>], start: u64) -> Result<Self> {
        let opened = File::open(file).map_err(|cause| SourceError::file(file, cause))?;
        let packing = match kind {
            Kind::Plain => Packing::Plain(opened),
            Kind::Bzip2 => {
                let blocks = Bzip2Blocks::new(opened, ranges, start).map_err(|cause| SourceError::file(file, cause))?;
                Packing::Bzip2(Box::new(blocks))
            }
        };
        Ok(Self { packing, next: start, length, last_end: None })
    }

    /// The next pieces, unpacked side by side; none at the end.
    pub fn next(&mut self) -> io::Result<Vec<Chunk>> {
        let count = (2 * rayon::current_num_threads()).clamp(2, MOST_AT_ONCE);
        match &mut self.packing {
            Packing::Plain(file) => {
                let mut chunks = Vec::new();
                while chunks.len() < count && self.next < self.length {
                    let start = self.next;
                    let mut content = Vec::new();
                    file.seek(SeekFrom::Start(start))?;
                    // A position may lie anywhere; the pieces after it lie where they always do.
                    let end = (start / PLAIN_PIECE + 1) * PLAIN_PIECE;
                    if file.take(end - start).read_to_end(&mut content)? == 0 {
                        break;
                    }
                    self.next = start + content.len() as u64;
                    chunks.push(Chunk { start, bytes_done: self.next, content: Ok(content), is_apart: false });
                }
                Ok(chunks)
            }
            Packing::Bzip2(blocks) => {
                let mut packed: Vec<PackedBlock> = Vec::new();
                while packed.len() < count
                    && let Some(block) = blocks.next()?
                {
                    packed.push(block);
                }
                let contents: Vec<_> = packed.par_iter().map(PackedBlock::unpack).collect();
                let mut chunks = Vec::with_capacity(packed.len());
                for (block, content) in packed.iter().zip(contents) {
                    // Between two blocks there is at most the end of a stream and the beginning of the next.
                    let is_apart = self.last_end.is_some_and(|end| block.start > end + 256);
                    self.last_end = Some(block.end);
                    chunks.push(Chunk { start: block.start, bytes_done: block.end / 8, content, is_apart });
                }
                Ok(chunks)
            }
        }
    }
}
