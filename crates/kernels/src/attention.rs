//! Attention whose memory does not grow with the square of the length.
//!
//! Queries are taken in tiles, keys in blocks. A tile keeps for each of its rows the largest score so far, the sum of exponentials relative to it and the
//! weighted sum of values, and rescales them when a larger score turns up ("Self-attention Does Not Need O(n²) Memory", Rabe and Staats 2021;
//! "FlashAttention", Dao and others 2022). Both products of a tile with a block are matrix products. Where several query heads share a key head, the rows
//! of all of them make one tile, so that even a lone token has a matrix to multiply.

#![allow(unsafe_code)]

use half::{f16, slice::HalfFloatSliceExt};

use crate::{
    KernelError, Pool,
    dense::{Strided, product},
    error::expect_length,
    pointwise::{exp, exponentials, largest_of},
    pool::Disjoint,
};

/// Rows of a tile, about.
const TILE_ROWS: usize = 64;
/// Keys of a block. A tile of scores is 32 kB then and stays near the processor.
const BLOCK_KEYS: usize = 128;

/// Keys or values as they are kept, `[positions, key_heads, d]`.
#[derive(Clone, Copy)]
pub enum Stored<'a> {
    /// Full precision.
    F32(&'a [f32]),
    /// Half the memory; scores lose about three digits after the point.
    F16(&'a [f16]),
}

impl Stored<'_> {
    fn len(&self) -> usize {
        match self {
            Self::F32(values) => values.len(),
            Self::F16(values) => values.len(),
        }
    }
}

/// The sizes of an attention.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AttentionShape {
    /// Query heads; a multiple of `key_heads`. Heads i·heads/key_heads and following share key head i.
    pub heads: usize,
    /// Heads of keys and values.
    pub key_heads: usize,
    /// Width of a head.
    pub d: usize,
    /// What scores are multiplied by, 1/√d as a rule.
    pub scale: f32,
}

impl AttentionShape {
    fn check(&self) -> Result<(), KernelError> {
        let sound = self.key_heads > 0 && self.heads > 0 && self.d > 0 && self.heads.is_multiple_of(self.key_heads);
        if sound && self.heads.checked_mul(self.d).is_some() {
            return Ok(());
        }
        Err(KernelError::Size {
            what: "the heads of an attention",
            found: format!("{} of width {} over {} key heads", self.heads, self.d, self.key_heads),
            expected: "a multiple of the key heads, none of them zero",
        })
    }
}

/// Attention of tokens to themselves and to what came before.
///
/// `queries` and `output` are `[tokens, heads, d]`; `keys` and `values` hold the positions up to the last token: token t is position
/// `first + t` and sees positions 0 to `first + t`. What lies behind `first + tokens` positions is not read.
#[allow(clippy::too_many_arguments, reason = "three tensors, their shape, where they stand")]
pub fn causal_attention(
    queries: &[f32],
    keys: Stored,
    values: Stored,
    shape: &AttentionShape,
    first: usize,
    output: &mut [f32],
    pool: &Pool,
) -> Result<(), KernelError> {
    shape.check()?;
    let width = shape.heads * shape.d;
    let tokens = queries.len() / width;
    expect_length("the queries of an attention", tokens.checked_mul(width), queries.len())?;
    expect_length("the output of an attention", Some(queries.len()), output.len())?;
    let needed = first.checked_add(tokens).and_then(|positions| positions.checked_mul(shape.key_heads * shape.d));
    for (what, found) in [("the keys of an attention", keys.len()), ("the values of an attention", values.len())] {
        if needed.is_none_or(|needed| needed > found) {
            expect_length(what, needed, found)?;
        }
    }
    let group = shape.heads / shape.key_heads;
    let tile = (TILE_ROWS / group).max(1);
    let tiles = tokens.div_ceil(tile);
    let output = Disjoint::new(output);
    pool.run(tiles * shape.key_heads, &|item| {
        // The last tiles see most keys: they go first, so that no long item is left for the end.
        let (number, key_head) = (tiles - 1 - item / shape.key_heads, item % shape.key_heads);
        let tokens = number * tile..tokens.min((number + 1) * tile);
        let end = first + tokens.end;
        let task = Tile { queries, keys, values, shape, key_head, tokens, range: 0..end, first: Some(first) };
        task.run(&output);
    });
    Ok(())
}

