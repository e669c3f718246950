//! Attention in one pass over the keys (Milakov and Gimelshein, arXiv 1805.02867; Dao et al., arXiv 2205.14135): a block of
//! queries meets one block of keys after the other and carries the largest logit, the sum and the mixed values along, so that
//! memory does not grow with the prompt. f32 on the CPU; the products are the `gemm` crate's, on the heads where they lie.
#![allow(unsafe_code)]

use rayon::prelude::*;

use super::Span;
use crate::qwen::numerics::exp;
use crate::qwen::product::{Product, product};

/// Queries of a block.
const QUERIES: usize = 128;

/// Keys of a block: with the queries' block as many logits as fit beside the keys into a second-level cache.
const KEYS: usize = 256;

#[derive(Clone, Copy)]
pub(super) struct Shape {
    pub(super) rows: usize,
    pub(super) heads: usize,
    pub(super) key_heads: usize,
    pub(super) head: usize,
}

/// Rows of heads somewhere in a slice; a head's numbers lie together.
#[derive(Clone, Copy)]
pub(super) struct Heads<'a> {
    pub(super) numbers: &'a [f32],
    /// From a row to the next.
    pub(super) row: usize,
    /// From a head to the next.
    pub(super) head: usize,
}

/// A block of queries of one key head.
struct Task<'a> {
    span: &'a Span,
    key_head: usize,
    /// Where the first query lies among the queries, and the first result among the results.
    from: usize,
    to: usize,
    /// From a query to the next there and here.
    from_stride: usize,
    to_stride: usize,
    queries: usize,
    /// How many keys of the span the first query sees.
    seen: usize,
}

/// `[rows, heads * head]`, see [`super::attend`], which has checked the spans.
pub(super) fn attend(
    shape: Shape,
    queries: Heads,
    keys: Heads,
    values: Heads,
    spans: &[Span],
) -> candle_core::Result<Vec<f32>> {
    let Shape { rows, heads, key_heads, head } = shape;
    let group = heads / key_heads;
    let width = heads * head;
    let mut tasks = Vec::new();
    let mut done = 0;
    for span in spans.iter().filter(|span| !span.queries.is_empty()) {
        if span.queries.start < done {
            candle_core::bail!("the span {span:?} begins before the last one ends");
        }
        done = span.queries.end;
        if span.queries.len() == 1 {
            // A token that is being decoded: the query heads of a key head make up the block.
            let row = span.queries.start;
            tasks.extend((0..key_heads).map(|key_head| Task {
                span,
                key_head,
                from: row * queries.row + key_head * group * queries.head,
                to: row * width + key_head * group * head,
                from_stride: queries.head,
                to_stride: head,
                queries: group,
                seen: span.keys.len(),
            }));
            continue;
        }
        for at in 0..heads {
            tasks.extend(span.queries.clone().step_by(QUERIES).map(|first| Task {
                span,
                key_head: at / group,
                from: first * queries.row + at * queries.head,
                to: first * width + at * head,
                from_stride: queries.row,
                to_stride: width,
                queries: QUERIES.min(span.queries.end - first),
                seen: if span.causal {
                    span.keys.len() - span.queries.len() + (first - span.queries.start) + 1
                } else {
                    span.keys.len()
                },
            }));
        }
    }
    // The longest first, so that no thread is left with a long one at the end.
    tasks.sort_by_key(|task| std::cmp::Reverse(task.seen));
    let mut mixed = vec![0f32; rows * width];
    let target = Target { start: mixed.as_mut_ptr(), length: mixed.len() };
    tasks.into_par_iter().for_each_init(Scratch::default, |scratch, task| {
        mix(scratch, &task, head, queries, keys, values);
        let total = &scratch.total;
        for (query, mixed) in scratch.mixed.chunks_exact(head).take(task.queries).enumerate() {
            let scale = 1.0 / total[query];
            // SAFETY: spans do not overlap, so each (row, head) belongs to one task alone.
            let to = unsafe { target.part(task.to + query * task.to_stride, head) };
            to.iter_mut().zip(mixed).for_each(|(to, mixed)| *to = mixed * scale);
        }
    });
    Ok(mixed)
}

/// The results, written to by several threads in parts that do not overlap.
struct Target {
    start: *mut f32,
    length: usize,
}

