//! From a score to a probability, so that a search can say that it found nothing.

use crate::linear::solve;

/// The probability that a hit is relevant, by logistic regression over numbers that speak for it: `1 / (1 + exp(-(bias + weights · features)))`.
///
/// MaxSim always has a best document, and its sum grows with the length of the query. The [mean](crate::Match::mean) of the maxima does not, but its
/// level belongs to the retriever and to the query: contextual rows of unrelated texts still have cosines well above zero. How far a hit stands above the tenth of its search
/// ([`crate::Match::standing`]) is free of that level, and both together tell more than either. Whoever owns a retriever
/// and a collection may have more to go by; the weights are fitted on questions of which it is known whether the collection answers them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RelevanceEstimate<const FEATURES: usize> {
    /// The log odds where all features are zero.
    pub bias: f32,
    /// What a unit of each feature adds to the log odds.
    pub weights: [f32; FEATURES],
}

impl<const FEATURES: usize> RelevanceEstimate<FEATURES> {
    /// The probability, 0 to 1.
    pub fn of(&self, features: &[f32; FEATURES]) -> f32 {
        let sum: f32 = self.weights.iter().zip(features).map(|(weight, feature)| weight * feature).sum();
        1.0 / (1.0 + (-(self.bias + sum)).exp())
    }

    /// Fitted to hits of which it is known whether they are relevant, by Newton's method with a slight ridge, so that even hits that
    /// can be told apart without an error have finite weights. `None` unless some are relevant and some are not, or where a feature is no number.
    pub fn fit(hits: &[([f32; FEATURES], bool)]) -> Option<Self> {
        let relevant = hits.iter().filter(|hit| hit.1).count();
        if relevant == 0 || relevant == hits.len() || hits.iter().any(|hit| hit.0.iter().any(|f| !f.is_finite())) {
            return None;
        }
        const RIDGE: f64 = 1e-3;
        let width = FEATURES + 1;
        let mut weights = vec![0.0f64; width];
        for _ in 0..100 {
            let mut gradient: Vec<f64> = weights.iter().map(|weight| RIDGE * weight).collect();
            let mut curvature: Vec<Vec<f64>> =
                (0..width).map(|i| (0..width).map(|j| if i == j { RIDGE } else { 0.0 }).collect()).collect();
            // What stands before all features is not held back.
            (gradient[0], curvature[0][0]) = (0.0, 1e-9);
            for (features, relevant) in hits {
                let x: Vec<f64> = std::iter::once(1.0).chain(features.iter().map(|&f| f64::from(f))).collect();
                let p = 1.0 / (1.0 + (-x.iter().zip(&weights).map(|(x, weight)| x * weight).sum::<f64>()).exp());
                for i in 0..width {
                    gradient[i] += (p - f64::from(u8::from(*relevant))) * x[i];
                    (0..width).for_each(|j| curvature[i][j] += p * (1.0 - p) * x[i] * x[j]);
                }
            }
            let step = solve(curvature, gradient)?;
            let longest = step.iter().fold(0.0f64, |most, s| most.max(s.abs()));
            // A step too far is shortened: the curvature holds only nearby.
            let share = (5.0 / longest.max(f64::MIN_POSITIVE)).min(1.0);
            weights.iter_mut().zip(step).for_each(|(w, s)| *w -= share * s);
            if longest < 1e-9 {
                break;
            }
        }
        let mut fitted = Self { bias: weights[0] as f32, weights: [0.0; FEATURES] };
        fitted.weights.iter_mut().zip(&weights[1..]).for_each(|(to, weight)| *to = *weight as f32);
        Some(fitted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rises_through_one_half_where_the_log_odds_are_zero() {
        let estimate = RelevanceEstimate { bias: -8.0, weights: [20.0] };
        assert!((estimate.of(&[0.4]) - 0.5).abs() < 1e-6);
        assert!(estimate.of(&[0.2]) < 0.05 && estimate.of(&[0.6]) > 0.95);
        assert!(estimate.of(&[-10.0]) >= 0.0 && estimate.of(&[10.0]) <= 1.0);
    }

    #[test]
    fn an_estimate_finds_the_weights_that_made_its_examples() {
        let made = RelevanceEstimate { bias: -6.0, weights: [5.0, 1.5] };
        // Each point counts in the measure of its probability.
        let hits: Vec<([f32; 2], bool)> = (0..400)
            .flat_map(|i| {
                let (mean, standing) = ((i % 20) as f32 / 20.0, (i / 20) as f32 / 4.0);
                let relevant = (made.of(&[mean, standing]) * 200.0).round() as usize;
                (0..200).map(move |n| ([mean, standing], n < relevant))
            })
            .collect();
        let fitted = RelevanceEstimate::fit(&hits).unwrap();
        for (a, b) in [(fitted.bias, -6.0), (fitted.weights[0], 5.0), (fitted.weights[1], 1.5)] {
            assert!((a - b).abs() < 0.1, "{fitted:?}");
        }
    }

    #[test]
    fn examples_that_are_told_apart_without_an_error_do() {
        let fitted =
            RelevanceEstimate::fit(&[([0.2, 1.0], false), ([0.3, 1.2], false), ([0.6, 5.0], true), ([0.7, 6.0], true)])
                .unwrap();
        assert!(fitted.of(&[0.25, 1.1]) < 0.2 && fitted.of(&[0.65, 5.5]) > 0.8, "{fitted:?}");
        assert_eq!(RelevanceEstimate::fit(&[([0.2, 1.0], false)]), None);
        assert_eq!(RelevanceEstimate::fit(&[([f32::NAN, 1.0], false), ([0.1, 1.0], true)]), None);
    }
}
