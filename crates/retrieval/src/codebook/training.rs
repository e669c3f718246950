//! Training of a codebook on a sample of documents.

use rayon::prelude::*;

use super::basis::{BLOCK, eigenvectors, mix_blocks, second_moments};
use super::centroids::{Assigning, Centroids};
use super::excess::Excess;
use super::levels::{Levels, counts};
use super::scales::{self, Block, SCALES, Scale};
use super::{Codebook, CodebookOptions, Random, mean, pad, product};
use crate::MultiVector;
use crate::pooling::pool_near;

/// Rows of the sample from which the rotation and the levels are learned.
const MOMENT_ROWS: usize = 100_000;
/// Of these, rows that the levels of the trellis are trained on.
const LEVEL_ROWS: usize = 4_000;
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
        let mut directions = eigenvectors(second_moments(&rest, padded), padded);
        mix_blocks(&mut directions, padded, &mut random);
        let rotation: Vec<f32> = directions.iter().map(|&v| v as f32).collect();
        centroids = centroids.rotated(&rotation);
        let (some, rest) = (product(&some, &rotation, padded), product(&rest, &rotation, padded));
        let (blocks, scales, levels) = train_levels(&some, &rest, padded, options);
        let CodebookOptions { near, document_means, lists, .. } = *options;
        let excess = Excess::default();
        let mut book =
            Self { width, padded, rotation, centroids, blocks, scales, levels, excess, near, document_means, lists };
        book.excess = Excess::measured(&book, given);
        Some(book)
    }
}

/// Blocks, scales and levels for what is left over, `rest`, of `rows`. A bit goes where it lessens the error of products most: errors weigh as much as rows are large in
/// a block, since queries are spread like rows.
fn train_levels(
    rows: &[f32],
    rest: &[f32],
    width: usize,
    options: &CodebookOptions,
) -> (Vec<Block>, Vec<Scale>, Levels) {
    let square = |values: &[f32], block: usize| -> f64 {
        let numbers = values.chunks_exact(width).flat_map(|row| &row[block * BLOCK..(block + 1) * BLOCK]);
        numbers.map(|v| f64::from(v * v)).sum::<f64>() / (values.len() / width * BLOCK).max(1) as f64
    };
    let squares: Vec<(f64, f64)> =
        (0..width / BLOCK).into_par_iter().map(|block| (square(rest, block), square(rows, block))).collect();
    let deviations: Vec<f32> = squares.iter().map(|(rest, _)| rest.sqrt() as f32).collect();
    let weights: Vec<f64> = squares.iter().map(|(rest, rows)| rest * rows).collect();
    let of_rows: Vec<f32> =
        rest.par_chunks_exact(width).map(|row| scales::size_of(row, deviations.iter().copied())).collect();
    let sizes = scales::spread(of_rows.clone());
    let mut shares = [0.0; SCALES];
    let numbers: Vec<u8> = of_rows.iter().map(|&size| scales::nearest(sizes.into_iter(), size)).collect();
    numbers.iter().for_each(|&number| shares[usize::from(number)] += 1.0 / numbers.len() as f64);
    // Of one size and unit variance.
    let stride = numbers.len().div_ceil(LEVEL_ROWS).max(1);
    let inverses: Vec<f32> = deviations.iter().map(|&d| if d > 0.0 { 1.0 / d } else { 0.0 }).collect();
    let alike: Vec<f32> = rest
        .chunks_exact(width)
        .zip(&numbers)
        .step_by(stride)
        .flat_map(|(row, &number)| {
            let size = sizes[usize::from(number)];
            row.iter().enumerate().map(|(at, v)| v * inverses[at / BLOCK] / size).collect::<Vec<f32>>()
        })
        .collect();
    let coarse = scales::coarse_bits(&weights, &counts(&alike), options.coarse_bits);
    let (levels, errors) = Levels::train(&alike, width);
    let bits = options.coarse_bits + options.fine_bits;
    let scales = scales::scales(sizes, shares, (&weights, &coarse), &errors, bits);
    let blocks = coarse.into_iter().zip(deviations).map(|(coarse_bits, deviation)| Block { coarse_bits, deviation });
    (blocks.collect(), scales, levels)
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
