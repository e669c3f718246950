//! What codes can say of each number of a row: the levels of its alphabet, which depends on how far numbers of its direction are spread in rows of its scale.
//!
//! Errors weigh as much as rows are large in a direction, since queries are spread like rows. Measured so, one step and one price of a bit are right for all numbers of
//! all rows: then a bit lessens the error alike wherever it is spent, which is what reverse water-filling asks for (Cover and Thomas, Elements of Information Theory, 10.3.3).

use super::alphabet::{Alphabet, Tally};
use super::basis::BLOCK;
use super::levels::{CoarseLevels, Thresholds};
use super::scales::{SCALES, nearest};
use super::stream::Tables;
use super::trellis::{Ladders, Trellis};

/// Spreads that are told apart, in steps of the levels: the least, and each as many times the one before.
const SPREADS: usize = 32;
const LEAST_SPREAD: f32 = 0.25;
const RATIO: f32 = 1.16;
/// What a bit costs in squared error, in squares of a step. Anything from .1 to .3 does about as well.
const PRICE: f32 = 0.2;
/// Rounds of choosing paths, and fitting levels, frequencies and the step to what was chosen.
const ROUNDS: usize = 12;

/// The alphabets of all numbers, and what follows from them.
#[derive(Debug, Clone)]
pub(super) struct Symbols {
    /// How much an error of each number weighs: the root mean square of rows in its direction.
    pub(super) weights: Vec<f32>,
    /// What a bit costs, in weighted squared error.
    pub(super) price: f32,
    pub(super) alphabets: Vec<Alphabet>,
    /// Which alphabet the numbers of each scale have, `[SCALES, padded]`.
    pub(super) of: Vec<u8>,
    /// For each scale, the levels of its numbers, weighted.
    ladders: Vec<Ladders>,
    pub(super) tables: Tables,
}

/// Rows of a sample, as codes see them.
pub(super) struct Sample<'a> {
    /// `[count, padded]`: what is left over of them.
    pub(super) rest: &'a [f32],
    /// The scale of each.
    pub(super) scales: &'a [u8],
}

/// What is known of directions and scales before levels are chosen.
pub(super) struct Spread<'a> {
    /// The standard deviation of each number, `[padded]`.
    pub(super) deviations: &'a [f32],
    pub(super) weights: &'a [f32],
    pub(super) sizes: &'a [f32; SCALES],
}

impl Symbols {
    /// All that follows from what a file holds.
    pub(super) fn new(price: f32, alphabets: Vec<Alphabet>, of: Vec<u8>, spread: &Spread<'_>) -> Self {
        let ladders = ladders(price, &alphabets, &of, spread);
        let tables = Tables::new(&alphabets, &of, spread.weights.len());
        Self { weights: spread.weights.to_vec(), price, alphabets, of, ladders, tables }
    }

    /// The alphabet of a number in rows of a scale.
    pub(super) fn alphabet(&self, scale: u8, number: usize) -> &Alphabet {
        &self.alphabets[usize::from(self.of[usize::from(scale) * self.weights.len() + number])]
    }

    /// The levels of least weighted error and price for rows of one scale, `[count, padded]`.
    pub(super) fn quantise(&self, trellis: &mut Trellis, rows: &[f32], scale: u8, levels: &mut [u8]) {
        quantise(trellis, rows, &self.weights, &self.ladders[usize::from(scale)], levels);
    }

