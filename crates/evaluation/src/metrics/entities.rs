//! The metrics of artwork explanation (ExpArt, arXiv 2403.00068): which entities of the reference an explanation names, how often, and together with which.
//!
//! The formulas are written from a reading of the paper that could not be checked against its text or code; `docs/evaluation.md` says where that leaves room.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;
use serde::Serialize;

use super::rouge::common_subsequence;

/// How far apart two entities may stand to count as standing together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Window {
    /// At most so many sentences apart; 0 is the same sentence.
    Sentences(usize),
    /// Anywhere in the text.
    All,
}

/// The windows that are reported.
pub const WINDOWS: [Window; 4] = [Window::Sentences(0), Window::Sentences(1), Window::Sentences(2), Window::All];

/// The figures of one explanation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct EntityScores {
    /// Share of the reference's entities that stand in the explanation word for word.
    pub coverage_exact: f64,
    /// The mean over the reference's entities of the share of their words that stand in the explanation in order.
    pub coverage_partial: f64,
    /// The harmonic mean of precision and recall of the entities' occurrences.
    pub f1: f64,
    /// For each of [`WINDOWS`] the share of the reference's pairs that stand together in the explanation too, less for one that is longer than the reference.
    pub co_occurrence: [f64; WINDOWS.len()],
    /// Words of the explanation.
    pub length: usize,
}

/// A text as sentences of words.
#[derive(Debug, Clone)]
pub struct Read<'a> {
    sentences: Vec<Vec<&'a str>>,
}

impl<'a> Read<'a> {
    /// Cuts a text.
    pub fn new(text: &'a str) -> Self {
        Self { sentences: sentences(text).map(|sentence| words(sentence).collect()).collect() }
    }

    /// How many words it has.
    pub fn length(&self) -> usize {
        self.sentences.iter().map(Vec::len).sum()
    }

    /// The sentences in which `entity` stands word for word, once for each time.
    fn occurrences(&self, entity: &[&str]) -> Vec<usize> {
        let mut found = Vec::new();
        if entity.is_empty() {
            return found;
        }
        for (number, sentence) in self.sentences.iter().enumerate() {
            let times = sentence.windows(entity.len()).filter(|window| *window == entity).count();
            found.extend(std::iter::repeat_n(number, times));
        }
        found
    }
}

/// Scores `explanation` against `reference`. `of_reference` are the reference's entities (the hyperlinks of the article's section), `of_explanation` those that are held
/// to stand in the explanation: entities of the whole data set, of which the ones that do not occur in it are passed over.
pub fn scores(explanation: &str, reference: &str, of_reference: &[&str], of_explanation: &[&str]) -> EntityScores {
    let (explanation, reference) = (Read::new(explanation), Read::new(reference));
    let of_reference = distinct(of_reference);
    let (exact, partial) = coverage(&explanation, &of_reference);
    EntityScores {
        coverage_exact: exact,
        coverage_partial: partial,
        f1: f1(&explanation, &reference, &of_reference, &distinct(of_explanation)),
        co_occurrence: WINDOWS.map(|window| co_occurrence(&explanation, &reference, &of_reference, window)),
        length: explanation.length(),
    }
}

fn distinct<'a>(entities: &[&'a str]) -> Vec<Vec<&'a str>> {
    let cut: BTreeSet<Vec<&str>> = entities.iter().map(|entity| words(entity).collect()).collect();
    cut.into_iter().filter(|words| !words.is_empty()).collect()
}

fn coverage(explanation: &Read<'_>, entities: &[Vec<&str>]) -> (f64, f64) {
    let mut numbers: FxHashMap<&str, u32> = FxHashMap::default();
    let mut number = |word| {
        let next = numbers.len() as u32;
        *numbers.entry(word).or_insert(next)
    };
    let text: Vec<u32> = explanation.sentences.iter().flatten().map(|word| number(word)).collect();
    let (mut exact, mut partial) = (0.0, 0.0);
    for entity in entities {
        exact += f64::from(u8::from(!explanation.occurrences(entity).is_empty()));
        let words: Vec<u32> = entity.iter().map(|word| number(word)).collect();
        partial += common_subsequence(&words, &text) as f64 / words.len() as f64;
    }
    let many = entities.len().max(1) as f64;
    (exact / many, partial / many)
}

