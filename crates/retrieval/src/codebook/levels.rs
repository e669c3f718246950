//! Levels of numbers of unit variance, in two depths: those of the trellis (see [`super::trellis`]), for each number of bits, and runs of neighbours among them,
//! which the coarse code tells apart. Training begins from Lloyd's quantiser (Lloyd, 1982; Max, 1960) on how the numbers are really spread.

use super::basis::BLOCK;
use super::trellis::Trellis;
use crate::kernels::FINE_CENTRE;

/// Cells that numbers are counted in.
pub(crate) const CELLS: usize = 4096;
/// They reach this many standard deviations to either side.
const REACH: f32 = 6.0;
/// Most bits that coarse and fine code take together: the trellis has levels of one bit more.
pub(crate) const MOST_BITS: u8 = 5;
/// Rounds of choosing paths and moving levels to the mean of what chose them.
const ROUNDS: usize = 5;

/// What bytes of the coarse code are counted from, from which candidates are only ranked: up to eight products of such bytes are summed in 16 bits.
pub(crate) const COARSE_CENTRE: i32 = 7;

/// Levels for numbers of unit variance.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Levels {
    /// For each number of bits from one on, the bytes (0 to 254, about 127) of the `2^(bits + 1)` levels of the trellis; and what a step of all of them is worth.
    pub(super) full: Vec<Vec<u8>>,
    pub(super) full_step: f32,
    /// For each number of coarse bits from none on, the bytes (0 to 14, about 7) of the `2^bits` runs of levels, and what a step of these is worth.
    pub(super) coarse: Vec<(Vec<u8>, f32)>,
}

impl Levels {
    /// What the levels of coarse and fine code together stand for, `bits` of them, at least one.
    pub(crate) fn values(&self, bits: u8) -> Vec<f32> {
        let full = &self.full[usize::from(bits) - 1];
        full.iter().map(|&b| (f32::from(b) - FINE_CENTRE as f32) * self.full_step).collect()
    }

    /// The bytes that [`Levels::values`] come from, and how much they are worth.
    pub(crate) fn full(&self, bits: u8) -> &[u8] {
        &self.full[usize::from(bits) - 1]
    }

    /// The bytes of the runs that `bits` tell apart, and what a step of them is worth.
    pub(crate) fn coarse(&self, bits: u8) -> (&[u8], f32) {
        let (bytes, step) = &self.coarse[usize::from(bits)];
        (bytes, *step)
    }

    /// Trains the levels of every number of bits on `rows` (`[count, width]`, numbers of about unit variance): a path goes through all numbers of a row. Also
    /// returns the mean squared error with each number of bits, from none on.
    pub(crate) fn train(rows: &[f32], width: usize) -> (Self, [f64; MOST_BITS as usize + 1]) {
        let counts = counts(rows);
        let mut errors = [1.0; MOST_BITS as usize + 1];
        let trained: Vec<Trained> = (1..=MOST_BITS).map(|bits| train_one(rows, width, &counts, bits)).collect();
        errors[1..].iter_mut().zip(&trained).for_each(|(error, trained)| *error = trained.error);
        let largest = trained.iter().flat_map(|t| &t.values).fold(0.0f32, |m, v| m.max(v.abs()));
        let full_step = largest / FINE_CENTRE as f32;
        let full = trained.iter().map(|t| to_bytes(&t.values, full_step, FINE_CENTRE)).collect();
        // Runs of the most levels that there are: those of fewer end nearly where these do.
        let Some(Trained { values, shares, .. }) = trained.last() else { unreachable!("there are numbers of bits") };
        let coarse = (0..MOST_BITS).map(|bits| {
            let run = values.len() >> bits;
            let mean = |(values, shares): (&[f32], &[u32])| {
                let weights = || shares.iter().map(|&s| s as f32 + 1e-3);
                values.iter().zip(weights()).map(|(v, w)| v * w).sum::<f32>() / weights().sum::<f32>()
            };
            let means: Vec<f32> = values.chunks(run).zip(shares.chunks(run)).map(mean).collect();
            let step = means.iter().fold(0.0f32, |m, v| m.max(v.abs())) / COARSE_CENTRE as f32;
            (to_bytes(&means, step, COARSE_CENTRE), step)
        });
        (Self { full, full_step, coarse: coarse.collect() }, errors)
    }
}

