//! How rows become codes: the nearest centroid's number, and what is left over in a few bits a number.
//!
//! Rows of a document that lie near each other become one, where the codebook says so. A row is rotated (see [`basis`]), its nearest centroid taken off and what
//! all rows of its document have in common besides, and the rest quantised along a trellis (see [`trellis`]) with one step for all numbers of all rows, in the measure of
//! what errors do to dot products (see [`symbols`]). The coarse code tells runs of levels apart, with as many bits in every row (see [`planes`]); what it leaves open takes
//! as many bits as it is unlikely (see [`stream`]). What a document's rows have in common is kept once, as bytes.

mod alphabet;
mod basis;
mod centroids;
mod encoding;
mod excess;
mod file;
mod levels;
mod paths;
mod planes;
#[cfg(target_arch = "x86_64")]
mod planes_x86;
mod random;
mod reading;
#[cfg(target_arch = "x86_64")]
mod reading_avx2;
#[cfg(target_arch = "x86_64")]
mod reading_avx512;
mod scales;
mod stream;
mod symbols;
mod training;
mod trellis;
#[cfg(target_arch = "x86_64")]
mod trellis_x86;

use gemm::Parallelism;

pub(crate) use basis::BLOCK;
use centroids::Centroids;
pub(crate) use encoding::Codes;
use excess::Excess;
pub use file::CodebookError;
pub(crate) use levels::COARSE_CENTRE;
use levels::CoarseLevels;
pub(crate) use planes::{Decoding, decode};
pub(crate) use random::Random;
pub(crate) use reading::AT_ONCE;
pub(crate) use scales::SCALES;
pub(crate) use stream::{Coded, least_bytes};
use symbols::Symbols;

use crate::kernels::{CENTRE, FINE_CENTRE};

/// Indices of up to so many rows are searched without lists by centroid, unless a search says otherwise.
pub(crate) const SCANNED_ROWS: u64 = 20_000_000;

/// What a codebook is trained to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CodebookOptions {
    /// Centroids, at most 65,536; `None`: sixteen times the square root of the rows expected, as a power of two.
    pub centroids: Option<usize>,
    /// Rows that the index will hold about; it only decides the number of centroids.
    pub rows_expected: u64,
    /// Bits a number of the code that ranks candidates, on average.
    pub coarse_bits: f32,
    /// Bits a number of the code that refines the best of them, on average.
    pub fine_bits: f32,
    /// Rows of a document become one where that adds at most so much to their squared error (Ward's clusters; the square of a unit row is one). 0: all
    /// rows stay.
    pub near: f32,
    /// Whether each document keeps what its rows have in common: it costs as many bytes a document as a row has numbers, and four. Not worth it
    /// where documents have fewer rows than some thirty.
    pub document_means: bool,
    /// Whether large segments keep, for each centroid, which documents have a row there: a byte or two a row, of use only where an index has more rows than
    /// [`crate::SearchOptions::scanned_rows`].
    pub lists: bool,
    /// The same seed and rows give the same codebook.
    pub seed: u64,
}

impl CodebookOptions {
    /// For about `rows` rows: some 72 bytes a row of 128 numbers, the codebook's share among them. That is 2 and 2.22 bits a number, less what the centroids take.
    pub fn for_rows(rows: u64) -> Self {
        const FINE: f32 = 2.22;
        const LARGEST_SHARE: f32 = 0.25;
        // A byte a number of each centroid.
        let share = 8.0 * (1u64 << centroid_bits(rows)) as f32 / rows.max(1) as f32;
        Self {
            centroids: None,
            rows_expected: rows,
            coarse_bits: 2.0,
            fine_bits: FINE - share.min(LARGEST_SHARE),
            near: 0.0,
            document_means: true,
            lists: rows > SCANNED_ROWS / 2,
            seed: 1,
        }
    }

    /// For about `rows` rows in little room: 2.3 bits a number, and near rows made one.
    pub fn small(rows: u64) -> Self {
        Self { coarse_bits: 1.0, fine_bits: 1.26, near: 0.04, ..Self::for_rows(rows) }
    }

    fn centroid_count(&self, sample: usize) -> usize {
        let wished = self.centroids.unwrap_or_else(|| 1 << centroid_bits(self.rows_expected));
        // A centroid of fewer than some ten rows is a row's own copy, which tells nothing of others.
        wished.min(sample / 10).clamp(1, 1 << 16)
    }
}

