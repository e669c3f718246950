//! Codes as planes of bits: for every block of 32 numbers one word of 32 bits a bit of the code. The bits that choose a level within its subset come from
//! the highest on, and the first of them are the coarse code; the fine code begins with the path bits of all blocks. Any number of bits a block is
//! as easy as any other.

use super::basis::BLOCK;
use super::trellis::subset_planes;

/// Appends the planes of a row to the coarse and the fine code: its levels, and the path bits that allow them. `bits` are those of each block: how many the coarse
/// code has, and how many both have, of which one is the path's.
pub(super) fn write_row(
    levels: &[u8],
    path: &[u8],
    bits: impl Iterator<Item = (u8, u8)>,
    coarse: &mut Vec<u8>,
    fine: &mut Vec<u8>,
) {
    let word = |bits: &[u8], shift: u8| -> u32 {
        let eights = bits.as_chunks::<8>().0.iter().map(|eight| low_bits(u64::from_le_bytes(*eight) >> shift));
        eights.rev().fold(0, |word, eight| word << 8 | u32::from(eight))
    };
    path.chunks_exact(BLOCK).for_each(|path| fine.extend_from_slice(&word(path, 0).to_le_bytes()));
    for (levels, (coarse_bits, all)) in levels.chunks_exact(BLOCK).zip(bits) {
        let planes = all - 1;
        for plane in 0..planes {
            let code = if plane < coarse_bits { &mut *coarse } else { &mut *fine };
            // The two lowest bits are the subset's.
            code.extend_from_slice(&word(levels, planes - plane + 1).to_le_bytes());
        }
    }
}

/// The lowest bits of eight bytes, that of the lowest byte first: each is moved to a place of its own in the highest byte.
#[inline]
fn low_bits(bytes: u64) -> u8 {
    ((bytes & 0x0101_0101_0101_0101).wrapping_mul(0x0102_0408_1020_4080) >> 56) as u8
}

/// What decoding needs of one block: how many planes of the coarse and of the fine code, and the bytes of the levels.
#[derive(Debug, Clone)]
pub(crate) struct Decoding {
    pub(crate) coarse_planes: usize,
    /// None for the coarse code alone; with the path's.
    pub(crate) fine_planes: usize,
    /// `2^coarse` bytes, or `2^(coarse + fine + 1)` with the fine code, filled up to 64 for vectors to load.
    pub(crate) bytes: [u8; 64],
}

impl Decoding {
    /// Bits of a level.
    #[cfg(target_arch = "x86_64")]
    pub(super) fn level_bits(&self) -> usize {
        self.coarse_planes + self.fine_planes + usize::from(self.fine_planes > 0)
    }
}

/// Where the planes of a block lie in the codes of a row, in bytes: in the coarse code, and in the fine code its path bits and the others.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Begins {
    pub(super) coarse: usize,
    pub(super) path: usize,
    pub(super) fine: usize,
}

/// The places of all blocks.
pub(super) fn begins(blocks: &[Decoding]) -> impl Iterator<Item = Begins> {
    let mut next = Begins { coarse: 0, path: 0, fine: 4 * blocks.len() };
    blocks.iter().map(move |block| {
        let here = next;
        next.coarse += 4 * block.coarse_planes;
        next.path += 4;
        next.fine += 4 * block.fine_planes.saturating_sub(1);
        here
    })
}

/// Rows of a document that are decoded alike.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Chosen<'a> {
    /// Their places in the document's coarse code.
    pub(crate) rows: &'a [u32],
    /// Where each of them begins in its fine code, in bytes; nothing where that is not asked for.
    pub(crate) fine: &'a [u32],
}

/// Writes the bytes of the numbers of the rows `chosen` to `out` (32 a block, row after row) from their document's coarse codes, and its fine codes where
/// `blocks` asks for planes of them.
///
/// # Panics
///
/// When a row lies outside of the codes or `out` is too short.
pub(crate) fn decode(blocks: &[Decoding], chosen: Chosen<'_>, coarse: &[u8], fine: &[u8], out: &mut [u8]) {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2") {
        return super::planes_x86::decode(blocks, chosen, (coarse, fine), out, true);
    }
    decode_portable(blocks, chosen, coarse, fine, out);
}

/// Bytes of a row's coarse and fine code.
pub(super) fn bytes_a_row(blocks: &[Decoding]) -> (usize, usize) {
    blocks.iter().fold((0, 0), |(c, f), b| (c + b.coarse_planes * 4, f + b.fine_planes * 4))
}

