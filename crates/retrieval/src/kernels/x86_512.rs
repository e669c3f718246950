//! The products on AVX-512 VNNI in vectors of 512 bits: two quads of a block's eight lanes at once, the earlier one in the lower half. Four rows against four
//! blocks at a time, eight against fewer, so that eight to 24 sums stay in registers and none waits for the one before.
#![allow(unsafe_code)]
#![allow(clippy::needless_range_loop, reason = "loops over registers, each over several arrays at once")]

use std::arch::x86_64::*;

use super::Table;
use super::table::{LANES, QUAD};

/// Blocks that meet the same rows at most: with four rows their sums stay in registers, as those of eight rows and fewer blocks do.
const WIDEST: usize = 4;

/// Bytes of a quad of every lane of a block.
const HALF: usize = LANES * QUAD;

pub(super) fn vnni(table: &Table, rows: &[u8], out: &mut [i32]) {
    assert!(is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512vnni"));
    assert!(is_x86_feature_detected!("avx512vl"));
    // SAFETY: the processor has what the function is compiled for.
    unsafe { all_rows(table, rows, out) }
}

#[target_feature(enable = "avx512f,avx512vl,avx512vnni")]
fn all_rows(table: &Table, rows: &[u8], out: &mut [i32]) {
    let (width, lanes) = (table.width(), table.lanes());
    if lanes == 0 {
        return;
    }
    let whole = lanes / LANES / WIDEST * WIDEST;
    let mut eights = rows.chunks_exact(8 * width);
    let mut outs = out.chunks_exact_mut(8 * lanes);
    for (rows, out) in (&mut eights).zip(&mut outs) {
        for (rows, out) in rows.chunks_exact(4 * width).zip(out.chunks_exact_mut(4 * lanes)) {
            (0..whole).step_by(WIDEST).for_each(|block| some::<4, WIDEST>(table, rows, out, block));
        }
        last_blocks::<8>(table, rows, out, whole);
    }
    let mut fours = eights.remainder().chunks_exact(4 * width);
    let mut outs = outs.into_remainder().chunks_exact_mut(4 * lanes);
    for (rows, out) in (&mut fours).zip(&mut outs) {
        (0..whole).step_by(WIDEST).for_each(|block| some::<4, WIDEST>(table, rows, out, block));
        last_blocks::<4>(table, rows, out, whole);
    }
    let rest = fours.remainder().chunks_exact(width);
    for (row, out) in rest.zip(outs.into_remainder().chunks_exact_mut(lanes)) {
        (0..whole).step_by(WIDEST).for_each(|block| some::<1, WIDEST>(table, row, out, block));
        last_blocks::<1>(table, row, out, whole);
    }
}

/// The products of `R` rows with the blocks from `block` on, fewer than [`WIDEST`].
#[inline]
#[target_feature(enable = "avx512f,avx512vl,avx512vnni")]
fn last_blocks<const R: usize>(table: &Table, rows: &[u8], out: &mut [i32], block: usize) {
    match table.lanes() / LANES - block {
        1 => some::<R, 1>(table, rows, out, block),
        2 => some::<R, 2>(table, rows, out, block),
        3 => some::<R, 3>(table, rows, out, block),
        _ => {}
    }
}

/// The products of `R` rows with the lanes of blocks `block..block + B`.
#[inline]
#[target_feature(enable = "avx512f,avx512vl,avx512vnni")]
fn some<const R: usize, const B: usize>(table: &Table, rows: &[u8], out: &mut [i32], block: usize) {
    let (width, quads, lanes) = (table.width(), table.width() / QUAD, table.lanes());
    let values = &table.values()[block * width * LANES..(block + B) * width * LANES];
    let begins = &table.begins()[block * LANES..(block + B) * LANES];
    assert!(rows.len() == R * width && out.len() == R * lanes && (block + B) * LANES <= lanes);
    // The first number of a pair eight times, and then the second.
    let spread = _mm512_set_epi32(1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0);
    // SAFETY: `begins` holds B x 8 sums of 32 bits, `values` B x quads halves of 32 bytes, every row quads x 4 bytes, every row's out room for the block's lanes,
    // as was just checked; a pair is read only where two quads are left. All loads and stores are unaligned ones.
    unsafe {
        let mut sums = [[_mm512_setzero_si512(); B]; R];
        for b in 0..B {
            let begin = _mm512_zextsi256_si512(_mm256_loadu_si256(begins.as_ptr().add(b * LANES).cast()));
            for r in 0..R {
                sums[r][b] = begin;
            }
        }
        for pair in 0..quads / 2 {
            let mut signed = [_mm512_setzero_si512(); B];
            for b in 0..B {
                signed[b] = _mm512_loadu_si512(values.as_ptr().add((b * quads + 2 * pair) * HALF).cast());
            }
            for r in 0..R {
                let two = _mm_loadl_epi64(rows.as_ptr().add(r * width + 2 * pair * QUAD).cast());
                let unsigned = _mm512_permutexvar_epi32(spread, _mm512_castsi128_si512(two));
                for b in 0..B {
                    sums[r][b] = _mm512_dpbusd_epi32(sums[r][b], unsigned, signed[b]);
                }
            }
        }
        for r in 0..R {
            for b in 0..B {
                let upper = _mm512_extracti64x4_epi64::<1>(sums[r][b]);
                let mut sum = _mm256_add_epi32(_mm512_castsi512_si256(sums[r][b]), upper);
                if quads % 2 == 1 {
                    let last = quads - 1;
                    let signed = _mm256_loadu_si256(values.as_ptr().add((b * quads + last) * HALF).cast());
                    let four = rows.as_ptr().add(r * width + last * QUAD).cast::<i32>().read_unaligned();
                    sum = _mm256_dpbusd_epi32(sum, _mm256_set1_epi32(four), signed);
                }
                _mm256_storeu_si256(out.as_mut_ptr().add(r * lanes + (block + b) * LANES).cast(), sum);
            }
        }
    }
}
