//! Levels of the coarse code, for numbers of unit variance: Lloyd's quantiser (Lloyd, 1982; Max, 1960) on how the numbers are really spread tells where one run of
//! numbers ends and the next begins. What a run stands for is the mean of the numbers that codes put there.

/// Cells that numbers are counted in.
const CELLS: usize = 4096;
/// They reach this many standard deviations to either side.
const REACH: f32 = 6.0;
/// Fewer bits than that has the coarse code of any block.
pub(crate) const MOST_BITS: u8 = 5;

/// What bytes of the coarse code are counted from, from which candidates are only ranked: up to eight products of such bytes are summed in 16 bits.
pub(crate) const COARSE_CENTRE: i32 = 7;

/// Where one run of numbers ends and the next begins: cells.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Thresholds(Vec<usize>);

impl Thresholds {
    /// For `2^bits` runs of numbers that are spread as `counts` says.
    pub(super) fn train(counts: &[u64], bits: u8) -> Self {
        Self(lloyd(counts, 1 << bits))
    }

    /// The run that a number in standard deviations belongs to.
    pub(super) fn run_of(&self, number: f32) -> u8 {
        let cell = cell_of(number);
        self.0[..self.0.len() - 1].iter().filter(|&&end| end <= cell).count() as u8
    }
}

/// What the runs of a coarse code stand for: bytes (0 to 14, about 7), and what a step of them is worth in standard deviations.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct CoarseLevels {
    pub(super) bytes: Vec<u8>,
    pub(super) step: f32,
}

impl CoarseLevels {
    /// The nearest to these means, in standard deviations.
    pub(super) fn of(means: &[f32]) -> Self {
        let step = means.iter().fold(0.0f32, |most, mean| most.max(mean.abs())) / COARSE_CENTRE as f32;
        let inverse = if step > 0.0 { 1.0 / step } else { 0.0 };
        let byte = |mean: &f32| ((mean * inverse).round() as i32 + COARSE_CENTRE).clamp(0, 2 * COARSE_CENTRE) as u8;
        Self { bytes: means.iter().map(byte).collect(), step }
    }
}

/// How many of the numbers lie in each cell.
pub(super) fn counts(numbers: &[f32]) -> Vec<u64> {
    let mut counts = vec![0u64; CELLS];
    numbers.iter().for_each(|&number| counts[cell_of(number)] += 1);
    counts
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

#[cfg(test)]
mod tests {
    use super::*;

    /// As many numbers in each cell as a normal distribution has there.
    fn normal() -> Vec<u64> {
        (0..CELLS).map(|c| (1e6 * (-middle(c).powi(2) / 2.0).exp()) as u64).collect()
    }

    #[test]
    fn numbers_fall_into_the_run_between_its_thresholds() {
        let thresholds = Thresholds::train(&normal(), 2);
        // Max's table I: 0.9816 to either side of nothing.
        let runs = [-2.0, -1.0, -0.95, -0.02, 0.02, 0.95, 1.0, 2.0].map(|number| thresholds.run_of(number));
        assert_eq!(runs, [0, 0, 1, 1, 2, 2, 3, 3]);
        assert_eq!(Thresholds::train(&normal(), 0).run_of(3.0), 0);
    }
}
