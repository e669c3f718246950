//! The levels that numbers of one spread may choose from, and how likely each is.
//!
//! Levels lie about one step apart. Where numbers are spread over few steps, few levels are likely, and naming one takes few bits: so one step for all numbers gives each as many
//! bits as it is worth (entropy-coded trellis quantisation: Fischer and Wang, 1992; Marcellin, 1994). Levels belong to four subsets in turn; those of two, every other level, are
//! open to a number, which two is known from the numbers before (see [`super::trellis`]), and which run of neighbours from the coarse code. So what has to be named is one of the
//! levels of a parity and a run: that is what a level's frequency is counted among.

use super::levels::Thresholds;
use crate::kernels::FINE_CENTRE;

/// Frequencies among the levels of one parity and run add up to this, as a power of two.
pub(super) const TOTAL_BITS: u32 = 9;
pub(super) const TOTAL: u32 = 1 << TOTAL_BITS;
/// Levels reach this many standard deviations to either side.
pub(super) const REACH: f32 = 4.5;
/// What a step of a level's byte is worth, in standard deviations.
pub(super) const STEP: f32 = REACH / FINE_CENTRE as f32;
/// Most levels, and fewest: one of each subset.
pub(super) const MOST_LEVELS: usize = 256;
pub(super) const FEWEST_LEVELS: usize = 4;
/// How many numbers the normal distribution stands for where levels are fitted.
const PRIOR: f64 = 64.0;

/// Levels of numbers of one spread in blocks with so many bits of coarse code.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Alphabet {
    /// Bits of the coarse code: it tells apart two to the power of them runs.
    pub(super) coarse_bits: u8,
    /// What each level stands for, in steps of [`STEP`] standard deviations about [`FINE_CENTRE`].
    pub(super) bytes: Vec<u8>,
    /// The run that each level belongs to, rising.
    pub(super) runs: Vec<u8>,
    /// Of [`TOTAL`], among the levels of the same parity and run.
    pub(super) frequencies: Vec<u16>,
}

/// How often levels were chosen, and the sum of what chose them, in standard deviations.
#[derive(Debug, Clone, Default)]
pub(super) struct Tally {
    pub(super) counts: Vec<f64>,
    pub(super) sums: Vec<f64>,
}

impl Tally {
    pub(super) fn of(alphabet: &Alphabet) -> Self {
        let levels = alphabet.bytes.len();
        Self { counts: vec![0.0; levels], sums: vec![0.0; levels] }
    }
}

impl Alphabet {
    /// For normal numbers whose standard deviation is `spread` steps; `thresholds` are between the runs.
    pub(super) fn normal(spread: f32, coarse_bits: u8, thresholds: &Thresholds) -> Self {
        let halves = (REACH * spread / 2.0).ceil() as usize;
        let levels = (4 * halves).clamp(FEWEST_LEVELS, MOST_LEVELS);
        let values: Vec<f32> = (0..levels).map(|level| (level as f32 + 0.5 - levels as f32 / 2.0) / spread).collect();
        let runs = values.iter().map(|&value| thresholds.run_of(value)).collect();
        let mut made =
            Self { coarse_bits, bytes: values.into_iter().map(to_byte).collect(), runs, frequencies: Vec::new() };
        made.frequencies = made.shared_out(&made.prior(spread));
        made
    }

    /// How likely each level is for normal numbers.
    fn prior(&self, spread: f32) -> Vec<f64> {
        let middle = self.bytes.len() as f64 / 2.0;
        let place = |level: usize| (level as f64 + 0.5 - middle) / f64::from(spread);
        let mut density: Vec<f64> = (0..self.bytes.len()).map(|level| (-place(level).powi(2) / 2.0).exp()).collect();
        let all: f64 = density.iter().sum();
        density.iter_mut().for_each(|share| *share = (*share / all).max(1e-6));
        density
    }

    /// Moves levels to the mean of what chose them, and counts how likely they are.
    pub(super) fn fit(&mut self, spread: f32, tally: &Tally) {
        let prior = self.prior(spread);
        let counts: Vec<f64> = tally.counts.iter().zip(&prior).map(|(count, share)| count + PRIOR * share).collect();
        self.frequencies = self.shared_out(&counts);
        for (level, byte) in self.bytes.iter_mut().enumerate() {
            let weight = PRIOR * prior[level];
            let held = f64::from(value_of(*byte));
            *byte = to_byte(((tally.sums[level] + weight * held) / (tally.counts[level] + weight)) as f32);
        }
    }

