//! Codes as planes of bits: for every block of 32 numbers one word of 32 bits a bit of the code, the highest bit's plane first. Any number
//! of bits a block is as easy as any other, and a code's first planes are a coarser code.

use super::basis::BLOCK;
use super::levels::Levels;

/// Appends the planes of one block's levels to the coarse and the fine code.
pub(super) fn write_block(levels: &[u8; BLOCK], block: &Levels, coarse: &mut Vec<u8>, fine: &mut Vec<u8>) {
    let bits = block.coarse_bits + block.fine_bits;
    for plane in 0..bits {
        let shift = bits - 1 - plane;
        let word = levels.iter().enumerate().fold(0u32, |word, (at, level)| word | u32::from(level >> shift & 1) << at);
        let code = if plane < block.coarse_bits { &mut *coarse } else { &mut *fine };
        code.extend_from_slice(&word.to_le_bytes());
    }
}

/// What decoding needs of one block: how many planes of the coarse and of the fine code, and the bytes of the levels.
#[derive(Debug, Clone)]
pub(crate) struct Decoding {
    pub(crate) coarse_planes: usize,
    pub(crate) fine_planes: usize,
    /// `2^(coarse + fine)` bytes, filled up to 64 for vectors to load.
    pub(crate) bytes: [u8; 64],
}

/// Writes the bytes of the numbers of the rows `chosen` to `out` (32 a block, row after row) from their document's coarse codes, and its fine codes where
/// `blocks` asks for planes of them.
///
/// # Panics
///
/// When a row lies outside of the codes or `out` is too short.
pub(crate) fn decode(blocks: &[Decoding], chosen: &[u32], coarse: &[u8], fine: &[u8], out: &mut [u8]) {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2") {
        return super::planes_avx2::decode(blocks, chosen, coarse, fine, out);
    }
    decode_portable(blocks, chosen, coarse, fine, out);
}

/// Bytes of a row's coarse and fine code.
pub(super) fn bytes_a_row(blocks: &[Decoding]) -> (usize, usize) {
    blocks.iter().fold((0, 0), |(c, f), b| (c + b.coarse_planes * 4, f + b.fine_planes * 4))
}

pub(super) fn decode_portable(blocks: &[Decoding], chosen: &[u32], coarse: &[u8], fine: &[u8], out: &mut [u8]) {
    let (coarse_bytes, fine_bytes) = bytes_a_row(blocks);
    for (&row, out) in chosen.iter().zip(out.chunks_exact_mut(blocks.len() * BLOCK)) {
        let mut coarse = &coarse[row as usize * coarse_bytes..][..coarse_bytes];
        let mut fine = &fine[row as usize * fine_bytes..][..fine_bytes];
        for (block, out) in blocks.iter().zip(out.chunks_exact_mut(BLOCK)) {
            let mut levels = [0u8; BLOCK];
            for plane in 0..block.coarse_planes + block.fine_planes {
                let code = if plane < block.coarse_planes { &mut coarse } else { &mut fine };
                let (word, rest) = code.split_at(4);
                *code = rest;
                let word = u32::from_le_bytes([word[0], word[1], word[2], word[3]]);
                for (at, level) in levels.iter_mut().enumerate() {
                    *level = *level << 1 | (word >> at & 1) as u8;
                }
            }
            for (byte, level) in out.iter_mut().zip(levels) {
                *byte = block.bytes[usize::from(level & 63)];
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn decoding_is_portable_decoding(
            planes in proptest::collection::vec((0usize..4, 0usize..3), 1..6),
            bytes in proptest::collection::vec(0u8..=126, 64),
            code in proptest::collection::vec(any::<u8>(), 120 * 4),
            chosen in proptest::collection::vec(0u32..4, 0..7),
        ) {
            let bytes: [u8; 64] = bytes.try_into().unwrap();
            let blocks: Vec<Decoding> =
                planes.iter().map(|&(coarse_planes, fine_planes)| Decoding { coarse_planes, fine_planes, bytes }).collect();
            let (coarse_bytes, fine_bytes) = bytes_a_row(&blocks);
            let (coarse, fine) = (&code[..coarse_bytes * 4], &code[..fine_bytes * 4]);
            let length = chosen.len() * blocks.len() * BLOCK;
            let (mut fast, mut slow) = (vec![0; length], vec![0; length]);
            decode(&blocks, &chosen, coarse, fine, &mut fast);
            decode_portable(&blocks, &chosen, coarse, fine, &mut slow);
            prop_assert_eq!(fast, slow);
        }
    }
}
