//! The blocks of a bzip2 file, each of which can be unpacked by itself.
//!
//! bzip2 compresses at most 900 kB at a time, and each block begins with the same 48 bits, at any bit of any byte. So the blocks of a file can be found without unpacking, in files of one stream as in
//! multistream dumps, unpacked side by side, and one that is damaged loses no other. A block is unpacked by giving it a header and an end of its own.
//!
//! The 48 bits could stand in compressed data by chance, once in some thousand dumps of the size of English Wikipedia's. Two blocks would then be reported as damaged.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;

use bzip2::{Decompress, Status};

/// How a block begins: π in binary-coded decimals.
const BLOCK: u64 = 0x3141_5926_5359;
/// How a stream ends: the root of π.
const END: u64 = 0x1772_4538_5090;
const MARK_BITS: u64 = 48;
const MARK: u64 = (1 << MARK_BITS) - 1;
/// Nothing in a block of 900 kB that text makes is longer when compressed.
const LONGEST_BLOCK: usize = 2 << 20;
/// What a block may unpack to. Runs of a letter could make more of it, but never in text that people wrote.
const LARGEST_CONTENT: usize = 16 << 20;
const READ_AT_ONCE: usize = 256 << 10;

/// Third bytes of marks, at all eight shifts: what is not among them ends no mark.
const MAY_END: [bool; 256] = {
    let mut table = [false; 256];
    let mut shift = 0;
    while shift < 8 {
        table[((BLOCK << shift) >> 16) as usize & 0xff] = true;
        table[((END << shift) >> 16) as usize & 0xff] = true;
        shift += 1;
    }
    table
};

/// A block as it lies in the file.
#[derive(Debug)]
pub(super) struct PackedBlock {
    /// Its first bit in the file.
    pub start: u64,
    /// The bit after its last.
    pub end: u64,
    bytes: Vec<u8>,
    /// The file, or the part of it that is read, ended before the block did.
    pub is_cut: bool,
}

/// Finds the blocks of a file, or of ranges of its bytes.
pub(super) struct Bzip2Blocks {
    file: File,
    /// Ranges of bytes still to be read, the present one first.
    ranges: Vec<Range<u64>>,
    /// What was read and not yet looked through.
    buffer: Vec<u8>,
    in_buffer: usize,
    /// The byte that comes next.
    at: u64,
    /// The last eight bytes.
    window: u64,
    /// Where the present block begins, and its bytes from there.
    block: Option<(u64, Vec<u8>)>,
    /// Marks before this bit are not looked at.
    first_bit: u64,
}

impl Bzip2Blocks {
    /// From a bit of the file, through the ranges (in order, without overlap).
    pub fn new(file: File, ranges: &[Range<u64>], first_bit: u64) -> io::Result<Self> {
        let first_byte = first_bit / 8;
        let clipped = ranges.iter().filter(|range| range.end > first_byte);
        let mut ranges: Vec<Range<u64>> = clipped.map(|range| range.start.max(first_byte)..range.end).collect();
        ranges.reverse();
        let mut blocks =
            Self { file, ranges, buffer: Vec::new(), in_buffer: 0, at: 0, window: 0, block: None, first_bit };
        blocks.begin_range()?;
        Ok(blocks)
    }

    fn begin_range(&mut self) -> io::Result<()> {
        if let Some(range) = self.ranges.last() {
            self.file.seek(SeekFrom::Start(range.start))?;
            self.at = range.start;
            self.window = 0;
            self.first_bit = self.first_bit.max(range.start * 8);
            self.buffer.clear();
            self.in_buffer = 0;
        }
        Ok(())
    }

