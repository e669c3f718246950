//! What speaks for a fragment's answering a query, and how likely that makes it.

use std::collections::{HashMap, HashSet};

use vitrine_inference::TextRows;
use vitrine_retrieval::RelevanceEstimate;

use crate::words::{forms, is_common, words};

/// What the words that a fragment shares with the query count beside its rows, and what its name does. Fitted together by conditional logistic regression, which asks of a query's fragments
/// only which comes first, on the questions marked `fit` in the assistant's `tests/questions.toml` and on the sentences of even number of `tests/artpedia.rs`, then rounded.
const BY_WORDS: f32 = 0.7;
const BY_NAME: f32 = 0.3;
/// BM25's constants (Robertson and Zaragoza, 2009) in their usual size, and how many words a paragraph has: 72 those of Artpedia on average, 77 those of the articles.
const SATURATION: f32 = 1.2;
const LENGTH_SHARE: f32 = 0.75;
const USUAL_LENGTH: f32 = 75.0;

/// Score, share of the name, share of unknown words: fitted by logistic regression on the ten first hits of each question marked `fit` in the assistant's `tests/questions.toml`, with the compact pack's rows over
/// the starter knowledge base; a test marked to be ignored in the assistant's `tests/questions.rs` prints it and how it does on the others.
pub(crate) const RELEVANCE: RelevanceEstimate<3> = RelevanceEstimate { bias: -6.98, weights: [5.37, 28.2, -12.2] };

/// What speaks for a fragment's being what a query asks for.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct RelevanceFeatures {
    /// Mean over the query's rows of the best match in the fragment.
    pub mean: f32,
    /// How much of the query the fragment's words and its title's are: BM25 over the query's telling words, as a share of the most that any fragment could reach, 0 to 1.
    pub words: f32,
    /// How much of the query is the name of the fragment's article or page: of its telling words, each counted by its [`rarity`], the share that the name has; 0 where the query does not name it.
    pub named: f32,
    /// The share of the query's telling words that nothing that is searched ever uses, 0 to 1.
    pub unknown: f32,
}

impl RelevanceFeatures {
    /// What fragments are ordered by.
    pub fn score(&self) -> f32 {
        self.mean + BY_WORDS * self.words + BY_NAME * self.named
    }

    /// What the probability is made of.
    pub fn for_estimate(&self) -> [f32; 3] {
        [self.score(), self.named, self.unknown]
    }
}

/// How rare a word is that `using` of `all` fragments use: the logarithm of the odds against meeting it, as BM25 has it, and never below 0.
pub(crate) fn rarity(using: usize, all: usize) -> f32 {
    let (using, all) = (using as f32, all.max(using) as f32);
    (1.0 + (all - using + 0.5) / (using + 0.5)).ln()
}

/// A word of a query that tells what is sought.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TellingWord {
    /// The word itself, folded, then other forms of it.
    pub forms: Vec<String>,
    /// How many fragments of all that are searched use it.
    pub using: usize,
}

/// A query, as it is compared.
#[derive(Debug, Clone)]
pub(crate) struct Sought {
    /// Its text.
    pub text: String,
    /// Its telling words.
    pub telling: Telling,
    /// Its rows.
    pub rows: TextRows,
}

/// The telling words of a query, each once.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Telling {
    words: Vec<(TellingWord, f32)>,
    sum: f32,
    unknown: f32,
}

impl Telling {
    /// The telling words of `query`, in their order, before anybody knows how many fragments use them.
    pub(crate) fn words_of(query: &str) -> Vec<TellingWord> {
        let mut known = HashSet::new();
        words(query)
            .into_iter()
            .filter(|(_, word)| !is_common(word) && known.insert(word.clone()))
            .map(|(_, word)| TellingWord { forms: forms(&word), using: 0 })
            .collect()
    }

    /// Of words whose use among `all` fragments is known.
    pub(crate) fn new(words: Vec<TellingWord>, all: usize) -> Self {
        let unknown = words.iter().filter(|word| word.using == 0).count() as f32 / words.len().max(1) as f32;
        let words: Vec<_> =
            words.into_iter().map(|word| (rarity(word.using, all), word)).map(|(r, w)| (w, r)).collect();
        Self { sum: words.iter().map(|(_, rarity)| rarity).sum(), words, unknown }
    }

    /// The words as the query has them.
    pub(crate) fn as_asked(&self) -> Vec<String> {
        self.words.iter().filter_map(|(word, _)| word.forms.first().cloned()).collect()
    }

