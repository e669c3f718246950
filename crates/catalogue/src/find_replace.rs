//! Finding words in a value and putting others in their place.

use std::ops::Range;

/// What is looked for, and what takes its place.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct FindReplace {
    /// The words to be found.
    pub find: String,
    /// The words in their place; empty to leave them out.
    pub with: String,
    /// Only where they are words of their own: "art" is not found in "party".
    pub whole_words: bool,
    /// Only in the same upper and lower case.
    pub match_case: bool,
}

impl FindReplace {
    /// The text with every place replaced; none where nothing is found. What is put in is not looked through again.
    pub(crate) fn apply(&self, text: &str) -> Option<String> {
        let places = self.places(text);
        if places.is_empty() {
            return None;
        }
        let mut replaced = String::with_capacity(text.len());
        let mut end = 0;
        for place in places {
            replaced.push_str(&text[end..place.start]);
            replaced.push_str(&self.with);
            end = place.end;
        }
        replaced.push_str(&text[end..]);
        Some(replaced)
    }

    /// Where the words stand, from the front, none overlapping another.
    fn places(&self, text: &str) -> Vec<Range<usize>> {
        let wanted: Vec<char> = self.find.chars().flat_map(|c| self.folded(c)).collect();
        let mut places: Vec<Range<usize>> = Vec::new();
        if wanted.is_empty() {
            return places;
        }
        for (start, _) in text.char_indices() {
            if places.last().is_some_and(|last| start < last.end) {
                continue;
            }
            if let Some(end) = self.end_of(&wanted, text, start) {
                places.push(start..end);
            }
        }
        places
    }

    /// The end of the wanted letters at `start`, if they stand there.
    fn end_of(&self, wanted: &[char], text: &str, start: usize) -> Option<usize> {
        let mut left = wanted;
        let mut end = start;
        // A letter may be several in lower case: it is found as a whole or not at all.
        for c in text[start..].chars() {
            if left.is_empty() {
                break;
            }
            for folded in self.folded(c) {
                left = left.strip_prefix(&[folded])?;
            }
            end += c.len_utf8();
        }
        let (before, after) = (text[..start].chars().next_back(), text[end..].chars().next());
        // A mark belongs to the letter that it stands behind, also where it is a character of its own.
        let torn = after.is_some_and(is_mark);
        let inside = self.whole_words && (before.is_some_and(is_of_word) || after.is_some_and(is_of_word));
        (left.is_empty() && !torn && !inside).then_some(end)
    }

    fn folded(&self, c: char) -> Vec<char> {
        if self.match_case { vec![c] } else { c.to_lowercase().collect() }
    }
}

fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || is_mark(c)
}

/// Accents and other marks that are characters of their own.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn replace(find: &str, with: &str, whole_words: bool, match_case: bool, text: &str) -> Option<String> {
        FindReplace { find: find.into(), with: with.into(), whole_words, match_case }.apply(text)
    }

    #[test]
    fn words_are_found_as_they_were_asked_for() {
        for (find, with, whole, case, text, expected) in [
            ("art", "craft", false, false, "Art party", Some("craft pcrafty")),
            ("art", "craft", true, false, "Art party, ART.", Some("craft party, craft.")),
            ("art", "craft", false, true, "Art party", Some("Art pcrafty")),
            ("oil on", "tempera on", true, false, "Oil on canvas", Some("tempera on canvas")),
            ("aa", "b", false, false, "aaaaa", Some("bba")),
            ("a", "aa", false, false, "aba", Some("aabaa")),
            ("", "x", false, false, "abc", None),
            ("z", "x", false, false, "abc", None),
            ("straße", "weg", true, false, "STRAẞE", Some("weg")),
            ("ÉTÉ", "summer", true, false, "un été", Some("un summer")),
            // Capital I with a dot is two characters in lower case, of which one alone is not found.
            ("i", "x", false, false, "İ", None),
            // An accent as a character of its own: "cafe" is not a word of "café", nor part of it.
            ("cafe", "bar", false, false, "cafe\u{301}", None),
            ("(c.)", "circa", true, false, "(c.) 1650", Some("circa 1650")),
            (" ", "", false, false, "a b", Some("ab")),
            ("1650", "1660", true, false, "c1650, 1650", Some("c1650, 1660")),
        ] {
            assert_eq!(replace(find, with, whole, case, text).as_deref(), expected, "{find} in {text}");
        }
    }

    proptest! {
        #[test]
        fn as_the_standard_library_where_case_counts(find in "[abé ]{1,3}", with in "[ab]{0,2}", text in "[abéc ]{0,20}") {
            let expected = text.replace(&find, &with);
            let found = replace(&find, &with, false, true, &text);
            prop_assert_eq!(found.is_some(), text.contains(&find));
            prop_assert_eq!(found.unwrap_or(text), expected);
        }

        #[test]
        fn no_text_breaks_it(find in ".{0,4}", text in ".{0,30}", whole: bool, case: bool) {
            replace(&find, "x", whole, case, &text);
        }
    }
}
