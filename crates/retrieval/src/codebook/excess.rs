//! How much higher a document scores by its codes than by its rows, a query row, foretold from how the rows were coded.
//!
//! Codes err at random, and what rises by chance wins the maximum over rows: the more of a document's rows keep codes of their own and the more those err, the
//! higher it scores; rows that were made one lower it. Documents of one collection differ in that by a few thousandths a query row, which is as much as the
//! best of them lie apart. The excess is measured on documents of the sample, with rows of others in the place of queries, and then foretold for every
//! document by a linear regression on a few measures.

use rayon::prelude::*;

use super::{Codebook, RowCodes, product};
use crate::MultiVector;
use crate::linear::solve;

/// What is known of a document's codes when they are made.
pub(super) const MEASURES: usize = 3;

/// Documents of the sample that the excess is measured on, at most; and at least, or nothing is foretold.
const DOCUMENTS: usize = 384;
const LEAST_DOCUMENTS: usize = 24;
/// Rows of the sample that take the place of query rows.
const PROBES: usize = 2048;
/// A document is asked about by the one in so many of them that match it best: queries are compared by the documents that match them.
const NEAREST: usize = 16;
/// What the squared weights of measures of variance one cost, in documents.
const RIDGE: f64 = 1.0;

/// What is known of a document, and how much higher it scored.
type Example = ([f32; MEASURES], f32);

/// A linear regression: what it foretells where all measures are zero, and what a unit of each adds; and the least and the most that it foretold of the documents it
/// was fitted to. A document unlike all of them is taken to be like the nearest.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Excess {
    pub(super) level: f32,
    pub(super) weights: [f32; MEASURES],
    pub(super) range: [f32; 2],
}

/// Of a document whose `rows` (those that near ones became) have codes that leave `errors`, both `[rows, width]`: the mean squared error, the mean error along the row as a
/// share of the row, and how many of the `given` rows have no code of their own, as a share.
pub(super) fn measures(rows: &[f32], errors: &[f32], width: usize, given: usize) -> [f32; MEASURES] {
    let (mut squares, mut along) = (0.0, 0.0);
    for (row, error) in rows.chunks_exact(width).zip(errors.chunks_exact(width)) {
        squares += error.iter().map(|e| e * e).sum::<f32>();
        let dot = |other: &[f32]| row.iter().zip(other).map(|(a, b)| a * b).sum::<f32>();
        along += dot(error) / dot(row).max(f32::MIN_POSITIVE);
    }
    let held = rows.len() / width;
    let share = 1.0 / held.max(1) as f32;
    [squares * share, along * share, 1.0 - held as f32 / given.max(1) as f32]
}

impl Excess {
    /// What a document's score is too high by, a query row.
    pub(super) fn of(&self, measures: &[f32; MEASURES]) -> f32 {
        let [least, most] = self.range;
        self.unbounded(measures).min(most).max(least)
    }

    fn unbounded(&self, measures: &[f32; MEASURES]) -> f32 {
        self.level + self.weights.iter().zip(measures).map(|(weight, measure)| weight * measure).sum::<f32>()
    }

