//! The products on NEON: bytes are widened first, since those of a row may be 128 and more. A product stays within 16 bits.
#![allow(unsafe_code)]

use std::arch::aarch64::*;

use super::Table;
use super::table::{LANES, QUAD};

pub(super) fn products(table: &Table, rows: &[u8], out: &mut [i32]) {
    assert!(std::arch::is_aarch64_feature_detected!("neon"));
    let (width, lanes) = (table.width(), table.lanes());
    if lanes == 0 {
        return;
    }
    for (row, out) in rows.chunks_exact(width).zip(out.chunks_exact_mut(lanes)) {
        let blocks = table.values().chunks_exact(width * LANES).zip(table.begins().chunks_exact(LANES));
        for ((block, begins), sums) in blocks.zip(out.chunks_exact_mut(LANES)) {
            // SAFETY: NEON is there; the chunks have the lengths that the function asks for.
            unsafe { one_block(block, begins, row, sums) }
        }
    }
}

/// # Safety
///
/// The processor has NEON; `block` holds 8 bytes a byte of `row` (whole quads), `begins` and `sums` 8 numbers.
#[target_feature(enable = "neon")]
unsafe fn one_block(block: &[i8], begins: &[i32], row: &[u8], sums: &mut [i32]) {
    assert!(block.len() == row.len() * LANES && begins.len() == LANES && sums.len() == LANES);
    // SAFETY: the lengths were just checked; a quad takes 32 bytes of the block, which hold two lanes in each half of a vector.
    unsafe {
        let mut held = [vdupq_n_s32(0); 4];
        for (quad, four) in row.chunks_exact(QUAD).enumerate() {
            let four = vreinterpret_u8_u32(vdup_n_u32(u32::from_le_bytes([four[0], four[1], four[2], four[3]])));
            let four = vreinterpretq_s16_u16(vmovl_u8(four));
            for (pair, sum) in held.iter_mut().enumerate() {
                let lanes = vld1_s8(block.as_ptr().add((quad * LANES + pair * 2) * QUAD));
                *sum = vpadalq_s16(*sum, vmulq_s16(vmovl_s8(lanes), four));
            }
        }
        for (pair, sum) in held.iter().enumerate() {
            let two =
                [vgetq_lane_s32(*sum, 0) + vgetq_lane_s32(*sum, 1), vgetq_lane_s32(*sum, 2) + vgetq_lane_s32(*sum, 3)];
            sums[pair * 2] = begins[pair * 2] + two[0];
            sums[pair * 2 + 1] = begins[pair * 2 + 1] + two[1];
        }
    }
}
