//! Centroids in two levels: groups of neighbours, found over the group's mean, so that assigning a row costs some hundred products
//! instead of tens of thousands.
#![allow(clippy::needless_range_loop, reason = "loops over lanes, each over several arrays at once")]

use rayon::prelude::*;

use super::random::Random;
use super::{mean, product};
use crate::kernels::lanes::twice;
use crate::kernels::{CENTRE, FINE_CENTRE, Instructions, LANES, Table, products, quantise_row};

/// Groups that are looked through for a row's centroid.
const PROBED_GROUPS: usize = 4;
/// Rounds of Lloyd's algorithm at each level, and over all centroids at the end.
const GROUP_ROUNDS: usize = 6;
const MEMBER_ROUNDS: usize = 6;
const LAST_ROUNDS: usize = 2;

/// `[count, width]` centroids, those of a group side by side.
#[derive(Debug, Clone)]
pub(crate) struct Centroids {
    pub(crate) width: usize,
    /// Row-major.
    pub(crate) values: Vec<f32>,
    /// Where each group begins, and where the last one ends.
    pub(crate) groups: Vec<u32>,
    /// The same as bytes about [`FINE_CENTRE`], for products with queries, and what a step of each one's is worth.
    pub(crate) bytes: Vec<u8>,
    pub(crate) steps: Vec<f32>,
    means: Nearest,
    members: Vec<Nearest>,
}

/// A few vectors, of which the nearest to a row is sought.
#[derive(Debug, Clone)]
struct Nearest {
    table: Table,
    step: f32,
    /// Half the squared length of each; infinite where a lane is empty.
    half_squares: Vec<f32>,
}

/// Memory that assigning uses again.
#[derive(Default)]
pub(crate) struct Assigning {
    bytes: Vec<u8>,
    sums: Vec<i32>,
}

twice! {
    /// The highest `sums * scale - halves` of each lane, and the block that it stands in; of equals the first.
    nearest_of_lanes, nearest_of_lanes_avx2, nearest_of_lanes_portable,
    (sums: &[[i32; LANES]], halves: &[[f32; LANES]], scale: f32, nearest: &mut [f32; LANES], blocks: &mut [u32; LANES])
}

#[inline(always)]
fn nearest_of_lanes_portable(
    sums: &[[i32; LANES]],
    halves: &[[f32; LANES]],
    scale: f32,
    nearest: &mut [f32; LANES],
    blocks: &mut [u32; LANES],
) {
    let (mut held, mut places) = (*nearest, *blocks);
    for (block, (sums, halves)) in (0u32..).zip(sums.iter().zip(halves)) {
        for lane in 0..LANES {
            let near = sums[lane] as f32 * scale - halves[lane];
            let nearer = near > held[lane];
            held[lane] = if nearer { near } else { held[lane] };
            places[lane] = if nearer { block } else { places[lane] };
        }
    }
    (*nearest, *blocks) = (held, places);
}

impl Nearest {
    fn new(vectors: &[f32], width: usize) -> Self {
        let largest = vectors.iter().fold(0.0f32, |m, v| m.max(v.abs())).max(f32::MIN_POSITIVE);
        // Half of a byte's range: then the products of two quads are summed before they are widened.
        let step = largest / CENTRE as f32;
        let bytes: Vec<i8> = vectors.iter().map(|v| (v / step).round() as i8).collect();
        let table = Table::from_bytes(&bytes, width, &[], CENTRE);
        let mut half_squares: Vec<f32> =
            vectors.chunks_exact(width).map(|r| r.iter().map(|v| v * v).sum::<f32>() / 2.0).collect();
        half_squares.resize(table.lanes(), f32::INFINITY);
        Self { table, step, half_squares }
    }

