//! Levels of a block's numbers, in two depths: those of the trellis (see [`super::trellis`]), and runs of neighbours among them, which the coarse code
//! tells apart. Training begins from Lloyd's quantiser (Lloyd, 1982; Max, 1960) on how the numbers are really spread.

use super::basis::BLOCK;
use super::trellis::Trellis;
use crate::kernels::CENTRE;

/// Cells that numbers are counted in.
pub(crate) const CELLS: usize = 4096;
/// They reach this many standard deviations to either side.
const REACH: f32 = 6.0;
/// Most bits that coarse and fine code take together: the trellis has levels of one bit more.
pub(crate) const MOST_BITS: u8 = 5;
/// Rounds of choosing paths and moving levels to the mean of what chose them.
const ROUNDS: usize = 5;

/// The same for bytes of the coarse code, from which candidates are only ranked: up to eight products of such bytes are summed in 16 bits.
pub(crate) const COARSE_CENTRE: i32 = 7;

/// The levels of one block.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Levels {
    pub(crate) coarse_bits: u8,
    /// One of them is the path's: at least one.
    pub(crate) fine_bits: u8,
    /// The standard deviation of the block's numbers.
    pub(crate) deviation: f32,
    /// The bytes (0 to 14, about 7) of the `2^coarse` runs of levels, and what a step of them is worth.
    pub(crate) coarse: Vec<u8>,
    pub(crate) coarse_step: f32,
    /// The bytes (0 to 126, about 63) of the `2^(coarse + fine + 1)` levels of the trellis, and what a step is worth.
    pub(crate) full: Vec<u8>,
    pub(crate) full_step: f32,
}

impl Levels {
    /// What the levels of coarse and fine code together stand for.
    pub(crate) fn values(&self) -> Vec<f32> {
        self.full.iter().map(|&b| (f32::from(b) - CENTRE as f32) * self.full_step).collect()
    }

    /// The mean squared error of numbers spread as `counts` says, in squared standard deviations, with `bits` bits.
    pub(crate) fn error(counts: &[u64], bits: u8) -> f64 {
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
}

/// A block to train: its bits, the standard deviation of its numbers, and how many of them lie in each cell.
pub(crate) struct Spread {
    pub(crate) coarse_bits: u8,
    pub(crate) fine_bits: u8,
    pub(crate) deviation: f32,
    pub(crate) counts: Vec<u64>,
}

/// Trains the levels of all blocks at once, on `rows` (`[count, width]`): a path goes through all of them.
pub(crate) fn train(rows: &[f32], width: usize, blocks: &[Spread]) -> Vec<Levels> {
    let mut values: Vec<Vec<f32>> = blocks
        .iter()
        .map(|b| {
            let means = means(&b.counts, &lloyd(&b.counts, 2 << (b.coarse_bits + b.fine_bits)));
            means.into_iter().map(|m| m as f32 * b.deviation).collect()
        })
        .collect();
    let mut shares: Vec<Vec<u32>> = Vec::new();
    let (mut levels, mut bits) = (vec![0u8; rows.len()], vec![0u8; rows.len()]);
    let mut trellis = Trellis::default();
    for _ in 0..ROUNDS {
        trellis.quantise(rows, width, &values, &mut levels, &mut bits);
        let mut sums: Vec<Vec<f64>> = values.iter().map(|v| vec![0.0; v.len()]).collect();
        shares = values.iter().map(|v| vec![0; v.len()]).collect();
        for (at, (&level, &value)) in levels.iter().zip(rows).enumerate() {
            let block = at % width / BLOCK;
            sums[block][usize::from(level)] += f64::from(value);
            shares[block][usize::from(level)] += 1;
        }
        for ((values, sums), shares) in values.iter_mut().zip(&sums).zip(&shares) {
            for ((value, sum), &share) in values.iter_mut().zip(sums).zip(shares) {
                *value = if share > 0 { (sum / f64::from(share)) as f32 } else { *value };
            }
        }
    }
    blocks
        .iter()
        .zip(values.iter().zip(&shares))
        .map(|(block, (values, shares))| {
            let run = values.len() >> block.coarse_bits;
            let means: Vec<f32> = values
                .chunks(run)
                .zip(shares.chunks(run))
                .map(|(values, shares)| {
                    let weights = || shares.iter().map(|&s| s as f32 + 1e-3);
                    values.iter().zip(weights()).map(|(v, w)| v * w).sum::<f32>() / weights().sum::<f32>()
                })
                .collect();
            let (coarse, coarse_step) = to_bytes(&means, COARSE_CENTRE);
            let (full, full_step) = to_bytes(values, CENTRE);
            let Spread { coarse_bits, fine_bits, deviation, .. } = *block;
            Levels { coarse_bits, fine_bits, deviation, coarse, coarse_step, full, full_step }
        })
        .collect()
}

/// The cell of a number in standard deviations.
#[inline]
pub(crate) fn cell_of(normal: f32) -> usize {
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

/// Levels as bytes about `centre`, and the worth of a step.
fn to_bytes(levels: &[f32], centre: i32) -> (Vec<u8>, f32) {
    let largest = levels.iter().fold(0.0f32, |m, v| m.max(v.abs()));
    if largest == 0.0 {
        return (vec![centre as u8; levels.len()], 0.0);
    }
    let step = largest / centre as f32;
    let byte = |v: &f32| ((v / step).round() as i32 + centre).clamp(0, 2 * centre) as u8;
    (levels.iter().map(byte).collect(), step)
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
            let error = Levels::error(&normal(), bits);
            // The borders lie between cells, which costs a little.
            assert!((error / expected - 1.0).abs() < 0.03, "{bits} bits: {error}");
        }
    }