/// Levels of one number of bits: what they stand for, how many numbers chose each, and the mean squared error.
struct Trained {
    values: Vec<f32>,
    shares: Vec<u32>,
    error: f64,
}

fn train_one(rows: &[f32], width: usize, counts: &[u64], bits: u8) -> Trained {
    let begin = means(counts, &lloyd(counts, 2 << bits)).into_iter().map(|m| m as f32).collect();
    let mut trained = Trained { values: begin, shares: Vec::new(), error: 1.0 };
    let (mut levels, mut path) = (vec![0u8; rows.len()], vec![0u8; rows.len()]);
    let mut trellis = Trellis::default();
    for _ in 0..ROUNDS {
        let every = vec![trained.values.clone(); width / BLOCK];
        trellis.quantise(rows, width, &every, &mut levels, &mut path);
        let mut sums = vec![0.0f64; trained.values.len()];
        trained.shares = vec![0; trained.values.len()];
        trained.error = 0.0;
        for (&level, &number) in levels.iter().zip(rows) {
            let level = usize::from(level);
            sums[level] += f64::from(number);
            trained.shares[level] += 1;
            trained.error += f64::from(number - trained.values[level]).powi(2);
        }
        trained.error /= rows.len().max(1) as f64;
        for ((value, sum), &share) in trained.values.iter_mut().zip(&sums).zip(&trained.shares) {
            *value = if share > 0 { (sum / f64::from(share)) as f32 } else { *value };
        }
    }
    trained
}

/// How many of the numbers lie in each cell.
pub(crate) fn counts(numbers: &[f32]) -> Vec<u64> {
    let mut counts = vec![0u64; CELLS];
    numbers.iter().for_each(|&number| counts[cell_of(number)] += 1);
    counts
}

/// The mean squared error of numbers spread as `counts` says, in squared standard deviations, with the best `2^bits` levels of each number by itself.
pub(crate) fn lloyd_error(counts: &[u64], bits: u8) -> f64 {
    let ends = lloyd(counts, 1 << bits);
    let means = means(counts, &ends);
    let (mut begin, mut sum, mut all) = (0, 0.0, 0u64);
    for (&end, mean) in ends.iter().zip(&means) {
        for (cell, &count) in (begin..end).zip(&counts[begin..end]) {
            sum += count as f64 * (middle(cell) - mean).powi(2);
            all += count;
        }
        begin = end;
    }
    sum / all.max(1) as f64
}

/// The cell of a number in standard deviations.
#[inline]
fn cell_of(normal: f32) -> usize {
    const SCALE: f32 = CELLS as f32 / (2.0 * REACH);
    ((normal * SCALE + CELLS as f32 / 2.0) as i32).clamp(0, CELLS as i32 - 1) as usize
}

/// The number in the middle of a cell, in standard deviations.
fn middle(cell: usize) -> f64 {
    (cell as f64 + 0.5 - CELLS as f64 / 2.0) * (2.0 * f64::from(REACH) / CELLS as f64)
}

/// Splits the cells into `parts` runs with the least squared error; returns where each ends. Runs may be empty.
fn lloyd(counts: &[u64], parts: usize) -> Vec<usize> {
    let (begin, end) = (0, counts.len());
    // A little of everything, so that runs without numbers are spread evenly and not all in one place.
    let weight = |cell: usize| counts[cell] as f64 + 1e-3;
    let all: f64 = (begin..end).map(weight).sum();
    let mut ends = Vec::with_capacity(parts);
    let (mut held, mut cell) = (0.0, begin);
    for part in 1..=parts {
        while cell < end && (held < all * part as f64 / parts as f64 || part == parts) {
            held += weight(cell);
            cell += 1;
        }
        ends.push(cell);
    }
    for _ in 0..200 {
        let before = ends.clone();
        let mut from = begin;
        let means: Vec<f64> = before
            .iter()
            .map(|&to| {
                let (sum, count) = (from..to).fold((0.0, 0.0), |(s, c), i| (s + weight(i) * middle(i), c + weight(i)));
                let mean = if count > 0.0 { sum / count } else { middle(to.min(CELLS - 1)) };
                from = to;
                mean
            })
            .collect();
        for part in 0..parts - 1 {
            let border = (means[part] + means[part + 1]) / 2.0;
            let low = if part == 0 { begin } else { ends[part - 1] };
            ends[part] = cell_of(border as f32).clamp(low, end);
        }
        if ends == before {
            break;
        }
    }
    ends
}

