//! What a sentence rests on: whether the passages that it names say it, whether the record does, and which names, numbers and dates nothing says.
//!
//! A passage that is named may still not say what the sentence says. Names, dates and places are what goes wrong most and weighs most, and they can be
//! compared word by word: what of them stands in no source is told, whatever the model claims. The rest is compared by late interaction: each telling word of the
//! sentence with the words of the passage's sentences.

use std::ops::Range;

use vitrine_inference::{InferenceError, Retriever};
use vitrine_knowledge::{fold, is_common, sentences, words};
use vitrine_retrieval::MultiVector;

use crate::reading::{likeness, rows_within, telling_rows};

/// A sentence agrees with a passage from here on; chosen on the claims of `tests/claims.toml` that are marked `fit`.
pub(crate) const LEAST_AGREEMENT: f32 = 0.6;
/// So many telling words in a hundred have to stand in the record for it to say a sentence.
const OF_THE_RECORD: f32 = 0.7;
/// Letters of a word that are compared where endings do not matter.
const STEM: usize = 5;

/// How far a passage says what a sentence says.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Agreement {
    /// 0 to 1: half late interaction, half the telling words that stand in the passage.
    pub score: f32,
    /// The part of the passage that comes nearest, in bytes.
    pub nearest: Range<usize>,
}

/// Compares a sentence with the passage `title. text`.
pub(crate) fn agreement(
    sentence: &str,
    title: &str,
    text: &str,
    retriever: &dyn Retriever,
) -> Result<Agreement, InferenceError> {
    let spans = sentences(text);
    let whole = Agreement { score: 0.0, nearest: 0..text.len() };
    let claim = telling_rows(sentence, retriever, &|_| true)?;
    if claim.is_empty() || spans.is_empty() {
        return Ok(whole);
    }
    let prefix = format!("{title}. ");
    let rows = retriever.embed_passage(&format!("{prefix}{text}"))?;
    let said = stems(sentence);
    let heading = stems(title);
    let mut best = whole;
    // A sentence may draw on two that follow each other.
    for (first, last) in (0..spans.len()).map(|at| (at, at)).chain((1..spans.len()).map(|at| (at - 1, at))) {
        let span = spans[first].start..spans[last].end;
        let shifted = span.start + prefix.len()..span.end + prefix.len();
        let within: MultiVector = rows_within(&rows, &shifted)?;
        if within.is_empty() {
            continue;
        }
        let here = stems(&text[span.clone()]);
        let found = said.iter().filter(|stem| here.contains(stem) || heading.contains(stem)).count();
        let literal = found as f32 / said.len().max(1) as f32;
        // What is said in more words than need be says it no better.
        let longer = if first == last { 0.0 } else { 0.02 };
        let score = 0.5 * likeness(&claim, &within).clamp(0.0, 1.0) + 0.5 * literal - longer;
        if score > best.score {
            best = Agreement { score: score.clamp(0.0, 1.0), nearest: span };
        }
    }
    Ok(best)
}

/// Whether the lines of the record and what tools said cover the telling words of a sentence.
pub(crate) fn recorded(sentence: &str, sources: &[&str]) -> bool {
    let said = stems(sentence);
    let known: Vec<String> = sources.iter().flat_map(|source| stems(source)).collect();
    let found = said.iter().filter(|stem| known.contains(stem)).count();
    !said.is_empty() && found as f32 >= OF_THE_RECORD * said.len() as f32
}

/// The beginnings of the telling words, each once.
fn stems(text: &str) -> Vec<String> {
    let mut stems: Vec<String> = Vec::new();
    for (_, word) in words(text).into_iter().filter(|(_, word)| !is_common(word)) {
        let stem: String = word.chars().take(STEM).collect();
        if !stems.contains(&stem) {
            stems.push(stem);
        }
    }
    stems
}

/// The names, numbers and centuries of `sentence` that occur in none of the `sources`, in order, each once.
pub(crate) fn unsupported(sentence: &str, sources: &[&str]) -> Vec<String> {
    let said: Vec<String> = sources.iter().flat_map(|source| words(source)).map(|(_, word)| word).collect();
    let openings: Vec<usize> = sentences(sentence).into_iter().map(|span| span.start).collect();
    let all = words(sentence);
    let mut missing: Vec<String> = Vec::new();
    for (at, (span, folded)) in all.iter().enumerate() {
        let word = &sentence[span.clone()];
        let next = all.get(at + 1).map(|(span, word)| (&sentence[span.clone()], word.as_str()));
        // A sentence's first word has a capital whatever it is; before another capital it is a name all the same ("Claude Monet").
        let opens =
            openings.iter().any(|&start| sentence[start..span.start.max(start)].chars().all(|c| !c.is_alphanumeric()));
        let leads = next.is_some_and(|(next, _)| is_capital(next)) && !is_common(folded);
        let number = word.chars().filter(char::is_ascii_digit).count() >= 2;
        let century = next.is_some_and(|(_, next)| next.starts_with("centur")) && folded.ends_with("th");
        let tells = number || century || (is_capital(word) && (!opens || leads) && word.chars().count() > 1);
        if tells && !said.iter().any(|known| same(known, folded)) && !missing.iter().any(|m| fold(m) == *folded) {
            missing.push(word.to_owned());
        }
    }
    missing
}

fn is_capital(word: &str) -> bool {
    word.chars().next().is_some_and(char::is_uppercase)
}

/// The same name, or one with the ending of a genitive, a plural or an adjective: "Venice's", "Venetians".
fn same(known: &str, word: &str) -> bool {
    known == word || known.strip_suffix('s') == Some(word) || word.strip_suffix('s') == Some(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_that_no_source_says_are_found() {
        let passage = "Rococo arose in Paris around 1730. Watteau's pupils spread it.";
        let check = |sentence: &str| unsupported(sentence, &[passage, "The style is accepted as Rococo"]);
        assert!(check("The Rococo began in Paris about 1730 with Watteau.").is_empty());
        assert_eq!(check("It came from Venice in 1745, when Tiepolo and Venice met."), ["Venice", "1745", "Tiepolo"]);
        assert!(check("Light falls on 3 figures. They smile.").is_empty());
        assert_eq!(unsupported("Painted 1890.", &[]), ["1890"]);
        assert_eq!(
            unsupported("Claude Monet painted in the nineteenth century.", &[]),
            ["Claude", "Monet", "nineteenth"]
        );
        assert!(unsupported("", &[passage]).is_empty());
    }

    #[test]
    fn the_record_says_what_its_words_cover() {
        let record = ["The genre is accepted as landscape", "The subject is accepted as heron"];
        assert!(recorded("A landscape with a heron.", &record));
        assert!(!recorded("A landscape with three children and a dog.", &record));
        assert!(!recorded("It is.", &record));
    }
}
