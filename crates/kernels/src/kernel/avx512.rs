//! The products with AVX-512's VNNI in registers of 256 bits: `dpbusd` multiplies four columns of eight rows and adds them up in 32 bits, which takes `maddubs`, an addition
//! and care for 16 bits with AVX2. Twice as many registers hold the sums of eight tokens.

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

tile_with!("avx2,fma,f16c,avx512bw,avx512vl,avx512vnni", 1 2 3 4 5 6 7 or 8);

/// Each 32-bit lane's first, and second, 16-bit number in 32 bits.
#[inline]
#[target_feature(enable = "avx2")]
fn split(pairs: __m256i) -> [__m256i; 2] {
    [_mm256_srai_epi32::<16>(_mm256_slli_epi32::<16>(pairs)), _mm256_srai_epi32::<16>(pairs)]
}

/// # Safety
/// `q` points to 32 numbers.
#[inline]
#[target_feature(enable = "avx2,fma,f16c,avx512bw,avx512vl,avx512vnni")]
unsafe fn scaled_32(low: [__m256i; 4], high: [__m256i; 4], q: *const i8, scale: __m256i) -> __m256i {
    let (mut first, mut second) = (_mm256_setzero_si256(), _mm256_setzero_si256());
    for run in 0..4 {
        // SAFETY: the caller's.
        unsafe {
            first = _mm256_dpbusd_epi32(first, low[run], broadcast(q.add(run * 4)));
            second = _mm256_dpbusd_epi32(second, high[run], broadcast(q.add(16 + run * 4)));
        }
    }
    _mm256_mullo_epi32(_mm256_add_epi32(first, second), scale)
}

/// # Safety
/// `q` points to 16 numbers.
#[inline]
#[target_feature(enable = "avx2,fma,f16c,avx512bw,avx512vl,avx512vnni")]
unsafe fn scaled_16(weights: [__m256i; 4], q: *const i8, scale: __m256i) -> __m256i {
    let (mut first, mut second) = (_mm256_setzero_si256(), _mm256_setzero_si256());
    for run in 0..2 {
        // SAFETY: the caller's.
        unsafe {
            first = _mm256_dpbusd_epi32(first, weights[run], broadcast(q.add(run * 4)));
            second = _mm256_dpbusd_epi32(second, weights[run + 2], broadcast(q.add(run * 4 + 8)));
        }
    }
    _mm256_mullo_epi32(_mm256_add_epi32(first, second), scale)
}

#[inline]
#[target_feature(enable = "avx2,fma,f16c,avx512bw,avx512vl,avx512vnni")]
fn add_pairs(sum: __m256i, first: __m256i, second: __m256i) -> __m256i {
    _mm256_dpwssd_epi32(sum, first, second)
}
