//! Accuracy, precision, recall and F1 of labels. They equal scikit-learn's with `zero_division=0`.

use serde::{Deserialize, Serialize};

/// Precision, recall and F1 with how many cases have the label.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Prf {
    /// Share of the answers that are right.
    pub precision: f64,
    /// Share of the cases that were answered so.
    pub recall: f64,
    /// The harmonic mean of both.
    pub f1: f64,
    /// Cases whose truth it is.
    pub support: usize,
}

impl Prf {
    /// From counts: right answers, answers, cases.
    fn of(right: usize, answers: usize, cases: usize) -> Self {
        Self {
            precision: share(right, answers),
            recall: share(right, cases),
            f1: share(2 * right, answers + cases),
            support: cases,
        }
    }

    /// One of its figures.
    pub fn get(&self, share: Share) -> f64 {
        match share {
            Share::Precision => self.precision,
            Share::Recall => self.recall,
            Share::F1 => self.f1,
        }
    }
}

/// One of the three figures of a [`Prf`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Share {
    /// Share of the answers that are right.
    Precision,
    /// Share of the cases that were answered so.
    Recall,
    /// The harmonic mean of both.
    F1,
}

/// How figures of labels become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Average {
    /// Over all answers of all labels together.
    Micro,
    /// The plain mean over labels.
    Macro,
    /// The mean over labels, each weighed by its cases.
    Weighted,
}

/// Right answers, answers and cases of every label; a case may have several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally(Vec<[usize; 3]>);

impl Tally {
    /// Of labels with the numbers below `labels`.
    pub fn new(labels: usize) -> Self {
        Self(vec![[0; 3]; labels])
    }

    /// Counts a case: the labels that it has, and those that it was given. Numbers of no label are passed over.
    pub fn add(&mut self, truth: &[usize], given: &[usize]) {
        for &label in truth {
            if let Some(count) = self.0.get_mut(label) {
                count[2] += 1;
            }
        }
        for label in given {
            if let Some(count) = self.0.get_mut(*label) {
                count[1] += 1;
                count[0] += usize::from(truth.contains(label));
            }
        }
    }

    /// Leaves out labels that no case has and none was given.
    #[must_use]
    pub fn occurring(mut self) -> Self {
        self.0.retain(|[_, answers, cases]| answers + cases > 0);
        self
    }

    /// One a label; labels that do not occur have zeros.
    pub fn per_label(&self) -> Vec<Prf> {
        self.0.iter().map(|[right, answers, cases]| Prf::of(*right, *answers, *cases)).collect()
    }

    /// All labels in one.
    pub fn average(&self, average: Average) -> Prf {
        let sum = |of: usize| self.0.iter().map(|count| count[of]).sum::<usize>();
        let weight: fn(&Prf) -> f64 = match average {
            Average::Micro => return Prf::of(sum(0), sum(1), sum(2)),
            Average::Macro => |_| 1.0,
            Average::Weighted => |prf| prf.support as f64,
        };
        let labels = self.per_label();
        let whole: f64 = labels.iter().map(weight).sum();
        let mean = |value: fn(&Prf) -> f64| {
            let sum: f64 = labels.iter().map(|prf| value(prf) * weight(prf)).sum();
            if whole > 0.0 { sum / whole } else { 0.0 }
        };
        let (precision, recall) = (mean(|prf| prf.precision), mean(|prf| prf.recall));
        Prf { precision, recall, f1: mean(|prf| prf.f1), support: sum(2) }
    }
}

/// Figures of single labels: each case has one truth and one answer, numbers below `labels`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Classified {
    /// Share of right answers.
    pub accuracy: f64,
    /// The plain mean over labels that occur in truth or answers.
    pub macro_average: Prf,
    /// The mean over labels, each weighed by its cases.
    pub weighted_average: Prf,
    /// One a label; labels that do not occur have zeros.
    pub per_label: Vec<Prf>,
}

/// An answer outside the labels (an abstention) is `None`: it is wrong, and counts as no label's answer.
pub fn classified(truth: &[usize], answers: &[Option<usize>], labels: usize) -> Classified {
    let mut tally = Tally::new(labels);
    for (truth, answer) in truth.iter().zip(answers) {
        tally.add(std::slice::from_ref(truth), answer.as_slice());
    }
    let right = tally.0.iter().map(|count| count[0]).sum();
    let per_label = tally.per_label();
    let occurring = tally.occurring();
    Classified {
        accuracy: share(right, truth.len()),
        macro_average: occurring.average(Average::Macro),
        weighted_average: occurring.average(Average::Weighted),
        per_label,
    }
}

/// Share of the cases whose truth is among the first `k` labels of its ranking, best first.
pub fn top_k_accuracy(truth: &[usize], ranked: &[Vec<usize>], k: usize) -> f64 {
    let right = truth.iter().zip(ranked).filter(|(truth, ranked)| ranked.iter().take(k).any(|label| label == *truth));
    share(right.count(), truth.len())
}

/// How often each truth (row) got each answer (column).
pub fn confusion(truth: &[usize], answers: &[Option<usize>], labels: usize) -> Vec<Vec<usize>> {
    let mut counts = vec![vec![0; labels]; labels];
    for (&truth, answer) in truth.iter().zip(answers) {
        if let Some(answer) = answer {
            counts[truth][*answer] += 1;
        }
    }
    counts
}

/// Average precision of one label: the sum over thresholds of precision times the growth of recall, equal scores being one threshold. `scored` has whether the label is true
/// and its score (0 to 1) for each case that it is true of or was given to; the other ones of the `cases` have a score of 0. 0 without a true case.
pub fn average_precision(scored: &[(bool, f64)], cases: usize) -> f64 {
    let positives = scored.iter().filter(|(truth, _)| *truth).count();
    if positives == 0 {
        return 0.0;
    }
    let mut order: Vec<&(bool, f64)> = scored.iter().collect();
    order.sort_by(|a, b| b.1.total_cmp(&a.1));
    let (mut right, mut sum, mut place) = (0usize, 0.0, 0);
    for same in order.chunk_by(|a, b| a.1 == b.1) {
        let before = right;
        right += same.iter().filter(|(truth, _)| *truth).count();
        place += same.len();
        let answers = if same[0].1 > 0.0 { place } else { cases.max(place) };
        sum += share(right, answers) * share(right - before, positives);
    }
    sum
}

pub(crate) fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn abstentions_are_wrong_and_nobodys_answer() {
        let figures = classified(&[0, 0, 1], &[Some(0), None, Some(1)], 3);
        assert_eq!((figures.accuracy, figures.per_label[0].precision), (2.0 / 3.0, 1.0));
        assert_eq!((figures.per_label[0].recall, figures.macro_average.recall), (0.5, 0.75));
        assert_eq!(confusion(&[0, 0, 1], &[Some(0), None, Some(1)], 2), [[1, 0], [0, 1]]);
    }

    #[test]
    fn average_precision_by_hand() {
        // Right at places 1 and 3: (1/1 + 2/3) / 2.
        let precision = average_precision(&[(true, 0.9), (false, 0.8), (true, 0.7)], 3);
        assert!((precision - 5.0 / 6.0).abs() < 1e-12);
        assert!((average_precision(&[(true, 0.5), (false, 0.5)], 2) - 0.5).abs() < 1e-12, "a tie is one threshold");
        // Two of four cases have it, one of them found at once; the other is found with all that have no score.
        assert!((average_precision(&[(true, 0.5), (true, 0.0)], 4) - (1.0 + 0.5) / 2.0).abs() < 1e-12);
    }
}
