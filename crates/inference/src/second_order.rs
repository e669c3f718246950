//! How the backbone's channels vary together: second-order pooling of its middle stages, which tells hands and styles where means cannot.
//!
//! A covariance is turned to the directions in which pictures vary most and scaled so that each varies by 1 on average (PCA whitening);
//! then the square root of the matrix is taken, as Li and others 2018 (*Towards Faster Training of Global Covariance Pooling Networks by
//! Iterative Matrix Square Root Normalization*) do: covariances don't lie in a plane, and few large values would outweigh the rest.

use half::f16;
use nalgebra::{DMatrix, DVector, SymmetricEigen};

use crate::efficientnet::COVARIANCE_CHANNELS;

/// Directions that are kept of each stage of [`COVARIANCE_CHANNELS`].
pub(crate) const DIRECTIONS: [usize; 4] = [24, 48, 48, 48];

/// How many numbers the covariances of an image are.
pub(crate) const COVARIANCES: usize = triangles(&COVARIANCE_CHANNELS);

/// How many numbers [`Whitening::roots`] makes of them.
pub(crate) const ROOTS: usize = triangles(&DIRECTIONS);

/// Variances below this share of the largest are taken for it, so that a direction without any does not become noise.
const LEAST_SHARE: f64 = 1e-5;

/// Steps of the eigenvalue iteration; a matrix of this size takes some hundred.
const MOST_STEPS: usize = 10_000;

/// The numbers of symmetric matrices of these sizes, from the diagonal on.
const fn triangles(sizes: &[usize]) -> usize {
    let (mut sum, mut at) = (0, 0);
    while at < sizes.len() {
        sum += triangle(sizes[at]);
        at += 1;
    }
    sum
}

/// The numbers of a symmetric matrix of `size` rows, from the diagonal on.
pub(crate) const fn triangle(size: usize) -> usize {
    size * (size + 1) / 2
}

/// For each stage the matrix `[channels, directions]` that whitens it, of numbers of 16 bits.
#[derive(Debug, Clone)]
pub(crate) struct Whitening(Vec<DMatrix<f64>>);

impl Whitening {
    /// From the covariances of many images, [`COVARIANCES`] numbers each, in the precision that it is written in.
    pub(crate) fn fit<'a>(images: impl Iterator<Item = &'a [f16]>) -> Self {
        let mut sums = vec![0.0f64; COVARIANCES];
        let mut count = 0.0f64;
        for image in images {
            count += 1.0;
            sums.iter_mut().zip(image).for_each(|(sum, value)| *sum += value.to_f64());
        }
        let means = sums.iter().map(|sum| sum / count.max(1.0));
        let stages = matrices(means, &COVARIANCE_CHANNELS).zip(DIRECTIONS).map(|(mean, kept)| {
            let (values, vectors) = eigen(mean);
            let mut order: Vec<usize> = (0..values.len()).collect();
            order.sort_by(|&a, &b| values[b].total_cmp(&values[a]));
            let largest = values.max();
            let least = if largest > 0.0 { largest * LEAST_SHARE } else { 1.0 };
            DMatrix::from_fn(vectors.nrows(), kept, |channel, direction| {
                let from = order[direction];
                f16::from_f64(vectors[(channel, from)] / values[from].max(least).sqrt()).to_f64()
            })
        });
        Self(stages.collect())
    }

    /// From the numbers of each stage's matrix, row by row, `channels * directions` of them; `None` if one has another count.
    pub(crate) fn from_rows(stages: &[Vec<f32>]) -> Option<Self> {
        let sizes = COVARIANCE_CHANNELS.into_iter().zip(DIRECTIONS);
        let fitting = stages.len() == COVARIANCE_CHANNELS.len()
            && stages.iter().zip(sizes.clone()).all(|(stage, (channels, kept))| stage.len() == channels * kept);
        let matrix = |(stage, (channels, kept)): (&Vec<f32>, (usize, usize))| {
            DMatrix::from_row_iterator(channels, kept, stage.iter().copied().map(f64::from))
        };
        fitting.then(|| Self(stages.iter().zip(sizes).map(matrix).collect()))
    }

    /// What [`Whitening::from_rows`] takes.
    pub(crate) fn rows(&self) -> impl Iterator<Item = Vec<f32>> {
        self.0.iter().map(|stage| stage.transpose().iter().map(|&number| number as f32).collect())
    }

    /// The square roots of the whitened `covariances` of an image: [`ROOTS`] numbers, of each stage's symmetric matrix every row from the
    /// diagonal on.
    pub(crate) fn roots(&self, covariances: &[f32]) -> Vec<f32> {
        let mut roots = Vec::with_capacity(ROOTS);
        let covariances = covariances.iter().copied().map(f64::from);
        for (covariance, whitening) in matrices(covariances, &COVARIANCE_CHANNELS).zip(&self.0) {
            let (values, vectors) = eigen(whitening.tr_mul(&(covariance * whitening)));
            let scaled = DMatrix::from_fn(vectors.nrows(), vectors.ncols(), |row, column| -> f64 {
                vectors[(row, column)] * values[column].max(0.0).sqrt()
            });
            let root = scaled * vectors.transpose();
            roots.extend(upper(root.nrows()).map(|place| root[place] as f32));
        }
        roots
    }
}

