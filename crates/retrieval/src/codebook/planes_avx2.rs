//! Planes of bits to bytes on AVX2: a plane's word spread over 32 bytes, the levels looked up sixteen at a time.
#![allow(unsafe_code)]

use std::arch::x86_64::*;

use super::basis::BLOCK;
use super::planes::Decoding;

pub(super) fn decode(blocks: &[Decoding], coarse: &[u8], fine: &[u8], out: &mut [u8]) {
    let planes = |of: fn(&Decoding) -> usize| blocks.iter().map(of).sum::<usize>();
    assert!(is_x86_feature_detected!("avx2"));
    assert!(coarse.len() >= planes(|b| b.coarse_planes) * 4 && fine.len() >= planes(|b| b.fine_planes) * 4);
    assert!(out.len() >= blocks.len() * BLOCK);
    // SAFETY: AVX2 is there, and the codes and the output are as long as the blocks ask for.
    unsafe { decode_rows(blocks, coarse, fine, out) }
}

/// # Safety
///
/// The processor has AVX2; `coarse` and `fine` hold four bytes a plane, `out` 32 a block.
#[target_feature(enable = "avx2")]
unsafe fn decode_rows(blocks: &[Decoding], coarse: &[u8], fine: &[u8], out: &mut [u8]) {
    // Byte i of the vector takes byte i / 8 of the word, and looks at its bit i % 8.
    let spread = _mm256_setr_epi8(
        0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3,
    );
    let bit = _mm256_set1_epi64x(0x8040_2010_0804_0201u64 as i64);
    let (mut coarse, mut fine) = (coarse.as_ptr(), fine.as_ptr());
    for (block, out) in blocks.iter().zip(out.chunks_exact_mut(BLOCK)) {
        let mut levels = _mm256_setzero_si256();
        for plane in 0..block.coarse_planes + block.fine_planes {
            let code = if plane < block.coarse_planes { &mut coarse } else { &mut fine };
            // SAFETY: the caller vouches for four bytes a plane.
            let word = unsafe {
                let word = code.cast::<i32>().read_unaligned();
                *code = code.add(4);
                word
            };
            let spread_word = _mm256_shuffle_epi8(_mm256_set1_epi32(word), spread);
            let set = _mm256_cmpeq_epi8(_mm256_and_si256(spread_word, bit), bit);
            // A byte that is set is -1: twice the level, less -1.
            levels = _mm256_sub_epi8(_mm256_add_epi8(levels, levels), set);
        }
        let quarters = (1usize << (block.coarse_planes + block.fine_planes)).div_ceil(16);
        let mut bytes = _mm256_setzero_si256();
        for quarter in 0..quarters {
            // SAFETY: 64 bytes of levels, of which `quarters`, at most four, times sixteen are read.
            let sixteen = unsafe { _mm_loadu_si128(block.bytes.as_ptr().add((quarter & 3) * 16).cast()) };
            let found = _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(sixteen), levels);
            let within = _mm256_cmpeq_epi8(
                _mm256_srli_epi16(_mm256_and_si256(levels, _mm256_set1_epi8(48)), 4),
                _mm256_set1_epi8(quarter as i8),
            );
            bytes = _mm256_or_si256(bytes, _mm256_and_si256(found, within));
        }
        // SAFETY: `out` is 32 bytes.
        unsafe { _mm256_storeu_si256(out.as_mut_ptr().cast(), bytes) }
    }
}
