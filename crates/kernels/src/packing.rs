//! The layout that the kernels read: eight rows woven together, about as many bits a weight as in the file.
//!
//! Eight rows and one block's columns make a *packed block*; a row group is its packed blocks in the order of the columns. In 32 bytes (a register of
//! AVX2) lie four columns of each of the eight rows, row by row. A multiplication of unsigned weights by signed activations then leaves each row's partial
//! sum in that row's own 32-bit lane: nothing has to be added across lanes, and one product with many tokens unpacks each weight once.
//!
//! | format | bytes | holds |
//! |---|---|---|
//! | Q4_K | 1152 | 8 d, 8 dmin (f16); 64 bytes and 32 bytes of scales and minima, see [`pack_q4k`]; 8 sub-blocks of 128 bytes: a byte's low nibble is of its first 16 columns, the high one of the other 16 |
//! | Q6_K | 1696 | 8 d (f16); 128 scales i8; 16 bytes that keep registers' reads within a cache line; 8 steps of 32 columns: 128 bytes of low nibbles, arranged as in Q4_K, and 64 bytes of upper pairs of bits |
//! | Q8_0 | 272 | 8 d (f16); 16 x 16 bytes of two columns a row |
//!
//! Scales lie in pairs of neighbouring sub-blocks, row by row: as a row's products with the pair of sums that belongs to them are wanted.

use half::f16;

use crate::format::{Block, Format, f16_at};

/// Rows that are woven together.
pub(crate) const GROUP: usize = 8;

pub(crate) const Q4K_BYTES: usize = 1152;
pub(crate) const Q4K_DMIN: usize = 16;
pub(crate) const Q4K_SCALES: usize = 32;
pub(crate) const Q4K_SCALES_HIGH: usize = 96;
pub(crate) const Q4K_NUMBERS: usize = 128;

pub(crate) const Q6K_BYTES: usize = 1696;
pub(crate) const Q6K_SCALES: usize = 16;
pub(crate) const Q6K_NUMBERS: usize = 160;
pub(crate) const Q6K_STEP: usize = 192;
pub(crate) const Q6K_HIGH: usize = 128;

pub(crate) const Q8_BYTES: usize = 272;
pub(crate) const Q8_NUMBERS: usize = 16;

/// Bytes of a packed block.
pub(crate) fn packed_bytes(format: Format) -> usize {
    match format {
        Format::Q4K => Q4K_BYTES,
        Format::Q6K => Q6K_BYTES,
        Format::Q8_0 => Q8_BYTES,
    }
}

/// Where the scale of a sub-block lies among the scales of a packed block.
pub(crate) fn scale_at(sub: usize, row: usize) -> usize {
    sub / 2 * 16 + row * 2 + sub % 2
}

/// Weaves one row's block into a packed block, whose other rows stay as they are.
pub(crate) fn pack(format: Format, block: &Block, row: usize, packed: &mut [u8]) {
    debug_assert!(row < GROUP && packed.len() == packed_bytes(format));
    packed[row * 2..row * 2 + 2].copy_from_slice(&block.d.to_le_bytes());
    match format {
        Format::Q4K => pack_q4k(block, row, packed),
        Format::Q6K => pack_q6k(block, row, packed),
        Format::Q8_0 => {
            for column in 0..32 {
                packed[Q8_NUMBERS + column / 2 * 16 + row * 2 + column % 2] = block.numbers[column] as i8 as u8;
            }
        }
    }
}

/// Byte i of 64 holds the low four bits of scale i, above them those of minimum i; byte i of the 32 that follow
/// holds the upper two bits of scale i, of scale i + 32, of minimum i and of minimum i + 32.
fn pack_q4k(block: &Block, row: usize, packed: &mut [u8]) {
    packed[Q4K_DMIN + row * 2..Q4K_DMIN + row * 2 + 2].copy_from_slice(&block.dmin.to_le_bytes());
    for sub in 0..8 {
        let (scale, minimum) = (block.scales[sub] as u8, block.minima[sub]);
        let at = scale_at(sub, row);
        packed[Q4K_SCALES + at] = scale & 15 | (minimum & 15) << 4;
        let shift = at / 32 * 2;
        let high = &mut packed[Q4K_SCALES_HIGH + at % 32];
        *high = *high & !(0x33 << shift) | scale >> 4 << shift | minimum >> 4 << (shift + 4);
    }
    for sub in 0..8 {
        for column in 0..16 {
            let (low, high) = (block.numbers[sub * 32 + column], block.numbers[sub * 32 + 16 + column]);
            packed[Q4K_NUMBERS + nibble_at(sub, column, row)] = (low | high << 4) as u8;
        }
    }
}

