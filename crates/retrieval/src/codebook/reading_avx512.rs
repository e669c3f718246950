//! Sixteen rows of a stream at once, on AVX-512, and of several streams side by side.
#![allow(unsafe_code)]
#![allow(clippy::needless_range_loop, reason = "loops over registers, each over several arrays at once")]

use std::arch::x86_64::*;

use super::alphabet::{TOTAL, TOTAL_BITS};
use super::basis::BLOCK;
use super::reading::{Block, Reading, by_bits, last_words};
use super::stream::{BEHIND, BYTE, FREQUENCY, HIGHER_BIT, LANES, LEAST_STATE};

/// As [`super::reading::read_block`], for each of some documents.
///
/// # Safety
///
/// The processor has AVX-512, the block's beginnings are of its levels (for each group that so many bits can name, as many levels as frequencies add up to follow), and the documents' coarse codes are
/// as long as all their rows ask for, and less than two gigabytes.
#[target_feature(enable = "avx512f,popcnt")]
pub(super) unsafe fn read_block<const N: usize>(block: Block<'_>, documents: &mut [&mut Reading<'_>; N]) {
    // SAFETY: the caller vouches for it all.
    unsafe { by_bits!(read_bits, N, block, documents) }
}

/// # Safety
///
/// As for [`read_block`]; the block has `BITS` of coarse code.
#[target_feature(enable = "avx512f,popcnt")]
unsafe fn read_bits<const N: usize, const BITS: usize>(block: Block<'_>, documents: &mut [&mut Reading<'_>; N]) {
    let load = |lanes: &[u32; LANES]| {
        // SAFETY: sixteen numbers.
        unsafe { _mm512_loadu_si512(lanes.as_ptr().cast()) }
    };
    let number = |number: u32| _mm512_set1_epi32(number as i32);
    let nothing = _mm512_setzero_si512();
    let (places, least) = (number(TOTAL - 1), number(LEAST_STATE));
    let active: [__mmask16; N] = std::array::from_fn(|d| (1u32 << documents[d].lanes).wrapping_sub(1) as __mmask16);
    let scales: [__m512i; N] = std::array::from_fn(|d| load(&documents[d].scales));
    let planes: [[__m512i; BITS]; N] = std::array::from_fn(|d| {
        let places = _mm512_mullo_epi32(load(&documents[d].rows), number(block.coarse.1 as u32));
        std::array::from_fn(|plane| {
            let begin = documents[d].coded.coarse.as_ptr().wrapping_add(block.coarse.0 + 4 * plane);
            // SAFETY: the caller vouches for the words of every row.
            unsafe { _mm512_mask_i32gather_epi32::<1>(nothing, active[d], places, begin.cast()) }
        })
    });
    let mut state: [__m512i; N] = std::array::from_fn(|d| load(&documents[d].states));
    let mut words: [&[[u8; 2]]; N] = std::array::from_fn(|d| documents[d].words);
    let mut bytes = [nothing; N];
    let mut quads = [[nothing; BLOCK / 4]; N];
    let mut bit = number(1);
    for (at, begins) in block.begins.iter().enumerate() {
        let begins = load(begins);
        let mut level = [nothing; N];
        for d in 0..N {
            let begin = _mm512_permutexvar_epi32(scales[d], begins);
            let mut place = _mm512_add_epi32(begin, _mm512_and_si512(state[d], places));
            for plane in 0..BITS {
                let set = _mm512_test_epi32_mask(planes[d][plane], bit);
                place = _mm512_mask_add_epi32(place, set, place, number(TOTAL << (BITS - plane)));
            }
            place = _mm512_mask_add_epi32(place, documents[d].paths.odd(at), place, number(TOTAL));
            // SAFETY: the caller vouches for the places, and lanes that are not active are not looked up.
            level[d] =
                unsafe { _mm512_mask_i32gather_epi32::<4>(nothing, active[d], place, block.levels.as_ptr().cast()) };
        }
        for d in 0..N {
            documents[d].paths.push(at, _mm512_test_epi32_mask(level[d], number(HIGHER_BIT)));
            // The bytes before move down, and the level's own comes above them.
            bytes[d] = _mm512_srli_epi32::<8>(bytes[d]);
            bytes[d] = _mm512_ternarylogic_epi32::<0xd8>(bytes[d], level[d], number(0xff << BYTE));
        }
        for d in 0..N {
            let behind = _mm512_and_si512(_mm512_srli_epi32::<BEHIND>(level[d]), places);
            let frequency = _mm512_and_si512(level[d], number(FREQUENCY));
            let left = _mm512_mullo_epi32(frequency, _mm512_srli_epi32::<TOTAL_BITS>(state[d]));
            let left = _mm512_add_epi32(left, behind);
            let reads = _mm512_mask_cmplt_epu32_mask(active[d], left, least);
            let next = _mm512_maskz_expand_epi32(reads, next_words(words[d]));
            state[d] = _mm512_or_si512(_mm512_mask_slli_epi32::<16>(left, reads, left), next);
            words[d] = words[d].get(reads.count_ones() as usize..).unwrap_or_default();
        }
        if at % 4 == 3 {
            for d in 0..N {
                quads[d][at / 4] = bytes[d];
            }
        }
        bit = _mm512_add_epi32(bit, bit);
    }
    for d in 0..N {
        // SAFETY: sixteen numbers.
        unsafe { _mm512_storeu_si512(documents[d].states.as_mut_ptr().cast(), state[d]) };
        write_rows(&quads[d], block.out, documents[d]);
        // Of the same stream as before.
        let read = documents[d].words.len() - words[d].len();
        documents[d].words = &documents[d].words[read..];
    }
}

