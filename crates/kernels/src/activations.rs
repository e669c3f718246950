//! Inputs of a quantised product, rounded so that the products are whole numbers.
//!
//! For the K formats to signed bytes with one scale for each 256 numbers, with the sums that minima and offsets are multiplied by. For Q8_0,
//! whose kernel multiplies 16-bit numbers anyway, to 16 bits with a scale for each 32: there the weights alone are rounded.

use crate::{
    KernelError, Pool,
    error::expect_length,
    format::{Format, SMALL, SUPER},
    pool::Disjoint,
    simd::vectorised,
};

/// `m` inputs of `columns` numbers, rounded once for all matrices of formats of one kind that they go through.
pub struct Activations {
    pub(crate) m: usize,
    pub(crate) columns: usize,
    pub(crate) numbers: Numbers,
}

/// The rounded numbers, row after row.
pub(crate) enum Numbers {
    /// For Q4_K and Q6_K.
    Bytes {
        /// `[m, columns]`, −127 to 127.
        q: Vec<i8>,
        /// `[m, columns / 256]`.
        d: Vec<f32>,
        /// `[m, columns / 16]`, sums of 16 neighbours.
        sums16: Vec<i16>,
        /// `[m, columns / 32]`, sums of 32 neighbours.
        sums32: Vec<i16>,
    },
    /// For Q8_0.
    Words {
        /// `[m, columns]`.
        q: Vec<i16>,
        /// `[m, columns / 32]`.
        d: Vec<f32>,
    },
}

impl Activations {
    /// Rounds `input` (`[m, columns]`) for matrices of `format`.
    pub fn new(format: Format, input: &[f32], m: usize, columns: usize, pool: &Pool) -> Result<Self, KernelError> {
        expect_length("the input of a product", m.checked_mul(columns), input.len())?;
        if columns == 0 || !columns.is_multiple_of(format.block_columns()) {
            return Err(KernelError::Columns { format: format.name(), block: format.block_columns(), columns });
        }
        let numbers = match format {
            Format::Q4K | Format::Q6K => {
                let mut q = vec![0; input.len()];
                let mut d = vec![0.0; input.len() / SUPER];
                let mut sums16 = vec![0; input.len() / 16];
                let mut sums32 = vec![0; input.len() / 32];
                round_rows_to_bytes(pool, columns, input, &mut q, &mut d, &mut sums16, &mut sums32);
                Numbers::Bytes { q, d, sums16, sums32 }
            }
            Format::Q8_0 => {
                let mut q = vec![0; input.len()];
                let mut d = vec![0.0; input.len() / SMALL];
                round_rows_to_words(pool, columns, input, &mut q, &mut d);
                Numbers::Words { q, d }
            }
        };
        Ok(Self { m, columns, numbers })
    }

    /// Whether these can be multiplied by matrices of the format.
    pub fn suit(&self, format: Format) -> bool {
        match format {
            Format::Q4K | Format::Q6K => matches!(self.numbers, Numbers::Bytes { .. }),
            Format::Q8_0 => matches!(self.numbers, Numbers::Words { .. }),
        }
    }
}

fn round_rows_to_bytes(
    pool: &Pool,
    columns: usize,
    input: &[f32],
    q: &mut [i8],
    d: &mut [f32],
    sums16: &mut [i16],
    sums32: &mut [i16],
) {
    let rows = input.len() / columns;
    let run = rows_at_once(pool, rows, columns);
    let (q, d) = (Disjoint::new(q), Disjoint::new(d));
    let (sums16, sums32) = (Disjoint::new(sums16), Disjoint::new(sums32));
    pool.run(rows.div_ceil(run), &|item| {
        let (start, count) = (item * run * columns, run.min(rows - item * run) * columns);
        #[allow(unsafe_code)]
        // SAFETY: each item is called once, and the runs of rows of different items don't overlap.
        let (q, d, sums16, sums32) = unsafe {
            (
                q.part(start, count),
                d.part(start / SUPER, count / SUPER),
                sums16.part(start / 16, count / 16),
                sums32.part(start / 32, count / 32),
            )
        };
        round_to_bytes(&input[start..start + count], q, d, sums16, sums32);
    });
}

fn round_rows_to_words(pool: &Pool, columns: usize, input: &[f32], q: &mut [i16], d: &mut [f32]) {
    let rows = input.len() / columns;
    let run = rows_at_once(pool, rows, columns);
    let (q, d) = (Disjoint::new(q), Disjoint::new(d));
    pool.run(rows.div_ceil(run), &|item| {
        let (start, count) = (item * run * columns, run.min(rows - item * run) * columns);
        #[allow(unsafe_code)]
        // SAFETY: each item is called once, and the runs of rows of different items don't overlap.
        let (q, d) = unsafe { (q.part(start, count), d.part(start / SMALL, count / SMALL)) };
        round_to_words(&input[start..start + count], q, d);
    });
}

/// Rows that one item rounds: one row takes a microsecond or two, too little to hand out.
fn rows_at_once(pool: &Pool, rows: usize, columns: usize) -> usize {
    (rows.div_ceil(4 * pool.threads())).max(16 * 1024 / columns).max(1)
}

