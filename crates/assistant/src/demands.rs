//! What a question names, and how far a sentence speaks of each of these things.
//!
//! A search finds what is near to a question as a whole: of a page on a painting some sentence always is. An answer has to speak of every single thing that the question
//! names, "bought" and "1970", and not only of the painting.

use std::ops::Range;

use vitrine_inference::{InferenceError, Retriever};
use vitrine_knowledge::{is_common, words};
use vitrine_retrieval::MultiVector;

use crate::question::is_of_the_work;
use crate::reading::{Read, likeness};

/// So many letters of a word are compared, so that "printed" meets "printing".
const STEM: usize = 5;

/// A sentence speaks of a word that it has not from this likeness on. On the questions that `tests/works.toml` is fitted with, and on the same about other works than they
/// are meant for, sentences that answer lie at 0.58 and above, those that only are of the same page at 0.53 and below.
const SPOKEN_OF: f32 = 0.56;

/// What follows "how" where a number is asked for.
const MEASURES: [&str; 11] = ["large", "big", "high", "wide", "tall", "long", "old", "heavy", "deep", "much", "many"];

/// Words by which a sum of money is asked for, besides "how much".
const MONEY_ASKED: [&str; 4] = ["price", "cost", "costs", "worth"];
/// The beginnings of words that name one.
const MONEY: [&str; 15] = [
    "dollar", "pound", "guinea", "shilling", "franc", "livre", "euro", "guilder", "florin", "gulden", "ducat", "scudi",
    "lire", "ruble", "million",
];

/// What museums say in many words: a word of a group counts as spoken of where another of it stands. Beginnings of words.
const LIKE: [&[&str]; 3] = [
    &[
        "kept",
        "keeps",
        "hang",
        "hung",
        "museum",
        "galler",
        "collection",
        "house",
        "held",
        "display",
        "locat",
        "today",
        "now",
    ],
    &["bough", "buy", "purchas", "acqui", "sold", "sale", "paid", "pay"],
    &["sign", "inscri", "monogram"],
];

/// What a question names.
pub(crate) struct Demands {
    /// Whether a number is asked for.
    measure: bool,
    /// Whether a sum of money is asked for.
    money: bool,
    /// Years and other numbers of two digits and more.
    numbers: Vec<String>,
    /// All other telling words.
    words: Vec<Demand>,
}

struct Demand {
    stem: String,
    rows: MultiVector,
}

impl Demands {
    /// Of the question `asked`, without the words that `is_settled` says are what all sentences are about.
    pub(crate) fn of(
        asked: &str,
        is_settled: &dyn Fn(&str) -> bool,
        retriever: &dyn Retriever,
    ) -> Result<Self, InferenceError> {
        let rows = retriever.embed_query(asked)?;
        let (mut numbers, mut named) = (Vec::new(), Vec::new());
        let asked_words = words(asked);
        let money = asked_words.iter().any(|(_, word)| MONEY_ASKED.contains(&word.as_str()))
            || asked_words.windows(2).any(|pair| pair[0].1 == "how" && pair[1].1 == "much");
        let measure = asked_words.windows(2).any(|pair| pair[0].1 == "how" && MEASURES.contains(&pair[1].1.as_str()));
        for (span, word) in asked_words {
            if word.chars().count() > 1 && word.chars().all(|letter| letter.is_ascii_digit()) {
                numbers.push(word);
            } else if !is_common(&word) && !is_settled(&word) && !is_of_the_work(&word) {
                let of_the_word = |place: &Range<usize>| place.start < span.end && span.start < place.end;
                let values: Vec<f32> = rows
                    .rows
                    .rows()
                    .zip(&rows.spans)
                    .filter(|(_, place)| place.as_ref().is_some_and(of_the_word))
                    .flat_map(|(row, _)| row.to_vec())
                    .collect();
                if !values.is_empty() {
                    let rows = MultiVector::new(values, rows.rows.dimension())?;
                    named.push(Demand { stem: word.chars().take(STEM).collect(), rows });
                }
            }
        }
        Ok(Self { measure, money, numbers, words: named })
    }

