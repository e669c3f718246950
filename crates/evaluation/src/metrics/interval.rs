//! How sure a figure is: bootstrap intervals, and paired comparisons of two runs over the same cases.

use serde::{Deserialize, Serialize};

/// Resamples for an interval, unless told otherwise.
pub const RESAMPLES: usize = 1000;

/// A figure with its interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// The figure over all cases.
    pub value: f64,
    /// 2.5 % of the resamples lie below.
    pub low: f64,
    /// 2.5 % of the resamples lie above.
    pub high: f64,
}

/// The difference of a figure between two runs over the same cases.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// The second less the first.
    pub difference: Interval,
    /// How probable a difference at least as large is when it does not matter which run an answer comes from (approximate randomisation, two-sided).
    pub p: f64,
}

/// Random numbers from a seed: SplitMix64 (Steele, Lea, Flood 2014). The same on every machine and in every version.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// Begins at `seed`.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    /// A number below `limit`, which is above 0.
    pub fn below(&mut self, limit: usize) -> usize {
        ((u128::from(self.bits()) * limit as u128) >> 64) as usize
    }
}

/// The bootstrap's 95 % interval (Efron 1979, percentiles) of `figure`, which is computed from the numbers of the cases that a resample drew.
pub fn interval(cases: usize, resamples: usize, seed: u64, figure: impl Fn(&[usize]) -> f64) -> Interval {
    let all: Vec<usize> = (0..cases).collect();
    let value = figure(&all);
    if cases == 0 || resamples == 0 {
        return Interval { value, low: value, high: value };
    }
    let mut random = Random::new(seed);
    let mut drawn = all;
    let mut figures = Vec::with_capacity(resamples);
    for _ in 0..resamples {
        drawn.iter_mut().for_each(|case| *case = random.below(cases));
        figures.push(figure(&drawn));
    }
    let (low, high) = ends(&mut figures);
    Interval { value, low, high }
}

/// The interval of a mean.
pub fn mean_interval(values: &[f64], resamples: usize, seed: u64) -> Interval {
    interval(values.len(), resamples, seed, |cases| mean(values, cases))
}

/// Compares two runs. `figure` gets, for each case that was drawn, its number and which run answers for it (`false` the first); the difference is the figure with the second
/// run everywhere less the figure with the first.
pub fn difference(cases: usize, resamples: usize, seed: u64, figure: impl Fn(&[(usize, bool)]) -> f64) -> Difference {
    let of = |cases: &[usize], second: bool| figure(&cases.iter().map(|case| (*case, second)).collect::<Vec<_>>());
    let difference = interval(cases, resamples, seed, |cases| of(cases, true) - of(cases, false));
    let mut random = Random::new(seed ^ 0x5eed);
    let mut as_large = 0usize;
    for _ in 0..resamples {
        let (mut one, mut other) = (Vec::with_capacity(cases), Vec::with_capacity(cases));
        for case in 0..cases {
            let second = random.bits() >> 63 == 1;
            one.push((case, second));
            other.push((case, !second));
        }
        // A hair of room: the same sum in another order.
        as_large += usize::from((figure(&one) - figure(&other)).abs() >= difference.value.abs() - 1e-12);
    }
    Difference { difference, p: (as_large + 1) as f64 / (resamples + 1) as f64 }
}

/// Compares the means of two runs' values, one a case.
pub fn mean_difference(first: &[f64], second: &[f64], resamples: usize, seed: u64) -> Difference {
    difference(first.len().min(second.len()), resamples, seed, |cases| {
        let sum: f64 =
            cases.iter().map(|(case, of_second)| if *of_second { second[*case] } else { first[*case] }).sum();
        sum / cases.len().max(1) as f64
    })
}

fn mean(values: &[f64], cases: &[usize]) -> f64 {
    cases.iter().map(|case| values[*case]).sum::<f64>() / cases.len().max(1) as f64
}

/// The 2.5th and the 97.5th percentile, between neighbours as NumPy's default does.
fn ends(figures: &mut [f64]) -> (f64, f64) {
    figures.sort_by(f64::total_cmp);
    let at = |share: f64| {
        let place = share * (figures.len() - 1) as f64;
        let (below, rest) = (place.floor() as usize, place.fract());
        let above = figures[(below + 1).min(figures.len() - 1)];
        figures[below] + rest * (above - figures[below])
    };
    (at(0.025), at(0.975))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of 400 answers 300 are right: the normal interval is 0.75 ± 1.96 * sqrt(0.75 * 0.25 / 400) = ± 0.0424.
    #[test]
    fn the_interval_of_a_share_is_about_the_normal_one() {
        let values: Vec<f64> = (0..400).map(|case| f64::from(u8::from(case % 4 != 0))).collect();
        let interval = mean_interval(&values, 2000, 7);
        assert_eq!(interval.value, 0.75);
        assert!((interval.low - 0.7076).abs() < 0.008 && (interval.high - 0.7924).abs() < 0.008, "{interval:?}");
        assert_eq!(interval, mean_interval(&values, 2000, 7), "seeded");
    }

    #[test]
    fn a_difference_is_told_from_none() {
        let first: Vec<f64> = (0..200).map(|case| f64::from(case % 5)).collect();
        let better: Vec<f64> = first.iter().map(|value| value + 0.5).collect();
        let found = mean_difference(&first, &better, 500, 1);
        assert!(
            (found.difference.value - 0.5).abs() < 1e-9 && found.difference.low > 0.4 && found.p < 0.01,
            "{found:?}"
        );
        let mixed: Vec<f64> =
            first.iter().enumerate().map(|(case, v)| v + if case % 2 == 0 { 0.5 } else { -0.5 }).collect();
        let none = mean_difference(&first, &mixed, 500, 1);
        assert!(none.difference.low < 0.0 && none.difference.high > 0.0 && none.p > 0.2, "{none:?}");
    }

    #[test]
    fn nothing_to_measure_is_no_panic() {
        assert_eq!(mean_interval(&[], 100, 1), Interval { value: 0.0, low: 0.0, high: 0.0 });
    }
}