    /// The words, each with its rarity.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&TellingWord, f32)> {
        self.words.iter().map(|(word, rarity)| (word, *rarity))
    }

    /// What speaks for a fragment with these `names` and this `text`, of which the query's rows are matched by `mean`.
    pub(crate) fn features<'a>(
        &self,
        mean: f32,
        is_named: bool,
        names: impl IntoIterator<Item = &'a str>,
        text: &str,
    ) -> RelevanceFeatures {
        let mut used: HashMap<String, f32> = HashMap::new();
        let mut length = 0.0;
        let mut longest_name = 0.0f32;
        for name in names {
            let of_name: HashSet<String> = words(name).into_iter().map(|(_, word)| word).collect();
            if is_named {
                let of_query =
                    self.words.iter().filter(|(word, _)| word.forms.iter().any(|form| of_name.contains(form)));
                longest_name = longest_name.max(of_query.map(|(_, rarity)| rarity).sum());
            }
            length += of_name.len() as f32;
            of_name.into_iter().for_each(|word| *used.entry(word).or_default() += 1.0);
        }
        for (_, word) in words(text) {
            length += 1.0;
            *used.entry(word).or_default() += 1.0;
        }
        let norm = SATURATION * (1.0 - LENGTH_SHARE + LENGTH_SHARE * length / USUAL_LENGTH);
        let told = self.words.iter().map(|(word, rarity)| {
            let times: f32 = word.forms.iter().filter_map(|form| used.get(form)).sum();
            rarity * times / (times + norm)
        });
        let share = |part: f32| if self.sum > 0.0 { part / self.sum } else { 0.0 };
        RelevanceFeatures { mean, words: share(told.sum()), named: share(longest_name), unknown: self.unknown }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A query whose words are used by as many of 1000 fragments as is told.
    fn telling(query: &str, using: &[usize]) -> Telling {
        let mut words = Telling::words_of(query);
        assert_eq!(words.len(), using.len());
        words.iter_mut().zip(using).for_each(|(word, using)| word.using = *using);
        Telling::new(words, 1000)
    }

    #[test]
    fn rare_words_tell_more_than_frequent_ones_and_common_ones_nothing() {
        let asked = telling("Who painted the Fighting Temeraire?", &[600, 20, 1]);
        assert_eq!(asked.as_asked(), ["painted", "fighting", "temeraire"]);
        let words = |text: &str| asked.features(0.5, false, [], text).words;
        assert!(words("The Temeraire is towed.") > 2.0 * words("It was painted at sea."));
        assert!(words("Painted temeraire, fighting.") > words("The Temeraire is towed."));
        assert!(words("Painted temeraire, fighting.") < 1.0 && words("Who is the?") == 0.0);
        let long = format!("The Temeraire is towed. {}", "And so on and on. ".repeat(40));
        assert!(words(&long) < words("The Temeraire is towed."), "a long text says it more in passing");
    }

    #[test]
    fn a_name_counts_by_how_much_of_the_query_it_is() {
        let asked = telling("impasto", &[5]);
        assert_eq!(asked.features(0.0, true, ["Impasto"], "").named, 1.0);
        assert_eq!(asked.features(0.0, false, ["Impasto"], "").named, 0.0);
        let in_passing = telling("the harbour at spring with many boats", &[40, 40, 300, 30]);
        let named = in_passing.features(0.0, true, ["Spring"], "").named;
        assert!(named > 0.0 && named < 0.5, "{named}");
    }

    #[test]
    fn words_that_nobody_uses_make_everything_unlikely() {
        let (known, half) = (telling("etching", &[9]), telling("etching xyzzy", &[9, 0]));
        let of = |telling: &Telling| telling.features(0.7, true, ["Etching"], "Etching bites lines.");
        assert_eq!((of(&known).unknown, of(&half).unknown), (0.0, 0.5));
        assert!(RELEVANCE.of(&of(&known).for_estimate()) > 0.9);
        assert!(RELEVANCE.of(&of(&half).for_estimate()) < RELEVANCE.of(&of(&known).for_estimate()));
        let nothing = telling("xyzzy", &[0]).features(0.6, false, ["Etching"], "Etching bites lines.");
        assert!(RELEVANCE.of(&nothing.for_estimate()) < 0.05);
        assert_eq!(Telling::default().features(0.5, false, [], "words").words, 0.0, "nothing was asked");
    }
}
