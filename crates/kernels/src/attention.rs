//! Attention in one pass over the keys, whose memory does not grow with the square of the length.
//!
//! A tile of query rows meets one block of keys after the other. It keeps for each of its rows the largest score so far, the sum of exponentials relative to
//! it and the weighted sum of values, and rescales them when a larger score turns up ("Online normalizer calculation for softmax", Milakov and Gimelshein 2018;
//! "FlashAttention", Dao and others 2022). Keys and values of a block are laid out as panels once for the whole tile, and both products are those of a few rows with a panel.
//! Where several query heads share a key head, the rows of all of them make one tile, so that even a lone token has a matrix to multiply.

#![allow(unsafe_code)]

use std::ops::Range;

use crate::{
    KernelError, Pool,
    error::expect_length,
    panel::{self, COLUMNS},
    pointwise::{exp, exponentials, largest_of},
    pool::Disjoint,
};

/// Rows of a tile, about: so many that laying out keys and values costs little beside multiplying them.
const TILE_ROWS: usize = 192;
/// Keys of a block. Scores, keys and values of a tile stay in a second-level cache then.
const BLOCK_KEYS: usize = 256;

/// Rows of heads somewhere in a slice: the numbers of a head lie together, rows and heads at any distance.
#[derive(Debug, Clone, Copy)]
pub struct HeadRows<'a> {
    /// Where they lie.
    pub numbers: &'a [f32],
    /// From a row to the next.
    pub row: usize,
    /// From a head to the next.
    pub head: usize,
}

impl<'a> HeadRows<'a> {
    pub(crate) fn of(&self, row: usize, head: usize, d: usize) -> &'a [f32] {
        &self.numbers[row * self.row + head * self.head..][..d]
    }

    /// Whether `rows` rows of `heads` heads of width `d` lie within the slice.
    pub(crate) fn holds(&self, rows: usize, heads: usize, d: usize) -> bool {
        if rows == 0 || heads == 0 {
            return true;
        }
        let last = (rows - 1).checked_mul(self.row).zip((heads - 1).checked_mul(self.head));
        let end = last.and_then(|(row, head)| row.checked_add(head)?.checked_add(d));
        end.is_some_and(|end| end <= self.numbers.len())
    }
}

/// Rows of queries and the rows of keys that they attend to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// Rows of queries.
    pub queries: Range<usize>,
    /// Rows of keys and values.
    pub keys: Range<usize>,
    /// Whether a query sees only the keys up to its own place; the last query's place is the last key's.
    pub causal: bool,
    /// Of the keys that a query sees, only so many of the last ones (Beltagy and others, arXiv 2004.05150); all of them where there is no window.
    pub window: Option<usize>,
}

/// The sizes of an attention.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AttentionShape {
    /// Rows of queries.
    pub rows: usize,
    /// Rows of keys and values.
    pub places: usize,
    /// Query heads; a multiple of `key_heads`. Heads i·heads/key_heads and following share key head i.
    pub heads: usize,
    /// Heads of keys and values.
    pub key_heads: usize,
    /// Width of a head.
    pub d: usize,
}

/// softmax(queries · keysᵀ / √d) · values, span by span.
///
/// `output` is `[rows, heads, d]`; rows outside of all spans stay as they are. Spans have to be in the order of their queries, which must not overlap.
pub fn attention(
    shape: &AttentionShape,
    queries: HeadRows,
    keys: HeadRows,
    values: HeadRows,
    spans: &[Span],
    output: &mut [f32],
    pool: &Pool,
) -> Result<(), KernelError> {
    let AttentionShape { rows, heads, key_heads, d, .. } = *shape;
    shape.check(&queries, &keys, &values, spans)?;
    let wanted = rows.checked_mul(heads).and_then(|count| count.checked_mul(d));
    expect_length("the output of an attention", wanted, output.len())?;
    let group = heads / key_heads;
    let tile = (TILE_ROWS / group).max(1);
    let output = Disjoint::new(output);
    let mut tiles = Vec::new();
    for span in spans {
        for key_head in 0..key_heads {
            for first in span.queries.clone().step_by(tile) {
                let tokens = first..span.queries.end.min(first + tile);
                tiles.push(Tile { shape, queries, keys, values, span, key_head, group, tokens });
            }
        }
    }
    // The longest first, so that no thread is left with a long one at the end.
    tiles.sort_by_key(|tile| std::cmp::Reverse(tile.tokens.len() * tile.seen(tile.tokens.end - 1)));
    pool.run(tiles.len(), &|item| tiles[item].run(&output));
    Ok(())
}

