//! Sixteen rows of a stream at once, on AVX2: eight in a vector, and of several streams side by side.
#![allow(unsafe_code)]
#![allow(clippy::needless_range_loop, reason = "loops over registers, each over several arrays at once")]

use std::arch::x86_64::*;

use super::alphabet::{TOTAL, TOTAL_BITS};
use super::reading::{Block, Reading, by_bits, last_words};
use super::scales::SCALES;
use super::stream::{BEHIND, BYTE, FREQUENCY, HIGHER_BIT, LANES};

/// Rows in a vector, and vectors for all lanes.
const HALF: usize = 8;
const HALVES: usize = LANES / HALF;

/// For each choice of eight lanes which of the next words each of them takes.
const TAKEN: [[u8; HALF]; 256] = {
    let mut taken = [[0; HALF]; 256];
    let mut choice = 0;
    while choice < 256 {
        let (mut lane, mut word) = (0, 0);
        while lane < HALF {
            taken[choice][lane] = word;
            word += (choice >> lane & 1) as u8;
            lane += 1;
        }
        choice += 1;
    }
    taken
};

/// As [`super::reading::read_block`], for each of some documents.
///
/// # Safety
///
/// The processor has AVX2, and the block's beginnings are of its levels: for each group that so many bits can name, as many levels as frequencies add up to follow.
#[target_feature(enable = "avx2,popcnt")]
pub(super) unsafe fn read_block<const N: usize>(block: Block<'_>, documents: &mut [&mut Reading<'_>; N]) {
    // SAFETY: the caller vouches for it all.
    unsafe { by_bits!(read_bits, N, block, documents) }
}

