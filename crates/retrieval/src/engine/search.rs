//! From a query to its documents in three narrowing steps: rough sums over centroids, coarse codes, full codes.
//!
//! Documents for the first step are all of them, or in large indices those with a row near one of the query's rows: the lists of the centroids nearest
//! to each query row are gone through from the nearest on, and what a document's first occurrence is worth above the last
//! list's score is added up (a missing occurrence counts as that last score: Lee et al., XTR, 2023; Scheerer et al., WARP, 2025). Segments without lists are looked
//! through whole even then.

use std::cmp::Reverse;
use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;

use super::query::{PreparedQuery, Scoring};
use super::segment::{CodedRows, Segment};
use super::snapshot::{LiveSegment, Snapshot};
use crate::codebook::{AT_ONCE, SCANNED_ROWS};
use crate::kernels::lanes::GROUP;

/// How a search goes about it. The defaults are right for most.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SearchOptions {
    /// Up to this many rows in the index, all documents are looked at roughly; above, those on the lists of near centroids.
    pub scanned_rows: u64,
    /// Lists that are gone through for each query row.
    pub lists: usize,
    /// Documents from the lists that are then scored by their centroids.
    pub rough: usize,
    /// Documents that are scored by their coarse codes at most.
    pub coarse: usize,
    /// Documents that are scored by their coarse codes at least, or in larger indices one in 24 of all of them; then it ends as soon as hardly one of the
    /// next comes among the best 36.
    pub coarse_at_least: usize,
    /// Documents that are scored by their full codes at most.
    pub full: usize,
    /// Documents that are scored by their full codes at least where coarse codes have a bit a number, and half as many where they have two, which rank better; then it ends
    /// as soon as none of the next comes among those that are found.
    pub full_at_least: usize,
    /// Rows of a document are left out of its coarse score where their centroids lie so many standard deviations of what codes add below the best one's,
    /// for every query row.
    pub reach: f32,
}

impl Default for SearchOptions {
    fn default() -> Self {
        Self {
            scanned_rows: SCANNED_ROWS,
            lists: 64,
            rough: 4096,
            coarse: 512,
            coarse_at_least: 192,
            full: 160,
            full_at_least: 40,
            reach: 0.7,
        }
    }
}

/// Of so many documents one is scored by its coarse codes at least: the more there are, the more of them centroids alone rank alike.
const COARSE_SHARE: usize = 24;

/// Documents between two looks at whether to go on by coarse codes, and among how many of the best one of them has to come.
const COARSE_STRIDE: usize = 32;
const COARSE_GOOD: usize = 36;
/// Documents that a thread scores by coarse codes at a time.
const COARSE_TASK: usize = 8;
/// Documents between two looks at whether to go on by full codes.
const FULL_STRIDE: usize = 16;

/// A document by segment and place, with a score of some step.
#[derive(Debug, Clone, Copy)]
struct Candidate<S> {
    score: S,
    segment: u32,
    document: u32,
}

/// A document of a snapshot, with its MaxSim.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Found {
    pub(crate) segment: usize,
    pub(crate) document: usize,
    pub(crate) score: f32,
}

/// What a search's results stand out from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Background {
    /// The score of the tenth document, or of the last where there are fewer.
    pub(crate) tenth: f32,
    /// The standard deviation of the scores of documents of any kind; 0 where there are too few to tell.
    pub(crate) deviation: f32,
}

/// Documents, spread over the whole index, from which is seen how scores of any kind vary for a query.
const BACKGROUND: usize = 256;

