//! Trellis-coded quantisation (Marcellin and Fischer, 1990): a number has twice as many levels as its bits could name, since what was chosen for the
//! numbers before says which half of them is open. The best path through all numbers of a row is found by Viterbi's algorithm, and lessens
//! the squared error by a quarter to a third against the nearest level of each number by itself.
//!
//! The levels of a number, in order, belong to four subsets in turn. One bit of each number, the path bit, is fed to a convolutional code of 64 states
//! (Ungerboeck, 1982, table I), whose two outputs name the subset. The lower one is a sum modulo two of path bits of earlier numbers alone: it says which two subsets are
//! open, every other level. Which of these was chosen gives the higher one, and with it the path bit. The best path is the one whose squared error and price are least:
//! a level costs as much as the bits that name it are worth.
#![allow(clippy::needless_range_loop, reason = "loops over lanes, each over several arrays at once")]

use crate::kernels::{Instructions, TO_INTEGER};

/// Path bits that a state remembers.
pub(super) const MEMORY: usize = 6;
const STATES: usize = 1 << MEMORY;
/// Which path bits, counted from the newest, make the lower and the higher bit of the subset.
pub(super) const LOW_TAPS: u32 = 0o24;
pub(super) const HIGH_TAPS: u32 = 0o103;
/// Rows that are quantised together, a lane each.
pub(super) const ROWS: usize = 16;

/// The subset that each state and path bit (the lowest of the index) lead to.
const SUBSETS: [u8; 2 * STATES] = {
    let mut subsets = [0; 2 * STATES];
    let mut at = 0;
    while at < subsets.len() {
        let register = at as u32;
        let low = (register & LOW_TAPS).count_ones() & 1;
        let high = (register & HIGH_TAPS).count_ones() & 1;
        subsets[at] = (high << 1 | low) as u8;
        at += 1;
    }
    subsets
};

/// The levels that each number of rows of one scale may choose from, with their prices: what each stands for, and what it costs beside its squared error.
#[derive(Debug, Clone, Default)]
pub(super) struct Ladders {
    /// Where the levels of each number begin, and where the last ones end.
    begins: Vec<u32>,
    values: Vec<f32>,
    prices: Vec<f32>,
}

impl Ladders {
    /// Adds the levels of one more number.
    pub(super) fn push(&mut self, levels: impl Iterator<Item = (f32, f32)>) {
        if self.begins.is_empty() {
            self.begins.push(0);
        }
        levels.for_each(|(value, price)| {
            self.values.push(value);
            self.prices.push(price);
        });
        self.begins.push(self.values.len() as u32);
    }

    /// Values and prices of a number's levels.
    #[inline(always)]
    pub(super) fn of(&self, number: usize) -> (&[f32], &[f32]) {
        let place = self.begins[number] as usize..self.begins[number + 1] as usize;
        (&self.values[place.clone()], &self.prices[place])
    }
}

/// Memory that quantising uses again.
#[derive(Default)]
pub(super) struct Trellis {
    /// `[numbers]`: a number of each row.
    targets: Vec<[f32; ROWS]>,
    /// `[numbers][subset]`: the level that costs least.
    nearest: Vec<[[u8; ROWS]; 4]>,
    /// `[numbers][state]`: whether the path came from the higher of the two states before, a bit a row.
    from_high: Vec<[[u8; ROWS / 8]; STATES]>,
    costs: Vec<[f32; ROWS]>,
}

impl Trellis {
    /// For each of `rows` (`[count, width]`) the path of least squared error and price: a level a number, as its place among those of `ladders`. `levels` is as long as `rows`.
    pub(super) fn quantise(&mut self, rows: &[f32], width: usize, ladders: &Ladders, levels: &mut [u8]) {
        self.quantise_with(rows, width, ladders, levels, Instructions::best());
    }

    fn quantise_with(
        &mut self,
        rows: &[f32],
        width: usize,
        ladders: &Ladders,
        levels: &mut [u8],
        instructions: Instructions,
    ) {
        for (rows, levels) in rows.chunks(ROWS * width).zip(levels.chunks_mut(ROWS * width)) {
            self.targets.clear();
            self.targets.resize(width, [0.0; ROWS]);
            for (lane, row) in rows.chunks_exact(width).enumerate() {
                self.targets.iter_mut().zip(row).for_each(|(target, &value)| target[lane] = value);
            }
            self.nearest.resize(width, [[0; ROWS]; 4]);
            self.from_high.resize(width, [[0; ROWS / 8]; STATES]);
            self.costs.resize(STATES, [0.0; ROWS]);
            let walked = (&mut self.nearest[..], &mut self.from_high[..], &mut self.costs[..]);
            walk(&self.targets, ladders, walked, instructions);
            levels.chunks_exact_mut(width).enumerate().for_each(|(lane, levels)| self.trace(lane, levels));
        }
    }

