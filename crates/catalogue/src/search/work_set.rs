//! A set of works as bits, one for each number.

use crate::WorkId;

#[derive(Debug, Clone, Default)]
pub(super) struct WorkSet(Vec<u64>);

impl WorkSet {
    /// Numbers are SQLite's and small; one that is not is no work of ours.
    fn place(work: WorkId) -> Option<(usize, u64)> {
        let number = usize::try_from(work.0).ok()?;
        (number < 1 << 32).then_some((number / 64, 1 << (number % 64)))
    }

    pub(super) fn insert(&mut self, work: WorkId) {
        if let Some((word, bit)) = Self::place(work) {
            if self.0.len() <= word {
                self.0.resize(word + 1, 0);
            }
            if let Some(bits) = self.0.get_mut(word) {
                *bits |= bit;
            }
        }
    }

    pub(super) fn contains(&self, work: WorkId) -> bool {
        Self::place(work).is_some_and(|(word, bit)| self.0.get(word).is_some_and(|bits| bits & bit != 0))
    }

    pub(super) fn and(mut self, other: &Self) -> Self {
        for (index, bits) in self.0.iter_mut().enumerate() {
            *bits &= other.0.get(index).copied().unwrap_or(0);
        }
        self
    }

    pub(super) fn or(mut self, other: &Self) -> Self {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), 0);
        }
        for (bits, more) in self.0.iter_mut().zip(&other.0) {
            *bits |= more;
        }
        self
    }

    pub(super) fn without(mut self, other: &Self) -> Self {
        for (bits, less) in self.0.iter_mut().zip(&other.0) {
            *bits &= !less;
        }
        self
    }

    pub(super) fn len(&self) -> u64 {
        self.0.iter().map(|bits| u64::from(bits.count_ones())).sum()
    }

    /// The highest number first.
    pub(super) fn descending(&self) -> impl Iterator<Item = WorkId> + '_ {
        self.0.iter().enumerate().rev().filter(|(_, bits)| **bits != 0).flat_map(|(word, bits)| {
            (0..64)
                .rev()
                .filter(move |bit| bits >> bit & 1 == 1)
                .filter_map(move |bit| i64::try_from(word * 64 + bit).ok().map(WorkId))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(numbers: &[i64]) -> WorkSet {
        let mut set = WorkSet::default();
        numbers.iter().for_each(|number| set.insert(WorkId(*number)));
        set
    }

    fn numbers(set: &WorkSet) -> Vec<i64> {
        set.descending().map(|work| work.0).collect()
    }

    #[test]
    fn sets_meet_and_part() {
        let (one, two) = (set(&[1, 63, 64, 500]), set(&[64, 2]));
        assert_eq!(numbers(&one.clone().and(&two)), [64]);
        assert_eq!(numbers(&one.clone().or(&two)), [500, 64, 63, 2, 1]);
        assert_eq!(numbers(&two.clone().or(&one)), [500, 64, 63, 2, 1]);
        assert_eq!(numbers(&one.clone().without(&two)), [500, 63, 1]);
        assert_eq!((one.len(), one.contains(WorkId(63)), one.contains(WorkId(-1))), (4, true, false));
        assert_eq!(set(&[-1, i64::MAX]).len(), 0);
    }
}
