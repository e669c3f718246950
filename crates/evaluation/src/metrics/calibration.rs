//! How far confidences can be believed, and what is gained by answering only when sure.

use serde::Serialize;

/// The answers of one range of confidence.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Bin {
    /// Where it begins; it ends where the next one begins.
    pub from: f64,
    /// Answers in it.
    pub answers: usize,
    /// Their mean confidence; 0 in an empty one.
    pub confidence: f64,
    /// Their share of right answers; 0 in an empty one.
    pub accuracy: f64,
}

/// Reliability data: the answers in `bins` equal ranges of confidence, lower bounds included, 1 in the last.
pub fn reliability(confidence: &[f64], right: &[bool], bins: usize) -> Vec<Bin> {
    let bins = bins.max(1);
    let mut sums = vec![(0usize, 0.0f64, 0usize); bins];
    for (&confidence, &right) in confidence.iter().zip(right) {
        let bin = &mut sums[((confidence * bins as f64) as usize).min(bins - 1)];
        bin.0 += 1;
        bin.1 += confidence;
        bin.2 += usize::from(right);
    }
    let bin = |(index, (answers, confidence, right)): (usize, (usize, f64, usize))| {
        let many = answers.max(1) as f64;
        Bin { from: index as f64 / bins as f64, answers, confidence: confidence / many, accuracy: right as f64 / many }
    };
    sums.into_iter().enumerate().map(bin).collect()
}

/// Expected calibration error (Naeini, Cooper, Hauskrecht 2015): the mean over answers of the distance between their bin's mean confidence and share
/// of right answers.
pub fn expected_calibration_error(confidence: &[f64], right: &[bool], bins: usize) -> f64 {
    let bins = reliability(confidence, right, bins);
    let sum: f64 = bins.iter().map(|bin| (bin.confidence - bin.accuracy).abs() * bin.answers as f64).sum();
    sum / confidence.len().max(1) as f64
}

/// A point of the coverage–risk curve: the answers at least as sure as `confidence`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct CoverageRisk {
    /// The least confidence among them.
    pub confidence: f64,
    /// Their share of all cases.
    pub coverage: f64,
    /// The share of wrong ones among them.
    pub risk: f64,
}

/// The curve (El-Yaniv, Wiener 2010), surest first; equally sure answers come together, since no threshold parts them.
pub fn coverage_risk(confidence: &[f64], right: &[bool]) -> Vec<CoverageRisk> {
    let mut order: Vec<usize> = (0..confidence.len()).collect();
    order.sort_by(|&a, &b| confidence[b].total_cmp(&confidence[a]));
    let (mut wrong, mut curve) = (0usize, Vec::new());
    for (place, &answer) in order.iter().enumerate() {
        wrong += usize::from(!right[answer]);
        if order.get(place + 1).is_none_or(|&next| confidence[next] != confidence[answer]) {
            let answered = (place + 1) as f64;
            curve.push(CoverageRisk {
                confidence: confidence[answer],
                coverage: answered / order.len() as f64,
                risk: wrong as f64 / answered,
            });
        }
    }
    curve
}

/// The area under the coverage–risk curve as steps: each answer's risk at the coverage that lets it in; 0 is best.
pub fn area_under(curve: &[CoverageRisk]) -> f64 {
    let mut before = 0.0;
    let mut area = 0.0;
    for point in curve {
        area += (point.coverage - before) * point.risk;
        before = point.coverage;
    }
    area
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        // 0.9 to 1: two answers at 0.95, one right: off by 0.45; 0.2 to 0.3: one at 0.25, wrong: off by 0.25.
        let error = expected_calibration_error(&[0.95, 0.95, 0.25], &[true, false, false], 10);
        assert!((error - (2.0 * 0.45 + 0.25) / 3.0).abs() < 1e-9);
        assert_eq!(expected_calibration_error(&[1.0], &[true], 10), 0.0);

        let curve = coverage_risk(&[0.5, 0.9, 0.5, 0.7], &[false, true, true, false]);
        let points: Vec<(f64, f64)> = curve.iter().map(|point| (point.coverage, point.risk)).collect();
        assert_eq!(points, [(0.25, 0.0), (0.5, 0.5), (1.0, 0.5)]);
        assert!((area_under(&curve) - (0.25 * 0.5 + 0.5 * 0.5)).abs() < 1e-12);
    }
}
