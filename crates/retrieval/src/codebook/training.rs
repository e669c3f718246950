//! Training of a codebook on a sample of documents.

use rayon::prelude::*;

use super::basis::{BLOCK, eigenvectors, second_moments};
use super::centroids::{Assigning, Centroids};
use super::excess::Excess;
use super::levels::{MOST_BITS, Thresholds, counts};
use super::scales;
use super::symbols::{Sample, Spread, Symbols};
use super::{Codebook, CodebookOptions, Random, mean, pad, product};
use crate::MultiVector;
use crate::pooling::pool_near;

/// Rows of the sample from which the rotation and the levels are learned.
const MOMENT_ROWS: usize = 100_000;
/// Of these, rows that levels are fitted to.
const LEVEL_ROWS: usize = 4_000;
/// Directions in which rows hardly differ beside the others count as directions in which they do not.
const LEAST_DEVIATION: f32 = 1e-4;
/// Centroids that are taken off to see what a document's rows have in common, before the others are trained.
const FIRST_CENTROIDS: usize = 1024;

impl Codebook {
    /// Learns from a sample of documents as they will be indexed: some ten rows a centroid at least, better forty. `None` when they hold no row, or
    /// rows of several widths.
    pub fn train(sample: &[MultiVector], options: &CodebookOptions) -> Option<Self> {
        let width = sample.first()?.dimension();
        let padded = width.next_multiple_of(BLOCK);
        let count: usize = sample.iter().map(MultiVector::len).sum();
        if count == 0 || sample.iter().any(|d| d.dimension() != width) {
            return None;
        }
        let given = sample;
        let sample: Vec<MultiVector> = sample.par_iter().map(|d| pool_near(d, options.near).rows).collect();
        let count: usize = sample.iter().map(MultiVector::len).sum();
        let mut random = Random::new(options.seed);
        let rows: Vec<f32> = sample.iter().flat_map(|d| pad(d.values(), width, padded)).collect();
        let mut own = rows.clone();
        if options.document_means {
            let few = options.centroid_count(count).min(FIRST_CENTROIDS);
            let first = Centroids::train(&rows, padded, few, &mut random);
            let mut rest = &mut own[..];
            for document in &sample {
                let (mine, others) = rest.split_at_mut(document.len() * padded);
                let mean = mean(&left_over(mine, &first), padded);
                mine.chunks_exact_mut(padded).for_each(|row| row.iter_mut().zip(&mean).for_each(|(v, m)| *v -= m));
                rest = others;
            }
        }
        let mut centroids = Centroids::train(&own, padded, options.centroid_count(count), &mut random);
        // Every so-manyth row serves to learn how the rest is spread.
        let stride = count.div_ceil(MOMENT_ROWS);
        let some =
            |rows: &[f32]| -> Vec<f32> { rows.chunks_exact(padded).step_by(stride).flatten().copied().collect() };
        let (some, rest) = (some(&rows), left_over(&some(&own), &centroids));
        drop((rows, own));
        let directions = eigenvectors(second_moments(&rest, padded), padded);
        let rotation: Vec<f32> = directions.iter().map(|&v| v as f32).collect();
        centroids = centroids.rotated(&rotation);
        let (some, rest) = (product(&some, &rotation, padded), product(&rest, &rotation, padded));
        let (deviations, weights) = (root_mean_squares(&rest, padded), root_mean_squares(&some, padded));
        let largest = deviations.iter().copied().fold(0.0, f32::max);
        let deviations: Vec<f32> =
            deviations.into_iter().map(|d| if d > LEAST_DEVIATION * largest { d } else { 0.0 }).collect();
        let of_rows: Vec<f32> = rest.par_chunks_exact(padded).map(|row| scales::size_of(row, &deviations)).collect();
        let sizes = scales::spread(of_rows.clone());
        let stride = of_rows.len().div_ceil(LEVEL_ROWS).max(1);
        let number = |size: &f32| scales::nearest(sizes.into_iter(), *size);
        let of_some: Vec<u8> = of_rows.iter().step_by(stride).map(number).collect();
        let rest: Vec<f32> = rest.chunks_exact(padded).step_by(stride).flatten().copied().collect();
        let sample = Sample { rest: &rest, scales: &of_some };
        let spread = Spread { deviations: &deviations, weights: &weights, sizes: &sizes };
        let coarse_bits = scales::coarse_bits(&spread.of_blocks(), options.coarse_bits);
        let counts = counts(&sample.of_unit_variance(&spread));
        let thresholds: Vec<Thresholds> = (0..MOST_BITS).map(|bits| Thresholds::train(&counts, bits)).collect();
        let (symbols, coarse_levels) = Symbols::train(&sample, &spread, (&coarse_bits, &thresholds), options.fine_bits);
        let CodebookOptions { near, document_means, lists, .. } = *options;
        let mut book = Self {
            width,
            padded,
            rotation,
            centroids,
            deviations,
            sizes,
            coarse_bits,
            coarse_levels,
            symbols,
            excess: Excess::default(),
            near,
            document_means,
            lists,
        };
        book.excess = Excess::measured(&book, given);
        Some(book)
    }
}

/// Of each number of the rows.
fn root_mean_squares(rows: &[f32], width: usize) -> Vec<f32> {
    let mut squares = vec![0.0f64; width];
    for row in rows.chunks_exact(width) {
        squares.iter_mut().zip(row).for_each(|(square, v)| *square += f64::from(v * v));
    }
    let count = (rows.len() / width).max(1) as f64;
    squares.into_iter().map(|square| (square / count).sqrt() as f32).collect()
}

fn left_over(rows: &[f32], centroids: &Centroids) -> Vec<f32> {
    let width = centroids.width;
    let mut rest = rows.to_vec();
    rest.par_chunks_exact_mut(width).for_each_init(Assigning::default, |scratch, row| {
        let number = centroids.nearest(row, scratch);
        row.iter_mut().zip(centroids.get(number.into())).for_each(|(v, c)| *v -= c);
    });
    rest
}
