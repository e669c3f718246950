//! A query made ready: what it scores with every centroid, and its rows as bytes for the codes of either depth.

use rayon::prelude::*;

use super::bases::{Bases, TwoBytes};
use super::segment::CodedRows;
use crate::MultiVector;
use crate::byte_rows::signed_bytes;
use crate::codebook::{COARSE_CENTRE, Codebook, Coded, Decoding, SCALES, decode};
use crate::kernels::lanes::{
    CodeProducts, GROUP, mark_rows, raise_bytes, raise_from_bases, raise_from_bytes, roughen, widen_range,
};
use crate::kernels::{CENTRE, FINE_CENTRE, Instructions, LANES, Table, products};

/// Centroids that one thread takes at a time.
const CENTROIDS_A_TASK: usize = 512;
/// Rows of a document whose bytes and products stand in memory at once: few enough for the nearest cache.
const ROWS_AT_ONCE: usize = 64;
/// The part of the range of scores that rough scores tell apart: no maximum is among the lower ones.
const TOLD_APART: f32 = 0.6;

/// Rough scores of common parts beyond this come from damaged files only.
const MOST_ROUGH: i32 = 1 << 24;

/// What an empty document scores a query row: the lowest cosine, so that it never stands above one that has rows.
const NO_MATCH: f32 = -1.0;

/// A query for one codebook.
pub(crate) struct PreparedQuery<'a> {
    book: &'a Codebook,
    rows: usize,
    weights: f32,
    lanes: usize,
    padded: usize,
    /// The rotated and weighted rows, for products with centroids.
    two_bytes: TwoBytes,
    /// The products of all query rows with each centroid, as bytes: `[groups][centroids][32]`.
    pub(crate) rough: Vec<Vec<[u8; GROUP]>>,
    /// What a byte of zero there stands for, and what one more is worth.
    low: f32,
    step: f32,
    /// How far below the best a row's rough score may lie, `[groups][scale][32]`.
    margins: Vec<[[u8; GROUP]; SCALES]>,
    /// The sum of all rows: its product with what a document's rows have in common is what that adds to the document's score. As numbers, and as bytes.
    sum_of_rows: Vec<f32>,
    all_rows: Table,
    all_rows_scale: f32,
    coarse: CodeTable,
    coarse_decoding: Vec<Decoding>,
    full: CodeTable,
    /// How large what is left over of rows of each scale is.
    sizes: [f32; SCALES],
}

/// A query's rows as bytes, for codes of one depth.
struct CodeTable {
    table: Table,
    /// What a product of bytes is worth, for each lane.
    scales: Vec<[f32; LANES]>,
}

/// Memory that scoring uses again, for one query.
#[derive(Default)]
pub(crate) struct Scoring {
    marked: Vec<u8>,
    /// The scales of all rows of the document.
    every_scale: Vec<u8>,
    /// Rows that are looked at, and their centroids.
    chosen: Vec<u32>,
    numbers: Vec<u32>,
    /// How large what is left over of them is.
    sizes: Vec<f32>,
    bytes: Vec<u8>,
    sums: Vec<i32>,
    /// What centroids score, and where those of the rows stand.
    bases: Bases,
    places: Vec<u32>,
    maxima: Vec<[f32; LANES]>,
}

