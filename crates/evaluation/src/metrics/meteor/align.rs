//! Which words of a candidate stand for which of a reference.
//!
//! The papers name what is sought, in this order: each word in one match at most; most words covered; fewest pieces. Probes of version 1.5 show more. It covers by weighed words cut to whole
//! numbers, so that only exact words and longer paraphrases count as covered, while stems and synonyms that are not the only match of their words are kept where they break nothing. It
//! goes through the reference word by word, and keeps every beginning of an alignment until there are more than 40: then those go that cover least so far, in most closed pieces.

use std::cmp::Reverse;

use super::{Paraphrases, STAGES, WEIGHTS, Word};

/// Beginnings that are kept at each word.
const BEAM: usize = 40;

/// A run of words of the candidate that can stand for a run of the reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pair {
    /// Where the run begins in the candidate.
    pub candidate: usize,
    /// Its words.
    pub candidate_words: usize,
    /// Where the other begins in the reference.
    pub reference: usize,
    /// Its words.
    pub reference_words: usize,
    /// How they were matched.
    pub stage: usize,
}

impl Pair {
    /// Words that count as covered: each side's, weighed, cut to a whole number.
    fn covers(&self) -> usize {
        let cut = |words: usize| (words as f64 * WEIGHTS[self.stage]) as usize;
        cut(self.candidate_words) + cut(self.reference_words)
    }
}

/// The matches of an alignment, in the order of the reference, and the pieces that it falls into: none where all words of both texts stand in one.
pub(super) fn aligned(
    candidate: &[u32],
    reference: &[u32],
    words: &[Word],
    paraphrases: &Paraphrases,
) -> (Vec<Pair>, usize) {
    let pairs = chosen(&pairs(candidate, reference, words, paraphrases), candidate.len(), reference.len());
    let mut chunks = 0;
    let mut end = None;
    for pair in &pairs {
        if end != Some((pair.candidate, pair.reference)) {
            chunks += 1;
        }
        end = Some((pair.candidate + pair.candidate_words, pair.reference + pair.reference_words));
    }
    let whole = pairs.iter().map(|pair| pair.candidate_words).sum::<usize>() == candidate.len()
        && pairs.iter().map(|pair| pair.reference_words).sum::<usize>() == reference.len();
    (pairs, if whole && chunks == 1 { 0 } else { chunks })
}

/// All that can be matched, by the place in the reference, then by stage.
fn pairs(candidate: &[u32], reference: &[u32], words: &[Word], paraphrases: &Paraphrases) -> Vec<Pair> {
    let mut pairs = Vec::new();
    for (at, &word) in candidate.iter().enumerate() {
        for (of, &other) in reference.iter().enumerate() {
            let mut add = |stage| {
                pairs.push(Pair { candidate: at, candidate_words: 1, reference: of, reference_words: 1, stage });
            };
            if word == other {
                add(0);
                continue;
            }
            let (word, other) = (&words[word as usize], &words[other as usize]);
            if word.stem == other.stem {
                add(1);
            }
            if share(&word.synsets, &other.synsets) {
                add(2);
            }
        }
    }
    for at in 0..candidate.len() {
        for end in at + 1..=candidate.len().min(at + paraphrases.longest) {
            let Some(others) = paraphrases.same.get(&candidate[at..end]) else { continue };
            for of in 0..reference.len() {
                for until in of + 1..=reference.len().min(of + paraphrases.longest) {
                    // A pair that the table has from both sides is matched twice, and so is never the only match of its words.
                    let times = others.get(&reference[of..until]).copied().unwrap_or(0);
                    let pair = Pair {
                        candidate: at,
                        candidate_words: end - at,
                        reference: of,
                        reference_words: until - of,
                        stage: STAGES - 1,
                    };
                    pairs.extend(std::iter::repeat_n(pair, times));
                }
            }
        }
    }
    pairs.sort_by_key(|pair| (pair.reference, pair.stage));
    pairs
}