    /// The path of one lane, from its end back.
    fn trace(&self, lane: usize, levels: &mut [u8]) {
        let mut state = (0..STATES).min_by(|&a, &b| self.costs[a][lane].total_cmp(&self.costs[b][lane])).unwrap_or(0);
        let numbers = self.nearest.iter().zip(&self.from_high).zip(levels);
        for ((nearest, from_high), level) in numbers.rev() {
            let last = state & 1;
            let high = usize::from(from_high[state][lane / 8] >> (lane % 8) & 1);
            let before = state >> 1 | high << (MEMORY - 1);
            *level = nearest[usize::from(SUBSETS[before << 1 | last])][lane];
            state = before;
        }
    }
}

/// What [`walk`] finds: for each number the level of every subset that costs least, for each number and state whether the cheaper path came from the higher of the two
/// states before, and at the end the cost of each state.
pub(super) type Walked<'a> = (&'a mut [[[u8; ROWS]; 4]], &'a mut [[[u8; ROWS / 8]; STATES]], &'a mut [[f32; ROWS]]);

/// Viterbi's algorithm from state 0 on.
#[allow(unsafe_code)]
fn walk(targets: &[[f32; ROWS]], ladders: &Ladders, walked: Walked<'_>, instructions: Instructions) {
    #[cfg(target_arch = "x86_64")]
    if instructions != Instructions::Portable {
        if is_x86_feature_detected!("avx512f") {
            // SAFETY: the processor has AVX-512; the function is a safe one but for that.
            return unsafe { super::trellis_x86::walk_avx512(targets, ladders, walked) };
        }
        if is_x86_feature_detected!("avx2") {
            // SAFETY: the processor has AVX2; the function is a safe one but for that.
            return unsafe { super::trellis_x86::walk_avx2(targets, ladders, walked) };
        }
    }
    let _ = instructions;
    walk_in::<[f32; 8]>(targets, ladders, walked);
}

/// Some lanes of rows, a number each: what the walk does with them, in one set of instructions.
pub(super) trait Lanes: Copy {
    /// How many there are: 8 or 16.
    const COUNT: usize;
    fn all(value: f32) -> Self;
    /// The first lanes of `values`, which has as many at least.
    fn load(values: &[f32]) -> Self;
    /// Into the first numbers of `to`, which has as many at least.
    fn store(self, to: &mut [f32]);
    fn plus(self, other: Self) -> Self;
    /// The squared difference.
    fn squared_error(self, other: Self) -> Self;
    /// The lower of each lane, and a bit for each where `other` is lower; `self` where they are equal.
    fn lower(self, other: Self) -> (Self, [u8; ROWS / 8]);
    /// As [`Lanes::lower`], with a number that goes along with either.
    fn lower_of(held: (Self, Self), other: (Self, Self)) -> (Self, Self);
}

impl Lanes for [f32; 8] {
    const COUNT: usize = 8;

    fn all(value: f32) -> Self {
        [value; 8]
    }

    fn load(values: &[f32]) -> Self {
        values.first_chunk().copied().unwrap_or_default()
    }

    fn store(self, to: &mut [f32]) {
        to[..8].copy_from_slice(&self);
    }

    fn plus(self, other: Self) -> Self {
        std::array::from_fn(|lane| self[lane] + other[lane])
    }

    fn squared_error(self, other: Self) -> Self {
        std::array::from_fn(|lane| (self[lane] - other[lane]) * (self[lane] - other[lane]))
    }

    fn lower(self, other: Self) -> (Self, [u8; ROWS / 8]) {
        let mut bits = 0;
        for lane in 0..8 {
            bits |= u8::from(other[lane] < self[lane]) << lane;
        }
        (std::array::from_fn(|lane| if other[lane] < self[lane] { other[lane] } else { self[lane] }), [bits, 0])
    }

    fn lower_of((held, place): (Self, Self), (other, its): (Self, Self)) -> (Self, Self) {
        let choose =
            |a: Self, b: Self| std::array::from_fn(|lane| if other[lane] < held[lane] { b[lane] } else { a[lane] });
        (choose(held, other), choose(place, its))
    }
}

/// The states that lead to states `2 low` and `2 low + 1` are `low` and `low + 32`. Of these four branches the outer and the inner two share a subset, since
/// the newest and the oldest path bit both turn the subset's higher bit over: `LOWS[subset]` are the states whose branch of path bit 0 is `subset`.
const LOWS: [[usize; STATES / 8]; 4] = {
    let mut lows = [[0; STATES / 8]; 4];
    let mut counts = [0; 4];
    let mut low = 0;
    while low < STATES / 2 {
        let subset = SUBSETS[low << 1] as usize;
        assert!(
            SUBSETS[low << 1 | 1] as usize == subset ^ 2 && SUBSETS[(low + STATES / 2) << 1] as usize == subset ^ 2
        );
        lows[subset][counts[subset]] = low;
        counts[subset] += 1;
        low += 1;
    }
    lows
};

