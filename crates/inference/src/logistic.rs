//! Logistic regression: a probability from a few numbers. What tells artworks from other pictures, known hands from
//! unknown ones, and a curator's new label from the rest.

use serde::{Deserialize, Serialize};

/// Passes over all examples; the fit has long settled by then.
const PASSES: usize = 400;

/// P = 1 / (1 + exp(-(weights · x + bias))).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Logistic {
    /// One a number of the input.
    pub(crate) weights: Vec<f32>,
    /// What is added.
    pub(crate) bias: f32,
}

impl Logistic {
    /// The probability for `x`, which has as many numbers as there are weights, where something else speaks for it besides by `more`, a
    /// logarithm of odds.
    pub(crate) fn probability(&self, x: &[f32], more: f32) -> f32 {
        1.0 / (1.0 + (-self.log_odds(x) - more).exp())
    }

    /// What the probability is made of: weights · x + bias.
    pub(crate) fn log_odds(&self, x: &[f32]) -> f32 {
        self.weights.iter().zip(x).map(|(weight, x)| weight * x).sum::<f32>() + self.bias
    }

    /// Fitted to `examples`, each with how much it counts and whether it holds: the least mean cross-entropy, plus half of `decay`
    /// times the squared weights of the standardised numbers. `None` if there are no examples of both kinds.
    ///
    /// Nesterov's accelerated gradient with the step that the problem's curvature allows: nothing to tune and nothing drawn by chance.
    pub(crate) fn fit(examples: &[(&[f32], f32, bool)], decay: f64) -> Option<Self> {
        let width = examples.first()?.0.len();
        let total = |wanted: bool| -> f64 {
            examples.iter().filter(|(.., holds)| *holds == wanted).map(|(_, counts, _)| f64::from(*counts)).sum()
        };
        let all = total(true) + total(false);
        if total(true) <= 0.0 || total(false) <= 0.0 {
            return None;
        }
        let (mean, deviation) = moments(examples, width, all);
        let standard: Vec<f64> = examples
            .iter()
            .flat_map(|(x, ..)| {
                x.iter().zip(&mean).zip(&deviation).map(|((x, mean), dev)| (f64::from(*x) - mean) / dev)
            })
            .collect();

        // The largest curvature is at most a quarter of the largest eigenvalue of the second moments, bias included.
        let curvature = 0.25 * (1.0 + largest_eigenvalue(&standard, examples, width, all)) + decay;
        let (mut at, mut before) = (vec![0.0; width + 1], vec![0.0; width + 1]);
        for pass in 0..PASSES {
            let ahead = pass as f64 / (pass as f64 + 3.0);
            let point: Vec<f64> = at.iter().zip(&before).map(|(at, before)| at + ahead * (at - before)).collect();
            let mut slope: Vec<f64> = point[..width].iter().map(|weight| decay * weight).collect();
            slope.push(0.0);
            for (x, (_, counts, holds)) in standard.chunks(width.max(1)).zip(examples) {
                let sum = x.iter().zip(&point).map(|(x, weight)| x * weight).sum::<f64>() + point[width];
                let off = (1.0 / (1.0 + (-sum).exp()) - f64::from(u8::from(*holds))) * f64::from(*counts) / all;
                slope.iter_mut().zip(x.iter().chain([&1.0])).for_each(|(slope, x)| *slope += off * x);
            }
            before = std::mem::replace(&mut at, point.iter().zip(&slope).map(|(p, s)| p - s / curvature).collect());
        }
        let weights: Vec<f64> =
            at[..width].iter().zip(&deviation).map(|(weight, deviation)| weight / deviation).collect();
        let bias = at[width] - weights.iter().zip(&mean).map(|(weight, mean)| weight * mean).sum::<f64>();
        Some(Self { weights: weights.into_iter().map(|weight| weight as f32).collect(), bias: bias as f32 })
    }
}

