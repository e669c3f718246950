//! Words: with hyphens, slashes and apostrophes, and such as are cut in two.

use super::{Form, Found, Lexer, is_any_apostrophe, is_apostrophe, is_hyphen, is_word, plain};
use crate::text::letters::is_letter;

impl Lexer<'_> {
    /// Two words that are written as one.
    pub(super) fn joined(&self, at: usize) -> Option<Found> {
        const JOINED: [(&str, usize); 8] = [
            ("cannot", 3),
            ("gonna", 3),
            ("gotta", 3),
            ("lemme", 3),
            ("gimme", 3),
            ("wanna", 3),
            ("'tis", 2),
            ("'twas", 2),
        ];
        let (text, cut) = JOINED.into_iter().find(|(text, _)| self.starts_folded(at, text))?;
        let length = text.chars().count();
        Some(Found { reach: length, taken: length, form: Form::Split(cut) })
    }

    /// `'s`, `n't` and their like, and words before them.
    pub(super) fn auxiliary(&self, at: usize) -> Option<Found> {
        let word = self.word_length(at);
        if word > 0 {
            if let Some(tail) = self.reduced(at + word) {
                return Some(Found { reach: word + tail, taken: word, form: Form::Plain });
            }
            let letters = self.run(at, is_letter);
            if letters > 1 && self.is_not(at + letters - 1) {
                return Some(Found { reach: letters + 2, taken: letters - 1, form: Form::Plain });
            }
            if self.is_not(at) && !is_word(self.at(at + 3)) {
                return Some(Found { reach: 3, taken: 3, form: Form::Plain });
            }
            return None;
        }
        let tail = self.reduced(at).filter(|tail| !self.at(at + tail).is_ascii_alphabetic())?;
        Some(Found { reach: tail + 1, taken: tail, form: Form::Plain })
    }

    /// `n't` with any apostrophe.
    pub(super) fn is_not(&self, at: usize) -> bool {
        matches!(self.at(at), 'n' | 'N') && is_any_apostrophe(self.at(at + 1)) && matches!(self.at(at + 2), 't' | 'T')
    }

    fn reduced(&self, at: usize) -> Option<usize> {
        if !is_apostrophe(self.at(at)) {
            return None;
        }
        let two = [self.at(at + 1).to_ascii_lowercase(), self.at(at + 2).to_ascii_lowercase()];
        match two {
            ['r', 'e'] | ['v', 'e'] | ['l', 'l'] => Some(3),
            ['m' | 's' | 'd', _] => Some(2),
            _ => None,
        }
    }

    fn word_length(&self, at: usize) -> usize {
        if !is_letter(self.at(at)) {
            return 0;
        }
        let mut end = at + self.run(at, is_word);
        while matches!(self.at(end), '.' | '!' | '?') && is_letter(self.at(end + 1)) {
            end += 1;
            end += self.run(end, is_word);
        }
        end - at
    }

    pub(super) fn word(&self, at: usize) -> Option<Found> {
        let length = self.word_length(at);
        (length > 0).then(|| plain(length))
    }

    /// Words with an apostrophe that is no quotation mark.
    pub(super) fn apostrophe_word(&self, at: usize) -> Option<Found> {
        const WHOLE: [&str; 19] = [
            "c'est",
            "dunkin'",
            "somethin'",
            "ol'",
            "'em",
            "'till",
            "'til",
            "'cause",
            "'n'",
            "'n",
            "cont'd.",
            "c'mon",
            "e'er",
            "s'mores",
            "ev'ry",
            "li'l",
            "nat'l",
            "o'clock",
            "d'ye",
        ];
        let typed = |place: usize| if self.at(place) == '’' { '\'' } else { self.at(place).to_ascii_lowercase() };
        let mut longest = WHOLE
            .iter()
            .filter(|text| text.chars().enumerate().all(|(place, c)| typed(at + place) == c))
            .map(|text| text.len())
            .max()
            .unwrap_or(0);
        if is_apostrophe(self.at(at)) && ('2'..='9').contains(&self.at(at + 1)) && self.starts(at + 2, "0s") {
            longest = longest.max(4);
        }
        let c = self.at(at);
        if matches!(c, 'l' | 'L' | 'd' | 'D' | 'j' | 'J' | 'y' | 'Y') && self.at(at + 1) == '\'' {
            longest = longest.max(2);
        }
        if matches!(c, 'A'..='H' | 'J'..='X' | 'Z' | 'n') && is_any_apostrophe(self.at(at + 1)) {
            let letters = self.run(at + 2, is_letter);
            if letters >= 2 {
                longest = longest.max(2 + letters);
            }
        }
        let letters = self.run(at, is_letter);
        if letters >= 2
            && matches!(self.at(at + letters - 1).to_ascii_lowercase(), 'a' | 'e' | 'i' | 'o' | 'u' | 'y')
            && is_any_apostrophe(self.at(at + letters))
            && matches!(self.at(at + letters + 1), 'a' | 'e' | 'i' | 'o' | 'u' | 'A'..='Z')
        {
            longest = longest.max(letters + 1 + self.run(at + letters + 1, is_letter));
        }
        (longest > 0).then(|| plain(longest))
    }

    /// Letters and figures joined by hyphens, `d'` and `O'` before a part.
    pub(super) fn thing(&self, at: usize) -> Option<Found> {
        let part = |from: usize| {
            let prefixed = matches!(self.at(from), 'd' | 'D' | 'o' | 'O' | 'l' | 'L')
                && is_any_apostrophe(self.at(from + 1))
                && is_word(self.at(from + 2))
                && is_word(self.at(from + 3));
            let prefix = if prefixed { 2 } else { 0 };
            let rest = self.run(from + prefix, is_word);
            if rest > 0 { prefix + rest } else { 0 }
        };
        let mut length = part(at);
        if length == 0 {
            return None;
        }
        while is_hyphen(self.at(at + length)) {
            let next = part(at + length + 1);
            if next == 0 {
                break;
            }
            length += 1 + next;
        }
        // Companies and the like: AT&T, R&D, A+B.
        let letters = |from: usize, signs: bool| {
            self.run(from, |c| if signs { c.is_ascii_uppercase() } else { c.is_ascii_alphabetic() })
        };
        for sign in ['&', '+'] {
            let mut end = at + letters(at, sign == '+');
            let begun = end;
            while end > at && self.at(end) == sign && !self.entity(end) {
                let next = letters(end + 1, sign == '+');
                if next == 0 {
                    break;
                }
                end += 1 + next;
                if sign == '&' && self.chars[at..end].iter().any(char::is_ascii_lowercase) {
                    break;
                }
            }
            if end > begun {
                length = length.max(end - at);
            }
        }
        Some(plain(length))
    }

    /// `3.18-19`, `st.-germain`: words with full stops inside or at their end, joined by hyphens to others.
    pub(super) fn verse(&self, at: usize) -> Option<Found> {
        let mut length = self.run(at, is_word);
        let begun = length;
        while length > 0 && self.at(at + length) == '.' {
            let next = self.run(at + length + 1, is_word);
            length += 1 + next;
            if next == 0 {
                break;
            }
        }
        if length == begun || !is_hyphen(self.at(at + length)) {
            return None;
        }
        let mut whole = length;
        while is_hyphen(self.at(at + whole)) {
            let next = self.run(at + whole + 1, is_word);
            if next == 0 {
                break;
            }
            whole += 1 + next;
        }
        (whole > length).then(|| plain(whole))
    }

    /// `and/or`, `24/7`, at most three parts.
    pub(super) fn slashed(&self, at: usize) -> Option<Found> {
        let ascii = |from: usize| self.run(from, |c| c.is_ascii_alphanumeric());
        let part = |from: usize| {
            let mut length = ascii(from);
            if length == 0 {
                return 0;
            }
            for _ in 0..2 {
                let next = if self.at(from + length) == '-' { ascii(from + length + 1) } else { 0 };
                if next == 0 {
                    break;
                }
                length += 1 + next;
            }
            length
        };
        let mut length = part(at);
        if length == 0 {
            return None;
        }
        let mut parts = 0;
        while parts < 2 && self.at(at + length) == '/' {
            let next = part(at + length + 1);
            if next == 0 {
                break;
            }
            length += 1 + next;
            parts += 1;
        }
        (parts > 0).then(|| plain(length))
    }

    /// A word keeps its full stop before a comma or a colon.
    pub(super) fn before_comma(&self, at: usize) -> Option<Found> {
        let length = self.thing(at)?.taken.max(self.word_length(at));
        let comma = matches!(self.at(at + length + 1), ',' | ';' | ':' | '\u{3001}');
        (self.at(at + length) == '.' && comma).then(|| Found {
            reach: length + 2,
            taken: length + 1,
            form: Form::Plain,
        })
    }
}