    /// Which group of levels, by run and parity, a level belongs to.
    pub(super) fn group(&self, level: usize) -> usize {
        usize::from(self.runs[level]) << 1 | level & 1
    }

    /// How many groups there are; some may have no level.
    pub(super) fn groups(&self) -> usize {
        2 << self.coarse_bits
    }

    /// What a level stands for, in standard deviations.
    pub(super) fn value(&self, level: usize) -> f32 {
        value_of(self.bytes[level])
    }

    /// How many bits naming each level takes.
    pub(super) fn bits(&self) -> impl Iterator<Item = f32> {
        self.frequencies.iter().map(|&frequency| (TOTAL as f32 / f32::from(frequency.max(1))).log2())
    }

    /// For each level, where it begins among the frequencies of its group.
    pub(super) fn begins(&self) -> Vec<u16> {
        let mut ends = vec![0u16; self.groups()];
        let one = |level: usize| {
            let end = &mut ends[self.group(level)];
            let begin = *end;
            *end += self.frequencies[level];
            begin
        };
        (0..self.bytes.len()).map(one).collect()
    }

    /// Frequencies in the ratio of `counts`: at least one each, and [`TOTAL`] in every group with levels.
    fn shared_out(&self, counts: &[f64]) -> Vec<u16> {
        let mut frequencies = vec![0u16; counts.len()];
        for group in 0..self.groups() {
            let levels: Vec<usize> = (0..counts.len()).filter(|&level| self.group(level) == group).collect();
            let all: f64 = levels.iter().map(|&level| counts[level]).sum();
            let share = |level: usize| counts[level] / all * f64::from(TOTAL);
            let mut left = TOTAL as i32;
            for &level in &levels {
                frequencies[level] = (share(level).round() as u16).max(1);
                left -= i32::from(frequencies[level]);
            }
            // What rounding left over, or took too much, goes where it changes least.
            while left != 0 && !levels.is_empty() {
                let step = left.signum();
                let cost = |level: usize| {
                    let held = f64::from(frequencies[level]);
                    let next = held + f64::from(step);
                    if next < 1.0 { f64::INFINITY } else { share(level) * (held / next).ln() }
                };
                let Some(&level) = levels.iter().min_by(|&&a, &&b| cost(a).total_cmp(&cost(b))) else { break };
                frequencies[level] = (i32::from(frequencies[level]) + step) as u16;
                left -= step;
            }
        }
        frequencies
    }
}

fn to_byte(value: f32) -> u8 {
    ((value / STEP).round() as i32 + FINE_CENTRE).clamp(0, 2 * FINE_CENTRE) as u8
}

fn value_of(byte: u8) -> f32 {
    (f32::from(byte) - FINE_CENTRE as f32) * STEP
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codebook::levels::counts;

    #[test]
    fn frequencies_of_each_parity_and_run_add_up() {
        let normal: Vec<f32> = (1..2000).map(|i| (i as f32 / 1000.0 - 1.0) * 3.0).collect();
        for coarse_bits in 0..4 {
            let thresholds = Thresholds::train(&counts(&normal), coarse_bits);
            for spread in [0.25, 0.8, 3.0, 20.0, 100.0] {
                let mut alphabet = Alphabet::normal(spread, coarse_bits, &thresholds);
                assert!(alphabet.runs.is_sorted() && alphabet.bytes.is_sorted(), "{alphabet:?}");
                assert_eq!(alphabet.bytes.len() % 4, 0);
                let mut tally = Tally::of(&alphabet);
                tally.counts[2] = 1000.0;
                tally.sums[2] = -900.0;
                alphabet.fit(spread, &tally);
                let mut sums = vec![0; alphabet.groups()];
                (0..alphabet.bytes.len())
                    .for_each(|level| sums[alphabet.group(level)] += u32::from(alphabet.frequencies[level]));
                assert!(sums.iter().all(|&sum| sum == TOTAL || sum == 0), "{sums:?}");
                assert!(alphabet.frequencies.iter().all(|&frequency| frequency > 0));
                assert!((value_of(alphabet.bytes[2]) + 0.9).abs() < 0.15);
                let likely = alphabet.bits().nth(2).unwrap();
                assert!(likely < 1.0, "{likely}");
            }
        }
    }
}
