//! From a document's rows to their codes.

use super::centroids::Assigning;
use super::excess::{self, MEASURES};
use super::trellis::Trellis;
use super::{Codebook, bytes_to_floats, mean, planes, scales, stream};
use crate::MultiVector;
use crate::kernels::{CENTRE, quantise_row};
use crate::pooling::{Near, pool_near};

/// Rows of a document from which its common part is first guessed.
const MEAN_ROWS: usize = 32;
/// How much of the error along a row is asked back when its path is sought once more.
const PUSH: f32 = 0.35;

/// A document's rows as codes, in order.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Codes {
    /// What the rows have in common, `[padded]` bytes about [`CENTRE`] for each document, or nothing; and what a step of each document's is worth.
    pub(crate) means: Vec<u8>,
    pub(crate) mean_steps: Vec<f32>,
    /// How much higher each document scores by its codes than by its rows, a query row, as far as that can be foretold.
    pub(crate) excesses: Vec<f32>,
    /// A centroid's number a row: from here on, rows are those that near ones became.
    pub(crate) centroids: Vec<u16>,
    /// A scale's number a row.
    pub(crate) scales: Vec<u8>,
    /// [`Codebook::coarse_bytes`] a row.
    pub(crate) coarse: Vec<u8>,
    /// A stream a document, see [`stream`].
    pub(crate) fine: Vec<u8>,
    /// For each row that was given the code that stands for it.
    pub(crate) code_of: Vec<u32>,
}

impl Codebook {
    /// The codes of a document's rows, of [`Codebook::dimension`] numbers each.
    pub(crate) fn encode(&self, rows: &MultiVector) -> Codes {
        let (codes, measures) = self.encode_measured(rows);
        Codes { excesses: vec![self.excess.of(&measures)], ..codes }
    }

    /// The codes, with no excess foretold yet, and what it is foretold from.
    pub(super) fn encode_measured(&self, rows: &MultiVector) -> (Codes, [f32; MEASURES]) {
        let given = rows.len();
        let Near { rows, of_row } = pool_near(rows, self.near);
        let rotated = self.rotate(rows.values());
        let (centroids, means, mean_step) = self.assign(&rotated);
        let common = bytes_to_floats(&means, mean_step, self.padded);
        let mut rest = rotated.clone();
        for (rest, &number) in rest.chunks_exact_mut(self.padded).zip(&centroids) {
            let base = self.centroids.get(number.into()).iter().zip(&common);
            rest.iter_mut().zip(base).for_each(|(rest, (centroid, common))| *rest -= centroid + common);
        }
        let size = |row: &[f32]| scales::size_of(row, &self.deviations);
        let scales: Vec<u8> =
            rest.chunks_exact(self.padded).map(|row| scales::nearest(self.sizes.iter().copied(), size(row))).collect();
        let untouched = rest.clone();
        let (mut coded, mut levels) = (rest.clone(), vec![0; rest.len()]);
        self.quantise(&rest, &scales, &mut levels, &mut coded);
        straighten(&rotated, &mut rest, &coded, self.padded);
        self.quantise(&rest, &scales, &mut levels, &mut coded);
        let mut codes = Codes {
            means,
            mean_steps: vec![mean_step],
            excesses: vec![0.0],
            coarse: Vec::with_capacity(rows.len() * self.coarse_bytes()),
            fine: Vec::new(),
            centroids,
            scales,
            code_of: of_row,
        };
        let mut runs = vec![0; self.padded];
        for (levels, &scale) in levels.chunks_exact(self.padded).zip(&codes.scales) {
            let each = runs.iter_mut().zip(levels).enumerate();
            each.for_each(|(at, (run, &level))| *run = self.symbols.alphabet(scale, at).runs[usize::from(level)]);
            planes::write_row(&runs, &self.coarse_bits, &mut codes.coarse);
        }
        stream::write(&self.symbols, &codes.scales, &levels, &mut codes.fine);
        let mut errors: Vec<f32> = untouched.iter().zip(&coded).map(|(rest, coded)| rest - coded).collect();
        if self.document_means {
            // What all codes err by alike goes to what the rows have in common.
            let alike = mean(&errors, self.padded);
            let common: Vec<f32> = common.iter().zip(&alike).map(|(common, alike)| common + alike).collect();
            codes.mean_steps = vec![quantise_row(&common, CENTRE, &mut codes.means)];
            let each = errors.chunks_exact_mut(self.padded);
            each.for_each(|error| error.iter_mut().zip(&alike).for_each(|(error, alike)| *error -= alike));
        }
        let measures = excess::measures(&rotated, &errors, self.padded, given);
        (codes, measures)
    }