/// # Safety
///
/// As for [`read_block`]; the block has `BITS` of coarse code.
#[target_feature(enable = "avx2,popcnt")]
unsafe fn read_bits<const N: usize, const BITS: usize>(block: Block<'_>, documents: &mut [&mut Reading<'_>; N]) {
    let halves = |lanes: &[u32; LANES]| -> [__m256i; HALVES] {
        // SAFETY: eight numbers each.
        std::array::from_fn(|half| unsafe { _mm256_loadu_si256(lanes.as_ptr().add(half * HALF).cast()) })
    };
    let number = |number: u32| _mm256_set1_epi32(number as i32);
    let (nothing, one_a_lane) = (_mm256_setzero_si256(), _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128));
    // All bits of the lanes that these eight bits choose.
    let chosen = |bits: u16| _mm256_cmpeq_epi32(_mm256_and_si256(number(bits.into()), one_a_lane), one_a_lane);
    let active: [[__m256i; HALVES]; N] = std::array::from_fn(|d| {
        let all = (1u32 << documents[d].lanes) - 1;
        std::array::from_fn(|half| chosen((all >> (half * HALF)) as u16 & 0xff))
    });
    let scales: [[__m256i; HALVES]; N] = std::array::from_fn(|d| halves(&documents[d].scales));
    let planes: [[[__m256i; HALVES]; BITS]; N] = std::array::from_fn(|d| {
        let words = documents[d].planes::<BITS>(block);
        std::array::from_fn(|plane| halves(&words[plane]))
    });
    let mut state: [[__m256i; HALVES]; N] = std::array::from_fn(|d| halves(&documents[d].states));
    let mut words: [&[[u8; 2]]; N] = std::array::from_fn(|d| documents[d].words);
    let mut bytes = [[nothing; HALVES]; N];
    let mut bit = number(1);
    for (at, begins) in block.begins.iter().enumerate() {
        let begins: [__m256i; HALVES] = halves(begins);
        let mut level = [[nothing; HALVES]; N];
        for d in 0..N {
            let odd = documents[d].paths.odd(at);
            for half in 0..HALVES {
                const { assert!(SCALES == LANES) };
                let [lower, upper] =
                    begins.map(|begins| _mm256_castsi256_ps(_mm256_permutevar8x32_epi32(begins, scales[d][half])));
                // The highest bit of four says in which half the beginning stands.
                let which = _mm256_castsi256_ps(_mm256_slli_epi32::<28>(scales[d][half]));
                let begin = _mm256_castps_si256(_mm256_blendv_ps(lower, upper, which));
                let mut place = _mm256_add_epi32(begin, _mm256_and_si256(state[d][half], number(TOTAL - 1)));
                for plane in 0..BITS {
                    let set = _mm256_cmpeq_epi32(_mm256_and_si256(planes[d][plane][half], bit), bit);
                    place = _mm256_add_epi32(place, _mm256_and_si256(set, number(TOTAL << (BITS - plane))));
                }
                let odd = chosen(odd >> (half * HALF) & 0xff);
                place = _mm256_add_epi32(place, _mm256_and_si256(odd, number(TOTAL)));
                // SAFETY: the caller vouches for the places, and lanes that are not active are not looked up.
                level[d][half] = unsafe {
                    _mm256_mask_i32gather_epi32::<4>(nothing, block.levels.as_ptr().cast(), place, active[d][half])
                };
            }
        }
        for d in 0..N {
            let mut high = 0;
            for half in 0..HALVES {
                const { assert!(HIGHER_BIT == 1 << 19 && BYTE == 24) };
                let highest = _mm256_castsi256_ps(_mm256_slli_epi32::<12>(level[d][half]));
                high |= (_mm256_movemask_ps(highest) as u16) << (half * HALF);
                // The bytes before move down, and the level's own comes above them.
                let byte = _mm256_and_si256(level[d][half], number(0xff << BYTE));
                bytes[d][half] = _mm256_or_si256(_mm256_srli_epi32::<8>(bytes[d][half]), byte);
            }
            documents[d].paths.push(at, high);
        }
        for d in 0..N {
            for half in 0..HALVES {
                let behind = _mm256_srli_epi32::<{ BEHIND as i32 }>(level[d][half]);
                let behind = _mm256_and_si256(behind, number(TOTAL - 1));
                let frequency = _mm256_and_si256(level[d][half], number(FREQUENCY));
                let left = _mm256_srli_epi32::<{ TOTAL_BITS as i32 }>(state[d][half]);
                let left = _mm256_add_epi32(_mm256_mullo_epi32(frequency, left), behind);
                // Below the least state nothing stands in the upper 16 bits.
                let reads = _mm256_cmpeq_epi32(_mm256_srli_epi32::<16>(left), nothing);
                let reads = _mm256_and_si256(reads, active[d][half]);
                let choice = _mm256_movemask_ps(_mm256_castsi256_ps(reads)) as usize & 0xff;
                // SAFETY: eight bytes.
                let taken = unsafe { _mm_loadl_epi64(TAKEN[choice].as_ptr().cast()) };
                let next = _mm256_permutevar8x32_epi32(next_words(words[d]), _mm256_cvtepu8_epi32(taken));
                let read = _mm256_or_si256(_mm256_slli_epi32::<16>(left), next);
                state[d][half] = _mm256_blendv_epi8(left, read, reads);
                words[d] = words[d].get(choice.count_ones() as usize..).unwrap_or_default();
            }
        }
        if at % 4 == 3 {
            for d in 0..N {
                let mut quads = [0u32; LANES];
                for half in 0..HALVES {
                    // SAFETY: eight numbers each.
                    unsafe { _mm256_storeu_si256(quads.as_mut_ptr().add(half * HALF).cast(), bytes[d][half]) };
                }
                documents[d].write_quads(block, at / 4, &quads);
            }
        }
        bit = _mm256_add_epi32(bit, bit);
    }
    for d in 0..N {
        for half in 0..HALVES {
            // SAFETY: eight numbers each.
            unsafe { _mm256_storeu_si256(documents[d].states.as_mut_ptr().add(half * HALF).cast(), state[d][half]) };
        }
        documents[d].words = words[d];
    }
}

/// The next eight words; nothing beyond the end.
#[target_feature(enable = "avx2")]
#[inline]
fn next_words(words: &[[u8; 2]]) -> __m256i {
    // SAFETY: 16 bytes.
    let load = |words: &[[u8; 2]; HALF]| unsafe { _mm_loadu_si128(words.as_ptr().cast()) };
    // In two places, so that the usual case reads the stream itself and not a copy.
    _mm256_cvtepu16_epi32(match words.first_chunk() {
        Some(words) => load(words),
        None => load(&last_words(words)),
    })
}