// SAFETY: a target is only a place to write to; `part` asks its callers to keep their parts apart.
unsafe impl Sync for Target {}

impl Target {
    /// # Safety
    /// While the part is used, no other may overlap it, and the vector behind must live.
    #[allow(clippy::mut_from_ref)]
    unsafe fn part(&self, from: usize, length: usize) -> &mut [f32] {
        assert!(from.checked_add(length).is_some_and(|end| end <= self.length));
        // SAFETY: within the vector, as was just checked; the caller keeps parts apart.
        unsafe { std::slice::from_raw_parts_mut(self.start.add(from), length) }
    }
}

/// What a thread keeps between tasks.
#[derive(Default)]
struct Scratch {
    /// `[queries, KEYS]`.
    logits: Vec<f32>,
    /// `[queries, head]`.
    mixed: Vec<f32>,
    largest: Vec<f32>,
    total: Vec<f32>,
}

fn mix(scratch: &mut Scratch, task: &Task, head: usize, queries: Heads, keys: Heads, values: Heads) {
    let Scratch { logits, mixed, largest, total } = scratch;
    let count = task.queries;
    logits.resize(count * KEYS, 0.0);
    mixed.clear();
    mixed.resize(count * head, 0.0);
    largest.clear();
    largest.resize(count, f32::NEG_INFINITY);
    total.clear();
    total.resize(count, 0.0);
    let scale = (head as f32).sqrt().recip();
    // A lone query's heads all see the same keys.
    let steps = usize::from(task.span.causal && task.span.queries.len() > 1);
    let most = (task.seen + steps * (count - 1)).min(task.span.keys.len());
    let arch = pulp::Arch::new();
    for first in (0..most).step_by(KEYS) {
        let here = KEYS.min(most - first);
        let at = task.span.keys.start + first;
        let (keys_at, values_at) =
            (task.key_head * keys.head + at * keys.row, task.key_head * values.head + at * values.row);
        product(Product {
            size: (count, here, head),
            to: (logits, KEYS, false),
            left: (&queries.numbers[task.from..], task.from_stride),
            right: (&keys.numbers[keys_at..], 1, keys.row),
            scale,
            threads: 1,
        });
        arch.dispatch(|| {
            for query in 0..count {
                let seen = (task.seen + steps * query).saturating_sub(first).min(here);
                let logits = &mut logits[query * KEYS..][..here];
                let mixed = &mut mixed[query * head..][..head];
                weigh(logits, seen, mixed, &mut largest[query], &mut total[query]);
            }
        });
        product(Product {
            size: (count, head, here),
            to: (mixed, head, true),
            left: (logits, KEYS),
            right: (&values.numbers[values_at..], values.row, 1),
            scale: 1.0,
            threads: 1,
        });
    }
}

/// Turns one query's logits into weights against the largest logit so far, and brings what was mixed before to the same
/// footing.
#[inline(always)]
fn weigh(logits: &mut [f32], seen: usize, mixed: &mut [f32], largest: &mut f32, total: &mut f32) {
    let (seen, unseen) = logits.split_at_mut(seen);
    unseen.fill(0.0);
    if seen.is_empty() {
        return;
    }
    let mut strands = [*largest; 16];
    let whole = seen.chunks_exact(16);
    for &logit in whole.remainder() {
        strands[0] = if logit > strands[0] { logit } else { strands[0] };
    }
    for chunk in whole {
        for (strand, &logit) in strands.iter_mut().zip(chunk) {
            *strand = if logit > *strand { logit } else { *strand };
        }
    }
    let top = strands.into_iter().fold(f32::NEG_INFINITY, f32::max);
    if top > *largest {
        let earlier = if *largest == f32::NEG_INFINITY { 0.0 } else { exp(*largest - top) };
        mixed.iter_mut().for_each(|mixed| *mixed *= earlier);
        *total *= earlier;
        *largest = top;
    }
    let mut sums = [0f32; 16];
    let mut whole = seen.chunks_exact_mut(16);
    for chunk in &mut whole {
        for (sum, logit) in sums.iter_mut().zip(chunk) {
            *logit = exp(*logit - top);
            *sum += *logit;
        }
    }
    for logit in whole.into_remainder() {
        *logit = exp(*logit - top);
        *total += *logit;
    }
    *total += sums.iter().sum::<f32>();
}
