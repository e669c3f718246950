//! The products with AVX-512's VNNI: two row groups side by side in registers of 512 bits.
//!
//! `dpbusd` multiplies four columns of sixteen rows by four bytes of activations and adds them up in 32 bits, and takes the activations from memory as it goes: with eight rows a register, half
//! of the instructions would be such reads. There is room for the sums of eight tokens, so that weights are unpacked once for all of them.

#![allow(unsafe_code)]
#![allow(clippy::needless_range_loop, reason = "one index counts through weights, activations and sums alike")]

use std::arch::x86_64::*;

use super::{TILE, Tile};
use crate::{
    activations::{Activations, Numbers},
    format::Format,
    packing::{
        Q4K_BYTES, Q4K_DMIN, Q4K_NUMBERS, Q4K_SCALES, Q4K_SCALES_HIGH, Q6K_BYTES, Q6K_HIGH, Q6K_NUMBERS, Q6K_SCALES,
        Q6K_STEP, Q8_BYTES, Q8_NUMBERS, packed_bytes,
    },
};

/// See [`super::Kernel::tile`]. Of one group alone, both halves of the registers hold the same.
///
/// # Safety
/// The processor has these instructions.
#[target_feature(enable = "avx2,f16c,avx512f,avx512bw,avx512vl,avx512vnni")]
pub(crate) unsafe fn tile(
    format: Format,
    groups: &[u8],
    activations: &Activations,
    first: usize,
    tokens: usize,
) -> Tile {
    let mut totals = Tile::default();
    // SAFETY: `tokens_of` checks what its pointers are made of.
    unsafe {
        match tokens {
            1 => tokens_of::<1>(format, groups, activations, first, &mut totals),
            2 => tokens_of::<2>(format, groups, activations, first, &mut totals),
            3 => tokens_of::<3>(format, groups, activations, first, &mut totals),
            4 => tokens_of::<4>(format, groups, activations, first, &mut totals),
            5 => tokens_of::<5>(format, groups, activations, first, &mut totals),
            6 => tokens_of::<6>(format, groups, activations, first, &mut totals),
            7 => tokens_of::<7>(format, groups, activations, first, &mut totals),
            _ => tokens_of::<TILE>(format, groups, activations, first, &mut totals),
        }
    }
    totals
}

#[inline]
#[target_feature(enable = "avx2,f16c,avx512f,avx512bw,avx512vl,avx512vnni")]
unsafe fn tokens_of<const T: usize>(
    format: Format,
    groups: &[u8],
    activations: &Activations,
    first: usize,
    totals: &mut Tile,
) {
    let columns = activations.columns;
    assert!(first + T <= activations.m);
    let blocks = columns / format.block_columns();
    let group = blocks * packed_bytes(format);
    assert!(groups.len() == group || groups.len() == 2 * group);
    let rows = |token: usize| (first + token) * columns;
    // SAFETY: every offset is of a token below `m`, and the vectors hold `m` rows; the kernels read `columns` numbers of each and two groups of as many packed
    // blocks as cover `columns`, which the slice holds, or holds one of that is read twice.
    unsafe {
        let groups = [groups.as_ptr(), groups.as_ptr().add(groups.len() - group)];
        match (&activations.numbers, format) {
            (Numbers::Bytes { q, d, sums32, .. }, Format::Q4K) => {
                let q = std::array::from_fn::<_, T, _>(|token| q.as_ptr().add(rows(token)));
                let d = std::array::from_fn::<_, T, _>(|token| d.as_ptr().add(rows(token) / 256));
                let sums = std::array::from_fn::<_, T, _>(|token| sums32.as_ptr().add(rows(token) / 32));
                q4k(groups, blocks, q, d, sums, totals);
            }
            (Numbers::Bytes { q, d, sums16, .. }, Format::Q6K) => {
                let q = std::array::from_fn::<_, T, _>(|token| q.as_ptr().add(rows(token)));
                let d = std::array::from_fn::<_, T, _>(|token| d.as_ptr().add(rows(token) / 256));
                let sums = std::array::from_fn::<_, T, _>(|token| sums16.as_ptr().add(rows(token) / 16));
                q6k(groups, blocks, q, d, sums, totals);
            }
            (Numbers::Words { q, d }, Format::Q8_0) => {
                let q = std::array::from_fn::<_, T, _>(|token| q.as_ptr().add(rows(token)));
                let d = std::array::from_fn::<_, T, _>(|token| d.as_ptr().add(rows(token) / 32));
                q8(groups, blocks, q, d, totals);
            }
            _ => unreachable!("activations are checked against the format before"),
        }
    }
}

