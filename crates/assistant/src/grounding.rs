//! Whether a sentence says names and numbers that nothing it rests on says.
//!
//! A passage that is named may still not say what the sentence says. Names, dates and places are what goes wrong most and weighs most, and they can be
//! compared word by word: what of them stands in no source is told, whatever the model claims.

use vitrine_knowledge::{fold, sentences, words};

/// The names and numbers of `sentence` that occur in none of the `sources`, in order, each once.
pub(crate) fn unsupported(sentence: &str, sources: &[&str]) -> Vec<String> {
    let said: Vec<String> = sources.iter().flat_map(|source| words(source)).map(|(_, word)| word).collect();
    let openings: Vec<usize> = sentences(sentence).into_iter().map(|span| span.start).collect();
    let mut missing: Vec<String> = Vec::new();
    for (span, folded) in words(sentence) {
        let word = &sentence[span.clone()];
        // A sentence's first word has a capital whatever it is.
        let opens =
            openings.iter().any(|&start| sentence[start..span.start.max(start)].chars().all(|c| !c.is_alphanumeric()));
        let capital = word.chars().next().is_some_and(char::is_uppercase);
        let number = word.chars().filter(char::is_ascii_digit).count() >= 2;
        let tells = number || (capital && !opens && word.chars().count() > 1);
        if tells && !said.iter().any(|known| same(known, &folded)) && !missing.iter().any(|m| fold(m) == folded) {
            missing.push(word.to_owned());
        }
    }
    missing
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
        assert!(unsupported("", &[passage]).is_empty());
    }
}