    /// The nearest by its place, and `row . it - |it|^2 / 2`: the larger, the nearer. `None` without vectors.
    fn best(&self, bytes: &[u8], step: f32, sums: &mut Vec<i32>) -> Option<(usize, f32)> {
        sums.resize(sums.len().max(self.table.lanes()), 0);
        products(&self.table, bytes, sums, Instructions::best());
        let (mut nearest, mut blocks) = ([f32::NEG_INFINITY; LANES], [0u32; LANES]);
        let sums = sums.as_chunks().0;
        nearest_of_lanes(sums, self.half_squares.as_chunks().0, step * self.step, &mut nearest, &mut blocks);
        let (lane, &near) = nearest
            .iter()
            .enumerate()
            .max_by(|(_, a), (_, b)| a.total_cmp(b))
            .filter(|(_, near)| **near > f32::NEG_INFINITY)?;
        let place = blocks[lane] as usize;
        Some((place * LANES + lane, near))
    }
}

impl Centroids {
    /// From bytes about [`FINE_CENTRE`] and what a step of each centroid's is worth, as kept in a file: what codes are counted from is what these stand for.
    /// `groups` must begin with 0, not fall, and end with the number of centroids.
    pub(crate) fn of_bytes(bytes: &[u8], steps: &[f32], groups: Vec<u32>, width: usize) -> Self {
        let value = |(byte, step): (&u8, f32)| (f32::from(*byte) - FINE_CENTRE as f32) * step;
        let rows = bytes.chunks_exact(width).zip(steps);
        Self::new(
            rows.flat_map(|(row, &step)| row.iter().map(move |byte| value((byte, step)))).collect(),
            groups,
            width,
        )
    }

    /// These, multiplied with each row of the rotation, and moved to what bytes can stand for.
    pub(crate) fn rotated(self, rotation: &[f32]) -> Self {
        let turned = Self::new(product(&self.values, rotation, self.width), self.groups, self.width);
        Self::of_bytes(&turned.bytes, &turned.steps, turned.groups, turned.width)
    }

    fn new(values: Vec<f32>, groups: Vec<u32>, width: usize) -> Self {
        let mut means = Vec::with_capacity(groups.len() * width);
        let mut members = Vec::with_capacity(groups.len());
        for bounds in groups.windows(2) {
            let group = &values[bounds[0] as usize * width..bounds[1] as usize * width];
            means.extend(mean(group, width));
            members.push(Nearest::new(group, width));
        }
        let mut bytes = vec![0; values.len()];
        let steps = values
            .chunks_exact(width)
            .zip(bytes.chunks_exact_mut(width))
            .map(|(row, out)| quantise_row(row, FINE_CENTRE, out));
        let steps = steps.collect();
        Self { means: Nearest::new(&means, width), members, bytes, steps, width, values, groups }
    }

    /// How many.
    pub(crate) fn len(&self) -> usize {
        self.values.len() / self.width
    }

    /// Centroid `number`.
    pub(crate) fn get(&self, number: usize) -> &[f32] {
        &self.values[number * self.width..(number + 1) * self.width]
    }

    /// About `count` centroids of `rows` (row-major).
    pub(crate) fn train(rows: &[f32], width: usize, count: usize, random: &mut Random) -> Self {
        let sample = Sample::new(rows, width);
        let count = count.clamp(1, sample.len().max(1));
        let groups = ((count as f64).sqrt().round() as usize).clamp(1, count);
        // A group's mean needs no more than some hundred rows.
        let some: Vec<u32> =
            (0..sample.len().min(groups * 256)).map(|_| random.below(sample.len().max(1)) as u32).collect();
        let means = sample.lloyd(&some, groups, GROUP_ROUNDS, random);
        let assigned = sample.assign(&Nearest::new(&means, width));
        let mut of_group = vec![Vec::new(); groups];
        assigned.iter().enumerate().for_each(|(row, &group)| of_group[group as usize].push(row as u32));
        let seeds: Vec<u64> = of_group.iter().map(|_| random.next()).collect();
        let trained: Vec<Vec<f32>> = of_group
            .par_iter()
            .zip(seeds)
            .map(|(rows, seed)| {
                let share = (rows.len() * count).div_ceil(sample.len().max(1)).min(rows.len());
                sample.lloyd(rows, share, MEMBER_ROUNDS, &mut Random::new(seed))
            })
            .collect();
        let mut bounds = vec![0u32];
        let mut values = Vec::new();
        for group in &trained {
            // Rounding up gives each group its share and all of them a few more: the last ones go.
            let left = (1usize << 16).saturating_sub(values.len() / width) * width;
            values.extend_from_slice(&group[..group.len().min(left)]);
            if values.len() / width > *bounds.last().unwrap_or(&0) as usize {
                bounds.push((values.len() / width) as u32);
            }
        }
        let mut centroids = Self::new(values, bounds, width);
        for _ in 0..LAST_ROUNDS {
            let assigned: Vec<u16> =
                sample.par_assign(|bytes, step, scratch| centroids.nearest_bytes(bytes, step, scratch));
            let mut sums = vec![0.0f32; centroids.values.len()];
            let mut counts = vec![0u32; centroids.len()];
            for (row, &to) in rows.chunks_exact(width).zip(&assigned) {
                counts[to as usize] += 1;
                sums[to as usize * width..][..width].iter_mut().zip(row).for_each(|(s, v)| *s += v);
            }
            for (number, &count) in counts.iter().enumerate().filter(|(_, c)| **c > 0) {
                let range = number * width..(number + 1) * width;
                centroids.values[range.clone()].iter_mut().zip(&sums[range]).for_each(|(c, s)| *c = s / count as f32);
            }
            centroids = Self::new(centroids.values, centroids.groups, width);
        }
        centroids
    }