/// Sixteen times the square root of the rows, as a power of two: its logarithm.
fn centroid_bits(rows: u64) -> u32 {
    ((16.0 * (rows.max(1) as f64).sqrt()).log2().floor() as u32).min(16)
}

/// Rotation, centroids and levels; see the module.
#[derive(Debug, Clone)]
pub struct Codebook {
    /// The width of the rows it was trained on.
    width: usize,
    /// That, rounded up to whole blocks: rows are rotated in this width, filled up with zeros.
    padded: usize,
    /// `[padded, padded]`, orthonormal; a row is multiplied with each of its rows.
    rotation: Vec<f32>,
    centroids: Centroids,
    /// The root mean square of what is left over, of each number.
    deviations: Vec<f32>,
    /// How large what is left over of rows of each scale is: one is the root mean square of all rows.
    sizes: [f32; SCALES],
    /// Bits a number of the coarse code, of each block.
    coarse_bits: Vec<u8>,
    /// What the runs of the coarse code stand for, for every number of bits.
    coarse_levels: Vec<CoarseLevels>,
    symbols: Symbols,
    excess: Excess,
    near: f32,
    document_means: bool,
    lists: bool,
}

impl Codebook {
    /// Whether large segments keep lists by centroid.
    pub(crate) fn lists(&self) -> bool {
        self.lists
    }

    /// The width of the rows it is for.
    pub fn dimension(&self) -> usize {
        self.width
    }

    /// How many centroids there are.
    pub fn centroid_count(&self) -> usize {
        self.centroids.len()
    }

    /// Bytes of the code that ranks candidates, a row, without the two of the centroid.
    pub fn coarse_bytes(&self) -> usize {
        self.coarse_bits.iter().map(|&bits| usize::from(bits) * 4).sum()
    }

    /// Bits of the coarse code a number, for each block of 32 numbers.
    pub fn coarse_bits(&self) -> &[u8] {
        &self.coarse_bits
    }

    /// The same on average.
    pub(crate) fn mean_coarse_bits(&self) -> f32 {
        self.coarse_bits.iter().map(|&bits| f32::from(bits)).sum::<f32>() / self.coarse_bits.len() as f32
    }

    /// How large what is left over of rows of each scale is.
    pub(crate) fn sizes(&self) -> &[f32; SCALES] {
        &self.sizes
    }

    /// Bytes of what a document's rows have in common: one for each number of a row, or none.
    pub(crate) fn mean_bytes(&self) -> usize {
        if self.document_means { self.padded } else { 0 }
    }

    pub(crate) fn padded(&self) -> usize {
        self.padded
    }

    /// The rotated centroids, `[count, padded]`, as bytes about [`FINE_CENTRE`], and what a step of each one's is worth.
    pub(crate) fn centroid_bytes(&self) -> (&[u8], &[f32]) {
        (&self.centroids.bytes, &self.centroids.steps)
    }

    /// The standard deviation of what is left over, `[padded]`.
    pub(crate) fn deviations(&self) -> &[f32] {
        &self.deviations
    }

    /// Rows of [`Codebook::dimension`] numbers, rotated: `[rows, padded]`.
    pub(crate) fn rotate(&self, rows: &[f32]) -> Vec<f32> {
        product(&pad(rows, self.width, self.padded), &self.rotation, self.padded)
    }

    /// How to decode the coarse code alone, and what a step of each number is worth in rows of size one.
    pub(crate) fn coarse_decoding(&self) -> (Vec<Decoding>, Vec<f32>) {
        let levels = |bits: u8| &self.coarse_levels[usize::from(bits)];
        let decoding = |&bits: &u8| {
            let mut bytes = [0; 16];
            bytes[..1 << bits].copy_from_slice(&levels(bits).bytes);
            Decoding { planes: bits.into(), bytes }
        };
        let step = |(number, deviation): (usize, &f32)| deviation * levels(self.coarse_bits[number / BLOCK]).step;
        let steps = self.deviations.iter().enumerate().map(step);
        (self.coarse_bits.iter().map(decoding).collect(), steps.collect())
    }

    /// What a step of the bytes of coarse and fine code together is worth, for each number of rows of size one.
    pub(crate) fn full_steps(&self) -> Vec<f32> {
        self.deviations.iter().map(|deviation| deviation * alphabet::STEP).collect()
    }