    /// The centroids of a document's rotated rows, and what the rows have in common beyond them, as bytes with what a step is worth.
    fn assign(&self, rotated: &[f32]) -> (Vec<u16>, Vec<u8>, f32) {
        let mut bytes = vec![CENTRE as u8; self.mean_bytes()];
        let mut scratch = Assigning::default();
        let (mut common, mut own) = (vec![0.0f32; self.padded], vec![0.0f32; self.padded]);
        // What is common shows well enough in some rows; then each row's centroid is the one for what is its own.
        let count = rotated.len() / self.padded;
        let some = count.div_ceil(MEAN_ROWS).max(1);
        let mut centroids = Vec::with_capacity(count);
        let strides = if bytes.is_empty() { &[1][..] } else { &[some, 1] };
        for &stride in strides {
            centroids.clear();
            let mut sum = vec![0.0f32; self.padded];
            for row in rotated.chunks_exact(self.padded).step_by(stride) {
                own.iter_mut().zip(row.iter().zip(&common)).for_each(|(own, (v, c))| *own = v - c);
                let number = self.centroids.nearest(&own, &mut scratch);
                centroids.push(number);
                let centroid = self.centroids.get(number.into());
                sum.iter_mut().zip(row.iter().zip(centroid)).for_each(|(sum, (v, c))| *sum += v - c);
            }
            let share = 1.0 / centroids.len().max(1) as f32;
            common.iter_mut().zip(sum).for_each(|(common, sum)| *common = sum * share);
        }
        let step = if bytes.is_empty() { 0.0 } else { quantise_row(&common, CENTRE, &mut bytes) };
        (centroids, bytes, step)
    }

    /// The levels of least error and price for what is left over of rows of these scales, and what they stand for.
    fn quantise(&self, rest: &[f32], scales: &[u8], levels: &mut [u8], coded: &mut [f32]) {
        let width = self.padded;
        let mut trellis = Trellis::default();
        // Rows of one scale have the same levels to choose from.
        for alike in stream::order(scales).chunk_by(|&a, &b| scales[a as usize] == scales[b as usize]) {
            let scale = scales[alike[0] as usize];
            let place = |row: u32| row as usize * width..(row as usize + 1) * width;
            let gathered: Vec<f32> = alike.iter().flat_map(|&row| &rest[place(row)]).copied().collect();
            let mut found = vec![0; gathered.len()];
            self.symbols.quantise(&mut trellis, &gathered, scale, &mut found);
            for (&row, found) in alike.iter().zip(found.chunks_exact(width)) {
                levels[place(row)].copy_from_slice(found);
                for (number, (coded, &level)) in coded[place(row)].iter_mut().zip(found).enumerate() {
                    let unit = self.deviations[number] * self.sizes[usize::from(scale)];
                    *coded = self.symbols.alphabet(scale, number).value(level.into()) * unit;
                }
            }
        }
    }
}

/// Moves what is left over of `rows` along each row by [`PUSH`] times the error along it that `coded` leaves: a query row that takes a row for its best match
/// lies near it, so an error along it counts far more than one across (Guo et al., Accelerating large-scale inference with anisotropic vector
/// quantization, 2020).
fn straighten(rows: &[f32], rest: &mut [f32], coded: &[f32], width: usize) {
    let each = rows.chunks_exact(width).zip(rest.chunks_exact_mut(width)).zip(coded.chunks_exact(width));
    for ((row, rest), coded) in each {
        let along: f32 = row.iter().zip(rest.iter().zip(coded)).map(|(x, (r, c))| x * (r - c)).sum();
        rest.iter_mut().zip(row).for_each(|(rest, x)| *rest += PUSH * along * x);
    }
}