    /// Chooses the step so that fine codes have `fine_bits` a number, and fits alphabets to the sample. `coarse_bits` are those of each block, `thresholds` those of
    /// every number of bits. Also returns what the runs of the coarse code stand for, for every number of bits.
    pub(super) fn train(
        sample: &Sample<'_>,
        spread: &Spread<'_>,
        (coarse_bits, thresholds): (&[u8], &[Thresholds]),
        fine_bits: f32,
    ) -> (Self, Vec<CoarseLevels>) {
        let padded = spread.weights.len();
        let kinds = thresholds.len();
        let mut alphabets: Vec<Alphabet> = (0..SPREADS * kinds)
            .map(|at| Alphabet::normal(spread_of(at / kinds), (at % kinds) as u8, &thresholds[at % kinds]))
            .collect();
        let coarse_of = |number: usize| usize::from(coarse_bits[number / BLOCK]);
        let mut step = first_step(sample, spread, fine_bits + mean_of(coarse_bits));
        let (mut of, mut tallies, mut price) = (Vec::new(), Vec::new(), 0.0);
        for _ in 0..ROUNDS {
            price = PRICE * step * step;
            let alphabet = |at: usize| {
                let (scale, number) = (at / padded, at % padded);
                (kind_of(spread.unit(scale, number) * spread.weights[number] / step) * kinds + coarse_of(number)) as u8
            };
            of = (0..SCALES * padded).map(alphabet).collect();
            tallies = tally(sample, spread, &alphabets, &of, &ladders(price, &alphabets, &of, spread));
            let counted: f64 = tallies.iter().flat_map(|tally| &tally.counts).sum();
            let bits: f64 = tallies.iter().zip(&alphabets).map(|(tally, of)| weighted(&tally.counts, of.bits())).sum();
            for (at, (alphabet, tally)) in alphabets.iter_mut().zip(&tallies).enumerate() {
                alphabet.fit(spread_of(at / kinds), tally);
            }
            // A step of twice the size takes a bit off, or less where there is hardly one.
            step *= ((bits / counted.max(1.0)) as f32 - fine_bits).clamp(-1.0, 1.0).exp2();
        }
        let coarse = (0..kinds).map(|bits| {
            let mut means = vec![(0.0, 0.0); 1 << bits];
            for (alphabet, tally) in alphabets.iter().zip(&tallies).skip(bits).step_by(kinds) {
                for ((run, count), sum) in alphabet.runs.iter().zip(&tally.counts).zip(&tally.sums) {
                    let (counts, sums) = &mut means[usize::from(*run)];
                    (*counts, *sums) = (*counts + count, *sums + sum);
                }
            }
            let means: Vec<f32> = means.iter().map(|(count, sum)| (sum / f64::max(*count, 1.0)) as f32).collect();
            CoarseLevels::of(&means)
        });
        let coarse = coarse.collect();
        keep_used(&mut alphabets, &mut of);
        (Self::new(price, alphabets, of, spread), coarse)
    }
}

impl Spread<'_> {
    /// The standard deviation of a number in rows of a scale.
    fn unit(&self, scale: usize, number: usize) -> f32 {
        self.deviations[number] * self.sizes[scale]
    }

    /// The weighted variance of each block of numbers.
    pub(super) fn of_blocks(&self) -> Vec<f64> {
        let blocks = self.deviations.chunks_exact(BLOCK).zip(self.weights.chunks_exact(BLOCK));
        blocks.map(|(d, w)| d.iter().zip(w).map(|(d, w)| f64::from(d * w).powi(2)).sum()).collect()
    }
}

impl Sample<'_> {
    /// The same numbers in standard deviations; nothing where rows do not differ.
    pub(super) fn of_unit_variance(&self, spread: &Spread<'_>) -> Vec<f32> {
        let padded = spread.weights.len();
        let one = |(at, value): (usize, &f32)| {
            let unit = spread.unit(self.scales[at / padded].into(), at % padded);
            if unit > 0.0 { value / unit } else { 0.0 }
        };
        self.rest.iter().enumerate().map(one).collect()
    }
}

/// For each scale, the weighted levels of its numbers, and what they cost.
fn ladders(price: f32, alphabets: &[Alphabet], of: &[u8], spread: &Spread<'_>) -> Vec<Ladders> {
    let padded = spread.weights.len();
    let levels: Vec<Vec<(f32, f32)>> = alphabets
        .iter()
        .map(|alphabet| {
            alphabet.bits().enumerate().map(|(level, bits)| (alphabet.value(level), bits * price)).collect()
        })
        .collect();
    let of_scale = |scale: usize| {
        let mut ladders = Ladders::default();
        for number in 0..padded {
            let unit = spread.unit(scale, number) * spread.weights[number];
            let levels = &levels[usize::from(of[scale * padded + number])];
            ladders.push(levels.iter().map(|(value, price)| (value * unit, *price)));
        }
        ladders
    };
    (0..SCALES).map(of_scale).collect()
}

