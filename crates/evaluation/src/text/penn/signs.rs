//! Punctuation, quotation marks, signs, and faces made of them.

use super::{Form, Found, Lexer, is_space, plain, written};
use crate::text::letters::is_sign;

impl Lexer<'_> {
    pub(super) fn smiley(&self, at: usize) -> Option<Found> {
        let mut place = at;
        if matches!(self.at(place), '<' | '>') {
            place += 1;
        }
        if matches!(self.at(place), ':' | ';' | '=') {
            place += 1;
            if matches!(self.at(place), '-' | 'o' | '*' | '\'') {
                place += 1;
            }
            if matches!(self.at(place), '(' | ')' | 'D' | 'P' | 'd' | 'p' | 'O' | '\\' | '{' | '@' | '|' | '[' | ']') {
                let length = place + 1 - at;
                return Some(Found { reach: length, taken: length, form: Form::Brackets });
            }
        }
        let eye = |c: char| matches!(c, '-' | '^' | 'x' | '=' | '~' | '<' | '>' | '\'');
        let bare = |c: char| eye(c) && !matches!(c, '-' | '\'');
        if bare(self.at(at)) && self.at(at + 1) == '.' && bare(self.at(at + 2))
            || eye(self.at(at)) && self.at(at + 1) == '_' && eye(self.at(at + 2))
        {
            return Some(plain(3));
        }
        if self.at(at) == '(' && eye(self.at(at + 1)) {
            let mouth = usize::from(matches!(self.at(at + 2), '_' | '.'));
            if eye(self.at(at + 2 + mouth)) && self.at(at + 3 + mouth) == ')' {
                let length = 4 + mouth;
                return Some(Found { reach: length, taken: length, form: Form::Brackets });
            }
        }
        None
    }

    pub(super) fn quote(&self, at: usize) -> Option<Found> {
        if self.starts(at, "&quot;") || self.starts(at, "&apos;") {
            let form = if self.starts(at, "&quot;") {
                Form::Quote(self.at(at + 6).is_ascii_alphanumeric())
            } else {
                Form::As("'")
            };
            let reach = if self.starts(at, "&quot;") && self.at(at + 6).is_ascii_alphanumeric() { 7 } else { 6 };
            return Some(Found { reach, taken: 6, form });
        }
        let c = self.at(at);
        match c {
            '"' => {
                let opens = self.at(at + 1).is_ascii_alphanumeric() || self.at(at + 1) == '$';
                Some(Found { reach: 1 + usize::from(opens), taken: 1, form: Form::Quote(opens) })
            }
            '\'' | '`' if self.at(at + 1) == c => Some(Found { reach: 2, taken: 2, form: Form::Plain }),
            '\'' => {
                let next = self.at(at + 2);
                let opens = self.at(at + 1).is_ascii_alphabetic() && !is_space(next) && next != '\n';
                Some(Found { reach: if opens { 3 } else { 1 }, taken: 1, form: Form::Quote(opens) })
            }
            '`' | '‘' | '\u{201b}' | '\u{91}' | '‹' => Some(written("`")),
            '’' | '\u{92}' | '›' => Some(written("'")),
            '“' | '\u{93}' | '«' => Some(written("``")),
            '”' | '\u{94}' | '»' => Some(written("''")),
            _ => None,
        }
    }

    /// Everything else.
    pub(super) fn sign(&self, at: usize) -> Option<Found> {
        let c = self.at(at);
        let repeated = |most: usize| self.run(at, |other| other == c).min(most);
        Some(match c {
            '(' => written("-lrb-"),
            ')' => written("-rrb-"),
            '[' => written("-lsb-"),
            ']' => written("-rsb-"),
            '{' => written("-lcb-"),
            '}' => written("-rcb-"),
            '–' | '—' | '―' | '\u{96}' | '\u{97}' => written("--"),
            '-' if repeated(usize::MAX) > 1 => {
                Found { reach: repeated(usize::MAX), taken: repeated(usize::MAX), form: Form::As("--") }
            }
            '\u{ad}' => written("-"),
            '…' => written("..."),
            '.' => {
                let dots = repeated(5);
                let spaced = self.spaced_dots(at);
                if dots >= 3 {
                    Found { reach: dots, taken: dots, form: Form::As("...") }
                } else if spaced > 0 {
                    Found { reach: spaced, taken: spaced, form: Form::As("...") }
                } else {
                    plain(1)
                }
            }
            '!' | '?' => plain(self.run(at, |c| matches!(c, '!' | '?'))),
            '*' | '#' | '@' | '_' => plain(repeated(usize::MAX)),
            '<' | '>' => plain(repeated(2)),
            'A'..='Z' | '$' => {
                let letters = self.run(at, |c| c.is_ascii_uppercase());
                if self.at(at + letters) != '$' {
                    return None;
                }
                plain(letters + 1)
            }
            '¢' => written("cents"),
            '£' => written("#"),
            '¤' | '€' | '\u{80}' | '\u{20a0}' => written("$"),
            '¼' => written("1/4"),
            '½' => written("1/2"),
            '¾' => written("3/4"),
            '⅓' => written("1/3"),
            '⅔' => written("2/3"),
            '⁰'..='₉' | '²' | '³' | '¹' => {
                let above = |c: char| matches!(c, '⁰' | '²' | '³' | '¹' | '⁴'..='⁹');
                let below = |c: char| matches!(c, '₀'..='₉');
                plain(self.run(at, above).max(self.run(at, below)).max(1))
            }
            _ if is_sign(c) => plain(1),
            _ => return None,
        })
    }

    /// `. . .`: three to five with a space between.
    fn spaced_dots(&self, at: usize) -> usize {
        let mut dots = 1;
        while dots < 5 && matches!(self.at(at + 2 * dots - 1), ' ' | '\u{a0}') && self.at(at + 2 * dots) == '.' {
            dots += 1;
        }
        if dots >= 3 { 2 * dots - 1 } else { 0 }
    }
}
