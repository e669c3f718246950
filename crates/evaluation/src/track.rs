//! A pack's track record: how often people who decided found it right, by property and month, and from which confidence on its word has been as good as theirs.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::metrics::calibration::{Bin, coverage_risk, expected_calibration_error, reliability};

/// A suggestion that a person has decided on.
#[derive(Debug, Clone, PartialEq)]
pub struct Decided {
    /// The pack with its version.
    pub pack: String,
    /// The property.
    pub property: String,
    /// Calibrated, 0 to 1; none where nothing was measured.
    pub confidence: Option<f64>,
    /// Whether the person stood by the value.
    pub right: bool,
    /// When, as `2026-11`.
    pub month: String,
}

/// How a pack did on a property.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TrackRecord {
    /// The pack with its version.
    pub pack: String,
    /// The property.
    pub property: String,
    /// Suggestions that people decided on.
    pub decided: usize,
    /// Those that they stood by.
    pub right: usize,
    /// Their share, with Wilson's 95 % interval.
    pub share: f64,
    /// The interval's lower end.
    pub low: f64,
    /// The interval's upper end.
    pub high: f64,
    /// Expected calibration error over the suggestions with a confidence, ten bins; none without any.
    pub calibration_error: Option<f64>,
    /// The same by bin.
    pub reliability: Vec<Bin>,
    /// By month, in order.
    pub months: Vec<Month>,
    /// What may be accepted in bulk, or why nothing.
    pub bulk: Bulk,
}

/// A month's decisions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Month {
    /// As `2026-11`.
    pub month: String,
    /// Decisions.
    pub decided: usize,
    /// Those that stood by the suggestion.
    pub right: usize,
}

/// Whether suggestions were so often right that a person may accept them together.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Bulk {
    /// They were, from a confidence on.
    From {
        /// The confidence.
        confidence: f64,
        /// So many of them were decided.
        decided: usize,
        /// So many of those were right.
        right: usize,
    },
    /// Never: who made a work is decided work by work.
    Never,
    /// Too few with a confidence were decided to tell.
    TooFew {
        /// So many are needed, if all of them are right.
        needed: usize,
    },
    /// Too many were wrong, at every confidence.
    TooOftenWrong,
}

/// Accepting together asks that at least this share is right, at the lower end of the interval.
const GOOD_ENOUGH: f64 = 0.95;
/// Properties that nobody should decide on unseen: an attribution changes what a work is worth.
pub const ONE_BY_ONE: [&str; 2] = ["artist", "creator"];

/// Sums decisions up, one record a pack and property, in alphabetical order.
pub fn track_records(decisions: &[Decided]) -> Vec<TrackRecord> {
    let mut groups: BTreeMap<(&str, &str), Vec<&Decided>> = BTreeMap::new();
    for decided in decisions {
        groups.entry((&decided.pack, &decided.property)).or_default().push(decided);
    }
    groups.into_iter().map(|((pack, property), decided)| record(pack, property, &decided)).collect()
}

fn record(pack: &str, property: &str, decided: &[&Decided]) -> TrackRecord {
    let right = decided.iter().filter(|one| one.right).count();
    let (low, high) = wilson(right, decided.len());
    let mut months: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for one in decided {
        let (all, right) = months.entry(&one.month).or_default();
        *all += 1;
        *right += usize::from(one.right);
    }
    let (confidence, rights): (Vec<f64>, Vec<bool>) =
        decided.iter().filter_map(|one| Some((one.confidence?, one.right))).unzip();
    TrackRecord {
        pack: pack.to_owned(),
        property: property.to_owned(),
        decided: decided.len(),
        right,
        share: right as f64 / decided.len().max(1) as f64,
        low,
        high,
        calibration_error: (!confidence.is_empty()).then(|| expected_calibration_error(&confidence, &rights, 10)),
        reliability: reliability(&confidence, &rights, 10),
        months: months
            .into_iter()
            .map(|(month, (decided, right))| Month { month: month.to_owned(), decided, right })
            .collect(),
        bulk: if ONE_BY_ONE.contains(&property) { Bulk::Never } else { bulk(&confidence, &rights) },
    }
}