fn quantise(trellis: &mut Trellis, rows: &[f32], weights: &[f32], ladders: &Ladders, levels: &mut [u8]) {
    let weighted: Vec<f32> = rows.iter().zip(weights.iter().cycle()).map(|(v, w)| v * w).collect();
    trellis.quantise(&weighted, weights.len(), ladders, levels);
}

/// How often the sample chooses each level of every alphabet.
fn tally(
    sample: &Sample<'_>,
    spread: &Spread<'_>,
    alphabets: &[Alphabet],
    of: &[u8],
    ladders: &[Ladders],
) -> Vec<Tally> {
    let padded = spread.weights.len();
    let mut tallies: Vec<Tally> = alphabets.iter().map(Tally::of).collect();
    let mut trellis = Trellis::default();
    for (scale, ladders) in ladders.iter().enumerate() {
        let rows = sample.rest.chunks_exact(padded).zip(sample.scales);
        let alike: Vec<f32> =
            rows.filter(|(_, of)| usize::from(**of) == scale).flat_map(|(row, _)| row).copied().collect();
        let mut levels = vec![0; alike.len()];
        quantise(&mut trellis, &alike, spread.weights, ladders, &mut levels);
        for (row, levels) in alike.chunks_exact(padded).zip(levels.chunks_exact(padded)) {
            for (number, (value, &level)) in row.iter().zip(levels).enumerate() {
                let unit = spread.unit(scale, number);
                if unit > 0.0 {
                    let tally = &mut tallies[usize::from(of[scale * padded + number])];
                    tally.counts[usize::from(level)] += 1.0;
                    tally.sums[usize::from(level)] += f64::from(value / unit);
                }
            }
        }
    }
    tallies
}

/// Drops the alphabets that no number has.
fn keep_used(alphabets: &mut Vec<Alphabet>, of: &mut [u8]) {
    let mut used = vec![false; alphabets.len()];
    of.iter().for_each(|&at| used[usize::from(at)] = true);
    let place: Vec<u8> = used
        .iter()
        .scan(0, |next, &used| {
            let here = *next;
            *next += u8::from(used);
            Some(here)
        })
        .collect();
    of.iter_mut().for_each(|at| *at = place[usize::from(*at)]);
    let mut used = used.into_iter();
    alphabets.retain(|_| used.next() == Some(true));
}

/// A guess at the step that gives `bits` a number, coarse and fine ones together.
fn first_step(sample: &Sample<'_>, spread: &Spread<'_>, bits: f32) -> f32 {
    let logarithm = |of: &[f32]| {
        let positive = || of.iter().filter(|v| **v > 0.0);
        positive().map(|v| v.log2()).sum::<f32>() / positive().count().max(1) as f32
    };
    let of_rows: Vec<f32> = sample.scales.iter().map(|&scale| spread.sizes[usize::from(scale)]).collect();
    let units = logarithm(spread.deviations) + logarithm(spread.weights) + logarithm(&of_rows);
    (units + 1.4 - bits).exp2()
}

fn mean_of(bits: &[u8]) -> f32 {
    bits.iter().map(|&bits| f32::from(bits)).sum::<f32>() / bits.len().max(1) as f32
}

fn weighted(counts: &[f64], bits: impl Iterator<Item = f32>) -> f64 {
    counts.iter().zip(bits).map(|(count, bits)| count * f64::from(bits)).sum()
}

fn spread_of(kind: usize) -> f32 {
    LEAST_SPREAD * RATIO.powi(kind as i32)
}

fn kind_of(spread: f32) -> usize {
    usize::from(nearest((0..SPREADS).map(spread_of), spread))
}
