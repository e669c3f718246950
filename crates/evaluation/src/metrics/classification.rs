//! Accuracy, precision, recall and F1 of labels. They equal scikit-learn's with `zero_division=0`.

use serde::Serialize;

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
    let mut counts = vec![[0usize; 3]; labels];
    for (&truth, &answer) in truth.iter().zip(answers) {
        counts[truth][2] += 1;
        if let Some(answer) = answer {
            counts[answer][1] += 1;
            counts[answer][0] += usize::from(answer == truth);
        }
    }
    let per_label: Vec<Prf> = counts.iter().map(|[right, answers, cases]| Prf::of(*right, *answers, *cases)).collect();
    let right = counts.iter().map(|count| count[0]).sum();
    let seen: Vec<(&Prf, f64)> =
        per_label.iter().zip(&counts).filter(|(_, c)| c[1] + c[2] > 0).map(|(prf, _)| (prf, 1.0)).collect();
    let weighted: Vec<(&Prf, f64)> = per_label.iter().map(|prf| (prf, prf.support as f64)).collect();
    Classified {
        accuracy: share(right, truth.len()),
        macro_average: mean(&seen, truth.len()),
        weighted_average: mean(&weighted, truth.len()),
        per_label,
    }
}

fn mean(of: &[(&Prf, f64)], support: usize) -> Prf {
    let weight: f64 = of.iter().map(|(_, weight)| weight).sum();
    let mean = |value: fn(&Prf) -> f64| {
        let sum: f64 = of.iter().map(|(prf, weight)| value(prf) * weight).sum();
        if weight > 0.0 { sum / weight } else { 0.0 }
    };
    Prf { precision: mean(|prf| prf.precision), recall: mean(|prf| prf.recall), f1: mean(|prf| prf.f1), support }
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

/// Figures of several labels a case, at one threshold.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct AtThreshold {
    /// A label is given when its score is at least this.
    pub threshold: f64,
    /// Over all labels of all cases together.
    pub micro_average: Prf,
    /// The plain mean over the labels.
    pub macro_average: Prf,
    /// The mean over labels, each weighed by its cases.
    pub weighted_average: Prf,
}

/// `truth` and `scores` have one row a case and one column a label.
pub fn multilabel(truth: &[Vec<bool>], scores: &[Vec<f64>], threshold: f64) -> AtThreshold {
    let labels = truth.first().map_or(0, Vec::len);
    let mut counts = vec![[0usize; 3]; labels];
    for (truth, scores) in truth.iter().zip(scores) {
        for ((count, &truth), &score) in counts.iter_mut().zip(truth).zip(scores) {
            let given = score >= threshold;
            count[0] += usize::from(given && truth);
            count[1] += usize::from(given);
            count[2] += usize::from(truth);
        }
    }
    let per_label: Vec<Prf> = counts.iter().map(|[right, answers, cases]| Prf::of(*right, *answers, *cases)).collect();
    let sum = |of: usize| counts.iter().map(|count| count[of]).sum::<usize>();
    let plain: Vec<(&Prf, f64)> = per_label.iter().map(|prf| (prf, 1.0)).collect();
    let weighted: Vec<(&Prf, f64)> = per_label.iter().map(|prf| (prf, prf.support as f64)).collect();
    AtThreshold {
        threshold,
        micro_average: Prf::of(sum(0), sum(1), sum(2)),
        macro_average: mean(&plain, sum(2)),
        weighted_average: mean(&weighted, sum(2)),
    }
}

/// Average precision of one label: the sum over thresholds of precision times the growth of recall, equal scores being one threshold. 0 without
/// a true case.
pub fn average_precision(truth: &[bool], scores: &[f64]) -> f64 {
    let positives = truth.iter().filter(|&&truth| truth).count();
    if positives == 0 {
        return 0.0;
    }
    let mut order: Vec<usize> = (0..truth.len()).collect();
    order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
    let (mut right, mut sum, mut place) = (0usize, 0.0, 0);
    while place < order.len() {
        let score = scores[order[place]];
        let before = right;
        while place < order.len() && scores[order[place]] == score {
            right += usize::from(truth[order[place]]);
            place += 1;
        }
        sum += share(right, place) * share(right - before, positives);
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
        assert!((average_precision(&[true, false, true], &[0.9, 0.8, 0.7]) - 5.0 / 6.0).abs() < 1e-12);
        assert!((average_precision(&[true, false], &[0.5, 0.5]) - 0.5).abs() < 1e-12, "a tie is one threshold");
    }
}