impl AttentionShape {
    fn check(&self, queries: &HeadRows, keys: &HeadRows, values: &HeadRows, spans: &[Span]) -> Result<(), KernelError> {
        let Self { rows, places, heads, key_heads, d } = *self;
        if key_heads == 0 || heads == 0 || d == 0 || !heads.is_multiple_of(key_heads) {
            return Err(KernelError::Size {
                what: "the heads of an attention",
                found: format!("{heads} of width {d} over {key_heads} key heads"),
                expected: "a multiple of the key heads, none of them zero",
            });
        }
        for (what, found, rows, heads) in [
            ("the queries of an attention", queries, rows, heads),
            ("the keys of an attention", keys, places, key_heads),
            ("the values of an attention", values, places, key_heads),
        ] {
            if !found.holds(rows, heads, d) {
                return Err(KernelError::Size {
                    what,
                    found: format!("{} numbers", found.numbers.len()),
                    expected: "they have to be as many as rows, heads and the ways between them ask for",
                });
            }
        }
        let mut done = 0;
        for span in spans {
            let sound = done <= span.queries.start
                && span.queries.start <= span.queries.end
                && span.queries.end <= rows
                && span.keys.start < span.keys.end
                && span.keys.end <= places
                && (!span.causal || span.queries.len() <= span.keys.len())
                && span.window != Some(0);
            if !sound {
                return Err(KernelError::Size {
                    what: "a span of an attention",
                    found: format!("{span:?} over {rows} queries and {places} keys"),
                    expected: "it lies within both, behind the span before it, and has keys for all its queries",
                });
            }
            done = span.queries.end;
        }
        Ok(())
    }
}

/// Some tokens' queries of the heads that share one key head.
struct Tile<'a> {
    shape: &'a AttentionShape,
    queries: HeadRows<'a>,
    keys: HeadRows<'a>,
    values: HeadRows<'a>,
    span: &'a Span,
    key_head: usize,
    /// Query heads of the key head.
    group: usize,
    tokens: Range<usize>,
}

