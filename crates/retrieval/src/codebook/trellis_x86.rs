//! The walk along the trellis on AVX2 and on AVX-512. No fused multiplications, so that errors are those of plain Rust.
#![allow(unsafe_code)]

use std::arch::x86_64::*;

use super::trellis::{Ladders, Lanes, ROWS, Walked, walk_in};

/// As [`walk_in`], for the processor's AVX2.
#[target_feature(enable = "avx2")]
pub(super) fn walk_avx2(targets: &[[f32; ROWS]], ladders: &Ladders, walked: Walked<'_>) {
    walk_in::<Eight>(targets, ladders, walked);
}

/// As [`walk_in`], for the processor's AVX-512.
#[target_feature(enable = "avx512f")]
pub(super) fn walk_avx512(targets: &[[f32; ROWS]], ladders: &Ladders, walked: Walked<'_>) {
    walk_in::<Sixteen>(targets, ladders, walked);
}

/// Only made where the processor has AVX2.
#[derive(Clone, Copy)]
struct Eight(__m256);

/// Only made where the processor has AVX-512.
#[derive(Clone, Copy)]
struct Sixteen(__m512);

// SAFETY of all below: register to register, for a processor that has the instructions, as whoever makes these lanes has seen to; loads and stores are
// unaligned ones of slices whose length was just checked.

impl Lanes for Eight {
    const COUNT: usize = 8;

    #[inline(always)]
    fn all(value: f32) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm256_set1_ps(value) })
    }

    #[inline(always)]
    fn load(values: &[f32]) -> Self {
        let values = &values[..8];
        // SAFETY: see above.
        Self(unsafe { _mm256_loadu_ps(values.as_ptr()) })
    }

    #[inline(always)]
    fn store(self, to: &mut [f32]) {
        let to = &mut to[..8];
        // SAFETY: see above.
        unsafe { _mm256_storeu_ps(to.as_mut_ptr(), self.0) }
    }

    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm256_add_ps(self.0, other.0) })
    }

    #[inline(always)]
    fn squared_error(self, other: Self) -> Self {
        // SAFETY: see above.
        unsafe {
            let difference = _mm256_sub_ps(self.0, other.0);
            Self(_mm256_mul_ps(difference, difference))
        }
    }

    #[inline(always)]
    fn lower(self, other: Self) -> (Self, [u8; ROWS / 8]) {
        // SAFETY: see above.
        unsafe {
            let bits = _mm256_movemask_ps(_mm256_cmp_ps::<_CMP_LT_OQ>(other.0, self.0));
            // Of equals the second operand is taken.
            (Self(_mm256_min_ps(other.0, self.0)), [bits as u8, 0])
        }
    }

    #[inline(always)]
    fn lower_of((held, place): (Self, Self), (other, its): (Self, Self)) -> (Self, Self) {
        // SAFETY: see above.
        unsafe {
            let lower = _mm256_cmp_ps::<_CMP_LT_OQ>(other.0, held.0);
            (Self(_mm256_min_ps(other.0, held.0)), Self(_mm256_blendv_ps(place.0, its.0, lower)))
        }
    }
}

impl Lanes for Sixteen {
    const COUNT: usize = 16;

    #[inline(always)]
    fn all(value: f32) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm512_set1_ps(value) })
    }

    #[inline(always)]
    fn load(values: &[f32]) -> Self {
        let values = &values[..16];
        // SAFETY: see above.
        Self(unsafe { _mm512_loadu_ps(values.as_ptr()) })
    }

    #[inline(always)]
    fn store(self, to: &mut [f32]) {
        let to = &mut to[..16];
        // SAFETY: see above.
        unsafe { _mm512_storeu_ps(to.as_mut_ptr(), self.0) }
    }

    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm512_add_ps(self.0, other.0) })
    }

    #[inline(always)]
    fn squared_error(self, other: Self) -> Self {
        // SAFETY: see above.
        unsafe {
            let difference = _mm512_sub_ps(self.0, other.0);
            Self(_mm512_mul_ps(difference, difference))
        }
    }

    #[inline(always)]
    fn lower(self, other: Self) -> (Self, [u8; ROWS / 8]) {
        // SAFETY: see above.
        unsafe {
            let bits = _mm512_cmp_ps_mask::<_CMP_LT_OQ>(other.0, self.0);
            // Of equals the second operand is taken.
            (Self(_mm512_min_ps(other.0, self.0)), bits.to_le_bytes())
        }
    }

    #[inline(always)]
    fn lower_of((held, place): (Self, Self), (other, its): (Self, Self)) -> (Self, Self) {
        // SAFETY: see above.
        unsafe {
            let lower = _mm512_cmp_ps_mask::<_CMP_LT_OQ>(other.0, held.0);
            (Self(_mm512_min_ps(other.0, held.0)), Self(_mm512_mask_mov_ps(place.0, lower, its.0)))
        }
    }
}
