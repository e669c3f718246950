//! Planes of bits to bytes, block after block, so that what belongs to a block stays in registers for all rows. On AVX2 a plane's word is spread over 32 bytes, and levels
//! are looked up sixteen at a time; on AVX-512 the word is a mask as it is, and all 64 levels are looked up at once.
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

/// Whether the processor has what decoding on AVX-512 takes.
fn has_avx512() -> bool {
    is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512vl")
        && is_x86_feature_detected!("avx512vbmi")
}

/// As [`super::planes::decode`], on AVX2, or on AVX-512 if it is `wide` and the processor has it.
pub(super) fn decode(
    blocks: &[Decoding],
    chosen: Chosen<'_>,
    (coarse, fine): (&[u8], &[u8]),
    out: &mut [u8],
    wide: bool,
) {
    let (coarse_bytes, fine_bytes) = bytes_a_row(blocks);
    let strides = (coarse_bytes, blocks.len() * BLOCK);
    assert!(is_x86_feature_detected!("avx2"));
    let wide = wide && has_avx512();
    assert!(chosen.rows.iter().all(|&row| (row as usize + 1) * coarse_bytes <= coarse.len()));
    if fine_bytes > 0 {
        assert!(chosen.fine.len() == chosen.rows.len());
        assert!(chosen.fine.iter().all(|&begin| begin as usize + fine_bytes <= fine.len()));
    }
    assert!(out.len() >= chosen.rows.len() * strides.1);
    for (number, (block, begins)) in blocks.iter().zip(begins(blocks)).enumerate() {
        let layout = Layout { chosen, coarse, fine, strides, begins, out: number * BLOCK };
        // SAFETY: the instructions are there, and codes and output are as long for every chosen row as the blocks ask for.
        unsafe { if wide { one_block_avx512(block, layout, out) } else { one_block_avx2(block, layout, out) } }
    }
}

/// Calls `$rows::<P, FINE>` for a block with levels of `P` bits, the fine code's among them or not.
macro_rules! by_bits {
    ($rows:ident, $block:ident, $layout:ident, $out:ident) => {
        match ($block.level_bits(), $block.fine_planes > 0) {
            (0, _) => $rows::<0, false>($block, $layout, $out),
            (1, _) => $rows::<1, false>($block, $layout, $out),
            (2, false) => $rows::<2, false>($block, $layout, $out),
            (3, false) => $rows::<3, false>($block, $layout, $out),
            (4, false) => $rows::<4, false>($block, $layout, $out),
            (5, false) => $rows::<5, false>($block, $layout, $out),
            (_, false) => $rows::<6, false>($block, $layout, $out),
            (2, true) => $rows::<2, true>($block, $layout, $out),
            (3, true) => $rows::<3, true>($block, $layout, $out),
            (4, true) => $rows::<4, true>($block, $layout, $out),
            (5, true) => $rows::<5, true>($block, $layout, $out),
            (_, true) => $rows::<6, true>($block, $layout, $out),
        }
    };
}

/// # Safety
///
/// The processor has AVX2; for each chosen row the codes hold the block's planes where the layout says, and `out` room for 32 bytes.
unsafe fn one_block_avx2(block: &Decoding, layout: Layout<'_>, out: &mut [u8]) {
    // SAFETY: the caller vouches for it all.
    unsafe { by_bits!(rows_avx2, block, layout, out) }
}

/// # Safety
///
/// As for [`one_block_avx2`], with AVX-512 BW, VL and VBMI.
unsafe fn one_block_avx512(block: &Decoding, layout: Layout<'_>, out: &mut [u8]) {
    // SAFETY: the caller vouches for it all.
    unsafe { by_bits!(rows_avx512, block, layout, out) }
}

/// For each chosen row the words of the block's planes, the highest bit's first, and what `bytes` makes of them into `out`.
///
/// # Safety
///
/// As for [`one_block_avx2`]; the block has levels of `P` bits, the fine code's among them if it is `FINE`.
#[inline(always)]
unsafe fn each_row<const P: usize, const FINE: bool>(
    block: &Decoding,
    layout: Layout<'_>,
    out: &mut [u8],
    bytes: impl Fn(&[u32; P]) -> __m256i,
) {
    for (place, &row) in layout.chosen.rows.iter().enumerate() {
        let row = row as usize;
        let begins = layout.begins;
        let word = |code: &[u8], at: usize| {
            // SAFETY: the caller vouches for four bytes a plane.
            unsafe { code.as_ptr().add(at).cast::<u32>().read_unaligned() }
        };
        // SAFETY: as many as rows, where fine code is asked for.
        let fine = if FINE { unsafe { *layout.chosen.fine.get_unchecked(place) as usize } } else { 0 };
        let mut words = [0u32; P];
        // As often as the compiler knows, so that the words stay in registers.
        for (plane, word_of) in words.iter_mut().enumerate().take(if FINE { P - 2 } else { P }) {
            *word_of = if !FINE || plane < block.coarse_planes {
                word(layout.coarse, row * layout.strides.0 + begins.coarse + plane * 4)
            } else {
                word(layout.fine, fine + begins.fine + (plane - block.coarse_planes) * 4)
            };
        }
        if FINE {
            let path = word(layout.fine, fine + begins.path);
            let before = if begins.path > 0 { word(layout.fine, fine + begins.path - 4) } else { 0 };
            let (high, low) = subset_planes(path, before);
            words[P - 2] = high;
            words[P - 1] = low;
        }
        let decoded = bytes(&words);
        // SAFETY: the caller vouches for room.
        unsafe {
            _mm256_storeu_si256(out.as_mut_ptr().add(place * layout.strides.1 + layout.out).cast(), decoded);
        }
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi")]
unsafe fn rows_avx512<const P: usize, const FINE: bool>(block: &Decoding, layout: Layout<'_>, out: &mut [u8]) {
    // SAFETY: 64 bytes; the caller vouches for the rest.
    unsafe {
        let table = _mm512_loadu_si512(block.bytes.as_ptr().cast());
        each_row::<P, FINE>(block, layout, out, |words| {
            let mut levels = _mm256_setzero_si256();
            for (plane, &word) in words.iter().enumerate() {
                let weight = _mm256_set1_epi8((1i32 << (P - 1 - plane)) as i8);
                levels = _mm256_mask_add_epi8(levels, word, levels, weight);
            }
            _mm512_castsi512_si256(_mm512_permutexvar_epi8(_mm512_castsi256_si512(levels), table))
        });
    }
}

#[target_feature(enable = "avx2")]
unsafe fn rows_avx2<const P: usize, const FINE: bool>(block: &Decoding, layout: Layout<'_>, out: &mut [u8]) {
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
    let decoded = |words: &[u32; P]| {
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
        match P {
            0..=4 => of(0),
            5 => chosen_by(16, of(0), of(1)),
            _ => chosen_by(32, chosen_by(16, of(0), of(1)), chosen_by(16, of(2), of(3))),
        }
    };
    // SAFETY: the caller vouches for it all.
    unsafe { each_row::<P, FINE>(block, layout, out, decoded) }
}