/// Of a number's levels and prices those that rows with these targets might choose, and how many stand before them: a multiple of four, so that subsets stay the same.
#[inline(always)]
fn near<'a>((values, prices): (&'a [f32], &'a [f32]), targets: &[f32; ROWS]) -> (&'a [f32], &'a [f32], usize) {
    /// Levels beside the nearest one that may cost less: two of each subset.
    const BESIDE: usize = 8;
    let least = targets.iter().copied().fold(f32::MAX, f32::min);
    let most = targets.iter().copied().fold(f32::MIN, f32::max);
    let begin = values.partition_point(|&value| value < least).saturating_sub(BESIDE) / 4 * 4;
    let end = (values.partition_point(|&value| value <= most) + BESIDE).min(values.len());
    (&values[begin..end], &prices[begin..end], begin)
}

#[inline(always)]
pub(super) fn walk_in<L: Lanes>(targets: &[[f32; ROWS]], ladders: &Ladders, (nearest, from_high, costs): Walked<'_>) {
    for first in (0..ROWS).step_by(L::COUNT) {
        let mut held = [L::all(1e30); STATES];
        held[0] = L::all(0.0);
        let numbers = targets.iter().zip(nearest.iter_mut()).zip(from_high.iter_mut()).enumerate();
        for (at, ((target, nearest), from_high)) in numbers {
            let (values, prices, skipped) = near(ladders.of(at), target);
            let target = L::load(&target[first..]);
            let mut errors = [L::all(f32::MAX); 4];
            for (subset, (error, nearest)) in errors.iter_mut().zip(nearest).enumerate() {
                let mut best = (*error, L::all(0.0));
                for (place, (&value, &price)) in values.iter().zip(prices).enumerate().skip(subset).step_by(4) {
                    let cost = target.squared_error(L::all(value)).plus(L::all(price));
                    best = L::lower_of(best, (cost, L::all((skipped + place) as f32)));
                }
                *error = best.0;
                let mut places = [0.0f32; ROWS];
                best.1.store(&mut places);
                for (nearest, place) in nearest[first..first + L::COUNT].iter_mut().zip(places) {
                    *nearest = (place + TO_INTEGER).to_bits() as u8;
                }
            }
            let before = held;
            for (subset, lows) in LOWS.iter().enumerate() {
                let (outer, inner) = (errors[subset], errors[subset ^ 2]);
                for &low in lows {
                    let (from_low, from) = (before[low], before[low + STATES / 2]);
                    let even = from_low.plus(outer).lower(from.plus(inner));
                    let odd = from_low.plus(inner).lower(from.plus(outer));
                    for (state, (cost, bits)) in [(low << 1, even), (low << 1 | 1, odd)] {
                        held[state] = cost;
                        from_high[state][first / 8..][..L::COUNT / 8].copy_from_slice(&bits[..L::COUNT / 8]);
                    }
                }
            }
        }
        for (cost, held) in costs.iter_mut().zip(held) {
            held.store(&mut cost[first..]);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::basis::BLOCK;
    use super::super::paths::Paths;
    use super::*;

    const WIDTH: usize = 64;

    proptest! {
        #[test]
        fn every_instruction_set_finds_the_same_paths(
            rows in proptest::collection::vec(proptest::collection::vec(-3.0f32..3.0, WIDTH), 0..40),
            more in 0u32..4,
        ) {
            let mut ladders = Ladders::default();
            for number in 0..WIDTH {
                let value = |level: u32| level as f32 * 0.7 - 2.0 - (number / 32) as f32;
                ladders.push((0..4u32 << more).map(|level| (value(level), (level * 7 % 5) as f32 * 0.1)));
            }
            let flat = rows.concat();
            let found = |instructions| {
                let mut levels = vec![0; flat.len()];
                Trellis::default().quantise_with(&flat, WIDTH, &ladders, &mut levels, instructions);
                levels
            };
            let plain = found(Instructions::Portable);
            #[cfg(target_arch = "x86_64")]
            prop_assert_eq!(&found(Instructions::best()), &plain);
            // The best path costs no more than the best levels of any one path: that of only zeros, which stays in subset 0.
            let costs = |at: usize, level: usize| {
                let (values, prices) = ladders.of(at % WIDTH);
                (flat[at] - values[level]).powi(2) + prices[level]
            };
            let found: f32 = plain.iter().enumerate().map(|(at, &level)| costs(at, level.into())).sum();
            let zeros: f32 = (0..flat.len())
                .map(|at| (0..4 << more).step_by(4).map(|level| costs(at, level)).fold(f32::MAX, f32::min))
                .sum();
            prop_assert!(found <= zeros + 1e-3);
            // And a decoder can follow it.
            for levels in plain.chunks(WIDTH) {
                let mut paths = Paths::default();
                for block in levels.chunks(BLOCK) {
                    for (at, &level) in block.iter().enumerate() {
                        prop_assert_eq!(paths.odd(at), u16::from(level & 1));
                        paths.push(at, u16::from(level >> 1 & 1));
                    }
                    paths.turn();
                }
            }
        }
    }
}
