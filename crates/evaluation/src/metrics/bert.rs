//! BERTScore (Zhang, Kishore, Wu, Weinberger, Artzi 2020): how well each token's row finds its like in the other text.
//!
//! Equal to PyPI's `bert-score` on the same rows, one text at a time. Where the rows come from is no matter here: see [`crate::run::TextRows`].

use rustc_hash::{FxHashMap, FxHashSet};

/// A text's tokens with a row for each, the markers at both ends among them.
#[derive(Debug, Clone, PartialEq)]
pub struct TokenRows {
    /// The tokens' numbers in the vocabulary.
    pub tokens: Vec<u32>,
    /// Tokens × width, of any length: they are made unit rows.
    pub rows: Vec<f32>,
    /// Tokens that stand for no part of a text, such as `[CLS]` and `[SEP]`: others may find their like in them, but they count for nothing themselves.
    pub markers: Vec<u32>,
}

/// Precision, recall and F1, −1 to 1.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct BertScore {
    /// The mean over the candidate's tokens of the likeness to the reference's token that is most alike.
    pub precision: f64,
    /// The same from the reference's side.
    pub recall: f64,
    /// The harmonic mean.
    pub f1: f64,
}

impl BertScore {
    /// Of a candidate against a reference; `weights` are [`inverse_document_frequencies`], or none for tokens that count alike. A text without tokens scores 0.
    pub fn of(candidate: &TokenRows, reference: &TokenRows, weights: Option<&FxHashMap<u32, f64>>) -> Self {
        let width = candidate.rows.len().checked_div(candidate.tokens.len()).unwrap_or(0);
        if width == 0 || reference.rows.len() != reference.tokens.len() * width {
            return Self::default();
        }
        let (of_candidate, of_reference) = (unit_rows(&candidate.rows, width), unit_rows(&reference.rows, width));
        let mut best_of_candidate = vec![f32::MIN; candidate.tokens.len()];
        let mut best_of_reference = vec![f32::MIN; reference.tokens.len()];
        for (row, best) in of_candidate.chunks_exact(width).zip(&mut best_of_candidate) {
            for (other, best_of_other) in of_reference.chunks_exact(width).zip(&mut best_of_reference) {
                let likeness: f32 = row.iter().zip(other).map(|(a, b)| a * b).sum();
                *best = best.max(likeness);
                *best_of_other = best_of_other.max(likeness);
            }
        }
        let mean = |text: &TokenRows, best: &[f32]| {
            let (mut sum, mut all) = (0.0, 0.0);
            for (token, best) in text.tokens.iter().zip(best).filter(|(token, _)| !text.markers.contains(token)) {
                let weight = weights
                    .map_or(1.0, |weights| weights.get(token).or_else(|| weights.get(&UNSEEN)).copied().unwrap_or(1.0));
                sum += weight * f64::from(*best);
                all += weight;
            }
            if all > 0.0 { Some(sum / all) } else { None }
        };
        match (mean(candidate, &best_of_candidate), mean(reference, &best_of_reference)) {
            (Some(precision), Some(recall)) => Self::from_both(precision, recall),
            _ => Self::default(),
        }
    }

    fn from_both(precision: f64, recall: f64) -> Self {
        let sum = precision + recall;
        Self { precision, recall, f1: if sum == 0.0 { 0.0 } else { 2.0 * precision * recall / sum } }
    }

    /// Stretched so that `baseline`, what texts that have nothing to do with each other score with the same rows, becomes 0.
    #[must_use]
    pub fn rescaled(self, baseline: Self) -> Self {
        let stretched = |value: f64, zero: f64| (value - zero) / (1.0 - zero);
        Self {
            precision: stretched(self.precision, baseline.precision),
            recall: stretched(self.recall, baseline.recall),
            f1: stretched(self.f1, baseline.f1),
        }
    }
}

/// Where [`inverse_document_frequencies`] keeps the weight of tokens that no reference has.
const UNSEEN: u32 = u32::MAX;

/// How telling a token is: ln((N + 1) / (n + 1)) for a token that n of N references have.
pub fn inverse_document_frequencies<'a>(references: impl IntoIterator<Item = &'a [u32]>) -> FxHashMap<u32, f64> {
    let mut all = 0usize;
    let mut frequencies: FxHashMap<u32, usize> = FxHashMap::default();
    for tokens in references {
        all += 1;
        for token in tokens.iter().copied().collect::<FxHashSet<u32>>() {
            *frequencies.entry(token).or_default() += 1;
        }
    }
    let weight = |references: usize| ((all + 1) as f64 / (references + 1) as f64).ln();
    frequencies
        .into_iter()
        .map(|(token, references)| (token, weight(references)))
        .chain([(UNSEEN, weight(0))])
        .collect()
}

/// Rows of length 1; a row of zeros stays.
fn unit_rows(rows: &[f32], width: usize) -> Vec<f32> {
    let mut unit = rows.to_vec();
    for row in unit.chunks_exact_mut(width) {
        let length = row.iter().map(|value| value * value).sum::<f32>().sqrt();
        if length > 0.0 {
            row.iter_mut().for_each(|value| *value /= length);
        }
    }
    unit
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(tokens: &[u32], rows: &[[f32; 2]]) -> TokenRows {
        TokenRows { tokens: tokens.to_vec(), rows: rows.concat(), markers: vec![0] }
    }

    #[test]
    fn by_hand() {
        // Token 1 finds itself, 2 stands at 45° to 3 and at 0° to the marker; of the reference, 1 finds itself and 3 token 2 at 45°.
        let candidate = text(&[1, 2], &[[2.0, 0.0], [1.0, 1.0]]);
        let reference = text(&[1, 3], &[[1.0, 0.0], [0.0, 3.0]]);
        let half = 0.5f64.sqrt();
        let score = BertScore::of(&candidate, &reference, None);
        assert!((score.precision - f64::midpoint(1.0, half)).abs() < 1e-6, "{score:?}");
        assert!((score.recall - f64::midpoint(1.0, half)).abs() < 1e-6, "{score:?}");
        // The marker is found, but it is not asked.
        let marked = text(&[0, 1, 3], &[[5.0, 5.0], [1.0, 0.0], [0.0, 3.0]]);
        let score = BertScore::of(&candidate, &marked, None);
        assert!((score.precision - 1.0).abs() < 1e-6 && (score.recall - f64::midpoint(1.0, half)).abs() < 1e-6);
        assert_eq!(BertScore::of(&text(&[0], &[[1.0, 0.0]]), &reference, None), BertScore::default());
        assert_eq!(BertScore::of(&text(&[], &[]), &reference, None), BertScore::default());
    }

    #[test]
    fn telling_tokens_weigh_more() {
        let weights = inverse_document_frequencies([&[1u32, 1, 2][..], &[1, 3]]);
        assert!((weights[&1] - 0.0).abs() < 1e-12 && (weights[&2] - 1.5f64.ln()).abs() < 1e-12);
        // Token 1 stands in every reference and counts for nothing: only 2 is left, at 45° to 1.
        let score = BertScore::of(
            &text(&[1, 2], &[[1.0, 0.0], [1.0, 1.0]]),
            &text(&[1, 9], &[[1.0, 0.0], [1.0, 0.0]]),
            Some(&weights),
        );
        assert!((score.precision - 0.5f64.sqrt()).abs() < 1e-6 && (score.recall - 1.0).abs() < 1e-6, "{score:?}");
    }
}