/// The `k` best of the documents that `wanted` takes (by segment and place), best first, equal ones by segment and place; and what they stand
/// out from.
pub(crate) fn search(
    snapshot: &Snapshot,
    query: &PreparedQuery<'_>,
    k: usize,
    options: &SearchOptions,
    wanted: &(dyn Fn(usize, usize) -> bool + Sync),
) -> (Vec<Found>, Background) {
    let coarse_kept = options.coarse.max(4 * k);
    let rough = if snapshot.rows() <= options.scanned_rows {
        scan(snapshot, query, coarse_kept, wanted, &|_| true)
    } else {
        let mut listed = listed(snapshot, query, options.rough.max(coarse_kept), options.lists, wanted);
        // In the order of the files, so that what is read next lies together.
        listed.sort_unstable_by_key(|c| (c.segment, c.document));
        let rescored = listed.into_par_iter().with_min_len(64).map(|c| {
            let score = rough_score(query, &snapshot.segments[c.segment as usize].segment, c.document as usize);
            Candidate { score, segment: c.segment, document: c.document }
        });
        let mut rough: Vec<Candidate<i32>> = rescored.collect();
        rough.extend(scan(snapshot, query, coarse_kept, wanted, &|segment| segment.lists().is_none()));
        best(rough, coarse_kept)
    };
    let coarse_bits = snapshot.book.mean_coarse_bits().max(1.0);
    let full_at_least = ((options.full_at_least as f32 / coarse_bits) as usize).max(2 * k);
    let full = options.full.max(full_at_least);
    let documents: usize = snapshot.segments.iter().map(|s| s.segment.len()).sum();
    let at_least = options.coarse_at_least.max(documents / COARSE_SHARE).max(2 * full_at_least);
    // A thread's own.
    let scorings: Vec<Mutex<Scoring>> = (0..rayon::current_num_threads()).map(|_| Mutex::default()).collect();
    let ranked = || {
        let coarse = in_stages(&by_score(rough), (at_least, COARSE_STRIDE), COARSE_GOOD, |some| {
            by_coarse_codes(snapshot, query, some)
        });
        let shortlist = best_floats(coarse, full);
        let refined = in_stages(&shortlist, (full_at_least, FULL_STRIDE), k, |some| {
            by_full_codes(snapshot, query, some, &scorings)
        });
        best_floats(refined, k.max(10))
    };
    // Beside, for a thread that has nothing else to do between the steps.
    let (mut best, deviation) = rayon::join(ranked, || background_deviation(snapshot, query));
    best.retain(|c| c.score > f32::NEG_INFINITY);
    let tenth = best.iter().take(10).next_back().map_or(0.0, |c| c.score);
    best.truncate(k);
    let found = best
        .into_iter()
        .map(|c| Found { segment: c.segment as usize, document: c.document as usize, score: c.score })
        .collect();
    (found, Background { tenth, deviation })
}

/// The candidates scored anew, in their order: the first `at_least`, then `stride` at a time as long as one of these comes among the `best`.
fn in_stages<S: Copy>(
    candidates: &[Candidate<S>],
    (at_least, stride): (usize, usize),
    best: usize,
    score: impl Fn(&[Candidate<S>]) -> Vec<Candidate<f32>>,
) -> Vec<Candidate<f32>> {
    // The first stride is looked at whatever comes before it: both are asked for at once.
    let (first, mut rest) = candidates.split_at((at_least + stride).min(candidates.len()));
    let mut scored = score(first);
    let mut seen = at_least.min(scored.len());
    while seen < scored.len() {
        let (before, last) = scored.split_at(seen);
        let mut scores: Vec<f32> = before.iter().map(|candidate| candidate.score).collect();
        // None may be asked for.
        let worst = best.min(scores.len()).checked_sub(1);
        let mark =
            worst.map_or(f32::NEG_INFINITY, |worst| *scores.select_nth_unstable_by(worst, |a, b| b.total_cmp(a)).1);
        if !last.iter().any(|candidate| candidate.score > mark) {
            break;
        }
        seen = scored.len();
        let (next, others) = rest.split_at(stride.min(rest.len()));
        scored.extend(score(next));
        rest = others;
    }
    scored
}

