//! METEOR (Banerjee, Lavie 2005; Denkowski, Lavie 2014), equal to version 1.5 for English with its default parameters.
//!
//! A candidate's words are aligned with a reference's: as they stand, by stem, as synonyms, as paraphrases. Precision and recall count the aligned words, weighed by how they were aligned and whether
//! they are function words; a penalty grows with the number of pieces that the alignment falls into. The word lists belong to METEOR's package and are read from there: see [`Package`].

mod align;
mod normalise;
mod package;
mod synonyms;
#[cfg(test)]
mod tests;

use std::ops::AddAssign;

use rayon::prelude::*;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

pub use package::Package;

use crate::EvaluationError;
use align::aligned;

/// How two runs of words were matched, in the order in which METEOR tries it.
const STAGES: usize = 4;
/// The weight of a match by stage: exact, stem, synonym, paraphrase.
const WEIGHTS: [f64; STAGES] = [1.0, 0.6, 0.8, 0.6];
/// The weight of precision against recall.
const ALPHA: f64 = 0.85;
/// The exponent of the penalty.
const BETA: f64 = 0.2;
/// The largest penalty.
const GAMMA: f64 = 0.6;
/// The weight of content words against function words.
const DELTA: f64 = 0.75;

/// Words of one side of an alignment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Side {
    /// Words.
    pub words: usize,
    /// Those of them that are function words.
    pub function: usize,
    /// Content words that were matched, by stage: exact, stem, synonym, paraphrase.
    pub matched_content: [usize; STAGES],
    /// Function words that were matched, by stage.
    pub matched_function: [usize; STAGES],
}

/// What METEOR needs to know of one candidate and its best reference; sums of it give the corpus' score.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// The candidate's words.
    pub candidate: Side,
    /// The reference's words.
    pub reference: Side,
    /// Pieces that the alignment falls into; 0 where both texts are aligned in one piece.
    pub chunks: usize,
}

impl AddAssign for Side {
    fn add_assign(&mut self, other: Self) {
        self.words += other.words;
        self.function += other.function;
        for stage in 0..STAGES {
            self.matched_content[stage] += other.matched_content[stage];
            self.matched_function[stage] += other.matched_function[stage];
        }
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.candidate += other.candidate;
        self.reference += other.reference;
        self.chunks += other.chunks;
    }
}

impl Side {
    fn of(words: &[u32], is_function: impl Fn(u32) -> bool) -> Self {
        let function = words.iter().filter(|word| is_function(**word)).count();
        Self { words: words.len(), function, ..Self::default() }
    }

    fn matched(&self) -> usize {
        self.matched_content.iter().chain(&self.matched_function).sum()
    }

    /// The weighed share of words that were matched.
    fn share(&self) -> f64 {
        let all = DELTA * (self.words - self.function) as f64 + (1.0 - DELTA) * self.function as f64;
        let matched: f64 = (0..STAGES)
            .map(|stage| {
                let content = DELTA * self.matched_content[stage] as f64;
                WEIGHTS[stage] * (content + (1.0 - DELTA) * self.matched_function[stage] as f64)
            })
            .sum();
        if all > 0.0 { matched / all } else { 0.0 }
    }
}

impl Counts {
    /// The score, 0 to 1: F of the two shares, less the penalty γ · (pieces / matched words)^β.
    pub fn score(&self) -> f64 {
        let (precision, recall) = (self.candidate.share(), self.reference.share());
        if precision <= 0.0 || recall <= 0.0 {
            return 0.0;
        }
        let f = precision * recall / (ALPHA * precision + (1.0 - ALPHA) * recall);
        let matched = (self.candidate.matched() + self.reference.matched()) as f64 / 2.0;
        f * (1.0 - GAMMA * (self.chunks as f64 / matched).powf(BETA))
    }
}

/// METEOR with the lists that were at hand.
pub struct Meteor {
    package: Package,
    stemmer: rust_stemmers::Stemmer,
}

/// What the stages ask of a word: the number of its stem, its synsets, whether it is a function word.
struct Word {
    stem: u32,
    synsets: Vec<u32>,
    function: bool,
}

impl Meteor {
    /// With the lists of `package`; stages whose lists it lacks are off.
    pub fn new(package: Package) -> Self {
        Self { package, stemmer: rust_stemmers::Stemmer::create(rust_stemmers::Algorithm::English) }
    }