/// Mean and deviation of every number; a number that never changes has a deviation of 1.
fn moments(examples: &[(&[f32], f32, bool)], width: usize, all: f64) -> (Vec<f64>, Vec<f64>) {
    let mut sums = vec![[0.0f64; 2]; width];
    for (x, counts, _) in examples {
        for (sum, x) in sums.iter_mut().zip(*x) {
            sum[0] += f64::from(*counts) * f64::from(*x);
            sum[1] += f64::from(*counts) * f64::from(*x).powi(2);
        }
    }
    let mean: Vec<f64> = sums.iter().map(|sum| sum[0] / all).collect();
    let deviation = sums.iter().zip(&mean).map(|(sum, mean)| {
        let variance = sum[1] / all - mean * mean;
        if variance > 1e-12 { variance.sqrt() } else { 1.0 }
    });
    let deviation = deviation.collect();
    (mean, deviation)
}

/// By twenty steps of the power method, and a tenth on top for what they lack.
fn largest_eigenvalue(standard: &[f64], examples: &[(&[f32], f32, bool)], width: usize, all: f64) -> f64 {
    let mut direction = vec![1.0f64; width];
    let mut value = 0.0;
    for _ in 0..20 {
        let length = direction.iter().map(|x| x * x).sum::<f64>().sqrt().max(1e-12);
        direction.iter_mut().for_each(|x| *x /= length);
        let mut next = vec![0.0; width];
        for (x, (_, counts, _)) in standard.chunks(width.max(1)).zip(examples) {
            let along = x.iter().zip(&direction).map(|(x, d)| x * d).sum::<f64>() * f64::from(*counts) / all;
            next.iter_mut().zip(x).for_each(|(next, x)| *next += along * x);
        }
        value = next.iter().zip(&direction).map(|(a, b)| a * b).sum();
        direction = next;
    }
    1.1 * value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_says_nothing_leaves_the_share() {
        let examples: Vec<(&[f32], f32, bool)> = (0..8).map(|at| (&[7.0f32][..], 1.0, at < 2)).collect();
        let fitted = Logistic::fit(&examples, 1e-3).unwrap();
        assert!((fitted.probability(&[7.0], 0.0) - 0.25).abs() < 1e-3, "{}", fitted.probability(&[7.0], 0.0));
    }

    #[test]
    fn the_slope_is_the_one_that_made_the_shares() {
        // Of a hundred at x = 0, 20 hold; of a hundred at x = 2, 80: log-odds of -1.386 and 1.386, so a slope of 1.386.
        let (low, high) = ([0.0f32], [2.0f32]);
        let examples: Vec<(&[f32], f32, bool)> =
            vec![(&low, 20.0, true), (&low, 80.0, false), (&high, 80.0, true), (&high, 20.0, false)];
        let fitted = Logistic::fit(&examples, 0.0).unwrap();
        assert!((fitted.weights[0] - 1.386).abs() < 5e-3 && (fitted.bias + 1.386).abs() < 5e-3, "{fitted:?}");
    }

    #[test]
    fn decay_keeps_weights_finite_where_the_kinds_part() {
        let (no, yes) = ([0.0f32, 3.0], [1.0f32, -2.0]);
        let examples: Vec<(&[f32], f32, bool)> = vec![(&no, 1.0, false), (&yes, 1.0, true)];
        let strict = Logistic::fit(&examples, 0.1).unwrap();
        let loose = Logistic::fit(&examples, 0.001).unwrap();
        assert!(strict.probability(&yes, 0.0) > 0.5 && strict.probability(&no, 0.0) < 0.5);
        assert!(loose.probability(&yes, 0.0) > strict.probability(&yes, 0.0));
        assert!(strict.weights.iter().all(|weight| weight.is_finite()));
    }

    #[test]
    fn one_kind_alone_can_t_be_fitted() {
        let x = [1.0f32];
        assert_eq!(Logistic::fit(&[], 0.1), None);
        assert_eq!(Logistic::fit(&[(&x, 1.0, true)], 0.1), None);
    }
}
