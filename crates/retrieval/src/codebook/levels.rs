//! Levels of a block's numbers: Lloyd's quantiser (Lloyd, 1982; Max, 1960) on how the numbers are really spread, in two depths. The
//! coarse cells come first; each is then split, so that the fine code makes a coarse one more exact without replacing it.

use crate::kernels::CENTRE;

/// Cells of the table that finds a number's level.
pub(crate) const CELLS: usize = 4096;
/// The table reaches this many standard deviations to either side.
const REACH: f32 = 6.0;
/// Most bits that coarse and fine code take together.
pub(crate) const MOST_BITS: u8 = 6;

/// The same for bytes of the coarse code, from which candidates are only ranked: up to eight products of such bytes are summed in 16 bits.
pub(crate) const COARSE_CENTRE: i32 = 7;

/// The levels of one block.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Levels {
    pub(crate) coarse_bits: u8,
    pub(crate) fine_bits: u8,
    /// The standard deviation of the block's numbers.
    pub(crate) deviation: f32,
    /// For each cell the level (of `2^(coarse + fine)`) of numbers in it.
    pub(crate) level_of_cell: Vec<u8>,
    /// The bytes (0 to 14, about 7) of the `2^coarse` levels, and what a step of them is worth.
    pub(crate) coarse: Vec<u8>,
    pub(crate) coarse_step: f32,
    /// The same of the `2^(coarse + fine)` levels, 0 to 126 about 63.
    pub(crate) full: Vec<u8>,
    pub(crate) full_step: f32,
}

impl Levels {
    /// Levels for numbers spread as `counts` says, a count for each cell; see [`cell_of`].
    pub(crate) fn train(counts: &[u64], deviation: f32, coarse_bits: u8, fine_bits: u8) -> Self {
        let coarse_ends = lloyd(counts, 0, CELLS, 1 << coarse_bits);
        let mut ends = Vec::new();
        let mut begin = 0;
        for &end in &coarse_ends {
            ends.extend(lloyd(counts, begin, end, 1 << fine_bits));
            begin = end;
        }
        let mut level_of_cell = Vec::with_capacity(CELLS);
        for (level, &end) in ends.iter().enumerate() {
            level_of_cell.resize(end, level as u8);
        }
        let (coarse, coarse_step) = to_bytes(&means(counts, &coarse_ends), deviation, COARSE_CENTRE);
        let (full, full_step) = to_bytes(&means(counts, &ends), deviation, CENTRE);
        Self { coarse_bits, fine_bits, deviation, level_of_cell, coarse, coarse_step, full, full_step }
    }

    /// The level of a number of the block.
    #[inline]
    pub(crate) fn level(&self, value: f32, inverse: f32) -> u8 {
        self.level_of_cell[cell_of(value * inverse)]
    }

    /// What the levels of coarse and fine code together stand for.
    pub(crate) fn values(&self) -> Vec<f32> {
        self.full.iter().map(|&b| (f32::from(b) - CENTRE as f32) * self.full_step).collect()
    }

    /// The mean squared error of numbers spread as `counts` says, in squared standard deviations, with `bits` bits.
    pub(crate) fn error(counts: &[u64], bits: u8) -> f64 {
        let ends = lloyd(counts, 0, CELLS, 1 << bits);
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

/// Splits the cells `begin..end` into `parts` runs with the least squared error; returns where each ends. Runs may be empty.
fn lloyd(counts: &[u64], begin: usize, end: usize, parts: usize) -> Vec<usize> {
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
fn to_bytes(levels: &[f64], deviation: f32, centre: i32) -> (Vec<u8>, f32) {
    let largest = levels.iter().fold(0.0f64, |m, v| m.max(v.abs()));
    if largest == 0.0 {
        return (vec![centre as u8; levels.len()], 0.0);
    }
    let step = largest / f64::from(centre);
    let byte = |v: &f64| ((v / step).round() as i32 + centre).clamp(0, 2 * centre) as u8;
    (levels.iter().map(byte).collect(), (step * f64::from(deviation)) as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn the_fine_levels_split_the_coarse_ones() {
        let levels = Levels::train(&normal(), 0.5, 2, 2);
        assert_eq!((levels.coarse.len(), levels.full.len()), (4, 16));
        for (coarse, fine) in levels.coarse.iter().zip(levels.full.chunks(4)) {
            let value = (f32::from(*coarse) - 7.0) * levels.coarse_step;
            let fine: Vec<f32> = fine.iter().map(|&b| (f32::from(b) - 63.0) * levels.full_step).collect();
            assert!(fine[0] < value && value < fine[3] && fine.is_sorted(), "{value} {fine:?}");
        }
        let inverse = 1.0 / 0.5;
        assert_eq!((levels.level(-9.0, inverse), levels.level(9.0, inverse)), (0, 15));
        assert_eq!((levels.level(-0.01, inverse), levels.level(0.01, inverse)), (7, 8));
    }

    #[test]
    fn numbers_that_never_vary_are_no_trouble() {
        let mut counts = vec![0; CELLS];
        counts[CELLS / 2] = 100;
        let levels = Levels::train(&counts, 0.0, 2, 2);
        assert!(levels.level_of_cell.len() == CELLS && levels.full.len() == 16);
        assert_eq!(Levels::train(&counts, 1.0, 0, 0).full.len(), 1);
    }
}