fn f1(explanation: &Read<'_>, reference: &Read<'_>, of_reference: &[Vec<&str>], of_explanation: &[Vec<&str>]) -> f64 {
    // Shared occurrences of the entities, and all occurrences in the text that they are the entities of.
    let count = |entities: &[Vec<&str>], own: &Read<'_>, other: &Read<'_>| {
        entities.iter().fold((0usize, 0usize), |(shared, all), entity| {
            let times = own.occurrences(entity).len();
            (shared + times.min(other.occurrences(entity).len()), all + times)
        })
    };
    let (right, given) = count(of_explanation, explanation, reference);
    let (found, wanted) = count(of_reference, reference, explanation);
    let precision = super::classification::share(right, given);
    let recall = super::classification::share(found, wanted);
    if precision + recall > 0.0 { 2.0 * precision * recall / (precision + recall) } else { 0.0 }
}

fn co_occurrence(explanation: &Read<'_>, reference: &Read<'_>, entities: &[Vec<&str>], window: Window) -> f64 {
    let wanted = pairs(reference, entities, window);
    if wanted.is_empty() {
        return 0.0;
    }
    let found = pairs(explanation, entities, window);
    let share = wanted.intersection(&found).count() as f64 / wanted.len() as f64;
    let longer = explanation.length() as f64 / reference.length().max(1) as f64;
    share * (-(longer - 1.0).max(0.0)).exp()
}

/// The pairs of different entities, by their numbers, that stand together somewhere.
fn pairs(text: &Read<'_>, entities: &[Vec<&str>], window: Window) -> BTreeSet<(usize, usize)> {
    let places: Vec<Vec<usize>> = entities.iter().map(|entity| text.occurrences(entity)).collect();
    let together = |left: &[usize], right: &[usize]| match window {
        Window::All => !left.is_empty() && !right.is_empty(),
        Window::Sentences(apart) => left.iter().any(|l| right.iter().any(|r| l.abs_diff(*r) <= apart)),
    };
    let mut pairs = BTreeSet::new();
    for left in 0..entities.len() {
        for right in left + 1..entities.len() {
            if together(&places[left], &places[right]) {
                pairs.insert((left, right));
            }
        }
    }
    pairs
}

/// Words: runs of letters and digits, with apostrophes and hyphens inside.
pub fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_alphanumeric() || matches!(c, '\'' | '’' | '-')))
        .map(|word| word.trim_matches(['\'', '’', '-']))
        .filter(|word| !word.is_empty())
}