    /// Measured on documents of the `sample` that `book` was trained on, and fitted; nothing in excess where there are too few.
    pub(super) fn measured(book: &Codebook, sample: &[MultiVector]) -> Self {
        let sample: Vec<&MultiVector> = sample.iter().filter(|document| !document.is_empty()).collect();
        if sample.len() < LEAST_DOCUMENTS {
            return Self::default();
        }
        let rows: Vec<(usize, &[f32])> = sample
            .iter()
            .enumerate()
            .flat_map(|(number, document)| document.rows().map(move |row| (number, row)))
            .collect();
        let probes: Vec<(usize, &[f32])> = rows.iter().step_by(rows.len().div_ceil(PROBES)).copied().collect();
        let every: Vec<f32> = probes.iter().flat_map(|(_, row)| *row).copied().collect();
        let examples: Vec<Example> = sample
            .par_iter()
            .enumerate()
            .step_by(sample.len().div_ceil(DOCUMENTS))
            .filter_map(|(number, document)| {
                let (codes, measures) = book.encode_measured(document);
                let of_rows = RowCodes {
                    centroids: &codes.centroids,
                    scales: &codes.scales,
                    coarse: &codes.coarse,
                    fine: &codes.fine,
                };
                let coded = book.decode_rows((&codes.means, codes.mean_steps[0]), of_rows)?;
                let width = document.dimension();
                let pairs = maxima(document.values(), &every, width).into_iter().zip(maxima(&coded, &every, width));
                // Its own rows would ask for nothing but themselves.
                let others = pairs.zip(&probes).filter(|(_, (of, _))| *of != number).map(|(pair, _)| pair);
                let mut pairs: Vec<(f32, f32)> = others.collect();
                pairs.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
                pairs.truncate(pairs.len().div_ceil(NEAREST));
                let excess = pairs.iter().map(|(exact, coded)| coded - exact).sum::<f32>() / pairs.len().max(1) as f32;
                Some((measures, excess))
            })
            .collect();
        Self::fit(&examples)
    }

    /// The regression with the least squared error, a slight ridge aside; measures that hardly vary foretell nothing.
    fn fit(examples: &[Example]) -> Self {
        let count = examples.len().max(1) as f64;
        let mean = |of: &dyn Fn(&Example) -> f64| examples.iter().map(of).sum::<f64>() / count;
        let level = mean(&|e| e.1.into());
        let means: [f64; MEASURES] = std::array::from_fn(|i| mean(&|e| e.0[i].into()));
        let deviations: [f64; MEASURES] =
            std::array::from_fn(|i| mean(&|e| (f64::from(e.0[i]) - means[i]).powi(2)).sqrt());
        let scaled = |e: &Example, i: usize| {
            if deviations[i] > 1e-6 { (f64::from(e.0[i]) - means[i]) / deviations[i] } else { 0.0 }
        };
        let covariance =
            |i: usize, j: usize| mean(&|e| scaled(e, i) * scaled(e, j)) + if i == j { RIDGE / count } else { 0.0 };
        let matrix = (0..MEASURES).map(|i| (0..MEASURES).map(|j| covariance(i, j)).collect()).collect();
        let right = (0..MEASURES).map(|i| mean(&|e| scaled(e, i) * (f64::from(e.1) - level))).collect();
        let Some(solved) = solve(matrix, right).filter(|_| !examples.is_empty()) else { return Self::default() };
        let weights: [f64; MEASURES] =
            std::array::from_fn(|i| if deviations[i] > 1e-6 { solved[i] / deviations[i] } else { 0.0 });
        let level = level - weights.iter().zip(means).map(|(weight, mean)| weight * mean).sum::<f64>();
        let mut fitted = Self { level: level as f32, weights: weights.map(|weight| weight as f32), range: [0.0; 2] };
        let foretold: Vec<f32> = examples.iter().map(|(measures, _)| fitted.unbounded(measures)).collect();
        let end = |pick: fn(f32, f32) -> f32| foretold.iter().copied().reduce(pick).unwrap_or_default();
        fitted.range = [end(f32::min), end(f32::max)];
        fitted
    }
}

/// For each of the rows `every` its highest product with one of `rows`.
fn maxima(rows: &[f32], every: &[f32], width: usize) -> Vec<f32> {
    let mut maxima = vec![f32::NEG_INFINITY; every.len() / width];
    for products in product(rows, every, width).chunks_exact(maxima.len().max(1)) {
        maxima.iter_mut().zip(products).for_each(|(most, &product)| *most = most.max(product));
    }
    maxima
}

#[cfg(test)]
mod tests {
    use super::super::{CodebookOptions, Random};
    use super::*;

