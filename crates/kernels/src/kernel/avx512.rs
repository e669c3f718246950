//! The products with AVX-512's VNNI in registers of 256 bits, on the layout of [`avx2`](super::avx2): `dpbusd` multiplies four columns of eight rows and
//! adds them up in 32 bits, which takes `maddubs`, an addition and the care for 16 bits with AVX2. Twice as many registers hold all of a tile.

#![allow(unsafe_code)]
#![allow(clippy::needless_range_loop, reason = "one index counts through weights, activations and sums alike")]

use std::arch::x86_64::*;

use super::avx2::{ask_for, broadcast, load, load_f16, q4k_scales};
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

/// # Safety
/// `group` points to `blocks` packed blocks; for each token `q`, `d` and `sums` to the numbers of as many blocks.
#[inline]
#[target_feature(enable = "avx2,fma,f16c,avx512bw,avx512vl,avx512vnni")]
unsafe fn q4k<const T: usize>(
    group: *const u8,
    blocks: usize,
    q: [*const i8; T],
    d: [*const f32; T],
    sums: [*const i16; T],
    results: &mut [[f32; GROUP]; TILE],
) {
    let nibble = _mm256_set1_epi8(15);
    let low_half = _mm256_set1_epi32(0xffff);
    let mut totals = [_mm256_setzero_ps(); T];
    for block in 0..blocks {
        // SAFETY: all reads are within packed block `block` and within the tokens' numbers of that block.
        unsafe {
            let packed = group.add(block * Q4K_BYTES);
            if T == 1 {
                ask_for::<2>(packed);
            }
            let (scales, minima) = q4k_scales(packed);
            let dmin = load_f16(packed.add(Q4K_DMIN));
            let mut sum = [_mm256_setzero_si256(); T];
            for pair in 0..4 {
                let minima = _mm256_cvtepu8_epi16(_mm_load_si128(minima.0.as_ptr().add(pair * 16).cast()));
                for token in 0..T {
                    let sums = broadcast(sums[token].add(block * 8 + pair * 2).cast());
                    sum[token] = _mm256_dpwssd_epi32(sum[token], minima, sums);
                }
            }
            for token in 0..T {
                let dmin = _mm256_mul_ps(dmin, _mm256_set1_ps(*d[token].add(block)));
                totals[token] = _mm256_sub_ps(totals[token], _mm256_mul_ps(dmin, _mm256_cvtepi32_ps(sum[token])));
            }
            let mut sum = [_mm256_setzero_si256(); T];
            for pair in 0..4 {
                let scales = _mm256_cvtepu8_epi16(_mm_load_si128(scales.0.as_ptr().add(pair * 16).cast()));
                let scales = [_mm256_and_si256(scales, low_half), _mm256_srli_epi32::<16>(scales)];
                for (half, scale) in scales.into_iter().enumerate() {
                    let sub = pair * 2 + half;
                    let numbers = packed.add(Q4K_NUMBERS + sub * 128);
                    if T == 1 {
                        ask_for::<2>(numbers);
                    }
                    let loaded = [load(numbers), load(numbers.add(32)), load(numbers.add(64)), load(numbers.add(96))];
                    let low = loaded.map(|bytes| _mm256_and_si256(bytes, nibble));
                    let high = loaded.map(|bytes| _mm256_and_si256(_mm256_srli_epi16::<4>(bytes), nibble));
                    for token in 0..T {
                        let q = q[token].add(block * 256 + sub * 32);
                        let (mut first, mut second) = (_mm256_setzero_si256(), _mm256_setzero_si256());
                        for run in 0..4 {
                            first = _mm256_dpbusd_epi32(first, low[run], broadcast(q.add(run * 4)));
                            second = _mm256_dpbusd_epi32(second, high[run], broadcast(q.add(16 + run * 4)));
                        }
                        let products = _mm256_mullo_epi32(_mm256_add_epi32(first, second), scale);
                        sum[token] = _mm256_add_epi32(sum[token], products);
                    }
                }
            }
            let scale = load_f16(packed);
            for token in 0..T {
                let scale = _mm256_mul_ps(scale, _mm256_set1_ps(*d[token].add(block)));
                totals[token] = _mm256_add_ps(totals[token], _mm256_mul_ps(scale, _mm256_cvtepi32_ps(sum[token])));
            }
        }
    }
    for token in 0..T {
        // SAFETY: a row of `results` is eight numbers.
        unsafe { _mm256_storeu_ps(results[token].as_mut_ptr(), totals[token]) };
    }
}

