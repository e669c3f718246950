//! Numbers: figures, fractions, dates, telephone numbers.

use super::{Found, Lexer, plain};

impl Lexer<'_> {
    /// Numbers, dates, fractions, telephone numbers.
    pub(super) fn number(&self, at: usize) -> Option<Found> {
        let longest = [self.figure(at), self.fraction(at), self.telephone(at), self.date(at)].into_iter().max()?;
        (longest > 0).then(|| plain(longest))
    }

    fn figure(&self, at: usize) -> usize {
        let signed = usize::from(matches!(self.at(at), '+' | '-'));
        let mut end = at + signed + self.digits(at + signed);
        while matches!(self.at(end), '.' | ',' | ':' | '\u{ad}') && self.digits(end + 1) > 0 {
            end += 1 + self.digits(end + 1);
        }
        if end > at + signed { end - at } else { 0 }
    }

    fn fraction(&self, at: usize) -> usize {
        let part = |at: usize| {
            let over = self.digits(at);
            let mut slash = at + over;
            if self.at(slash) == '\\' {
                slash += 1;
            }
            let under = self.digits(slash + 1).min(4);
            let good = (1..=4).contains(&over) && matches!(self.at(slash), '/' | '\u{2044}') && under > 0;
            if good { slash + 1 + under - at } else { 0 }
        };
        let whole = self.digits(at);
        if (1..=4).contains(&whole) && matches!(self.at(at + whole), ' ' | '-' | '\u{a0}') {
            let rest = part(at + whole + 1);
            if rest > 0 {
                return whole + 1 + rest;
            }
        }
        part(at)
    }

    fn date(&self, at: usize) -> usize {
        let day = self.digits(at);
        let month = self.digits(at + day + 1);
        let year = self.digits(at + day + month + 2).min(4);
        let dash = |place| matches!(self.at(place), '-' | '/');
        let good = (1..=2).contains(&day)
            && (1..=2).contains(&month)
            && year >= 2
            && dash(at + day)
            && dash(at + day + month + 1);
        if good { day + month + year + 2 } else { 0 }
    }

    /// `(415) 555-1234`, `+1 415 555 1234`, and other rows of figures that look so.
    fn telephone(&self, at: usize) -> usize {
        let gap = |place: usize| matches!(self.at(place), '-' | ' ' | '\u{a0}');
        let last = |from: usize| {
            // Three or four figures, perhaps a gap, three to five.
            let mut longest = 0;
            for first in 3..=4 {
                if self.digits(from) < first {
                    continue;
                }
                let mut next = from + first;
                if gap(next) {
                    next += 1;
                }
                let figures = self.digits(next).min(5);
                if figures >= 3 {
                    longest = longest.max(next + figures - from);
                }
            }
            longest
        };
        let mut longest = 0;
        if self.at(at) == '(' {
            let area = self.digits(at + 1);
            if (2..=3).contains(&area) && self.at(at + 1 + area) == ')' {
                let mut next = at + area + 2;
                if matches!(self.at(next), ' ' | '\u{a0}') {
                    next += 1;
                }
                let rest = last(next);
                longest = if rest > 0 { next + rest - at } else { 0 };
            }
            return longest;
        }
        let plus = self.run(at, |c| c == '+').min(2);
        let start = at + plus;
        let group = |from: usize| {
            let figures = self.digits(from);
            if (2..=4).contains(&figures) && gap(from + figures) { figures + 1 } else { 0 }
        };
        // With a plus the country's group may have one figure.
        let country = {
            let figures = self.digits(start);
            if plus > 0 && figures == 1 && gap(start + 1) { 2 } else { group(start) }
        };
        for first in [0, country] {
            let second = group(start + first);
            if second > 0 {
                let rest = last(start + first + second);
                if rest > 0 {
                    longest = longest.max(plus + first + second + rest);
                }
            }
        }
        longest
    }
}
