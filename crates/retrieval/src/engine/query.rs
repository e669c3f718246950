//! A query made ready: what it scores with every centroid, and its rows as bytes for the codes of either depth.

use rayon::prelude::*;

use super::segment::CodedRows;
use crate::MultiVector;
use crate::codebook::{Codebook, Decoding, decode, product_into};
use crate::kernels::{Instructions, LANES, Table, products};

/// Query rows whose rough scores stand together.
pub(crate) const GROUP: usize = 32;
/// Centroids that one thread takes at a time.
const CENTROIDS_A_TASK: usize = 1024;

/// What an empty document scores a query row: the lowest cosine, so that it never stands above one that has rows.
const NO_MATCH: f32 = -1.0;

/// How deep the codes are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Depth {
    Coarse,
    Full,
}

/// A query for one codebook.
pub(crate) struct PreparedQuery {
    rows: usize,
    weights: f32,
    lanes: usize,
    padded: usize,
    /// `[centroids, lanes]`: the products of all query rows with each centroid.
    centroid_scores: Vec<f32>,
    /// The same in single bytes, `[groups][centroids][32]`, for rough sums.
    pub(crate) rough: Vec<Vec<[u8; GROUP]>>,
    coarse: CodeTable,
    full: CodeTable,
}

/// A query's rows as bytes, for codes of one depth.
struct CodeTable {
    blocks: Vec<Decoding>,
    table: Table,
    /// What a product of bytes is worth, for each lane.
    scales: Vec<f32>,
}

/// Memory that scoring uses again.
#[derive(Default)]
pub(crate) struct Scoring {
    bytes: Vec<u8>,
    sums: Vec<i32>,
    maxima: Vec<f32>,
}

impl PreparedQuery {
    /// `query` must have rows of the codebook's width, `weights` be none or as many and not negative: a weighted row's best match is the same,
    /// and counts as much more or less.
    pub(crate) fn new(query: &MultiVector, weights: Option<&[f32]>, book: &Codebook) -> Self {
        let padded = book.padded();
        let mut rotated = book.rotate(query.values());
        if let Some(weights) = weights {
            for (row, weight) in rotated.chunks_exact_mut(padded).zip(weights) {
                row.iter_mut().for_each(|v| *v *= weight);
            }
        }
        let rows = query.len();
        let lanes = rows.next_multiple_of(LANES);
        let mut filled = rotated.clone();
        filled.resize(lanes * padded, 0.0);
        let mut centroid_scores = vec![0.0f32; book.centroid_count() * lanes];
        if lanes > 0 {
            centroid_scores
                .par_chunks_mut(CENTROIDS_A_TASK * lanes)
                .zip(book.centroid_values().par_chunks(CENTROIDS_A_TASK * padded))
                .for_each(|(out, centroids)| product_into(centroids, &filled, padded, out));
        }
        let table = |(blocks, steps): (Vec<Decoding>, Vec<f32>)| CodeTable::new(&rotated, &steps, padded, blocks);
        Self {
            rows,
            weights: weights.map_or(rows as f32, |w| w.iter().sum()),
            lanes,
            padded,
            rough: rough(&centroid_scores, lanes, rows),
            centroid_scores,
            coarse: table(book.coarse_decoding()),
            full: table(book.full_decoding()),
        }
    }

    /// The sum of the rows' weights; their number where there are none.
    pub(crate) fn weight(&self) -> f32 {
        self.weights
    }

    /// How many query rows there are.
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// A rough MaxSim: each row stands for its centroid. Only good to compare with its like.
    #[inline]
    pub(crate) fn rough_score(&self, centroids: &[u8]) -> u32 {
        let mut sum = 0;
        for group in &self.rough {
            let last = group.len() - 1;
            let mut maxima = [0u8; GROUP];
            for number in centroids.as_chunks().0 {
                let scores = &group[usize::from(u16::from_le_bytes(*number)).min(last)];
                for (held, &score) in maxima.iter_mut().zip(scores) {
                    *held = (*held).max(score);
                }
            }
            sum += maxima.iter().map(|&m| u32::from(m)).sum::<u32>();
        }
        sum
    }

