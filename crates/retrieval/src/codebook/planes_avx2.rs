//! Planes of bits to bytes on AVX2: a plane's word spread over 32 bytes, the levels looked up sixteen at a time. Block after block, so that what
//! belongs to a block stays in registers for all rows.
#![allow(unsafe_code)]

use std::arch::x86_64::*;

use super::basis::BLOCK;
use super::planes::{Begins, Chosen, Decoding, begins, bytes_a_row};
use super::trellis::subset_planes;

/// Where a block's planes lie.
#[derive(Clone, Copy)]
struct Layout<'a> {
    chosen: Chosen<'a>,
    coarse: &'a [u8],
    fine: &'a [u8],
    /// Bytes a row of the coarse code and of the output.
    strides: (usize, usize),
    /// Where the block begins in the codes, and in the output.
    begins: Begins,
    out: usize,
}

pub(super) fn decode(blocks: &[Decoding], chosen: Chosen<'_>, coarse: &[u8], fine: &[u8], out: &mut [u8]) {
    let (coarse_bytes, fine_bytes) = bytes_a_row(blocks);
    let strides = (coarse_bytes, blocks.len() * BLOCK);
    assert!(is_x86_feature_detected!("avx2"));
    assert!(chosen.rows.iter().all(|&row| (row as usize + 1) * coarse_bytes <= coarse.len()));
    if fine_bytes > 0 {
        assert!(chosen.fine.len() == chosen.rows.len());
        assert!(chosen.fine.iter().all(|&begin| begin as usize + fine_bytes <= fine.len()));
    }
    assert!(out.len() >= chosen.rows.len() * strides.1);
    for (number, (block, begins)) in blocks.iter().zip(begins(blocks)).enumerate() {
        let layout = Layout { chosen, coarse, fine, strides, begins, out: number * BLOCK };
        // SAFETY: AVX2 is there, and codes and output are as long for every chosen row as the blocks ask for.
        unsafe {
            match block.level_bits() {
                0 => one_block::<0>(block, layout, out),
                1 => one_block::<1>(block, layout, out),
                2 => one_block::<2>(block, layout, out),
                3 => one_block::<3>(block, layout, out),
                4 => one_block::<4>(block, layout, out),
                5 => one_block::<5>(block, layout, out),
                _ => one_block::<6>(block, layout, out),
            }
        }
    }
}

/// # Safety
///
/// The processor has AVX2; the block has levels of `P` bits; for each chosen row the codes hold them where the layout says, and `out` room for 32 bytes.
#[target_feature(enable = "avx2")]
unsafe fn one_block<const P: usize>(block: &Decoding, layout: Layout<'_>, out: &mut [u8]) {
    // Byte i of the vector takes byte i / 8 of the word, and looks at its bit i % 8.
    let spread = _mm256_setr_epi8(
        0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3,
    );
    let bit = _mm256_set1_epi64x(0x8040_2010_0804_0201u64 as i64);
    let mut quarters = [_mm256_setzero_si256(); 4];
    for (quarter, bytes) in quarters.iter_mut().zip(block.bytes.as_chunks::<16>().0) {
        // SAFETY: sixteen bytes.
        *quarter = _mm256_broadcastsi128_si256(unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) });
    }
    for (place, &row) in layout.chosen.rows.iter().enumerate() {
        let row = row as usize;
        let begins = layout.begins;
        let word = |code: &[u8], at: usize| {
            // SAFETY: the caller vouches for four bytes a plane.
            unsafe { code.as_ptr().add(at).cast::<u32>().read_unaligned() }
        };
        let mut words = [0u32; P];
        for (plane, word_of) in words.iter_mut().enumerate().take(block.coarse_planes) {
            *word_of = word(layout.coarse, row * layout.strides.0 + begins.coarse + plane * 4);
        }
        if block.fine_planes > 0 {
            // SAFETY: as many as rows, where fine code is asked for.
            let fine = unsafe { *layout.chosen.fine.get_unchecked(place) } as usize;
            for plane in 1..block.fine_planes {
                words[block.coarse_planes + plane - 1] = word(layout.fine, fine + begins.fine + (plane - 1) * 4);
            }
            let path = word(layout.fine, fine + begins.path);
            let before = if begins.path > 0 { word(layout.fine, fine + begins.path - 4) } else { 0 };
            let (high, low) = subset_planes(path, before);
            words[P.wrapping_sub(2)] = high;
            words[P.wrapping_sub(1)] = low;
        }
        let mut levels = _mm256_setzero_si256();
        for (plane, &word) in words.iter().enumerate() {
            let spread_word = _mm256_shuffle_epi8(_mm256_set1_epi32(word as i32), spread);
            let set = _mm256_cmpeq_epi8(_mm256_and_si256(spread_word, bit), bit);
            let weight = _mm256_set1_epi8((1i32 << (P - 1 - plane)) as i8);
            levels = _mm256_or_si256(levels, _mm256_and_si256(set, weight));
        }
        // The highest bits choose the quarter; a shuffle looks at the lowest four.
        let chosen_by = |mask: i8, low: __m256i, high: __m256i| {
            let high_set = _mm256_cmpeq_epi8(_mm256_and_si256(levels, _mm256_set1_epi8(mask)), _mm256_set1_epi8(mask));
            _mm256_blendv_epi8(low, high, high_set)
        };
        let of = |quarter: usize| _mm256_shuffle_epi8(quarters[quarter], levels);
        let bytes = match P {
            0..=4 => of(0),
            5 => chosen_by(16, of(0), of(1)),
            _ => chosen_by(32, chosen_by(16, of(0), of(1)), chosen_by(16, of(2), of(3))),
        };
        // SAFETY: the caller vouches for room.
        unsafe {
            _mm256_storeu_si256(out.as_mut_ptr().add(place * layout.strides.1 + layout.out).cast(), bytes);
        }
    }
}
