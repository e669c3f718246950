//! How sure a confidence is in words: the same bounds in window, command line and explanations.

/// A calibrated confidence as a person would say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Likelihood {
    /// Below 0.35.
    Doubtful,
    /// 0.35 to 0.6.
    Possibly,
    /// 0.6 to 0.85.
    Probably,
    /// 0.85 and up.
    VeryLikely,
}

impl Likelihood {
    /// Of a calibrated confidence, 0 to 1.
    pub fn of(confidence: f32) -> Self {
        match confidence {
            c if c >= 0.85 => Self::VeryLikely,
            c if c >= 0.6 => Self::Probably,
            c if c >= 0.35 => Self::Possibly,
            _ => Self::Doubtful,
        }
    }

    /// As the verb of a sentence: "may be".
    pub fn verb(self) -> &'static str {
        match self {
            Self::Doubtful => "might be",
            Self::Possibly | Self::Probably => "may be",
            Self::VeryLikely => "may well be",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_rise_with_the_confidence() {
        let words: Vec<_> = [0.0, 0.34, 0.35, 0.6, 0.85, 1.0].map(Likelihood::of).into();
        use Likelihood::*;
        assert_eq!(words, [Doubtful, Doubtful, Possibly, Probably, VeryLikely, VeryLikely]);
        assert!(words.is_sorted());
    }

    #[test]
    fn no_number_is_doubtful() {
        assert_eq!(Likelihood::of(f32::NAN), Likelihood::Doubtful);
    }
}
