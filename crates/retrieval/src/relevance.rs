//! From a score to a probability, so that a search can say that it found nothing.

/// A logistic curve over the mean of maxima: `1 / (1 + exp(-steepness * (mean - midpoint)))`.
///
/// MaxSim always has a best document, and its sum grows with the length of the query. The mean of the maxima does not, but its
/// level belongs to the retriever: contextual rows of unrelated texts still have cosines well above zero. Whoever owns a retriever
/// and a collection therefore fits the two numbers on questions of which it is known whether the collection answers them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RelevanceCurve {
    /// The mean at which a document is as likely relevant as not.
    pub midpoint: f32,
    /// How fast the probability rises there, per unit of the mean.
    pub steepness: f32,
}

impl RelevanceCurve {
    /// The probability, 0 to 1, that a document with this mean of maxima is relevant.
    pub fn of(&self, mean: f32) -> f32 {
        1.0 / (1.0 + (-self.steepness * (mean - self.midpoint)).exp())
    }
}

/// The probability that a hit is relevant, from the mean of its maxima and from how far it stands above the tenth hit of its search: the level of means
/// differs from query to query, the standing is free of it, and both together tell more than either.
///
/// Logistic regression: `1 / (1 + exp(-(bias + by_mean * mean + by_standing * standing)))`.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct RelevanceEstimate {
    /// The log odds at zero.
    pub bias: f32,
    /// Per unit of [`crate::Match::mean`].
    pub by_mean: f32,
    /// Per unit of [`crate::Match::standing`].
    pub by_standing: f32,
}

impl RelevanceEstimate {
    /// The probability, 0 to 1.
    pub fn of(&self, mean: f32, standing: f32) -> f32 {
        1.0 / (1.0 + (-(self.bias + self.by_mean * mean + self.by_standing * standing)).exp())
    }

    /// Fitted to hits (mean, standing) of which it is known whether they are relevant, by Newton's method with a slight ridge, so that even hits that
    /// can be told apart without an error have finite weights. `None` unless some are relevant and some are not.
    pub fn fit(hits: &[(f32, f32, bool)]) -> Option<Self> {
        let relevant = hits.iter().filter(|h| h.2).count();
        if relevant == 0 || relevant == hits.len() || hits.iter().any(|h| !h.0.is_finite() || !h.1.is_finite()) {
            return None;
        }
        const RIDGE: f64 = 1e-3;
        let mut weights = [0.0f64; 3];
        for _ in 0..100 {
            let (mut gradient, mut curvature) = ([0.0; 3], [[0.0; 3]; 3]);
            for (i, weight) in weights.iter().enumerate().skip(1) {
                gradient[i] = RIDGE * weight;
                curvature[i][i] = RIDGE;
            }
            for &(mean, standing, relevant) in hits {
                let x = [1.0, f64::from(mean), f64::from(standing)];
                let p = 1.0 / (1.0 + (-(0..3).map(|i| weights[i] * x[i]).sum::<f64>()).exp());
                for i in 0..3 {
                    gradient[i] += (p - f64::from(u8::from(relevant))) * x[i];
                    (0..3).for_each(|j| curvature[i][j] += p * (1.0 - p) * x[i] * x[j]);
                }
            }
            curvature[0][0] += 1e-9;
            let step = solve(curvature, gradient)?;
            let longest = step.iter().fold(0.0f64, |m, s| m.max(s.abs()));
            // A step too far is shortened: the curvature holds only nearby.
            let share = (5.0 / longest.max(f64::MIN_POSITIVE)).min(1.0);
            weights.iter_mut().zip(step).for_each(|(w, s)| *w -= share * s);
            if longest < 1e-9 {
                break;
            }
        }
        let [bias, by_mean, by_standing] = weights.map(|w| w as f32);
        Some(Self { bias, by_mean, by_standing })
    }
}

/// `x` of `matrix x = right`, by elimination with pivots; `None` when there is not one.
fn solve(mut matrix: [[f64; 3]; 3], mut right: [f64; 3]) -> Option<[f64; 3]> {
    for column in 0..3 {
        let pivot = (column..3).max_by(|&a, &b| matrix[a][column].abs().total_cmp(&matrix[b][column].abs()))?;
        if matrix[pivot][column] == 0.0 {
            return None;
        }
        matrix.swap(column, pivot);
        right.swap(column, pivot);
        for row in column + 1..3 {
            let share = matrix[row][column] / matrix[column][column];
            let from = matrix[column];
            matrix[row].iter_mut().zip(from).for_each(|(to, from)| *to -= share * from);
            right[row] -= share * right[column];
        }
    }
    for row in (0..3).rev() {
        right[row] = (right[row] - (row + 1..3).map(|c| matrix[row][c] * right[c]).sum::<f64>()) / matrix[row][row];
    }
    Some(right)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rises_through_one_half_at_its_midpoint() {
        let curve = RelevanceCurve { midpoint: 0.4, steepness: 20.0 };
        assert!((curve.of(0.4) - 0.5).abs() < 1e-6);
        assert!(curve.of(0.2) < 0.05 && curve.of(0.6) > 0.95);
        assert!(curve.of(-1.0) >= 0.0 && curve.of(1.0) <= 1.0);
    }

    #[test]
    fn an_estimate_finds_the_weights_that_made_its_examples() {
        let made = RelevanceEstimate { bias: -6.0, by_mean: 5.0, by_standing: 1.5 };
        // Each point counts in the measure of its probability.
        let hits: Vec<(f32, f32, bool)> = (0..400)
            .flat_map(|i| {
                let (mean, standing) = ((i % 20) as f32 / 20.0, (i / 20) as f32 / 4.0);
                let relevant = (made.of(mean, standing) * 200.0).round() as usize;
                (0..200).map(move |n| (mean, standing, n < relevant))
            })
            .collect();
        let fitted = RelevanceEstimate::fit(&hits).unwrap();
        for (a, b) in [(fitted.bias, -6.0), (fitted.by_mean, 5.0), (fitted.by_standing, 1.5)] {
            assert!((a - b).abs() < 0.1, "{fitted:?}");
        }
    }

    #[test]
    fn examples_that_are_told_apart_without_an_error_do() {
        let fitted =
            RelevanceEstimate::fit(&[(0.2, 1.0, false), (0.3, 1.2, false), (0.6, 5.0, true), (0.7, 6.0, true)])
                .unwrap();
        assert!(fitted.of(0.25, 1.1) < 0.2 && fitted.of(0.65, 5.5) > 0.8, "{fitted:?}");
        assert_eq!(RelevanceEstimate::fit(&[(0.2, 1.0, false)]), None);
        assert_eq!(RelevanceEstimate::fit(&[(f32::NAN, 1.0, false), (0.1, 1.0, true)]), None);
    }
}