    /// Hands `done` the bytes about [`FINE_CENTRE`] that the codes of all rows of each document stand for, `[rows, padded]`, as soon as they are read; nothing for a document with fewer
    /// codes than rows.
    pub(crate) fn decode_full(&self, coded: &[Coded<'_>], done: impl FnMut(usize, Option<&[u8]>)) {
        reading::read(&self.symbols.tables, &self.coarse_bits, coded, done);
    }

    /// The rows that codes stand for, rotated back, `[rows, dimension]`; `None` where there are fewer codes than rows.
    /// `mean` and `mean_step` are the document's, and may be empty.
    pub(crate) fn decode_rows(&self, (mean, mean_step): (&[u8], f32), rows: RowCodes<'_>) -> Option<Vec<f32>> {
        let coded = Coded { scales: rows.scales, coarse: rows.coarse, stream: rows.fine };
        let (steps, mut decoded) = (self.full_steps(), None);
        self.decode_full(&[coded], |_, bytes| {
            decoded = bytes.map(|bytes| self.rows_of((mean, mean_step), rows, bytes, &steps, FINE_CENTRE));
        });
        decoded
    }

    /// The rows that these bytes about `centre` stand for.
    fn rows_of(
        &self,
        (mean, mean_step): (&[u8], f32),
        rows: RowCodes<'_>,
        bytes: &[u8],
        steps: &[f32],
        centre: i32,
    ) -> Vec<f32> {
        let common = bytes_to_floats(mean, mean_step, self.padded);
        let mut rotated = Vec::with_capacity(bytes.len());
        let each = bytes.chunks_exact(self.padded).zip(rows.centroids.iter().zip(rows.scales));
        for (bytes, (&number, &scale)) in each {
            let size = self.sizes[usize::from(scale) % SCALES];
            let rest = bytes.iter().zip(steps).map(|(&b, step)| (f32::from(b) - centre as f32) * step * size);
            let base = self.centroids.get(number.into()).iter().zip(&common);
            rotated.extend(base.zip(rest).map(|((c, m), r)| c + m + r));
        }
        let mut transposed = vec![0.0; self.rotation.len()];
        for (i, row) in self.rotation.chunks_exact(self.padded).enumerate() {
            row.iter().enumerate().for_each(|(j, &v)| transposed[j * self.padded + i] = v);
        }
        let rows = product(&rotated, &transposed, self.padded);
        rows.chunks_exact(self.padded).flat_map(|row| row[..self.width].to_vec()).collect()
    }
}

/// The codes of a document's rows, besides what they have in common.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RowCodes<'a> {
    pub(crate) centroids: &'a [u16],
    pub(crate) scales: &'a [u8],
    pub(crate) coarse: &'a [u8],
    pub(crate) fine: &'a [u8],
}

/// The mean of rows; zeros where there is none.
fn mean(rows: &[f32], width: usize) -> Vec<f32> {
    let mut sum = vec![0.0; width];
    rows.chunks_exact(width).for_each(|row| sum.iter_mut().zip(row).for_each(|(s, v)| *s += v));
    let count = (rows.len() / width).max(1) as f32;
    sum.into_iter().map(|v| v / count).collect()
}

/// What bytes about [`CENTRE`] stand for, filled up with zeros.
pub(crate) fn bytes_to_floats(bytes: &[u8], step: f32, width: usize) -> Vec<f32> {
    let mut values: Vec<f32> = bytes.iter().map(|&b| (f32::from(b) - CENTRE as f32) * step).collect();
    values.resize(width, 0.0);
    values
}

/// Rows with zeros behind.
fn pad(rows: &[f32], width: usize, padded: usize) -> Vec<f32> {
    let mut out = vec![0.0; rows.len() / width * padded];
    for (to, from) in out.chunks_exact_mut(padded).zip(rows.chunks_exact(width)) {
        to[..width].copy_from_slice(from);
    }
    out
}

