//! Cutting a paragraph into sentences.

use std::ops::Range;

/// Words before whose full stop no sentence ends. Single letters (initials) are recognised without a list.
const ABBREVIATIONS: [&str; 16] =
    ["b", "d", "c", "ca", "cf", "dr", "e.g", "etc", "i.e", "mr", "mrs", "no", "nos", "st", "vol", "approx"];

/// The byte ranges of the sentences of `text`, in order, without the white space between them.
pub fn sentences(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = None;
    let mut letters = text.char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        if start.is_none() && !letter.is_whitespace() {
            start = Some(at);
        }
        let Some(from) = start else { continue };
        if !matches!(letter, '.' | '!' | '?' | '…') {
            continue;
        }
        let mut end = at + letter.len_utf8();
        while let Some(&(next, closing)) = letters.peek() {
            if !matches!(closing, '.' | '!' | '?' | ')' | '"' | '\'' | '’' | '”' | '»') {
                break;
            }
            end = next + closing.len_utf8();
            letters.next();
        }
        let rest = &text[end..];
        let following = rest.trim_start().chars().next();
        let ends = rest.is_empty()
            || rest.starts_with(char::is_whitespace)
                && following.is_none_or(|f| !f.is_lowercase())
                && !(letter == '.' && is_abbreviation(&text[from..at]));
        if ends {
            found.push(from..end);
            start = None;
        }
    }
    if let Some(from) = start {
        found.push(from..text.trim_end().len());
    }
    found
}

/// Whether the last word of `before` is shortened, so that the full stop after it belongs to the word.
fn is_abbreviation(before: &str) -> bool {
    let word = before.rsplit(|c: char| c.is_whitespace() || c == '(').next().unwrap_or_default();
    let single = word.chars().count() == 1 && word.chars().all(char::is_uppercase);
    single || ABBREVIATIONS.contains(&word.to_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> Vec<&str> {
        sentences(text).into_iter().map(|s| &text[s]).collect()
    }

    #[test]
    fn cuts_after_a_full_stop_and_keeps_closing_marks() {
        assert_eq!(cut("One is. Two (not three.) Is it? Yes!  "), ["One is.", "Two (not three.)", "Is it?", "Yes!"]);
        assert_eq!(cut("No end"), ["No end"]);
        assert!(cut("  ").is_empty());
    }

    #[test]
    fn leaves_initials_abbreviations_and_numbers_whole() {
        let text =
            "J. M. W. Turner painted c. 1840 at St. Paul's, 1.5 m wide. É. Manet followed (b. 1832). In 1905. So.";
        assert_eq!(
            cut(text),
            [
                "J. M. W. Turner painted c. 1840 at St. Paul's, 1.5 m wide.",
                "É. Manet followed (b. 1832).",
                "In 1905.",
                "So."
            ]
        );
    }
}