    #[test]
    fn a_fit_finds_what_made_its_examples_and_leaves_what_never_varies() {
        let made = Excess { level: -0.002, weights: [0.3, -0.5, 0.0], range: [-1.0, 1.0] };
        let mut random = Random::new(1);
        let examples: Vec<Example> = (0..2000)
            .map(|_| {
                let measures = [0.05 + 0.01 * random.normal() as f32, 0.02 * random.normal() as f32, 0.25];
                (measures, made.of(&measures) + 1e-4 * random.normal() as f32)
            })
            .collect();
        let fitted = Excess::fit(&examples);
        for (fitted, made) in fitted.weights.iter().zip(made.weights) {
            assert!((fitted - made).abs() < 2e-3, "{fitted} instead of {made}");
        }
        assert!((fitted.level - made.level).abs() < 2e-4 && fitted.weights[2] == 0.0, "{fitted:?}");
        // Far from everything that was seen.
        let most = examples.iter().map(|(measures, _)| fitted.of(measures)).fold(f32::MIN, f32::max);
        assert_eq!(fitted.of(&[9.0, 0.0, 0.25]), most);
        assert!(most < 0.06 && fitted.of(&[0.05, 0.0, 0.25]) < most);
        assert_eq!(Excess::fit(&[]), Excess::default());
    }

    /// Documents of rows about common centres; of every other one each row comes twice, a little apart.
    fn documents(count: usize, random: &mut Random) -> Vec<MultiVector> {
        const WIDTH: usize = 64;
        let mut centres = Random::new(17);
        let centres: Vec<f32> = (0..16 * WIDTH).map(|_| centres.normal() as f32).collect();
        (0..count)
            .map(|number| {
                let mut values = Vec::new();
                for row in 0..40 {
                    let centre = &centres[(number + row) % 16 * WIDTH..][..WIDTH];
                    let row: Vec<f32> = centre.iter().map(|c| c + random.normal() as f32).collect();
                    for _ in 0..1 + number % 2 {
                        values.extend(row.iter().map(|v| v + 0.2 * random.normal() as f32));
                    }
                }
                MultiVector::normalised(values, WIDTH).unwrap()
            })
            .collect()
    }

    #[test]
    fn what_is_foretold_brings_documents_coded_in_different_ways_together() {
        let mut random = Random::new(2);
        let sample = documents(200, &mut random);
        let options = CodebookOptions { near: 0.05, ..CodebookOptions::small(12_000) };
        let book = Codebook::train(&sample, &options).unwrap();
        let queries: Vec<f32> = documents(40, &mut random).iter().flat_map(|d| d.values().to_vec()).collect();
        // Documents that the codebook has not seen: how much higher those with all their rows score than those whose rows became one.
        let (mut before, mut after) = (0.0, 0.0);
        for (number, document) in documents(80, &mut random).iter().enumerate() {
            let codes = book.encode(document);
            let of_rows = RowCodes {
                centroids: &codes.centroids,
                scales: &codes.scales,
                coarse: &codes.coarse,
                fine: &codes.fine,
            };
            assert_eq!(codes.centroids.len(), 40, "the rows of {number} became too few or too many");
            let coded = book.decode_rows((&codes.means, codes.mean_steps[0]), of_rows).unwrap();
            let width = document.dimension();
            let pairs = maxima(&coded, &queries, width).into_iter().zip(maxima(document.values(), &queries, width));
            let excess = pairs.map(|(coded, exact)| coded - exact).sum::<f32>() / (queries.len() / width) as f32;
            let sign = if number % 2 == 0 { 1.0 } else { -1.0 };
            before += sign * excess / 40.0;
            after += sign * (excess - codes.excesses[0]) / 40.0;
        }
        assert!(before > 0.002 && after.abs() < before / 2.0, "{before} before, {after} after");
        let few = Codebook::train(&sample[..LEAST_DOCUMENTS - 1], &options).unwrap();
        assert_eq!((few.excess, book.excess == Excess::default()), (Excess::default(), false));
    }
}