    /// Whether a sentence speaks of all of it: has the numbers, and each word or one that means much the same.
    pub(crate) fn are_met_by(&self, sentence: &Read<'_>) -> bool {
        let said = words(sentence.text());
        let numbers = self.numbers.iter().all(|number| said.iter().any(|(_, word)| word == number));
        let measured =
            !self.measure || said.iter().any(|(_, word)| word.starts_with(|letter: char| letter.is_ascii_digit()));
        let met = |demand: &Demand| {
            let group = LIKE
                .iter()
                .find(|group| group.iter().any(|like| demand.stem.starts_with(like) || like.starts_with(&demand.stem)));
            let like = |word: &str| group.is_some_and(|group| group.iter().any(|like| word.starts_with(like)));
            said.iter().any(|(_, word)| word.starts_with(&demand.stem) || like(word))
                || likeness(&demand.rows, &sentence.rows) >= SPOKEN_OF
        };
        let text = sentence.text();
        let paid = !self.money
            || text.contains(['$', '£', '€', '¥'])
            || said.iter().any(|(_, word)| MONEY.iter().any(|money| word.starts_with(money)));
        numbers && measured && paid && self.words.iter().all(met)
    }
}

#[cfg(test)]
mod tests {
    use vitrine_inference::{PackIdentity, PassageText, TextRows};

    use super::*;
    use crate::reading::read;

    /// Words that begin with the same two letters are alike.
    struct Initials(PackIdentity);

    impl Initials {
        fn new() -> Self {
            Self(PackIdentity { id: "initials".into(), version: "1".into(), weights_sha256: String::new() })
        }
    }

    impl Retriever for Initials {
        fn pack(&self) -> &PackIdentity {
            &self.0
        }

        fn dimension(&self) -> usize {
            26 * 26
        }

        fn relates_images_to_text(&self) -> bool {
            false
        }

        fn embed_image(&self, _: &image::RgbImage) -> Result<MultiVector, InferenceError> {
            Ok(MultiVector::new(vec![1.0; self.dimension()], self.dimension())?)
        }

        fn embed_query(&self, text: &str) -> Result<TextRows, InferenceError> {
            let words = words(text);
            let row = |word: &str| {
                let place = |at: usize| word.as_bytes().get(at).map_or(0, |letter| usize::from(letter % 26));
                let mut row = vec![0.0; 26 * 26];
                row[place(0) * 26 + place(1)] = 1.0;
                row
            };
            let values = words.iter().flat_map(|(_, word)| row(word)).collect();
            let spans = words.into_iter().map(|(span, _)| Some(span)).collect();
            Ok(TextRows { rows: MultiVector::new(values, self.dimension())?, spans })
        }

        fn embed_passage(&self, text: &str) -> Result<TextRows, InferenceError> {
            self.embed_query(text)
        }
    }

    fn met(question: &str, sentence: &str) -> bool {
        let retriever = Initials::new();
        let demands = Demands::of(question, &|word| word == "nightmare", &retriever).unwrap();
        let passage =
            PassageText { id: "p#1".into(), title: "The Nightmare".into(), text: sentence.into(), relevance: 1.0 };
        let read = read(&[&passage], &retriever).unwrap();
        demands.are_met_by(&read[0])
    }

    #[test]
    fn a_sentence_has_to_speak_of_all_that_is_asked() {
        let bought = "Weston purchased The Nightmare in 1781.";
        assert!(met("Who purchased this painting?", bought));
        assert!(met("Who purloined The Nightmare?", bought), "a word that is alike counts");
        assert!(!met("Who cleaned this painting?", bought));
        assert!(!met("Who purchased this painting in Lyon?", bought));
        assert!(met("Who painted it?", bought), "the making of a work is no demand of its own");
    }

    #[test]
    fn numbers_have_to_stand_there() {
        assert!(met("Who purchased it in 1781?", "Weston purchased The Nightmare in 1781."));
        assert!(!met("Who purchased it in 1782?", "Weston purchased The Nightmare in 1781."));
        assert!(met("How large is it?", "The Nightmare is large, 101 by 127 cm."));
        assert!(!met("How large is it?", "The Nightmare is a large canvas."));
        assert!(met("How much was it sold for?", "The Nightmare was sold in 1781 for 20 guineas."));
        assert!(!met("How much was it sold for?", "The Nightmare was sold in 1781."));
    }
}
