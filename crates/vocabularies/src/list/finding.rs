//! Finding terms: while somebody types, and for words that were written before there was a list.

use std::cmp::Ordering;
use std::collections::HashMap;

use super::Term;
use crate::folding::{folded, words};

/// Below this, words have so little in common that nobody would take one for the other.
const LEAST: f32 = 0.5;
/// The same as another word for a term, rather than as the term itself.
const OTHER_WORD: f32 = 0.98;
/// The same words in another order.
const OTHER_ORDER: f32 = 0.95;

/// A term for words that somebody wrote.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// Which of the terms.
    pub term: usize,
    /// How alike, 0 to 1: 1 for the same letters, accents and capitals aside.
    pub score: f32,
    /// The word that is alike, where it is another one for the term.
    pub by: Option<String>,
}

/// The terms of a list, ready to be found.
#[derive(Debug)]
pub struct Finder {
    entries: Vec<Entry>,
    /// The entries that have three letters in a row.
    grams: HashMap<[char; 3], Vec<u32>>,
}

#[derive(Debug)]
struct Entry {
    term: usize,
    other: Option<String>,
    folded: String,
    sorted: String,
    grams: usize,
}

impl Finder {
    /// Of these terms.
    pub fn new(terms: &[Term]) -> Self {
        let mut finder = Finder { entries: Vec::new(), grams: HashMap::new() };
        for (number, term) in terms.iter().enumerate() {
            finder.add(number, &term.label, None);
            for other in &term.others {
                finder.add(number, other, Some(other.clone()));
            }
        }
        finder
    }

    fn add(&mut self, term: usize, text: &str, other: Option<String>) {
        let Ok(number) = u32::try_from(self.entries.len()) else { return };
        let (folded, sorted) = (spaced(text), sorted(text));
        let grams = grams(&folded);
        for gram in &grams {
            self.grams.entry(*gram).or_default().push(number);
        }
        self.entries.push(Entry { term, other, folded, sorted, grams: grams.len() });
    }

    /// The best `most` terms for what has been typed so far: those that begin so, then those with a word that does.
    pub fn typed(&self, typed: &str, most: usize) -> Vec<usize> {
        let typed = spaced(typed);
        if typed.is_empty() {
            return Vec::new();
        }
        let inside = format!(" {typed}");
        let rank = |entry: &Entry| match (entry.folded.starts_with(&typed), entry.folded.contains(&inside)) {
            (true, _) => Some(0),
            (false, true) => Some(1),
            (false, false) => None,
        };
        let mut found: Vec<(u8, bool, usize, usize)> = self
            .entries
            .iter()
            .filter_map(|entry| Some((rank(entry)?, entry.other.is_some(), entry.folded.len(), entry.term)))
            .collect();
        found.sort_unstable();
        let mut terms = Vec::new();
        for (.., term) in found {
            if !terms.contains(&term) {
                terms.push(term);
            }
            if terms.len() == most {
                break;
            }
        }
        terms
    }

    /// The best `most` terms for words that were written, the most alike first. Likeness counts triples of letters that two texts share (Dice's
    /// coefficient), so that a letter more or less, or a plural, is no obstacle.
    pub fn candidates(&self, written: &str, most: usize) -> Vec<Candidate> {
        let (folded, in_order) = (spaced(written), sorted(written));
        if folded.is_empty() {
            return Vec::new();
        }
        let wanted = grams(&folded);
        let mut shared: HashMap<u32, usize> = HashMap::new();
        for gram in &wanted {
            for entry in self.grams.get(gram).into_iter().flatten() {
                *shared.entry(*entry).or_default() += 1;
            }
        }
        let mut best: HashMap<usize, Candidate> = HashMap::new();
        for (number, count) in shared {
            let Some(entry) = self.entries.get(number as usize) else { continue };
            let alike = 2.0 * count as f32 / (wanted.len() + entry.grams) as f32;
            let mut score = if entry.folded == folded {
                1.0
            } else if entry.sorted == in_order {
                OTHER_ORDER
            } else {
                alike.min(0.94)
            };
            if entry.other.is_some() {
                score *= OTHER_WORD;
            }
            if score < LEAST {
                continue;
            }
            let candidate = Candidate { term: entry.term, score, by: entry.other.clone() };
            match best.get(&entry.term) {
                Some(known) if known.score >= score => {}
                _ => drop(best.insert(entry.term, candidate)),
            }
        }
        let mut candidates: Vec<Candidate> = best.into_values().collect();
        candidates.sort_by(|one, two| {
            two.score.partial_cmp(&one.score).unwrap_or(Ordering::Equal).then(one.term.cmp(&two.term))
        });
        candidates.truncate(most);
        candidates
    }
}

/// Words with single spaces between them, folded.
fn spaced(text: &str) -> String {
    words(&folded(text)).collect::<Vec<_>>().join(" ")
}

/// The words in the order of the alphabet: `paint, oil` is `oil paint`.
fn sorted(text: &str) -> String {
    let folded = folded(text);
    let mut words: Vec<&str> = words(&folded).collect();
    words.sort_unstable();
    words.join(" ")
}

/// All triples of letters, a space before and behind counted too; each once.
fn grams(spaced: &str) -> Vec<[char; 3]> {
    let letters: Vec<char> = [' '].into_iter().chain(spaced.chars()).chain([' ']).collect();
    let mut grams: Vec<[char; 3]> = letters.windows(3).filter_map(|three| three.try_into().ok()).collect();
    grams.sort_unstable();
    grams.dedup();
    grams
}

#[cfg(test)]
mod tests {
    use super::*;

    fn term(label: &str, others: &[&str]) -> Term {
        Term {
            id: label.into(),
            label: label.into(),
            others: others.iter().map(|o| o.to_string()).collect(),
            uri: None,
        }
    }

    fn finder() -> Finder {
        Finder::new(&[
            term("oil paint", &["Ölfarbe", "oils"]),
            term("oil on canvas", &[]),
            term("canvas", &[]),
            term("etching", &["Radierung"]),
        ])
    }

    #[test]
    fn what_is_typed_is_completed() {
        assert_eq!(finder().typed("oi", 5), [0, 1]);
        assert_eq!(finder().typed("CANV", 5), [2, 1]);
        assert_eq!(finder().typed("radi", 5), [3]);
        assert_eq!(finder().typed("o", 1), [0]);
        assert!(finder().typed(" ", 5).is_empty());
    }

    #[test]
    fn the_same_words_come_before_like_ones() {
        let best = |written: &str| finder().candidates(written, 1).into_iter().next();
        assert_eq!(best("Oil Paint"), Some(Candidate { term: 0, score: 1.0, by: None }));
        assert_eq!(best("olfarbe"), Some(Candidate { term: 0, score: OTHER_WORD, by: Some("Ölfarbe".into()) }));
        assert_eq!(best("paint, oil").map(|found| (found.term, found.score)), Some((0, OTHER_ORDER)));
        let plural = best("etchings").unwrap();
        assert!(plural.term == 3 && plural.score > 0.7 && plural.score < 1.0, "{plural:?}");
        assert_eq!(best("bronze"), None);
        let several = finder().candidates("oil, canvas", 5);
        assert_eq!(several[0].term, 1);
        assert!(several.windows(2).all(|pair| pair[0].score >= pair[1].score));
    }
}