/// Bits 2q and 2q + 1 of the upper bits' byte belong to the q-th run of four columns out of four runs.
fn pack_q6k(block: &Block, row: usize, packed: &mut [u8]) {
    for sub in 0..16 {
        packed[Q6K_SCALES + scale_at(sub, row)] = block.scales[sub] as u8;
    }
    for step in 0..8 {
        let numbers = &block.numbers[step * 32..step * 32 + 32];
        for column in 0..16 {
            let (low, high) = (numbers[column] & 15, numbers[16 + column] & 15);
            packed[Q6K_NUMBERS + step * Q6K_STEP + nibble_at(0, column, row)] = (low | high << 4) as u8;
        }
        for half in 0..2 {
            for column in 0..4 {
                let upper = |run: usize| (numbers[half * 16 + run * 4 + column] as u8) >> 4;
                packed[Q6K_NUMBERS + step * Q6K_STEP + Q6K_HIGH + half * 32 + row * 4 + column] =
                    upper(0) | upper(1) << 2 | upper(2) << 4 | upper(3) << 6;
            }
        }
    }
}

/// Where the nibbles of columns `column` and `column + 16` of 32 lie.
fn nibble_at(step: usize, column: usize, row: usize) -> usize {
    step * 128 + column / 4 * 32 + row * 4 + column % 4
}

/// Takes one row's block out of a packed block: the inverse of [`pack`].
pub(crate) fn unpack(format: Format, packed: &[u8], row: usize, block: &mut Block) {
    block.d = f16_at(packed, row * 2);
    match format {
        Format::Q4K => {
            block.dmin = f16_at(packed, Q4K_DMIN + row * 2);
            for sub in 0..8 {
                let (scale, minimum) = q4k_scale(packed, sub, row);
                block.scales[sub] = scale as i8;
                block.minima[sub] = minimum;
                for column in 0..16 {
                    let nibbles = packed[Q4K_NUMBERS + nibble_at(sub, column, row)];
                    block.numbers[sub * 32 + column] = i16::from(nibbles & 15);
                    block.numbers[sub * 32 + 16 + column] = i16::from(nibbles >> 4);
                }
            }
        }
        Format::Q6K => {
            for sub in 0..16 {
                block.scales[sub] = packed[Q6K_SCALES + scale_at(sub, row)] as i8;
            }
            for column in 0..256 {
                block.numbers[column] = i16::from(q6k_number(packed, column, row));
            }
        }
        Format::Q8_0 => {
            for column in 0..32 {
                let byte = packed[Q8_NUMBERS + column / 2 * 16 + row * 2 + column % 2];
                block.numbers[column] = i16::from(byte as i8);
            }
        }
    }
}

/// Scale and minimum of a sub-block of 32 columns.
pub(crate) fn q4k_scale(packed: &[u8], sub: usize, row: usize) -> (u8, u8) {
    let at = scale_at(sub, row);
    let low = packed[Q4K_SCALES + at];
    let high = packed[Q4K_SCALES_HIGH + at % 32] >> (at / 32 * 2);
    (low & 15 | (high & 3) << 4, low >> 4 | (high >> 4 & 3) << 4)
}

/// A weight of Q4_K, 0 to 15.
pub(crate) fn q4k_number(packed: &[u8], column: usize, row: usize) -> u8 {
    let nibbles = packed[Q4K_NUMBERS + nibble_at(column / 32, column % 16, row)];
    if column % 32 < 16 { nibbles & 15 } else { nibbles >> 4 }
}

/// A weight of Q6_K, 0 to 63, before 32 is taken off.
pub(crate) fn q6k_number(packed: &[u8], column: usize, row: usize) -> u8 {
    let (step, within) = (column / 32, column % 32);
    let packed = &packed[Q6K_NUMBERS + step * Q6K_STEP..];
    let nibbles = packed[nibble_at(0, within % 16, row)];
    let low = if within < 16 { nibbles & 15 } else { nibbles >> 4 };
    let high = packed[Q6K_HIGH + within / 16 * 32 + row * 4 + within % 4];
    low | (high >> (within % 16 / 4 * 2) & 3) << 4
}

/// The scale d of a row.
pub(crate) fn d_of(packed: &[u8], row: usize) -> f16 {
    f16_at(packed, row * 2)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// What is woven in comes out, whatever its neighbours are.
        #[test]
        fn packing_keeps_every_block(
            format in prop_oneof![Just(Format::Q4K), Just(Format::Q6K), Just(Format::Q8_0)],
            seed in prop::collection::vec(any::<u8>(), 8 * 210),
        ) {
            let mut packed = vec![0; packed_bytes(format)];
            let mut blocks = Vec::new();
            for (row, bytes) in seed.chunks_exact(210).enumerate() {
                let mut block = Block::empty();
                block.read(format, &bytes[..format.block_bytes()]);
                pack(format, &block, row, &mut packed);
                blocks.push(block);
            }
            for (row, block) in blocks.iter().enumerate() {
                let mut unpacked = Block::empty();
                unpack(format, &packed, row, &mut unpacked);
                prop_assert!(block == &unpacked || (block.d.is_nan() || block.dmin.is_nan()), "row {}", row);
                prop_assert_eq!(&block.numbers, &unpacked.numbers);
                prop_assert_eq!(&block.scales, &unpacked.scales);
                prop_assert_eq!(&block.minima, &unpacked.minima);
            }
        }
    }
}
