//! BLEU (Papineni, Roukos, Ward, Zhu 2002), in the two forms in which captions and explanations are reported.
//!
//! *COCO* equals pycocoevalcap's `Bleu` with the option `closest` on text that its tokenizer has cut: 0 to 1, with tiny constants in place of smoothing.
//! *sacre* equals sacrebleu's `BLEU` with its defaults (13a tokens, exponential smoothing): 0 to 100.

use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

use super::ngrams::{LONGEST, Vocabulary, count, shared, split};

/// What BLEU needs to know of one candidate; sums of it give the corpus' score.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Words of the candidate.
    pub candidate: usize,
    /// Words of the reference that is closest in length, the shorter one of two.
    pub reference: usize,
    /// Runs of 1 to 4 words that stand in a reference, each at most as often as in the reference that has it most.
    pub right: [usize; LONGEST],
    /// Runs of 1 to 4 words of the candidate.
    pub all: [usize; LONGEST],
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.candidate += other.candidate;
        self.reference += other.reference;
        for n in 0..LONGEST {
            self.right[n] += other.right[n];
            self.all[n] += other.all[n];
        }
    }
}

impl Counts {
    /// Of a candidate and its references (at least one), whose words white space separates.
    pub fn of<'a>(candidate: &'a str, references: &[&'a str]) -> Self {
        let mut vocabulary = Vocabulary::default();
        let words = vocabulary.numbers(candidate);
        let references: Vec<Vec<u32>> = references.iter().map(|reference| vocabulary.numbers(reference)).collect();
        Self::of_numbers(&words, &references)
    }

    /// Of numbered words.
    pub fn of_numbers(words: &[u32], references: &[Vec<u32>]) -> Self {
        let closest = references.iter().map(Vec::len).min_by_key(|&length| (length.abs_diff(words.len()), length));
        let mut counts = Self { candidate: words.len(), reference: closest.unwrap_or(0), ..Self::default() };
        for n in 0..LONGEST {
            counts.all[n] = words.len().saturating_sub(n);
            let runs = count(words, n + 1);
            let mut most = vec![0; runs.len()];
            for reference in references {
                let of_reference = count(reference, n + 1);
                shared(&runs, &of_reference, |run, other| most[run] = most[run].max(of_reference[other].1));
            }
            counts.right[n] = runs.iter().zip(most).map(|((_, times), most)| (*times).min(most) as usize).sum();
        }
        counts
    }

    /// BLEU-1 to BLEU-4 as pycocoevalcap computes them, 0 to 1.
    pub fn coco(&self) -> [f64; LONGEST] {
        const SMALL: f64 = 1e-9;
        const TINY: f64 = 1e-15;
        let ratio = (self.candidate as f64 + TINY) / (self.reference as f64 + SMALL);
        let brevity = if ratio < 1.0 { (1.0 - 1.0 / ratio).exp() } else { 1.0 };
        let mut product = 1.0;
        std::array::from_fn(|n| {
            product *= (self.right[n] as f64 + TINY) / (self.all[n] as f64 + SMALL);
            product.powf(1.0 / (n + 1) as f64) * brevity
        })
    }

    /// BLEU of runs up to `order` words as sacrebleu computes it, 0 to 100. `effective` leaves out lengths that the candidate is too short
    /// for: sacrebleu's default for a sentence, not for a corpus.
    pub fn sacre(&self, order: usize, effective: bool) -> f64 {
        if self.right[..order].iter().all(|&right| right == 0) {
            return 0.0;
        }
        let (candidate, reference) = (self.candidate as f64, self.reference as f64);
        let brevity = match self.candidate {
            0 => 0.0,
            shorter if shorter < self.reference => (1.0 - reference / candidate).exp(),
            _ => 1.0,
        };
        let mut logarithms = 0.0;
        let mut used = if effective { 0 } else { order };
        let mut smoothing = 1.0;
        for n in 0..order {
            if self.all[n] == 0 {
                if !effective {
                    // The logarithm of a precision of 0.
                    return 0.0;
                }
                break;
            }
            if effective {
                used = n + 1;
            }
            let right = if self.right[n] == 0 {
                smoothing *= 2.0;
                1.0 / smoothing
            } else {
                self.right[n] as f64
            };
            logarithms += (100.0 * right / self.all[n] as f64).ln();
        }
        brevity * (logarithms / used.max(1) as f64).exp()
    }
}