    /// What is absent and which stage is off for it, a sentence each.
    pub fn lacks(&self) -> &[String] {
        &self.package.lacks
    }

    /// Each candidate's counts with the reference that scores best. Texts are caption tokens ([`crate::text::caption_tokens`]), at least one reference each.
    ///
    /// # Errors
    ///
    /// The table of paraphrases cannot be read.
    pub fn counts(&self, cases: &[(&str, Vec<&str>)]) -> Result<Vec<Counts>, EvaluationError> {
        let mut numbers: FxHashMap<String, u32> = FxHashMap::default();
        let mut spellings: Vec<String> = Vec::new();
        let texts: Vec<(String, Vec<String>)> = cases
            .par_iter()
            .map(|(candidate, references)| {
                let normalised = |text: &str| normalise::normalised(text, &self.package.prefixes);
                // As pycocoevalcap hands it over: three bars part the texts of a line.
                let candidate = candidate.replace("|||", "").replace("  ", " ");
                (normalised(&candidate), references.iter().copied().map(normalised).collect())
            })
            .collect();
        let mut numbered = |text: &str| -> Vec<u32> {
            text.split(' ')
                .filter(|word| !word.is_empty())
                .map(|word| {
                    if let Some(&number) = numbers.get(word) {
                        return number;
                    }
                    let number = spellings.len() as u32;
                    numbers.insert(word.to_owned(), number);
                    spellings.push(word.to_owned());
                    number
                })
                .collect()
        };
        let texts: Vec<(Vec<u32>, Vec<Vec<u32>>)> = texts
            .iter()
            .map(|(candidate, references)| {
                (numbered(candidate), references.iter().map(|reference| numbered(reference)).collect())
            })
            .collect();
        let words = self.words(&spellings);
        let paraphrases = self.package.paraphrases(&texts, &numbers)?;
        Ok(texts
            .par_iter()
            .map(|(candidate, references)| {
                let mut best = Counts::default();
                let mut best_score = -1.0;
                for reference in references {
                    let counts = counted(candidate, reference, &words, &paraphrases);
                    if counts.score() > best_score {
                        (best, best_score) = (counts, counts.score());
                    }
                }
                best
            })
            .collect())
    }

    /// What the stages need of every word.
    fn words(&self, spellings: &[String]) -> Vec<Word> {
        let looked_up: Vec<(String, Vec<u32>)> = spellings
            .par_iter()
            .map(|word| {
                let synsets = self.package.synonyms.as_ref().map_or_else(Vec::new, |synonyms| synonyms.synsets(word));
                (self.stemmer.stem(word).into_owned(), synsets)
            })
            .collect();
        let mut stems: FxHashMap<String, u32> = FxHashMap::default();
        spellings
            .iter()
            .zip(looked_up)
            .map(|(word, (stem, synsets))| {
                let next = stems.len() as u32;
                let stem = *stems.entry(stem).or_insert(next);
                Word { stem, synsets, function: self.package.function_words.contains(word) }
            })
            .collect()
    }
}

/// Runs of words that say the same, by the numbers of their words: the candidates' with the references', and how often the table has the two.
#[derive(Debug, Default)]
struct Paraphrases {
    same: FxHashMap<Vec<u32>, FxHashMap<Vec<u32>, usize>>,
    /// The words of the longest run.
    longest: usize,
}

fn counted(candidate: &[u32], reference: &[u32], words: &[Word], paraphrases: &Paraphrases) -> Counts {
    let function = |word: u32| words[word as usize].function;
    let (pairs, chunks) = aligned(candidate, reference, words, paraphrases);
    let mut counts =
        Counts { candidate: Side::of(candidate, function), reference: Side::of(reference, function), chunks };
    for pair in pairs {
        let match_words = |side: &mut Side, matched: &[u32]| {
            for &word in matched {
                let of = if function(word) { &mut side.matched_function } else { &mut side.matched_content };
                of[pair.stage] += 1;
            }
        };
        match_words(&mut counts.candidate, &candidate[pair.candidate..][..pair.candidate_words]);
        match_words(&mut counts.reference, &reference[pair.reference..][..pair.reference_words]);
    }
    counts
}