/// `rows [n, width] x directions [m, width]^T`, row-major, on this thread.
#[allow(unsafe_code)]
pub(crate) fn product(rows: &[f32], directions: &[f32], width: usize) -> Vec<f32> {
    let (n, m) = (rows.len() / width, directions.len() / width);
    let mut out = vec![0.0f32; n * m];
    if n == 0 || m == 0 {
        return out;
    }
    // SAFETY: the three matrices have the lengths that sizes and strides say, and `out` overlaps neither of the others.
    unsafe {
        gemm::gemm(
            n,
            m,
            width,
            out.as_mut_ptr(),
            1,
            m as isize,
            false,
            rows.as_ptr(),
            1,
            width as isize,
            directions.as_ptr(),
            width as isize,
            1,
            0.0,
            1.0,
            false,
            false,
            false,
            Parallelism::None,
        );
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MultiVector;

    pub(crate) fn rows(count: usize, width: usize, seed: u64) -> MultiVector {
        let mut random = Random::new(seed);
        // Directions of falling weight about sixteen centres.
        let mut centres = Random::new(17);
        let centres: Vec<f32> = (0..16 * width).map(|_| centres.normal() as f32).collect();
        let values = (0..count)
            .flat_map(|i| {
                let centre = &centres[i % 16 * width..][..width];
                (0..width)
                    .map(|d| centre[d] + random.normal() as f32 * 2.0 / (1.0 + d as f32 / 8.0))
                    .collect::<Vec<_>>()
            })
            .collect();
        MultiVector::normalised(values, width).unwrap()
    }

    fn error(book: &Codebook, rows: &MultiVector, fine: bool) -> f32 {
        let codes = book.encode(rows);
        let mean = (&codes.means[..], codes.mean_steps[0]);
        let of_rows =
            RowCodes { centroids: &codes.centroids, scales: &codes.scales, coarse: &codes.coarse, fine: &codes.fine };
        let decoded = if fine {
            book.decode_rows(mean, of_rows).unwrap()
        } else {
            let (blocks, steps) = book.coarse_decoding();
            let every: Vec<u32> = (0..codes.scales.len() as u32).collect();
            let mut bytes = vec![0; every.len() * book.padded()];
            decode(&blocks, &every, &codes.coarse, &mut bytes);
            book.rows_of(mean, of_rows, &bytes, &steps, COARSE_CENTRE)
        };
        decoded.iter().zip(rows.values()).map(|(a, b)| (a - b).powi(2)).sum::<f32>() / rows.len() as f32
    }

    #[test]
    fn the_fine_code_is_nearer_and_bits_go_where_they_count() {
        let sample = rows(4000, 128, 1);
        let options = CodebookOptions { centroids: Some(16), fine_bits: 2.25, ..CodebookOptions::for_rows(4000) };
        let book = Codebook::train(std::slice::from_ref(&sample), &options).unwrap();
        assert_eq!(book.coarse_bytes(), 32);
        let bits = book.coarse_bits();
        assert!(bits[0] > bits[3], "{bits:?}");
        let unseen = rows(500, 128, 2);
        let fine = book.encode(&unseen).fine.len() as f32 / 500.0;
        assert!((fine - 36.0).abs() < 1.5, "{fine} bytes of fine code a row");
        let (coarse, fine) = (error(&book, &unseen, false), error(&book, &unseen, true));
        assert!(fine < coarse / 5.0 && coarse < 0.1, "coarse {coarse}, fine {fine}");
    }

    #[test]
    fn rows_of_any_width_do() {
        for width in [1, 7, 32, 33, 96] {
            let sample = rows(600, width, 1);
            let book = Codebook::train(std::slice::from_ref(&sample), &CodebookOptions::for_rows(600)).unwrap();
            assert_eq!(book.dimension(), width);
            assert!(error(&book, &sample, true) < 0.05, "{width}: {}", error(&book, &sample, true));
        }
    }

    #[test]
    fn the_rotation_keeps_products() {
        let sample = rows(300, 50, 1);
        let book = Codebook::train(std::slice::from_ref(&sample), &CodebookOptions::for_rows(300)).unwrap();
        let rotated = book.rotate(sample.values());
        let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
        let (padded, before) = (book.padded(), dot(sample.row(0), sample.row(1)));
        assert!((dot(&rotated[..padded], &rotated[padded..2 * padded]) - before).abs() < 1e-4);
    }

    #[test]
    fn a_sample_without_rows_trains_nothing() {
        assert!(Codebook::train(&[MultiVector::new(vec![], 8).unwrap()], &CodebookOptions::for_rows(0)).is_none());
    }
}
