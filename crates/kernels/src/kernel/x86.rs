//! What the kernels for x86-64 have in common: the packed layout, walked group by group, and small steps of AVX2.
//!
//! A register holds four columns of eight rows; a tile of tokens unpacks weights once for all of them. How products are summed differs from one set of instructions to
//! the next, and is what the modules [`avx2`](super::avx2) and [`avx512`](super::avx512) define:
//!
//! * `split`: the first and the second 16-bit number of each 32-bit lane, in the form that scales take there;
//! * `scaled_32`, `scaled_16`: so many columns of weights times activations, summed a row and multiplied by the row's scale;
//! * `add_pairs`: products of 16-bit numbers, added up in pairs.

#![allow(unsafe_code)]

use std::arch::x86_64::*;

use crate::packing::{Q4K_SCALES, Q4K_SCALES_HIGH};

/// Defines `tile` (see [`super::Kernel::tile`]) for the instructions `$features` and these numbers of tokens, out of this module's `split`, `scaled_32`, `scaled_16` and
/// `add_pairs`.
macro_rules! tile_with {
    ($features:literal, $($few:literal)* or $most:literal) => {
        /// # Safety
        /// The processor has these instructions.
        #[target_feature(enable = $features)]
        pub(crate) unsafe fn tile(
            format: Format,
            group: &[u8],
            activations: &Activations,
            first: usize,
            tokens: usize,
        ) -> [[f32; GROUP]; TILE] {
            let mut totals = [[0f32; GROUP]; TILE];
            // SAFETY: the checks at the head of `Tokens` and of each kernel keep every pointer within its slice.
            unsafe {
                match tokens {
                    $($few => tokens_of::<$few>(format, group, activations, first, &mut totals),)*
                    _ => tokens_of::<$most>(format, group, activations, first, &mut totals),
                }
            }
            totals
        }

        #[inline]
        #[target_feature(enable = $features)]
        unsafe fn tokens_of<const T: usize>(
            format: Format,
            group: &[u8],
            activations: &Activations,
            first: usize,
            totals: &mut [[f32; GROUP]; TILE],
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
        #[target_feature(enable = $features)]
        unsafe fn q4k<const T: usize>(
            group: *const u8,
            blocks: usize,
            q: [*const i8; T],
            d: [*const f32; T],
            sums: [*const i16; T],
            results: &mut [[f32; GROUP]; TILE],
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
                // SAFETY: a row of `results` is eight numbers.
                unsafe { _mm256_storeu_ps(results[token].as_mut_ptr(), totals[token]) };
            }
        }

        /// # Safety
        /// As for [`q4k`].
        #[inline]
        #[target_feature(enable = $features)]
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
                // SAFETY: a row of `results` is eight numbers.
                unsafe { _mm256_storeu_ps(results[token].as_mut_ptr(), totals[token]) };
            }
        }

        /// Here weights and activations are widened to 16 bits. Two sums a token, as each addition waits for the last.
        ///
        /// # Safety
        /// `group` points to `blocks` packed blocks; for each token `q` and `d` to the numbers of as many blocks.
        #[inline]
        #[target_feature(enable = $features)]
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
                // SAFETY: a row of `results` is eight numbers.
                unsafe { _mm256_storeu_ps(results[token].as_mut_ptr(), totals[token]) };
            }
        }
    };
}

/// Bytes ahead of the reading that a lone token's weights are asked for.
const AHEAD: usize = 4096;

/// Asks memory for some lines of the weights that come [`AHEAD`] of `at`; a few at a time, as a burst would fill the queue of
/// outstanding lines and stop the reading.
#[inline]
pub(super) fn ask_for<const LINES: usize>(at: *const u8) {
    for line in 0..LINES {
        // SAFETY: prefetching touches nothing, whatever the address.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(at.wrapping_add(AHEAD + line * 64).cast()) };
    }
}

/// Four bytes of activations in every lane.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) unsafe fn broadcast(at: *const i8) -> __m256i {
    // SAFETY: the caller's pointer is to four bytes at least.
    _mm256_set1_epi32(unsafe { at.cast::<i32>().read_unaligned() })
}

#[inline]
#[target_feature(enable = "avx2")]
pub(super) unsafe fn load(at: *const u8) -> __m256i {
    // SAFETY: the caller's pointer is to 32 bytes at least.
    unsafe { _mm256_loadu_si256(at.cast()) }
}

#[inline]
#[target_feature(enable = "avx2,f16c")]
pub(super) unsafe fn load_f16(at: *const u8) -> __m256 {
    // SAFETY: the caller's pointer is to 16 bytes at least.
    _mm256_cvtph_ps(unsafe { _mm_loadu_si128(at.cast()) })
}

#[repr(align(32))]
pub(super) struct Scales(pub(super) [u8; 64]);

/// The six-bit scales and minima of a packed block of Q4_K as bytes.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) unsafe fn q4k_scales(packed: *const u8) -> (Scales, Scales) {
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
