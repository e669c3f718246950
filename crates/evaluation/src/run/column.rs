//! A figure together with what it is computed from, case by case: so it can be resampled, and compared with another run's.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::metrics::classification::{Average, Share, Tally};
use crate::metrics::interval::{Difference, Interval, difference, interval};
use crate::metrics::{bleu, calibration, classification, meteor};

/// Of the calibration error.
pub(super) const BINS: usize = 10;

/// One entry a case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Column {
    /// The figure is the mean.
    Mean(Vec<f64>),
    /// BLEU of the corpus, in COCO's form, of runs up to `order` words.
    CocoBleu {
        /// Runs of so many words.
        order: usize,
        /// A case each.
        counts: Vec<bleu::Counts>,
    },
    /// BLEU-4 of the corpus, in sacrebleu's form.
    SacreBleu(Vec<bleu::Counts>),
    /// METEOR of the corpus.
    Meteor(Vec<meteor::Counts>),
    /// Precision, recall or F1 over the labels that occur.
    Labels {
        /// How labels become one.
        average: Average,
        /// Which figure of them.
        share: Share,
        /// What the numbers stand for.
        labels: Vec<String>,
        /// The labels that each case has, and those that it was given.
        cases: Vec<(Vec<usize>, Vec<usize>)>,
    },
    /// The mean of average precision over labels that a case has: each case's labels with whether they are true and their scores; those left out are neither.
    AveragePrecision(Vec<Vec<(usize, bool, f64)>>),
    /// Expected calibration error in ten bins: how sure each answer was, and whether it was right.
    CalibrationError(Vec<(f64, bool)>),
    /// The area under the coverage–risk curve of the same.
    AreaUnderRisk(Vec<(f64, bool)>),
}

