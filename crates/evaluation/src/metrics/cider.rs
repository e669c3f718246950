//! CIDEr and CIDEr-D (Vedantam, Zitnick, Parikh 2015): runs of words weighed by how telling they are.
//!
//! [`Form::D`] equals pycocoevalcap's `Cider`, which is CIDEr-D without stems. [`Form::Plain`] is the cosine that the paper starts with: no clipping, no
//! penalty on length.

use rustc_hash::FxHashMap;

use super::ngrams::{LONGEST, Run, Vocabulary, count, shared};

/// Which of the paper's two formulas.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// The mean cosine over runs of 1 to 4 words.
    Plain,
    /// With counts clipped to the reference's and a Gaussian penalty on the difference in length.
    D,
}

/// The width of the Gaussian over differences in length.
const SIGMA: f64 = 6.0;

/// A text as counted runs of 1 to 4 words.
type Runs = [Vec<(Run, u32)>; LONGEST];

/// A text as weighed runs.
struct Weighed {
    runs: Runs,
    weights: [Vec<f64>; LONGEST],
    norms: [f64; LONGEST],
    /// How many pairs of words it has. The reference takes pairs for its length.
    length: f64,
}

impl Weighed {
    /// `rarity` says how telling a run is; it is asked in the order of the runs.
    fn new(runs: Runs, mut rarity: impl FnMut(Run) -> f64) -> Self {
        let weights: [Vec<f64>; LONGEST] =
            std::array::from_fn(|n| runs[n].iter().map(|(run, times)| f64::from(*times) * rarity(*run)).collect());
        let norms = std::array::from_fn(|n| weights[n].iter().map(|weight| weight * weight).sum::<f64>().sqrt());
        let length = runs[1].iter().map(|(_, times)| f64::from(*times)).sum();
        Self { runs, weights, norms, length }
    }
}

/// In how many cases runs occur in any reference. Each run has a number, since looking one up in a table of all is what takes the time.
#[derive(Default)]
struct Frequency {
    numbers: FxHashMap<Run, u32>,
    /// By number: cases, and the last one that was counted.
    cases: Vec<(u32, usize)>,
}

impl Frequency {
    /// Counts the runs of a case's reference, and tells their numbers.
    fn add(&mut self, case: usize, runs: &Runs) -> Vec<u32> {
        let mut number_of = |run: Run| {
            let number = *self.numbers.entry(run).or_insert(self.cases.len() as u32);
            if number as usize == self.cases.len() {
                self.cases.push((0, usize::MAX));
            }
            let (cases, last) = &mut self.cases[number as usize];
            if *last != case {
                (*cases, *last) = (*cases + 1, case);
            }
            number
        };
        runs.iter().flatten().map(|(run, _)| number_of(*run)).collect()
    }
}

/// The score of each candidate (tokenised text and its references, at least one each), about 0 to 10. The corpus' score is their mean.
pub fn cider(cases: &[(&str, Vec<&str>)], form: Form) -> Vec<f64> {
    let mut vocabulary = Vocabulary::default();
    let mut frequency = Frequency::default();
    let runs_of = |words: Vec<u32>| -> Runs { std::array::from_fn(|n| count(&words, n + 1)) };
    let mut texts = Vec::with_capacity(cases.len());
    for (case, (candidate, references)) in cases.iter().enumerate() {
        let candidate = runs_of(vocabulary.numbers(candidate));
        let mut numbered = Vec::with_capacity(references.len());
        for reference in references {
            let runs = runs_of(vocabulary.numbers(reference));
            let numbers = frequency.add(case, &runs);
            numbered.push((runs, numbers));
        }
        texts.push((candidate, numbered));
    }
    let all = (cases.len() as f64).ln();
    let rarity: Vec<f64> = frequency.cases.iter().map(|(cases, _)| all - f64::from(*cases).ln()).collect();
    let of_candidate = |run: Run| frequency.numbers.get(&run).map_or(all, |number| rarity[*number as usize]);
    texts
        .into_iter()
        .map(|(candidate, references)| {
            let candidate = Weighed::new(candidate, of_candidate);
            let many = references.len().max(1) as f64;
            let score = |(runs, numbers): (Runs, Vec<u32>)| {
                let mut numbers = numbers.into_iter();
                let of_next = |_| numbers.next().map_or(all, |number| rarity[number as usize]);
                likeness(&candidate, &Weighed::new(runs, of_next), form)
            };
            10.0 * references.into_iter().map(score).sum::<f64>() / many
        })
        .collect()
}

/// The mean over run lengths of the cosine, in the given form.
fn likeness(candidate: &Weighed, reference: &Weighed, form: Form) -> f64 {
    let penalty = match form {
        Form::Plain => 1.0,
        Form::D => (-(candidate.length - reference.length).powi(2) / (2.0 * SIGMA * SIGMA)).exp(),
    };
    let mut sum = 0.0;
    for n in 0..LONGEST {
        let mut product = 0.0;
        shared(&candidate.runs[n], &reference.runs[n], |c, r| {
            let (c, r) = (candidate.weights[n][c], reference.weights[n][r]);
            product += match form {
                Form::Plain => c * r,
                Form::D => c.min(r) * r,
            };
        });
        let norms = candidate.norms[n] * reference.norms[n];
        sum += if norms == 0.0 { product } else { product / norms };
    }
    penalty * sum / LONGEST as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        // Words "a" and "b" occur in one case of two each: weight ln 2. The first candidate repeats its reference: cosine 1 for runs of one
        // and two words, none longer: 10 * 2 / 4. The second shares "c" alone of two words: 10 * 0.5 / 4.
        let cases = [("a b", vec!["a b"]), ("c x", vec!["c d"])];
        let plain = cider(&cases, Form::Plain);
        assert!((plain[0] - 5.0).abs() < 1e-12 && (plain[1] - 1.25).abs() < 1e-12, "{plain:?}");
        assert_eq!(cider(&cases, Form::D), plain, "same length, nothing repeated");
        let longer = [("a b b b", vec!["a b"]), ("c x", vec!["c d"])];
        assert!(cider(&longer, Form::D)[0] < cider(&longer, Form::Plain)[0]);
    }
}
