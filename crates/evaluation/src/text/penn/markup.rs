//! What comes from machines: tags, entities, addresses.

use super::{Form, Found, Lexer, plain};
use crate::text::letters::is_letter;

impl Lexer<'_> {
    /// Tags and entities.
    pub(super) fn mark_up(&self, at: usize) -> Option<Found> {
        match self.at(at) {
            '<' => self.tag(at).map(plain),
            '&' => {
                const ENTITIES: [(&str, &str); 7] = [
                    ("&amp;", "&"),
                    ("&lt;", "<"),
                    ("&gt;", ">"),
                    ("&mdash;", "--"),
                    ("&ndash;", "--"),
                    ("&MD;", "--"),
                    ("&nbsp;", ""),
                ];
                let figures = self.digits(at + 2);
                if self.at(at + 1) == '#' && figures > 0 && self.at(at + 2 + figures) == ';' {
                    return Some(plain(figures + 3));
                }
                let (text, written) = ENTITIES.into_iter().find(|(text, _)| self.starts(at, text))?;
                Some(Found { reach: text.len(), taken: text.len(), form: Form::As(written) })
            }
            _ => None,
        }
    }

    /// Whether a character is written as an entity here.
    pub(super) fn entity(&self, at: usize) -> bool {
        ["&amp;", "&lt;", "&gt;", "&quot;", "&apos;", "&nbsp;"].iter().any(|entity| self.starts(at, entity))
    }

    pub(super) fn tag(&self, at: usize) -> Option<usize> {
        let mut place = at + 1;
        let closing = self.at(place) == '/';
        if closing || matches!(self.at(place), '!' | '?') {
            place += 1;
        }
        if !self.at(place).is_ascii_alphabetic() {
            return None;
        }
        let name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | ':' | '.' | '-');
        place += self.run(place, name);
        if matches!(self.at(at + 1), '!' | '?') {
            place += self.run(place, |c| c != '>');
        }
        loop {
            let spaces = self.run(place, |c| c == ' ');
            let next = self.at(place + spaces);
            if closing || spaces == 0 || !next.is_ascii_alphabetic() {
                place += spaces;
                break;
            }
            place += spaces;
            place += self.run(place, name);
            let equals = place + self.run(place, |c| c == ' ');
            if self.at(equals) == '=' {
                place = equals + 1;
                place += self.run(place, |c| c == ' ');
                let quote = self.at(place);
                if matches!(quote, '"' | '\'') {
                    let inside = self.run(place + 1, |c| c != quote);
                    if self.at(place + 1 + inside) != quote {
                        return None;
                    }
                    place += inside + 2;
                } else if quote.is_ascii_alphabetic() {
                    place += self.run(place, name);
                } else {
                    return None;
                }
            }
        }
        if self.at(place) == '/' && !closing {
            place += 1;
        }
        (self.at(place) == '>').then_some(place + 1 - at)
    }

    /// Addresses of pages, letters and people.
    pub(super) fn address(&self, at: usize) -> Option<Found> {
        let inside = |c: char| !c.is_whitespace() && !matches!(c, '"' | '<' | '>' | '|' | '(' | ')');
        let ends = |c: char| inside(c) && !matches!(c, '.' | '!' | '?' | '{' | '}' | ',' | '-');
        let trimmed = |from: usize, least: usize| {
            let mut length = self.run(from, inside);
            while length > least && !ends(self.at(from + length - 1)) {
                length -= 1;
            }
            (length > least).then_some(length)
        };
        for scheme in ["http://", "https://"] {
            if self.starts(at, scheme) {
                let rest = trimmed(at + scheme.len(), 1)?;
                return Some(plain(scheme.len() + rest));
            }
        }
        if self.starts(at, "www.") {
            let host = |c: char| inside(c) && !matches!(c, '.' | '!' | '?' | '{' | '}' | ',' | '/');
            let mut end = at + 4;
            let mut good = 0;
            loop {
                let part = self.run(end, host);
                if part == 0 {
                    break;
                }
                let last = &self.chars[end..end + part];
                end += part;
                if end > at + 4 + part && (2..=4).contains(&part) && last.iter().all(|c| c.is_ascii_alphabetic()) {
                    good = end;
                }
                if self.at(end) != '.' {
                    break;
                }
                end += 1;
            }
            if good == 0 {
                return None;
            }
            let path = if self.at(good) == '/' { trimmed(good, 1).unwrap_or(0) } else { 0 };
            return Some(plain(good + path - at));
        }
        if self.at(at) == '@' {
            let name = self.run(at + 1, |c| c.is_ascii_alphanumeric() || c == '_');
            return (name > 0 && !self.at(at + 1).is_ascii_digit()).then(|| plain(name + 1));
        }
        if self.at(at) == '#' {
            let letters = self.run(at + 1, is_letter);
            return (letters > 0).then(|| plain(letters + 1));
        }
        if self.at(at).is_ascii_alphanumeric() {
            let local = self.run(at, |c| inside(c) && !matches!(c, '@' | '{' | '}' | '\u{a0}'));
            if self.at(at + local) != '@' {
                return None;
            }
            let from = at + local + 1;
            let mut host =
                self.run(from, |c| inside(c) && !matches!(c, '{' | '}' | '[' | ']' | ',' | ';' | ':' | '\u{a0}'));
            while host > 0 && self.at(from + host - 1) == '.' {
                host -= 1;
            }
            return (host > 0).then(|| plain(local + 1 + host));
        }
        None
    }
}
