//! Which levels of the trellis are open to the numbers of some rows, as a decoder follows their paths.

use super::basis::BLOCK;
use super::trellis::{HIGH_TAPS, LOW_TAPS, MEMORY};

/// The path bits of up to sixteen rows, a bit each: those of the block that is read, after the last ones before it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Paths([u16; MEMORY + BLOCK]);

impl Default for Paths {
    fn default() -> Self {
        Self([0; MEMORY + BLOCK])
    }
}

impl Paths {
    /// For which rows the level of number `at` of the block is an odd one.
    #[inline(always)]
    pub(super) fn odd(&self, at: usize) -> u16 {
        const { assert!(LOW_TAPS == 1 << 4 | 1 << 2) };
        self.0[at + MEMORY - 4] ^ self.0[at + MEMORY - 2]
    }

    /// Goes on by the level of number `at`, of which `high` is the higher bit of its subset.
    #[inline(always)]
    pub(super) fn push(&mut self, at: usize, high: u16) {
        const { assert!(HIGH_TAPS == 1 << 6 | 1 << 1 | 1 && MEMORY == 6) };
        self.0[at + MEMORY] = high ^ self.0[at + MEMORY - 6] ^ self.0[at + MEMORY - 1];
    }

    /// To the next block.
    pub(super) fn turn(&mut self) {
        self.0.copy_within(BLOCK.., 0);
    }
}