pub(super) fn decode_portable(blocks: &[Decoding], chosen: Chosen<'_>, coarse: &[u8], fine: &[u8], out: &mut [u8]) {
    let (coarse_bytes, fine_bytes) = bytes_a_row(blocks);
    let rows = chosen.rows.iter().enumerate().zip(out.chunks_exact_mut(blocks.len() * BLOCK));
    for ((place, &row), out) in rows {
        let coarse = &coarse[row as usize * coarse_bytes..][..coarse_bytes];
        let fine = if fine_bytes > 0 { &fine[chosen.fine[place] as usize..][..fine_bytes] } else { &[] };
        let word = |code: &[u8], at: usize| {
            code.get(at..at + 4).map_or(0, |word| u32::from_le_bytes([word[0], word[1], word[2], word[3]]))
        };
        let mut before = 0;
        for ((block, begins), out) in blocks.iter().zip(begins(blocks)).zip(out.chunks_exact_mut(BLOCK)) {
            let mut levels = [0u8; BLOCK];
            let mut push = |word: u32| {
                for (at, level) in levels.iter_mut().enumerate() {
                    *level = *level << 1 | (word >> at & 1) as u8;
                }
            };
            (0..block.coarse_planes).for_each(|plane| push(word(coarse, begins.coarse + 4 * plane)));
            if block.fine_planes > 0 {
                (1..block.fine_planes).for_each(|plane| push(word(fine, begins.fine + 4 * (plane - 1))));
                let path = word(fine, begins.path);
                let (high, low) = subset_planes(path, before);
                push(high);
                push(low);
                before = path;
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

    use super::super::trellis::Trellis;
    use super::*;

    proptest! {
        #[test]
        fn decoding_is_portable_decoding(
            coarse_planes in proptest::collection::vec(0usize..4, 1..6),
            fine_planes in 1usize..3,
            with_fine in any::<bool>(),
            bytes in proptest::collection::vec(any::<u8>(), 64),
            code in proptest::collection::vec(any::<u8>(), 120 * 4),
            chosen in proptest::collection::vec(0u32..4, 0..7),
        ) {
            let bytes: [u8; 64] = bytes.try_into().unwrap();
            let fine_planes = if with_fine { fine_planes } else { 0 };
            let blocks: Vec<Decoding> =
                coarse_planes.iter().map(|&coarse_planes| Decoding { coarse_planes, fine_planes, bytes }).collect();
            let (coarse_bytes, fine_bytes) = bytes_a_row(&blocks);
            let (coarse, fine) = (&code[..coarse_bytes * 4], &code[..fine_bytes * 4]);
            // Any place will do for the fine code, whole words or not.
            let begins: Vec<u32> = chosen.iter().map(|row| (row * fine_bytes as u32).saturating_sub(row % 3)).collect();
            let chosen = Chosen { rows: &chosen, fine: &begins };
            let length = begins.len() * blocks.len() * BLOCK;
            let (mut fast, mut slow) = (vec![0; length], vec![0; length]);
            decode_portable(&blocks, chosen, coarse, fine, &mut slow);
            decode(&blocks, chosen, coarse, fine, &mut fast);
            prop_assert_eq!(&fast, &slow);
            #[cfg(target_arch = "x86_64")]
            if is_x86_feature_detected!("avx2") {
                fast.fill(0);
                super::super::planes_x86::decode(&blocks, chosen, (coarse, fine), &mut fast, false);
                prop_assert_eq!(&fast, &slow, "AVX2");
            }
        }

        #[test]
        fn what_is_decoded_are_the_levels_of_the_path(
            bits in proptest::collection::vec((0u8..2, 1u8..4), 1..5),
            seed in any::<u64>(),
        ) {
            let mut random = super::super::Random::new(seed);
            let width = bits.len() * BLOCK;
            let rows: Vec<f32> = (0..3 * width).map(|_| random.normal() as f32).collect();
            let values: Vec<Vec<f32>> = bits
                .iter()
                .map(|&(coarse_bits, fine_bits)| {
                    let count = 2u8 << (coarse_bits + fine_bits);
                    (0..count).map(|level| (f32::from(level) - f32::from(count / 2)) * 4.0 / f32::from(count)).collect()
                })
                .collect();
            let (mut levels, mut path) = (vec![0; rows.len()], vec![0; rows.len()]);
            Trellis::default().quantise(&rows, width, &values, &mut levels, &mut path);
            let (mut coarse, mut fine) = (Vec::new(), Vec::new());
            let mut begins = Vec::new();
            for (levels, path) in levels.chunks(width).zip(path.chunks(width)) {
                begins.push(fine.len() as u32);
                let of_blocks = bits.iter().map(|&(coarse_bits, fine_bits)| (coarse_bits, coarse_bits + fine_bits));
                write_row(levels, path, of_blocks, &mut coarse, &mut fine);
            }
            let decodings: Vec<Decoding> = bits
                .iter()
                .map(|&(coarse_bits, fine_bits)| Decoding {
                    coarse_planes: coarse_bits.into(),
                    fine_planes: fine_bits.into(),
                    bytes: std::array::from_fn(|level| level as u8),
                })
                .collect();
            let mut decoded = vec![0; rows.len()];
            decode(&decodings, Chosen { rows: &[0, 1, 2], fine: &begins }, &coarse, &fine, &mut decoded);
            prop_assert_eq!(decoded, levels);
        }
    }
}