/// Writes the block's bytes of each row, of which `quads` have four of every row, one row after the other.
#[target_feature(enable = "avx512f")]
#[inline]
fn write_rows(quads: &[__m512i; BLOCK / 4], (begin, stride): (usize, usize), document: &mut Reading<'_>) {
    // Of rows 0, 4, 8 and 12 the numbers of two quads, then of rows 1, 5, 9 and 13 ...
    let fours = |from: usize| {
        let low = |at: usize| _mm512_unpacklo_epi32(quads[at], quads[at + 1]);
        let high = |at: usize| _mm512_unpackhi_epi32(quads[at], quads[at + 1]);
        let (first, second) = ([low(from), high(from)], [low(from + 2), high(from + 2)]);
        [
            _mm512_unpacklo_epi64(first[0], second[0]),
            _mm512_unpackhi_epi64(first[0], second[0]),
            _mm512_unpacklo_epi64(first[1], second[1]),
            _mm512_unpackhi_epi64(first[1], second[1]),
        ]
    };
    let (first, second) = (fours(0), fours(4));
    for from in 0..4 {
        let parts = |four: __m512i| {
            [
                _mm512_extracti32x4_epi32::<0>(four),
                _mm512_extracti32x4_epi32::<1>(four),
                _mm512_extracti32x4_epi32::<2>(four),
                _mm512_extracti32x4_epi32::<3>(four),
            ]
        };
        for (at, (first, second)) in parts(first[from]).into_iter().zip(parts(second[from])).enumerate() {
            let lane = 4 * at + from;
            if lane >= document.lanes {
                break;
            }
            let row = document.rows[lane];
            let out = &mut document.out[row as usize * stride + begin..][..BLOCK];
            // SAFETY: two times sixteen bytes.
            unsafe {
                _mm_storeu_si128(out.as_mut_ptr().cast(), first);
                _mm_storeu_si128(out.as_mut_ptr().add(16).cast(), second);
            }
        }
    }
}

/// The next sixteen words; nothing beyond the end.
#[target_feature(enable = "avx512f")]
#[inline]
fn next_words(words: &[[u8; 2]]) -> __m512i {
    // SAFETY: 32 bytes.
    let load = |words: &[[u8; 2]; LANES]| unsafe { _mm256_loadu_si256(words.as_ptr().cast()) };
    // In two places, so that the usual case reads the stream itself and not a copy.
    _mm512_cvtepu16_epi32(match words.first_chunk() {
        Some(words) => load(words),
        None => load(&last_words(words)),
    })
}
