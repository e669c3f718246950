//! A figure together with what it is computed from, case by case: so it can be resampled, and compared with another run's.

use serde::{Deserialize, Serialize};

use crate::metrics::interval::{Difference, Interval, difference, interval};
use crate::metrics::{bleu, classification, meteor};

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
    /// Macro F1 of labels.
    MacroF1 {
        /// What the numbers stand for.
        labels: Vec<String>,
        /// Each case's truth and answer.
        cases: Vec<(usize, Option<usize>)>,
    },
}

impl Column {
    /// Cases.
    pub fn len(&self) -> usize {
        match self {
            Self::Mean(values) => values.len(),
            Self::CocoBleu { counts, .. } | Self::SacreBleu(counts) => counts.len(),
            Self::Meteor(counts) => counts.len(),
            Self::MacroF1 { cases, .. } => cases.len(),
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
        [Column::MacroF1 { labels, cases: first }, Column::MacroF1 { labels: others, cases: second }]
            if labels == others =>
        {
            let (truth, answers): (Vec<usize>, Vec<Option<usize>>) =
                drawn.map(|(case, of_second)| if of_second { second[case] } else { first[case] }).unzip();
            classification::classified(&truth, &answers, labels.len()).macro_average.f1
        }
        _ => return None,
    })
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
        let f1 = Column::MacroF1 { labels: vec!["a".into(), "b".into()], cases: vec![(0, Some(0)), (1, None)] };
        assert_eq!(f1.interval(10, 1).value, 0.5);
    }
}