/// Eigenvalues of a symmetric matrix, and the vectors, a column each; nothing but zeros for one with numbers that are none, which has neither.
fn eigen(matrix: DMatrix<f64>) -> (DVector<f64>, DMatrix<f64>) {
    let size = matrix.nrows();
    match SymmetricEigen::try_new(matrix, f64::EPSILON, MOST_STEPS) {
        Some(found) => (found.eigenvalues, found.eigenvectors),
        None => (DVector::zeros(size), DMatrix::zeros(size, size)),
    }
}

/// The places of a matrix of `size` rows, row by row from the diagonal on.
fn upper(size: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..size).flat_map(move |row| (row..size).map(move |column| (row, column)))
}

/// Symmetric matrices of these sizes out of their numbers from the diagonal on.
fn matrices(mut numbers: impl Iterator<Item = f64>, sizes: &'static [usize]) -> impl Iterator<Item = DMatrix<f64>> {
    sizes.iter().map(move |&size| {
        let mut matrix = DMatrix::zeros(size, size);
        for ((row, column), number) in upper(size).zip(numbers.by_ref()) {
            matrix[(row, column)] = number;
            matrix[(column, row)] = number;
        }
        matrix
    })
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;
    use crate::noise::Noise;

    #[derive(Deserialize)]
    struct Fixture {
        roots: Vec<(usize, f32)>,
    }

    /// As the fixture's generator makes it.
    fn noise(count: usize, seed: usize) -> Vec<f32> {
        let mixed = |i: usize| (i as u32).wrapping_mul(2_654_435_761).wrapping_add(seed as u32 * 40_503);
        (0..count).map(|i| (mixed(i) >> 8) as f32 / (1 << 23) as f32 - 1.0).collect()
    }

    /// The covariance, from the diagonal on, of samples of `channels` numbers, one a row.
    fn covariance(channels: usize, samples: &[f32]) -> Vec<f32> {
        let samples = DMatrix::from_row_slice(channels, samples.len() / channels, samples).map(f64::from);
        let covariance = &samples * samples.transpose() / samples.ncols() as f64;
        upper(channels).map(|place| covariance[place] as f32).collect()
    }

    #[test]
    fn roots_are_pytorchs() {
        let fixture: Fixture = serde_json::from_str(include_str!("../fixtures/efficientnet.json")).unwrap();
        let stages = COVARIANCE_CHANNELS.iter().zip(DIRECTIONS).map(|(channels, kept)| noise(channels * kept, kept));
        let whitening = Whitening::from_rows(&stages.collect::<Vec<_>>()).unwrap();
        // Of fewer samples than there are channels.
        let of_noise = |n: usize| covariance(n, &noise(n * (n / 2), n));
        let covariances: Vec<f32> = COVARIANCE_CHANNELS.into_iter().flat_map(of_noise).collect();
        let roots = whitening.roots(&covariances);
        assert_eq!(roots.len(), ROOTS);
        for (index, expected) in fixture.roots {
            assert!((roots[index] - expected).abs() < 1e-4, "{index}: {} instead of {expected}", roots[index]);
        }
    }

    #[test]
    fn whitened_directions_vary_by_one_and_apart_from_each_other() {
        let mut noise = Noise::new(5);
        let mut picture = || -> Vec<f16> {
            let of_stage = |n: usize| covariance(n, &noise.uniform(&[n * n], 1.0).unwrap().to_vec1().unwrap());
            COVARIANCE_CHANNELS.into_iter().flat_map(of_stage).map(f16::from_f32).collect()
        };
        let images: Vec<Vec<f16>> = (0..30).map(|_| picture()).collect();
        let whitening = Whitening::fit(images.iter().map(Vec::as_slice));
        let mean: Vec<f32> = (0..COVARIANCES)
            .map(|at| images.iter().map(|image| image[at].to_f32()).sum::<f32>() / images.len() as f32)
            .collect();
        // The root of the identity is the identity.
        let roots = whitening.roots(&mean);
        for (root, size) in matrices(roots.iter().copied().map(f64::from), &DIRECTIONS).zip(DIRECTIONS) {
            assert!((root - DMatrix::identity(size, size)).abs().max() < 0.02, "{size}");
        }
        let written: Vec<Vec<f32>> = whitening.rows().collect();
        assert_eq!(Whitening::from_rows(&written).unwrap().roots(&mean), roots);
        assert!(Whitening::from_rows(&written[1..]).is_none());
    }

    #[test]
    fn a_picture_without_any_structure_has_roots_too() {
        let nothing = vec![f16::ZERO; COVARIANCES];
        let whitening = Whitening::fit(std::iter::once(nothing.as_slice()));
        assert!(whitening.roots(&vec![0.0; COVARIANCES]).iter().all(|root| *root == 0.0));
        assert_eq!(whitening.roots(&vec![f32::NAN; COVARIANCES]).len(), ROOTS);
    }
}