/// # Safety
/// `groups` point to `blocks` packed blocks each; for each token `q`, `d` and `sums` to the numbers of as many blocks.
#[inline]
#[target_feature(enable = "avx2,f16c,avx512f,avx512bw,avx512vl,avx512vnni")]
unsafe fn q4k<const T: usize>(
    groups: [*const u8; 2],
    blocks: usize,
    q: [*const i8; T],
    d: [*const f32; T],
    sums: [*const i16; T],
    results: &mut Tile,
) {
    let nibble = _mm512_set1_epi8(15);
    let mut totals = [_mm512_setzero_ps(); T];
    for block in 0..blocks {
        // SAFETY: all reads are within packed block `block` of either group and within the tokens' numbers of that block.
        unsafe {
            let packed = groups.map(|group| group.add(block * Q4K_BYTES));
            let (scales, minima) = q4k_scales(packed);
            let dmin = load_f16(packed, Q4K_DMIN);
            let mut sum = [_mm512_setzero_si512(); T];
            for pair in 0..4 {
                let minima = _mm512_cvtepu8_epi16(minima.of(pair));
                for token in 0..T {
                    let sums = broadcast(sums[token].add(block * 8 + pair * 2).cast());
                    sum[token] = _mm512_dpwssd_epi32(sum[token], minima, sums);
                }
            }
            for token in 0..T {
                let dmin = _mm512_mul_ps(dmin, _mm512_set1_ps(*d[token].add(block)));
                totals[token] = _mm512_sub_ps(totals[token], _mm512_mul_ps(dmin, _mm512_cvtepi32_ps(sum[token])));
            }
            let mut sum = [_mm512_setzero_si512(); T];
            for pair in 0..4 {
                let scales = split(_mm512_cvtepu8_epi16(scales.of(pair)));
                for (half, scale) in scales.into_iter().enumerate() {
                    let sub = pair * 2 + half;
                    let numbers = Q4K_NUMBERS + sub * 128;
                    let loaded = [0, 32, 64, 96].map(|at| load(packed, numbers + at));
                    let low = loaded.map(|bytes| _mm512_and_si512(bytes, nibble));
                    let high = loaded.map(|bytes| _mm512_and_si512(_mm512_srli_epi16::<4>(bytes), nibble));
                    for token in 0..T {
                        let q = q[token].add(block * 256 + sub * 32);
                        let (mut first, mut second) = (_mm512_setzero_si512(), _mm512_setzero_si512());
                        for run in 0..4 {
                            first = _mm512_dpbusd_epi32(first, low[run], broadcast(q.add(run * 4)));
                            second = _mm512_dpbusd_epi32(second, high[run], broadcast(q.add(16 + run * 4)));
                        }
                        sum[token] = add_scaled(sum[token], first, second, scale);
                    }
                }
            }
            let scale = load_f16(packed, 0);
            for token in 0..T {
                let scale = _mm512_mul_ps(scale, _mm512_set1_ps(*d[token].add(block)));
                totals[token] = _mm512_add_ps(totals[token], _mm512_mul_ps(scale, _mm512_cvtepi32_ps(sum[token])));
            }
        }
    }
    store(totals, results);
}

