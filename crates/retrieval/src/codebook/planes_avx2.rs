//! Planes of bits to bytes on AVX2: a plane's word spread over 32 bytes, the levels looked up sixteen at a time. Block after block, so that what
//! belongs to a block stays in registers for all rows.
#![allow(unsafe_code)]

use std::arch::x86_64::*;

use super::basis::BLOCK;
use super::planes::{Decoding, bytes_a_row};

/// Where a block's planes lie.
#[derive(Clone, Copy)]
struct Layout<'a> {
    chosen: &'a [u32],
    coarse: &'a [u8],
    fine: &'a [u8],
    /// Bytes a row of the coarse and the fine code, and of the output.
    strides: (usize, usize, usize),
    /// Where the block begins in each.
    begins: (usize, usize, usize),
}

pub(super) fn decode(blocks: &[Decoding], chosen: &[u32], coarse: &[u8], fine: &[u8], out: &mut [u8]) {
    let (coarse_bytes, fine_bytes) = bytes_a_row(blocks);
    let strides = (coarse_bytes, fine_bytes, blocks.len() * BLOCK);
    assert!(is_x86_feature_detected!("avx2"));
    assert!(chosen.iter().all(|&row| {
        let end = row as usize + 1;
        end * coarse_bytes <= coarse.len() && end * fine_bytes <= fine.len()
    }));
    assert!(out.len() >= chosen.len() * strides.2);
    let mut layout = Layout { chosen, coarse, fine, strides, begins: (0, 0, 0) };
    for block in blocks {
        // SAFETY: AVX2 is there, and codes and output are as long for every chosen row as the blocks ask for.
        unsafe {
            match block.coarse_planes + block.fine_planes {
                0 => one_block::<0>(block, layout, out),
                1 => one_block::<1>(block, layout, out),
                2 => one_block::<2>(block, layout, out),
                3 => one_block::<3>(block, layout, out),
                4 => one_block::<4>(block, layout, out),
                5 => one_block::<5>(block, layout, out),
                _ => one_block::<6>(block, layout, out),
            }
        }
        let (coarse, fine, bytes) = layout.begins;
        layout.begins = (coarse + block.coarse_planes * 4, fine + block.fine_planes * 4, bytes + BLOCK);
    }
}

/// # Safety
///
/// The processor has AVX2; the block has `P` planes; for each chosen row the codes hold them where the layout says, and `out` room for 32 bytes.
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
    for (place, &row) in layout.chosen.iter().enumerate() {
        let row = row as usize;
        // SAFETY: the caller vouches for four bytes a plane.
        let (coarse, fine) = unsafe {
            (
                layout.coarse.as_ptr().add(row * layout.strides.0 + layout.begins.0),
                layout.fine.as_ptr().wrapping_add(row * layout.strides.1 + layout.begins.1),
            )
        };
        let mut levels = _mm256_setzero_si256();
        for plane in 0..P {
            let from = if plane < block.coarse_planes {
                coarse.wrapping_add(plane * 4)
            } else {
                fine.wrapping_add((plane - block.coarse_planes) * 4)
            };
            // SAFETY: as above.
            let word = unsafe { from.cast::<i32>().read_unaligned() };
            let spread_word = _mm256_shuffle_epi8(_mm256_set1_epi32(word), spread);
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
            _mm256_storeu_si256(out.as_mut_ptr().add(place * layout.strides.2 + layout.begins.2).cast(), bytes);
        }
    }
}