    /// The number of the centroid nearest to `row`, or of one hardly farther.
    pub(crate) fn nearest(&self, row: &[f32], scratch: &mut Assigning) -> u16 {
        let mut bytes = std::mem::take(&mut scratch.bytes);
        bytes.resize(row.len(), 0);
        let step = quantise_row(row, CENTRE, &mut bytes);
        let found = self.nearest_bytes(&bytes, step, scratch);
        scratch.bytes = bytes;
        found
    }

    fn nearest_bytes(&self, bytes: &[u8], step: f32, scratch: &mut Assigning) -> u16 {
        let Assigning { sums, .. } = scratch;
        sums.resize(sums.len().max(self.means.table.lanes()), 0);
        products(&self.means.table, bytes, sums, Instructions::best());
        let scale = step * self.means.step;
        let near = sums.iter().zip(&self.means.half_squares).map(|(&sum, half)| sum as f32 * scale - half);
        let mut probed = [(f32::NEG_INFINITY, 0u32); PROBED_GROUPS];
        for (group, near) in (0..self.members.len() as u32).zip(near) {
            if near > probed[PROBED_GROUPS - 1].0 {
                probed[PROBED_GROUPS - 1] = (near, group);
                let mut at = PROBED_GROUPS - 1;
                while at > 0 && probed[at].0 > probed[at - 1].0 {
                    probed.swap(at, at - 1);
                    at -= 1;
                }
            }
        }
        let mut best = (f32::NEG_INFINITY, 0u32);
        for (_, group) in probed.into_iter().filter(|p| p.0 > f32::NEG_INFINITY) {
            if let Some((place, near)) = self.members[group as usize].best(bytes, step, sums)
                && near > best.0
            {
                best = (near, self.groups[group as usize] + place as u32);
            }
        }
        best.1 as u16
    }
}

/// Rows to learn from, with their bytes.
struct Sample<'a> {
    rows: &'a [f32],
    width: usize,
    bytes: Vec<u8>,
    steps: Vec<f32>,
}

impl<'a> Sample<'a> {
    fn new(rows: &'a [f32], width: usize) -> Self {
        let mut bytes = vec![0; rows.len()];
        let steps = rows
            .par_chunks_exact(width)
            .zip(bytes.par_chunks_exact_mut(width))
            .map(|(row, bytes)| quantise_row(row, CENTRE, bytes))
            .collect();
        Self { rows, width, bytes, steps }
    }

    fn len(&self) -> usize {
        self.steps.len()
    }

    fn row(&self, number: u32) -> &[f32] {
        &self.rows[number as usize * self.width..][..self.width]
    }

    fn bytes(&self, number: u32) -> &[u8] {
        &self.bytes[number as usize * self.width..][..self.width]
    }

    fn par_assign<T: Send>(&self, of: impl Fn(&[u8], f32, &mut Assigning) -> T + Sync) -> Vec<T> {
        (0..self.len() as u32)
            .into_par_iter()
            .map_init(Assigning::default, |scratch, row| of(self.bytes(row), self.steps[row as usize], scratch))
            .collect()
    }

