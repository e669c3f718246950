//! The products on AVX2: two rows against four blocks at a time, so that eight sums stay in registers.
#![allow(unsafe_code)]
#![allow(clippy::needless_range_loop, reason = "loops over registers, each over several arrays at once")]

use std::arch::x86_64::*;

use super::Table;
use super::table::{LANES, QUAD};

/// Bytes of a vector, which holds one quad of every lane of a block.
const VECTOR: usize = LANES * QUAD;

/// `held[..] += unsigned[4 lane..4 lane + 4] . signed[4 lane..4 lane + 4]`, products of pairs held in 16 bits: the caller knows how many fit.
#[inline(always)]
unsafe fn add(held: __m256i, unsigned: __m256i, signed: __m256i) -> __m256i {
    // SAFETY: register to register; the caller vouches for AVX2.
    unsafe { _mm256_add_epi16(held, _mm256_maddubs_epi16(unsigned, signed)) }
}

/// Adds what [`add`] holds to sums of 32 bits.
#[inline(always)]
unsafe fn widen(sums: __m256i, held: __m256i) -> __m256i {
    // SAFETY: as above.
    unsafe { _mm256_add_epi32(sums, _mm256_madd_epi16(held, _mm256_set1_epi16(1))) }
}

pub(super) fn avx2(table: &Table, rows: &[u8], out: &mut [i32]) {
    assert!(is_x86_feature_detected!("avx2"));
    // SAFETY: the processor has AVX2.
    unsafe { avx2_rows(table, rows, out) }
}

#[target_feature(enable = "avx2")]
unsafe fn avx2_rows(table: &Table, rows: &[u8], out: &mut [i32]) {
    // SAFETY: this function's instructions are AVX2, and no more quads are summed in 16 bits than the table says.
    unsafe {
        match table.depth() {
            8.. => all_rows::<8>(table, rows, out),
            4.. => all_rows::<4>(table, rows, out),
            2.. => all_rows::<2>(table, rows, out),
            _ => all_rows::<1>(table, rows, out),
        }
    }
}

#[inline(always)]
unsafe fn all_rows<const D: usize>(table: &Table, rows: &[u8], out: &mut [i32]) {
    let (width, lanes) = (table.width(), table.lanes());
    if lanes == 0 {
        return;
    }
    let mut pairs = rows.chunks_exact(2 * width);
    let mut outs = out.chunks_exact_mut(2 * lanes);
    for (pair, out) in (&mut pairs).zip(&mut outs) {
        let (first, second) = pair.split_at(width);
        let (out_first, out_second) = out.split_at_mut(lanes);
        // SAFETY: two rows of the table's width, room for the lanes of each.
        unsafe { some_rows::<D, 2>(table, [first, second], [out_first, out_second]) }
    }
    let (last, rest) = (pairs.remainder(), outs.into_remainder());
    if last.len() == width && rest.len() == lanes {
        // SAFETY: one row of the table's width, room for its lanes.
        unsafe { some_rows::<D, 1>(table, [last], [rest]) }
    }
}

/// # Safety
///
/// Each of `rows` is as wide as the table, each of `outs` as long as its lanes; the processor has AVX2.
#[inline(always)]
unsafe fn some_rows<const D: usize, const R: usize>(table: &Table, rows: [&[u8]; R], mut outs: [&mut [i32]; R]) {
    let blocks = table.lanes() / LANES;
    let mut block = 0;
    // Narrow sums of many quads stay in registers only where there are few of them.
    while D < 4 && block + 4 <= blocks {
        // SAFETY: four blocks are left.
        unsafe { some_blocks::<D, R, 4>(table, &rows, &mut outs, block) }
        block += 4;
    }
    while block + 2 <= blocks {
        // SAFETY: two blocks are left.
        unsafe { some_blocks::<D, R, 2>(table, &rows, &mut outs, block) }
        block += 2;
    }
    while block < blocks {
        // SAFETY: one block is left.
        unsafe { some_blocks::<D, R, 1>(table, &rows, &mut outs, block) }
        block += 1;
    }
}

/// # Safety
///
/// As for [`some_rows`], and blocks `block..block + B` exist. `D` quads are summed before they are widened: for AVX2 no more than the table's depth.
#[inline(always)]
unsafe fn some_blocks<const D: usize, const R: usize, const B: usize>(
    table: &Table,
    rows: &[&[u8]; R],
    outs: &mut [&mut [i32]; R],
    block: usize,
) {
    let (width, quads) = (table.width(), table.width() / QUAD);
    let values = &table.values()[block * width * LANES..(block + B) * width * LANES];
    let begins = &table.begins()[block * LANES..(block + B) * LANES];
    assert!(rows.iter().all(|r| r.len() == width) && outs.iter().all(|o| o.len() >= (block + B) * LANES));
    // SAFETY: `begins` holds B x 8 sums of 32 bits; `values` B x quads vectors of 32 bytes; every row quads x 4 bytes;
    // every out (block + B) x 8 sums. All loads and stores are unaligned ones.
    unsafe {
        let mut sums = [[_mm256_setzero_si256(); B]; R];
        for r in 0..R {
            for b in 0..B {
                sums[r][b] = _mm256_loadu_si256(begins.as_ptr().add(b * LANES).cast());
            }
        }
        let whole = quads / D * D;
        for quad in (0..whole).step_by(D) {
            some_quads::<D, R, B>(values, quads, rows, quad, &mut sums);
        }
        for quad in whole..quads {
            some_quads::<1, R, B>(values, quads, rows, quad, &mut sums);
        }
        for r in 0..R {
            for b in 0..B {
                _mm256_storeu_si256(outs[r].as_mut_ptr().add((block + b) * LANES).cast(), sums[r][b]);
            }
        }
    }
}

/// Adds the products of quads `quad..quad + D`.
///
/// # Safety
///
/// `values` holds `B x quads` vectors of 32 bytes, every row `quads x 4` bytes, and `quad + D` is at most `quads`; the processor has AVX2,
/// whose narrow sums take `D` products.
#[inline(always)]
unsafe fn some_quads<const D: usize, const R: usize, const B: usize>(
    values: &[i8],
    quads: usize,
    rows: &[&[u8]; R],
    quad: usize,
    sums: &mut [[__m256i; B]; R],
) {
    // SAFETY: the caller vouches for the lengths. All loads are unaligned ones.
    unsafe {
        let mut held = [[_mm256_setzero_si256(); B]; R];
        for quad in quad..quad + D {
            let mut signed = [_mm256_setzero_si256(); B];
            for b in 0..B {
                signed[b] = _mm256_loadu_si256(values.as_ptr().add((b * quads + quad) * VECTOR).cast());
            }
            for r in 0..R {
                let four = rows[r].as_ptr().add(quad * QUAD).cast::<i32>().read_unaligned();
                let unsigned = _mm256_set1_epi32(four);
                for b in 0..B {
                    held[r][b] = add(held[r][b], unsigned, signed[b]);
                }
            }
        }
        for r in 0..R {
            for b in 0..B {
                sums[r][b] = widen(sums[r][b], held[r][b]);
            }
        }
    }
}
