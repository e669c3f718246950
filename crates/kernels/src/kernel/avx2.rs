//! The products with AVX2: 32 weights by 32 bytes of activations an instruction.
//!
//! `maddubs` multiplies unsigned weights by signed activations and adds pairs into 16 bits; the activations' four bytes are broadcast to all rows. How many such sums 16 bits
//! hold decides how often they must be widened: a sub-block of 32 columns in Q4_K (8 · 2 · 15 · 127 = 30480), eight columns in Q6_K (2 · 2 · 63 · 127 = 32004). Widening
//! multiplies by the sub-block's scale at the same time.

#![allow(unsafe_code)]
#![allow(clippy::needless_range_loop, reason = "one index counts through weights, activations and sums alike")]

use std::arch::x86_64::*;

use super::Tile;
use crate::{
    activations::{Activations, Numbers},
    format::Format,
    packing::{
        Q4K_BYTES, Q4K_DMIN, Q4K_NUMBERS, Q4K_SCALES, Q4K_SCALES_HIGH, Q6K_BYTES, Q6K_HIGH, Q6K_NUMBERS, Q6K_SCALES,
        Q6K_STEP, Q8_BYTES, Q8_NUMBERS,
    },
};

/// Tokens of a tile at most: as many as find room in sixteen registers.
pub(crate) const TOKENS: usize = 4;

/// See [`super::Kernel::tile`].
///
/// # Safety
/// The processor has these instructions.
#[target_feature(enable = "avx2,fma,f16c")]
pub(crate) unsafe fn tile(
    format: Format,
    group: &[u8],
    activations: &Activations,
    first: usize,
    tokens: usize,
) -> Tile {
    let mut totals = Tile::default();
    // SAFETY: `tokens_of` checks what its pointers are made of.
    unsafe {
        match tokens {
            1 => tokens_of::<1>(format, group, activations, first, &mut totals),
            2 => tokens_of::<2>(format, group, activations, first, &mut totals),
            3 => tokens_of::<3>(format, group, activations, first, &mut totals),
            _ => tokens_of::<TOKENS>(format, group, activations, first, &mut totals),
        }
    }
    totals
}

#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
unsafe fn tokens_of<const T: usize>(
    format: Format,
    group: &[u8],
    activations: &Activations,
    first: usize,
    totals: &mut Tile,
) {
    let columns = activations.columns;
    assert!(first + T <= activations.m);
    let rows = |token: usize| (first + token) * columns;
    // SAFETY: every offset is of a token below `m`, and the vectors hold `m` rows; the kernels read `columns` numbers of each
    // and a group of as many packed blocks as cover `columns`, which is asserted.
    unsafe {
        match (&activations.numbers, format) {
            (Numbers::Bytes { q, d, sums32, .. }, Format::Q4K) => {
                assert_eq!(group.len(), columns / 256 * Q4K_BYTES);
                let q = std::array::from_fn::<_, T, _>(|token| q.as_ptr().add(rows(token)));
                let d = std::array::from_fn::<_, T, _>(|token| d.as_ptr().add(rows(token) / 256));
                let sums = std::array::from_fn::<_, T, _>(|token| sums32.as_ptr().add(rows(token) / 32));
                q4k(group.as_ptr(), columns / 256, q, d, sums, totals);
            }
            (Numbers::Bytes { q, d, sums16, .. }, Format::Q6K) => {
                assert_eq!(group.len(), columns / 256 * Q6K_BYTES);
                let q = std::array::from_fn::<_, T, _>(|token| q.as_ptr().add(rows(token)));
                let d = std::array::from_fn::<_, T, _>(|token| d.as_ptr().add(rows(token) / 256));
                let sums = std::array::from_fn::<_, T, _>(|token| sums16.as_ptr().add(rows(token) / 16));
                q6k(group.as_ptr(), columns / 256, q, d, sums, totals);
            }
            (Numbers::Words { q, d }, Format::Q8_0) => {
                assert_eq!(group.len(), columns / 32 * Q8_BYTES);
                let q = std::array::from_fn::<_, T, _>(|token| q.as_ptr().add(rows(token)));
                let d = std::array::from_fn::<_, T, _>(|token| d.as_ptr().add(rows(token) / 32));
                q8(group.as_ptr(), columns / 32, q, d, totals);
            }
            _ => unreachable!("activations are checked against the format before"),
        }
    }
}