impl<'a> PreparedQuery<'a> {
    /// `query` must have rows of the codebook's width, at least one, and `weights` be none or as many and not negative: a weighted row's best match is
    /// the same, and counts as much more or less. Rows of a document are left out of its coarse score where their
    /// centroid lies `reach` standard deviations of what codes add below the document's best, for every query row.
    pub(crate) fn new(query: &MultiVector, weights: Option<&[f32]>, book: &'a Codebook, reach: f32) -> Self {
        let padded = book.padded();
        let mut rotated = book.rotate(query.values());
        if let Some(weights) = weights {
            for (row, weight) in rotated.chunks_exact_mut(padded).zip(weights) {
                row.iter_mut().for_each(|v| *v *= weight);
            }
        }
        let rows = query.len();
        let lanes = rows.next_multiple_of(LANES);
        let (coarse_decoding, coarse_steps) = book.coarse_decoding();
        let tables = || {
            let coarse = CodeTable::new(&rotated, &coarse_steps, COARSE_CENTRE, 127.0);
            // Products of bytes have room for one side's finer ones: here the codes'.
            let full = CodeTable::new(&rotated, &book.full_steps(), FINE_CENTRE, CENTRE as f32);
            (coarse, full, TwoBytes::new(&rotated, lanes, padded))
        };
        let ((rough, low, step), (coarse, full, two_bytes)) =
            rayon::join(|| rough_scores(&rotated, rows, book), tables);
        let deviations = book.deviations();
        let spreads: Vec<f32> = rotated
            .chunks_exact(padded)
            .map(|row| row.iter().zip(deviations).map(|(q, d)| (q * d).powi(2)).sum::<f32>().sqrt() / step)
            .collect();
        let sizes = book.sizes();
        let margins = |spreads: &[f32]| {
            sizes.map(|size| {
                let mut margins = [0u8; GROUP];
                let each = margins.iter_mut().zip(spreads);
                each.for_each(|(margin, spread)| *margin = (reach * size * spread).ceil() as u8);
                margins
            })
        };
        let mut sum_of_rows = vec![0.0f32; padded];
        rotated.chunks_exact(padded).for_each(|row| sum_of_rows.iter_mut().zip(row).for_each(|(s, v)| *s += v));
        let (bytes, scale) = signed_bytes(&sum_of_rows, padded, CENTRE as f32);
        Self {
            book,
            rows,
            weights: weights.map_or(rows as f32, |w| w.iter().sum()),
            lanes,
            padded,
            two_bytes,
            rough,
            low,
            step,
            margins: spreads.chunks(GROUP).map(margins).collect(),
            sum_of_rows,
            all_rows: Table::from_bytes(&bytes, padded, &[], CENTRE),
            all_rows_scale: scale[0][0],
            coarse,
            coarse_decoding,
            full,
            sizes: *sizes,
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

    /// A rough MaxSim: each row stands for its centroid, what the document's rows have in common (see [`PreparedQuery::rough_means`]) comes on top.
    /// Only good to compare with its like.
    #[inline]
    pub(crate) fn rough_score(&self, centroids: &[u8]) -> i32 {
        let mut sum = 0;
        for group in &self.rough {
            let mut maxima = [0u8; GROUP];
            raise_bytes(group, centroids.as_chunks().0, &mut maxima);
            sum += maxima.iter().map(|&m| i32::from(m)).sum::<i32>();
        }
        sum
    }

    /// What one more of a rough score is worth.
    pub(crate) fn rough_step(&self) -> f32 {
        self.step
    }

    /// What documents' common parts (bytes, `[documents, padded]`, and their steps) add to their rough scores.
    pub(crate) fn rough_means(&self, means: &[u8], steps: &[[u8; 4]]) -> Vec<i32> {
        // Bytes out of a damaged file may be any.
        let means: Vec<u8> = means.iter().map(|&b| b.min(2 * CENTRE as u8)).collect();
        let mut sums = vec![0; steps.len() * self.all_rows.lanes()];
        products(&self.all_rows, &means, &mut sums, Instructions::best());
        let worth = self.all_rows_scale / self.step;
        let one = |(sums, step): (&[i32], &[u8; 4])| (sums[0] as f32 * worth * f32::from_le_bytes(*step)) as i32;
        sums.chunks_exact(self.all_rows.lanes()).zip(steps).map(one).map(|v| v.clamp(-MOST_ROUGH, MOST_ROUGH)).collect()
    }

    /// What a document's common part adds to each query row's score, summed.
    fn common(&self, rows: CodedRows<'_>) -> f32 {
        let mut sums = [0.0; LANES];
        let (of_query, of_mean) = (self.sum_of_rows.as_chunks::<LANES>().0, rows.mean.as_chunks::<LANES>().0);
        for (query, mean) in of_query.iter().zip(of_mean) {
            let each = sums.iter_mut().zip(query).zip(mean);
            each.for_each(|((sum, query), &byte)| *sum += query * (f32::from(byte) - CENTRE as f32));
        }
        sums.iter().sum::<f32>() * rows.mean_step
    }

    /// MaxSim with the rows that the coarse codes stand for, nearly: rows that are hardly the best match of any query row are left out.
    pub(crate) fn coarse_score(&self, rows: CodedRows<'_>, scoring: &mut Scoring) -> f32 {
        if rows.len() == 0 {
            return NO_MATCH * self.weights;
        }
        self.choose(rows, scoring);
        let Scoring { chosen, every_scale, numbers, sizes, .. } = &mut *scoring;
        self.describe(rows, every_scale, chosen.iter().map(|&row| row as usize), (numbers, sizes));
        self.clear(scoring);
        const IN_GROUP: usize = GROUP / LANES;
        let blocks = self.lanes / LANES;
        for at in (0..scoring.chosen.len()).step_by(ROWS_AT_ONCE) {
            let stretch = at..scoring.chosen.len().min(at + ROWS_AT_ONCE);
            let bytes = &mut scoring.bytes[..stretch.len() * self.padded];
            decode(&self.coarse_decoding, &scoring.chosen[stretch.clone()], rows.coarse, bytes);
            products(&self.coarse.table, bytes, &mut scoring.sums, Instructions::best());
            for (group, rough) in self.rough.iter().enumerate() {
                let here = group * IN_GROUP..blocks.min((group + 1) * IN_GROUP);
                let centroids = (&rough[..], &scoring.numbers[stretch.clone()], here.start);
                let products = CodeProducts {
                    sums: scoring.sums[..stretch.len() * self.lanes].as_chunks().0,
                    lanes: blocks,
                    scales: &self.coarse.scales,
                    sizes: &scoring.sizes[stretch.clone()],
                };
                raise_from_bytes(&mut scoring.maxima[here], centroids, self.step, products);
            }
        }
        self.sum(&scoring.maxima) + self.low * self.rows as f32 + self.common(rows)
    }

    /// The scores of some documents by their full codes.
    pub(crate) fn full_scores(&self, rows: &[CodedRows<'_>], scoring: &mut Scoring) -> Vec<f32> {
        let scales: Vec<Vec<u8>> = rows.iter().map(CodedRows::scale_numbers).collect();
        let each = rows.iter().zip(&scales);
        let coded = each.map(|(rows, scales)| Coded { scales, coarse: rows.coarse, stream: rows.fine });
        let coded: Vec<Coded<'_>> = coded.collect();
        let mut scores = vec![f32::NEG_INFINITY; rows.len()];
        self.book.decode_full(&coded, |document, bytes| {
            if let Some(bytes) = bytes {
                scores[document] = self.full_score(rows[document], &scales[document], bytes, scoring);
            }
        });
        scores
    }

    /// MaxSim with the rows that coarse and fine codes together stand for (`bytes`, of these scales), less what such a score is foretold to be too high by.
    fn full_score(&self, rows: CodedRows<'_>, scales: &[u8], bytes: &[u8], scoring: &mut Scoring) -> f32 {
        if rows.len() == 0 {
            return NO_MATCH * self.weights;
        }
        self.describe(rows, scales, 0..rows.len(), (&mut scoring.numbers, &mut scoring.sizes));
        self.clear(scoring);
        let Scoring { numbers, sizes, sums, bases, places, maxima, .. } = &mut *scoring;
        bases.find(&self.two_bytes, self.book.centroid_bytes(), numbers, places);
        for (number, bytes) in bytes.chunks(ROWS_AT_ONCE * self.padded).enumerate() {
            let at = number * ROWS_AT_ONCE;
            let stretch = at..at + bytes.len() / self.padded;
            products(&self.full.table, bytes, sums, Instructions::best());
            let codes = CodeProducts {
                sums: sums[..stretch.len() * self.lanes].as_chunks().0,
                lanes: self.lanes / LANES,
                scales: &self.full.scales,
                sizes: &sizes[stretch.clone()],
            };
            raise_from_bases(maxima, (bases.scores(), &places[stretch]), codes);
        }
        self.sum(&scoring.maxima) + self.common(rows) - rows.excess * self.weights
    }

    /// Chooses the rows of the document that are not too far off, for at least one query row.
    fn choose(&self, rows: CodedRows<'_>, scoring: &mut Scoring) {
        let numbers = rows.centroids.as_chunks::<2>().0;
        let Scoring { marked, chosen, every_scale, .. } = scoring;
        rows.scales_into(every_scale);
        marked.clear();
        marked.resize(numbers.len(), 0);
        for (group, (rough, margins)) in self.rough.iter().zip(&self.margins).enumerate() {
            let mut best = [0u8; GROUP];
            raise_bytes(rough, numbers, &mut best);
            let lanes = (self.rows - group * GROUP).min(GROUP);
            let mut least = [[u8::MAX; GROUP]; SCALES];
            for (least, margins) in least.iter_mut().zip(margins) {
                for lane in 0..lanes {
                    least[lane] = best[lane].saturating_sub(margins[lane]);
                }
            }
            mark_rows(rough, numbers, every_scale, &least, marked);
        }
        // Without a branch, which would be foreseen wrongly as often as not.
        let mut count = 0;
        chosen.resize(numbers.len(), 0);
        for (row, &marked) in (0u32..).zip(marked.iter()) {
            chosen[count] = row;
            count += usize::from(marked);
        }
        chosen.truncate(count);
    }

    /// Makes room for the products of some rows, and clears the maxima.
    fn clear(&self, scoring: &mut Scoring) {
        scoring.bytes.resize(ROWS_AT_ONCE * self.padded, 0);
        scoring.sums.resize(ROWS_AT_ONCE * self.lanes, 0);
        scoring.maxima.clear();
        scoring.maxima.resize(self.lanes / LANES, [f32::NEG_INFINITY; LANES]);
    }

    /// Notes the centroids and sizes of the chosen rows of those with these scales.
    fn describe(
        &self,
        rows: CodedRows<'_>,
        scales: &[u8],
        chosen: impl Iterator<Item = usize> + Clone,
        (numbers, sizes): (&mut Vec<u32>, &mut Vec<f32>),
    ) {
        let (all, last) = (rows.centroids.as_chunks::<2>().0, self.book.centroid_count() as u32 - 1);
        numbers.clear();
        numbers.extend(chosen.clone().map(|row| u32::from(u16::from_le_bytes(all[row])).min(last)));
        sizes.clear();
        sizes.extend(chosen.map(|row| self.sizes[usize::from(scales[row])]));
    }

    fn sum(&self, maxima: &[[f32; LANES]]) -> f32 {
        maxima.as_flattened()[..self.rows].iter().sum()
    }
}

impl CodeTable {
    /// For codes whose bytes are about `centre`, with query bytes of at most `largest`.
    fn new(rotated: &[f32], steps: &[f32], centre: i32, largest: f32) -> Self {
        let padded = steps.len();
        // What a step of the code is worth goes into the query, once, instead of into every row.
        let scaled: Vec<f32> = rotated.iter().zip(steps.iter().cycle()).map(|(v, s)| v * s).collect();
        let (bytes, scales) = signed_bytes(&scaled, padded, largest);
        Self { table: Table::from_bytes(&bytes, padded, &[], centre), scales }
    }
}

/// The products of the rotated rows with all centroids, as bytes on one scale for all, so that their sums compare; what zero stands for, and what one more
/// is worth.
fn rough_scores(rotated: &[f32], rows: usize, book: &Codebook) -> (Vec<Vec<[u8; GROUP]>>, f32, f32) {
    let padded = book.padded();
    let (bytes, scales) = signed_bytes(rotated, padded, CENTRE as f32);
    let table = Table::from_bytes(&bytes, padded, &[], FINE_CENTRE);
    let (centroids, steps) = book.centroid_bytes();
    let tasks = centroids.par_chunks(CENTROIDS_A_TASK * padded).zip(steps.par_chunks(CENTROIDS_A_TASK));
    let parts: Vec<(Vec<i32>, f32, f32)> = tasks
        .map(|(rows, steps)| {
            let mut sums = vec![0i32; steps.len() * table.lanes()];
            products(&table, rows, &mut sums, Instructions::best());
            let (mut low, mut high) = ([f32::MAX; LANES], [f32::MIN; LANES]);
            widen_range(&mut low, &mut high, sums.as_chunks().0, steps, &scales);
            (sums, low.into_iter().fold(f32::MAX, f32::min), high.into_iter().fold(f32::MIN, f32::max))
        })
        .collect();
    let low = parts.iter().fold(f32::MAX, |low, part| low.min(part.1));
    let high = parts.iter().fold(f32::MIN, |high, part| high.max(part.2));
    let low = low.max(high - TOLD_APART * (high - low));
    let step = ((high - low) / 255.0).max(f32::MIN_POSITIVE);
    let rough = (0..rows.div_ceil(GROUP))
        .map(|group| {
            let mut out = vec![[0u8; GROUP]; steps.len()];
            out.par_chunks_mut(CENTROIDS_A_TASK)
                .zip(parts.par_iter().zip(steps.par_chunks(CENTROIDS_A_TASK)))
                .for_each(|(out, ((sums, ..), steps))| {
                    roughen(out, sums.as_chunks().0, steps, &scales, group * GROUP / LANES, low, 1.0 / step);
                    let past = (rows - group * GROUP).min(GROUP);
                    if past < GROUP {
                        out.iter_mut().for_each(|out| out[past..].fill(0));
                    }
                });
            out
        })
        .collect();
    (rough, low, step)
}
