//! TIFF's LZW (TIFF 6.0, section 13), which most large scans are packed with.
//!
//! What a code stands for was written before: a string and the byte behind it, both already among the output. So the table holds places of the output, and a code is a short
//! copy within it, which is several times as fast as a table of bytes that point to their predecessors.

use crate::ImagingError;

use super::layout::damaged;

const CLEAR: usize = 256;
const END: usize = 257;
const FIRST_FREE: usize = 258;
const LEAST_WIDTH: u32 = 9;
const MOST_WIDTH: u32 = 12;
/// Strings are copied by so many bytes at a time; the output has as many to spare at its end.
const STEP: usize = 8;

/// At most `length` bytes out of `data`; fewer where it ends before.
pub(super) fn unpack(data: &[u8], length: usize) -> Result<Vec<u8>, ImagingError> {
    // Files from before TIFF 6.0 have the bits the other way round; their first code, the 256 that clears, tells.
    if matches!(data, [0, second, ..] if second & 1 == 1) {
        return old(data, length);
    }
    let mut out = vec![0u8; length + STEP];
    // By code: where its string stands in the output, and how long it is.
    let mut table = [(0usize, 0usize); 1 << MOST_WIDTH];
    let mut bits = Bits { data, word: 0, count: 0 };
    let (mut width, mut free) = (LEAST_WIDTH, FIRST_FREE);
    // The string before; none behind a clearing.
    let mut before: Option<(usize, usize)> = None;
    let mut at = 0;
    while at < length {
        let Some(code) = bits.take(width) else { break };
        if code == CLEAR {
            (width, free, before) = (LEAST_WIDTH, FIRST_FREE, None);
            continue;
        }
        if code == END {
            break;
        }
        // The string before and the byte that comes now: known by its place before it is written, so that a code may stand for just this.
        if let (Some((start, long)), Some(entry)) = (before, table.get_mut(free)) {
            *entry = (start, long + 1);
            free += 1;
            // One earlier than needed, as all writers of TIFF have it since the first.
            if free == (1 << width) - 1 && width < MOST_WIDTH {
                width += 1;
            }
        }
        let long = if code < CLEAR {
            *out.get_mut(at).ok_or(ImagingError::Truncated)? = code as u8;
            1
        } else {
            let (start, long) = match table.get(code) {
                Some(entry) if code < free => *entry,
                _ => return Err(damaged("an LZW code that is not known yet")),
            };
            let long = long.min(length - at);
            copy(&mut out, start, at, long)?;
            long
        };
        before = Some((at, long));
        at += long;
    }
    out.truncate(at);
    Ok(out)
}

/// Copies `long` bytes from `start` to `at`, which lies behind; the two may touch, or share the last byte.
fn copy(out: &mut [u8], start: usize, at: usize, long: usize) -> Result<(), ImagingError> {
    let mut done = 0;
    while done < long {
        let from = out.get(start + done..).and_then(<[u8]>::first_chunk::<STEP>).copied();
        let to = out.get_mut(at + done..).and_then(<[u8]>::first_chunk_mut::<STEP>);
        // What is too much is written over by what follows.
        *to.ok_or(ImagingError::Truncated)? = from.ok_or(ImagingError::Truncated)?;
        done += STEP;
    }
    // The code that stands for what was just being written ends with its own first byte.
    if start + long > at {
        let (first, last) = (out.get(at).copied(), out.get_mut(at + long - 1));
        if let (Some(first), Some(last)) = (first, last) {
            *last = first;
        }
    }
    Ok(())
}

/// Codes out of bytes, the highest bit first.
struct Bits<'a> {
    data: &'a [u8],
    word: u64,
    count: u32,
}

