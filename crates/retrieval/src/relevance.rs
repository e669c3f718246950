//! From a score to a probability, so that a search can say that it found nothing.

/// A logistic curve over the mean of maxima: `1 / (1 + exp(-steepness * (mean - midpoint)))`.
///
/// MaxSim always has a best document, and its sum grows with the length of the query. The mean of the maxima does not, but its
/// level belongs to the retriever: contextual rows of unrelated texts still have cosines well above zero. Whoever owns a retriever
/// and a collection therefore fits the two numbers on questions of which it is known whether the collection answers them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RelevanceCurve {
    /// The mean at which a document is as likely relevant as not.
    pub midpoint: f32,
    /// How fast the probability rises there, per unit of the mean.
    pub steepness: f32,
}

impl RelevanceCurve {
    /// The probability, 0 to 1, that a document with this mean of maxima is relevant.
    pub fn of(&self, mean: f32) -> f32 {
        1.0 / (1.0 + (-self.steepness * (mean - self.midpoint)).exp())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rises_through_one_half_at_its_midpoint() {
        let curve = RelevanceCurve { midpoint: 0.4, steepness: 20.0 };
        assert!((curve.of(0.4) - 0.5).abs() < 1e-6);
        assert!(curve.of(0.2) < 0.05 && curve.of(0.6) > 0.95);
        assert!(curve.of(-1.0) >= 0.0 && curve.of(1.0) <= 1.0);
    }
}
