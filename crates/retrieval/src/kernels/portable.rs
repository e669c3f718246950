//! The products in plain Rust, which all others must equal.

use super::Table;
use super::table::{LANES, QUAD};

pub(super) fn products(table: &Table, rows: &[u8], out: &mut [i32]) {
    let (width, lanes) = (table.width(), table.lanes());
    if lanes == 0 {
        return;
    }
    for (row, out) in rows.chunks_exact(width).zip(out.chunks_exact_mut(lanes)) {
        let blocks = table.values().chunks_exact(width * LANES).zip(table.begins().chunks_exact(LANES));
        for ((block, begins), sums) in blocks.zip(out.chunks_exact_mut(LANES)) {
            sums.copy_from_slice(begins);
            for (eight, four) in block.chunks_exact(LANES * QUAD).zip(row.chunks_exact(QUAD)) {
                for (sum, lane) in sums.iter_mut().zip(eight.chunks_exact(QUAD)) {
                    *sum += lane.iter().zip(four).map(|(&a, &b)| i32::from(a) * i32::from(b)).sum::<i32>();
                }
            }
        }
    }
}
