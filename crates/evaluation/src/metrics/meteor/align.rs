//! Which words of a candidate stand for which of a reference.
//!
//! The papers name what is sought, in this order: each word in one match at most; most words covered; fewest pieces. Probes of version 1.5 show more. It covers by weighed words cut to whole
//! numbers, so that only exact words and longer paraphrases count as covered, while stems and synonyms that are not the only match of their words are kept where they break nothing. It
//! goes through the reference word by word, and goes on with the 40 beginnings of an alignment that cover most so far, in fewest closed pieces, at the least distance. Distance is a debt of a
//! peculiar kind there: what a match spans is owed by those who pass it over, not by those who take it, unless it is the only match of its words.

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

    /// How far apart its places are in the two texts, words.
    fn distance(&self) -> usize {
        self.candidate.abs_diff(self.reference)
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
    /// Pieces that are closed.
    chunks: usize,
    /// Where the candidate would have to go on for the open piece to grow.
    open: Option<usize>,
    /// How far apart the places are of matches that were passed over, or that were certain.
    distance: usize,
    /// The last match in the list of all that were ever taken.
    last: Option<usize>,
}

impl Beginning {
    fn empty(candidate_words: usize) -> Self {
        Self {
            taken: vec![0; candidate_words.div_ceil(64)],
            free: 0,
            covered: 0,
            chunks: 0,
            open: None,
            distance: 0,
            last: None,
        }
    }

    fn close(&mut self) {
        self.chunks += usize::from(self.open.take().is_some());
    }

    fn fits(&self, pair: &Pair) -> bool {
        (pair.candidate..pair.candidate + pair.candidate_words).all(|at| (self.taken[at / 64] >> (at % 64)) & 1 == 0)
    }

    fn take(&mut self, pair: &Pair, last: usize) {
        for at in pair.candidate..pair.candidate + pair.candidate_words {
            self.taken[at / 64] |= 1 << (at % 64);
        }
        self.free = pair.reference + pair.reference_words;
        self.covered += pair.covers();
        if self.open != Some(pair.candidate) {
            self.close();
        }
        self.open = Some(pair.candidate + pair.candidate_words);
        self.last = Some(last);
    }

    /// What is better comes first; of equals, what was first.
    fn rank(&self) -> (Reverse<usize>, usize, usize) {
        (Reverse(self.covered), self.chunks, self.distance)
    }
}

fn chosen(pairs: &[Pair], candidate_words: usize, reference_words: usize) -> Vec<Pair> {
    let (mut in_candidate, mut in_reference) = (vec![0usize; candidate_words], vec![0usize; reference_words]);
    for pair in pairs {
        in_candidate[pair.candidate..][..pair.candidate_words].iter_mut().for_each(|times| *times += 1);
        in_reference[pair.reference..][..pair.reference_words].iter_mut().for_each(|times| *times += 1);
    }
    let certain = |pair: &Pair| {
        in_candidate[pair.candidate..][..pair.candidate_words].iter().all(|times| *times == 1)
            && in_reference[pair.reference..][..pair.reference_words].iter().all(|times| *times == 1)
    };
    let mut taken: Vec<(Pair, Option<usize>)> = Vec::new();
    let mut beam = vec![Beginning::empty(candidate_words)];
    let mut rest = pairs;
    for word in 0..reference_words {
        let (here, after) = rest.split_at(rest.partition_point(|pair| pair.reference == word));
        rest = after;
        beam.sort_by_key(Beginning::rank);
        beam.truncate(BEAM);
        let mut next = Vec::with_capacity(beam.len() * (here.len() + 1));
        for mut beginning in beam {
            if beginning.free > word {
                next.push(beginning);
                continue;
            }
            if let [only] = here
                && certain(only)
            {
                taken.push((*only, beginning.last));
                beginning.take(only, taken.len() - 1);
                beginning.distance += only.distance();
                next.push(beginning);
                continue;
            }
            for pair in here {
                if beginning.fits(pair) {
                    taken.push((*pair, beginning.last));
                    let mut longer = beginning.clone();
                    longer.take(pair, taken.len() - 1);
                    next.push(longer);
                    beginning.distance += pair.distance();
                }
            }
            beginning.close();
            beginning.free = word + 1;
            next.push(beginning);
        }
        beam = next;
    }
    beam.sort_by_key(Beginning::rank);
    beam.truncate(BEAM);
    beam.iter_mut().for_each(Beginning::close);
    let mut last = beam.iter().min_by_key(|one| one.rank()).and_then(|best| best.last);
    let mut alignment = Vec::new();
    while let Some((pair, before)) = last.and_then(|last| taken.get(last)) {
        alignment.push(*pair);
        last = *before;
    }
    alignment.reverse();
    alignment
}