    fn assign(&self, nearest: &Nearest) -> Vec<u32> {
        self.par_assign(|bytes, step, scratch| nearest.best(bytes, step, &mut scratch.sums).map_or(0, |b| b.0 as u32))
    }

    /// Lloyd's algorithm for `count` means over the rows `chosen`, from rows drawn at random.
    fn lloyd(&self, chosen: &[u32], count: usize, rounds: usize, random: &mut Random) -> Vec<f32> {
        if chosen.is_empty() || count == 0 {
            return Vec::new();
        }
        let draw = |random: &mut Random| self.row(chosen[random.below(chosen.len())]).to_vec();
        let mut shuffled = chosen.to_vec();
        for place in 0..count.min(shuffled.len()) {
            let other = place + random.below(shuffled.len() - place);
            shuffled.swap(place, other);
        }
        let mut means: Vec<f32> = shuffled.iter().take(count).flat_map(|&row| self.row(row).to_vec()).collect();
        let count = means.len() / self.width;
        for _ in 0..rounds {
            let nearest = Nearest::new(&means, self.width);
            let assigned: Vec<usize> = chosen
                .par_iter()
                .with_min_len(512)
                .map_init(Vec::new, |sums, &row| {
                    nearest.best(self.bytes(row), self.steps[row as usize], sums).map_or(0, |b| b.0)
                })
                .collect();
            let mut counts = vec![0u32; count];
            means.fill(0.0);
            for (&row, &to) in chosen.iter().zip(&assigned) {
                counts[to] += 1;
                means[to * self.width..][..self.width].iter_mut().zip(self.row(row)).for_each(|(m, v)| *m += v);
            }
            for (mean, &count) in means.chunks_exact_mut(self.width).zip(&counts) {
                match count {
                    0 => mean.copy_from_slice(&draw(random)),
                    _ => mean.iter_mut().for_each(|v| *v /= count as f32),
                }
            }
        }
        means
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows around 40 well separated directions.
    fn clustered(count: usize, width: usize) -> Vec<f32> {
        let mut random = Random::new(5);
        let centres: Vec<f32> = (0..40 * width).map(|_| random.normal() as f32).collect();
        (0..count)
            .flat_map(|i| {
                centres[i % 40 * width..][..width].iter().map(|c| c + 0.05 * random.normal() as f32).collect::<Vec<_>>()
            })
            .collect()
    }

    fn squared(a: &[f32], b: &[f32]) -> f32 {
        a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum()
    }

    #[test]
    fn the_centroid_found_is_hardly_farther_than_the_nearest() {
        let width = 32;
        let rows = clustered(4000, width);
        let centroids = Centroids::train(&rows, width, 64, &mut Random::new(1));
        assert!(centroids.len() >= 40 && centroids.len() <= 80, "{}", centroids.len());
        let mut scratch = Assigning::default();
        let (mut found, mut nearest, mut drawn) = (0.0, 0.0, 0.0);
        for row in rows.chunks_exact(width) {
            found += squared(row, centroids.get(centroids.nearest(row, &mut scratch) as usize));
            nearest += centroids.values.chunks_exact(width).map(|c| squared(row, c)).fold(f32::INFINITY, f32::min);
            // As many rows drawn at random, which is where training begins.
            drawn += (0..centroids.len())
                .map(|i| squared(row, &rows[i * 49 * width..][..width]))
                .fold(f32::INFINITY, f32::min);
        }
        assert!(found < 1.1 * nearest && found < drawn, "{found}, nearest {nearest}, drawn {drawn}");
    }

    #[test]
    fn the_same_rows_give_the_same_centroids() {
        let rows = clustered(800, 32);
        let train = || Centroids::train(&rows, 32, 30, &mut Random::new(9)).values;
        assert_eq!(train(), train());
    }

    #[test]
    fn fewer_rows_than_centroids_are_enough() {
        let rows = clustered(3, 32);
        let centroids = Centroids::train(&rows, 32, 100, &mut Random::new(1));
        assert!(centroids.len() <= 3 && centroids.len() > 0);
    }
}