impl Tile<'_> {
    /// How many keys of the span stand before the end of what a token sees.
    fn seen(&self, token: usize) -> usize {
        let Span { queries, keys, causal, .. } = self.span;
        if *causal { keys.len() - (queries.end - 1 - token) } else { keys.len() }
    }

    /// How many keys of the span stand before the first that a token sees.
    fn unseen(&self, token: usize) -> usize {
        self.span.window.map_or(0, |window| self.seen(token).saturating_sub(window))
    }

    fn run(&self, output: &Disjoint<f32>) {
        let d = self.shape.d;
        let rows = self.tokens.len() * self.group;
        let wide = d.next_multiple_of(COLUMNS);
        let block = BLOCK_KEYS.min(self.span.keys.len().next_multiple_of(COLUMNS));
        let token_of = |row: usize| self.tokens.start + row / self.group;
        let head_of = |row: usize| self.key_head * self.group + row % self.group;
        let scale = (d as f32).sqrt().recip();
        let mut queries = vec![0f32; rows * d];
        for (row, scaled) in queries.chunks_exact_mut(d).enumerate() {
            for (scaled, query) in scaled.iter_mut().zip(self.queries.of(token_of(row), head_of(row), d)) {
                *scaled = query * scale;
            }
        }
        let mut scores = vec![0f32; rows * block];
        let mut sums = vec![0f32; rows * wide];
        let mut state = vec![(f32::NEG_INFINITY, 0f32); rows];
        let mut key_panels = vec![0f32; block * d];
        let mut value_panels = vec![0f32; block * wide];
        let strips = |rows: usize| (0..rows).step_by(panel::ROWS).map(move |top| top..rows.min(top + panel::ROWS));
        for start in (self.unseen(self.tokens.start)..self.seen(self.tokens.end - 1)).step_by(block) {
            let count = block.min(self.span.keys.len() - start);
            // The keys of the block that a row sees: up to the first, from the second on.
            let reach = |row: usize| self.seen(token_of(row)).saturating_sub(start).min(count);
            let from = |row: usize| self.unseen(token_of(row)).saturating_sub(start).min(count);
            self.lay_out_keys(start, count, &mut key_panels);
            for (number, panel) in key_panels.chunks_exact(COLUMNS * d).take(count.div_ceil(COLUMNS)).enumerate() {
                for strip in strips(rows).filter(|strip| reach(strip.end - 1) > number * COLUMNS) {
                    let to = &mut scores[strip.start * block + number * COLUMNS..];
                    panel::product(strip.len(), d, &queries[strip.start * d..], d, panel, to, block, false);
                }
            }
            for (row, (most, total)) in state.iter_mut().enumerate() {
                let (seen, later) = scores[row * block..][..count].split_at_mut(reach(row));
                let (earlier, seen) = seen.split_at_mut(from(row).min(seen.len()));
                later.fill(0.0);
                earlier.fill(0.0);
                if !seen.is_empty() {
                    weigh(seen, &mut sums[row * wide..][..d], most, total);
                }
            }
            self.lay_out_values(start, count, block, &mut value_panels);
            for (number, panel) in value_panels.chunks_exact(COLUMNS * block).enumerate() {
                for strip in strips(rows) {
                    let inner = reach(strip.end - 1);
                    if inner > 0 {
                        let to = &mut sums[strip.start * wide + number * COLUMNS..];
                        let weights = &scores[strip.start * block..];
                        panel::product(strip.len(), inner, weights, block, panel, to, wide, true);
                    }
                }
            }
        }
        for (row, sums) in sums.chunks_exact(wide).enumerate() {
            let at = (token_of(row) * self.shape.heads + head_of(row)) * d;
            // SAFETY: spans don't overlap, so no other tile has these tokens and heads.
            let output = unsafe { output.part(at, d) };
            let factor = 1.0 / state[row].1;
            for (output, sum) in output.iter_mut().zip(sums) {
                *output = sum * factor;
            }
        }
    }

    /// `count` keys from `start` of the span on as panels `[d, 16]`; columns behind the last key are nought.
    fn lay_out_keys(&self, start: usize, count: usize, panels: &mut [f32]) {
        let d = self.shape.d;
        if !count.is_multiple_of(COLUMNS) {
            panels[count / COLUMNS * COLUMNS * d..][..COLUMNS * d].fill(0.0);
        }
        for key in 0..count {
            let numbers = self.keys.of(self.span.keys.start + start + key, self.key_head, d);
            let panel = &mut panels[key / COLUMNS * COLUMNS * d..][..COLUMNS * d];
            for (row, number) in panel.chunks_exact_mut(COLUMNS).zip(numbers) {
                row[key % COLUMNS] = *number;
            }
        }
    }

    /// `count` values from `start` of the span on as panels `[block, 16]`; what lies behind the width stays nought.
    fn lay_out_values(&self, start: usize, count: usize, block: usize, panels: &mut [f32]) {
        let d = self.shape.d;
        for key in 0..count {
            let value = self.values.of(self.span.keys.start + start + key, self.key_head, d);
            for (panel, value) in panels.chunks_exact_mut(COLUMNS * block).zip(value.chunks(COLUMNS)) {
                panel[key * COLUMNS..][..value.len()].copy_from_slice(value);
            }
        }
    }
}

/// Turns one row's scores into weights relative to the largest score so far, and brings what was summed before to the same footing.
fn weigh(scores: &mut [f32], sums: &mut [f32], most: &mut f32, total: &mut f32) {
    let larger = largest_of(scores).max(*most);
    if larger > *most {
        let factor = if *most == f32::NEG_INFINITY { 0.0 } else { exp(*most - larger) };
        *total *= factor;
        sums.iter_mut().for_each(|sum| *sum *= factor);
        *most = larger;
    }
    *total += exponentials(scores, *most);
}

#[cfg(test)]
mod tests;