/// The words as sacrebleu's tokenizer `13a` cuts them, separated by single spaces.
pub fn tokens_13a(line: &str) -> String {
    let mut line = line.replace("<skipped>", "").replace("-\n", "").replace('\n', " ");
    if line.contains('&') {
        line = line.replace("&quot;", "\"").replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">");
    }
    let mut spaced = String::with_capacity(line.len() * 2);
    for c in std::iter::once(' ').chain(line.chars()).chain(std::iter::once(' ')) {
        match c {
            '{'..='~' | '['..='`' | ' '..='&' | '('..='+' | ':'..='@' | '/' => spaced.extend([' ', c, ' ']),
            _ => spaced.push(c),
        }
    }
    let no_digit = |c: char| !c.is_ascii_digit();
    let mark = |c: char| matches!(c, '.' | ',');
    let spaced = replace_pairs(&spaced, |a, b| no_digit(a) && mark(b), |a, b| [a, ' ', b, ' ']);
    let spaced = replace_pairs(&spaced, |a, b| mark(a) && no_digit(b), |a, b| [' ', a, ' ', b]);
    let spaced = replace_pairs(&spaced, |a, b| !no_digit(a) && b == '-', |a, b| [a, ' ', b, ' ']);
    let mut tokens = String::with_capacity(spaced.len());
    for word in split(&spaced) {
        if !tokens.is_empty() {
            tokens.push(' ');
        }
        tokens.push_str(word);
    }
    tokens
}

/// Rewrites pairs of neighbours that `matches` holds for, from the left, none overlapping, as a regular expression's replacement would.
fn replace_pairs(text: &str, matches: impl Fn(char, char) -> bool, with: impl Fn(char, char) -> [char; 4]) -> String {
    let mut replaced = String::with_capacity(text.len() + text.len() / 4);
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match rest.peek().copied() {
            Some(next) if matches(c, next) => {
                rest.next();
                replaced.extend(with(c, next));
            }
            _ => replaced.push(c),
        }
    }
    replaced
}

/// The counts of sacrebleu: both sides cut by [`tokens_13a`].
pub fn sacre_counts(candidate: &str, references: &[&str]) -> Counts {
    let candidate = tokens_13a(candidate);
    let references: Vec<String> = references.iter().map(|reference| tokens_13a(reference)).collect();
    Counts::of(&candidate, &references.iter().map(String::as_str).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        // Five of six words ("the" stands once in the reference), and of the pairs "the cat", "cat sat", "sat on".
        let counts = Counts::of("the cat sat on the mat", &["the cat sat on a mat"]);
        assert_eq!((counts.right, counts.all), ([5, 3, 2, 1], [6, 5, 4, 3]));
        assert!((counts.coco()[0] - 5.0 / 6.0).abs() < 1e-9);
        assert!((counts.coco()[1] - (5.0f64 / 6.0 * 3.0 / 5.0).sqrt()).abs() < 1e-9);
        assert!((counts.sacre(2, false) - 100.0 * (5.0f64 / 6.0 * 3.0 / 5.0).sqrt()).abs() < 1e-9);
    }

    #[test]
    fn short_candidates_pay_and_words_count_at_most_as_often_as_in_a_reference() {
        let counts = Counts::of("the the", &["the cat is here", "a cat"]);
        assert_eq!((counts.right[0], counts.candidate, counts.reference), (1, 2, 2));
        let short = Counts::of("the cat", &["the cat is here"]);
        assert!((short.coco()[0] - (-1.0f64).exp()).abs() < 1e-8);
        assert_eq!(Counts::of("", &["a"]).sacre(4, true), 0.0);
    }

    #[test]
    fn the_13a_tokens() {
        assert_eq!(
            tokens_13a("It's 3.5-4,000 &amp; (more), e.g. \"this\"."),
            "It's 3.5 - 4,000 & ( more ) , e . g . \" this \" ."
        );
    }
}
