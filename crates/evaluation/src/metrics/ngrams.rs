//! Words as numbers, and runs of up to four of them counted.

use rustc_hash::FxHashMap;

/// The longest run that any metric counts.
pub const LONGEST: usize = 4;

/// A run of one to four words: their numbers in one, the first in the highest bits; unused places hold [`NO_WORD`]. One number compares and hashes faster than four.
pub type Run = u128;

/// No word of a [`Vocabulary`].
const NO_WORD: u32 = u32::MAX;

/// Gives each distinct word a number, so that runs of words compare and hash as numbers do.
#[derive(Debug, Default)]
pub struct Vocabulary<'a> {
    numbers: FxHashMap<&'a str, u32>,
}

impl<'a> Vocabulary<'a> {
    /// The word's number; a new one for a word that was not seen before.
    pub fn number(&mut self, word: &'a str) -> u32 {
        let next = self.numbers.len() as u32;
        *self.numbers.entry(word).or_insert(next)
    }

    /// The numbers of the words between white space, cut as Python's `str.split()` does.
    pub fn numbers(&mut self, text: &'a str) -> Vec<u32> {
        split(text).map(|word| self.number(word)).collect()
    }
}

/// The words between white space. Python also counts the four separators U+001C to U+001F as white space.
pub fn split(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)).filter(|word| !word.is_empty())
}

/// How often each run of `length` (1 to 4) words occurs.
///
/// Sorted, and a list, not a map: a sentence has some dozens of runs, and sums over them must not depend on a hash's order.
pub fn count(words: &[u32], length: usize) -> Vec<(Run, u32)> {
    let mut runs: Vec<Run> = words
        .windows(length)
        .map(|window| {
            let words = window.iter().chain(std::iter::repeat(&NO_WORD)).take(LONGEST);
            words.fold(0, |run, word| (run << u32::BITS) | Run::from(*word))
        })
        .collect();
    runs.sort_unstable();
    let mut counted: Vec<(Run, u32)> = Vec::with_capacity(runs.len());
    for run in runs {
        match counted.last_mut() {
            Some((last, times)) if *last == run => *times += 1,
            _ => counted.push((run, 1)),
        }
    }
    counted
}

/// Calls `meet` with the counts of every run that stands in both sorted lists.
pub fn shared(left: &[(Run, u32)], right: &[(Run, u32)], mut meet: impl FnMut(usize, usize)) {
    let (mut l, mut r) = (0, 0);
    while l < left.len() && r < right.len() {
        match left[l].0.cmp(&right[r].0) {
            std::cmp::Ordering::Less => l += 1,
            std::cmp::Ordering::Greater => r += 1,
            std::cmp::Ordering::Equal => {
                meet(l, r);
                l += 1;
                r += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_counted_by_hand() {
        let mut vocabulary = Vocabulary::default();
        let words = vocabulary.numbers("a b a b\u{1c}c");
        assert_eq!(words, [0, 1, 0, 1, 2]);
        let pairs = count(&words, 2);
        assert_eq!(
            pairs.iter().map(|(run, times)| ((run >> 96) as u32, (run >> 64) as u32, *times)).collect::<Vec<_>>(),
            [(0, 1, 2), (1, 0, 1), (1, 2, 1)]
        );
        assert_eq!(pairs[0].0 as u64, u64::MAX, "two places are unused");
        assert!(count(&words, 4).len() == 2 && count(&[1, 2], 3).is_empty());
    }
}