impl Column {
    /// Cases.
    pub fn len(&self) -> usize {
        match self {
            Self::Mean(values) => values.len(),
            Self::CocoBleu { counts, .. } | Self::SacreBleu(counts) => counts.len(),
            Self::Meteor(counts) => counts.len(),
            Self::Labels { cases, .. } => cases.len(),
            Self::AveragePrecision(cases) => cases.len(),
            Self::CalibrationError(answers) | Self::AreaUnderRisk(answers) => answers.len(),
        }
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The figure with its interval.
    pub fn interval(&self, resamples: usize, seed: u64) -> Interval {
        interval(self.len(), resamples, seed, |cases| {
            over([self, self], cases.iter().map(|case| (*case, false))).unwrap_or(0.0)
        })
    }

    /// The difference to another run's figure over the same cases; none where the two are of different kinds.
    pub fn difference(&self, other: &Self, resamples: usize, seed: u64) -> Option<Difference> {
        if self.len() != other.len() {
            return None;
        }
        over([self, other], std::iter::empty())?;
        Some(difference(self.len(), resamples, seed, |cases| over([self, other], cases.iter().copied()).unwrap_or(0.0)))
    }
}

/// The figure over cases that are drawn from either of two columns.
fn over(columns: [&Column; 2], drawn: impl Iterator<Item = (usize, bool)>) -> Option<f64> {
    fn sum<T: Copy + Default + std::ops::AddAssign>(
        sides: [&[T]; 2],
        drawn: impl Iterator<Item = (usize, bool)>,
    ) -> (T, usize) {
        drawn.fold((T::default(), 0), |(mut sum, many), (case, second)| {
            sum += sides[usize::from(second)][case];
            (sum, many + 1)
        })
    }
    Some(match columns {
        [Column::Mean(first), Column::Mean(second)] => {
            let (sum, many) = sum([first, second], drawn);
            sum / many.max(1) as f64
        }
        [Column::CocoBleu { order, counts: first }, Column::CocoBleu { order: other, counts: second }]
            if order == other =>
        {
            sum([first, second], drawn).0.coco()[order - 1]
        }
        [Column::SacreBleu(first), Column::SacreBleu(second)] => sum([first, second], drawn).0.sacre(4, false),
        [Column::Meteor(first), Column::Meteor(second)] => sum([first, second], drawn).0.score(),
        [
            Column::Labels { average, share, labels, cases: first },
            Column::Labels { average: other_average, share: other_share, labels: others, cases: second },
        ] if (average, share, labels) == (other_average, other_share, others) => {
            let mut tally = Tally::new(labels.len());
            for (case, of_second) in drawn {
                let (truth, given) = if of_second { &second[case] } else { &first[case] };
                tally.add(truth, given);
            }
            tally.occurring().average(*average).get(*share)
        }
        [Column::AveragePrecision(first), Column::AveragePrecision(second)] => {
            let mut labels: BTreeMap<usize, Vec<(bool, f64)>> = BTreeMap::new();
            let mut cases = 0;
            for (case, of_second) in drawn {
                cases += 1;
                for (label, truth, score) in if of_second { &second[case] } else { &first[case] } {
                    labels.entry(*label).or_default().push((*truth, *score));
                }
            }
            let of_cases = labels.values().filter(|scored| scored.iter().any(|(truth, _)| *truth));
            let precisions: Vec<f64> =
                of_cases.map(|scored| classification::average_precision(scored, cases)).collect();
            precisions.iter().sum::<f64>() / precisions.len().max(1) as f64
        }
        [Column::CalibrationError(first), Column::CalibrationError(second)] => {
            let (confidence, right) = answers([first, second], drawn);
            calibration::expected_calibration_error(&confidence, &right, BINS)
        }
        [Column::AreaUnderRisk(first), Column::AreaUnderRisk(second)] => {
            let (confidence, right) = answers([first, second], drawn);
            calibration::area_under(&calibration::coverage_risk(&confidence, &right))
        }
        _ => return None,
    })
}

/// Confidences, and whether the answers were right.
fn answers(sides: [&[(f64, bool)]; 2], drawn: impl Iterator<Item = (usize, bool)>) -> (Vec<f64>, Vec<bool>) {
    drawn.map(|(case, second)| sides[usize::from(second)][case]).unzip()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_of_different_kinds_do_not_compare() {
        let mean = Column::Mean(vec![1.0, 0.0]);
        assert!(mean.difference(&Column::SacreBleu(vec![bleu::Counts::default(); 2]), 10, 1).is_none());
        assert!(mean.difference(&Column::Mean(vec![1.0]), 10, 1).is_none());
        assert_eq!(mean.interval(10, 1).value, 0.5);
    }

    #[test]
    fn figures_of_labels_and_confidences_by_hand() {
        let value = |column: &Column| column.interval(20, 1).value;
        let labels = |average, share, cases: &[(&[usize], &[usize])]| Column::Labels {
            average,
            share,
            labels: vec!["a".into(), "b".into(), "c".into()],
            cases: cases.iter().map(|(truth, given)| (truth.to_vec(), given.to_vec())).collect(),
        };
        // "a" is found, "b" is not, "c" does not occur; nobody said "b", so micro precision is whole.
        let single: [(&[usize], &[usize]); 2] = [(&[0], &[0]), (&[1], &[])];
        assert_eq!(value(&labels(Average::Macro, Share::F1, &single)), 0.5);
        assert_eq!(value(&labels(Average::Micro, Share::Precision, &single)), 1.0);
        // Of three cases of "a" two are found, of one of "b" none: weighted recall 3/4 · 2/3.
        let several: [(&[usize], &[usize]); 3] = [(&[0, 1], &[0]), (&[0], &[0, 2]), (&[0], &[])];
        assert!((value(&labels(Average::Weighted, Share::Recall, &several)) - 0.5).abs() < 1e-12);
        // "a": 1/1 at the first of two places of three cases, the second only with all three; "b" is never true and not counted.
        let scored = vec![vec![(0, true, 0.9)], vec![(0, true, 0.0)], vec![(1, false, 0.8)]];
        assert!((value(&Column::AveragePrecision(scored)) - (1.0 + 2.0 / 3.0) / 2.0).abs() < 1e-12);
        let sure = vec![(0.95, true), (0.95, false), (0.25, false)];
        assert!((value(&Column::CalibrationError(sure.clone())) - (2.0 * 0.45 + 0.25) / 3.0).abs() < 1e-9);
        assert!(
            (value(&Column::AreaUnderRisk(sure.clone())) - (2.0 / 3.0 * 0.5 + 1.0 / 3.0 * 2.0 / 3.0)).abs() < 1e-12
        );
        // A pair: the second run is always right and sure of it.
        let right = Column::CalibrationError(vec![(1.0, true); 3]);
        let paired = Column::CalibrationError(sure).difference(&right, 20, 1).unwrap();
        assert!((paired.difference.value + (2.0 * 0.45 + 0.25) / 3.0).abs() < 1e-9);
    }
}