/// Attention within segments, without order: each token sees its segment and nothing else.
///
/// All of `queries`, `keys`, `values` and `output` are `[tokens, heads, d]`, keys and values with `key_heads`. `bounds` are the segments' ends: it
/// rises from 0 to `tokens`, as the cumulative lengths of a vision tower's windows or images do.
pub fn segment_attention(
    queries: &[f32],
    keys: &[f32],
    values: &[f32],
    shape: &AttentionShape,
    bounds: &[usize],
    output: &mut [f32],
    pool: &Pool,
) -> Result<(), KernelError> {
    shape.check()?;
    let width = shape.heads * shape.d;
    let tokens = queries.len() / width;
    expect_length("the queries of an attention", tokens.checked_mul(width), queries.len())?;
    expect_length("the output of an attention", Some(queries.len()), output.len())?;
    expect_length("the keys of an attention", Some(tokens * shape.key_heads * shape.d), keys.len())?;
    expect_length("the values of an attention", Some(tokens * shape.key_heads * shape.d), values.len())?;
    if bounds.first() != Some(&0) || bounds.last() != Some(&tokens) || !bounds.is_sorted() {
        return Err(KernelError::Size {
            what: "the bounds of an attention's segments",
            found: format!("{:?}", &bounds[..bounds.len().min(8)]),
            expected: "they rise from 0 to the number of tokens",
        });
    }
    let tile = (TILE_ROWS * shape.key_heads / shape.heads).max(1);
    let mut tiles = Vec::new();
    for segment in bounds.windows(2) {
        for start in (segment[0]..segment[1]).step_by(tile) {
            tiles.push((start..segment[1].min(start + tile), segment[0]..segment[1]));
        }
    }
    let output = Disjoint::new(output);
    pool.run(tiles.len() * shape.key_heads, &|item| {
        // One key head's tiles follow each other: they read the same keys.
        let (key_head, (tokens, range)) = (item / tiles.len(), tiles[item % tiles.len()].clone());
        let (keys, values) = (Stored::F32(keys), Stored::F32(values));
        Tile { queries, keys, values, shape, key_head, tokens, range, first: None }.run(&output);
    });
    Ok(())
}

/// Some tokens' queries of the heads that share one key head, with the keys that they may see.
struct Tile<'a> {
    queries: &'a [f32],
    keys: Stored<'a>,
    values: Stored<'a>,
    shape: &'a AttentionShape,
    key_head: usize,
    tokens: std::ops::Range<usize>,
    /// The positions of keys.
    range: std::ops::Range<usize>,
    /// In causal attention the position of token 0.
    first: Option<usize>,
}

impl Tile<'_> {
    fn run(&self, output: &Disjoint<f32>) {
        let d = self.shape.d;
        let group = self.shape.heads / self.shape.key_heads;
        let rows = self.tokens.len() * group;
        let at = |row: usize| {
            let token = self.tokens.start + row / group;
            (token * self.shape.heads + self.key_head * group + row % group) * d
        };
        let mut queries = vec![0f32; rows * d];
        for (row, scaled) in queries.chunks_exact_mut(d).enumerate() {
            for (scaled, query) in scaled.iter_mut().zip(&self.queries[at(row)..at(row) + d]) {
                *scaled = query * self.shape.scale;
            }
        }
        let mut scores = vec![0f32; rows * BLOCK_KEYS];
        let mut sums = vec![0f32; rows * d];
        let mut state = vec![(f32::NEG_INFINITY, 0f32); rows];
        let mut widened = Vec::new();
        for start in self.range.clone().step_by(BLOCK_KEYS) {
            let count = BLOCK_KEYS.min(self.range.end - start);
            let keys = self.block(self.keys, start, count, &mut widened);
            let queries = Strided { start: queries.as_ptr(), row: d, column: 1 };
            let keys = Strided { start: keys.start, row: keys.column, column: keys.row };
            // SAFETY: `queries` holds rows x d, the block count x d, `scores` rows of BLOCK_KEYS ≥ count; all but the block are our own.
            unsafe { product(queries, keys, (rows, d, count), scores.as_mut_ptr(), BLOCK_KEYS, false) };
            for (row, (most, total)) in state.iter_mut().enumerate() {
                let scores = &mut scores[row * BLOCK_KEYS..][..count];
                if let Some(first) = self.first {
                    let seen = (first + self.tokens.start + row / group + 1).saturating_sub(start);
                    if seen < count {
                        scores[seen..].fill(f32::NEG_INFINITY);
                    }
                }
                let larger = largest_of(scores).max(*most);
                if larger > *most {
                    let factor = if *most == f32::NEG_INFINITY { 0.0 } else { exp(*most - larger) };
                    *total *= factor;
                    for sum in &mut sums[row * d..(row + 1) * d] {
                        *sum *= factor;
                    }
                    *most = larger;
                }
                *total += exponentials(scores, *most);
            }
            let values = self.block(self.values, start, count, &mut widened);
            let scores = Strided { start: scores.as_ptr(), row: BLOCK_KEYS, column: 1 };
            // SAFETY: as above, `sums` holds rows x d.
            unsafe { product(scores, values, (rows, count, d), sums.as_mut_ptr(), d, true) };
        }
        for (row, sums) in sums.chunks_exact(d).enumerate() {
            // SAFETY: no other item has these tokens and heads.
            let output = unsafe { output.part(at(row), d) };
            let factor = 1.0 / state[row].1;
            for (output, sum) in output.iter_mut().zip(sums) {
                *output = sum * factor;
            }
        }
    }

    /// `count` positions of our key head as a matrix `[count, d]`, widened to f32 in `room` where need be.
    fn block(&self, stored: Stored, start: usize, count: usize, room: &mut Vec<f32>) -> Strided {
        let (d, stride) = (self.shape.d, self.shape.key_heads * self.shape.d);
        let span = start * stride + self.key_head * d..(start + count - 1) * stride + (self.key_head + 1) * d;
        match stored {
            Stored::F32(values) => Strided { start: values[span].as_ptr(), row: stride, column: 1 },
            Stored::F16(values) => {
                room.resize(count * d, 0.0);
                for (wide, values) in room.chunks_exact_mut(d).zip(values[span].chunks(stride)) {
                    values[..d].convert_to_f32_slice(wide);
                }
                Strided { start: room.as_ptr(), row: d, column: 1 }
            }
        }
    }
}

#[cfg(test)]
mod tests;