/// # Safety
/// As for [`q4k`].
#[inline]
#[target_feature(enable = "avx2,fma,f16c,avx512bw,avx512vl,avx512vnni")]
unsafe fn q6k<const T: usize>(
    group: *const u8,
    blocks: usize,
    q: [*const i8; T],
    d: [*const f32; T],
    sums: [*const i16; T],
    results: &mut [[f32; GROUP]; TILE],
) {
    let (nibble, upper) = (_mm256_set1_epi8(15), _mm256_set1_epi8(0x30));
    let mut totals = [_mm256_setzero_ps(); T];
    for block in 0..blocks {
        // SAFETY: all reads are within packed block `block` and within the tokens' numbers of that block.
        unsafe {
            let packed = group.add(block * Q6K_BYTES);
            if T == 1 {
                ask_for::<3>(packed);
            }
            // Numbers are stored with 32 added: that share comes off first.
            let mut sum = [_mm256_setzero_si256(); T];
            for pair in 0..8 {
                let scales = _mm256_cvtepi8_epi16(_mm_loadu_si128(packed.add(Q6K_SCALES + pair * 16).cast()));
                for token in 0..T {
                    let sums = broadcast(sums[token].add(block * 16 + pair * 2).cast());
                    sum[token] = _mm256_sub_epi32(sum[token], _mm256_madd_epi16(scales, sums));
                }
            }
            for sum in &mut sum {
                *sum = _mm256_slli_epi32::<5>(*sum);
            }
            for pair in 0..8 {
                let scales = _mm256_cvtepi8_epi16(_mm_loadu_si128(packed.add(Q6K_SCALES + pair * 16).cast()));
                let scales =
                    [_mm256_srai_epi32::<16>(_mm256_slli_epi32::<16>(scales)), _mm256_srai_epi32::<16>(scales)];
                let numbers = packed.add(Q6K_NUMBERS + pair * Q6K_STEP);
                if T == 1 {
                    ask_for::<3>(numbers);
                }
                let loaded = [load(numbers), load(numbers.add(32)), load(numbers.add(64)), load(numbers.add(96))];
                for half in 0..2 {
                    let bits = load(numbers.add(Q6K_HIGH + half * 32));
                    let bits = [
                        _mm256_slli_epi16::<4>(bits),
                        _mm256_slli_epi16::<2>(bits),
                        bits,
                        _mm256_srli_epi16::<2>(bits),
                    ];
                    let weights = std::array::from_fn::<_, 4, _>(|run| {
                        let low = if half == 0 { loaded[run] } else { _mm256_srli_epi16::<4>(loaded[run]) };
                        _mm256_or_si256(_mm256_and_si256(low, nibble), _mm256_and_si256(bits[run], upper))
                    });
                    for token in 0..T {
                        let q = q[token].add(block * 256 + pair * 32 + half * 16);
                        let (mut first, mut second) = (_mm256_setzero_si256(), _mm256_setzero_si256());
                        for run in 0..2 {
                            first = _mm256_dpbusd_epi32(first, weights[run], broadcast(q.add(run * 4)));
                            second = _mm256_dpbusd_epi32(second, weights[run + 2], broadcast(q.add(run * 4 + 8)));
                        }
                        let products = _mm256_mullo_epi32(_mm256_add_epi32(first, second), scales[half]);
                        sum[token] = _mm256_add_epi32(sum[token], products);
                    }
                }
            }
            let scale = load_f16(packed);
            for token in 0..T {
                let scale = _mm256_mul_ps(scale, _mm256_set1_ps(*d[token].add(block)));
                totals[token] = _mm256_add_ps(totals[token], _mm256_mul_ps(scale, _mm256_cvtepi32_ps(sum[token])));
            }
        }
    }
    for token in 0..T {
        // SAFETY: a row of `results` is eight numbers.
        unsafe { _mm256_storeu_ps(results[token].as_mut_ptr(), totals[token]) };
    }
}

/// Weights and activations are widened to 16 bits, as with AVX2.
///
/// # Safety
/// `group` points to `blocks` packed blocks; for each token `q` and `d` to the numbers of as many blocks.
#[inline]
#[target_feature(enable = "avx2,fma,f16c,avx512bw,avx512vl,avx512vnni")]
unsafe fn q8<const T: usize>(
    group: *const u8,
    blocks: usize,
    q: [*const i16; T],
    d: [*const f32; T],
    results: &mut [[f32; GROUP]; TILE],
) {
    let mut totals = [_mm256_setzero_ps(); T];
    for block in 0..blocks {
        // SAFETY: all reads are within packed block `block` and within the tokens' numbers of that block.
        unsafe {
            let packed = group.add(block * Q8_BYTES);
            if T == 1 {
                ask_for::<5>(packed);
            }
            let (mut even, mut odd) = ([_mm256_setzero_si256(); T], [_mm256_setzero_si256(); T]);
            for pair in (0..16).step_by(2) {
                let weights =
                    |pair: usize| _mm256_cvtepi8_epi16(_mm_loadu_si128(packed.add(Q8_NUMBERS + pair * 16).cast()));
                let (first, second) = (weights(pair), weights(pair + 1));
                for token in 0..T {
                    let q = q[token].add(block * 32 + pair * 2);
                    even[token] = _mm256_dpwssd_epi32(even[token], first, broadcast(q.cast()));
                    odd[token] = _mm256_dpwssd_epi32(odd[token], second, broadcast(q.add(2).cast()));
                }
            }
            let scale = load_f16(packed);
            for token in 0..T {
                let scale = _mm256_mul_ps(scale, _mm256_set1_ps(*d[token].add(block)));
                let sum = _mm256_cvtepi32_ps(_mm256_add_epi32(even[token], odd[token]));
                totals[token] = _mm256_add_ps(totals[token], _mm256_mul_ps(scale, sum));
            }
        }
    }
    for token in 0..T {
        // SAFETY: a row of `results` is eight numbers.
        unsafe { _mm256_storeu_ps(results[token].as_mut_ptr(), totals[token]) };
    }
}