    /// MaxSim with the rows that the codes stand for.
    pub(crate) fn score(&self, rows: CodedRows<'_>, depth: Depth, scoring: &mut Scoring) -> f32 {
        if self.rows == 0 {
            return 0.0;
        }
        let count = rows.len();
        if count == 0 {
            return NO_MATCH * self.weights;
        }
        let table = if depth == Depth::Coarse { &self.coarse } else { &self.full };
        let (coarse, fine) = (rows.coarse.len() / count, rows.fine.len() / count);
        let Scoring { bytes, sums, maxima } = scoring;
        bytes.resize(count * self.padded, 0);
        for (row, out) in bytes.chunks_exact_mut(self.padded).enumerate() {
            let fine = if depth == Depth::Coarse { &[] } else { &rows.fine[row * fine..(row + 1) * fine] };
            decode(&table.blocks, &rows.coarse[row * coarse..(row + 1) * coarse], fine, out);
        }
        sums.resize(count * self.lanes, 0);
        products(&table.table, bytes, sums, Instructions::best());
        maxima.clear();
        maxima.resize(self.lanes, f32::NEG_INFINITY);
        let last = self.centroid_scores.len() / self.lanes - 1;
        for (number, sums) in rows.centroids.as_chunks().0.iter().zip(sums.chunks_exact(self.lanes)) {
            let centroid = usize::from(u16::from_le_bytes(*number)).min(last);
            let base = &self.centroid_scores[centroid * self.lanes..(centroid + 1) * self.lanes];
            let held = maxima.chunks_exact_mut(LANES).zip(table.scales.chunks_exact(LANES));
            for ((held, scales), (base, sums)) in held.zip(base.chunks_exact(LANES).zip(sums.chunks_exact(LANES))) {
                for lane in 0..LANES {
                    let score = base[lane] + scales[lane] * sums[lane] as f32;
                    held[lane] = if score > held[lane] { score } else { held[lane] };
                }
            }
        }
        maxima[..self.rows].iter().sum()
    }
}

impl CodeTable {
    fn new(rotated: &[f32], steps: &[f32], padded: usize, blocks: Vec<Decoding>) -> Self {
        let mut bytes = Vec::with_capacity(rotated.len());
        let mut scales = Vec::new();
        for row in rotated.chunks_exact(padded) {
            // What a step of the code is worth goes into the query, once, instead of into every row.
            let row: Vec<f32> = row.iter().zip(steps).map(|(v, s)| v * s).collect();
            let largest = row.iter().fold(0.0f32, |m, v| m.max(v.abs()));
            let inverse = if largest > 0.0 { 127.0 / largest } else { 0.0 };
            bytes.extend(row.iter().map(|v| (v * inverse).round() as i8));
            scales.push(largest / 127.0);
        }
        let table = Table::from_bytes(&bytes, padded, &[]);
        scales.resize(table.lanes(), 0.0);
        Self { blocks, table, scales }
    }
}

/// Scores as bytes, on one scale for all, so that their sums compare; the lowest are cut off, since no maximum is among them.
fn rough(scores: &[f32], lanes: usize, rows: usize) -> Vec<Vec<[u8; GROUP]>> {
    if rows == 0 {
        return Vec::new();
    }
    let (low, high) = scores
        .par_chunks(lanes * CENTROIDS_A_TASK)
        .map(|c| c.iter().fold((f32::MAX, f32::MIN), |(l, h), &v| (l.min(v), h.max(v))))
        .reduce(|| (f32::MAX, f32::MIN), |a, b| (a.0.min(b.0), a.1.max(b.1)));
    let low = low.max(high - 0.6 * (high - low));
    let scale = if high > low { 255.0 / (high - low) } else { 0.0 };
    (0..rows.div_ceil(GROUP))
        .map(|group| {
            let from = group * GROUP;
            let to = rows.min(from + GROUP);
            scores
                .par_chunks_exact(lanes)
                .with_min_len(CENTROIDS_A_TASK)
                .map(|row| {
                    let mut bytes = [0u8; GROUP];
                    for (byte, value) in bytes.iter_mut().zip(&row[from..to]) {
                        *byte = ((value - low) * scale) as u8;
                    }
                    bytes
                })
                .collect()
        })
        .collect()
}