impl Bits<'_> {
    fn take(&mut self, width: u32) -> Option<usize> {
        if self.count < width {
            if let Some((four, rest)) = self.data.split_first_chunk::<4>() {
                self.word = self.word << 32 | u64::from(u32::from_be_bytes(*four));
                self.count += 32;
                self.data = rest;
            } else {
                while self.count < width {
                    let (byte, rest) = self.data.split_first()?;
                    self.word = self.word << 8 | u64::from(*byte);
                    self.count += 8;
                    self.data = rest;
                }
            }
        }
        self.count -= width;
        Some((self.word >> self.count) as usize & ((1 << width) - 1))
    }
}

/// The coding before TIFF 6.0.
fn old(data: &[u8], length: usize) -> Result<Vec<u8>, ImagingError> {
    let mut decoder = weezl::decode::Decoder::new(weezl::BitOrder::Lsb, 8);
    let mut out = vec![0; length];
    let (mut read, mut written) = (0, 0);
    while written < length {
        let (Some(input), Some(output)) = (data.get(read..), out.get_mut(written..)) else { break };
        let result = decoder.decode_bytes(input, output);
        read += result.consumed_in;
        written += result.consumed_out;
        match result.status {
            Ok(weezl::LzwStatus::Ok) => {}
            Ok(weezl::LzwStatus::NoProgress | weezl::LzwStatus::Done) => break,
            Err(error) => return Err(damaged(&error.to_string())),
        }
    }
    out.truncate(written);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use weezl::{BitOrder, encode::Encoder};

    use super::*;

    /// Numbers that look like chance, and are the same every time.
    fn chance(seed: u64) -> impl Iterator<Item = u64> {
        let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        std::iter::repeat_with(move || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state >> 11
        })
    }

    /// Of all kinds: one byte again and again, noise, runs, little of it, much of it.
    fn contents() -> Vec<Vec<u8>> {
        let mut contents = vec![vec![], vec![7], vec![7; 3], vec![0; 100_000]];
        for (seed, values) in [(1, 2), (2, 5), (3, 60), (4, 256)] {
            contents.push(chance(seed).take(150_000).map(|number| (number % values) as u8).collect());
            let runs = chance(seed).take(4000);
            contents.push(runs.flat_map(|n| vec![(n % values) as u8; 1 + (n >> 8) as usize % 40]).collect());
        }
        contents
    }

    #[test]
    fn what_another_program_packs_is_unpacked() {
        for content in contents() {
            let packed = Encoder::with_tiff_size_switch(BitOrder::Msb, 8).encode(&content).unwrap();
            assert!(unpack(&packed, content.len()).unwrap() == content, "{} bytes", content.len());
            // More than there is, and less.
            assert!(unpack(&packed, content.len() + 9).unwrap() == content);
            let half = content.len() / 2;
            assert!(unpack(&packed, half).unwrap() == content[..half]);
        }
        let old = Encoder::new(BitOrder::Lsb, 8).encode(&[5, 5, 5, 6, 7, 5, 5, 5]).unwrap();
        assert_eq!(unpack(&old, 8).unwrap(), [5, 5, 5, 6, 7, 5, 5, 5]);
    }

    #[test]
    fn damage_gives_an_error_or_what_can_be_read() {
        let content: Vec<u8> = chance(9).take(20_000).map(|number| (number % 9) as u8).collect();
        let packed = Encoder::with_tiff_size_switch(BitOrder::Msb, 8).encode(&content).unwrap();
        for (at, bit) in chance(10).take(2000).map(|number| (number as usize % packed.len(), number >> 40 & 7)) {
            let mut damaged = packed.clone();
            damaged[at] ^= 1 << bit;
            if let Ok(found) = unpack(&damaged, content.len()) {
                assert!(found.len() <= content.len());
            }
        }
        for length in 0..200 {
            let found = unpack(&packed[..length], content.len()).unwrap();
            assert!(content.starts_with(&found), "cut off behind {length} bytes");
        }
        // The code 300 before there is one.
        assert!(unpack(&[0x80, 0x4B, 0, 0], 9).is_err());
    }
}