/// The lowest confidence from which on the share of right ones is good enough.
fn bulk(confidence: &[f64], right: &[bool]) -> Bulk {
    let curve = coverage_risk(confidence, right);
    let all = confidence.len() as f64;
    let found = curve.iter().rev().find_map(|point| {
        let decided = (point.coverage * all).round() as usize;
        let right = decided - (point.risk * decided as f64).round() as usize;
        let good = wilson(right, decided).0 >= GOOD_ENOUGH;
        good.then_some(Bulk::From { confidence: point.confidence, decided, right })
    });
    // With all n right the interval's lower end is n / (n + z²).
    let needed = (GOOD_ENOUGH / (1.0 - GOOD_ENOUGH) * Z * Z).ceil() as usize;
    match found {
        Some(found) => found,
        None if confidence.len() < needed => Bulk::TooFew { needed },
        None => Bulk::TooOftenWrong,
    }
}

/// The share of right ones that can be expected at least, where so many of so many were: the lower end of Wilson's 95 % interval.
pub fn expected_at_least(right: usize, decided: usize) -> f64 {
    wilson(right, decided).0
}

/// The normal distribution's quantile for 95 %, two-sided.
const Z: f64 = 1.959_963_984_540_054;

/// Wilson's 95 % interval of a share (1927).
fn wilson(right: usize, all: usize) -> (f64, f64) {
    if all == 0 {
        return (0.0, 1.0);
    }
    let (n, p) = (all as f64, right as f64 / all as f64);
    let middle = (p + Z * Z / (2.0 * n)) / (1.0 + Z * Z / n);
    let half = Z / (1.0 + Z * Z / n) * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
    ((middle - half).max(0.0), (middle + half).min(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decided(confidence: f64, right: bool) -> Decided {
        Decided {
            pack: "compact 2".into(),
            property: "style".into(),
            confidence: Some(confidence),
            right,
            month: "2026-11".into(),
        }
    }

    #[test]
    fn wilsons_interval_by_hand() {
        // 81 of 263: Newcombe 1998 gives 0.2553 to 0.3662.
        let (low, high) = wilson(81, 263);
        assert!((low - 0.2553).abs() < 5e-5 && (high - 0.3662).abs() < 5e-5, "{low} {high}");
    }

    #[test]
    fn sure_suggestions_may_be_accepted_together_once_enough_were_right() {
        let mut all: Vec<Decided> = (0..100).map(|_| decided(0.9, true)).collect();
        all.extend((0..40).map(|n| decided(0.4, n % 2 == 0)));
        let record = &track_records(&all)[0];
        assert_eq!((record.decided, record.right, record.months[0].decided), (140, 120, 140));
        assert_eq!(record.bulk, Bulk::From { confidence: 0.9, decided: 100, right: 100 });
        assert!((record.calibration_error.unwrap() - (100.0 * 0.1 + 40.0 * 0.1) / 140.0).abs() < 1e-9);
        // Twenty right ones are too few to tell 95 %.
        assert_eq!(track_records(&all[80..])[0].bulk, Bulk::TooFew { needed: 73 });
        assert_eq!(track_records(&all[27..100])[0].bulk, Bulk::From { confidence: 0.9, decided: 73, right: 73 });
        let doubtful: Vec<Decided> = (0..100).map(|n| decided(0.9, n % 2 == 0)).collect();
        assert_eq!(track_records(&doubtful)[0].bulk, Bulk::TooOftenWrong);
        all.iter_mut().for_each(|one| one.property = "artist".into());
        assert_eq!(track_records(&all)[0].bulk, Bulk::Never);
        assert!(track_records(&[]).is_empty());
    }
}
