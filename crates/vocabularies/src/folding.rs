//! Words in the form in which they are compared: small letters without accents.

use unicode_normalization::UnicodeNormalization;

/// A text in small letters, without accents, its compatibility forms resolved: `Löwe` and `lowe` are the same.
pub(crate) fn folded(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    // Only the marks of alphabets: kana with and without their marks are different letters.
    let is_accent = |c: &char| ('\u{300}'..='\u{36f}').contains(c);
    text.nfkd().filter(|c| !is_accent(c)).flat_map(char::to_lowercase).nfc().collect()
}

/// The words of a text that has been folded.
pub(crate) fn words(folded: &str) -> impl Iterator<Item = &str> {
    folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accents_case_and_elisions_make_no_difference() {
        assert_eq!(folded("Königin"), "konigin");
        assert_eq!(words(&folded("L'Été, à Honfleur")).collect::<Vec<_>>(), ["l", "ete", "a", "honfleur"]);
    }

    #[test]
    fn kana_keep_their_marks_and_wide_letters_become_narrow() {
        assert_eq!(folded("がか船 Ａ"), "がか船 a");
        assert!(words(&folded(" –…")).next().is_none());
    }
}