/// The best first; equal ones by segment and place.
fn by_score(mut candidates: Vec<Candidate<i32>>) -> Vec<Candidate<i32>> {
    candidates.sort_unstable_by_key(|candidate| (Reverse(candidate.score), candidate.segment, candidate.document));
    candidates
}

/// How far rough scores of documents vary that were not sought out.
fn background_deviation(snapshot: &Snapshot, query: &PreparedQuery<'_>) -> f32 {
    let count: usize = snapshot.segments.iter().map(|s| s.segment.len()).sum();
    let step = count.div_ceil(BACKGROUND).max(1);
    let chosen = snapshot.segments.iter().flat_map(|s| (0..s.segment.len()).step_by(step).map(|d| (&*s.segment, d)));
    let chosen: Vec<(&Segment, usize)> = chosen.collect();
    let score = |&(segment, document): &(&Segment, usize)| f64::from(rough_score(query, segment, document));
    let scores: Vec<f64> = chosen.par_iter().with_min_len(32).map(score).collect();
    let mean = scores.iter().sum::<f64>() / scores.len().max(1) as f64;
    let variance = scores.iter().map(|s| (s - mean).powi(2)).sum::<f64>() / scores.len().max(1) as f64;
    variance.sqrt() as f32 * query.rough_step()
}

/// A document's rough score with what its rows have in common.
fn rough_score(query: &PreparedQuery<'_>, segment: &Segment, document: usize) -> i32 {
    let common = segment.means(document, document + 1).map(|(means, steps)| query.rough_means(means, steps));
    let common = common.and_then(|c| c.first().copied()).unwrap_or(0);
    query.rough_score(segment.scan().centroids(document)) + common
}

/// All documents of the segments `among` by their rough scores.
fn scan(
    snapshot: &Snapshot,
    query: &PreparedQuery<'_>,
    keep: usize,
    wanted: &(dyn Fn(usize, usize) -> bool + Sync),
    among: &dyn Fn(&Segment) -> bool,
) -> Vec<Candidate<i32>> {
    const STRETCH: usize = 512;
    /// So many times as many as are kept are held before they are sifted.
    const SIFTED: usize = 8;
    let stretches: Vec<(usize, usize)> = snapshot
        .segments
        .iter()
        .enumerate()
        .filter(|(_, s)| among(&s.segment))
        .flat_map(|(number, s)| (0..s.segment.len()).step_by(STRETCH).map(move |from| (number, from)))
        .collect();
    let candidates = |(number, from): (usize, usize)| {
        let LiveSegment { segment, removed, .. } = &snapshot.segments[number];
        let rows = segment.scan();
        let to = segment.len().min(from + STRETCH);
        let common = segment.means(from, to).map(|(means, steps)| query.rough_means(means, steps));
        let common_of =
            move |document: usize| common.as_ref().and_then(|c| c.get(document - from)).copied().unwrap_or(0);
        (from..to).filter(move |&document| !removed.has(document) && wanted(number, document)).map(move |document| {
            let score = query.rough_score(rows.centroids(document)) + common_of(document);
            Candidate { score, segment: number as u32, document: document as u32 }
        })
    };
    // What one thread goes through is sifted there, so that little is left to be sifted at the end.
    let some = |mut kept: Vec<Candidate<i32>>, stretch| {
        kept.extend(candidates(stretch));
        if kept.len() > SIFTED * keep { best(kept, keep) } else { kept }
    };
    let found: Vec<Vec<Candidate<i32>>> =
        stretches.into_par_iter().fold(Vec::new, some).map(|kept| best(kept, keep)).collect();
    best(found.concat(), keep)
}