/// Sentences: they end with `.`, `!` or `?` (and closing quotes or brackets) before white space and something other than a small letter; not after a single capital
/// (an initial) or a usual short form.
pub fn sentences(text: &str) -> impl Iterator<Item = &str> {
    const SHORT: [&str; 14] = ["c", "ca", "cf", "Dr", "e.g", "i.e", "Jr", "Mr", "Mrs", "Ms", "No", "Sr", "St", "vs"];
    let mut ends = Vec::new();
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if !matches!(c, '.' | '!' | '?') {
            continue;
        }
        let word = text[..at].rsplit(|c: char| c.is_whitespace() || c == '(').next().unwrap_or("");
        let initial = word.chars().count() == 1 && word.chars().all(char::is_uppercase);
        if c == '.' && (initial || SHORT.contains(&word)) {
            continue;
        }
        let mut end = at + c.len_utf8();
        while let Some(&(at, c)) = chars.peek() {
            if !matches!(c, '.' | '!' | '?' | '"' | '\'' | '”' | '’' | ')' | ']') {
                break;
            }
            end = at + c.len_utf8();
            chars.next();
        }
        let rest = &text[end..];
        let next = rest.trim_start().chars().next();
        if rest.starts_with(char::is_whitespace) && next.is_some_and(|c| !c.is_lowercase()) {
            ends.push(end);
        }
    }
    ends.push(text.len());
    let mut begin = 0;
    ends.into_iter()
        .map(move |end| {
            let sentence = text[begin..end].trim();
            begin = end;
            sentence
        })
        .filter(|sentence| !sentence.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    const REFERENCE: &str =
        "The Starry Night was painted by Vincent van Gogh. It hangs in New York. Van Gogh saw Venus in Saint-Rémy.";
    const ENTITIES: [&str; 4] = ["The Starry Night", "Vincent van Gogh", "New York", "Venus"];

    #[test]
    fn coverage_worked_by_hand() {
        // Of four entities "Vincent van Gogh" and "Venus" stand there. In part: "The Starry Night" with two of three words ("The", "Night" in order), "New York" with one of two.
        let scores =
            scores("The bright Night by Vincent van Gogh shows Venus over York.", REFERENCE, &ENTITIES, &ENTITIES);
        assert_eq!(scores.coverage_exact, 0.5);
        assert!((scores.coverage_partial - (2.0 / 3.0 + 1.0 + 0.5 + 1.0) / 4.0).abs() < 1e-12);
        assert_eq!(scores.length, 11);
    }

    #[test]
    fn f1_worked_by_hand() {
        // The explanation has "Venus" twice and "New York" once, and "Mars", which the reference lacks: precision (1 + 1 + 0) / (2 + 1 + 1).
        // The reference has each of its four entities once, two of them are found: recall 2 / 4.
        let known = ["The Starry Night", "Vincent van Gogh", "New York", "Venus", "Mars", "Jupiter"];
        let scores = scores("Venus and Mars. Venus over New York.", REFERENCE, &ENTITIES, &known);
        assert_eq!(scores.f1, 0.5);
        // Twice the same name where the reference has it once is half right: precision 1/2, recall 1/4.
        let repeated = super::scores("Venus, Venus.", REFERENCE, &ENTITIES, &known);
        assert!((repeated.f1 - 2.0 * 0.5 * 0.25 / 0.75).abs() < 1e-12);
    }

    #[test]
    fn co_occurrence_worked_by_hand() {
        // Pairs of the reference. Same sentence: Starry Night with Vincent van Gogh. One apart: also both of them with New York, and New York with Venus: 4.
        // Two apart: also both of the first sentence with Venus: 6, which is all.
        let text = "The Starry Night shows Venus. Vincent van Gogh never saw New York.";
        let scores = scores(text, REFERENCE, &ENTITIES, &ENTITIES);
        // The explanation (12 words) is shorter than the reference (20): no penalty. In the same sentence it has Night with Venus and van Gogh with New York, neither of which is wanted.
        assert_eq!(scores.co_occurrence, [0.0, 1.0, 1.0, 1.0]);
        let alone = super::scores("Vincent van Gogh made The Starry Night.", REFERENCE, &ENTITIES, &ENTITIES);
        assert_eq!(alone.co_occurrence, [1.0, 0.25, 1.0 / 6.0, 1.0 / 6.0]);
    }

    #[test]
    fn length_does_not_pay() {
        // Three words to the reference's two: times exp(-(3/2 - 1)).
        let scores = scores("Venus Mars again", "Venus Mars", &["Venus", "Mars"], &[]);
        assert!((scores.co_occurrence[0] - (-0.5f64).exp()).abs() < 1e-12);
        let nothing = super::scores("", "", &[], &[]);
        assert_eq!(nothing, EntityScores::default());
    }

    #[test]
    fn sentences_end_where_they_should() {
        let cut: Vec<&str> =
            sentences("J. M. W. Turner (c. 1840) painted it. \"Why?\" he said! It is 3.5 m wide. End").collect();
        assert_eq!(cut, ["J. M. W. Turner (c. 1840) painted it.", "\"Why?\" he said!", "It is 3.5 m wide.", "End"]);
    }
}
