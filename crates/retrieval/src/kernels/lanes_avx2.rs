//! The loops over lanes whose vectors the compiler does not find by itself, on AVX2. No fused multiplications, so that scores are those of plain Rust.
#![allow(unsafe_code)]

use std::arch::x86_64::*;

use super::lanes::{CodeProducts, GROUP, Rough};

/// As [`super::lanes::raise_from_bytes`].
#[target_feature(enable = "avx2")]
pub(super) fn raise_from_bytes(
    maxima: &mut [[f32; 8]],
    (rough, numbers, from): (&Rough, &[u32], usize),
    step: f32,
    CodeProducts { sums, lanes, scales, sizes }: CodeProducts<'_>,
) {
    assert!(maxima.len() <= GROUP / 8 && scales.len() >= lanes && from + maxima.len() <= lanes);
    assert!(sums.len() >= numbers.len() * lanes && sizes.len() >= numbers.len());
    assert!(numbers.iter().all(|&n| (n as usize) < rough.len()));
    let step = _mm256_set1_ps(step);
    for (block, (maxima, scales)) in maxima.iter_mut().zip(&scales[from..]).enumerate() {
        // SAFETY: the lengths were just checked: a block lies within a group's 32 bytes, and within the lanes of each row.
        unsafe {
            let scales = _mm256_loadu_ps(scales.as_ptr());
            let mut held = _mm256_loadu_ps(maxima.as_ptr());
            for (row, &number) in numbers.iter().enumerate() {
                let bytes = _mm_loadl_epi64(rough.get_unchecked(number as usize).as_ptr().add(block * 8).cast());
                let base = _mm256_mul_ps(_mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(bytes)), step);
                let sum = _mm256_loadu_si256(sums.as_ptr().add(row * lanes + from + block).cast());
                let scale = _mm256_mul_ps(scales, _mm256_set1_ps(sizes[row]));
                let score = _mm256_add_ps(base, _mm256_mul_ps(scale, _mm256_cvtepi32_ps(sum)));
                held = _mm256_max_ps(score, held);
            }
            _mm256_storeu_ps(maxima.as_mut_ptr(), held);
        }
    }
}

/// As [`super::lanes::raise_from_bases`].
#[target_feature(enable = "avx2")]
pub(super) fn raise_from_bases(
    maxima: &mut [[f32; 8]],
    (scores, places): (&[[f32; 8]], &[u32]),
    codes: CodeProducts<'_>,
) {
    let (rows, blocks) = (places.len(), codes.lanes);
    assert!(maxima.len() == blocks && codes.scales.len() >= blocks);
    assert!(codes.sums.len() >= rows * blocks && codes.sizes.len() >= rows);
    assert!(places.iter().all(|&place| (place as usize + 1) * blocks <= scores.len()));
    for (block, maxima) in maxima.iter_mut().enumerate() {
        // SAFETY: codes hold `blocks` blocks a row, and so do scores from every place on, as was just checked.
        unsafe {
            let scales = _mm256_loadu_ps(codes.scales[block].as_ptr());
            let mut held = _mm256_loadu_ps(maxima.as_ptr());
            for (row, &place) in places.iter().enumerate() {
                let base = _mm256_loadu_ps(scores.as_ptr().add(place as usize * blocks + block).cast());
                let sum = _mm256_loadu_si256(codes.sums.as_ptr().add(row * blocks + block).cast());
                let scale = _mm256_mul_ps(scales, _mm256_set1_ps(codes.sizes[row]));
                let score = _mm256_add_ps(base, _mm256_mul_ps(scale, _mm256_cvtepi32_ps(sum)));
                held = _mm256_max_ps(score, held);
            }
            _mm256_storeu_ps(maxima.as_mut_ptr(), held);
        }
    }
}

/// As [`super::lanes::raise_stepped`].
#[target_feature(enable = "avx2")]
pub(super) fn raise_stepped(maxima: &mut [[f32; 8]], steps: &[f32], sums: &[[i32; 8]]) {
    if maxima.is_empty() {
        return;
    }
    let lanes = maxima.len();
    assert!(sums.len() >= steps.len() * lanes);
    for (block, maxima) in maxima.iter_mut().enumerate() {
        // SAFETY: sums hold `lanes` blocks a row, as was just checked.
        unsafe {
            let mut held = _mm256_loadu_ps(maxima.as_ptr());
            for (row, &step) in steps.iter().enumerate() {
                let sum = _mm256_loadu_si256(sums.as_ptr().add(row * lanes + block).cast());
                let score = _mm256_mul_ps(_mm256_cvtepi32_ps(sum), _mm256_set1_ps(step));
                held = _mm256_max_ps(score, held);
            }
            _mm256_storeu_ps(maxima.as_mut_ptr(), held);
        }
    }
}
