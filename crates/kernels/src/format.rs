//! The quantised formats and their blocks as GGUF files hold them.
//!
//! Described from ggml's public format: a *super-block* of 256 numbers of one row in Q4_K and Q6_K, a block of 32 in Q8_0.
//!
//! | format | a block's bytes | a number |
//! |---|---|---|
//! | Q4_K | d f16, dmin f16, 12 bytes with 8 scales and 8 minima of 6 bits, 128 bytes of nibbles | d · scale · q − dmin · min |
//! | Q6_K | 128 bytes of low nibbles, 64 of upper pairs of bits, 16 scales i8, d f16 | d · scale · (q − 32) |
//! | Q8_0 | d f16, 32 numbers i8 | d · q |

use half::f16;

/// Numbers in a super-block of the K formats.
pub(crate) const SUPER: usize = 256;
/// Numbers in a block of Q8_0.
pub(crate) const SMALL: usize = 32;

/// A quantised format that there are kernels for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// 4.5 bits a weight: unsigned nibbles, with a 6-bit scale and minimum for each 32.
    Q4K,
    /// 6.6 bits a weight: signed six-bit numbers, with an 8-bit scale for each 16.
    Q6K,
    /// 8.5 bits a weight: signed bytes, with an f16 scale for each 32.
    Q8_0,
}

impl Format {
    /// The name that GGUF's tools print.
    pub fn name(self) -> &'static str {
        match self {
            Self::Q4K => "Q4_K",
            Self::Q6K => "Q6_K",
            Self::Q8_0 => "Q8_0",
        }
    }

    /// The format of a GGUF tensor's type number, if there are kernels for it.
    pub fn from_gguf(number: u32) -> Option<Self> {
        match number {
            8 => Some(Self::Q8_0),
            12 => Some(Self::Q4K),
            14 => Some(Self::Q6K),
            _ => None,
        }
    }

    /// Columns that a block covers; a row's width has to be a multiple.
    pub fn block_columns(self) -> usize {
        match self {
            Self::Q4K | Self::Q6K => SUPER,
            Self::Q8_0 => SMALL,
        }
    }

    /// Bytes of a block in a GGUF file.
    pub fn block_bytes(self) -> usize {
        match self {
            Self::Q4K => 144,
            Self::Q6K => 210,
            Self::Q8_0 => 34,
        }
    }
}

/// A block taken apart: every field a plain number. What packing and dequantising start from.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Block {
    /// The block's scale.
    pub(crate) d: f16,
    /// Scale of the minima (Q4_K only).
    pub(crate) dmin: f16,
    /// A scale for each sub-block: 8 of Q4_K (0 to 63), 16 of Q6_K (−128 to 127), unused in Q8_0.
    pub(crate) scales: [i8; 16],
    /// A minimum for each sub-block (Q4_K, 0 to 63).
    pub(crate) minima: [u8; 8],
    /// The numbers: 0 to 15 in Q4_K, 0 to 63 in Q6_K (before 32 is taken off), −128 to 127 in Q8_0, whose first 32 alone count.
    pub(crate) numbers: [i16; SUPER],
}

impl Block {
    /// All zero.
    pub(crate) fn empty() -> Self {
        Self { d: f16::ZERO, dmin: f16::ZERO, scales: [0; 16], minima: [0; 8], numbers: [0; SUPER] }
    }

    /// Reads a block of [`Format::block_bytes`] bytes.
    pub(crate) fn read(&mut self, format: Format, bytes: &[u8]) {
        debug_assert_eq!(bytes.len(), format.block_bytes());
        match format {
            Format::Q4K => self.read_q4k(bytes),
            Format::Q6K => self.read_q6k(bytes),
            Format::Q8_0 => {
                self.d = f16_at(bytes, 0);
                for (number, &byte) in self.numbers.iter_mut().zip(&bytes[2..34]) {
                    *number = i16::from(byte as i8);
                }
            }
        }
    }

    fn read_q4k(&mut self, bytes: &[u8]) {
        self.d = f16_at(bytes, 0);
        self.dmin = f16_at(bytes, 2);
        let packed = &bytes[4..16];
        for sub in 0..8 {
            let (scale, minimum) = if sub < 4 {
                (packed[sub] & 63, packed[sub + 4] & 63)
            } else {
                let low = packed[sub + 4];
                (low & 15 | packed[sub - 4] >> 6 << 4, low >> 4 | packed[sub] >> 6 << 4)
            };
            self.scales[sub] = scale as i8;
            self.minima[sub] = minimum;
        }
        for (pair, nibbles) in bytes[16..144].chunks_exact(32).enumerate() {
            for (column, &nibble) in nibbles.iter().enumerate() {
                self.numbers[pair * 64 + column] = i16::from(nibble & 15);
                self.numbers[pair * 64 + 32 + column] = i16::from(nibble >> 4);
            }
        }
    }