/// The documents on the lists of the centroids nearest to each query row; of segments without lists none.
fn listed(
    snapshot: &Snapshot,
    query: &PreparedQuery<'_>,
    keep: usize,
    lists: usize,
    wanted: &(dyn Fn(usize, usize) -> bool + Sync),
) -> Vec<Candidate<u32>> {
    let near: Vec<Vec<(u8, u32)>> = query
        .rough
        .iter()
        .enumerate()
        .flat_map(|(group, scores)| {
            let rows = (query.rows() - group * GROUP).min(GROUP);
            nearest_centroids(scores, rows, lists)
        })
        .collect();
    let found: Vec<Vec<Candidate<u32>>> = snapshot
        .segments
        .par_iter()
        .enumerate()
        .map(|(number, LiveSegment { segment, removed, .. })| {
            let Some(lists) = segment.lists() else { return Vec::new() };
            let mut sums = vec![0u32; segment.len()];
            let mut last_row = vec![u32::MAX; segment.len()];
            for (row, near) in (0u32..).zip(&near) {
                let floor = near.last().map_or(0, |l| l.0);
                for &(score, centroid) in near {
                    // One more, so that whoever is on a list stands above those who are on none.
                    let gain = u32::from(score - floor) + 1;
                    for document in lists.of(centroid as usize).as_chunks().0 {
                        let document = usize::from(u16::from_le_bytes(*document));
                        if let Some((last, sum)) = last_row.get_mut(document).zip(sums.get_mut(document))
                            && *last != row
                        {
                            *last = row;
                            *sum += gain;
                        }
                    }
                }
            }
            let candidates = sums
                .into_iter()
                .enumerate()
                .filter(|&(document, sum)| sum > 0 && !removed.has(document) && wanted(number, document))
                .map(|(document, score)| Candidate { score, segment: number as u32, document: document as u32 })
                .collect();
            best(candidates, keep)
        })
        .collect();
    best(found.concat(), keep)
}

/// For each of the first `rows` lanes the `count` centroids with the highest scores, highest first; a few more where scores are equal.
fn nearest_centroids(scores: &[[u8; GROUP]], rows: usize, count: usize) -> Vec<Vec<(u8, u32)>> {
    let mut counts = vec![[0u32; 256]; rows];
    for row in scores {
        for (counts, &score) in counts.iter_mut().zip(row) {
            counts[usize::from(score)] += 1;
        }
    }
    let mut least = [u8::MAX; GROUP];
    for (least, counts) in least.iter_mut().zip(&counts) {
        let mut above = 0;
        // A score of nothing is near nothing.
        *least = (1..=255u8)
            .rev()
            .find(|&score| {
                above += counts[usize::from(score)];
                above as usize >= count
            })
            .unwrap_or(1);
    }
    let mut near = vec![Vec::with_capacity(count * 2); rows];
    for (number, row) in (0u32..).zip(scores) {
        let any = row.iter().zip(&least).fold(false, |any, (score, least)| any | (score >= least));
        if any {
            for (near, (&score, &least)) in near.iter_mut().zip(row.iter().zip(&least)) {
                if score >= least {
                    near.push((score, number));
                }
            }
        }
    }
    near.iter_mut().for_each(|n| n.sort_unstable_by_key(|&(score, number)| (Reverse(score), number)));
    near
}

/// The candidates with their scores by coarse codes, in their order.
fn by_coarse_codes<S: Copy + Sync>(
    snapshot: &Snapshot,
    query: &PreparedQuery<'_>,
    candidates: &[Candidate<S>],
) -> Vec<Candidate<f32>> {
    let coded = |c: &Candidate<S>| snapshot.segments[c.segment as usize].segment.coded(c.document as usize);
    let some = |scoring: &mut Scoring, some: &[Candidate<S>]| {
        let mut next = some.first().and_then(coded);
        let one = |(number, c): (usize, &Candidate<S>)| {
            let rows = std::mem::replace(&mut next, some.get(number + 1).and_then(coded));
            // On their way while this document is scored.
            next.iter().for_each(CodedRows::fetch);
            let score = rows.map_or(f32::NEG_INFINITY, |rows| query.coarse_score(rows, scoring));
            Candidate { score, segment: c.segment, document: c.document }
        };
        some.iter().enumerate().map(one).collect::<Vec<_>>()
    };
    candidates.par_chunks(COARSE_TASK).map_init(Scoring::default, some).flatten_iter().collect()
}

