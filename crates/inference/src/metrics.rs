//! How good ranked answers with a confidence are. Pure functions over numbers.

/// Share of answers whose truth is among their first `k` labels; 0 for no answers. `ranked` holds label numbers, best
/// first.
pub fn top_k_accuracy(ranked: &[Vec<usize>], truth: &[usize], k: usize) -> f64 {
    let right = ranked.iter().zip(truth).filter(|(labels, truth)| labels.iter().take(k).any(|label| label == *truth));
    share(right.count(), truth.len())
}

/// Mean over the labels that occur in truth or answers of F1 = 2 tp / (2 tp + fp + fn); 0 for no answers.
pub fn macro_f1(answers: &[usize], truth: &[usize], labels: usize) -> f64 {
    let mut counts = vec![[0usize; 3]; labels];
    for (&answer, &truth) in answers.iter().zip(truth) {
        match answer == truth {
            true => counts[truth][0] += 1,
            false => {
                counts[answer][1] += 1;
                counts[truth][2] += 1;
            }
        }
    }
    let seen: Vec<f64> = counts
        .iter()
        .filter(|count| count.iter().sum::<usize>() > 0)
        .map(|[tp, fp, fn_]| share(2 * tp, 2 * tp + fp + fn_))
        .collect();
    if seen.is_empty() { 0.0 } else { seen.iter().sum::<f64>() / seen.len() as f64 }
}

/// Expected calibration error (Naeini, Cooper, Hauskrecht 2015): the answers are sorted into `bins` equal ranges of
/// confidence; the mean over answers of the distance between their range's mean confidence and its share of right ones.
pub fn expected_calibration_error(confidence: &[f64], right: &[bool], bins: usize) -> f64 {
    let mut sums = vec![(0usize, 0.0f64, 0usize); bins.max(1)];
    for (&confidence, &right) in confidence.iter().zip(right) {
        let bin = ((confidence * bins as f64) as usize).min(sums.len() - 1);
        sums[bin].0 += 1;
        sums[bin].1 += confidence;
        sums[bin].2 += usize::from(right);
    }
    let total: f64 = sums.iter().map(|(_, confidence, right)| (confidence - *right as f64).abs()).sum();
    if confidence.is_empty() { 0.0 } else { total / confidence.len() as f64 }
}

/// The largest share of answers that can be given, surest first, with at least `precision` of them right; 0 if there is none.
/// Answers of the same confidence are given together.
pub fn coverage_at_precision(confidence: &[f64], right: &[bool], precision: f64) -> f64 {
    let mut sure: Vec<(f64, bool)> = confidence.iter().copied().zip(right.iter().copied()).collect();
    sure.sort_by(|a, b| b.0.total_cmp(&a.0));
    let (mut rights, mut covered) = (0, 0);
    for (given, (confidence, is_right)) in (1..).zip(&sure) {
        rights += usize::from(*is_right);
        let last_of_its_kind = sure.get(given).is_none_or(|next| next.0 < *confidence);
        if last_of_its_kind && rights as f64 >= precision * given as f64 {
            covered = given;
        }
    }
    share(covered, sure.len())
}

fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn top_k_by_hand() {
        let ranked = [vec![2, 0, 1], vec![1, 2, 0], vec![0, 1, 2], vec![0, 2, 1]];
        let truth = [2, 2, 1, 1];
        assert_eq!(top_k_accuracy(&ranked, &truth, 1), 0.25);
        assert_eq!(top_k_accuracy(&ranked, &truth, 2), 0.75);
        assert_eq!(top_k_accuracy(&ranked, &truth, 3), 1.0);
        assert_eq!(top_k_accuracy(&[], &[], 1), 0.0);
    }

    #[test]
    fn macro_f1_by_hand() {
        // Label 0: tp 1, fp 0, fn 1: 2/3. Label 1: tp 1, fp 1, fn 0: 2/3. Label 2 does not occur.
        assert!((macro_f1(&[0, 1, 1], &[0, 0, 1], 3) - 2.0 / 3.0).abs() < 1e-12);
        assert_eq!(macro_f1(&[1], &[0], 2), 0.0);
    }

    #[test]
    fn calibration_by_hand() {
        // Bin 0.9..1: two answers at 0.95, one right: off by 0.45; bin 0.2..0.3: one at 0.25, wrong: off by 0.25.
        let error = expected_calibration_error(&[0.95, 0.95, 0.25], &[true, false, false], 10);
        assert!((error - (2.0 * 0.45 + 0.25) / 3.0).abs() < 1e-9);
        assert_eq!(expected_calibration_error(&[1.0], &[true], 10), 0.0);
    }

    #[test]
    fn coverage_by_hand() {
        // Surest first: right, right, wrong, right. At three quarters all four may be given, at 90 % the first two.
        let (confidence, right) = ([0.9, 0.2, 0.8, 0.5], [true, true, true, false]);
        assert_eq!(coverage_at_precision(&confidence, &right, 0.75), 1.0);
        assert_eq!(coverage_at_precision(&confidence, &right, 0.9), 0.5);
        assert_eq!(coverage_at_precision(&[0.5, 0.5], &[true, false], 0.9), 0.0, "both are given or none");
        assert_eq!(coverage_at_precision(&[], &[], 0.9), 0.0);
    }
}
