//! ROUGE (Lin 2004): shared words, pairs of words, and the longest common subsequence.
//!
//! [`Rouge`] equals Google's rouge-score without its stemmer; [`coco_rouge_l`] equals pycocoevalcap's `Rouge`.

use super::ngrams::{Vocabulary, count, shared};

/// Precision, recall and their harmonic mean, 0 to 1.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Overlap {
    /// Share of the candidate that is in the reference.
    pub precision: f64,
    /// Share of the reference that is in the candidate.
    pub recall: f64,
    /// The harmonic mean of both.
    pub f1: f64,
}

impl Overlap {
    /// From a number of shared things and how many both sides have.
    pub fn of(shared: usize, candidate: usize, reference: usize) -> Self {
        let (precision, recall) = (shared as f64 / candidate.max(1) as f64, shared as f64 / reference.max(1) as f64);
        let sum = precision + recall;
        Self { precision, recall, f1: if sum > 0.0 { 2.0 * precision * recall / sum } else { 0.0 } }
    }

    fn better(self, other: Self) -> Self {
        if other.f1 > self.f1 { other } else { self }
    }
}

/// ROUGE-1, ROUGE-2 and ROUGE-L of one candidate, each with the reference that suits it best.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Rouge {
    /// Shared words.
    pub one: Overlap,
    /// Shared pairs of neighbouring words.
    pub two: Overlap,
    /// The longest common subsequence of words.
    pub longest: Overlap,
}

impl Rouge {
    /// As rouge-score's `score_multi` with `use_stemmer=False`.
    pub fn of(candidate: &str, references: &[&str]) -> Self {
        let candidate = tokens(candidate);
        let references: Vec<String> = references.iter().map(|reference| tokens(reference)).collect();
        let mut vocabulary = Vocabulary::default();
        let words = vocabulary.numbers(&candidate);
        let mut best = Self::default();
        for reference in &references {
            let other = vocabulary.numbers(reference);
            let runs = |n| {
                Overlap::of(
                    shared_runs(&words, &other, n),
                    (words.len() + 1).saturating_sub(n),
                    (other.len() + 1).saturating_sub(n),
                )
            };
            best.one = best.one.better(runs(1));
            best.two = best.two.better(runs(2));
            best.longest =
                best.longest.better(Overlap::of(common_subsequence(&words, &other), words.len(), other.len()));
        }
        best
    }
}

/// Lower case, everything but a to z and digits a gap: what rouge-score compares. Letters with accents are gaps too.
fn tokens(text: &str) -> String {
    text.to_lowercase().chars().map(|c| if c.is_ascii_lowercase() || c.is_ascii_digit() { c } else { ' ' }).collect()
}

fn shared_runs(left: &[u32], right: &[u32], length: usize) -> usize {
    let (left, right) = (count(left, length), count(right, length));
    let mut sum = 0;
    shared(&left, &right, |l, r| sum += left[l].1.min(right[r].1) as usize);
    sum
}

/// The length of the longest common subsequence. Bit-parallel (Hyyrö 2004): one word of `left` a bit, 64 to a machine word.
pub fn common_subsequence(left: &[u32], right: &[u32]) -> usize {
    if left.is_empty() || right.is_empty() {
        return 0;
    }
    let words = left.len().div_ceil(64);
    let mut places: rustc_hash::FxHashMap<u32, Vec<u64>> = rustc_hash::FxHashMap::default();
    for (place, word) in left.iter().enumerate() {
        places.entry(*word).or_insert_with(|| vec![0; words])[place / 64] |= 1 << (place % 64);
    }
    // A bit is cleared where the length of the common subsequence grows.
    let mut row = vec![u64::MAX; words];
    for word in right {
        let Some(places) = places.get(word) else { continue };
        let mut carry = false;
        for (row, places) in row.iter_mut().zip(places) {
            let met = *row & places;
            let (sum, first) = row.overflowing_add(met);
            let (sum, second) = sum.overflowing_add(u64::from(carry));
            carry = first || second;
            *row = sum | (*row & !places);
        }
    }
    let used = |index: usize| {
        if index + 1 < words || left.len().is_multiple_of(64) { u64::MAX } else { (1 << (left.len() % 64)) - 1 }
    };
    row.iter().enumerate().map(|(index, row)| (!row & used(index)).count_ones() as usize).sum()
}

/// ROUGE-L as pycocoevalcap computes it on tokenised text: the largest precision and the largest recall over the references, recall weighing 1.2 times.
///
/// Like there, an empty text is one empty word, so that two empty texts are alike.
pub fn coco_rouge_l(candidate: &str, references: &[&str]) -> f64 {
    const BETA: f64 = 1.2;
    let mut vocabulary = Vocabulary::default();
    let words: Vec<u32> = candidate.split(' ').map(|word| vocabulary.number(word)).collect();
    let (mut precision, mut recall) = (0f64, 0f64);
    for reference in references {
        let other: Vec<u32> = reference.split(' ').map(|word| vocabulary.number(word)).collect();
        let common = common_subsequence(&words, &other) as f64;
        precision = precision.max(common / words.len() as f64);
        recall = recall.max(common / other.len() as f64);
    }
    if precision == 0.0 || recall == 0.0 {
        return 0.0;
    }
    (1.0 + BETA * BETA) * precision * recall / (recall + BETA * BETA * precision)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        let rouge = Rouge::of("The cat sat, here.", &["the dog sat here"]);
        assert_eq!((rouge.one.f1, rouge.longest.f1), (0.75, 0.75));
        assert!((rouge.two.f1 - 1.0 / 3.0).abs() < 1e-12);
        assert_eq!(Rouge::of("", &["a"]), Rouge::default());
    }

    /// The table that everybody learns, against the bit-parallel form, across the border of a machine word.
    #[test]
    fn the_longest_common_subsequence_is_the_tables() {
        let table = |left: &[u32], right: &[u32]| {
            let mut lengths = vec![vec![0usize; right.len() + 1]; left.len() + 1];
            for l in 1..=left.len() {
                for r in 1..=right.len() {
                    lengths[l][r] = if left[l - 1] == right[r - 1] {
                        lengths[l - 1][r - 1] + 1
                    } else {
                        lengths[l - 1][r].max(lengths[l][r - 1])
                    };
                }
            }
            lengths[left.len()][right.len()]
        };
        let mut state = 1u64;
        let mut next = || {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 33) as u32
        };
        for length in [1, 5, 63, 64, 65, 128, 150] {
            for _ in 0..5 {
                let left: Vec<u32> = (0..length).map(|_| next() % 7).collect();
                let right: Vec<u32> = (0..length + next() as usize % 30).map(|_| next() % 7).collect();
                assert_eq!(common_subsequence(&left, &right), table(&left, &right), "{left:?} {right:?}");
            }
        }
    }
}
