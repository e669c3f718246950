//! Sixteen rows of a stream at once, on AVX-512, and of several streams side by side.
#![allow(unsafe_code)]

use std::arch::x86_64::*;

use super::alphabet::{TOTAL, TOTAL_BITS};
use super::levels::MOST_BITS;
use super::scales::SCALES;
use super::stream::{LANES, LEAST_STATE, Reading};
use super::trellis::Path;

/// What is held of one stream.
#[derive(Clone, Copy)]
struct Held<'a> {
    active: __mmask16,
    scales: __m512i,
    planes: [__m512i; MOST_BITS as usize - 1],
    state: __m512i,
    path: __m512i,
    bytes: __m512i,
    words: &'a [[u8; 2]],
}

/// As [`super::stream::read_block`], for each of some documents.
///
/// # Safety
///
/// The processor has AVX-512, and `begins` are of `levels`: for each group that so many bits can name, as many levels as frequencies add up to follow.
#[target_feature(enable = "avx512f,popcnt")]
pub(super) unsafe fn read_block<const N: usize>(
    levels: &[u32],
    begins: &[[u32; SCALES]],
    bits: usize,
    documents: &mut [&mut Reading<'_>; N],
) {
    // SAFETY: the caller vouches for it all.
    unsafe {
        match bits {
            0 => read_bits::<N, 0>(levels, begins, documents),
            1 => read_bits::<N, 1>(levels, begins, documents),
            2 => read_bits::<N, 2>(levels, begins, documents),
            3 => read_bits::<N, 3>(levels, begins, documents),
            _ => read_bits::<N, 4>(levels, begins, documents),
        }
    }
}

/// # Safety
///
/// As for [`read_block`]; the block has `BITS` of coarse code.
#[target_feature(enable = "avx512f,popcnt")]
unsafe fn read_bits<const N: usize, const BITS: usize>(
    levels: &[u32],
    begins: &[[u32; SCALES]],
    documents: &mut [&mut Reading<'_>; N],
) {
    let load = |lanes: &[u32; LANES]| {
        // SAFETY: sixteen numbers.
        unsafe { _mm512_loadu_si512(lanes.as_ptr().cast()) }
    };
    let one = _mm512_set1_epi32(1);
    let (places, least) = (_mm512_set1_epi32(TOTAL as i32 - 1), _mm512_set1_epi32(LEAST_STATE as i32));
    let mut held: [Held<'_>; N] = std::array::from_fn(|at| {
        let document = &documents[at];
        Held {
            active: (1u32 << document.rows).wrapping_sub(1) as __mmask16,
            scales: load(&document.scales),
            planes: std::array::from_fn(|plane| load(&document.planes[plane])),
            state: load(&document.states),
            path: load(&document.paths.map(|path| path.0)),
            bytes: _mm512_setzero_si512(),
            words: document.words,
        }
    });
    for (quad, begins) in begins.chunks_exact(4).enumerate() {
        for begins in begins {
            let begins = load(begins);
            for held in &mut held {
                let mut run = _mm512_setzero_si512();
                for plane in &mut held.planes[..BITS] {
                    run = _mm512_or_si512(_mm512_slli_epi32::<1>(run), _mm512_and_si512(*plane, one));
                    *plane = _mm512_srli_epi32::<1>(*plane);
                }
                let parity = _mm512_xor_si512(_mm512_srli_epi32::<3>(held.path), _mm512_srli_epi32::<1>(held.path));
                let of_group = _mm512_or_si512(_mm512_slli_epi32::<1>(run), _mm512_and_si512(parity, one));
                let begin = _mm512_permutexvar_epi32(held.scales, begins);
                let begin = _mm512_add_epi32(begin, _mm512_slli_epi32::<TOTAL_BITS>(of_group));
                let place = _mm512_add_epi32(begin, _mm512_and_si512(held.state, places));
                // SAFETY: the caller vouches for the places, and lanes that are not active are not looked up.
                let level = unsafe {
                    _mm512_mask_i32gather_epi32::<4>(_mm512_setzero_si512(), held.active, place, levels.as_ptr().cast())
                };
                let frequency = _mm512_and_si512(level, _mm512_set1_epi32(0x3ff));
                let behind = _mm512_and_si512(_mm512_srli_epi32::<10>(level), places);
                let left = _mm512_mullo_epi32(frequency, _mm512_srli_epi32::<TOTAL_BITS>(held.state));
                let left = _mm512_add_epi32(left, behind);
                let reads = _mm512_mask_cmplt_epu32_mask(held.active, left, least);
                let next = _mm512_maskz_expand_epi32(reads, next_words(held.words));
                held.state = _mm512_mask_or_epi32(left, reads, _mm512_slli_epi32::<16>(left), next);
                held.words = held.words.get(reads.count_ones() as usize..).unwrap_or_default();
                let newest = _mm512_xor_si512(_mm512_srli_epi32::<27>(level), _mm512_srli_epi32::<5>(held.path));
                let newest = _mm512_and_si512(_mm512_xor_si512(newest, held.path), one);
                held.path = _mm512_or_si512(_mm512_slli_epi32::<1>(held.path), newest);
                let byte = _mm512_slli_epi32::<24>(_mm512_srli_epi32::<19>(level));
                held.bytes = _mm512_or_si512(_mm512_srli_epi32::<8>(held.bytes), byte);
            }
        }
        for (held, document) in held.iter().zip(&mut *documents) {
            // SAFETY: sixteen numbers.
            unsafe { _mm512_storeu_si512(document.bytes[quad].as_mut_ptr().cast(), held.bytes) };
        }
    }
    for (held, document) in held.iter().zip(documents) {
        let mut paths = [0u32; LANES];
        // SAFETY: sixteen numbers, twice.
        unsafe {
            _mm512_storeu_si512(document.states.as_mut_ptr().cast(), held.state);
            _mm512_storeu_si512(paths.as_mut_ptr().cast(), held.path);
        }
        document.paths = paths.map(Path);
        // Of the same stream as before.
        let read = document.words.len() - held.words.len();
        document.words = &document.words[read..];
    }
}

/// The next sixteen words; nothing beyond the end.
#[target_feature(enable = "avx512f")]
#[inline]
fn next_words(words: &[[u8; 2]]) -> __m512i {
    let words = match words.first_chunk::<LANES>() {
        Some(words) => *words,
        None => last_words(words),
    };
    // SAFETY: 32 bytes.
    _mm512_cvtepu16_epi32(unsafe { _mm256_loadu_si256(words.as_ptr().cast()) })
}

#[cold]
fn last_words(words: &[[u8; 2]]) -> [[u8; 2]; LANES] {
    let mut last = [[0; 2]; LANES];
    last.iter_mut().zip(words).for_each(|(to, word)| *to = *word);
    last
}