/// # Safety
/// As for [`q4k`].
#[inline]
#[target_feature(enable = "avx2,f16c,avx512f,avx512bw,avx512vl,avx512vnni")]
unsafe fn q6k<const T: usize>(
    groups: [*const u8; 2],
    blocks: usize,
    q: [*const i8; T],
    d: [*const f32; T],
    sums: [*const i16; T],
    results: &mut Tile,
) {
    let (nibble, upper) = (_mm512_set1_epi8(15), _mm512_set1_epi8(0x30));
    let mut totals = [_mm512_setzero_ps(); T];
    for block in 0..blocks {
        // SAFETY: all reads are within packed block `block` of either group and within the tokens' numbers of that block.
        unsafe {
            let packed = groups.map(|group| group.add(block * Q6K_BYTES));
            // Numbers are stored with 32 added: that share comes off at the end.
            let mut offset = [_mm512_setzero_si512(); T];
            let mut sum = [_mm512_setzero_si512(); T];
            for pair in 0..8 {
                let scales = _mm512_cvtepi8_epi16(load_half(packed, Q6K_SCALES + pair * 16));
                for token in 0..T {
                    let sums = broadcast(sums[token].add(block * 16 + pair * 2).cast());
                    offset[token] = _mm512_dpwssd_epi32(offset[token], scales, sums);
                }
                let scales = split(scales);
                let numbers = Q6K_NUMBERS + pair * Q6K_STEP;
                let loaded = [0, 32, 64, 96].map(|at| load(packed, numbers + at));
                for half in 0..2 {
                    let bits = load(packed, numbers + Q6K_HIGH + half * 32);
                    let bits = [
                        _mm512_slli_epi16::<4>(bits),
                        _mm512_slli_epi16::<2>(bits),
                        bits,
                        _mm512_srli_epi16::<2>(bits),
                    ];
                    let weights = std::array::from_fn::<_, 4, _>(|run| {
                        let low = if half == 0 { loaded[run] } else { _mm512_srli_epi16::<4>(loaded[run]) };
                        _mm512_or_si512(_mm512_and_si512(low, nibble), _mm512_and_si512(bits[run], upper))
                    });
                    for token in 0..T {
                        let q = q[token].add(block * 256 + pair * 32 + half * 16);
                        let (mut first, mut second) = (_mm512_setzero_si512(), _mm512_setzero_si512());
                        for run in 0..2 {
                            first = _mm512_dpbusd_epi32(first, weights[run], broadcast(q.add(run * 4)));
                            second = _mm512_dpbusd_epi32(second, weights[run + 2], broadcast(q.add(8 + run * 4)));
                        }
                        sum[token] = add_scaled(sum[token], first, second, scales[half]);
                    }
                }
            }
            let scale = load_f16(packed, 0);
            for token in 0..T {
                let sum = _mm512_sub_epi32(sum[token], _mm512_slli_epi32::<5>(offset[token]));
                let scale = _mm512_mul_ps(scale, _mm512_set1_ps(*d[token].add(block)));
                totals[token] = _mm512_add_ps(totals[token], _mm512_mul_ps(scale, _mm512_cvtepi32_ps(sum)));
            }
        }
    }
    store(totals, results);
}

/// Here weights and activations are widened to 16 bits. Two sums a token, as each addition waits for the last.
///
/// # Safety
/// `groups` point to `blocks` packed blocks each; for each token `q` and `d` to the numbers of as many blocks.
#[inline]
#[target_feature(enable = "avx2,f16c,avx512f,avx512bw,avx512vl,avx512vnni")]
unsafe fn q8<const T: usize>(
    groups: [*const u8; 2],
    blocks: usize,
    q: [*const i16; T],
    d: [*const f32; T],
    results: &mut Tile,
) {
    let mut totals = [_mm512_setzero_ps(); T];
    for block in 0..blocks {
        // SAFETY: all reads are within packed block `block` of either group and within the tokens' numbers of that block.
        unsafe {
            let packed = groups.map(|group| group.add(block * Q8_BYTES));
            let (mut even, mut odd) = ([_mm512_setzero_si512(); T], [_mm512_setzero_si512(); T]);
            for pair in (0..16).step_by(2) {
                let weights = |pair: usize| _mm512_cvtepi8_epi16(load_half(packed, Q8_NUMBERS + pair * 16));
                let (first, second) = (weights(pair), weights(pair + 1));
                for token in 0..T {
                    let q = q[token].add(block * 32 + pair * 2);
                    even[token] = _mm512_dpwssd_epi32(even[token], first, broadcast(q.cast()));
                    odd[token] = _mm512_dpwssd_epi32(odd[token], second, broadcast(q.add(2).cast()));
                }
            }
            let scale = load_f16(packed, 0);
            for token in 0..T {
                let scale = _mm512_mul_ps(scale, _mm512_set1_ps(*d[token].add(block)));
                let sum = _mm512_cvtepi32_ps(_mm512_add_epi32(even[token], odd[token]));
                totals[token] = _mm512_add_ps(totals[token], _mm512_mul_ps(scale, sum));
            }
        }
    }
    store(totals, results);
}

/// `sum + (first + second) · scale`, in 32 bits.
#[inline]
#[target_feature(enable = "avx512f")]
fn add_scaled(sum: __m512i, first: __m512i, second: __m512i, scale: __m512i) -> __m512i {
    _mm512_add_epi32(sum, _mm512_mullo_epi32(_mm512_add_epi32(first, second), scale))
}