    fn read_q6k(&mut self, bytes: &[u8]) {
        let (low, rest) = bytes.split_at(128);
        let (high, rest) = rest.split_at(64);
        for (scale, &byte) in self.scales.iter_mut().zip(&rest[..16]) {
            *scale = byte as i8;
        }
        self.d = f16_at(rest, 16);
        for half in 0..2 {
            for column in 0..32 {
                let upper = high[half * 32 + column];
                let (first, second) = (low[half * 64 + column], low[half * 64 + 32 + column]);
                let at = half * 128 + column;
                self.numbers[at] = i16::from(first & 15 | (upper & 3) << 4);
                self.numbers[at + 32] = i16::from(second & 15 | (upper >> 2 & 3) << 4);
                self.numbers[at + 64] = i16::from(first >> 4 | (upper >> 4 & 3) << 4);
                self.numbers[at + 96] = i16::from(second >> 4 | (upper >> 6) << 4);
            }
        }
    }

    /// Writes the block as GGUF holds it: the inverse of [`Block::read`].
    pub(crate) fn write(&self, format: Format, bytes: &mut [u8]) {
        debug_assert_eq!(bytes.len(), format.block_bytes());
        match format {
            Format::Q4K => self.write_q4k(bytes),
            Format::Q6K => self.write_q6k(bytes),
            Format::Q8_0 => {
                bytes[..2].copy_from_slice(&self.d.to_le_bytes());
                for (byte, &number) in bytes[2..].iter_mut().zip(&self.numbers) {
                    *byte = number as i8 as u8;
                }
            }
        }
    }

    fn write_q4k(&self, bytes: &mut [u8]) {
        bytes[..2].copy_from_slice(&self.d.to_le_bytes());
        bytes[2..4].copy_from_slice(&self.dmin.to_le_bytes());
        let packed = &mut bytes[4..16];
        for sub in 0..4 {
            let (scale, minimum) = (self.scales[sub] as u8, self.minima[sub]);
            let (later_scale, later_minimum) = (self.scales[sub + 4] as u8, self.minima[sub + 4]);
            packed[sub] = scale | later_scale >> 4 << 6;
            packed[sub + 4] = minimum | later_minimum >> 4 << 6;
            packed[sub + 8] = later_scale & 15 | (later_minimum & 15) << 4;
        }
        for (pair, nibbles) in bytes[16..144].chunks_exact_mut(32).enumerate() {
            for (column, nibble) in nibbles.iter_mut().enumerate() {
                let (low, high) = (self.numbers[pair * 64 + column], self.numbers[pair * 64 + 32 + column]);
                *nibble = (low | high << 4) as u8;
            }
        }
    }

    fn write_q6k(&self, bytes: &mut [u8]) {
        let (low, rest) = bytes.split_at_mut(128);
        let (high, rest) = rest.split_at_mut(64);
        for half in 0..2 {
            for column in 0..32 {
                let number = |step: usize| self.numbers[half * 128 + step * 32 + column] as u8;
                low[half * 64 + column] = number(0) & 15 | (number(2) & 15) << 4;
                low[half * 64 + 32 + column] = number(1) & 15 | (number(3) & 15) << 4;
                high[half * 32 + column] =
                    number(0) >> 4 | number(1) >> 4 << 2 | number(2) >> 4 << 4 | number(3) >> 4 << 6;
            }
        }
        for (byte, &scale) in rest.iter_mut().zip(&self.scales) {
            *byte = scale as u8;
        }
        rest[16..].copy_from_slice(&self.d.to_le_bytes());
    }

    /// The numbers that the block stands for, into `values` of [`Format::block_columns`].
    pub(crate) fn dequantise(&self, format: Format, values: &mut [f32]) {
        let (d, dmin) = (self.d.to_f32(), self.dmin.to_f32());
        match format {
            Format::Q4K => {
                for (sub, values) in values.chunks_exact_mut(32).enumerate() {
                    let scale = d * f32::from(self.scales[sub]);
                    let minimum = dmin * f32::from(self.minima[sub]);
                    for (value, &number) in values.iter_mut().zip(&self.numbers[sub * 32..]) {
                        *value = scale * f32::from(number) - minimum;
                    }
                }
            }
            Format::Q6K => {
                for (sub, values) in values.chunks_exact_mut(16).enumerate() {
                    let scale = d * f32::from(self.scales[sub]);
                    for (value, &number) in values.iter_mut().zip(&self.numbers[sub * 16..]) {
                        *value = scale * f32::from(number - 32);
                    }
                }
            }
            Format::Q8_0 => {
                for (value, &number) in values.iter_mut().zip(&self.numbers) {
                    *value = d * f32::from(number);
                }
            }
        }
    }
}

pub(crate) fn f16_at(bytes: &[u8], at: usize) -> f16 {
    f16::from_le_bytes([bytes[at], bytes[at + 1]])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Any bytes are a block, and come out as they went in.
        #[test]
        fn reading_and_writing_are_inverse(
            format in prop_oneof![Just(Format::Q4K), Just(Format::Q6K), Just(Format::Q8_0)],
            seed in prop::collection::vec(any::<u8>(), 210),
        ) {
            let bytes = &seed[..format.block_bytes()];
            let mut block = Block::empty();
            block.read(format, bytes);
            let mut written = vec![0; bytes.len()];
            block.write(format, &mut written);
            prop_assert_eq!(bytes, &written[..]);
        }
    }
}
