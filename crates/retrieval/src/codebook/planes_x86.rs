//! Planes of bits to bytes, block after block, so that what belongs to a block stays in registers for all rows. On AVX2 a plane's word is spread over 32 bytes;
//! on AVX-512 the word is a mask as it is.
#![allow(unsafe_code)]

use std::arch::x86_64::*;

use super::basis::BLOCK;
use super::planes::{Decoding, bytes_a_row};

/// Where a block's planes lie.
#[derive(Clone, Copy)]
struct Layout<'a> {
    chosen: &'a [u32],
    coarse: &'a [u8],
    /// Bytes a row of the code and of the output.
    strides: (usize, usize),
    /// Where the block begins in a row's code, and in a row's output.
    begins: (usize, usize),
}

/// As [`super::planes::decode`], on AVX2, or on AVX-512 if it is `wide` and the processor has it.
pub(super) fn decode(blocks: &[Decoding], chosen: &[u32], coarse: &[u8], out: &mut [u8], wide: bool) {
    let strides = (bytes_a_row(blocks), blocks.len() * BLOCK);
    assert!(is_x86_feature_detected!("avx2"));
    let wide = wide && is_x86_feature_detected!("avx512bw") && is_x86_feature_detected!("avx512vl");
    assert!(chosen.iter().all(|&row| (row as usize + 1) * strides.0 <= coarse.len()));
    assert!(out.len() >= chosen.len() * strides.1);
    let mut begin = 0;
    for (number, block) in blocks.iter().enumerate() {
        let layout = Layout { chosen, coarse, strides, begins: (begin, number * BLOCK) };
        begin += 4 * block.planes;
        // SAFETY: the instructions are there, and code and output are as long for every chosen row as the blocks ask for.
        unsafe { if wide { one_block_avx512(block, layout, out) } else { one_block_avx2(block, layout, out) } }
    }
}

/// Calls `$rows::<PLANES>` for a block.
macro_rules! by_planes {
    ($rows:ident, $block:ident, $layout:ident, $out:ident) => {
        match $block.planes {
            0 => $rows::<0>($block, $layout, $out),
            1 => $rows::<1>($block, $layout, $out),
            2 => $rows::<2>($block, $layout, $out),
            3 => $rows::<3>($block, $layout, $out),
            _ => $rows::<4>($block, $layout, $out),
        }
    };
}

/// # Safety
///
/// The processor has AVX2; for each chosen row the code holds the block's planes where the layout says, and `out` room for 32 bytes.
unsafe fn one_block_avx2(block: &Decoding, layout: Layout<'_>, out: &mut [u8]) {
    // SAFETY: the caller vouches for it all.
    unsafe { by_planes!(rows_avx2, block, layout, out) }
}

/// # Safety
///
/// As for [`one_block_avx2`], with AVX-512 BW and VL.
unsafe fn one_block_avx512(block: &Decoding, layout: Layout<'_>, out: &mut [u8]) {
    // SAFETY: the caller vouches for it all.
    unsafe { by_planes!(rows_avx512, block, layout, out) }
}

/// For each chosen row the words of the block's planes, the highest bit's first, and what `bytes` makes of them into `out`.
///
/// # Safety
///
/// As for [`one_block_avx2`]; the block has `PLANES` planes at least.
#[inline(always)]
unsafe fn each_row<const PLANES: usize>(layout: Layout<'_>, out: &mut [u8], bytes: impl Fn(&[u32; PLANES]) -> __m256i) {
    for (place, &row) in layout.chosen.iter().enumerate() {
        let begin = row as usize * layout.strides.0 + layout.begins.0;
        // As often as the compiler knows, so that the words stay in registers.
        let words: [u32; PLANES] = std::array::from_fn(|plane| {
            // SAFETY: the caller vouches for four bytes a plane.
            unsafe { layout.coarse.as_ptr().add(begin + 4 * plane).cast::<u32>().read_unaligned() }
        });
        let decoded = bytes(&words);
        // SAFETY: the caller vouches for room.
        unsafe {
            _mm256_storeu_si256(out.as_mut_ptr().add(place * layout.strides.1 + layout.begins.1).cast(), decoded);
        }
    }
}

/// The bytes of the runs, twice.
///
/// # Safety
///
/// The processor has AVX2.
#[target_feature(enable = "avx2")]
unsafe fn table_of(block: &Decoding) -> __m256i {
    // SAFETY: sixteen bytes.
    _mm256_broadcastsi128_si256(unsafe { _mm_loadu_si128(block.bytes.as_ptr().cast()) })
}

#[target_feature(enable = "avx2,avx512f,avx512bw,avx512vl")]
unsafe fn rows_avx512<const PLANES: usize>(block: &Decoding, layout: Layout<'_>, out: &mut [u8]) {
    // SAFETY: the caller vouches for it all.
    unsafe {
        let table = table_of(block);
        each_row::<PLANES>(layout, out, |words| {
            let mut runs = _mm256_setzero_si256();
            for (plane, &word) in words.iter().enumerate() {
                let weight = _mm256_set1_epi8(1 << (PLANES - 1 - plane));
                runs = _mm256_mask_add_epi8(runs, word, runs, weight);
            }
            _mm256_shuffle_epi8(table, runs)
        });
    }
}

#[target_feature(enable = "avx2")]
unsafe fn rows_avx2<const PLANES: usize>(block: &Decoding, layout: Layout<'_>, out: &mut [u8]) {
    // Byte i of the vector takes byte i / 8 of the word, and looks at its bit i % 8.
    let spread = _mm256_setr_epi8(
        0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3,
    );
    let bit = _mm256_set1_epi64x(0x8040_2010_0804_0201u64 as i64);
    // SAFETY: the caller vouches for it all.
    unsafe {
        let table = table_of(block);
        each_row::<PLANES>(layout, out, |words| {
            let mut runs = _mm256_setzero_si256();
            for (plane, &word) in words.iter().enumerate() {
                let spread_word = _mm256_shuffle_epi8(_mm256_set1_epi32(word as i32), spread);
                let set = _mm256_cmpeq_epi8(_mm256_and_si256(spread_word, bit), bit);
                let weight = _mm256_set1_epi8(1 << (PLANES - 1 - plane));
                runs = _mm256_or_si256(runs, _mm256_and_si256(set, weight));
            }
            _mm256_shuffle_epi8(table, runs)
        });
    }
}
