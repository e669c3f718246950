//! A paragraph's text as a reader expects it once markup is gone.

use crate::Link;

/// Stands where something was dropped from within a sentence.
pub(super) const HOLE: char = '\u{E000}';

/// Joins runs of white space, and closes the gaps that dropped templates leave: empty brackets, stray commas within them, spaces before a comma. The links move along.
pub(super) fn tidy(text: &str, links: &mut Vec<Link>) -> String {
    let mut tidied =
        Tidied { text: String::with_capacity(text.len()), links: std::mem::take(links), opened: 0, closed: 0 };
    let mut hole = false;
    for (at, letter) in text.char_indices() {
        tidied.bounds_until(at);
        match letter {
            HOLE => hole = true,
            letter if letter.is_whitespace() => {
                if !tidied.text.is_empty() && !tidied.text.ends_with([' ', '(']) {
                    tidied.text.push(' ');
                }
            }
            ',' | ';' | ':' if hole && tidied.text.trim_end_matches(' ').ends_with('(') => {}
            ',' | ';' | '.' | ':' if hole => {
                tidied.drop_end(|end| end == ' ');
                tidied.text.push(letter);
                hole = false;
            }
            ')' => {
                tidied.drop_end(|end| end == ' ' || (hole && matches!(end, ',' | ';')));
                if tidied.text.ends_with('(') && (hole || !text[..at].ends_with('(')) {
                    tidied.drop_end(|end| end == '(');
                    tidied.drop_end(|end| end == ' ');
                    hole = true;
                } else {
                    tidied.text.push(')');
                    hole = false;
                }
            }
            letter => {
                tidied.text.push(letter);
                hole = false;
            }
        }
    }
    tidied.bounds_until(text.len());
    tidied.drop_end(|end| end == ' ');
    tidied.trim_links();
    *links = tidied.links;
    tidied.text
}

struct Tidied {
    text: String,
    links: Vec<Link>,
    /// How many links have their beginning, and how many their end, in the new text.
    opened: usize,
    closed: usize,
}

impl Tidied {
    fn bounds_until(&mut self, at: usize) {
        let here = self.text.len();
        loop {
            if let Some(link) = self.links.get_mut(self.closed)
                && self.closed < self.opened
                && link.range.end <= at
            {
                link.range.end = here.max(link.range.start);
                self.closed += 1;
            } else if let Some(link) = self.links.get_mut(self.opened)
                && link.range.start <= at
            {
                link.range.start = here;
                self.opened += 1;
            } else {
                break;
            }
        }
    }

    fn drop_end(&mut self, which: impl Fn(char) -> bool) {
        let kept = self.text.trim_end_matches(which).len();
        if kept == self.text.len() {
            return;
        }
        self.text.truncate(kept);
        for (place, link) in self.links[..self.opened].iter_mut().enumerate().rev() {
            let closed = place < self.closed;
            if link.range.start <= kept && (!closed || link.range.end <= kept) {
                break;
            }
            link.range.start = link.range.start.min(kept);
            if closed {
                link.range.end = link.range.end.min(kept);
            }
        }
    }

    /// Links begin and end with a letter; those that have none are gone.
    fn trim_links(&mut self) {
        let text = &self.text;
        self.links.truncate(self.closed);
        self.links.retain_mut(|link| {
            let Some(words) = text.get(link.range.clone()) else { return false };
            let start = link.range.start + words.len() - words.trim_start().len();
            link.range = start..start + words.trim().len();
            !link.range.is_empty()
        });
    }
}