/// The candidates with their scores by full codes, in their order; as many tasks as there are `scorings`.
fn by_full_codes(
    snapshot: &Snapshot,
    query: &PreparedQuery<'_>,
    candidates: &[Candidate<f32>],
    scorings: &[Mutex<Scoring>],
) -> Vec<Candidate<f32>> {
    let coded = |c: &Candidate<f32>| snapshot.segments[c.segment as usize].segment.coded(c.document as usize);
    let each = candidates.iter().enumerate();
    let mut whole: Vec<(usize, CodedRows<'_>)> = each.filter_map(|(place, c)| Some((place, coded(c)?))).collect();
    // A thread reads several at once, one after the other: the longest first, so that the last ones end together, and every thread has its share of them.
    whole.sort_by_key(|(_, rows)| Reverse(rows.len()));
    let tasks = scorings.len().min(whole.len().div_ceil(AT_ONCE)).max(1);
    let task = |number: usize| {
        let (places, rows): (Vec<usize>, Vec<_>) = whole.iter().skip(number).step_by(tasks).copied().unzip();
        let mut scoring = scorings[number].lock().unwrap_or_else(PoisonError::into_inner);
        places.into_iter().zip(query.full_scores(&rows, &mut scoring))
    };
    let scores: Vec<(usize, f32)> = (0..tasks).into_par_iter().flat_map_iter(task).collect();
    let mut scored: Vec<Candidate<f32>> =
        candidates.iter().map(|c| Candidate { score: f32::NEG_INFINITY, ..*c }).collect();
    scores.into_iter().for_each(|(place, score)| scored[place].score = score);
    scored
}

/// The `keep` best, in any order; of equal ones the first by segment and place.
fn best<S: Copy + Ord>(mut candidates: Vec<Candidate<S>>, keep: usize) -> Vec<Candidate<S>> {
    if keep < candidates.len() {
        candidates.select_nth_unstable_by_key(keep, |c| (Reverse(c.score), c.segment, c.document));
        candidates.truncate(keep);
    }
    candidates
}

fn best_floats(mut candidates: Vec<Candidate<f32>>, keep: usize) -> Vec<Candidate<f32>> {
    let order = |a: &Candidate<f32>, b: &Candidate<f32>| {
        b.score.total_cmp(&a.score).then_with(|| (a.segment, a.document).cmp(&(b.segment, b.document)))
    };
    if keep < candidates.len() {
        candidates.select_nth_unstable_by(keep, order);
        candidates.truncate(keep);
    }
    candidates.sort_unstable_by(order);
    candidates
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidates(scores: &[f32]) -> Vec<Candidate<f32>> {
        let of = |(document, &score): (usize, &f32)| Candidate { score, segment: 0, document: document as u32 };
        scores.iter().enumerate().map(of).collect()
    }

    #[test]
    fn stages_go_on_as_long_as_one_comes_among_the_best() {
        let all = candidates(&[5.0, 4.0, 3.0, 6.0, 1.0, 2.0, 9.0]);
        let looked_at = |first, best| in_stages(&all, (first, 2), best, <[_]>::to_vec).len();
        // The fourth is better than the best two of the first two, the next two are not.
        assert_eq!(looked_at(2, 2), 6);
        assert_eq!(looked_at(2, 1), 6);
        assert_eq!(looked_at(1, 1), 3);
        assert_eq!(looked_at(9, 2), 7);
    }

    #[test]
    fn stages_of_damaged_documents_end_after_the_first_ones() {
        let all = candidates(&[f32::NEG_INFINITY; 5]);
        assert_eq!(in_stages(&all, (1, 1), 2, <[_]>::to_vec).len(), 2);
        assert!(in_stages(&candidates(&[]), (1, 1), 2, <[_]>::to_vec).is_empty());
    }
}
