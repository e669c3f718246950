//! What centroids score with the rows of a query, in single precision: each is computed when a row that lies there is first looked at. Documents that
//! are alike have many centroids in common.

use crate::kernels::lanes::{UPPER, score_two_bytes};
use crate::kernels::{FINE_CENTRE, Instructions, LANES, Table, largest, nearest, products};

/// Blocks of scores that are kept at most (16 MB); when there are more, all are computed anew.
const MOST_BLOCKS: usize = 1 << 19;
/// Centroids whose products stand in memory at once.
const AT_ONCE: usize = 64;

/// The rows of a query in two bytes a number.
pub(super) struct TwoBytes {
    /// All lanes of the upper bytes, then all of the lower ones.
    table: Table,
    /// What a step of the lower ones is worth, for each lane.
    scales: Vec<[f32; LANES]>,
}

impl TwoBytes {
    /// Of `rows` of this width, filled up to `lanes`.
    pub(super) fn new(rows: &[f32], lanes: usize, width: usize) -> Self {
        let reach = crate::kernels::CENTRE as f32;
        let mut bytes = vec![0i8; 2 * lanes * width];
        let mut scales = vec![[0.0; LANES]; lanes / LANES];
        let (upper, lower) = bytes.split_at_mut(lanes * width);
        let rows = rows.chunks_exact(width).zip(upper.chunks_exact_mut(width).zip(lower.chunks_exact_mut(width)));
        for (lane, (row, (upper, lower))) in rows.enumerate() {
            let step = largest(row) / reach / UPPER as f32;
            let inverse = if step > 0.0 { 1.0 / step } else { 0.0 };
            for ((value, upper), lower) in row.iter().zip(upper).zip(lower) {
                let whole = nearest(value * inverse);
                let high = nearest(whole / UPPER as f32);
                (*upper, *lower) = (high as i8, (whole - high * UPPER as f32) as i8);
            }
            scales[lane / LANES][lane % LANES] = step;
        }
        Self { table: Table::from_bytes(&bytes, width, &[], FINE_CENTRE), scales }
    }
}

/// The scores of those centroids that were asked for.
#[derive(Default)]
pub(super) struct Bases {
    /// One more than the place of each centroid's scores; 0 where they are not there.
    places: Vec<u32>,
    scores: Vec<[f32; LANES]>,
    /// Memory that is used again: centroids that are missing, as bytes and what a step of each is worth, and their products.
    bytes: Vec<u8>,
    steps: Vec<f32>,
    sums: Vec<i32>,
}

impl Bases {
    /// Finds the scores of the centroids `numbers`, all of them among those of which `bytes` and steps are given: writes the place of each one's blocks, counted
    /// in rows of [`Bases::scores`], to `places`. Always to be asked with the same query.
    pub(super) fn find(
        &mut self,
        query: &TwoBytes,
        (bytes, steps): (&[u8], &[f32]),
        numbers: &[u32],
        places: &mut Vec<u32>,
    ) {
        let (width, blocks) = (query.table.width(), query.scales.len());
        if self.scores.len() + numbers.len() * blocks > MOST_BLOCKS {
            self.places.fill(0);
            self.scores.clear();
        }
        self.places.resize(steps.len(), 0);
        self.bytes.clear();
        self.steps.clear();
        let held = self.scores.len() / blocks;
        places.clear();
        for &number in numbers {
            let number = number as usize;
            let place = &mut self.places[number];
            if *place == 0 {
                self.bytes.extend_from_slice(&bytes[number * width..(number + 1) * width]);
                self.steps.push(steps[number]);
                *place = (held + self.steps.len()) as u32;
            }
            places.push(*place - 1);
        }
        self.sums.resize(AT_ONCE * query.table.lanes(), 0);
        for (bytes, steps) in self.bytes.chunks(AT_ONCE * width).zip(self.steps.chunks(AT_ONCE)) {
            products(&query.table, bytes, &mut self.sums, Instructions::best());
            let first = self.scores.len();
            self.scores.resize(first + steps.len() * blocks, [0.0; LANES]);
            score_two_bytes(&mut self.scores[first..], self.sums.as_chunks().0, steps, &query.scales);
        }
    }

    /// Scores of centroids with all query rows, row after row.
    pub(super) fn scores(&self) -> &[[f32; LANES]] {
        &self.scores
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codebook::Random;

    #[test]
    fn each_centroid_is_computed_once_and_right() {
        const WIDTH: usize = 32;
        let mut random = Random::new(3);
        let rows: Vec<f32> = (0..11 * WIDTH).map(|_| random.normal() as f32).collect();
        let query = TwoBytes::new(&rows, 16, WIDTH);
        let bytes: Vec<u8> = (0..100 * WIDTH).map(|_| (random.next() % 255) as u8).collect();
        let steps: Vec<f32> = (1..=100).map(|n| n as f32 / 1e3).collect();
        let (mut bases, mut places) = (Bases::default(), Vec::new());
        for (numbers, held) in [(vec![7, 99, 7, 0], 3), ((0..80).collect(), 81), (vec![7, 80], 82), (vec![], 82)] {
            bases.find(&query, (&bytes, &steps), &numbers, &mut places);
            assert_eq!((places.len(), bases.scores().len()), (numbers.len(), held * 2));
            for (&number, &place) in numbers.iter().zip(&places) {
                let centroid = &bytes[number as usize * WIDTH..][..WIDTH];
                for (lane, row) in rows.chunks(WIDTH).enumerate() {
                    let product = |(q, &b): (&f32, &u8)| q * (f32::from(b) - FINE_CENTRE as f32);
                    let exact = row.iter().zip(centroid).map(product).sum::<f32>() * steps[number as usize];
                    let found = bases.scores()[place as usize * 2 + lane / LANES][lane % LANES];
                    // Half a step off in every number, at the farthest ones.
                    let worst = query.scales[lane / LANES][lane % LANES] / 2.0 * WIDTH as f32 * FINE_CENTRE as f32;
                    let allowed = worst * steps[number as usize];
                    assert!((found - exact).abs() < allowed, "{number}, {lane}: {found} for {exact}");
                }
            }
        }
    }
}
