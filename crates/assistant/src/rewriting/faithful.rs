//! Whether a rewritten sentence says what the original says. Nobody can prove that it does; what goes wrong with small models shows by stated signs: names
//! and numbers that come from nowhere or are gone, a "may" or a "not" that is lost, words of another sentence.

use std::collections::BTreeSet;
use std::sync::Arc;

use vitrine_inference::{InferenceError, Retriever};
use vitrine_knowledge::{fold, is_common, words};
use vitrine_retrieval::MultiVector;

use crate::grounding::unsupported;
use crate::reading::likeness;

/// So many letters of a word are compared, so that "printed" meets "printing".
const STEM: usize = 5;
/// The share of the original's telling words that a rewriting keeps at least; the rest may be said otherwise.
const KEPT: f64 = 0.5;
/// The share of a rewriting's telling words that it may bring of its own.
const ADDED: f64 = 0.4;

/// Words of doubt.
const DOUBT: [&str; 11] = [
    "may",
    "might",
    "perhaps",
    "possibly",
    "probably",
    "suggested",
    "seems",
    "appears",
    "likely",
    "presumably",
    "could",
];
/// Words that turn a statement round.
const DENIAL: [&str; 12] =
    ["not", "no", "never", "without", "nor", "neither", "none", "nothing", "cannot", "isn't", "doesn't", "hardly"];

/// What a rewriting must say.
pub(super) struct Original<'a> {
    /// The sentence.
    pub text: &'a str,
    /// The titles of the passages that it rests on.
    pub titles: Vec<&'a str>,
    /// Whether it rests on a suggestion.
    pub hedged: bool,
}

/// Why a rewriting does not stand for its original.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    /// It breaks off.
    Unfinished,
    /// It says nothing.
    Empty,
    /// It is the original word for word.
    Same,
    /// Names and numbers that the original does not say.
    Invented(Vec<String>),
    /// Names and numbers that only the original says.
    Lost(Vec<String>),
    /// The original was not sure.
    Sure,
    /// The one denies what the other does not.
    Turned,
    /// Too few words of the original, or too many others.
    Other,
    /// Another sentence of the answer says this rather.
    Mixed,
}

impl Fault {
    /// What was found in the rewriting, as a noun.
    pub(super) fn cause(&self) -> &'static str {
        match self {
            Self::Unfinished => "no end",
            Self::Empty => "no words",
            Self::Same => "the same words",
            Self::Invented(_) => "names or numbers of its own",
            Self::Lost(_) => "lost names or numbers",
            Self::Sure => "certainty where there is none",
            Self::Turned => "a meaning turned round",
            Self::Other => "other words",
            Self::Mixed => "another sentence's words",
        }
    }
}

/// The sentences of an answer.
pub(super) struct Originals<'a> {
    sentences: Vec<(Original<'a>, MultiVector)>,
}

impl<'a> Originals<'a> {
    /// Of all sentences of an answer in order.
    pub(super) fn new(originals: Vec<Original<'a>>, retriever: &Arc<dyn Retriever>) -> Result<Self, InferenceError> {
        let read = |original: Original<'a>| {
            let rows = retriever.embed_passage(original.text)?.rows;
            Ok((original, rows))
        };
        Ok(Self { sentences: originals.into_iter().map(read).collect::<Result<_, InferenceError>>()? })
    }

    /// Whether `rewritten` says what the sentence number `at` says.
    pub(super) fn check(&self, at: usize, rewritten: &str, retriever: &Arc<dyn Retriever>) -> Result<(), Fault> {
        let Some((original, _)) = self.sentences.get(at) else { return Err(Fault::Other) };
        if original.text == rewritten {
            return Err(Fault::Same);
        }
        compare(original, rewritten)?;
        // Rows that can't be made are no reason to believe it.
        let rows = retriever.embed_passage(rewritten).map_err(|_| Fault::Mixed)?.rows;
        let near = |other: &MultiVector| likeness(&rows, other);
        let nearest = self.sentences.iter().map(|(_, other)| near(other)).fold(f32::MIN, f32::max);
        if near(&self.sentences[at].1) < nearest { Err(Fault::Mixed) } else { Ok(()) }
    }
}

/// Compares words.
fn compare(original: &Original, rewritten: &str) -> Result<(), Fault> {
    if telling(rewritten).is_empty() {
        return Err(Fault::Empty);
    }
    let mut sources = vec![original.text];
    sources.extend(&original.titles);
    let invented = unsupported(rewritten, &sources);
    if !invented.is_empty() {
        return Err(Fault::Invented(invented));
    }
    // What the passage is about may become "it".
    sources[0] = rewritten;
    let lost = unsupported(original.text, &sources);
    if !lost.is_empty() {
        return Err(Fault::Lost(lost));
    }
    if original.hedged && !hedges(rewritten) {
        return Err(Fault::Sure);
    }
    if count(original.text, &DENIAL) != count(rewritten, &DENIAL) {
        return Err(Fault::Turned);
    }
    let (wanted, found) = (telling(original.text), telling(rewritten));
    let both = wanted.intersection(&found).count() as f64;
    if both < KEPT * wanted.len() as f64 || found.len() as f64 - both > ADDED * found.len() as f64 {
        return Err(Fault::Other);
    }
    Ok(())
}

/// Whether a sentence says that it may be otherwise.
pub(super) fn hedges(sentence: &str) -> bool {
    count(sentence, &DOUBT) > 0
}

fn count(text: &str, list: &[&str]) -> usize {
    let parts = text.split(|c: char| !c.is_alphanumeric() && c != '\'' && c != '’');
    parts.filter(|word| list.contains(&word.replace('’', "'").to_lowercase().as_str())).count()
}

/// The beginnings of the words that tell something.
fn telling(text: &str) -> BTreeSet<String> {
    let telling = words(text).into_iter().filter(|(_, word)| !is_common(word));
    telling.map(|(_, word)| fold(&word).chars().take(STEM).collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(original: &str, hedged: bool, rewritten: &str) -> Result<(), Fault> {
        compare(&Original { text: original, titles: vec!["Rococo"], hedged }, rewritten)
    }

    #[test]
    fn another_order_and_other_small_words_are_taken() {
        let original = "Rococo arose in Paris around 1730 as a lighter answer to the Baroque.";
        assert_eq!(verdict(original, false, "Around 1730 it arose in Paris, a lighter answer to the Baroque."), Ok(()));
        assert_eq!(verdict(original, false, original), Ok(()));
    }

    #[test]
    fn what_is_invented_lost_or_turned_round_is_found() {
        let original = "The style may be Rococo (suggested with 71 % confidence); it arose in Paris around 1730.";
        let fault = |rewritten: &str| verdict(original, true, rewritten).unwrap_err();
        let invented =
            fault("The style may be Rococo (71 % confidence), which arose in Paris around 1730 with Watteau.");
        assert_eq!(invented, Fault::Invented(vec!["Watteau".into()]));
        assert_eq!(
            fault("The style may be Rococo (71 % confidence), which arose in Paris."),
            Fault::Lost(vec!["1730".into()])
        );
        assert_eq!(fault("The style is Rococo, with 71 % confidence; it arose in Paris around 1730."), Fault::Sure);
        assert_eq!(
            fault("The style may be Rococo (71 % confidence), which never arose in Paris around 1730."),
            Fault::Turned
        );
        assert_eq!(
            fault(
                "Perhaps in Paris around 1730, at 71 %, men of leisure danced with elegant women in gardens of love."
            ),
            Fault::Other
        );
        assert_eq!(fault(" ... "), Fault::Empty);
    }
}
