//! The coarse code as planes of bits: for every block of 32 numbers one word of 32 bits a bit of the code, the highest bit's first. Any number of bits a block is
//! as easy as any other.

use super::basis::BLOCK;

/// Appends the planes of a row to the coarse code: the runs that its numbers belong to, of which each block tells `bits` apart.
pub(super) fn write_row(runs: &[u8], bits: &[u8], coarse: &mut Vec<u8>) {
    for (runs, &bits) in runs.chunks_exact(BLOCK).zip(bits) {
        for plane in (0..bits).rev() {
            let eights = runs.as_chunks::<8>().0.iter().map(|eight| low_bits(u64::from_le_bytes(*eight) >> plane));
            coarse.extend(eights);
        }
    }
}

/// The lowest bits of eight bytes, that of the lowest byte first: each is moved to a place of its own in the highest byte.
#[inline]
fn low_bits(bytes: u64) -> u8 {
    ((bytes & 0x0101_0101_0101_0101).wrapping_mul(0x0102_0408_1020_4080) >> 56) as u8
}

/// What decoding needs of one block: how many planes it has, and the bytes of its runs, filled up to sixteen for vectors to load.
#[derive(Debug, Clone)]
pub(crate) struct Decoding {
    pub(crate) planes: usize,
    pub(crate) bytes: [u8; 16],
}

/// Bytes of a row's coarse code.
pub(super) fn bytes_a_row(blocks: &[Decoding]) -> usize {
    blocks.iter().map(|block| block.planes * 4).sum()
}

/// Writes the bytes of the numbers of the rows `chosen` to `out` (32 a block, row after row) from their document's coarse codes.
///
/// # Panics
///
/// When a row lies outside of the codes or `out` is too short.
pub(crate) fn decode(blocks: &[Decoding], chosen: &[u32], coarse: &[u8], out: &mut [u8]) {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2") {
        return super::planes_x86::decode(blocks, chosen, coarse, out, true);
    }
    decode_portable(blocks, chosen, coarse, out);
}

pub(super) fn decode_portable(blocks: &[Decoding], chosen: &[u32], coarse: &[u8], out: &mut [u8]) {
    let stride = bytes_a_row(blocks);
    for (&row, out) in chosen.iter().zip(out.chunks_exact_mut(blocks.len() * BLOCK)) {
        let mut coarse = &coarse[row as usize * stride..][..stride];
        for (block, out) in blocks.iter().zip(out.chunks_exact_mut(BLOCK)) {
            let (planes, rest) = coarse.split_at(4 * block.planes);
            coarse = rest;
            let mut runs = [0u8; BLOCK];
            for plane in planes.as_chunks().0 {
                let plane = u32::from_le_bytes(*plane);
                runs.iter_mut().enumerate().for_each(|(at, run)| *run = *run << 1 | (plane >> at & 1) as u8);
            }
            out.iter_mut().zip(runs).for_each(|(byte, run)| *byte = block.bytes[usize::from(run & 15)]);
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
            planes in proptest::collection::vec(0usize..5, 1..6),
            bytes in any::<[u8; 16]>(),
            code in proptest::collection::vec(any::<u8>(), 80 * 4),
            chosen in proptest::collection::vec(0u32..4, 0..7),
        ) {
            let blocks: Vec<Decoding> = planes.iter().map(|&planes| Decoding { planes, bytes }).collect();
            let coarse = &code[..bytes_a_row(&blocks) * 4];
            let length = chosen.len() * blocks.len() * BLOCK;
            let (mut fast, mut slow) = (vec![0; length], vec![0; length]);
            decode_portable(&blocks, &chosen, coarse, &mut slow);
            decode(&blocks, &chosen, coarse, &mut fast);
            prop_assert_eq!(&fast, &slow);
            #[cfg(target_arch = "x86_64")]
            if is_x86_feature_detected!("avx2") {
                fast.fill(0);
                super::super::planes_x86::decode(&blocks, &chosen, coarse, &mut fast, false);
                prop_assert_eq!(&fast, &slow, "AVX2");
            }
        }

        #[test]
        fn what_is_decoded_are_the_runs(
            bits in proptest::collection::vec(0u8..5, 1..5),
            runs in proptest::collection::vec(any::<u8>(), 3 * 5 * BLOCK),
        ) {
            let width = bits.len() * BLOCK;
            let runs: Vec<u8> = runs[..3 * width]
                .iter()
                .enumerate()
                .map(|(at, run)| run & ((1 << bits[at % width / BLOCK]) - 1))
                .collect();
            let mut coarse = Vec::new();
            runs.chunks(width).for_each(|runs| write_row(runs, &bits, &mut coarse));
            let bytes = std::array::from_fn(|run| run as u8);
            let blocks: Vec<Decoding> = bits.iter().map(|&bits| Decoding { planes: bits.into(), bytes }).collect();
            let mut decoded = vec![0; runs.len()];
            decode(&blocks, &[0, 1, 2], &coarse, &mut decoded);
            prop_assert_eq!(decoded, runs);
        }
    }
}
