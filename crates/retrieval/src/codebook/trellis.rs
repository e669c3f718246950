//! Trellis-coded quantisation (Marcellin and Fischer, 1990): a number has twice as many levels as its bits could name, since what was chosen for the
//! numbers before says which half of them is open. The best path through all numbers of a row is found by Viterbi's algorithm, and lessens
//! the squared error by a quarter to a third against the nearest level of each number by itself.
//!
//! The levels of a number, in order, belong to four subsets in turn. One bit of each number, the path bit, is fed to a convolutional code of 64 states
//! (Ungerboeck, 1982, table I), whose two outputs name the subset; the number's other bits name the level within it. So the subset's bits are sums modulo two
//! of path bits of the same and of earlier numbers: a word of them is made of shifted words, without a loop over numbers.
#![allow(clippy::needless_range_loop, reason = "loops over lanes, each over several arrays at once")]

use super::basis::BLOCK;
use crate::kernels::lanes::twice;

/// Path bits that a state remembers.
const MEMORY: usize = 6;
const STATES: usize = 1 << MEMORY;
/// Which path bits, counted from the newest, make the lower and the higher bit of the subset.
const LOW_TAPS: u32 = 0o24;
const HIGH_TAPS: u32 = 0o103;
/// Rows that are quantised together, a lane each.
const ROWS: usize = 8;

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

/// The two planes of subset bits (higher, lower) of 32 numbers, from their path bits and those of the 32 numbers before.
#[inline(always)]
pub(super) fn subset_planes(path: u32, before: u32) -> (u32, u32) {
    let both = u64::from(path) << 32 | u64::from(before);
    let sum = |taps: u32| {
        let mut word = 0;
        for tap in 0..=MEMORY {
            if taps >> tap & 1 == 1 {
                word ^= both << tap;
            }
        }
        (word >> 32) as u32
    };
    (sum(HIGH_TAPS), sum(LOW_TAPS))
}

/// Memory that quantising uses again.
#[derive(Default)]
pub(super) struct Trellis {
    /// `[numbers]`: a number of each row.
    targets: Vec<[f32; ROWS]>,
    /// `[numbers][subset]`: the nearest level.
    nearest: Vec<[[u8; ROWS]; 4]>,
    /// `[numbers][state]`: whether the path came from the higher of the two states before.
    from_high: Vec<[[u8; ROWS]; STATES]>,
    costs: Vec<[f32; ROWS]>,
}

impl Trellis {
    /// For each of `rows` (`[count, width]`) the path of least squared error: a level a number, as its place among `values` of its block, and a path
    /// bit a number. `levels` and `bits` are as long as `rows`.
    pub(super) fn quantise(
        &mut self,
        rows: &[f32],
        width: usize,
        values: &[Vec<f32>],
        levels: &mut [u8],
        bits: &mut [u8],
    ) {
        let outs = levels.chunks_mut(ROWS * width).zip(bits.chunks_mut(ROWS * width));
        for (rows, (levels, bits)) in rows.chunks(ROWS * width).zip(outs) {
            self.targets.clear();
            self.targets.resize(width, [0.0; ROWS]);
            for (lane, row) in rows.chunks_exact(width).enumerate() {
                self.targets.iter_mut().zip(row).for_each(|(target, &value)| target[lane] = value);
            }
            self.nearest.resize(width, [[0; ROWS]; 4]);
            self.from_high.resize(width, [[0; ROWS]; STATES]);
            self.costs.resize(STATES, [0.0; ROWS]);
            walk(&self.targets, values, &mut self.nearest, &mut self.from_high, &mut self.costs);
            let each = levels.chunks_exact_mut(width).zip(bits.chunks_exact_mut(width));
            each.enumerate().for_each(|(lane, (levels, bits))| self.trace(lane, levels, bits));
        }
    }

    /// The path of one lane, from its end back.
    fn trace(&self, lane: usize, levels: &mut [u8], bits: &mut [u8]) {
        let mut state = (0..STATES).min_by(|&a, &b| self.costs[a][lane].total_cmp(&self.costs[b][lane])).unwrap_or(0);
        let numbers = self.nearest.iter().zip(&self.from_high).zip(levels.iter_mut().zip(bits));
        for ((nearest, from_high), (level, bit)) in numbers.rev() {
            let last = state & 1;
            let before = state >> 1 | usize::from(from_high[state][lane] != 0) << (MEMORY - 1);
            *bit = last as u8;
            *level = nearest[usize::from(SUBSETS[before << 1 | last])][lane];
            state = before;
        }
    }
}

twice! {
    /// Viterbi's algorithm from state 0 on: for each number the nearest level of every subset, and for each state which of the two before it the cheaper
    /// path comes from; at the end the cost of each state.
    walk, walk_avx2, walk_portable,
    (
        targets: &[[f32; ROWS]], values: &[Vec<f32>], nearest: &mut [[[u8; ROWS]; 4]],
        from_high: &mut [[[u8; ROWS]; STATES]], costs: &mut [[f32; ROWS]]
    )
}

#[inline(always)]
fn walk_portable(
    targets: &[[f32; ROWS]],
    values: &[Vec<f32>],
    nearest: &mut [[[u8; ROWS]; 4]],
    from_high: &mut [[[u8; ROWS]; STATES]],
    costs: &mut [[f32; ROWS]],
) {
    let mut held = [[1e30f32; ROWS]; STATES];
    held[0] = [0.0; ROWS];
    for (at, ((target, nearest), from_high)) in targets.iter().zip(nearest).zip(from_high).enumerate() {
        let mut errors = [[f32::MAX; ROWS]; 4];
        let mut places = [[0u32; ROWS]; 4];
        for (place, &value) in values[at / BLOCK].iter().enumerate() {
            let (errors, places) = (&mut errors[place % 4], &mut places[place % 4]);
            for lane in 0..ROWS {
                let error = (target[lane] - value) * (target[lane] - value);
                let nearer = error < errors[lane];
                errors[lane] = if nearer { error } else { errors[lane] };
                places[lane] = if nearer { place as u32 } else { places[lane] };
            }
        }
        for (nearest, places) in nearest.iter_mut().zip(&places) {
            for lane in 0..ROWS {
                nearest[lane] = places[lane] as u8;
            }
        }
        let before = held;
        for state in 0..STATES {
            let (low, bit) = (state >> 1, state & 1);
            let high = low | (STATES / 2);
            let (from_low, by_low) = (&before[low], &errors[SUBSETS[low << 1 | bit] as usize]);
            let (from, by_high) = (&before[high], &errors[SUBSETS[high << 1 | bit] as usize]);
            for lane in 0..ROWS {
                let (one, other) = (from_low[lane] + by_low[lane], from[lane] + by_high[lane]);
                held[state][lane] = if other < one { other } else { one };
                from_high[state][lane] = u8::from(other < one);
            }
        }
    }
    costs.copy_from_slice(&held);
}
