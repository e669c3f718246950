//! The loops over lanes on AVX-512: sixteen lanes in a vector, and four rows at a time, so that no maximum waits for the one before. The same scores as
//! [`super::lanes`]' plain Rust: no fused multiplications.
#![allow(unsafe_code)]

use std::arch::x86_64::*;

use super::lanes::{CodeProducts, GROUP, Rough};

/// Blocks of eight lanes in a vector.
const BLOCKS: usize = 2;
/// Rows whose maxima are kept apart until the end.
const CHAINS: usize = 4;

/// Raises `maxima` to the scores of `rows` rows: `score` is asked for those of a row in two blocks from one on, of which the mask says whether the second is there.
#[inline]
#[target_feature(enable = "avx512f")]
fn raise(maxima: &mut [[f32; 8]], rows: usize, score: impl Fn(usize, usize, __mmask16) -> __m512) {
    for (pair, maxima) in maxima.chunks_mut(BLOCKS).enumerate() {
        let (block, mask) = (pair * BLOCKS, mask_of(maxima.len()));
        // SAFETY: as many numbers are read and written as the mask has bits, eight for each block.
        let first = unsafe { _mm512_maskz_loadu_ps(mask, maxima.as_ptr().cast()) };
        let mut held = [first; CHAINS];
        let whole = rows / CHAINS * CHAINS;
        for row in (0..whole).step_by(CHAINS) {
            for (chain, held) in held.iter_mut().enumerate() {
                *held = _mm512_max_ps(score(row + chain, block, mask), *held);
            }
        }
        for row in whole..rows {
            held[0] = _mm512_max_ps(score(row, block, mask), held[0]);
        }
        let highest = _mm512_max_ps(_mm512_max_ps(held[0], held[1]), _mm512_max_ps(held[2], held[3]));
        // SAFETY: as above.
        unsafe { _mm512_mask_storeu_ps(maxima.as_mut_ptr().cast(), mask, highest) };
    }
}

fn mask_of(blocks: usize) -> __mmask16 {
    if blocks == BLOCKS { 0xffff } else { 0x00ff }
}

/// As [`super::lanes::raise_from_bytes`].
#[target_feature(enable = "avx512f")]
pub(super) fn raise_from_bytes(
    maxima: &mut [[f32; 8]],
    (rough, numbers, from): (&Rough, &[u32], usize),
    step: f32,
    CodeProducts { sums, lanes, scales, sizes }: CodeProducts<'_>,
) {
    assert!(maxima.len() <= GROUP / 8 && scales.len() >= lanes && from + maxima.len() <= lanes);
    assert!(sums.len() >= numbers.len() * lanes && sizes.len() >= numbers.len());
    assert!(numbers.iter().all(|&n| (n as usize) < rough.len()));
    let step = _mm512_set1_ps(step);
    // SAFETY: the lengths were just checked: blocks lie within a group's 32 bytes, and within the lanes of each row; the mask leaves out a block that is not there.
    raise(maxima, numbers.len(), |row, block, mask| unsafe {
        let bytes = rough.get_unchecked(numbers[row] as usize).as_ptr().add(block * 8);
        let base = _mm512_mul_ps(_mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_loadu_si128(bytes.cast()))), step);
        let sum = _mm512_maskz_loadu_epi32(mask, sums.as_ptr().add(row * lanes + from + block).cast());
        let scales = _mm512_maskz_loadu_ps(mask, scales.as_ptr().add(from + block).cast());
        let scale = _mm512_mul_ps(scales, _mm512_set1_ps(sizes[row]));
        _mm512_add_ps(base, _mm512_mul_ps(scale, _mm512_cvtepi32_ps(sum)))
    });
}

/// As [`super::lanes::raise_from_bases`].
#[target_feature(enable = "avx512f")]
pub(super) fn raise_from_bases(
    maxima: &mut [[f32; 8]],
    (scores, places): (&[[f32; 8]], &[u32]),
    codes: CodeProducts<'_>,
) {
    let (rows, blocks) = (places.len(), codes.lanes);
    assert!(maxima.len() == blocks && codes.scales.len() >= blocks);
    assert!(codes.sums.len() >= rows * blocks && codes.sizes.len() >= rows);
    assert!(places.iter().all(|&place| (place as usize + 1) * blocks <= scores.len()));
    // SAFETY: codes hold `blocks` blocks a row, and so do scores from every place on, as was just checked; the mask leaves out a block that is not there.
    raise(maxima, rows, |row, block, mask| unsafe {
        let base = scores.as_ptr().add(places[row] as usize * blocks + block);
        let base = _mm512_maskz_loadu_ps(mask, base.cast());
        let scales = _mm512_maskz_loadu_ps(mask, codes.scales.as_ptr().add(block).cast());
        let scale = _mm512_mul_ps(scales, _mm512_set1_ps(codes.sizes[row]));
        let sum = _mm512_maskz_loadu_epi32(mask, codes.sums.as_ptr().add(row * blocks + block).cast());
        _mm512_add_ps(base, _mm512_mul_ps(scale, _mm512_cvtepi32_ps(sum)))
    });
}

/// As [`super::lanes::raise_stepped`].
#[target_feature(enable = "avx512f")]
pub(super) fn raise_stepped(maxima: &mut [[f32; 8]], steps: &[f32], sums: &[[i32; 8]]) {
    if maxima.is_empty() {
        return;
    }
    let lanes = maxima.len();
    assert!(sums.len() >= steps.len() * lanes);
    // SAFETY: sums hold `lanes` blocks a row, as was just checked; the mask leaves out a block that is not there.
    raise(maxima, steps.len(), |row, block, mask| unsafe {
        let sum = _mm512_maskz_loadu_epi32(mask, sums.as_ptr().add(row * lanes + block).cast());
        _mm512_mul_ps(_mm512_cvtepi32_ps(sum), _mm512_set1_ps(steps[row]))
    });
}