    /// The next block; none at the end.
    pub fn next(&mut self) -> io::Result<Option<PackedBlock>> {
        while let Some(range) = self.ranges.last().cloned() {
            if self.in_buffer == self.buffer.len() && !self.fill(&range)? {
                let cut = self.block.take();
                self.ranges.pop();
                self.begin_range()?;
                if let Some((start, bytes)) = cut {
                    return Ok(Some(PackedBlock { start, end: range.end * 8, bytes, is_cut: true }));
                }
                continue;
            }
            if let Some(found) = self.look_through() {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    fn fill(&mut self, range: &Range<u64>) -> io::Result<bool> {
        let wanted = usize::try_from(range.end.saturating_sub(self.at)).unwrap_or(READ_AT_ONCE).min(READ_AT_ONCE);
        self.buffer.resize(wanted, 0);
        let read = loop {
            match self.file.read(&mut self.buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read?,
            }
        };
        self.buffer.truncate(read);
        self.in_buffer = 0;
        Ok(read > 0)
    }

    /// Looks through the buffer as far as the next mark, which may end a block.
    fn look_through(&mut self) -> Option<PackedBlock> {
        let from = self.in_buffer;
        let mut window = self.window;
        for (place, byte) in self.buffer[from..].iter().enumerate() {
            window = (window << 8) | u64::from(*byte);
            if !MAY_END[(window >> 16) as usize & 0xff] {
                continue;
            }
            let after = self.at + place as u64 + 1;
            let Some((is_block, mark)) = mark_ending_in(window, after).filter(|(_, mark)| *mark >= self.first_bit)
            else {
                continue;
            };
            self.window = window;
            self.in_buffer = from + place + 1;
            self.at = after;
            let ended = self.block.take().map(|(start, mut bytes)| {
                bytes.extend_from_slice(&self.buffer[from..self.in_buffer]);
                PackedBlock { start, end: mark, bytes, is_cut: false }
            });
            if is_block {
                // The mark's bytes are the last six or seven of the window.
                let bytes = window.to_be_bytes();
                let back = (after - mark / 8) as usize;
                self.block = Some((mark, bytes[8 - back..].to_vec()));
            }
            return ended;
        }
        self.window = window;
        if let Some((_, bytes)) = &mut self.block {
            bytes.extend_from_slice(&self.buffer[from..]);
        }
        self.at += (self.buffer.len() - from) as u64;
        self.in_buffer = self.buffer.len();
        let (start, bytes) = self.block.take_if(|(_, bytes)| bytes.len() > LONGEST_BLOCK)?;
        Some(PackedBlock { start, end: self.at * 8, bytes, is_cut: true })
    }
}

/// Whether one of the marks ends in the window's last byte: whether it begins a block, and its first bit in the file.
fn mark_ending_in(window: u64, after: u64) -> Option<(bool, u64)> {
    (0..8).find_map(|shift| {
        let bits = (window >> shift) & MARK;
        let start = (after * 8).checked_sub(shift + MARK_BITS)?;
        (bits == BLOCK || bits == END).then_some((bits == BLOCK, start))
    })
}

impl PackedBlock {
    /// Its content, or in words why there is none.
    pub fn unpack(&self) -> Result<Vec<u8>, String> {
        if self.is_cut {
            return Err("the file ends within it or its end is lost".into());
        }
        let stream = self.as_stream();
        let mut content = Vec::with_capacity(1 << 20);
        let mut decompress = Decompress::new(false);
        loop {
            let read = decompress.total_in() as usize;
            let status = decompress.decompress_vec(&stream[read..], &mut content).map_err(|error| error.to_string())?;
            match status {
                Status::StreamEnd => return Ok(content),
                _ if content.len() >= LARGEST_CONTENT => {
                    return Err(format!("it unpacks to more than {} MB", LARGEST_CONTENT >> 20));
                }
                _ if content.len() == content.capacity() => content.reserve(1 << 20),
                _ if decompress.total_in() as usize == stream.len() => return Err("it is incomplete".into()),
                _ => {}
            }
        }
    }

    /// The block as a bzip2 stream of its own.
    fn as_stream(&self) -> Vec<u8> {
        let shift = (self.start % 8) as u32;
        let bits = (self.end - self.start) as usize;
        let mut stream = Vec::with_capacity(bits / 8 + 24);
        stream.extend_from_slice(b"BZh9");
        let byte = |place: usize| u16::from(self.bytes.get(place).copied().unwrap_or(0));
        for place in 0..bits.div_ceil(8) {
            let both = (byte(place) << 8) | byte(place + 1);
            stream.push((both >> (8 - shift)) as u8);
        }
        let mut checksum = [0; 4];
        if let Some(found) = stream.get(10..14) {
            checksum.copy_from_slice(found);
        }
        // The end's 80 bits follow wherever in a byte the block ends.
        let used = (bits % 8) as u32;
        let end = (u128::from(END) << 32) | u128::from(u32::from_be_bytes(checksum));
        let mut tail = end << (128 - 80);
        if used > 0
            && let Some(last) = stream.pop()
        {
            tail = (tail >> used) | (u128::from(last >> (8 - used) << (8 - used)) << 120);
        }
        stream.extend_from_slice(&tail.to_be_bytes()[..(80 + used as usize).div_ceil(8)]);
        stream
    }
}
