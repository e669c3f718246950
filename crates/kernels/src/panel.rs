//! Products of a few rows with a panel of sixteen columns: the inner loop of attention.
//!
//! Six rows by sixteen columns are as many sums as AVX2's registers hold; a step of the inner dimension is two loads of the panel and a broadcast a row.

#![allow(unsafe_code)]

/// Columns of a panel.
pub(crate) const COLUMNS: usize = 16;
/// Rows that are multiplied at once.
pub(crate) const ROWS: usize = 6;

/// `to [rows, 16] (+)= left [rows, inner] · panel [inner, 16]` for at most [`ROWS`] rows, which lie `left_row` and `to_row` apart.
///
/// With AVX2 products and sums are fused; elsewhere they may be rounded one by one.
#[allow(clippy::too_many_arguments, reason = "three matrices and their sizes")]
pub(crate) fn product(
    rows: usize,
    inner: usize,
    left: &[f32],
    left_row: usize,
    panel: &[f32],
    to: &mut [f32],
    to_row: usize,
    add: bool,
) {
    assert!((1..=ROWS).contains(&rows) && inner > 0);
    assert!((rows - 1) * left_row + inner <= left.len() && inner * COLUMNS <= panel.len());
    assert!((rows - 1) * to_row + COLUMNS <= to.len() && (rows == 1 || to_row >= COLUMNS));
    let (left, panel, to) = (left.as_ptr(), panel.as_ptr(), to.as_mut_ptr());
    /// One of the functions of this file for a number of rows that is known at run time.
    macro_rules! of_rows {
        ($function:ident) => {
            match rows {
                1 => $function::<1>(inner, left, left_row, panel, to, to_row, add),
                2 => $function::<2>(inner, left, left_row, panel, to, to_row, add),
                3 => $function::<3>(inner, left, left_row, panel, to, to_row, add),
                4 => $function::<4>(inner, left, left_row, panel, to, to_row, add),
                5 => $function::<5>(inner, left, left_row, panel, to, to_row, add),
                _ => $function::<6>(inner, left, left_row, panel, to, to_row, add),
            }
        };
    }
    // SAFETY: the assertions above keep every access within its slice; AVX2 is asked for before it is used.
    unsafe {
        #[cfg(target_arch = "x86_64")]
        if crate::simd::has_avx2() {
            return of_rows!(avx2);
        }
        of_rows!(portable)
    }
}

/// # Safety
/// The processor has AVX2 and FMA; the pointers reach as far as [`product`] asserts.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn avx2<const R: usize>(
    inner: usize,
    left: *const f32,
    left_row: usize,
    panel: *const f32,
    to: *mut f32,
    to_row: usize,
    add: bool,
) {
    use std::arch::x86_64::{
        _mm256_broadcast_ss, _mm256_fmadd_ps, _mm256_loadu_ps, _mm256_setzero_ps, _mm256_storeu_ps,
    };
    // SAFETY: see above.
    unsafe {
        let mut sums = [[_mm256_setzero_ps(); 2]; R];
        if add {
            for (row, sums) in sums.iter_mut().enumerate() {
                *sums = [_mm256_loadu_ps(to.add(row * to_row)), _mm256_loadu_ps(to.add(row * to_row + 8))];
            }
        }
        for step in 0..inner {
            let low = _mm256_loadu_ps(panel.add(step * COLUMNS));
            let high = _mm256_loadu_ps(panel.add(step * COLUMNS + 8));
            for (row, sums) in sums.iter_mut().enumerate() {
                let factor = _mm256_broadcast_ss(&*left.add(row * left_row + step));
                *sums = [_mm256_fmadd_ps(factor, low, sums[0]), _mm256_fmadd_ps(factor, high, sums[1])];
            }
        }
        for (row, sums) in sums.iter().enumerate() {
            _mm256_storeu_ps(to.add(row * to_row), sums[0]);
            _mm256_storeu_ps(to.add(row * to_row + 8), sums[1]);
        }
    }
}

/// # Safety
/// The pointers reach as far as [`product`] asserts.
unsafe fn portable<const R: usize>(
    inner: usize,
    left: *const f32,
    left_row: usize,
    panel: *const f32,
    to: *mut f32,
    to_row: usize,
    add: bool,
) {
    // SAFETY: see above.
    unsafe {
        let mut sums = [[0f32; COLUMNS]; R];
        if add {
            for (row, sums) in sums.iter_mut().enumerate() {
                *sums = *to.add(row * to_row).cast();
            }
        }
        for step in 0..inner {
            let panel: &[f32; COLUMNS] = &*panel.add(step * COLUMNS).cast();
            for (row, sums) in sums.iter_mut().enumerate() {
                let factor = *left.add(row * left_row + step);
                for (sum, column) in sums.iter_mut().zip(panel) {
                    // 64-bit ARM fuses them in one instruction; where there is none, a fused step would be a call.
                    *sum = if cfg!(target_arch = "aarch64") {
                        factor.mul_add(*column, *sum)
                    } else {
                        factor * column + *sum
                    };
                }
            }
        }
        for (row, sums) in sums.into_iter().enumerate() {
            *to.add(row * to_row).cast() = sums;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_give_the_plain_sums() {
        let wave = |count: usize, step: f64| -> Vec<f32> {
            (0..count).map(|i| ((i as f64 * step).sin() * 43758.5453).fract() as f32).collect()
        };
        for rows in 1..=ROWS {
            for inner in [1, 7, 80, 128] {
                let (left, panel) = (wave(rows * (inner + 3), 12.9898), wave(inner * COLUMNS, 78.233));
                for add in [false, true] {
                    let before = wave(rows * 20, 3.7);
                    let (mut chosen, mut plain) = (before.clone(), before.clone());
                    product(rows, inner, &left, inner + 3, &panel, &mut chosen, 20, add);
                    for row in 0..rows {
                        let (left, to) = (left[row * (inner + 3)..].as_ptr(), plain[row * 20..].as_mut_ptr());
                        // SAFETY: a row of `left` holds `inner` numbers, one of `plain` twenty.
                        unsafe { portable::<1>(inner, left, 0, panel.as_ptr(), to, 0, add) };
                        for column in 0..20 {
                            let at = row * 20 + column;
                            let mut expected = if add || column >= COLUMNS { f64::from(before[at]) } else { 0.0 };
                            if column < COLUMNS {
                                let factor = |step| f64::from(unsafe { *left.add(step) });
                                expected += (0..inner)
                                    .map(|step| factor(step) * f64::from(panel[step * COLUMNS + column]))
                                    .sum::<f64>();
                            }
                            for found in [chosen[at], plain[at]] {
                                assert!((f64::from(found) - expected).abs() < 1e-5, "{rows} {inner} {row} {column}");
                            }
                        }
                    }
                }
            }
        }
    }
}
