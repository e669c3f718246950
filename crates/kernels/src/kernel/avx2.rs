//! The products with AVX2: 32 weights by 32 bytes of activations an instruction.
//!
//! `maddubs` multiplies unsigned weights by signed activations and adds pairs into 16 bits; the activations' four bytes are broadcast to all rows. How many such sums 16 bits
//! hold decides how often they must be widened: a sub-block of 32 columns in Q4_K (8 · 2 · 15 · 127 = 30480), eight columns in Q6_K (2 · 2 · 63 · 127 = 32004). Widening
//! multiplies by the sub-block's scale at the same time.

#![allow(unsafe_code)]
#![allow(clippy::needless_range_loop, reason = "one index counts through weights, activations and sums alike")]

use std::arch::x86_64::*;

use super::x86::{ask_for, broadcast, load, load_f16, q4k_scales};
use crate::{
    activations::{Activations, Numbers},
    format::Format,
    kernel::TILE,
    packing::{
        GROUP, Q4K_BYTES, Q4K_DMIN, Q4K_NUMBERS, Q6K_BYTES, Q6K_HIGH, Q6K_NUMBERS, Q6K_SCALES, Q6K_STEP, Q8_BYTES,
        Q8_NUMBERS,
    },
};

tile_with!("avx2,fma,f16c", 1 2 3 or 4);

/// Each 32-bit lane's first, or second, 16-bit number in both its halves, as `madd` takes a scale.
#[inline]
#[target_feature(enable = "avx2")]
fn split(pairs: __m256i) -> [__m256i; 2] {
    let first = _mm256_set_epi8(
        13, 12, 13, 12, 9, 8, 9, 8, 5, 4, 5, 4, 1, 0, 1, 0, 13, 12, 13, 12, 9, 8, 9, 8, 5, 4, 5, 4, 1, 0, 1, 0,
    );
    let second = _mm256_add_epi8(first, _mm256_set1_epi8(2));
    [_mm256_shuffle_epi8(pairs, first), _mm256_shuffle_epi8(pairs, second)]
}

/// # Safety
/// `q` points to 32 numbers.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn scaled_32(low: [__m256i; 4], high: [__m256i; 4], q: *const i8, scale: __m256i) -> __m256i {
    // SAFETY: the caller's.
    unsafe {
        let mut pairs = _mm256_maddubs_epi16(low[0], broadcast(q));
        for run in 1..4 {
            pairs = _mm256_add_epi16(pairs, _mm256_maddubs_epi16(low[run], broadcast(q.add(run * 4))));
        }
        for run in 0..4 {
            pairs = _mm256_add_epi16(pairs, _mm256_maddubs_epi16(high[run], broadcast(q.add(16 + run * 4))));
        }
        _mm256_madd_epi16(pairs, scale)
    }
}

/// # Safety
/// `q` points to 16 numbers.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn scaled_16(weights: [__m256i; 4], q: *const i8, scale: __m256i) -> __m256i {
    // SAFETY: the caller's.
    let products = |run: usize| unsafe { _mm256_maddubs_epi16(weights[run], broadcast(q.add(run * 4))) };
    let first = _mm256_madd_epi16(_mm256_add_epi16(products(0), products(1)), scale);
    let second = _mm256_madd_epi16(_mm256_add_epi16(products(2), products(3)), scale);
    _mm256_add_epi32(first, second)
}

#[inline]
#[target_feature(enable = "avx2")]
fn add_pairs(sum: __m256i, first: __m256i, second: __m256i) -> __m256i {
    _mm256_add_epi32(sum, _mm256_madd_epi16(first, second))
}