/// Added to and taken from a number below 2²² it leaves the nearest whole one, in the lowest bits of its representation.
const ROUNDING: f32 = 12_582_912.0;

vectorised! {
    fn round_to_bytes(input: &[f32], q: &mut [i8], d: &mut [f32], sums16: &mut [i16], sums32: &mut [i16]) {
        let outputs = q.chunks_exact_mut(SUPER).zip(d).zip(sums16.chunks_exact_mut(16)).zip(sums32.chunks_exact_mut(8));
        for (input, (((q, d), sums16), sums32)) in input.chunks_exact(SUPER).zip(outputs) {
            let (largest, probe) = largest_of(input);
            // Infinite or undefined numbers make the scale undefined, so that the outputs say so as well.
            *d = largest / 127.0 + probe;
            let inverse = if largest > 0.0 && probe == 0.0 { 127.0 / largest } else { 0.0 };
            for ((q, input), sum) in q.chunks_exact_mut(16).zip(input.chunks_exact(16)).zip(&mut *sums16) {
                let mut total = 0i32;
                for (q, &value) in q.iter_mut().zip(input) {
                    let number = ((value * inverse + ROUNDING).to_bits() as i32).wrapping_sub(ROUNDING.to_bits() as i32);
                    let number = number.clamp(-127, 127);
                    *q = number as i8;
                    total += number;
                }
                *sum = total as i16;
            }
            for (sum, halves) in sums32.iter_mut().zip(sums16.chunks_exact(2)) {
                *sum = halves[0] + halves[1];
            }
        }
    }
}

vectorised! {
    fn round_to_words(input: &[f32], q: &mut [i16], d: &mut [f32]) {
        for (input, (q, d)) in input.chunks_exact(SMALL).zip(q.chunks_exact_mut(SMALL).zip(d)) {
            let (largest, probe) = largest_of(input);
            *d = largest / 32767.0 + probe;
            let inverse = if largest > 0.0 && probe == 0.0 { 32767.0 / largest } else { 0.0 };
            for (q, &value) in q.iter_mut().zip(input) {
                let number = ((value * inverse + ROUNDING).to_bits() as i32).wrapping_sub(ROUNDING.to_bits() as i32);
                *q = number.clamp(-32767, 32767) as i16;
            }
        }
    }
}

/// The largest magnitude, and 0 if all numbers are finite, otherwise NaN.
#[inline(always)]
fn largest_of(input: &[f32]) -> (f32, f32) {
    let mut lanes = [0f32; 8];
    let mut probes = [0f32; 8];
    for input in input.chunks_exact(8) {
        for lane in 0..8 {
            let size = input[lane].abs();
            lanes[lane] = if size > lanes[lane] { size } else { lanes[lane] };
            probes[lane] += input[lane] * 0.0;
        }
    }
    (lanes.iter().fold(0f32, |most, &lane| most.max(lane)), probes.iter().sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_sums_agree_with_the_input() {
        let pool = Pool::new(2);
        let (m, columns) = (5, 768);
        let input: Vec<f32> =
            (0..m * columns).map(|i| ((i * 7919 % 1013) as f32 - 500.0) * 0.01 * (i / 256) as f32).collect();
        let activations = Activations::new(Format::Q4K, &input, m, columns, &pool).unwrap();
        let Numbers::Bytes { q, d, sums16, sums32 } = &activations.numbers else { panic!("bytes") };
        for (i, value) in input.iter().enumerate() {
            assert!((value - f32::from(q[i]) * d[i / 256]).abs() <= d[i / 256] * 0.5001, "{i}");
        }
        for (i, &sum) in sums16.iter().enumerate() {
            assert_eq!(i32::from(sum), q[i * 16..i * 16 + 16].iter().map(|&q| i32::from(q)).sum::<i32>());
        }
        for (i, &sum) in sums32.iter().enumerate() {
            assert_eq!(sum, sums16[i * 2] + sums16[i * 2 + 1]);
        }
        let activations = Activations::new(Format::Q8_0, &input, m, columns, &pool).unwrap();
        let Numbers::Words { q, d } = &activations.numbers else { panic!("words") };
        for (i, value) in input.iter().enumerate() {
            assert!((value - f32::from(q[i]) * d[i / 32]).abs() <= d[i / 32] * 0.502, "{i}");
        }
    }

    #[test]
    fn what_is_not_finite_shows_in_the_scale() {
        let pool = Pool::new(1);
        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let mut input = vec![1.0; 512];
            input[300] = bad;
            let activations = Activations::new(Format::Q6K, &input, 1, 512, &pool).unwrap();
            let Numbers::Bytes { d, .. } = &activations.numbers else { panic!("bytes") };
            assert!(d[0].is_finite() && d[1].is_nan());
        }
        assert!(Activations::new(Format::Q6K, &[0.0; 300], 1, 300, &pool).is_err());
        assert!(Activations::new(Format::Q6K, &[0.0; 300], 1, 256, &pool).is_err());
        assert!(Activations::new(Format::Q6K, &[0.0; 300], usize::MAX, 256, &pool).is_err());
    }
}