/// Whether two sorted lists have a number in common.
fn share(first: &[u32], second: &[u32]) -> bool {
    let (mut first, mut second) = (first.iter().peekable(), second.iter().peekable());
    while let (Some(a), Some(b)) = (first.peek(), second.peek()) {
        match a.cmp(b) {
            std::cmp::Ordering::Equal => return true,
            std::cmp::Ordering::Less => first.next(),
            std::cmp::Ordering::Greater => second.next(),
        };
    }
    false
}

/// An alignment of the reference's first words.
#[derive(Clone)]
struct Beginning {
    /// The candidate's words that are taken, a bit each.
    taken: Vec<u64>,
    /// The reference's first word that is free.
    free: usize,
    covered: usize,
    matches: usize,
    /// Pieces that are closed.
    chunks: usize,
    /// Where the candidate would have to go on for the open piece to grow.
    open: Option<usize>,
    /// The sum over matches of how far apart their places are.
    distance: usize,
    /// The last match in the list of all that were ever taken.
    last: Option<usize>,
}

impl Beginning {
    fn close(&mut self) {
        self.chunks += usize::from(self.open.take().is_some());
    }

    fn fits(&self, pair: &Pair) -> bool {
        (pair.candidate..pair.candidate + pair.candidate_words).all(|at| (self.taken[at / 64] >> (at % 64)) & 1 == 0)
    }

    fn with(&self, pair: &Pair, last: usize) -> Self {
        let mut longer = self.clone();
        for at in pair.candidate..pair.candidate + pair.candidate_words {
            longer.taken[at / 64] |= 1 << (at % 64);
        }
        longer.free = pair.reference + pair.reference_words;
        longer.covered += pair.covers();
        longer.matches += 1;
        if self.open != Some(pair.candidate) {
            longer.close();
        }
        longer.open = Some(pair.candidate + pair.candidate_words);
        longer.distance += pair.candidate.abs_diff(pair.reference);
        longer.last = Some(last);
        longer
    }
}

fn chosen(pairs: &[Pair], candidate_words: usize, reference_words: usize) -> Vec<Pair> {
    let (mut in_candidate, mut in_reference) = (vec![0usize; candidate_words], vec![0usize; reference_words]);
    for pair in pairs {
        in_candidate[pair.candidate..][..pair.candidate_words].iter_mut().for_each(|times| *times += 1);
        in_reference[pair.reference..][..pair.reference_words].iter_mut().for_each(|times| *times += 1);
    }
    // A match whose words have no other is taken at once.
    let only = |pair: &Pair| {
        in_candidate[pair.candidate..][..pair.candidate_words].iter().all(|times| *times == 1)
            && in_reference[pair.reference..][..pair.reference_words].iter().all(|times| *times == 1)
    };
    let mut taken: Vec<(Pair, Option<usize>)> = Vec::new();
    let mut beam = vec![Beginning {
        taken: vec![0; candidate_words.div_ceil(64)],
        free: 0,
        covered: 0,
        matches: 0,
        chunks: 0,
        open: None,
        distance: 0,
        last: None,
    }];
    for here in pairs.chunk_by(|a, b| a.reference == b.reference) {
        let mut next = Vec::with_capacity(beam.len() * (here.len() + 1));
        for mut beginning in beam {
            if beginning.free > here[0].reference {
                next.push(beginning);
                continue;
            }
            if beginning.free < here[0].reference {
                beginning.close();
            }
            let certain = here.len() == 1 && only(&here[0]);
            for pair in here.iter().filter(|pair| beginning.fits(pair)) {
                taken.push((*pair, beginning.last));
                next.push(beginning.with(pair, taken.len() - 1));
            }
            if !certain {
                beginning.close();
                next.push(beginning);
            }
        }
        if next.len() > BEAM {
            next.sort_by_key(|one| (Reverse(one.covered), one.chunks, Reverse(one.distance)));
            next.truncate(BEAM);
        }
        beam = next;
    }
    let best = beam.iter().min_by_key(|one| {
        let chunks = one.chunks + usize::from(one.open.is_some());
        (Reverse(one.covered), chunks, Reverse(one.matches))
    });
    let mut last = best.and_then(|best| best.last);
    let mut alignment = Vec::new();
    while let Some((pair, before)) = last.and_then(|last| taken.get(last)) {
        alignment.push(*pair);
        last = *before;
    }
    alignment.reverse();
    alignment
}