/// Each 32-bit lane's first, and second, 16-bit number in 32 bits.
#[inline]
#[target_feature(enable = "avx512f")]
fn split(pairs: __m512i) -> [__m512i; 2] {
    [_mm512_srai_epi32::<16>(_mm512_slli_epi32::<16>(pairs)), _mm512_srai_epi32::<16>(pairs)]
}

#[inline]
#[target_feature(enable = "avx512f")]
fn store<const T: usize>(totals: [__m512; T], results: &mut Tile) {
    for (total, result) in totals.into_iter().zip(results) {
        // SAFETY: a row of `results` is sixteen numbers.
        unsafe { _mm512_storeu_ps(result.as_mut_ptr(), total) };
    }
}

/// Four bytes of activations in every lane.
#[inline]
#[target_feature(enable = "avx512f")]
unsafe fn broadcast(at: *const i8) -> __m512i {
    // SAFETY: the caller's pointer is to four bytes at least.
    _mm512_set1_epi32(unsafe { at.cast::<i32>().read_unaligned() })
}

/// 32 bytes of each group.
#[inline]
#[target_feature(enable = "avx2,avx512f")]
unsafe fn load([first, second]: [*const u8; 2], offset: usize) -> __m512i {
    // SAFETY: the caller's offset leaves 32 bytes at least.
    unsafe {
        let (first, second) =
            (_mm256_loadu_si256(first.add(offset).cast()), _mm256_loadu_si256(second.add(offset).cast()));
        _mm512_inserti64x4::<1>(_mm512_castsi256_si512(first), second)
    }
}

/// 16 bytes of each group.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn load_half([first, second]: [*const u8; 2], offset: usize) -> __m256i {
    // SAFETY: the caller's offset leaves 16 bytes at least.
    unsafe { _mm256_loadu2_m128i(second.add(offset).cast(), first.add(offset).cast()) }
}

/// Eight half-precision numbers of each group.
#[inline]
#[target_feature(enable = "avx2,f16c,avx512f")]
unsafe fn load_f16(groups: [*const u8; 2], offset: usize) -> __m512 {
    // SAFETY: the caller's.
    _mm512_cvtph_ps(unsafe { load_half(groups, offset) })
}

/// Scales or minima of a packed block of Q4_K of both groups as bytes: of each pair of sub-blocks sixteen of the first group, then sixteen of the second.
#[repr(align(64))]
struct Scales([u8; 128]);

impl Scales {
    #[inline]
    #[target_feature(enable = "avx2")]
    unsafe fn of(&self, pair: usize) -> __m256i {
        debug_assert!(pair < 4);
        // SAFETY: the caller's pair is one of four of 32 bytes.
        unsafe { _mm256_load_si256(self.0.as_ptr().add(pair * 32).cast()) }
    }
}

/// The six-bit scales and minima of a packed block of Q4_K of both groups.
#[inline]
#[target_feature(enable = "avx2,avx512f,avx512bw")]
unsafe fn q4k_scales(packed: [*const u8; 2]) -> (Scales, Scales) {
    let (nibble, upper) = (_mm512_set1_epi8(15), _mm512_set1_epi8(0x30));
    let (mut scales, mut minima) = (Scales([0; 128]), Scales([0; 128]));
    // SAFETY: the caller's blocks hold both fields; the arrays are aligned and 128 bytes long.
    unsafe {
        let first = load(packed, Q4K_SCALES);
        let second = load(packed, Q4K_SCALES + 32);
        let high = load(packed, Q4K_SCALES_HIGH);
        let joined =
            |low: __m512i, high: __m512i| _mm512_or_si512(_mm512_and_si512(low, nibble), _mm512_and_si512(high, upper));
        let store = |to: &mut Scales, at: usize, value: __m512i| {
            // Quarters 0 and 1 are the first group's pairs, 2 and 3 the second's.
            let by_pair = _mm512_shuffle_i64x2::<0b11_01_10_00>(value, value);
            _mm512_store_si512(to.0.as_mut_ptr().add(at).cast(), by_pair);
        };
        store(&mut scales, 0, joined(first, _mm512_slli_epi16::<4>(high)));
        store(&mut scales, 64, joined(second, _mm512_slli_epi16::<2>(high)));
        store(&mut minima, 0, joined(_mm512_srli_epi16::<4>(first), high));
        store(&mut minima, 64, joined(_mm512_srli_epi16::<4>(second), _mm512_srli_epi16::<2>(high)));
    }
    (scales, minima)
}