    /// As wide as rows are: a path begins in one state, so that its first numbers have less to choose from.
    const WIDTH: usize = 4 * BLOCK;

    fn trained(coarse_bits: u8, fine_bits: u8, deviation: f32) -> (Vec<f32>, Vec<Levels>) {
        let mut random = Random::new(4);
        let rows: Vec<f32> = (0..200 * WIDTH).map(|_| random.normal() as f32 * deviation).collect();
        let blocks: Vec<Spread> =
            (0..4).map(|_| Spread { coarse_bits, fine_bits, deviation, counts: normal() }).collect();
        let levels = train(&rows, WIDTH, &blocks);
        (rows, levels)
    }

    #[test]
    fn runs_of_levels_are_the_coarse_ones() {
        let levels = &trained(2, 2, 0.5).1[0];
        assert_eq!((levels.coarse.len(), levels.full.len()), (4, 32));
        for (coarse, fine) in levels.coarse.iter().zip(levels.values().chunks(8)) {
            let value = (f32::from(*coarse) - 7.0) * levels.coarse_step;
            assert!(fine[0] < value && value < fine[7] && fine.is_sorted(), "{value} {fine:?}");
        }
    }

    #[test]
    fn the_trellis_lessens_the_error() {
        // What Lloyd's quantiser leaves of a normal distribution, and what no code can go below (Marcellin and Fischer, 1990, table IV).
        for (bits, lloyd, least) in [(1, 0.3634, 0.25), (2, 0.1175, 0.0625), (3, 0.03454, 0.015_63)] {
            let (rows, levels) = trained(0, bits, 1.0);
            let (mut chosen, mut path) = (vec![0; rows.len()], vec![0; rows.len()]);
            let values: Vec<Vec<f32>> = levels.iter().map(Levels::values).collect();
            Trellis::default().quantise(&rows, WIDTH, &values, &mut chosen, &mut path);
            let value = |at: usize| values[at % WIDTH / BLOCK][usize::from(chosen[at])];
            let squares = rows.iter().enumerate().map(|(at, v)| (v - value(at)).powi(2));
            let error = squares.sum::<f32>() / rows.len() as f32;
            assert!(error < 0.87 * lloyd && error > least, "{bits} bits: {error}");
        }
    }

    #[test]
    fn numbers_that_never_vary_are_no_trouble() {
        let mut counts = vec![0; CELLS];
        counts[CELLS / 2] = 100;
        let spread = Spread { coarse_bits: 1, fine_bits: 2, deviation: 0.0, counts };
        assert_eq!(train(&[0.0; BLOCK], BLOCK, &[spread])[0].full, vec![63; 16]);
    }
}