/// The mean of each run, in standard deviations.
fn means(counts: &[u64], ends: &[usize]) -> Vec<f64> {
    let mut begin = 0;
    ends.iter()
        .map(|&end| {
            let weight = |cell: usize| counts[cell] as f64 + 1e-3;
            let (sum, count) = (begin..end).fold((0.0, 0.0), |(s, c), i| (s + weight(i) * middle(i), c + weight(i)));
            let mean = if count > 0.0 { sum / count } else { middle(end.min(CELLS - 1)) };
            begin = end;
            mean
        })
        .collect()
}

/// Levels as bytes about `centre`, of which a step is worth `step`.
fn to_bytes(levels: &[f32], step: f32, centre: i32) -> Vec<u8> {
    let inverse = if step > 0.0 { 1.0 / step } else { 0.0 };
    levels.iter().map(|v| ((v * inverse).round() as i32 + centre).clamp(0, 2 * centre) as u8).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codebook::Random;

    /// As many numbers in each cell as a normal distribution has there.
    fn normal() -> Vec<u64> {
        (0..CELLS).map(|c| (1e6 * (-middle(c).powi(2) / 2.0).exp()) as u64).collect()
    }

    #[test]
    fn errors_are_those_of_max() {
        // J. Max, Quantizing for minimum distortion, 1960, table I.
        for (bits, expected) in [(1, 0.3634), (2, 0.1175), (3, 0.03454), (4, 0.009497)] {
            let error = lloyd_error(&normal(), bits);
            // The borders lie between cells, which costs a little.
            assert!((error / expected - 1.0).abs() < 0.03, "{bits} bits: {error}");
        }
    }

    /// As wide as rows are: a path begins in one state, so that its first numbers have less to choose from.
    const WIDTH: usize = 4 * BLOCK;

    fn numbers() -> Vec<f32> {
        let mut random = Random::new(4);
        (0..200 * WIDTH).map(|_| random.normal() as f32).collect()
    }

    #[test]
    fn runs_of_levels_are_the_coarse_ones() {
        let (levels, _) = Levels::train(&numbers(), WIDTH);
        let (coarse, step) = levels.coarse(2);
        for bits in 3..=MOST_BITS {
            let values = levels.values(bits);
            assert_eq!((coarse.len(), values.len()), (4, 2 << bits));
            for (coarse, run) in coarse.iter().zip(values.chunks(values.len() / 4)) {
                let value = (f32::from(*coarse) - 7.0) * step;
                assert!(run[0] < value && value < run[run.len() - 1] && run.is_sorted(), "{value} {run:?}");
            }
        }
    }

    #[test]
    fn the_trellis_lessens_the_error() {
        let rows = numbers();
        let (levels, trained) = Levels::train(&rows, WIDTH);
        // What Lloyd's quantiser leaves of a normal distribution, and what no code can go below (Marcellin and Fischer, 1990, table IV).
        for (bits, lloyd, least) in
            [(1, 0.3634, 0.25), (2, 0.1175, 0.0625), (3, 0.03454, 0.015_63), (4, 0.009497, 0.003_91)]
        {
            let (mut chosen, mut path) = (vec![0; rows.len()], vec![0; rows.len()]);
            let values = levels.values(bits);
            Trellis::default().quantise(&rows, WIDTH, &vec![values.clone(); 4], &mut chosen, &mut path);
            let squares = rows.iter().zip(&chosen).map(|(v, &level)| (v - values[usize::from(level)]).powi(2));
            let error = squares.sum::<f32>() / rows.len() as f32;
            assert!(error < 0.87 * lloyd && error > least, "{bits} bits: {error}");
            // Bytes cost a little against the levels that they stand for.
            assert!(
                (f64::from(error) / trained[usize::from(bits)] - 1.0).abs() < 0.03,
                "{bits} bits: {error} {trained:?}"
            );
        }
    }

    #[test]
    fn numbers_that_never_vary_are_no_trouble() {
        let (levels, _) = Levels::train(&[0.0; BLOCK], BLOCK);
        assert!(levels.values(2).iter().all(|v| v.is_finite()));
    }
}
