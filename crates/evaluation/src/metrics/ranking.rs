//! Rankings: what was wanted and where it came. Each query's documents are given by their gain, best ranked first.

/// nDCG of the first `k` (Järvelin, Kekäläinen 2002) with linear gain and base 2, as scikit-learn's `ndcg_score`.
///
/// `gains` are those of the ranked documents, `wanted` those of every relevant document, in any order. 0 when nothing is wanted.
pub fn ndcg(gains: &[f64], wanted: &[f64], k: usize) -> f64 {
    let sum = |gains: &mut dyn Iterator<Item = f64>| -> f64 {
        gains.take(k).enumerate().map(|(place, gain)| gain / (place as f64 + 2.0).log2()).sum()
    };
    let mut best = wanted.to_vec();
    best.sort_by(|a, b| b.total_cmp(a));
    let best = sum(&mut best.into_iter());
    if best > 0.0 { sum(&mut gains.iter().copied()) / best } else { 0.0 }
}

/// Share of the relevant documents that are among the first `k`; 0 when there is none.
pub fn recall(gains: &[f64], wanted: usize, k: usize) -> f64 {
    let found = gains.iter().take(k).filter(|&&gain| gain > 0.0).count();
    super::classification::share(found, wanted)
}

/// One over the place of the first relevant document; 0 when there is none. Their mean over queries is MRR.
pub fn reciprocal_rank(gains: &[f64]) -> f64 {
    gains.iter().position(|&gain| gain > 0.0).map_or(0.0, |place| 1.0 / (place + 1) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        let gains = [0.0, 1.0, 0.0, 1.0];
        let found = 1.0 / 3f64.log2() + 1.0 / 5f64.log2();
        assert!((ndcg(&gains, &[1.0, 1.0], 5) - found / (1.0 + 1.0 / 3f64.log2())).abs() < 1e-12);
        assert_eq!((recall(&gains, 4, 2), reciprocal_rank(&gains)), (0.25, 0.5));
        assert_eq!((ndcg(&gains, &[], 5), recall(&gains, 0, 5), reciprocal_rank(&[0.0])), (0.0, 0.0, 0.0));
    }
}