/// # Safety
/// `group` points to `blocks` packed blocks; for each token `q`, `d` and `sums` to the numbers of as many blocks.
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
unsafe fn q4k<const T: usize>(
    group: *const u8,
    blocks: usize,
    q: [*const i8; T],
    d: [*const f32; T],
    sums: [*const i16; T],
    results: &mut Tile,
) {
    let nibble = _mm256_set1_epi8(15);
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
                    sum[token] = add_pairs(sum[token], minima, sums);
                }
            }
            for token in 0..T {
                let dmin = _mm256_mul_ps(dmin, _mm256_set1_ps(*d[token].add(block)));
                totals[token] = _mm256_sub_ps(totals[token], _mm256_mul_ps(dmin, _mm256_cvtepi32_ps(sum[token])));
            }
            let mut sum = [_mm256_setzero_si256(); T];
            for pair in 0..4 {
                let scales = split(_mm256_cvtepu8_epi16(_mm_load_si128(scales.0.as_ptr().add(pair * 16).cast())));
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
                        sum[token] = _mm256_add_epi32(sum[token], scaled_32(low, high, q, scale));
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
        // SAFETY: a row of `results` is eight numbers at least.
        unsafe { _mm256_storeu_ps(results[token].as_mut_ptr(), totals[token]) };
    }
}

/// # Safety
/// As for [`q4k`].
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
unsafe fn q6k<const T: usize>(
    group: *const u8,
    blocks: usize,
    q: [*const i8; T],
    d: [*const f32; T],
    sums: [*const i16; T],
    results: &mut Tile,
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
                let scales = split(scales);
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
                        sum[token] = _mm256_add_epi32(sum[token], scaled_16(weights, q, scales[half]));
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
        // SAFETY: a row of `results` is eight numbers at least.
        unsafe { _mm256_storeu_ps(results[token].as_mut_ptr(), totals[token]) };
    }
}

/// Here weights and activations are widened to 16 bits. Two sums a token, as each addition waits for the last.
///
/// # Safety
/// `group` points to `blocks` packed blocks; for each token `q` and `d` to the numbers of as many blocks.
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
unsafe fn q8<const T: usize>(
    group: *const u8,
    blocks: usize,
    q: [*const i16; T],
    d: [*const f32; T],
    results: &mut Tile,
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
                    even[token] = add_pairs(even[token], first, broadcast(q.cast()));
                    odd[token] = add_pairs(odd[token], second, broadcast(q.add(2).cast()));
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
        // SAFETY: a row of `results` is eight numbers at least.
        unsafe { _mm256_storeu_ps(results[token].as_mut_ptr(), totals[token]) };
    }
}

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

/// Bytes ahead of the reading that a lone token's weights are asked for.
const AHEAD: usize = 4096;

/// Asks memory for some lines of the weights that come [`AHEAD`] of `at`; a few at a time, as a burst would fill the queue of
/// outstanding lines and stop the reading.
#[inline]
fn ask_for<const LINES: usize>(at: *const u8) {
    for line in 0..LINES {
        // SAFETY: prefetching touches nothing, whatever the address.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(at.wrapping_add(AHEAD + line * 64).cast()) };
    }
}

/// Four bytes of activations in every lane.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn broadcast(at: *const i8) -> __m256i {
    // SAFETY: the caller's pointer is to four bytes at least.
    _mm256_set1_epi32(unsafe { at.cast::<i32>().read_unaligned() })
}

#[inline]
#[target_feature(enable = "avx2")]
unsafe fn load(at: *const u8) -> __m256i {
    // SAFETY: the caller's pointer is to 32 bytes at least.
    unsafe { _mm256_loadu_si256(at.cast()) }
}

#[inline]
#[target_feature(enable = "avx2,f16c")]
unsafe fn load_f16(at: *const u8) -> __m256 {
    // SAFETY: the caller's pointer is to 16 bytes at least.
    _mm256_cvtph_ps(unsafe { _mm_loadu_si128(at.cast()) })
}

#[repr(align(32))]
struct Scales([u8; 64]);

/// The six-bit scales and minima of a packed block of Q4_K as bytes.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn q4k_scales(packed: *const u8) -> (Scales, Scales) {
    let (nibble, upper) = (_mm256_set1_epi8(15), _mm256_set1_epi8(0x30));
    let (mut scales, mut minima) = (Scales([0; 64]), Scales([0; 64]));
    // SAFETY: the caller's block holds both fields; the arrays are aligned and 64 bytes long.
    unsafe {
        let first = load(packed.add(Q4K_SCALES));
        let second = load(packed.add(Q4K_SCALES + 32));
        let high = load(packed.add(Q4K_SCALES_HIGH));
        let joined =
            |low: __m256i, high: __m256i| _mm256_or_si256(_mm256_and_si256(low, nibble), _mm256_and_si256(high, upper));
        let store = |to: &mut Scales, at: usize, value: __m256i| {
            _mm256_store_si256(to.0.as_mut_ptr().add(at).cast(), value);
        };
        store(&mut scales, 0, joined(first, _mm256_slli_epi16::<4>(high)));
        store(&mut scales, 32, joined(second, _mm256_slli_epi16::<2>(high)));
        store(&mut minima, 0, joined(_mm256_srli_epi16::<4>(first), high));
        store(&mut minima, 32, joined(_mm256_srli_epi16::<4>(second), _mm256_srli_epi16::<2>(high)));
    }
    (scales, minima)
}
